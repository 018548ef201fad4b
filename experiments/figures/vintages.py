"""What is bought in each year and what is stranded in each, with the shock and without it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from abm.results import RunResult
from experiments.figures.case import WITH, caption, name_of
from experiments.figures.over_quarters import key, title
from experiments.figures.palette import GREY, INK, PALE, PAPER, SMALL
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.words import money

_WIDE = 0.4  # of a year


@drawn
def vintages(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """Chips delivered by year, which is their vintage, and value of chips and sites written down beyond schedule."""
    text = caption(shocked, facts, "Bars: mean of worlds; lines: 10th to 90th percentile. Years at the ends may be "
                   "short of quarters. Stranded: book value above what a machine or site will earn.")  # fmt: skip
    figure, panels = sheet(f"{name_of(facts)}: what is bought, and what is stranded", _told(shocked, baseline, facts),
                           text, 2, columns, tall=1.6, heading=0.55)  # fmt: skip
    for axes, (name, heading) in zip(panels, (("chips_delivered", "Chips delivered, by vintage"),
                                              ("impairment", "Stranded value by year")), strict=True):  # fmt: skip
        title(axes, heading, "USD bn")
        _bars(axes, baseline, name, -_WIDE / 2, PALE, "without it", "///")
        _bars(axes, shocked, name, _WIDE / 2, WITH, "with it", "")
        key(axes, 2)
        _tidy(axes)
    return figure


def by_year(run: RunResult, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The years of a run, and a series summed over the quarters of each, (worlds, years)."""
    year = np.array([int(each[:4]) for each in run.quarters])
    years, values = np.unique(year), run.system(name).to_numpy()
    return years, np.stack([values[:, year == each].sum(axis=1) for each in years], axis=1)


def _bars(axes: Axes, run: RunResult, name: str, aside: float, colour: str, label: str, hatch: str) -> None:
    years, values = by_year(run, name)
    axes.bar(years + aside, values.mean(axis=0), _WIDE, color=colour, hatch=hatch, edgecolor=GREY if hatch else PAPER,
             linewidth=0.4, label=label, zorder=3)  # fmt: skip
    low, high = np.quantile(values, (0.1, 0.9), axis=0)
    axes.vlines(years + aside, low, high, color=INK, linewidth=0.7, zorder=4)


def _tidy(axes: Axes) -> None:
    axes.tick_params(labelsize=SMALL, colors=INK, length=2)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_ylim(0.0, max(axes.get_ylim()[1], 1e-3))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.grid(axis="y", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)


def _told(shocked: RunResult, baseline: RunResult, facts: dict) -> str:
    first = shocked.quarters.index(facts["struck_in"])
    bought, lost = (
        [float(run.system(name).to_numpy()[:, first:].sum(axis=1).mean()) for run in (baseline, shocked)]
        for name in ("chips_delivered", "impairment")
    )
    return (f"From {facts['struck_in']} on chips for {money(bought[1])} USD bn are delivered instead of "
            f"{money(bought[0])}, and {money(lost[1])} is stranded instead of {money(lost[0])}.")  # fmt: skip
