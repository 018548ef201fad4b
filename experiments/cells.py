"""Many ensembles in one folder, each boiled down to what its worlds come to (`experiments.outcomes`).

A cell of a grid is an ensemble; the baseline of its differences lives in the same worlds with the same parameters, and
is run once for all cells that share it. What is kept of a cell is one number an outcome and world, under a name derived
from its inputs and the model; whole tables would fill a disk, so they go when they are read. Ended by whatever means
and started again, only missing blocks of worlds are run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from abm.ecosystem import load
from abm.results import RunResult
from abm.scenario import load_scenario
from experiments import asked, axes, store
from experiments.blocks import Ensemble
from experiments.comparing import COLUMNS
from experiments.outcomes import AGAINST, LEVELS, against, levels
from experiments.pairs import strikes_at
from experiments.runner import run_ensemble
from experiments.summary import NOTE
from experiments.yearly import QUANTILES

Progress = Callable[[int, int], None] | None
_BLOCK = 128  # worlds that are run at once, at most


@dataclass(frozen=True)
class Cell:
    """Outcomes of a cell by name, `(worlds,)`: of the `run`, those against the baseline among them where there is one,
    and the levels of its `baseline`, empty where none was asked for."""

    run: Mapping[str, np.ndarray]
    baseline: Mapping[str, np.ndarray]
    worst_residual: float


class Cells:
    """The cells of a study: `outcomes(point)` runs what is missing of one. `paired`: each beside a baseline.

    Raises `BadInput` where the scenario strikes after the run has ended.
    """

    def __init__(
        self, ensemble: Ensemble, folder: Path, paired: bool, *, jobs: int = 2, cluster: str | None = None,
        progress: Progress = None,
    ):  # fmt: skip
        # Two processes can share a cell, where there are few worlds.
        self.ensemble = replace(ensemble, block=min(_BLOCK, -(-ensemble.worlds // 2)))
        self.folder, self.paired = folder, paired
        self.first = strikes_at(ensemble.scenario, ensemble.quarters)
        self.city, self._data = load(ensemble.ecosystem), ensemble.data()
        self._running = {"jobs": jobs, "cluster": cluster}
        self._progress, self._expected, self._done = progress, 0, 0
        self._calm: tuple[Ensemble, RunResult] | None = None

    def check(self, places: Sequence[Mapping[str, float]]) -> None:
        """Refuse, with `BadInput`, places that mean nothing; nothing is run and nothing is written."""
        for each in places:
            axes.placed(self.ensemble, each).check()

    def expect(self, cells: int) -> None:
        """How many cells there will be, for `progress`, which is told of their blocks."""
        self._expected = cells * len(list(self.ensemble.blocks()))

    def all_outcomes(self, places: Sequence[Mapping[str, float]]) -> list[Cell]:
        """Those of every place, in their order; cells that share a baseline run one after the other."""
        self.expect(len(places))
        order = sorted(range(len(places)), key=lambda at: [
            value for name, value in places[at].items() if not axes.is_shock(name)
        ])  # fmt: skip
        found = {at: self.outcomes(places[at]) for at in order}
        self.close()
        return [found[at] for at in range(len(places))]

    def outcomes(self, point: Mapping[str, float]) -> Cell:
        """What the worlds come to at a point of the axes."""
        cell = axes.placed(self.ensemble, point)
        names = [cell.name(*each, self._data) for each in cell.blocks()]
        inputs = [names, self.first, sorted(each.key for each in LEVELS), sorted(AGAINST) if self.paired else []]
        kept = self.folder / "worlds" / f"{sha256(json.dumps(inputs).encode()).hexdigest()[:24]}.json"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            asked.put(kept, asked.as_json(self._measured(cell)))
        self._done += len(names)
        self._tell(0)
        found = json.loads(kept.read_text(encoding="utf-8"))
        return Cell(*({key: np.array(each) for key, each in found[side].items()} for side in ("run", "baseline")),
                    found["worst_residual"])  # fmt: skip

    def close(self) -> None:
        """Remove what is needed no more. Call when all cells are there."""
        shutil.rmtree(self._runs, ignore_errors=True)

    @cached_property
    def quarters(self) -> tuple[str, str]:
        """The calendar quarters between which outcomes are measured."""
        from abm.ecosystem.quarters import quarter_number, quarter_text

        opening = quarter_number(self.city.opening)
        return quarter_text(opening + self.first), quarter_text(opening + self.ensemble.quarters)

    @property
    def _runs(self) -> Path:
        return self.folder / "unfinished"

    def _measured(self, cell: Ensemble) -> dict:
        calm = self._baseline(cell) if self.paired else None
        run = self._lived(cell, self._tell)
        found = levels(run, self.first) | (against(run, calm, self.first) if calm else {})
        shutil.rmtree(self._place(cell), ignore_errors=True)
        return {
            "run": {key: each.tolist() for key, each in found.items()},
            "baseline": {key: each.tolist() for key, each in levels(calm, self.first).items()} if calm else {},
            "worst_residual": float(max(each.worst_residual for each in (run, calm) if each)),
        }

    def _baseline(self, cell: Ensemble) -> RunResult:
        """That of a cell; the last one is kept, for its neighbours are likely to have the same."""
        wanted = replace(cell, scenario=load_scenario("baseline"))
        if self._calm is None or self._calm[0] != wanted:
            if self._calm is not None:
                shutil.rmtree(self._place(self._calm[0]), ignore_errors=True)
            self._calm = wanted, self._lived(wanted)
        return self._calm[1]

    def _lived(self, ensemble: Ensemble, tell: Callable[[int], None] | None = None) -> RunResult:
        show = None if tell is None else lambda done, _: tell(done)
        place = run_ensemble(ensemble, self._place(ensemble), progress=show, **self._running)
        return store.load(place, self.city, COLUMNS)["run"]

    def _place(self, ensemble: Ensemble) -> Path:
        return self._runs / ensemble.name(0, ensemble.worlds, self._data)

    def _tell(self, more: int) -> None:
        if self._progress is not None:
            self._progress(self._done + more, max(self._expected, self._done + more))


def told(cells: Cells, found: Sequence[Cell]) -> dict:
    """What every summary says beside the question."""
    return {"from": cells.quarters[0], "to": cells.quarters[1], "note": NOTE, "quantiles": list(QUANTILES),
            "worst_residual": max(each.worst_residual for each in found)}  # fmt: skip
