"""How far the outcome depends on the world: loss and failures of every world against the size of the shock."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from abm.shocks import Shock
from abm.stress_result import StressResult
from experiments.figures.canvas import MARGIN, WIDTH, caption_height, page, panel, write_caption
from experiments.figures.palette import BLUE, GREY, INK, PALE, PAPER, SKY, SMALL, VERMILION
from experiments.figures.style import drawn
from experiments.figures.words import caption, lines, money, shock_in_words

_BINS = 8
_UPPER, _LOWER, _SIDE, _HEAD, _LEFT = 2.1, 1.1, 1.25, 0.56, 0.72  # inches


@drawn
def spread(result: StressResult) -> Figure:
    """Total loss and failures by world. Raises `ValueError` for a single world: it has no spread."""
    if result.worlds.size < 2:
        raise ValueError("a spread needs more than one world")
    size, name, share = size_of(result)
    loss, fails = result.balance.borne, result.flagged("default").sum(axis=0)
    text = (f"{caption(result, None)} Each dot is a world. Line: median loss; band: 10th to 90th percentile, in "
            f"{_BINS} groups of worlds by shock size, along the slope of each.")  # fmt: skip
    told, foot = lines(_subtitle(result, loss, fails), 96), caption_height(text)
    # Without a failure there is nothing to draw below: the subtitle says so.
    below = _LOWER + 0.2 if fails.any() else 0.0
    head = _HEAD + 0.135 * told.count("\n")
    figure = page(head + _UPPER + below + 0.42 + foot, "How much depends on the world", told)
    write_caption(figure, text)
    wide, base = WIDTH - _LEFT - _SIDE - 2 * MARGIN - 0.1, foot + 0.42
    upper = panel(figure, _LEFT, base + below, wide, _UPPER)
    beside = panel(figure, _LEFT + wide + 0.12, base + below, _SIDE, _UPPER)
    _scatter(upper, size, loss, BLUE, SKY)
    upper.set_ylabel("whole loss, USD bn", fontsize=SMALL, color=INK)
    upper.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    _tidy(beside)
    beside.hist(loss, bins=20, orientation="horizontal", color=SKY, edgecolor=PAPER, linewidth=0.4)
    beside.sharey(upper)
    beside.tick_params(labelleft=False)
    beside.set_xlabel("worlds", fontsize=SMALL, color=INK, labelpad=1)
    lowest = upper
    if below:
        lowest = panel(figure, _LEFT, base, wide, _LOWER)
        _scatter(lowest, size, fails, VERMILION)
        lowest.set_ylabel("firms that fail", fontsize=SMALL, color=INK)
        lowest.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        upper.sharex(lowest)
        upper.tick_params(labelbottom=False)
    lowest.set_xlabel(name, fontsize=SMALL, color=INK, labelpad=1)
    if share:
        lowest.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _scale(upper, loss)
    if below:
        lowest.set_ylim(0.0, 1.15 * float(fails.max()))
    return figure


def _scale(axes: Axes, values: np.ndarray) -> None:
    """From zero, unless all worlds lie so close that their differences would vanish."""
    low, high = float(values.min()), float(values.max())
    room = 0.06 * max(high - low, 0.02 * abs(high), 1e-3)
    axes.set_ylim(low - room if low > 0.6 * high else min(0.0, low) - room / 3, high + room)


def size_of(result: StressResult) -> tuple[np.ndarray, str, bool]:
    """Size of the shock by world (worlds,), its name, and whether it is a share: what the one drawn shock takes,
    else USD bn that all shocks take.
    """
    drawn = [shock for shock in map(Shock.parse, result.shocks) if shock.drawn]
    if len(drawn) == 1:
        return drawn[0].size(result.worlds.tolist(), result.seed), f"size drawn for {drawn[0]}", True
    return result.struck, "what the shock takes before any contagion, USD bn", False


def _subtitle(result: StressResult, loss: np.ndarray, fails: np.ndarray) -> str:
    low, middle, high = (money(each) for each in np.percentile(loss, (10, 50, 90)))
    shock = shock_in_words(result)
    failing = f"somebody fails in {(fails > 0).mean():.0%} of the worlds" if fails.any() else "none fails in any world"
    loss_told = f"loss {middle} USD bn in the median world, {low} to {high} in 8 of 10"
    return f"{shock[0].upper()}{shock[1:]}: {loss_told}; {failing}."


def _scatter(axes: Axes, size: np.ndarray, values: np.ndarray, colour: str, band: str | None = None) -> None:
    """A dot a world; with a colour for the `band`, the median and the band of each group of worlds."""
    _tidy(axes)
    axes.scatter(size, values, s=7, color=colour, alpha=0.55, linewidths=0, zorder=3)
    groups = np.array_split(np.argsort(size, kind="stable"), _BINS)
    if band is None or size.size < 4 * _BINS or not all(np.ptp(size[group]) > 0.0 for group in groups):
        return
    rows = []
    for place, group in enumerate(groups):
        slope = np.polyfit(size[group], values[group], 1)[0]
        around = np.percentile(values[group] - slope * size[group], (10, 50, 90))
        ends = {0: [size.min()], len(groups) - 1: [size.max()]}.get(place, [])
        rows += [(at, *(slope * at + around)) for at in sorted([*ends, float(np.median(size[group]))])]
    at, low, median, high = np.array(rows).T
    axes.fill_between(at, low, high, color=band, alpha=0.45, linewidth=0, zorder=1)
    axes.plot(at, median, color=INK, linewidth=1.2, zorder=4)


def _tidy(axes: Axes) -> None:
    axes.tick_params(labelsize=SMALL, colors=INK, length=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.grid(color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
