"""Sellers of AI chips who own parts of their customers."""

from __future__ import annotations

from abm.agents.borrower import Borrower
from abm.words import at_least, between, part_of


class Chipmaker(Borrower):
    """Sellers of AI chips who own parts of their customers."""

    kind = "chipmaker"

    def plan_capacity(self):
        """Chips that can be shipped next quarter: capacity follows orders, faster up than down."""
        use = part_of(self.chip_orders, self.chip_capacity) - self.chip_capacity_comfort
        growth = between(-self.chip_capacity_cut, self.chip_capacity_response * use, 1.0)
        return self.chip_capacity * (1.0 + self.chip_capacity_growth * growth)

    def plan_ecosystem_investment(self):
        """Money for own customers: a share of free cash flow. What comes back as sales is the circle."""
        return self.ecosystem_investment_share * at_least(0.0, self.free_cash_average)

    def plan_distribution(self):
        """Owners get a share of free cash flow while confidence lasts, and part of liquidity above the ceiling."""
        regular = self.payout_share * at_least(0.0, self.free_cash_average) * self.model.living.economy.confidence
        spare = at_least(0.0, self.cash + self.securities - self.cash_ceiling)
        return regular + self.excess_payout_share * spare
