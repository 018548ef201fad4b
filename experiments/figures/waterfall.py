"""What the loss is made of: sales and losses part by part, and how each changes without one mechanism."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from abm.results import RunResult
from experiments.amplification import asset_amplification, revenue_amplification
from experiments.figures.case import caption, name_of, struck_at
from experiments.figures.over_quarters import title
from experiments.figures.palette import BLUE, GREY, INK, PALE, PAPER, SMALL, VERMILION
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.words import lines, money
from experiments.pairs import NAMES

_PARTS = {
    "user_revenue": "labs and products\nsell less to users", "compute_sales": "clouds sell less\ncompute",
    "chip_sales": "chipmakers sell\nfewer chips",
    "written_off": "loans lost\nby lenders", "lost_by_suppliers": "loans and bills\nlost by suppliers",
    "impairment": "chips and sites\nwritten down", "default_cost": "costs of failing",
    "margin": "earnings that\ndo not come",
}  # fmt: skip
_LEFT = 1.1  # inches for names
_NAMED = 72 * _LEFT  # points


@drawn
def waterfall(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """Mean loss of the window by channel, sales on top and what is lost for good below; then both with one
    mechanism off, as far as `facts["mechanisms"]` tells."""
    first = struck_at(shocked, facts) + 1
    sales, gone = (each(shocked, baseline, first) for each in (revenue_amplification, asset_amplification))
    mechanisms = facts.get("mechanisms") or []
    alike = "Channels: means of worlds, they add up. A dollar of sales counts at each seller it passes."
    without = (f"Mechanisms: median and 10th to 90th percentile of {mechanisms[0]['worlds']} worlds, each off in both "
               "runs; they work together and do not add up." if mechanisms else "")  # fmt: skip
    text = caption(shocked, facts, alike, without)
    panels = 2 + 2 * bool(mechanisms)
    figure, axes = sheet(f"{name_of(facts)}: where the loss comes from", _told(sales, gone, facts), text, panels,
                         columns, tall=1.45, left=_LEFT, right=0.12, heading=0.5)  # fmt: skip
    for place, (found, heading) in enumerate(((sales, "Sales lost"), (gone, "Lost for good"))):
        title(axes[place], f"{heading}, by channel", "USD bn in the window", 14.0, _NAMED)
        _steps(axes[place], {name: float(values.mean()) for name, values in found.parts.items()})
    if mechanisms:
        for place, (name, heading) in enumerate((("revenue", "Sales lost"), ("losses", "Lost for good"))):
            title(axes[2 + place], f"{heading}, one mechanism off", "USD bn in the window; line: as it is", 14.0,
                  _NAMED)
            _without(axes[2 + place], mechanisms, name)
    return figure


def _steps(axes: Axes, parts: dict[str, float]) -> None:
    """Each bar starts where the one above it ended; the last is their sum. Gains run back."""
    names, start = [_PARTS[each] for each in parts] + ["in all"], 0.0
    for y, size in enumerate(parts.values()):
        axes.barh(y, size, 0.66, start, color=VERMILION if size >= 0 else BLUE, hatch="" if size >= 0 else "///",
                  edgecolor=PAPER, linewidth=0.4, zorder=3)  # fmt: skip
        axes.plot([start + size] * 2, [y - 0.33, y + 1.33], color=GREY, linewidth=0.6, zorder=2)
        _write(axes, max(start, start + size), y, money(size))
        start += size
    axes.barh(len(parts), start, 0.66, color=INK, zorder=3)
    _write(axes, max(start, 0.0), len(parts), money(start))
    _tidy(axes, names)


def _without(axes: Axes, mechanisms: Sequence[dict], name: str) -> None:
    for y, row in enumerate(mechanisms):
        low, middle, high = row[name]["lost"]
        axes.barh(y, middle, 0.66, color=INK if not row["name"] else PALE, edgecolor=INK, linewidth=0.4, zorder=2)
        axes.plot([low, high], [y, y], color=INK if row["name"] else GREY, linewidth=1.2, zorder=4)
        _write(axes, max(high, 0.0), y, money(middle))
    axes.axvline(mechanisms[0][name]["lost"][1], color=INK, linewidth=0.8, linestyle=(0, (1.0, 1.5)), zorder=3)
    _tidy(axes, ["as it is" if not each["name"] else lines(NAMES[each["name"]], 17) for each in mechanisms])


def _write(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), (3, 0), textcoords="offset points", fontsize=SMALL, color=INK, va="center")


def _tidy(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=SMALL, linespacing=0.9)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.margins(x=0.16)
    low, high = axes.get_xlim()
    axes.set_xlim(low if low < 0.0 else 0.0, high)
    axes.tick_params(labelsize=SMALL, colors=INK, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)


def _told(sales, gone, facts: dict) -> str:
    spent, sold, lost = (float(np.mean(each)) for each in (sales.direct, sales.lost, gone.lost))
    ratio = f", {sold / spent:.1f} and {lost / spent:.1f} for each dollar that users keep" if sales.per_dollar else ""
    return (f"From {facts['struck_in']} to {facts['window_ends']} firms sell {money(sold)} USD bn less, and "
            f"{money(lost)} is lost for good{ratio}.")  # fmt: skip
