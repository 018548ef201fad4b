"""A run of quarters in plain numbers: years, who paid for capex, who failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.failures import failures, recoveries
from experiments.summary import NOTE

if TYPE_CHECKING:
    from abm.results import RunResult

_YEAR = 4.0  # quarters
QUANTILES = (0.1, 0.5, 0.9)
# Whose money pays for capex: name, columns. What they bring in is counted less what is repaid in the quarter.
# Committed loans that are drawn count as banks, high-yield as bonds, money of owners as new equity.
SOURCES = (
    ("bonds", ("bonds_issued", "high_yield_issued")),
    ("private credit", ("private_credit_drawn",)),
    ("banks", ("bank_loans_drawn", "facilities_drawn")),
    ("suppliers' money", ("vendor_money",)),
    ("new equity", ("equity_raised", "owner_money")),
)
OWN = "own money"
# What is shown by year: key, unit, meaning, how quarters become a year.
SHOWN = (
    ("end_user_spending", "USD bn a year", "end users spend on AI", "rate"),
    ("ai_capex", "USD bn a year", "hyperscalers' AI capex", "rate"),
    ("all_capex", "USD bn a year", "hyperscalers' capex in all", "rate"),
    ("tightness", "ratio", "demand over capacity of compute", "mean"),
    ("price", "index, 1 at the opening", "price of compute", "mean"),
    ("external_share", "share", "others' money over AI capex and labs' burn", "mean"),
    ("funding_gap", "USD bn a year", "capex planned, not funded", "rate"),
    ("circularity", "share", "chip sales paid by chipmakers' own money", "last"),
    ("stranded", "USD bn a year", "stranded value written off", "rate"),
)


def quarterly(result: RunResult) -> dict[str, np.ndarray]:
    """The series of `SHOWN` by quarter, (worlds, quarters); capex of hyperscalers in the first worlds only."""

    def hyperscalers(*columns: str) -> np.ndarray:
        if not result.ecosystem.of_kind("hyperscaler").size:
            return np.zeros_like(result.system("price").to_numpy()[:1])
        return sum(result.firm("hyperscaler", each).to_numpy() for each in columns)

    own = {
        "end_user_spending": result.system("end_demand").to_numpy(), "ai_capex": hyperscalers("capex"),
        "all_capex": hyperscalers("capex", "other_capex"), "stranded": result.system("impairment").to_numpy(),
    }  # fmt: skip
    return {key: own[key] if key in own else result.system(key).to_numpy() for key, *_ in SHOWN}


def by_year(result: RunResult) -> dict[str, dict]:
    """Year -> number of its quarters that were run, and low, median and high over worlds of each series of `SHOWN`."""
    series = quarterly(result)
    year = np.array([int(each[:4]) for each in result.quarters])
    found = {}
    for each in np.unique(year):
        row = {"quarters": int((year == each).sum())}
        for key, _, _, how in SHOWN:
            part = series[key][:, year == each]
            value = part[:, -1] if how == "last" else part.mean(axis=1) * (_YEAR if how == "rate" else 1.0)
            row[key] = [float(number) for number in np.quantile(value, QUANTILES)]
        found[str(each)] = row
    return found


def paid_by(result: RunResult) -> dict[str, np.ndarray]:
    """Who paid for the capex of builders in a quarter, USD bn (worlds, quarters); adds up to all of it.

    Others' money is what it brings in less what is repaid, never more than capex; repayments are taken from each
    source in proportion.
    """
    spent = result.system("capex").to_numpy() + result.system("other_capex").to_numpy()
    gross = {name: sum(result.system(each).to_numpy() for each in columns) for name, columns in SOURCES}
    whole = sum(gross.values())
    outside = np.clip(whole - result.system("principal").to_numpy(), 0.0, spent)
    part = np.divide(outside, whole, out=np.zeros_like(whole), where=whole > 0.0)
    others = {name: each * part for name, each in gross.items()}
    return {OWN: spent - sum(others.values())} | others


def firms(result: RunResult) -> dict[str, dict]:
    """Name and kind of every firm, by id."""
    from abm.ecosystem.vocabulary import KINDS

    eco = result.ecosystem
    return {str(eco.id[row]): {"name": str(eco.title[row]), "kind": KINDS[eco.kind[row]]} for row in range(len(eco))}


def firm(result: RunResult, row: int, name: str) -> np.ndarray:
    """A column of the firm in `row`, (kept worlds, quarters)."""
    return result.firm(str(result.ecosystem.id[row]), name).to_numpy()


def kept(result: RunResult) -> int:
    """How many worlds are kept firm by firm."""
    return int(result.firm("all", "capex").shape[0])


def facts_of(result: RunResult, inputs: dict) -> dict:
    """Everything that is printed, as plain numbers and words; quantiles are 10%, 50% and 90% over worlds."""
    events, known = result.events, firms(result)
    return {
        **inputs,
        "ecosystem": result.ecosystem.name,
        "first_quarter": result.quarters[0], "last_quarter": result.quarters[-1], "quarters": len(result.quarters),
        "worlds": len(result.worlds), "worlds_kept_by_firm": kept(result), "seed": result.seed,
        "shocks": [], "struck": 0.0, "note": NOTE,
        "worst_residual": float(result.worst_residual),
        "series": {key: {"unit": unit, "meaning": meaning} for key, unit, meaning, _ in SHOWN},
        "quantiles": list(QUANTILES),
        "years": by_year(result),
        "firms": known,
        "events": len(events),
        "worlds_with_failures": int(events["world"][events["channel"] == "default"].nunique()),
        "failures": failures(events, known),
        "recovery": recoveries(result),
    }  # fmt: skip
