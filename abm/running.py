"""`run`: quarters of a living ecosystem, in one process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from abm.agents import Firm
from abm.dated import Dated
from abm.ecosystem import Ecosystem, load
from abm.errors import BadInput, Fault, shown
from abm.model import EcosystemModel
from abm.results import RunResult
from abm.scenario import Scenario, load_scenario

# Agents and their model know each other, so only the collector frees them; it counts objects, not their megabytes.
_MANY = 64  # worlds of a run that is worth the collector's time


def run(
    ecosystem: Ecosystem | str = "ai_2026", scenario: Scenario | str | Path | None = None, *,
    quarters: int = 40, worlds: int = 1, seed: int = 1,
    parameters: Mapping[str, float | np.ndarray] | None = None, draw_assumed: bool = False,
    agents: Mapping[str, type[Firm]] | None = None, first_world: int = 0,
    before: Callable[[EcosystemModel, int], None] | None = None, progress: Callable[[int], None] | None = None,
) -> RunResult:  # fmt: skip
    """Run `quarters` of `worlds` worlds, numbered from `first_world`, and return what they leave behind.

    `scenario` is a shipped id, a TOML file or a `Scenario`; `parameters` go before those it sets.
    `agents` maps firms to classes of their own. `before(model, quarter)` is called before each quarter (1 =
    first) and may strike: set `model.living.economy.shortfall`, or a parameter. `progress(quarter)` is called after
    it. Identities are checked in every world and quarter. Raises `BadInput` for input that means nothing, and for an
    ecosystem that says too little to live; `LedgerBreach` where an identity does not hold.
    """
    for name, value in (("quarters", quarters), ("worlds", worlds)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise BadInput(Fault(name, shown(value), "a whole number of at least 1"))
    network = ecosystem if isinstance(ecosystem, Ecosystem) else load(ecosystem)
    story = load_scenario("baseline" if scenario is None else scenario)
    story.check(network)
    model = EcosystemModel(
        network, worlds=int(worlds), seed=seed, parameters=story.settings(parameters), draw_assumed=draw_assumed,
        agents=agents, first_world=first_world, switches=story.settlement_switches(),
    )  # fmt: skip
    try:
        model.begin()
        dated = Dated(model, story.changes())
        for quarter in range(1, int(quarters) + 1):
            dated.strike(quarter)
            if before is not None:
                before(model, quarter)
            model.step()
            if progress is not None:
                progress(quarter)
        return RunResult(network, model.recorder, model.world_numbers, seed, model.worst_residual, story.id,
                         model.living.chronicle)  # fmt: skip
    finally:
        model.release()
        if worlds >= _MANY:
            del model
            gc.collect()
