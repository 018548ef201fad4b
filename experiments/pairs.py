"""Runs side by side in processes of their own. A job is a list of runs, so results do not depend on their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from abm.errors import BadInput, Fault
from abm.results import RunResult
from abm.running import run
from abm.scenario import Scenario, load_scenario
from abm.stress_testing import check_whole
from abm.switches import OF_SETTLEMENT

SETTLEMENT = "settlement"  # all switches of the settlement at once
ABLATIONS = ("", "confidence", "vendor_investment", "fire_sale", "arms_race", SETTLEMENT)  # "" is the model as it is
NAMES = {
    "": "as it is", "confidence": "lenders' loss of confidence", "vendor_investment": "suppliers' money for customers",
    "fire_sale": "fire sales", "arms_race": "the arms race",
    "settlement": "all that the settlement adds",
}  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """What runs that are compared share: worlds from 0 on, quarters and seed. Raises `BadInput` for a bad seed."""

    ecosystem: str = "ai_2026"
    worlds: int = 200
    quarters: int = 40
    seed: int = 1

    def __post_init__(self):
        check_whole("seed", self.seed, 0, "a whole number not below zero")

    def run(self, scenario: Scenario) -> RunResult:
        """One run. Raises as `abm.run` does."""
        return run(self.ecosystem, scenario, quarters=self.quarters, worlds=self.worlds, seed=self.seed)


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


def in_processes(
    work: Callable[..., Any], jobs: Sequence[tuple], workers: int, progress: Callable[[int, int], None] | None = None
) -> list:
    """`work(*job)` for every job, in their order; one worker means this process.

    `work` must be a function of a module. `progress(done, all)` is called after each.
    """
    found: list = [None] * len(jobs)
    if workers == 1:
        for place, job in enumerate(jobs):
            found[place] = work(*job)
            if progress is not None:
                progress(place + 1, len(jobs))
        return found
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # Fresh processes: a copy of one with threads, such as that of a bar of progress, can hang.
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        places = {pool.submit(work, *job): place for place, job in enumerate(jobs)}
        for done, each in enumerate(as_completed(places), 1):
            found[places[each]] = each.result()
            if progress is not None:
                progress(done, len(jobs))
    return found
