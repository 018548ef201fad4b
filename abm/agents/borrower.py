"""`Borrower`: a firm that bond and loan markets price."""

from __future__ import annotations

from abm.agents.firm import Firm
from abm.words import at_least, at_most, between, part_of


class Borrower(Firm):
    """What lenders ask of a firm: "The equations" in `docs/quarters.md`."""

    def quote_spread(self):
        """Spread over the base rate that lenders ask of this firm, before the market's own part."""
        economy = self.model.living.economy
        margin = at_least(4.0 * self.margin_average, 1e-9)
        owed = self.debt + self.off_balance_sheet_visibility * self.vehicle_debt
        over = at_most(at_least(0.0, owed / margin - self.leverage_limit), 40.0)
        cover = part_of(margin / 4.0, self.interest)
        short = between(0.0, self.interest_cover_floor - cover, self.interest_cover_floor)
        short = short * (self.interest > 0.0)
        spread = self.base_spread_of_market + self.spread_per_leverage * over + self.spread_per_cover * short
        return spread + self.spread_per_confidence * (1.0 - economy.confidence)
