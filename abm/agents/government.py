"""Tax, subsidies, treasury bills; always pays."""

from __future__ import annotations

from abm.agents.firm import Firm


class Government(Firm):
    """Tax, subsidies, treasury bills; always pays."""

    kind = "government"
