"""Panels over quarters: a title, a key, the median of worlds in its band, and axes of years."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, StrMethodFormatter

from abm.results import RunResult
from experiments.figures.palette import (
    BLUE,
    GREEN,
    GREY,
    INK,
    NORMAL,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    SKY,
    SMALL,
    faded,
)

BANDED = 10  # worlds from which a band is drawn
# Whose money pays: colour, and the hatch that parts it in grey.
AREAS = {"bonds": (BLUE, ""), "private credit": (ORANGE, "///"), "banks": (GREEN, "..."),
         "suppliers' money": (PURPLE, "\\\\\\"), "new equity": (SKY, "")}  # fmt: skip


def title(axes: Axes, text: str, under: str = "", above: float = 25.0, left: float = 0.0) -> None:
    """A heading `above` points over the axes, starting `left` points before them, and what is said `under` it."""
    axes.annotate(text, (0, 1), (-left, above), xycoords="axes fraction", textcoords="offset points", fontsize=NORMAL,
                  fontweight="bold", color=INK, va="bottom", annotation_clip=False)  # fmt: skip
    if under:
        axes.annotate(under, (0, 1), (-left, above - 11.0), xycoords="axes fraction", textcoords="offset points",
                      fontsize=SMALL, color=INK, va="bottom", annotation_clip=False)  # fmt: skip


def key(axes: Axes, columns: int, left: float = 0.0) -> None:
    """What lines and areas mean, over the axes, starting `left` inches before them."""
    wide = axes.get_position().width * axes.figure.get_figwidth()
    found = axes.legend(
        loc="lower left", bbox_to_anchor=(-left / wide, 1.0), ncols=columns, fontsize=SMALL, frameon=False,
        borderpad=0.0, borderaxespad=0.3, handlelength=1.5, handletextpad=0.4, columnspacing=0.8, labelspacing=0.25,
        labelcolor=INK,
    )  # fmt: skip
    found.set_zorder(5)


def line(axes: Axes, at: np.ndarray, values: np.ndarray, colour: str, label: str = "", style="-") -> None:
    """The median of `values` (worlds, quarters), and the band where worlds are many."""
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
    if values.shape[0] >= BANDED:
        axes.fill_between(at, low, high, color=faded(colour, 0.3), alpha=0.75, linewidth=0, zorder=2)
    marker = {"marker": "o", "markersize": 2.5} if at.size < 3 else {}
    axes.plot(at, middle, color=colour, linewidth=1.5, linestyle=style, label=label, zorder=4, **marker)


def stack(axes: Axes, at: np.ndarray, parts: dict[str, np.ndarray]) -> None:
    """Areas of `AREAS`, and a pale one for what is not in it, on each other in the order of `parts` (quarters,)."""
    base = np.zeros(at.size)
    for name, values in parts.items():
        colour, hatch = AREAS.get(name, (PALE, ""))
        axes.fill_between(at, base, base + values, facecolor=colour, hatch=hatch, edgecolor=PAPER, linewidth=0.3,
                          label=name, zorder=3)  # fmt: skip
        base = base + values


def tidy(axes: Axes, result: RunResult) -> None:
    names = result.quarters
    years = [place for place, each in enumerate(names) if each.endswith("Q1")]
    if len(years) > 2:
        places = years[:: 1 + (len(years) - 1) // 6]
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: names[round(at)][:4]))
    else:
        places = range(0, len(names), 1 + (len(names) - 1) // 5)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: names[round(at)]))
    axes.xaxis.set_major_locator(FixedLocator(list(places)))
    room = 0.5 if len(names) == 1 else 0.0
    axes.set_xlim(-room, len(names) - 1 + room)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.tick_params(labelsize=SMALL, colors=INK, length=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.grid(color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
