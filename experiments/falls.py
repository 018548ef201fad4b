"""Whom a shock brings down: failures of a run beside those of a baseline of the same worlds.

A firm falls by the shock in a world where it fails, from the quarter of the shock on, and has not failed by then in the
baseline: it stands there, or fails later ("sooner" counts these). It is spared where only the baseline brings it down.
Firms are counted once a world, however often creditors take them over.
"""

from __future__ import annotations

import numpy as np

from abm.results import RunResult
from experiments.amplification import band

_BEFORE = 4  # quarters over which the hits of a firm that falls are added up
_HITS = ("orders", "payments", "funding", "loans", "stakes", "customers")


def first_failures(result: RunResult, first_quarter: int):
    """First failures of firms from a quarter on, by world: cause, sweep, and `place` of the quarter counted from 0."""
    events = result.events
    fell = events[(events["channel"] == "default") & (events["quarter"] >= result.quarters[first_quarter - 1])]
    fell = fell.drop_duplicates(["world", "target"])
    place = {name: number for number, name in enumerate(result.quarters)}
    return fell.assign(place=fell["quarter"].map(place).astype(int))[["world", "target", "claim", "sweep", "place"]]


def compared(shocked: RunResult, baseline: RunResult, first_quarter: int):
    """First failures in either run, a row a world and firm: `place` in the shocked run, `place_base` in the baseline
    (NaN where it stands), `by_shock` and `spared`."""
    both = first_failures(shocked, first_quarter).merge(
        first_failures(baseline, first_quarter), on=["world", "target"], how="outer", suffixes=("", "_base")
    )
    by_shock = both["place"].notna() & ~(both["place_base"] <= both["place"])
    return both.assign(by_shock=by_shock, spared=both["place"].isna())


def by_firm(shocked: RunResult, baseline: RunResult, first_quarter: int) -> list[dict]:
    """Every firm that fails in some world of either run: shares of worlds, dates and main cause; those that fall by the
    shock in most worlds first."""
    both, worlds, found = compared(shocked, baseline, first_quarter), len(shocked.worlds), []
    ended = shocked.events[shocked.events["channel"] == "wound up"]
    titles = dict(zip(shocked.ecosystem.id, shocked.ecosystem.title, strict=True))
    for firm, rows in both.groupby("target"):
        fell = rows[rows["place"].notna()]
        found.append({
            "firm": str(firm), "name": str(titles[firm]),
            "fails": len(fell) / worlds, "fails_in_baseline": float(rows["place_base"].notna().sum()) / worlds,
            "by_shock": float(rows["by_shock"].sum()) / worlds, "spared": float(rows["spared"].sum()) / worlds,
            "sooner": float((rows["by_shock"] & rows["place_base"].notna()).sum()) / worlds,
            "quarters": [shocked.quarters[round(each)] for each in band(fell["place"])] if len(fell) else None,
            "cause": str(fell["claim"].mode()[0]) if len(fell) else None,
            "wound_up": ended[ended["target"] == firm]["world"].nunique() / worlds,
        })  # fmt: skip
    return sorted(found, key=lambda each: (-each["by_shock"], -each["fails"], each["firm"]))


def who_is_first(shocked: RunResult, baseline: RunResult, first_quarter: int) -> list[dict]:
    """Who falls first by the shock, of the worlds in which somebody does: share, dates, main cause and what hit it in
    the year before (USD bn, mean; of the worlds that are kept hit by hit). Of those that fall in one quarter, the first
    in the sweeps of contagion."""
    both = compared(shocked, baseline, first_quarter)
    fell = both[both["by_shock"]].sort_values(["world", "place", "sweep", "target"]).drop_duplicates("world")
    titles, found = dict(zip(shocked.ecosystem.id, shocked.ecosystem.title, strict=True)), []
    for firm, rows in fell.groupby("target"):
        cause = rows["claim"].mode()[0]
        found.append({
            "firm": str(firm), "name": str(titles[firm]), "share": len(rows) / len(fell), "worlds": len(rows),
            "quarters": [shocked.quarters[round(each)] for each in band(rows["place"])],
            "cause": str(cause), "cause_share": float((rows["claim"] == cause).mean()),
            "sooner": float(rows["place_base"].notna().mean()), "hits": _hits(shocked, str(firm), rows),
        })  # fmt: skip
    return sorted(found, key=lambda each: (-each["share"], each["firm"]))


def _hits(result: RunResult, firm: str, fell) -> dict[str, float]:
    """What hit a firm until it fell, by channel, mean over the worlds that are kept; empty where none of them is."""
    kept = set(result.worlds[: len(result.firm("all", "capex"))])
    fell, sums = fell[fell["world"].isin(kept)], dict.fromkeys(_HITS, 0.0)
    events = result.events[(result.events["target"] == firm) & result.events["channel"].isin(_HITS)]
    for world, place in zip(fell["world"], fell["place"].astype(int), strict=True):
        near = set(result.quarters[max(0, place - _BEFORE) : place + 1])
        mine = events[(events["world"] == world) & events["quarter"].isin(near)]
        for channel, amount in mine.groupby("channel")["amount"].sum().items():
            sums[channel] += float(amount) / len(fell)
    return {name: each for name, each in sums.items() if each > 0.0}


def fallen(result: RunResult, first_quarter: int) -> np.ndarray:
    """How many firms have failed since a quarter, `(worlds, quarters)`."""
    count = np.zeros((len(result.worlds), len(result.quarters)))
    row = {world: number for number, world in enumerate(result.worlds)}
    first = first_failures(result, first_quarter)
    np.add.at(count, (first["world"].map(row).to_numpy(int), first["place"].to_numpy(int)), 1.0)
    return count.cumsum(axis=1)
