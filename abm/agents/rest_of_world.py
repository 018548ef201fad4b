"""End users, outside owners, suppliers: the counterparty of last resort."""

from __future__ import annotations

from abm.agents.firm import Firm


class RestOfWorld(Firm):
    """End users, outside owners, suppliers: the counterparty of last resort."""

    kind = "rest_of_world"
