"""Studies in pieces: what is finished is kept, so that whatever ends a study costs only the pieces under way."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import abm
import cython_ext
import experiments
from abm.ecosystem import load
from abm.errors import BadInput, Fault
from experiments import asked, store
from experiments.blocks import code
from experiments.store_frames import digest
from experiments.working import as_done

KEPT = "pieces"  # within the folder of a study


@dataclass(frozen=True)
class Workplace:
    """Where the pieces of a study are made, in `jobs` processes or on the Dask cluster at `cluster`, and kept, in
    `folder`. `progress(done, all)` is called after each."""

    folder: Path | None = None
    jobs: int = 1
    cluster: str | None = None
    progress: Callable[[int, int], None] | None = None

    def pieces(self, work: Callable[..., Any], arguments: Sequence[tuple], ecosystem: str) -> list:
        """What `work(*each)` says for each of `arguments`, in their order; one that is in the folder is not made again.

        `work` is a function of a module that says plain numbers and words; arrays come back as lists. Pieces are named
        after everything they come from, `ecosystem` and the sources of the package among it. Raises `OSError`.
        """
        names = [_name(work, each, ecosystem) for each in arguments]
        found = {name: text for name in names if (text := self._kept(name)) is not None}
        missing = {name: each for name, each in zip(names, arguments, strict=True) if name not in found}
        done, order = len(names) - len(missing), list(missing)
        jobs = [(work, each, ecosystem, name) for name, each in missing.items()]
        for place, text in as_done(_make, jobs, self.jobs, self.cluster):
            found[order[place]] = text
            if self.folder is not None:
                asked.put(self._path(order[place]), text)
            done += 1
            if self.progress is not None:
                self.progress(done, len(names))
        return [json.loads(found[name]) for name in names]

    def _path(self, name: str) -> Path:
        return self.folder / KEPT / f"{name}.json"

    def _kept(self, name: str) -> str | None:
        if self.folder is None:
            return None
        self._path(name).parent.mkdir(parents=True, exist_ok=True)
        return self._path(name).read_text(encoding="utf-8") if self._path(name).is_file() else None


ALONE = Workplace()  # in this process, and nothing is kept


def _name(work: Callable[..., Any], arguments: tuple, ecosystem: str) -> str:
    """The same for the same work on the same data by the same code, and for nothing else."""
    made = code(abm, cython_ext, experiments)
    return digest((work.__module__, work.__qualname__, arguments, load(ecosystem), store.version(), made))


def _make(work: Callable[..., Any], arguments: tuple, ecosystem: str, name: str) -> str:
    if _name(work, arguments, ecosystem) != name:
        raise BadInput(Fault("cluster", "a worker with another model or other data", "the same as where it is asked"))
    return json.dumps(work(*arguments), default=lambda each: each.tolist())  # arrays, and numbers of numpy
