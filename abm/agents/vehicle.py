"""Companies that own leased data centres off a sponsor's books."""

from __future__ import annotations

from abm.agents.builder import Builder


class Vehicle(Builder):
    """Owners of sites behind a sponsor: a hyperscaler's builds what its sponsor plans, that of a lab by itself."""

    kind = "vehicle"
