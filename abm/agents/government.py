"""Tax, subsidies, treasury bills; always pays."""

from __future__ import annotations

from abm.agents.firm import Firm
from abm.words import at_most, part_of


class Government(Firm):
    """Tax, subsidies, treasury bills; always pays."""

    kind = "government"

    def plan_subsidy(self):
        """Part of what is completed in its region that it pays: the envelope in equal quarters, up to a limit."""
        living = self.model.living
        return at_most(self.subsidy_rate_limit, part_of(living.subsidy_budget(), living.now.eligible)) * self.subsidises

    @property
    def subsidises(self):
        """1 for the government with an envelope, 0 for others."""
        return self._of(self.model.living.subsidises)

    def levy(self):
        """Tax on a dollar of profit."""
        return self.tax_rate
