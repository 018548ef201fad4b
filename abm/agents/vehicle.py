"""Companies that own leased data centres off a sponsor's books."""

from __future__ import annotations

from abm.agents.firm import Firm


class Vehicle(Firm):
    """Companies that own leased data centres off a sponsor's books."""

    kind = "vehicle"
