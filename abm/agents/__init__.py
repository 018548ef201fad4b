"""One Mesa agent class a kind of firm."""

from __future__ import annotations

from abm.agents.ai_lab import AILab
from abm.agents.chipmaker import Chipmaker
from abm.agents.firm import Firm
from abm.agents.government import Government
from abm.agents.hyperscaler import Hyperscaler
from abm.agents.lender import Lender
from abm.agents.operator import Operator
from abm.agents.rest_of_world import RestOfWorld
from abm.agents.vehicle import Vehicle

CLASSES = {
    each.kind: each for each in (Hyperscaler, Operator, Chipmaker, AILab, Vehicle, Lender, Government, RestOfWorld)
}

__all__ = ["CLASSES", "AILab", "Chipmaker", "Firm", "Government", "Hyperscaler", "Lender", "Operator",
           "RestOfWorld", "Vehicle"]  # fmt: skip
