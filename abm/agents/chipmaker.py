"""Sellers of AI chips who own parts of their customers."""

from __future__ import annotations

from abm.agents.firm import Firm


class Chipmaker(Firm):
    """Sellers of AI chips who own parts of their customers."""

    kind = "chipmaker"
