"""The model: firms, claims, one ledger of many worlds, and how a loss travels round the circle.

>>> import abm
>>> city = abm.load("ai_2026")
>>> fall = abm.stress(city, ["all:revenue:0.3"])

Names load on first use, so that `import abm` stays light.
"""

from __future__ import annotations

import importlib

_WHERE = {
    "BadInput": "abm.errors",
    "Ecosystem": "abm.ecosystem",
    "EcosystemModel": "abm.model",
    "Parameters": "abm.parameters",
    "RunResult": "abm.results",
    "Scenario": "abm.scenario",
    "Shock": "abm.shocks",
    "StressResult": "abm.stress_result",
    "Switches": "abm.settlement",
    "from_graph": "abm.ecosystem",
    "load": "abm.ecosystem",
    "load_scenario": "abm.scenario",
    "read_graphml": "abm.ecosystem",
    "run": "abm.running",
    "save": "abm.ecosystem",
    "scenarios": "abm.scenario",
    "shipped": "abm.ecosystem",
    "stress": "abm.stress_testing",
    "synthetic": "abm.ecosystem",
    "to_graph": "abm.ecosystem",
    "write_graphml": "abm.ecosystem",
    **dict.fromkeys(
        ("AILab", "Chipmaker", "Firm", "Government", "Hyperscaler", "Lender", "Operator", "RestOfWorld", "Vehicle"),
        "abm.agents",
    ),
}

__all__ = sorted(_WHERE)


def __getattr__(name: str):
    if name not in _WHERE:
        raise AttributeError(f"module 'abm' has no attribute {name!r}")
    value = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
