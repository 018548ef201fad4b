"""A `RunResult` as the frames that are stored, and back: a column a series, a row a world and quarter (and firm)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from abm.chronicle import COLUMNS
from abm.results import Recorder, RunResult

if TYPE_CHECKING:
    import pandas

    from abm.ecosystem import Ecosystem


def system_frame(result: RunResult) -> pandas.DataFrame:
    """World, quarter and every series of the system, by world and quarter."""
    import pandas

    count = len(result.quarters)
    keys = {"world": np.repeat(np.asarray(result.worlds, np.int64), count),
            "quarter": np.tile(np.array(result.quarters, object), len(result.worlds))}  # fmt: skip
    series, _ = result.arrays()
    return pandas.DataFrame(keys | {name: values.ravel() for name, values in series.items()})


def firms_frame(result: RunResult) -> pandas.DataFrame:
    """World, quarter, firm and every series of firms in the first worlds, by world, quarter and row of the firm."""
    import pandas

    _, series = result.arrays()
    firms, worlds, quarters = next(iter(series.values())).shape
    keys = {"world": np.repeat(np.asarray(result.worlds[:worlds], np.int64), quarters * firms),
            "quarter": np.tile(np.repeat(np.array(result.quarters, object), firms), worlds),
            "firm": np.tile(np.array(result.ecosystem.id, object), worlds * quarters)}  # fmt: skip
    return pandas.DataFrame(keys | {name: values.transpose(1, 2, 0).ravel() for name, values in series.items()})


class Told:
    """The events of a stored run, in the place of the chronicle of a live one."""

    def __init__(self, frame: pandas.DataFrame):
        told = frame[list(COLUMNS)].reset_index(drop=True)
        self.events = told if len(told) else told.astype(object)  # an empty table comes back with types of its own

    def frame(self, ecosystem, worlds, quarters) -> pandas.DataFrame:
        """As they were stored; named already."""
        return self.events


def restored(ecosystem: Ecosystem, about: dict, system, firms, events) -> RunResult:
    """The result that was stored; `about` is its row of `runs`. `firms` None means no series of firms."""
    shape = about["worlds"], about["quarters"]
    recorder = Recorder({name: list(each.to_numpy().reshape(shape).T) for name, each in system.items()
                         if name not in ("run", "world", "quarter")})  # fmt: skip
    if firms is not None:
        wide = firms["world"].nunique(), about["quarters"], len(ecosystem)
        recorder.firms = {name: list(each.to_numpy().reshape(wide).transpose(1, 2, 0)) for name, each in firms.items()
                          if name not in ("run", "world", "quarter", "firm")}  # fmt: skip
    worlds = system["world"].to_numpy()[:: about["quarters"]].tolist()
    return RunResult(ecosystem, recorder, worlds, about["seed"], about["worst_residual"], about["scenario"],
                     Told(events))  # fmt: skip


def digest(said: object) -> str:
    """Sixteen hex digits that stand for everything an ecosystem, or another nest of plain values, says."""
    found = sha256()
    _feed(found, said)
    return found.hexdigest()[:16]


def _feed(found, value) -> None:
    if is_dataclass(value):
        for each in (each for each in fields(value) if each.compare):  # not where it was read
            _feed(found, each.name)
            _feed(found, getattr(value, each.name))
    elif isinstance(value, np.ndarray):
        _feed(found, (value.dtype.str, *value.shape))
        found.update(np.ascontiguousarray(value).tobytes())
    elif hasattr(value, "items"):
        for key, each in sorted(value.items()):
            _feed(found, key)
            _feed(found, each)
    elif isinstance(value, tuple | list):
        found.update(f"({len(value)}".encode())
        for each in value:
            _feed(found, each)
    else:
        found.update(f"{value!r};".encode())
