"""The cascade in the living model, world by world: what hits whom in a quarter, and sweep by sweep within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.results import RunResult
from experiments.falls import compared
from experiments.figures.case import struck_at
from experiments.figures.nodes import Nodes
from experiments.figures.steps import Step, happenings, hits_between

HITS = ("orders", "payments", "funding", "loans", "stakes", "customers")
_NAMED = 2  # firms that fail named in a title
AFTERWARDS = 99  # the sweep under which a quarter's log puts what creditors get of failed firms


@dataclass(frozen=True)
class Moment:
    """A `step` in a quarter (place in the run), and what every firm was worth then without the shock, (firms,)."""

    place: int
    step: Step
    value: np.ndarray


def typical_world(shocked: RunResult, baseline: RunResult, facts: dict) -> int:
    """The first world, of those kept hit by hit, in which the shock fells as many firms as in the median of them."""
    kept = shocked.worlds[: len(shocked.firm("all", "firm_value"))]
    both = compared(shocked, baseline, struck_at(shocked, facts) + 1)
    count = both[both["by_shock"]].groupby("world").size().reindex(kept, fill_value=0)
    return int((count - np.median(count)).abs().idxmin())


def moments(
    shocked: RunResult, baseline: RunResult, facts: dict, nodes: Nodes, world: int, sweeps: bool
) -> list[Moment]:
    """Every quarter from the shock on, in order; with `sweeps` a moment for each sweep that hits somebody.

    `hit` is what a firm loses by the hits of a moment, `lost` how much less it is worth than in the baseline at the end
    of the quarter. Raises `ValueError` for a world that was not kept hit by hit.
    """
    eco = shocked.ecosystem
    before, after = (_values(run, world) for run in (baseline, shocked))
    events = shocked.events
    events = events[events["world"] == world]
    failed, found = np.zeros(len(eco), bool), []
    for place in range(struck_at(shocked, facts), len(shocked.quarters)):
        now = events[events["quarter"] == shocked.quarters[place]]
        felled = now["channel"] == "default"
        marks = sorted(now[now["channel"].isin(HITS) | felled]["sweep"].unique()) if sweeps else []
        for mark in marks or [None]:
            part = now if mark is None else now[now["sweep"] == mark]
            since = place - struck_at(shocked, facts)
            step = _step(shocked, nodes, part, place, since, mark, failed, np.maximum(before - after, 0.0)[:, place])
            found.append(Moment(place, step, before[:, place]))
            failed = failed | step.fails
    return found


def _values(run: RunResult, world: int) -> np.ndarray:
    """What firms are worth in a world, (firms, quarters); lenders at net worth, which lending less does not lower."""
    if world not in run.worlds[: len(run.firm("all", "firm_value"))]:
        raise ValueError(f"world {world} was not kept hit by hit")
    lenders = set(run.ecosystem.of_kind("lender").tolist())
    return np.stack([
        run.firm(each, "net_worth" if row in lenders else "firm_value").loc[world].to_numpy()
        for row, each in enumerate(run.ecosystem.id)
    ])  # fmt: skip


def _step(run: RunResult, nodes: Nodes, events, place: int, since: int, sweep, failed, lost) -> Step:
    row, size = run.ecosystem.row, len(run.ecosystem)
    hits = events[events["channel"].isin(HITS)]
    source, target = (hits[each].map(row).to_numpy(int) for each in ("source", "target"))
    amount, channel = hits["amount"].to_numpy(float), hits["channel"].to_numpy(object)
    fails = np.zeros(size, bool)
    fails[[row[each] for each in events[events["channel"] == "default"]["target"]]] = True
    worth = channel != "funding"  # which costs liquidity, not worth
    sums = {each: float(amount[channel == each].sum()) for each in HITS}
    return Step(
        since, since, _title(run, place, since, sweep, sums, fails),
        np.bincount(target[worth], amount[worth], size), lost, fails, failed.copy(),
        hits_between(nodes, source, target, channel, amount), sums,
    )  # fmt: skip


def _title(run: RunResult, place: int, since: int, sweep: int | None, sums: dict[str, float], fails) -> str:
    when = run.quarters[place]
    if sweep is not None:
        when += ", afterwards" if sweep == AFTERWARDS else f", sweep {sweep}"
    names = [run.ecosystem.title[row] for row in np.flatnonzero(fails)]
    if 0 < len(names) <= _NAMED:
        failing = f"{' and '.join(names)} fail{'s' if len(names) == 1 else ''}"
        happens = ", ".join(each for each in (failing, happenings(sums, 0)) if each)
    else:
        happens = happenings(sums, len(names))
    if since == 0:
        return f"{when}, the shock: {happens or 'values fall before anybody is hit'}"
    return f"{when}: {happens or 'nobody is hit'}"
