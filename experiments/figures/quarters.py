"""Ten years in four panels: what is earned and built, how tight compute is, who pays, what is stranded."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, StrMethodFormatter

from abm.results import RunResult
from experiments.figures.canvas import MARGIN, WIDTH, caption_height, page, panel, write_caption
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
    VERMILION,
    faded,
)
from experiments.figures.words import lines
from experiments.yearly import OWN, kept, paid_by, quarterly

_LEFT, _GAP, _HEAD, _TALL, _BETWEEN, _FOOT = 0.45, 0.45, 1.04, 1.5, 0.82, 0.28  # inches
_LINE = 0.135  # inches a further line of the subtitle
_BANDED = 10  # worlds from which a band is drawn
_YEAR = 4.0  # quarters
_AREAS = {OWN: PALE, "bonds": BLUE, "private credit": ORANGE, "banks": GREEN,
          "suppliers' money": PURPLE, "new equity": SKY}  # fmt: skip


def quarters(result: RunResult, drawn: bool = False) -> Figure:
    """The whole run: lines are medians over worlds, bands 10th to 90th percentile, areas means.

    `drawn` says in the caption that assumed numbers were drawn world by world.
    """
    series = quarterly(result)
    text = caption(result, drawn)
    foot = caption_height(text)
    base, wide = foot + _FOOT, (WIDTH - _LEFT - _GAP - 2 * MARGIN) / 2
    told = _subtitle(series)
    head = _HEAD + _LINE * told.count("\n")
    figure = page(base + 2 * _TALL + _BETWEEN + head, "The build-out, quarter by quarter", told)
    write_caption(figure, text)
    upper, right = base + _TALL + _BETWEEN, _LEFT + wide + _GAP
    at = np.arange(len(result.quarters))

    axes = panel(figure, _LEFT, upper, wide, _TALL)
    _title(axes, "Earned and built, USD bn a year", "what users pay, and what is built for it")
    _line(axes, at, _YEAR * series["end_user_spending"], VERMILION, "end users spend on AI", "-")
    _line(axes, at, _YEAR * series["ai_capex"], BLUE, "hyperscalers' AI capex", (0, (4.0, 1.2)))
    _key(axes, 2)
    axes.set_ylim(bottom=0.0)

    axes = panel(figure, right, upper, wide, _TALL)
    _title(axes, "Compute wanted per unit there is", "above 1 some buyers go without")
    axes.axhline(1.0, color=INK, linewidth=0.7, linestyle=(0, (1.0, 1.5)), zorder=3)
    _line(axes, at, series["tightness"], BLUE)

    axes = panel(figure, _LEFT, base, wide, _TALL)
    _title(axes, "Who pays for capex, USD bn a year")
    parts = {name: _YEAR * each.mean(axis=0) for name, each in paid_by(result).items()}
    spread = at
    if at.size == 1:  # an area needs a width
        spread, parts = np.array([-0.25, 0.25]), {name: np.repeat(each, 2) for name, each in parts.items()}
    axes.stackplot(spread, *parts.values(), labels=parts, colors=[_AREAS[each] for each in parts], edgecolor=PAPER,
                   linewidth=0.3, zorder=3)  # fmt: skip
    axes.set_ylim(0.0, 1.05 * max(float(sum(parts.values()).max()), 1e-3))
    _key(axes, 3)

    axes = panel(figure, right, base, wide, _TALL)
    _title(axes, "Stranded value, USD bn a quarter", "chips and sites that will not earn back their cost")
    _line(axes, at, series["stranded"], VERMILION)
    axes.set_ylim(bottom=0.0)
    for axes in figure.axes:
        _tidy(axes, result)
    return figure


def caption(result: RunResult, drawn: bool) -> str:
    """Ecosystem, quarters, worlds, seed, and how to read the figure."""
    count = len(result.worlds)
    parts = [f"Ecosystem {result.ecosystem.name}", f"{result.quarters[0]} to {result.quarters[-1]}",
             (f"{count:,} worlds" if count > 1 else "1 world") + (", assumed numbers drawn" if drawn else ""),
             f"seed {result.seed}",
             "illustrative, not a forecast"]  # fmt: skip
    told = "; ".join(parts) + "."
    if count > 1:
        told += " Lines: median of worlds"
        told += "; bands: 10th to 90th percentile; areas: mean." if count >= _BANDED else "; areas: mean."
    if kept(result) < count:
        told += f" Hyperscalers' capex: the first {kept(result)} worlds."
    return told + " Who pays: capex of all builders, in AI and elsewhere; others' money less what is repaid."


def _subtitle(series: dict[str, np.ndarray]) -> str:
    first, last = (np.median(series["end_user_spending"][:, each]) * _YEAR for each in (0, -1))
    share = float(np.median(series["external_share"].mean(axis=1)))
    told = (f"End users spend {first:,.0f} USD bn a year on AI at first, {last:,.0f} at last; "
            f"new money from others comes to {share:.0%} of AI capex and labs' burn.")  # fmt: skip
    return lines(told, 96)


def _title(axes: Axes, text: str, under: str = "") -> None:
    axes.annotate(text, (0, 1), (0, 25), xycoords="axes fraction", textcoords="offset points", fontsize=NORMAL,
                  fontweight="bold", color=INK, va="bottom", annotation_clip=False)  # fmt: skip
    if under:
        axes.annotate(under, (0, 1), (0, 14), xycoords="axes fraction", textcoords="offset points", fontsize=SMALL,
                      color=INK, va="bottom", annotation_clip=False)  # fmt: skip


def _key(axes: Axes, columns: int) -> None:
    found = axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, fontsize=SMALL, frameon=False, borderpad=0.0,
        borderaxespad=0.3, handlelength=1.5, handletextpad=0.4, columnspacing=0.8, labelspacing=0.25, labelcolor=INK,
    )  # fmt: skip
    found.set_zorder(5)


def _line(axes: Axes, at: np.ndarray, values: np.ndarray, colour: str, label: str = "", style="-") -> None:
    """The median of `values` (worlds, quarters), and the band where worlds are many."""
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
    if values.shape[0] >= _BANDED:
        axes.fill_between(at, low, high, color=faded(colour, 0.3), alpha=0.75, linewidth=0, zorder=2)
    marker = {"marker": "o", "markersize": 2.5} if at.size < 3 else {}
    axes.plot(at, middle, color=colour, linewidth=1.5, linestyle=style, label=label, zorder=4, **marker)


def _tidy(axes: Axes, result: RunResult) -> None:
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
