"""Cloud giants that build from their own cash flow and then borrow."""

from __future__ import annotations

from abm.agents.firm import Firm


class Hyperscaler(Firm):
    """Cloud giants that build from their own cash flow and then borrow."""

    kind = "hyperscaler"
