"""What a run keeps so that failures can be explained: its events, and a few series of every firm, in two CSV files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abm.chronicle import COLUMNS as EVENT_COLUMNS
from abm.errors import BadInput, Fault, shown

if TYPE_CHECKING:
    import pandas

    from abm.results import RunResult

EVENTS, TRACED = "events.csv", "traced.csv"
# Of a firm, in the units of `abm.columns`; and of the economy, the same for all firms of a world.
OF_FIRM = (
    "user_revenue", "compute_sales", "chip_sales", "margin", "interest", "principal", "rent", "funding_gap", "rescue",
    "breaches", "cash", "firm_value",
)  # fmt: skip
OF_ECONOMY = ("price", "tightness")
_KEYS = ("world", "firm", "quarter")
_WRITTEN = "%.5g"
_NUMBERS = {"world": int, "sweep": int, "amount": float}
_NEEDED = {"ecosystem", "scenario", "changes", "seed", "worlds", "firms", "events", "note"}
_RESULT = "a folder that `cloudcity quarters`, `run`, `compare` or `design` has written"
_STORED = "runs.parquet"


@dataclass(frozen=True)
class Record:
    """A result that can be explained: what its summary says, events as in `abm.chronicle`, and a row of series for
    every world, firm and quarter that is kept."""

    summary: dict
    events: pandas.DataFrame
    series: pandas.DataFrame

    @property
    def worlds(self) -> list[int]:
        """Worlds whose hits and series are kept."""
        return [int(each) for each in self.series["world"].unique()]

    @property
    def quarters(self) -> list[str]:
        """Quarters of the run, in order."""
        return list(self.series["quarter"].unique())

    def of(self, world: int, firm: str) -> pandas.DataFrame:
        """Series of one firm in one world, a row a quarter."""
        chosen = (self.series["world"] == world) & (self.series["firm"] == firm)
        return self.series[chosen].set_index("quarter")


def of_result(result: RunResult, changes: list[str]) -> Record:
    """A result in memory; `changes` are what its scenario does, in words."""
    from experiments.summary import NOTE
    from experiments.yearly import firms

    summary = {"ecosystem": result.ecosystem.name, "scenario": result.scenario, "changes": changes,
               "seed": int(result.seed), "worlds": len(result.worlds), "firms": firms(result),
               "events": len(result.events), "note": NOTE}  # fmt: skip
    return Record(summary, result.events, series_of(result))


def series_of(result: RunResult) -> pandas.DataFrame:
    """World, firm, quarter and a column for each series, in all worlds that are kept firm by firm."""
    import pandas

    from experiments.yearly import firm, kept

    ids, worlds = [str(each) for each in result.ecosystem.id], result.worlds[: kept(result)]
    index = pandas.MultiIndex.from_product([ids, worlds, result.quarters], names=["firm", "world", "quarter"])
    values = {name: np.concatenate([firm(result, row, name).ravel() for row in range(len(ids))]) for name in OF_FIRM}
    for name in OF_ECONOMY:
        values[name] = np.tile(result.system(name).to_numpy()[: len(worlds)].ravel(), len(ids))
    frame = pandas.DataFrame(values, index=index).reset_index()
    return frame[[*_KEYS, *OF_FIRM, *OF_ECONOMY]].sort_values(["world", "firm", "quarter"], ignore_index=True)


def write(folder: Path, result: RunResult) -> None:
    """events.csv and traced.csv."""
    result.events.to_csv(folder / EVENTS, index=False, float_format=_WRITTEN)
    series_of(result).to_csv(folder / TRACED, index=False, float_format=_WRITTEN)


def read(folder: Path, run: str | None = None) -> Record:
    """What `write` and the summary beside it left, or one of the runs of `experiments.store`: the one called `run`, by
    default the shocked or the only one. Raises `BadInput` for anything else."""
    if not folder.is_dir():
        raise BadInput(Fault("RESULT", f"{shown(folder)}, {'a file' if folder.exists() else 'nothing'}", _RESULT))
    if (folder / _STORED).is_file():
        return _stored(folder, run)
    inner = [each.parent.name for each in sorted(folder.glob(f"*/{_STORED}"))]
    if inner:
        expected = f"one of the folders in it: {', '.join(inner)}"
        raise BadInput(Fault("RESULT", f"{shown(folder)}, which holds several runs", expected))
    if run is not None:
        raise BadInput(Fault("--run", shown(run), "nothing, for a folder with one run"))
    if not (folder / "summary.json").is_file():
        raise BadInput(Fault("RESULT", f"{shown(folder)}, without a summary.json", _RESULT))
    for name in (EVENTS, TRACED):
        if not (folder / name).is_file():
            raise BadInput(Fault("RESULT", f"{shown(folder)}, a result without {name}", _RESULT))
    summary = _summary(folder / "summary.json")
    series = _table(folder / TRACED, (*_KEYS, *OF_FIRM, *OF_ECONOMY))
    events = _table(folder / EVENTS, EVENT_COLUMNS)
    record = Record(summary, events, series)
    whole = len(record.worlds) * len(record.quarters) * len(summary["firms"])
    if not len(series) or len(series) != whole or set(series["firm"]) != set(summary["firms"]):
        raise _broken(folder / TRACED, f"{len(series):,} rows", "a row for every world, firm and quarter")
    known = set(summary["firms"])
    if len(events) != summary["events"]:
        raise _broken(folder / EVENTS, f"{len(events):,} rows", f"{summary['events']} rows, as in summary.json")
    if not (known.issuperset(events["source"]) and known.issuperset(events["target"])
            and set(events["quarter"]) <= set(record.quarters)):  # fmt: skip
        raise _broken(folder / EVENTS, "firms or quarters that the run does not have", "those of summary.json")
    return record


def _stored(folder: Path, run: str | None) -> Record:
    """One run of a folder that `experiments.store` has filled."""
    from experiments import store
    from experiments.scenario_words import changes

    runs, scenarios = store.load(folder), store.scenarios(folder)
    name = run or next(iter(runs))
    if name not in runs:
        raise BadInput(Fault("--run", shown(name), f"one of {', '.join(runs)}"))
    return of_result(runs[name], changes(scenarios[name], runs[name].ecosystem))


def _summary(path: Path) -> dict:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise _broken(path, "no JSON", "a summary as it was written") from None
    if not (isinstance(summary, dict) and summary.keys() >= _NEEDED and isinstance(summary["firms"], dict)):
        raise _broken(path, "the summary of another command", "one of `cloudcity quarters`")
    return summary


def _table(path: Path, columns: tuple[str, ...]) -> pandas.DataFrame:
    """A CSV file with just these columns, numbers as numbers."""
    import pandas

    texts = {*_KEYS, *EVENT_COLUMNS} - _NUMBERS.keys()
    types = {name: str if name in texts else _NUMBERS.get(name, float) for name in columns}
    try:
        # A firm may be called NA, and a line that was cut must not pass as one with gaps.
        frame = pandas.read_csv(path, dtype=types, na_filter=False)
        if tuple(frame.columns) != columns:
            raise ValueError("other columns")
        numbers = [name for name in columns if name not in texts]
        if not np.isfinite(frame[numbers].to_numpy(float)).all():
            raise ValueError("numbers that are none")
    except (ValueError, TypeError) as problem:  # pandas' own errors, undecodable bytes among them, are ValueErrors
        raise _broken(path, shown(str(problem).strip().partition("\n")[0], 80), "the table as it was written") from None
    return frame


def _broken(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(Fault(str(path), found, expected))
