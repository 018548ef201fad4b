"""Runs that are compared: the same worlds with and without a scenario, or with and without a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from abm.ecosystem import load
from abm.errors import BadInput, Fault
from abm.parameters import Parameters
from abm.results import RunResult
from abm.running import run
from abm.scenario import Scenario, load_scenario
from abm.stress_testing import check_whole
from abm.switches import OF_SETTLEMENT

SETTLEMENT = "settlement"  # all switches of the settlement at once
ABLATIONS = ("", "confidence", "vendor_investment", "fire_sale", "arms_race", SETTLEMENT)  # "" is the model as it is
NAMES = {
    "": "as it is", "confidence": "lenders' loss of confidence", "vendor_investment": "suppliers' money for customers",
    "fire_sale": "fire sales", "arms_race": "the arms race", "take_or_pay": "promises of compute",
    "expensing": "full expensing", "hidden_leases": "leases that lenders do not see",
    SETTLEMENT: "all that the settlement adds",
}  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """What runs that are compared share: worlds from 0 on, quarters, seed and `parameters`, numbers by address, which
    go before those a scenario sets. Raises `BadInput` for a bad seed."""

    ecosystem: str = "ai_2026"
    worlds: int = 200
    quarters: int = 40
    seed: int = 1
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self):
        check_whole("seed", self.seed, 0, "a whole number not below zero")

    def run(self, scenario: Scenario, varied: Mapping[str, float] | None = None) -> RunResult:
        """One run; parameters that are `varied` go before those that all runs share. Raises as `abm.run` does."""
        return run(self.ecosystem, scenario, quarters=self.quarters, worlds=self.worlds, seed=self.seed,
                   parameters={**self.parameters, **(varied or {})})  # fmt: skip

    def question(self, scenario: Scenario) -> dict:
        """What is asked of runs under `scenario`, in plain words and numbers."""
        return {"scenario": scenario.as_dict(), "ecosystem": str(self.ecosystem), "worlds": self.worlds,
                "quarters": self.quarters, "seed": self.seed, "settings": dict(self.parameters)}  # fmt: skip

    def check(self, scenario: Scenario) -> None:
        """Raises `BadInput` for what means nothing in the ecosystem, before anything is run."""
        city = load(self.ecosystem)
        scenario.check(city)
        Parameters(city, scenario.settings(self.parameters))


def strikes_at(scenario: Scenario, quarters: int) -> int:
    """The first quarter that differs from the baseline. Raises `BadInput` where `quarters` end before it."""
    always = scenario.parameters or not all(scenario.switches.values())
    first = 1 if always else min((each.at for each in scenario.shocks), default=1)
    if first > quarters:
        expected = f"at least {first}, in which scenario {scenario.id!r} strikes"
        raise BadInput(Fault("--quarters", str(quarters), expected))
    return first


def without(scenario: Scenario, mechanism: str) -> Scenario:
    """The same story while a mechanism is off; "" turns nothing off."""
    names = OF_SETTLEMENT if mechanism == SETTLEMENT else [mechanism] if mechanism else []
    return replace(scenario, switches={**scenario.switches, **dict.fromkeys(names, False)})


def pair(frame: Frame, scenario: Scenario, mechanism: str = "") -> tuple[RunResult, RunResult]:
    """The scenario and the baseline in the same worlds, both without a mechanism."""
    baseline = without(load_scenario("baseline"), mechanism)
    return frame.run(without(scenario, mechanism)), frame.run(baseline)
