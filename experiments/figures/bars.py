"""Losses by firm and channel as bars: numbers only, no drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.attribution import CHANNELS
from abm.stress_result import StressResult
from experiments.figures.nodes import fold

_MOST = 12  # firms with a bar of their own
SEEN = 1e-3  # USD bn


@dataclass(frozen=True)
class Bars:
    """Losses by bar, largest first: `lost[channel]` of net worth and `equity` of owners, USD bn (bars,)."""

    name: list[str]
    lost: dict[str, np.ndarray]
    equity: np.ndarray


def bars_of(result: StressResult, place: int | None) -> Bars:
    """The largest losers and the rest together, in one world or (None) on average; the rest of the world is no firm."""
    def pick(values: np.ndarray) -> np.ndarray:
        return values.mean(axis=1) if place is None else values[:, place]

    firms = np.ones(len(result.ecosystem), bool)
    firms[result.ecosystem.rest_of_world] = False
    nodes = fold(result.ecosystem, firms)
    lost = {each: nodes.total(pick(result.lost[each])) for each in CHANNELS}
    equity, net = nodes.total(pick(result.loss)), sum(lost.values())
    losers = np.flatnonzero(np.abs(net) > SEEN)
    ranked = losers[np.argsort(-np.maximum(net, equity)[losers], kind="stable")]
    groups = [[each] for each in ranked[:_MOST]] + ([list(ranked[_MOST:])] if ranked.size > _MOST else [])
    names = [nodes.name[each] for each in ranked[:_MOST]]
    names += [f"{ranked.size - _MOST} other firms"] if ranked.size > _MOST else []
    return Bars(
        names, {each: np.array([values[group].sum() for group in groups]) for each, values in lost.items()},
        np.array([equity[group].sum() for group in groups]),
    )  # fmt: skip
