"""Blocks of worlds: the unit of work of a large run. Each is a folder of four tables, named after what it came from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from itertools import chain, repeat
from pathlib import Path

import numpy as np

import abm
import cython_ext
from abm.chronicle import FULL_WORLDS
from abm.ecosystem import load
from abm.errors import BadInput, Fault
from abm.parameters import Parameters
from abm.results import Recorder, RunResult
from abm.running import run
from abm.scenario import Scenario
from abm.stress_testing import check_whole
from experiments import store
from experiments.store_frames import Told, digest

_IN_ALL_WORLDS = ("default", "reorganised", "wound up")  # channels that `abm.chronicle` keeps of every world
# Sizes of blocks in order, as multiples of the first, and how many of each: few worlds can share processes, and many
# run a quarter faster a world. They do not depend on the number of worlds, so that more worlds find blocks there.
_SIZES = ((1, 4), (2, 4), (4, 1_000_000))
Settings = Mapping[str, float | np.ndarray]


@dataclass(frozen=True)
class Ensemble:
    """Worlds 0 to `worlds` of one scenario; `parameters` go before those the scenario sets.

    A parameter is a number, or an array `(worlds,)` with one for each world: a design is an ensemble. `block` is how
    many worlds are run at once in the first blocks; later ones have up to four times as many. Results do not depend on
    it. Raises `BadInput`.
    """

    scenario: Scenario
    ecosystem: str = "ai_2026"
    worlds: int = 1000
    quarters: int = 40
    seed: int = 1
    parameters: Settings = field(default_factory=dict)
    block: int = 128

    def __post_init__(self):
        for name in ("worlds", "quarters", "block"):
            check_whole(name, getattr(self, name), 1, "a whole number of at least 1")
        check_whole("seed", self.seed, 0, "a whole number not below zero")
        wrong = [(each, np.shape(value)) for each, value in self.parameters.items()
                 if np.shape(value) not in ((), (self.worlds,))]  # fmt: skip
        if wrong:
            wanted = f"a number, or {self.worlds} of them, one a world"
            raise BadInput(Fault("parameters", f"an array {shape} for {each}", wanted) for each, shape in wrong)
        if any(np.ndim(each.size) or np.ndim(each.factor) for each in self.scenario.shocks):
            raise BadInput(Fault(self.scenario.id, "a shock with a size for each world", "one size for all worlds"))

    def check(self) -> None:
        """Raises `BadInput` for what means nothing in its ecosystem."""
        city = load(self.ecosystem)
        self.scenario.check(city)
        Parameters(city, self.scenario.settings(self.parameters), self.worlds)

    def question(self) -> dict:
        """What is asked, in plain words and numbers; of values by world a digest."""
        story = self.scenario.as_dict()
        return _plain({"scenario": story, "ecosystem": str(self.ecosystem), "worlds": self.worlds,
                       "quarters": self.quarters, "seed": self.seed, "settings": dict(self.parameters)})  # fmt: skip

    def told(self) -> Scenario:
        """The scenario with all parameters that hold."""
        return replace(self.scenario, parameters=self.scenario.settings(self.parameters))

    def data(self) -> str:
        """Digest of the ecosystem as it is now."""
        return digest(load(self.ecosystem))

    def blocks(self) -> Iterator[tuple[int, int]]:
        """The first world of each block, and how many it has: the same for more worlds, but for the last one."""
        first, sizes = 0, chain.from_iterable(repeat(self.block * times, count) for times, count in _SIZES)
        while first < self.worlds:
            size = next(sizes)
            yield first, min(size, self.worlds - first)
            first += size

    def settings(self, first: int, count: int) -> dict[str, float | np.ndarray]:
        """Parameters of worlds `first` to `first + count`."""
        return {name: value[first : first + count] if np.ndim(value) else value
                for name, value in self.parameters.items()}  # fmt: skip

    def name(self, first: int, count: int, data: str = "") -> str:
        """Of a block: the same for the same inputs, data and code, and for nothing else; `data` is known already."""
        said = [self.scenario.as_dict(), self.settings(first, count), data or self.data(), self.quarters, self.seed,
                store.version(), code(abm, cython_ext), first, count]  # fmt: skip
        return sha256(json.dumps(said, sort_keys=True, default=np.ndarray.tolist).encode()).hexdigest()[:24]


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if np.ndim(value):
        found = np.ascontiguousarray(value, float)
        return f"{found.size} values, digest {sha256(found.tobytes()).hexdigest()[:16]}"
    return value.item() if isinstance(value, np.generic) else value


@cache
def code(*packages) -> str:
    """Digest of the sources of packages."""
    found = sha256()
    for package in packages:
        root = Path(package.__file__).parent
        for path in sorted(each for each in root.rglob("*.py*") if each.suffix in (".py", ".pyx")):
            found.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def run_block(ensemble: Ensemble, first: int, count: int, place: Path) -> None:
    """Run worlds `first` to `first + count` and put their tables at `place`, whole or not at all."""
    story, parameters = ensemble.scenario, ensemble.settings(first, count)
    told = replace(story, parameters=story.settings(parameters))
    result = run(
        ensemble.ecosystem, story, quarters=ensemble.quarters, worlds=count, seed=ensemble.seed,
        parameters=parameters, first_world=first,
    )  # fmt: skip
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=place.parent, ignore_cleanup_errors=True) as aside:
        made = Path(aside, "block")
        store.save({"run": (_first_worlds(result), told)}, made)
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
