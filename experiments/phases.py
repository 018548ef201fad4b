"""A phase diagram: in which share of worlds an outcome comes about, over two parameters or sizes of shocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from abm.errors import BadInput, Fault
from experiments import asked, gridding
from experiments.axes import Axis, points
from experiments.blocks import Ensemble
from experiments.cells import Cells, Progress, all_outcomes, told
from experiments.outcomes import Condition

SURE = 0.95  # of an interval
_Z = 1.959963984540054  # standard normal quantile of (1 + SURE) / 2


def phase(
    ensemble: Ensemble, over: Sequence[Axis], condition: Condition, folder: Path, *, jobs: int = 2,
    cluster: str | None = None, progress: Progress = None,
) -> dict:  # fmt: skip
    """Run `ensemble` at every point of two axes and return the share of worlds in which `condition` holds.

    All cells live in the same worlds. Cells that are in `folder` already are not run again. It holds question.json,
    summary.json, probabilities.csv and worlds/. Raises `BadInput` and `OSError`.
    """
    if len(over) != 2 or min(len(each.values) for each in over) < 2:
        raise BadInput(Fault("--over", "x".join(str(len(each.values)) for each in over) + " cells",
                             "two axes of two or more values each"))  # fmt: skip
    asks = question(ensemble, over, condition)
    places = points(over)
    cells = Cells(ensemble, folder, condition.paired, jobs=jobs, cluster=cluster, progress=progress)
    cells.check(places)
    asked.begin(folder, asks)
    found = all_outcomes(cells, places)
    counts = [int(condition.holds(each.run).sum()) for each in found]
    facts = asks | told(cells, found) | {
        "condition": condition.facts(), "sure": SURE,
        "cells": [{"at": place} | share(count, ensemble.worlds) for place, count in zip(places, counts, strict=True)],
    }  # fmt: skip
    asked.put(folder / "probabilities.csv", table(facts).to_csv(index=False))
    asked.put(folder / "summary.json", asked.as_json(facts))
    return facts


def question(ensemble: Ensemble, over: Sequence[Axis], condition: Condition) -> dict:
    """What is asked, in plain words and numbers."""
    return gridding.question(ensemble, over) | {"outcome": str(condition)}


def table(facts: dict):
    """A row a cell, as a pandas frame: values of the axes, `worlds` in which it holds, `of` how many, `probability`,
    `low` and `high`."""
    import pandas

    return pandas.DataFrame([each["at"] | {name: each[name] for name in each if name != "at"}
                             for each in facts["cells"]])  # fmt: skip


def share(count: int, of: int) -> dict[str, float]:
    """A share of worlds, `count` of `of`, and its interval, which holds the probability in 95 of 100 studies: Wilson
    (1927), doi.org/10.1080/01621459.1927.10502953; proper for small numbers and for shares near 0 and 1."""
    part, square = count / of, _Z**2 / of
    middle = (part + square / 2) / (1 + square)
    reach = _Z / (1 + square) * math.sqrt(part * (1 - part) / of + square / (4 * of))
    low = 0.0 if count == 0 else middle - reach
    high = 1.0 if count == of else middle + reach
    return {"worlds": count, "of": of, "probability": part, "low": low, "high": high}
