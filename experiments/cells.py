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
from hashlib import sha256
from pathlib import Path

import numpy as np

from abm.ecosystem import load
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.results import RunResult
from abm.scenario import load_scenario
from experiments import asked, store
from experiments.blocks import Ensemble
from experiments.comparing import COLUMNS
from experiments.outcomes import AGAINST, LEVELS, against, levels
from experiments.pairs import strikes_at
from experiments.placing import placed
from experiments.runner import run_ensembles
from experiments.summary import NOTE
from experiments.yearly import QUANTILES

Progress = Callable[[int, int], None] | None
Place = Mapping[str, float]
_BLOCK = 128  # worlds that are run at once, at most
_AT_ONCE = 8  # cells whose tables are on the disk at a time
_UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Cell:
    """Outcomes of a cell by name, `(worlds,)`: of the `run`, those against the baseline among them where there is one,
    and the levels of its `baseline`, empty where none was asked for."""

    run: Mapping[str, np.ndarray]
    baseline: Mapping[str, np.ndarray]
    worst_residual: float


class Cells:
    """The cells of a study: `outcomes(places)` runs what is missing of them. `paired`: each beside a baseline.

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
        self._calm: dict[Path, RunResult] = {}  # baselines of the last cells, by place

    def check(self, places: Sequence[Place]) -> None:
        """Refuse, with `BadInput`, places that mean nothing; nothing is run and nothing is written."""
        for each in places:
            placed(self.ensemble, each).check()

    def expect(self, cells: int) -> None:
        """How many cells there will be, for `progress`, which is told of their blocks."""
        self._expected = cells * self._blocks

    def outcomes(self, places: Sequence[Place]) -> list[Cell]:
        """What the worlds come to at places on the axes, in their order. Raises `OSError`."""
        cells = [placed(self.ensemble, each) for each in places]
        kept = [self._kept(each) for each in cells]
        missing = [at for at, path in enumerate(kept) if not path.is_file()]
        missing.sort(key=lambda at: self._place(_calm(cells[at])))  # cells that share a baseline come together
        self._tell(len(cells) - len(missing))
        for first in range(0, len(missing), _AT_ONCE):
            now = missing[first : first + _AT_ONCE]
            self._run([cells[at] for at in now])
            for at in now:
                kept[at].parent.mkdir(parents=True, exist_ok=True)
                asked.put(kept[at], asked.as_json(self._measured(cells[at])))
                shutil.rmtree(self._place(cells[at]), ignore_errors=True)
            self._tell(len(now))
        return [_read(each) for each in kept]

    def close(self) -> None:
        """Remove what is needed no more. Call when all cells are there."""
        shutil.rmtree(self.folder / _UNFINISHED, ignore_errors=True)

    @property
    def quarters(self) -> tuple[str, str]:
        """The calendar quarters between which outcomes are measured."""
        opening = quarter_number(self.city.opening)
        return quarter_text(opening + self.first), quarter_text(opening + self.ensemble.quarters)

    def _run(self, cells: Sequence[Ensemble]) -> None:
        """Run cells side by side, and their baselines where they are not at hand."""
        calm = {self._place(each): each for each in map(_calm, cells)} if self.paired else {}
        for place in self._calm.keys() - calm.keys():
            del self._calm[place]
            shutil.rmtree(place, ignore_errors=True)
        wanted = {place: each for place, each in calm.items() if place not in self._calm}
        both = wanted | {self._place(each): each for each in cells}

        def show(done: int, whole: int) -> None:
            self._tell(0, done * len(cells) * self._blocks // whole)

        run_ensembles([(each, place) for place, each in both.items()], progress=show, **self._running)
        self._calm |= {place: self._load(place) for place in wanted}

    def _measured(self, cell: Ensemble) -> dict:
        run, found, calm = self._load(self._place(cell)), {}, None
        if self.paired:
            calm = self._calm[self._place(_calm(cell))]
            found = against(run, calm, self.first)
        return {
            "run": {key: each.tolist() for key, each in (levels(run, self.first) | found).items()},
            "baseline": {key: each.tolist() for key, each in levels(calm, self.first).items()} if calm else {},
            "worst_residual": float(max(each.worst_residual for each in (run, calm) if each)),
        }

    def _load(self, place: Path) -> RunResult:
        return store.load(place, self.city, COLUMNS)["run"]

    def _place(self, ensemble: Ensemble) -> Path:
        return self.folder / _UNFINISHED / ensemble.name(0, ensemble.worlds, self._data)

    def _kept(self, cell: Ensemble) -> Path:
        inputs = [self._place(cell).name, self.first, [each.key for each in LEVELS], list(AGAINST) * self.paired]
        return self.folder / "worlds" / f"{sha256(json.dumps(inputs).encode()).hexdigest()[:24]}.json"

    @property
    def _blocks(self) -> int:
        return len(list(self.ensemble.blocks()))

    def _tell(self, cells: int, blocks: int = 0) -> None:
        """So many more cells are there, and so many blocks of others."""
        self._done += cells * self._blocks
        if self._progress is not None and self._done + blocks:
            self._progress(self._done + blocks, max(self._expected, self._done + blocks))


def all_outcomes(cells: Cells, places: Sequence[Place]) -> list[Cell]:
    """What the worlds come to at all places of a study."""
    cells.expect(len(places))
    found = cells.outcomes(places)
    cells.close()
    return found


def _calm(cell: Ensemble) -> Ensemble:
    """The baseline of a cell."""
    return replace(cell, scenario=load_scenario("baseline"))


def _read(path: Path) -> Cell:
    found = json.loads(path.read_text(encoding="utf-8"))
    return Cell(*({key: np.array(each) for key, each in found[side].items()} for side in ("run", "baseline")),
                found["worst_residual"])  # fmt: skip


def told(cells: Cells, found: Sequence[Cell]) -> dict:
    """What every summary says beside the question."""
    return {"from": cells.quarters[0], "to": cells.quarters[1], "note": NOTE, "quantiles": list(QUANTILES),
            "worst_residual": max(each.worst_residual for each in found)}  # fmt: skip
