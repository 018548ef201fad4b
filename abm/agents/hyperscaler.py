"""Cloud giants: they build from their own cash flow, then borrow, in the open or through vehicles."""

from __future__ import annotations

from abm.agents.builder import Builder
from abm.words import at_least, at_most
from cython_ext.markets import exp


class Hyperscaler(Builder):
    """Cloud giants that build from their own cash flow and then borrow."""

    kind = "hyperscaler"

    def needed_capex(self):
        """The own need, and part of what keeping up with the fastest rival would take: an arms race."""
        own = super().needed_capex()
        raced = at_most(self.rivals_pace * self.fleet_value, self.arms_race_limit * own)
        return at_least(own, (1.0 - self.arms_race_weight) * own + self.arms_race_weight * raced)

    def choose_bonds(self):
        """Part of borrowing sought as bonds: a logit of what bonds and off-balance-sheet funds cost."""
        difference = self.bond_cost - self.private_credit_cost + self.off_balance_sheet_benefit
        return 1.0 / (1.0 + exp(difference / self.market_choice_scale))

    def plan_distribution(self):
        """Owners get a share of the core cash flow while confidence lasts, and part of liquidity above the ceiling."""
        regular = self.payout_share * at_least(0.0, self.core_inflow) * self.model.living.economy.confidence
        spare = at_least(0.0, self.cash + self.securities - self.cash_ceiling)
        return regular + self.excess_payout_share * spare

    def plan_ecosystem_investment(self):
        """Money for customers that are labs: a share of the core cash flow."""
        return self.ecosystem_investment_share * at_least(0.0, self.own_core_average)

    @property
    def rivals_pace(self):
        """Largest capex per fleet among the other hyperscalers, last quarter."""
        return self._of(self.model.rivals_pace())

    @property
    def first_market_added(self):
        """What a shock adds to the spreads of the market it turns to first: bonds."""
        return self.model.living.spread_added["IG"]

    @property
    def bond_cost(self):
        return self.spread_plan + self.first_market_added

    @property
    def private_credit_cost(self):
        """Spread that its vehicles are asked: the private-credit market's own, and the charge for its leverage."""
        return self.spread_plan - self.base_spread_of_market + self.model.market_spread("PC")
