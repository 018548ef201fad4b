"""A grid over parameters and sizes of shocks: in each cell a scenario and its baseline, in the same worlds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from abm.words import part_of
from experiments import asked
from experiments.amplification import band
from experiments.axes import Axis, points
from experiments.blocks import Ensemble
from experiments.cells import Cell, Cells, Progress, all_outcomes, told
from experiments.outcomes import AGAINST, SAID
from experiments.placing import placed


def grid(
    ensemble: Ensemble, over: Sequence[Axis], folder: Path, *, jobs: int = 2, cluster: str | None = None,
    progress: Progress = None,
) -> dict:  # fmt: skip
    """Run `ensemble` at every point of the axes, and its baseline there, and return bands over worlds of all outcomes.

    `compares` says which: "difference", scenario less baseline world by world, or "level" where the scenario changes
    nothing, so that there is nothing to compare. Cells that are in `folder` already are not run again. It holds
    question.json, summary.json, cells.csv and worlds/. Raises `BadInput` and `OSError`.
    """
    asks = question(ensemble, over)
    places = points(over)
    struck = placed(ensemble, places[0]).scenario
    paired = bool(struck.shocks or struck.parameters or struck.switches)
    cells = Cells(ensemble, folder, paired, jobs=jobs, cluster=cluster, progress=progress)
    cells.check(places)
    asked.begin(folder, asks)
    found = all_outcomes(cells, places)
    facts = asks | told(cells, found) | {
        "compares": "difference" if paired else "level",
        "outcomes": {key: {"unit": unit, "meaning": meaning} for key, (unit, meaning) in SAID.items()
                     if paired or key not in AGAINST},
        "cells": [{"at": place, "outcomes": _bands(each)} for place, each in zip(places, found, strict=True)],
    }  # fmt: skip
    _write(facts, folder)
    return facts


def question(ensemble: Ensemble, over: Sequence[Axis]) -> dict:
    """What is asked, in plain words and numbers."""
    return ensemble.question() | {"over": {each.name: list(each.values) for each in over}}


def _bands(cell: Cell) -> dict[str, dict]:
    """Outcome -> bands over worlds of the scenario, its baseline and their difference, and the median difference as a
    `part` of what the baseline has in the same world. What is measured against the baseline is a difference already."""
    found = {}
    for key, after in cell.run.items():
        before = cell.baseline.get(key)
        if key in AGAINST:
            found[key] = {"difference": band(after)}
        elif before is None:
            found[key] = {"scenario": band(after)}
        else:
            found[key] = {"scenario": band(after), "baseline": band(before), "difference": band(after - before),
                          "part": float(np.median(part_of(after - before, before)))}  # fmt: skip
    return found


def _write(facts: dict, folder: Path) -> None:
    import pandas

    rows = [
        cell["at"] | {"outcome": key, "unit": facts["outcomes"][key]["unit"], "run": which}
        | dict(zip(("p10", "median", "p90"), values, strict=True))
        for cell in facts["cells"] for key, found in cell["outcomes"].items()
        for which, values in found.items() if which != "part"
    ]  # fmt: skip
    asked.put(folder / "cells.csv", pandas.DataFrame(rows).to_csv(index=False))
    asked.put(folder / "summary.json", asked.as_json(facts))
