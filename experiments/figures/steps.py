"""The cascade as a few pictures: what each sweep hits, and what has been lost by then. Numbers only, no drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.attribution import CHANNELS
from abm.stress_result import StressResult
from experiments.figures.nodes import Nodes
from experiments.figures.palette import CHANNEL_EVENTS
from experiments.figures.words import money, shock_in_words

_SAID = 3  # channels named in a title


@dataclass(frozen=True)
class Hit:
    """What passes between two discs in a step, USD bn."""

    source: int
    target: int
    channel: str
    amount: float


@dataclass(frozen=True)
class Step:
    """`first` to `last` sweep (0 = the shock). Arrays by firm: `hit` in this step and `lost` so far, net worth in
    USD bn; `fails` and `failed` (bool): in this step, and before it. `by_channel` sums what is logged.
    """

    first: int
    last: int
    title: str
    hit: np.ndarray
    lost: np.ndarray
    fails: np.ndarray
    failed: np.ndarray
    hits: list[Hit]
    by_channel: dict[str, float]


def steps_of(result: StressResult, place: int, nodes: Nodes, most: int = 6) -> list[Step]:
    """The steps of the world in column `place`, at most `most`: the shock, each sweep, later sweeps together."""
    events, row = result.events, result.ecosystem.row
    number = result.worlds[place]
    chosen = np.flatnonzero(events.world == number)
    if result.worlds.size > place and not chosen.size and not _traced(result, place):
        raise ValueError(f"world {number} has no event log: only the first worlds of a run are followed hit by hit")
    sweep, channel, amount = events.sweep[chosen], events.channel[chosen], events.amount[chosen]
    source = np.array([row[each] for each in events.source[chosen]], int)
    target = np.array([row[each] for each in events.target[chosen]], int)
    last = int(sweep.max(initial=0))
    starts = list(range(min(last + 1, most)))
    spans = [(start, start if start < most - 1 else last) for start in starts]
    steps, lost, failed = [], np.zeros(len(row)), np.zeros(len(row), bool)
    for start, end in spans:
        now = (sweep >= start) & (sweep <= end)
        worth = now & np.isin(channel, CHANNELS)
        hit = np.bincount(target[worth], amount[worth], len(row))
        fails = np.zeros(len(row), bool)
        fails[target[now & (channel == "default")]] = True
        lost = lost + hit
        sums = {each: float(amount[now & (channel == each)].sum()) for each in (*CHANNELS, "funding")}
        hits = hits_between(nodes, source[now], target[now], channel[now], amount[now])
        title = _title(result, place, start, end, sums, int(fails.sum()))
        steps.append(Step(start, end, title, hit, lost, fails, failed, hits, sums))
        failed = failed | fails
    return steps


def _traced(result: StressResult, place: int) -> bool:
    """Whether the world's log may be empty because nothing happens in it."""
    return bool(np.abs(result.loss[:, place]).max(initial=0.0) < 1e-3)


def hits_between(nodes: Nodes, source, target, channel, amount) -> list[Hit]:
    """Events from disc to disc, arrays by event, added up by channel, largest first."""
    found: dict[tuple[int, int, str], float] = {}
    ends = nodes.of[source].tolist(), nodes.of[target].tolist()
    for one, other, name, size in zip(*ends, channel, amount, strict=True):
        if one != other and min(one, other) >= 0 and name in CHANNEL_EVENTS:
            found[one, other, name] = found.get((one, other, name), 0.0) + float(size)
    hits = [Hit(*key, size) for key, size in found.items() if size > 0.0]
    return sorted(hits, key=lambda hit: (-hit.amount, hit.source, hit.target))


def _title(result: StressResult, place: int, first: int, last: int, sums: dict[str, float], fails: int) -> str:
    if first == 0:
        return f"The shock: {shock_in_words(result, place)}"
    when = f"Sweep {first}" if first == last else f"Sweeps {first} to {last}"
    return f"{when}: {happenings(sums, fails) or 'the last small echoes'}"


def happenings(sums: dict[str, float], fails: int) -> str:
    """Who fails and what is lost, the largest channels of `sums` first."""
    named = sorted((each for each in sums if sums[each] >= 0.05), key=lambda each: -sums[each])[:_SAID]
    parts = [f"{CHANNEL_EVENTS[each]} ({money(sums[each])})" for each in named]
    if fails:
        parts.insert(0, "1 firm fails" if fails == 1 else f"{fails} firms fail")
    return ", ".join(parts)
