"""Banks, bond and private-credit funds, securitisation trusts, equity investors."""

from __future__ import annotations

from abm.agents.firm import Firm
from abm.words import at_least, at_most, part_of
from cython_ext.markets import exp, log


class Lender(Firm):
    """Banks, bond and private-credit funds, securitisation trusts, equity investors."""

    kind = "lender"

    def plan_absorption(self):
        """New money that can be placed: it grows by trend and follows confidence; banks and trusts need capital."""
        economy = self.model.living.economy
        trend = exp(economy.quarter * log(1.0 + self.absorption_growth))
        mood = exp(self.absorption_confidence_elasticity * log(economy.confidence))
        free = self.absorption_per_quarter * trend * mood * self.absorption_kept
        room = at_most(1.0, part_of(at_least(0.0, self.net_worth), self.capital_requirement * self.lent_and_held))
        return at_least(0.0, free * (1.0 - self.bound_by_capital * (1.0 - room)) - self.redeemed)

    @property
    def redeemed(self):
        """What the owners of a fund took out of it after the losses of the last quarter, USD bn."""
        return self._of(self.model.living.health.redeemed)

    @property
    def lent_and_held(self):
        """Loans and other assets, USD bn."""
        return self._of(self.model.ledger.held()) + self.outside_book

    @property
    def absorption_kept(self):
        """Part of its usual absorption that a crunch leaves: 1 in calm times."""
        return self._of(self.model.living.absorption_kept)

    @property
    def bound_by_capital(self):
        """1 for banks and securitisation trusts, 0 for funds, which pass losses on to their holders."""
        return self._of(self.model.bound_by_capital)
