"""Model builders: end-user revenue, promises to clouds, burn, new equity."""

from __future__ import annotations

from abm.agents.firm import Firm
from abm.words import at_least, at_most, between, part_of


class AILab(Firm):
    """Model builders: end-user revenue, promises to clouds, burn, new equity."""

    kind = "ai_lab"

    def plan_training(self):
        """Training compute: what is wanted, as far as revenue, money usually raised and spare cash pay for it."""
        economy = self.model.living.economy
        more = self.compute_share_of_lab_revenue * self.user_revenue - self.promised_compute
        running = self.promised + at_least(0.0, more)  # what is promised is paid for, at whatever price
        spare = at_least(0.0, self.cash - self.liquidity_buffer) / self.cash_use_quarters
        payable = (1.0 - self.lab_operating_cost_share) * self.user_revenue - self.fixed_rd_cost - running
        payable = payable - self.margin_call + economy.confidence * self.money_raised_average + spare
        return between(self.training_floor_share * self.wanted_training, payable, self.wanted_training)

    def burn(self):
        """Cash that a quarter like this uses up, USD bn; loans that are repaid once are no burn."""
        return at_least(0.0, self.interest + self.tax + self.margin_call - self.margin)

    def plan_raise(self):
        """New equity: when cash lasts less than the floor of quarters, enough for the target."""
        burn, free = self.burn(), self.cash - self.principal
        return (free < self.runway_floor * burn) * at_least(0.0, self.runway_target * burn - free)

    def value(self):
        """Worth of all equity: a multiple of yearly revenue that rises with the lab's own growth in a year."""
        before = self._of(self.model.living.past_revenue[3])
        growth = part_of(self.user_revenue, before) - 1.0
        multiple = self.valuation_multiple_floor + self.valuation_multiple_range * between(0.0, growth, 1.0)
        return multiple * 4.0 * self.user_revenue

    def outside_equity(self):
        """Most that owners outside its suppliers put in this quarter, USD bn."""
        return at_most(1.0, self.model.living.economy.confidence) * self.equity_issue_share * self.firm_value
