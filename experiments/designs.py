"""A design of the user's own: a table of parameter values, one world a row, run as one experiment."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abm.ecosystem import load
from abm.errors import BadInput, Fault, shown
from experiments import asked, store
from experiments.blocks import Ensemble
from experiments.comparing import COLUMNS, MAIN
from experiments.runner import run_ensemble
from experiments.summary import NOTE
from experiments.yearly import QUANTILES

if TYPE_CHECKING:
    import pandas

    from abm.results import RunResult

MOST = 1_000_000  # rows


def read_design(path: Path) -> dict[str, np.ndarray]:
    """Address -> one value a world, from a CSV file whose first row names addresses as `--set` takes them.

    Raises `BadInput` with every cell that is no finite number, and for rows of another length, names that are missing
    or come twice, and files without rows.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(line, row) for line, row in enumerate(csv.reader(file), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise BadInput(Fault(shown(path), f"a file that cannot be read ({why})", "a CSV file of values")) from None
    if not 2 <= len(rows) <= MOST + 1:
        raise BadInput(Fault(shown(path), f"{max(0, len(rows) - 1):,} rows of values", f"1 to {MOST:,}, one a world"))
    names = [each.strip() for each in rows[0][1]]
    if not all(names) or len({each.casefold() for each in names}) < len(names):
        raise BadInput(Fault(shown(path), "a name that is missing or comes twice", "addresses, each once", line=1))
    faults = [fault for line, row in rows[1:] for fault in _faults(path, names, line, row)]
    if faults:
        raise BadInput(faults)
    return dict(zip(names, np.array([row for _, row in rows[1:]], float).T, strict=True))


def _faults(path: Path, names: list[str], line: int, row: list[str]) -> list[Fault]:
    if len(row) != len(names):
        return [Fault(shown(path), f"{len(row)} values", f"{len(names)}, one a name", line)]
    return [Fault(shown(path), shown(cell), "a finite number", line, name)
            for name, cell in zip(names, row, strict=True) if not _finite(cell)]  # fmt: skip


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def require_apart(values: Mapping[str, np.ndarray], held: Mapping[str, float]) -> None:
    """Refuse, with `BadInput`, addresses that a design has and that are set for all worlds, too."""
    names = {each.casefold() for each in values}
    faults = [Fault("--set", shown(each), "an address that the design has not") for each in held
              if each.casefold() in names]  # fmt: skip
    if faults:
        raise BadInput(faults)


def run_design(
    ensemble: Ensemble, folder: Path, *, jobs: int = 2, cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict:  # fmt: skip
    """Run an ensemble whose parameters are arrays over worlds in `folder`, and return `facts_of` it.

    Blocks of worlds that are there already are not run again. The folder holds question.json, the four tables,
    worlds.csv and summary.json. Raises `BadInput` and `OSError`.
    """
    ensemble.check()
    asked.begin(folder, ensemble.question())
    run_ensemble(ensemble, folder, jobs=jobs, cluster=cluster, progress=progress)
    result = store.load(folder, load(ensemble.ecosystem), COLUMNS)["run"]
    design = {name: value for name, value in ensemble.parameters.items() if np.ndim(value)}
    facts = facts_of(result, design) | {
        "settings": {name: value for name, value in ensemble.parameters.items() if name not in design}
    }  # fmt: skip
    asked.put(folder / "worlds.csv", by_world(result, design).to_csv(index=False))
    asked.put(folder / "summary.json", asked.as_json(facts))
    return facts


def by_world(result: RunResult, design: Mapping[str, np.ndarray]) -> pandas.DataFrame:
    """World, its values, and each series of `MAIN` in the last four quarters, which are a year; a row a world."""
    import pandas

    last = np.arange(len(result.quarters)) >= len(result.quarters) - 4
    outcomes = {each.key: each.yearly(result, last) for each in MAIN}
    return pandas.DataFrame({"world": result.worlds, **design, **outcomes})


def facts_of(result: RunResult, design: Mapping[str, np.ndarray]) -> dict:
    """Bands of outcomes over worlds, and their rank correlation with each address; None where either does not vary."""
    table = by_world(result, design)
    ranks = table.drop(columns="world").rank().corr()
    return {
        "ecosystem": result.ecosystem.name, "scenario": result.scenario, "worlds": len(result.worlds),
        "quarters": len(result.quarters), "last_quarter": result.quarters[-1], "seed": result.seed, "note": NOTE,
        "worst_residual": float(result.worst_residual), "quantiles": list(QUANTILES),
        "design": {name: [float(values.min()), float(values.max())] for name, values in design.items()},
        "outcomes": {
            each.key: {
                "unit": each.unit, "meaning": each.meaning,
                "bands": [float(value) for value in np.quantile(table[each.key], QUANTILES)],
                "rank_correlation": {name: _number(ranks[each.key][name]) for name in design},
            }
            for each in MAIN
        },
    }  # fmt: skip


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
