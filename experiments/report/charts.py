"""Fan charts as SVG: paths of bands and medians, in units of a small drawing, with the words that say the same."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from abm.results import RunResult
from experiments.figures.case import struck_at
from experiments.figures.fans import SERIES
from experiments.figures.words import MINUS, money

_WIDE, _TALL, _LEFT, _TOP, _BOTTOM, _RIGHT = 320, 190, 46, 8, 24, 8
_BAND = (0.1, 0.5, 0.9)
_YEARS = 5  # labels on the axis of time, at most


def charts_of(shocked: RunResult, baseline: RunResult, facts: dict) -> list[dict]:
    """For each series of the figures its levels in both runs, and the difference world by world."""
    first, found = struck_at(shocked, facts), []
    for name, called, unit, scale in SERIES:
        before, after = (scale * each.system(name).to_numpy() for each in (baseline, shocked))
        bands = {key: np.quantile(each, _BAND, axis=0)
                 for key, each in (("without", before), ("with", after), ("difference", after - before))}  # fmt: skip
        found.append({
            "name": name, "called": called, "unit": unit, "quarters": shocked.quarters,
            "levels": _chart(shocked.quarters, first, {key: bands[key] for key in ("without", "with")}),
            "difference": _chart(shocked.quarters, first, {"difference": bands["difference"]}),
            "rows": _rows(shocked.quarters, bands), "said": _said(shocked.quarters, first, called, unit, bands),
        })  # fmt: skip
    return found


def _chart(quarters: list[str], first: int, bands: dict[str, np.ndarray]) -> dict:
    """`bands` are (3, quarters): low, median, high. Zero is always on the axis."""
    low = min(0.0, *(float(each.min()) for each in bands.values()))
    high = max(0.0, *(float(each.max()) for each in bands.values()))
    ticks = MaxNLocator(4, min_n_ticks=2).tick_values(low, high if high > low else low + 1.0)
    bottom, top = min(ticks[0], low), max(ticks[-1], high)
    across = (_WIDE - _LEFT - _RIGHT) / max(len(quarters) - 1, 1)

    def x(place: float) -> float:
        return round(_LEFT + across * place, 1)

    def y(value: float) -> float:
        return round(_TOP + (_TALL - _TOP - _BOTTOM) * float(top - value) / (top - bottom), 1)

    def path(values: np.ndarray, reverse: bool = False) -> str:
        places = range(len(values) - 1, -1, -1) if reverse else range(len(values))
        return "L".join(f"{x(each)} {y(values[each])}" for each in places)

    starts = [place for place, each in enumerate(quarters) if each.endswith("Q1")]
    years = starts[:: 1 + (len(starts) - 1) // _YEARS] if starts else []
    return {
        "width": _WIDE, "height": _TALL, "left": _LEFT, "right": _WIDE - _RIGHT, "base": _TALL - _BOTTOM, "top": _TOP,
        "series": [{"name": key, "area": f"M{path(low)}L{path(high, True)}Z", "line": f"M{path(middle)}"}
                   for key, (low, middle, high) in bands.items()],
        "ticks": [{"y": y(each), "text": f"{each:,g}".replace("-", MINUS), "zero": each == 0.0} for each in ticks],
        "years": [{"x": x(each), "text": quarters[each][:4]} for each in years], "mark": x(first),
    }  # fmt: skip


def _rows(quarters: list[str], bands: dict[str, np.ndarray]) -> list[dict]:
    """The last quarter of every year, in words."""
    last = [place for place, each in enumerate(quarters) if each.endswith("Q4")] or [len(quarters) - 1]
    return [{"quarter": quarters[each], "cells": [_band(bands[key][:, each]) for key in bands]} for each in last]


def _band(values: np.ndarray) -> str:
    low, middle, high = (_signed(float(each)) for each in values)
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _signed(value: float) -> str:
    return money(value).replace("-", MINUS)


def _said(quarters: list[str], first: int, called: str, unit: str, bands: dict[str, np.ndarray]) -> str:
    """What a reader who does not see the chart must know."""
    middle = bands["difference"][1]
    most = first + int(np.abs(middle[first:]).argmax())
    return (f"{called}, {unit}. In {quarters[-1]} the median world has {_signed(bands['with'][1, -1])} with the shock "
            f"and {_signed(bands['without'][1, -1])} without it; the difference is largest in {quarters[most]}, "
            f"at {_signed(middle[most])}.")  # fmt: skip
