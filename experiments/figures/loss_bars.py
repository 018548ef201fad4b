"""Who loses how much, and through what: bars by firm, and the whole loss twice."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from abm.attribution import CHANNELS, Balance
from abm.stress_result import StressResult
from experiments.figures.bars import SEEN, Bars, bars_of
from experiments.figures.canvas import MARGIN, WIDTH, caption_height, page, panel, write_caption
from experiments.figures.nodes import wrapped
from experiments.figures.palette import (
    BLACK,
    CHANNEL_COLOURS,
    CHANNEL_HATCHES,
    CHANNEL_NAMES,
    GREEN,
    GREY,
    INK,
    PALE,
    PAPER,
    SMALL,
)  # fmt: skip
from experiments.figures.style import drawn
from experiments.figures.words import caption, lines, money, position, shock_in_words

_BAR, _LOWER, _HEAD = 0.24, 1.2, 0.56  # inches
_LEFT = 1.55
_BORNE = {"owners": "owners outside the network", "rest_of_world": "rest of the world, as supplier and creditor",
          "new_lenders": "new lenders"}  # fmt: skip
_BORNE_COLOURS = {"owners": "#4D4D4D", "rest_of_world": PALE, "new_lenders": GREEN}


@drawn
def losses(result: StressResult, world: int | None = None) -> Figure:
    """Losses by firm and channel in one world (its number), or on average over all worlds."""
    place = None if world is None else position(result, world)
    bars = bars_of(result, place)
    text = caption(result, 0 if result.worlds.size == 1 else place) + " " + (
        "Upper panel: a loss counts again for each owner up the chain. Lower panel: every dollar counts once."
    )
    foot, upper = caption_height(text), _BAR * max(len(bars.name), 3) + 0.15
    told = lines(_subtitle(result, place), 96)
    head = _HEAD + 0.135 * told.count("\n")
    used = [each for each, values in bars.lost.items() if np.abs(values).sum() > SEEN]
    key = 0.155 * (len(used) // 3 + 1) + 0.12
    figure = page(head + key + upper + 0.45 + _LOWER + foot, "Who loses, and through what", told)
    write_caption(figure, text)
    axes = panel(figure, _LEFT, foot + _LOWER + 0.45, WIDTH - _LEFT - 0.3, upper)
    shown = _draw_firms(axes, bars)
    handles, names = axes.get_legend_handles_labels()
    if len(handles) > len(used):  # the diamond comes last
        handles, names = [*handles[1:], handles[0]], [*names[1:], names[0]]
    if shown:
        corner = MARGIN / WIDTH, 1 - head / figure.get_figheight()
        figure.legend(handles, names, loc="upper left", bbox_to_anchor=corner,
                      ncols=3, fontsize=SMALL, frameon=False, labelcolor=INK, borderpad=0, borderaxespad=0,
                      handlelength=1.6, columnspacing=1.4)  # fmt: skip
    _draw_balance(panel(figure, _LEFT, foot + 0.33, WIDTH - _LEFT - 0.3, _LOWER - 0.35), result.balance, place)
    return figure


def _subtitle(result: StressResult, place: int | None) -> str:
    shock = shock_in_words(result, 0 if place is None and result.worlds.size == 1 else place)
    mean = ", on average over all worlds" if place is None and result.worlds.size > 1 else ""
    return f"{shock[0].upper()}{shock[1:]}: {money(_of(result.balance.borne, place))} USD bn is lost in all{mean}"


def _of(values: np.ndarray, place: int | None) -> float:
    return float(values.mean() if place is None else values[place])


def _stack(axes: Axes, y: np.ndarray, parts: list[tuple[str, np.ndarray, str, str]], height: float) -> None:
    """Stacked bars; gains go to the left of zero."""
    right, left = np.zeros(y.size), np.zeros(y.size)
    for name, values, colour, hatch in parts:
        start = np.where(values >= 0.0, right, left)
        axes.barh(y, values, height, start, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0.4, label=name)
        right, left = right + np.maximum(values, 0.0), left + np.minimum(values, 0.0)


def _draw_firms(axes: Axes, bars: Bars) -> bool:
    y = np.arange(len(bars.name), dtype=float)
    parts = [
        (CHANNEL_NAMES[each], bars.lost[each], CHANNEL_COLOURS[each], CHANNEL_HATCHES.get(each, ""))
        for each in CHANNELS if np.abs(bars.lost[each]).sum() > SEEN
    ]  # fmt: skip
    _stack(axes, y, parts, 0.74)
    net = sum(bars.lost.values())
    spared = net - bars.equity > max(0.005 * float(np.abs(net).max(initial=0.0)), SEEN)
    if spared.any():
        axes.plot(bars.equity[spared], y[spared], linestyle="", marker="D", markersize=4, markerfacecolor=PAPER,
                  markeredgecolor=BLACK, label="owners' part ends here; creditors bear the rest")  # fmt: skip
    reach = np.array([sum(np.maximum(part[1][place], 0.0) for part in parts) for place in range(y.size)])
    for place, end in enumerate(reach):
        axes.annotate(money(float(net[place])), (end, y[place]), (3, 0), textcoords="offset points", va="center",
                      fontsize=SMALL, color=INK)  # fmt: skip
    _tidy(axes, y, [wrapped(name) for name in bars.name])
    axes.set_xlim(right=max(float(reach.max(initial=0.0)) * 1.1, 1e-3))
    if not parts:
        axes.text(0.5, 0.5, "nobody loses anything", transform=axes.transAxes, ha="center", fontsize=SMALL, color=INK)
        axes.set_ylim(-0.5, 2.5)
    axes.set_xlabel("loss of net worth, USD bn", fontsize=SMALL, color=INK, labelpad=1)
    return bool(parts)


def _tidy(axes: Axes, y: np.ndarray, names: list[str]) -> None:
    axes.set_yticks(y, names)
    axes.set_ylim(max(y.size, 1) - 0.45, -0.55)
    axes.tick_params(labelsize=SMALL, length=0, colors=INK, pad=3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.axvline(0.0, color=GREY, linewidth=0.8)


def _draw_balance(axes: Axes, balance: Balance, place: int | None) -> None:
    """Two bars of the same length: where the loss arose, and who bears it."""
    arose = [each.name for each in fields(Balance) if each.name in CHANNELS]
    for y, names, said, colours, hatches in (
        (0.0, arose, CHANNEL_NAMES, CHANNEL_COLOURS, CHANNEL_HATCHES),
        (1.0, list(_BORNE), _BORNE, _BORNE_COLOURS, {"rest_of_world": "///"}),
    ):
        sizes = {each: _of(getattr(balance, each), place) for each in names}
        _stack(axes, np.array([y]), [(said[each], np.array([size]), colours[each], hatches.get(each, ""))
                                     for each, size in sizes.items()], 0.5)  # fmt: skip
        ranked = sorted(sizes.items(), key=lambda part: -part[1])
        told = [f"{said[each]} {money(size)}" for each, size in ranked if size > 0.05]
        axes.text(0.0, y - 0.3, lines(", ".join(told[:4]), 82, 1), fontsize=SMALL, color=INK, va="bottom",
                  transform=axes.get_yaxis_transform())  # fmt: skip
    _tidy(axes, np.arange(2.0), ["where it arose", "who bears it"])
    axes.set_ylim(1.45, -0.95)
    axes.grid(False)
    axes.set_xlim(right=max(1.02 * _of(balance.borne, place), 1e-3))
    axes.set_xlabel("whole loss, USD bn", fontsize=SMALL, color=INK, labelpad=1)
