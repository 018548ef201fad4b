"""A reverse stress test: the smallest shock, or value of a parameter, at which an outcome comes about often enough.

The share of worlds in which it does is looked at on even points from one end to the other, then between the last point
at which it is too small and the first at which it is not, by bisection. All points live in the same worlds. The first
crossing among the points is the answer; where the share is not monotone there may be others, and a narrow one between
two even points can be missed: `back` says where it falls again.

The interval is a test turned round: it holds every value at which the share wanted lies in the 95% (Wilson) interval of
the share that was seen. It is for the luck of the worlds that were drawn, not for what the model leaves out, and it is
searched for as finely as the answer itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2
from pathlib import Path

import numpy as np

from abm.errors import BadInput, Fault
from abm.stress_testing import check_whole
from experiments import asked
from experiments.axes import tidy
from experiments.blocks import Ensemble
from experiments.cells import Cells, Progress, told
from experiments.outcomes import Condition
from experiments.phases import SURE, share

_FINEST = 1000  # steps in a range
_SEEN = ("high", "probability", "low")  # each crosses what is wanted at an end of the interval or at the answer


@dataclass(frozen=True)
class Search:
    """From `start` to `end`, larger or smaller: where at least `probability` of worlds tip, to `tolerance` (None: a
    hundredth of the range), after a look at `points` even ones. Raises `BadInput`."""

    start: float
    end: float
    probability: float = 0.5
    tolerance: float | None = None
    points: int = 5

    def __post_init__(self):
        reach = abs(self.end - self.start)
        check_whole("points", self.points, 2, "a whole number of at least 2")
        if not 0.0 < self.probability <= 1.0:
            raise BadInput(Fault("--probability", f"{self.probability:g}", "above 0 and at most 1"))
        if self.tolerance is not None and not reach / _FINEST <= self.tolerance <= reach:
            expected = f"{reach / _FINEST:g} to {reach:g}, a thousandth to all of the range"
            raise BadInput(Fault("--tolerance", f"{self.tolerance:g}", expected))

    @property
    def within(self) -> float:
        """How far apart the points round the answer are, at most."""
        return abs(self.end - self.start) / 100 if self.tolerance is None else self.tolerance

    @property
    def evens(self) -> list[float]:
        """The points that are looked at first."""
        return [tidy(each) for each in np.linspace(self.start, self.end, self.points)]

    @property
    def most(self) -> int:
        """Points that are looked at, at most, where the share is monotone."""
        step = abs(self.end - self.start) / (self.points - 1)
        return self.points + len(_SEEN) * max(0, ceil(log2(step / self.within)))


def look(holds: Callable[[list[float]], list[np.ndarray]], search: Search) -> dict[float, np.ndarray]:
    """Value -> in which worlds the outcome holds there, bool `(worlds,)`, in order from the start; `holds` says so of
    several values at once."""
    seen = dict(zip(search.evens, holds(search.evens), strict=True))
    while True:
        ordered = dict(sorted(seen.items(), key=lambda each: abs(each[0] - search.start)))
        spans = (_crossing(ordered, search.probability, name) for name in _SEEN)
        wide = next((each for each in spans if None not in each and abs(each[1] - each[0]) > search.within), None)
        if wide is None:
            return ordered
        middle = tidy((wide[0] + wide[1]) / 2)
        seen[middle] = holds([middle])[0]


def answer(seen: dict[float, np.ndarray], probability: float) -> dict:
    """What was found, of points in order from the start.

    `status` is "tips", "already" (at the start) or "never" (at no point); `at` the first point with enough worlds and
    `above` the one before it, so that the tipping point lies between; `interval` its two ends, None where one lies
    outside the range; `back`, points at which the share is smaller than at the one before; `worlds_back`, the share of
    worlds in which the outcome holds at a point and not at a later one.
    """
    above, at = _crossing(seen, probability, "probability")
    low, high = (_crossing(seen, probability, name) for name in ("high", "low"))
    values, shares = list(seen), [float(each.mean()) for each in seen.values()]
    back = [{"from": values[place], "to": values[place + 1], "probability": shares[place : place + 2]}
            for place in range(len(values) - 1) if shares[place + 1] < shares[place]]  # fmt: skip
    held = np.array(list(seen.values()))
    lost = (np.logical_or.accumulate(held) & ~held).any(axis=0)
    return {"status": "never" if at is None else "already" if above is None else "tips", "at": at, "above": above,
            "interval": [low[0], high[1]], "back": back, "worlds_back": float(lost.mean())}  # fmt: skip


def reverse(
    ensemble: Ensemble, name: str, search: Search, condition: Condition, folder: Path, *, jobs: int = 2,
    cluster: str | None = None, progress: Progress = None,
) -> dict:  # fmt: skip
    """Run `ensemble` at values of the axis `name` until the search is over, and return what `answer` says.

    Points that are in `folder` already are not run again. It holds question.json, summary.json, points.csv and worlds/.
    Raises `BadInput` and `OSError`.
    """
    import pandas

    asks = question(ensemble, name, search, condition)
    cells = Cells(ensemble, folder, condition.paired, jobs=jobs, cluster=cluster, progress=progress)
    cells.check([{name: each} for each in (search.start, search.end)])
    asked.begin(folder, asks)
    cells.expect(search.most)
    found = []

    def holds(values: list[float]) -> list[np.ndarray]:
        new = cells.outcomes([{name: each} for each in values])
        found.extend(new)
        return [condition.holds(each.run) for each in new]

    seen = look(holds, search)
    cells.close()
    rows = [{"value": value} | share(int(each.sum()), ensemble.worlds) for value, each in seen.items()]
    facts = asks | told(cells, found) | {"condition": condition.facts(), "sure": SURE, "sampled": rows}
    facts |= answer(seen, search.probability)
    asked.put(folder / "points.csv", pandas.DataFrame(rows).to_csv(index=False))
    asked.put(folder / "summary.json", asked.as_json(facts))
    return facts


def question(ensemble: Ensemble, name: str, search: Search, condition: Condition) -> dict:
    """What is asked, in plain words and numbers."""
    return ensemble.question() | {"over": {name: [search.start, search.end]}, "outcome": str(condition),
                                  "probability": search.probability, "tolerance": search.within,
                                  "points": search.points}  # fmt: skip


def _crossing(seen: dict[float, np.ndarray], wanted: float, name: str) -> tuple[float | None, float | None]:
    """The last point before the first at which `name` of `share` is as large as wanted, and that; None outside."""
    before = None
    for value, each in seen.items():
        if share(int(each.sum()), each.size)[name] >= wanted:
            return before, value
        before = value
    return before, None
