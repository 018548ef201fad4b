"""GPU clouds and owners of sites, mostly leveraged."""

from __future__ import annotations

from abm.agents.firm import Firm


class Operator(Firm):
    """GPU clouds and owners of sites, mostly leveraged."""

    kind = "operator"
