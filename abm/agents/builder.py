"""`Builder`: what all who build data centres have in common - how much they want to build."""

from __future__ import annotations

from abm.agents.borrower import Borrower
from abm.words import at_least, between, part_of
from cython_ext.markets import exp


class Builder(Borrower):
    """Plans follow expected demand, price, cost of debt and confidence: "The equations" in `docs/quarters.md`."""

    def needed_capex(self):
        """Machines and their sites that close the gap to expected demand, and replace what ages: `I_need`, USD bn per
        quarter."""
        economy = self.model.living.economy
        lacking = at_least(economy.tightness - 1.0, 0.0)
        expected = self.compute_demand * exp(self.planning_quarters * self.growth_expectation)
        expected = at_least(expected, self.contracted_demand)
        expected = expected * (1.0 + self.scarcity_response * lacking)
        earning = self.revenue_per_capacity * economy.price * economy.throughput
        kept = exp(-self.hardware_progress_rate / 4.0) * (1.0 - self.chip_failure_rate)
        remaining = exp(-self.planning_quarters * (self.hardware_progress_rate / 4.0 + self.chip_failure_rate))
        gap = part_of(expected, self.target_utilisation * earning) - self.fleet_value * remaining - self.pipeline_work
        return at_least(0.0, gap / self.gap_closing_quarters + (1.0 - kept) * self.fleet_value)

    def value_of_a_dollar(self):
        """Net present value of a dollar invested: earnings of its chips until they age, and the site that stays."""
        economy = self.model.living.economy
        margin = self.revenue_per_capacity * economy.price * economy.throughput * (1.0 - self.operating_cost_share)
        decay = self.hardware_progress_rate / 4.0 + self.chip_failure_rate + self.builder_discount_rate / 4.0
        sites = self.cost_of_capacity - self.chip_share_of_capex
        return (margin / decay + self.shell_residual_share * sites) / self.cost_of_capacity

    @property
    def cost_of_capacity(self):
        """What a dollar of machines with their sites costs a builder whose sites have room for some of them."""
        return self.chip_share_of_capex / self.chip_part

    def wanted_capex(self):
        """`I*`: the need, less what debt costs, more where purchases are expensed, gated by confidence and profit."""
        economy = self.model.living.economy
        dearer = at_least(0.0, self.spread_plan - self.base_spread_of_market + self.first_market_added)
        wish = self.cost_of_capacity * self.needed_capex()  # what stands is not built again
        wish = wish * at_least(0.0, 1.0 - self.capex_spread_response * dearer)
        wish = wish * (1.0 + self.expensing_response * self.expensing_share)
        wish = wish * (1.0 - self.confidence_weight_in_plans * (1.0 - economy.confidence))
        gate = self.profitability_response * (self.value_of_a_dollar() - self.profitability_threshold)
        return wish * between(0.0, gate, 1.0)

    @property
    def first_market_added(self):
        """What a shock adds to the spreads of the market it turns to first: private credit."""
        return self.model.living.spread_added["PC"]

    def plan_capex(self):
        """Capex moves part of the way to what is wanted, within limits of speed."""
        last = self.capex_budget
        moved = last + self.capex_adjustment_speed * (self.wanted_capex() - last)
        return between(self.capex_floor_share * last, moved, (1.0 + self.capex_growth_limit) * last)
