"""Two scenarios in the same worlds: what differs year by year, and who fails under which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abm.ecosystem import load
from abm.parameters import Parameters
from abm.words import part_of
from experiments import asked, store
from experiments.amplification import SALES
from experiments.blocks import Ensemble
from experiments.falls import by_firm
from experiments.pairs import strikes_at
from experiments.runner import run_ensembles
from experiments.summary import NOTE
from experiments.yearly import QUANTILES

if TYPE_CHECKING:
    from abm.results import RunResult
    from abm.scenario import Scenario

SIDES = ("first", "second")
_YEAR = 4.0  # quarters
_FAILED = {"firm": "firm", "name": "name", "fails_in_first": "fails_in_baseline", "fails_in_second": "fails",
           "by_the_second": "by_shock", "only_in_first": "spared", "cause_in_second": "cause"}  # fmt: skip


@dataclass(frozen=True)
class Series:
    """What is compared by year: the sum of `columns` of the system, at its yearly rate, as a mean or as a sum."""

    key: str
    unit: str
    meaning: str
    columns: tuple[str, ...]
    how: str

    def yearly(self, result: RunResult, chosen: np.ndarray) -> np.ndarray:
        """Its value in a year whose quarters are `chosen`, `(worlds,)`."""
        quarters = sum(result.system(each).to_numpy()[:, chosen] for each in self.columns)
        if self.how == "sum":
            return quarters.sum(axis=1)
        return quarters.mean(axis=1) * (_YEAR if self.how == "rate" else 1.0)


MAIN = (
    Series("end_user_spending", "USD bn a year", "end users spend on AI", ("end_demand",), "rate"),
    Series("sales", "USD bn a year", "labs, clouds and chipmakers sell", SALES, "rate"),
    Series("capex", "USD bn a year", "builders' capex", ("capex",), "rate"),
    Series("price", "index, 1 at the opening", "price of compute", ("price",), "mean"),
    Series("tightness", "ratio", "demand over capacity of compute", ("tightness",), "mean"),
    Series("confidence", "index", "confidence of lenders", ("confidence",), "mean"),
    Series("written_down", "USD bn a year", "chips written down", ("impairment",), "rate"),
    Series("credit_losses", "USD bn a year", "lenders and suppliers lose",
           ("written_off", "lost_by_suppliers"), "rate"),
    Series("failures", "count", "firms that fail", ("defaults",), "sum"),
)  # fmt: skip
COLUMNS = tuple(dict.fromkeys(name for each in MAIN for name in each.columns))  # that are read


def compare(
    first: Ensemble, second: Scenario, folder: Path, *, jobs: int = 2, cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict:  # fmt: skip
    """Run `first`, and `second` in the same worlds, in `folder`, and return what differs as plain numbers and words.

    Blocks of worlds that are in `folder` already are not run again. It holds question.json, the four tables of each
    run in first/ and second/, summary.json, differences.csv and failures.csv. Raises `BadInput` and `OSError`.
    """
    ensembles = dict(zip(SIDES, (first, replace(first, scenario=second)), strict=True))
    city = load(first.ecosystem)
    for each in ensembles.values():
        each.scenario.check(city)
        strikes_at(each.scenario, each.quarters)
        Parameters(city, each.scenario.settings(each.parameters))
    asked.begin(folder, question(first, second))
    sides = [(each, folder / side) for side, each in ensembles.items()]
    places = run_ensembles(sides, jobs=jobs, cluster=cluster, progress=progress)
    facts = question(first, second) | facts_of(*(store.load(each, city, COLUMNS)["run"] for each in places))
    _write(facts, folder)
    return facts


def question(first: Ensemble, second: Scenario) -> dict:
    """What is asked, in plain words and numbers."""
    return {"first": first.scenario.as_dict(), "second": second.as_dict(), "ecosystem": str(first.ecosystem),
            "worlds": first.worlds, "quarters": first.quarters, "seed": first.seed,
            "settings": dict(first.parameters)}  # fmt: skip


def facts_of(first: RunResult, second: RunResult) -> dict:
    """Bands by year, and the firms that fail in some world of either run."""
    return {
        "first_quarter": first.quarters[0], "last_quarter": first.quarters[-1], "note": NOTE,
        "worst_residual": float(max(first.worst_residual, second.worst_residual)), "quantiles": list(QUANTILES),
        "series": {each.key: {"unit": each.unit, "meaning": each.meaning} for each in MAIN},
        "years": years(first, second), "failures": by_firm(second, first, 1),
    }  # fmt: skip


def years(first: RunResult, second: RunResult) -> dict[str, dict]:
    """Year -> number of its quarters that were run, and of each series of `MAIN` low, median and high over worlds of
    both runs and of their `difference` (second less first, world by world), the share of worlds in which it is `lower`
    in the second, and the median difference as a `part` of what the first has in the same world."""
    year, found = np.array([int(each[:4]) for each in first.quarters]), {}
    for each in np.unique(year):
        found[str(each)] = {"quarters": int((year == each).sum())}
        for series in MAIN:
            before, after = (series.yearly(run, year == each) for run in (first, second))
            found[str(each)][series.key] = {
                "first": _band(before), "second": _band(after), "difference": _band(after - before),
                "lower": float((after < before).mean()), "part": float(np.median(part_of(after - before, before))),
            }  # fmt: skip
    return found


def _band(values: np.ndarray) -> list[float]:
    return [float(each) for each in np.quantile(values, QUANTILES)]


def _write(facts: dict, folder: Path) -> None:
    import pandas

    rows = [
        {"year": int(year), "series": key, "unit": said["unit"], "run": which}
        | dict(zip(("p10", "median", "p90"), row[key][which], strict=True))
        for year, row in facts["years"].items() for key, said in facts["series"].items()
        for which in (*SIDES, "difference")
    ]  # fmt: skip
    asked.put(folder / "differences.csv", pandas.DataFrame(rows).to_csv(index=False))
    failed = [[each[key] for key in _FAILED.values()] for each in facts["failures"]]
    asked.put(folder / "failures.csv", pandas.DataFrame(failed, columns=list(_FAILED)).to_csv(index=False))
    asked.put(folder / "summary.json", asked.as_json(facts))
