"""What becomes of a world from the quarter in which a scenario strikes to the end of the run, in one number each.

Flows of spending, sales and capex are yearly rates; prices, tightness and confidence are means over these quarters;
losses and failures are totals. A firm that fails is counted once, however often. Outcomes of `AGAINST` are measured
against a baseline of the same worlds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abm.errors import BadInput, Fault, nearest, shown
from abm.words import part_of
from experiments.comparing import MAIN
from experiments.falls import compared, fallen

if TYPE_CHECKING:
    from abm.results import RunResult

_TOTALS = ("written_down", "credit_losses")
LEVELS = tuple(replace(each, unit="USD bn", how="sum") if each.key in _TOTALS else each for each in MAIN)
AGAINST = {
    "felled": ("count", "firms that fail and have not failed by then in the baseline"),
    "lost_sales": ("share", "sales of labs, clouds and chipmakers that the baseline has and this run has not"),
    "lost_capex": ("share", "builders' capex that the baseline has and this run has not"),
    "added_credit_losses": ("USD bn", "lenders and suppliers lose more than in the baseline"),
}
SAID = {each.key: (each.unit, each.meaning) for each in LEVELS} | AGAINST  # unit and meaning of each outcome
_PHRASES = {
    "end_user_spending": "end users spend {} USD bn a year", "sales": "sales are {} USD bn a year",
    "capex": "builders' capex is {} USD bn a year", "price": "the price of compute is {} of the opening's",
    "tightness": "demand is {} of capacity", "confidence": "lenders' confidence is {}",
    "written_down": "{} USD bn of chips are written down", "credit_losses": "creditors lose {} USD bn",
    "failures": "{} firms fail", "felled": "the scenario brings down {} firms", "lost_sales": "{} of sales are lost",
    "lost_capex": "{} of capex is lost", "added_credit_losses": "creditors lose {} USD bn more",
}  # fmt: skip
_OPERATORS = {">=": (np.greater_equal, "at least"), "<=": (np.less_equal, "at most"), ">": (np.greater, "more than"),
              "<": (np.less, "less than")}  # fmt: skip


def levels(run: RunResult, first: int) -> dict[str, np.ndarray]:
    """Each of `LEVELS` from quarter `first` (1 = first simulated) on, `(worlds,)`."""
    chosen = np.arange(1, len(run.quarters) + 1) >= first
    found = {each.key: each.yearly(run, chosen) for each in LEVELS}
    return found | {"failures": fallen(run, first)[:, -1]}


def against(run: RunResult, baseline: RunResult, first: int) -> dict[str, np.ndarray]:
    """Each of `AGAINST` from quarter `first` on, `(worlds,)`; both runs are of the same worlds."""
    after, before = levels(run, first), levels(baseline, first)
    fell = compared(run, baseline, first)
    felled = fell[fell["by_shock"]]["world"].value_counts().reindex(run.worlds, fill_value=0)
    lost = {f"lost_{key}": part_of(before[key] - after[key], before[key]) for key in ("sales", "capex")}
    return {"felled": felled.to_numpy(float), **lost,
            "added_credit_losses": after["credit_losses"] - before["credit_losses"]}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """An outcome that does or does not come about in a world: `key`, one of `SAID`, against a number."""

    key: str
    operator: str
    number: float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """`NAME OPERATOR NUMBER`, such as `failures>=3`. Raises `BadInput`."""
        found = re.fullmatch(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*", text)
        try:
            key, operator, number = found.groups()
            value = float(number)
        except (AttributeError, ValueError):
            value = np.nan
        if not np.isfinite(value):
            expected = f"NAME OPERATOR NUMBER, such as 'failures>=3'; names are {', '.join(SAID)}"
            raise BadInput(Fault("--outcome", shown(text), expected))
        if key not in SAID:
            raise BadInput(Fault("--outcome", shown(key), "one of " + ", ".join(SAID), nearest=nearest(key, SAID)))
        return cls(key, operator, value)

    @property
    def paired(self) -> bool:
        """Whether it needs the baseline."""
        return self.key in AGAINST

    def holds(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """In which worlds it comes about, bool `(worlds,)`."""
        return _OPERATORS[self.operator][0](values[self.key], self.number)

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {self.number:g}"

    def in_words(self) -> str:
        """It as a sentence: "at least 3 firms fail"."""
        share = SAID[self.key][0] == "share"
        number = f"{100 * self.number:g}%" if share else f"{self.number:g}"
        return _PHRASES[self.key].format(f"{_OPERATORS[self.operator][1]} {number}")

    def facts(self) -> dict:
        """What was asked, for a summary."""
        unit, meaning = SAID[self.key]
        return {"asked": str(self), "in_words": self.in_words(), "unit": unit, "meaning": meaning}
