"""Who failed in a run, when, why and what became of it: events in, numbers and one sentence out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas

    from abm.results import RunResult

RANKS = ("secured", "unsecured", "firmwide")
_NAMED = 6  # firms named in a sentence
_QUANTILES = (0.1, 0.5, 0.9)


def first_failures(events: pandas.DataFrame) -> pandas.DataFrame:
    """The first failure of each firm in each world: world, quarter, sweep, claim (its cause), source (the firm)."""
    fell = events[events["channel"] == "default"].sort_values(["world", "quarter", "sweep"], kind="stable")
    return fell.drop_duplicates(["world", "source"])[["world", "quarter", "sweep", "claim", "source"]]


def median_row(first: pandas.DataFrame) -> pandas.Series:
    """Of first failures of one firm the one with the median date, the earlier of two."""
    return first.sort_values(["quarter", "world"], kind="stable").iloc[(len(first) - 1) // 2]


def causes(first: pandas.DataFrame) -> dict[str, int]:
    """Cause -> number of worlds, the most frequent first."""
    return {str(name): int(count) for name, count in first["claim"].value_counts(sort=True).items()}


def failures(events: pandas.DataFrame, firms: Mapping[str, Mapping[str, str]]) -> list[dict]:
    """Firms that fail in some world, those that fail in most worlds first; `firms` maps ids to name and kind."""
    first, found = first_failures(events), []
    ends = events[events["channel"] == "wound up"].groupby("source")["world"].nunique()
    times = events[events["channel"] == "default"].groupby("source").size()
    for firm, mine in first.groupby("source", sort=True):
        found.append({
            "firm": firm, **firms[firm], "worlds": len(mine), "failures": int(times[firm]),
            "first_quarter": mine["quarter"].min(), "median_quarter": median_row(mine)["quarter"],
            "causes": causes(mine), "worlds_wound_up": int(ends.get(firm, 0)),
        })  # fmt: skip
    return sorted(found, key=lambda each: (-each["worlds"], each["median_quarter"], each["firm"]))


def recoveries(result: RunResult) -> dict[str, list[float] | None]:
    """What creditors got of a dollar owed, over worlds and quarters in which firms failed: low, median and high."""
    found = {}
    for rank in RANKS:
        got = result.system(f"recovery_{rank}").to_numpy()
        got = got[np.isfinite(got)]
        found[rank] = [float(each) for each in np.quantile(got, _QUANTILES)] if got.size else None
    return found


def failure_line(facts: dict) -> str:
    """Who fails in how many worlds, when and why, and what creditors get back."""
    found, worlds = facts["failures"], facts["worlds"]
    if not found:
        return "No firm fails." if worlds == 1 else f"No firm fails in any of {worlds:,} worlds."

    def said(place: int, each: dict) -> str:
        cause = next(iter(each["causes"]))
        if worlds == 1:
            return f"{each['firm']}{' fails' if place == 0 else ''} in {each['first_quarter']} ({cause})"
        among = f" fails in {each['worlds']} of {worlds:,} worlds" if place == 0 else f" in {each['worlds']}"
        mostly = "mostly: " if len(each["causes"]) > 1 else ""
        median = f"median {each['median_quarter']}" if each["worlds"] > 1 else each["median_quarter"]
        return f"{each['firm']}{among} ({median}; {mostly}{cause})"

    parts = [said(place, each) for place, each in enumerate(found[:_NAMED])]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(parts)}{more}.{_recovered(facts['recovery'])}"


def _recovered(recovery: dict) -> str:
    words = {"secured": "on secured debt", "unsecured": "on other debt", "firmwide": "in all"}
    parts = [f"{recovery[rank][1]:.0%} {words[rank]}" for rank in RANKS if recovery[rank] is not None]
    return f" Creditors of failed firms get back {', '.join(parts)} (median)." if parts else ""
