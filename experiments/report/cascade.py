"""What the player plays: one world, quarter by quarter and sweep by sweep, with the shock and without it."""

from __future__ import annotations

import numpy as np
import pandas

from abm.results import RunResult
from experiments.figures.case import YEAR, struck_at
from experiments.figures.living_steps import AFTERWARDS, HITS
from experiments.figures.words import money
from experiments.report.network import Network, arc
from experiments.story_words import percent

_MOST = 9  # lines said of a moment; the rest is summed up
_ALONE = 2  # firms of one fate that have a line each, or their names in the line of all
_SMALLEST = 0.005  # USD bn: what rounds to nothing is not told
_STATES = ("default", "covenant", "withdrawal", "reorganised", "wound up")
# What firms are worth and do, for the table beside the map: words, columns added up, quarters a unit shows.
SERIES = (
    ("worth at the last mark", ("firm_value",), 1.0), ("cash", ("cash",), 1.0), ("machines", ("fleet_value",), 1.0),
    ("sales, a year", ("user_revenue", "compute_sales", "chip_sales"), YEAR), ("AI capex, a year", ("capex",), YEAR),
)  # fmt: skip
_HIT = {
    "orders": "orders of {amount} from {source} to {target} fall away",
    "payments": "{amount} that {source} must pay {target} stays unpaid ({claims})",
    "funding": "new money of {amount} from {source} to {target} does not come",
    "loans": "{amount} that {target} lent to {source} is lost",
    "stakes": "{amount} of the stake of {target} in {source} is lost",
    "customers": "promises of {source} to pay {target} {amount} for compute are void",
}
_STATE = {
    "default": "Failure of {firm}: {cause}", "covenant": "{firm}: breach of covenants",
    "withdrawal": "{firm}: short of cash or capital, so that money stays away",
    "reorganised": "{firm}: goes on under its creditors", "wound up": "{firm}: wound up",
}  # fmt: skip


def moments(
    run: RunResult, facts: dict, network: Network, world: int, baseline: RunResult | None = None
) -> list[dict]:
    """Every quarter of `run` from the shock on, a moment for each sweep in which something happens.

    A moment has its quarter (from 0), a title, sentences, discs that fail or falter, and hits from disc to disc with
    channel, USD bn and path. Quarters in which nothing happens are compared with `baseline`, if there is one. Raises
    `ValueError` for a world that was not kept.
    """
    first, events = struck_at(run, facts), run.events
    if world not in run.worlds[: len(run.firm("all", "cash"))]:
        raise ValueError(f"world {world} was not kept hit by hit")
    events = events[(events["world"] == world) & events["channel"].isin((*HITS, *_STATES))]
    events = events[(events["amount"] > _SMALLEST) | events["channel"].isin(_STATES)]
    disc = dict(zip(run.ecosystem.id, network.drawing.nodes.of.tolist(), strict=True))
    events = events.assign(source=events["source"].map(disc), target=events["target"].map(disc))
    found = []
    for place in range(first, len(run.quarters)):
        now = events[events["quarter"] == run.quarters[place]]
        for sweep in sorted(now["sweep"].unique()) or [None]:
            part = now if sweep is None else now[now["sweep"] == sweep]
            found.append(_moment(run, baseline, network, world, place, sweep, part))
    if baseline is not None:
        found[0]["title"] += ": the shock"
    return found


def _moment(run, baseline, network: Network, world: int, place: int, sweep, events) -> dict:
    hits, names = _hits(events, network), network.drawing.nodes.name
    states = [
        (channel, disc, str(group["claim"].iloc[0]))
        for (channel, disc), group in events[events["channel"].isin(_STATES)].groupby(["channel", "target"], sort=False)
    ]
    states.sort(key=lambda each: _STATES.index(each[0]))
    said = [{"channel": None, "text": each} for each in fates(states, names)]
    said += [{"channel": each["channel"], "text": each.pop("text")} for each in hits]
    if len(said) > _MOST:
        said = [*said[: _MOST - 1], {"channel": None, "text": f"and {len(said) - _MOST + 1} smaller ones"}]
    if not said:
        said = [{"channel": None, "text": each} for each in _quiet(run, baseline, world, place)]
    title = run.quarters[place] + {None: "", AFTERWARDS: ", creditors settle"}.get(sweep, f", sweep {sweep}")
    return {
        "place": place, "title": title, "said": said, "hits": hits,
        "fails": sorted({disc for channel, disc, _ in states if channel == "default"}),
        "falters": sorted({disc for channel, disc, _ in states if channel in ("covenant", "withdrawal")}),
    }  # fmt: skip


def fates(states: list[tuple[str, int, str]], names: tuple[str, ...]) -> list[str]:
    """A sentence a firm; where many share a fate and its cause, one for all of them, so that hits have room."""
    together: dict[tuple[str, str], list[str]] = {}
    for channel, disc, cause in states:
        together.setdefault((channel, cause), []).append(names[disc])
    return [
        _STATE[channel].format(firm=firm, cause=cause)
        for (channel, cause), firms in together.items()
        for firm in (firms if len(firms) <= _ALONE else [f"{', '.join(firms[:_ALONE])} and {len(firms) - _ALONE} more"])
    ]


def _hits(events: pandas.DataFrame, network: Network) -> list[dict]:
    """Hits between discs by channel, largest first; those within a disc have no path."""
    found, names, layout = [], network.drawing.nodes.name, network.drawing.layout
    rows = events[events["channel"].isin(HITS)]
    for (source, target, channel), group in rows.groupby(["source", "target", "channel"], sort=True):
        amount = float(group["amount"].sum())
        claims = ", ".join(group.groupby("claim")["amount"].sum().sort_values(ascending=False).index[:2])
        text = _HIT[channel].format(source=names[source], target=names[target], amount=money(amount), claims=claims)
        path = "" if source == target else arc(layout, source, target, HITS.index(channel) - 2.5)
        found.append({"source": int(source), "target": int(target), "channel": channel, "amount": amount,
                      "path": path, "text": text})  # fmt: skip
    return sorted(found, key=lambda each: (-each["amount"], each["source"], each["target"]))


def _quiet(run: RunResult, baseline: RunResult | None, world: int, place: int) -> list[str]:
    """A quarter in which nobody is hit: then a loss travels in plans."""
    found = ["No payment is missed and nobody fails."]
    for name, words in (("end_demand", "End users spend"), ("capex", "Builders spend")) if baseline is not None else ():
        now, before = (float(each.system(name).loc[world].iloc[place]) for each in (run, baseline))
        share = 1.0 - now / max(before, 1e-9)
        if abs(share) >= 0.005:
            found.append(f"{words} {percent(abs(share))} {'less' if share > 0 else 'more'} than without the shock.")
    return found


def series_of(run: RunResult, network: Network, world: int, first: int) -> list[list[list[float]]]:
    """`SERIES` of every disc in one world from the quarter `first` on: series, discs, quarters."""
    at, nodes = list(run.worlds).index(world), network.drawing.nodes
    _, columns = run.arrays()
    lenders = run.ecosystem.of_kind("lender")
    worth = columns["firm_value"].copy()
    worth[lenders] = columns["net_worth"][lenders]  # what a lender has, and lending less does not lower
    found = []
    for _, names, scale in SERIES:
        values = scale * sum(worth if each == "firm_value" else columns[each] for each in names)[:, at, first:]
        summed = np.stack([nodes.total(each) for each in values.T], axis=1)
        found.append([[float(f"{each:.4g}") for each in row] for row in summed])
    return found
