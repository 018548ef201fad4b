"""Blocks of worlds: the unit of work of a large run. Each is a folder of four tables, named after what it came from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

import abm
import cython_ext
from abm.chronicle import FULL_WORLDS
from abm.ecosystem import load
from abm.errors import BadInput, Fault
from abm.results import Recorder, RunResult
from abm.running import run
from abm.scenario import Scenario
from abm.stress_testing import check_whole
from experiments import store
from experiments.store_frames import Told, digest

_IN_ALL_WORLDS = ("default", "reorganised", "wound up")  # channels that `abm.chronicle` keeps of every world


@dataclass(frozen=True)
class Ensemble:
    """Worlds 0 to `worlds` of one scenario; `parameters` are numbers, and go before those the scenario sets.

    `block` is how many worlds are run at once, 64 to 512 for speed; results do not depend on it. Raises `BadInput`.
    """

    scenario: Scenario
    ecosystem: str = "ai_2026"
    worlds: int = 1000
    quarters: int = 40
    seed: int = 1
    parameters: Mapping[str, float] = field(default_factory=dict)
    block: int = 128

    def __post_init__(self):
        for name in ("worlds", "quarters", "block"):
            check_whole(name, getattr(self, name), 1, "a whole number of at least 1")
        check_whole("seed", self.seed, 0, "a whole number not below zero")
        wide = [each for each, value in self.parameters.items() if np.ndim(value)]
        if wide:
            raise BadInput(Fault("parameters", f"an array for {wide[0]}", "one number for all worlds"))

    def blocks(self) -> Iterator[tuple[int, int]]:
        """The first world of each block, and how many it has."""
        for first in range(0, self.worlds, self.block):
            yield first, min(self.block, self.worlds - first)

    def name(self, first: int, count: int) -> str:
        """Of a block: the same for the same inputs, data and code, and for nothing else."""
        said = [self.scenario.as_dict(), dict(self.parameters), digest(load(self.ecosystem)), self.quarters, self.seed,
                store.version(), _code(), first, count]  # fmt: skip
        return sha256(json.dumps(said, sort_keys=True, default=np.ndarray.tolist).encode()).hexdigest()[:24]


@cache
def _code() -> str:
    """Digest of the model's sources."""
    found = sha256()
    for package in (abm, cython_ext):
        root = Path(package.__file__).parent
        for path in sorted(each for each in root.rglob("*.py*") if each.suffix in (".py", ".pyx")):
            found.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def run_block(ensemble: Ensemble, first: int, count: int, place: Path) -> None:
    """Run worlds `first` to `first + count` and put their tables at `place`, whole or not at all."""
    result = run(
        ensemble.ecosystem, ensemble.scenario, quarters=ensemble.quarters, worlds=count, seed=ensemble.seed,
        parameters=dict(ensemble.parameters), first_world=first,
    )  # fmt: skip
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=place.parent, ignore_cleanup_errors=True) as aside:
        made = Path(aside, "block")
        store.save({"run": (_first_worlds(result), ensemble.scenario)}, made)
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():  # else somebody else made the same block meanwhile
                raise


def _first_worlds(result: RunResult) -> RunResult:
    """The same with firms and hits of the first worlds of the ensemble only, not of each block; failures of all."""
    system, firms = result.arrays()
    kept = int(np.sum(np.asarray(result.worlds) < FULL_WORLDS))
    recorder = Recorder(
        {name: list(each.T) for name, each in system.items()},
        {name: list(np.moveaxis(each[:, :kept], 2, 0)) for name, each in firms.items()},
    )
    events = result.events
    chosen = (events["world"] < FULL_WORLDS) | events["channel"].isin(_IN_ALL_WORLDS)
    return RunResult(result.ecosystem, recorder, result.worlds, result.seed, result.worst_residual, result.scenario,
                     Told(events[chosen]))  # fmt: skip
