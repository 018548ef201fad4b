"""Fan charts: what happens with and without the shock, and the difference world by world."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.figures.case import DASHED, WITH, WITHOUT, YEAR, caption, mark, name_of, struck_at
from experiments.figures.over_quarters import key, tidy, title
from experiments.figures.palette import BLUE, INK, faded
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.words import money

# Series, what it is called, its unit, how much of it a unit shows.
SERIES = (
    ("end_demand", "End users spend on AI", "USD bn a year", YEAR),
    ("capex", "Capex for AI", "USD bn a year", YEAR),
    ("price", "Price of compute", "1 at the opening", 1.0),
    ("confidence", "Confidence of lenders", "1: full", 1.0),
)
_FAN = ((0.1, 0.9, 0.22), (0.25, 0.75, 0.42))  # low, high, strength of the colour


@drawn
def fans(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """Four series of the economy: both runs on the left, their paired difference on the right."""
    at, first = np.arange(len(shocked.quarters)), struck_at(shocked, facts)
    text = caption(shocked, facts, "Lines: median of worlds; bands: half of the worlds, and 8 of 10. Differences are "
                   "taken in each world, between two runs that share their luck: they spread less than the runs do.")
    figure, panels = sheet(f"{name_of(facts)}: what it changes", _told(shocked, baseline, first), text,
                           2 * len(SERIES), columns, tall=1.12 if columns == 2 else 0.85, heading=0.42)  # fmt: skip
    for place, (name, called, unit, scale) in enumerate(SERIES):
        levels, differs = panels[2 * place], panels[2 * place + 1]
        before, after = (scale * each.system(name).to_numpy() for each in (baseline, shocked))
        title(levels, f"{called}, {unit}", above=14.0)
        fan(levels, at, before, WITHOUT, "without it", DASHED)
        fan(levels, at, after, WITH, "with it")
        key(levels, 2)
        levels.set_ylim(bottom=0.0)
        title(differs, "Difference in each world", unit, above=14.0)
        fan(differs, at, after - before, BLUE)
        differs.axhline(0.0, color=INK, linewidth=0.7, zorder=3)
        for axes in (levels, differs):
            tidy(axes, shocked)
            mark(axes, first)
    return figure


def fan(axes: Axes, at: np.ndarray, values: np.ndarray, colour: str, label: str = "", style="-") -> None:
    """The median of `values` (worlds, quarters) within bands of half the worlds and of 8 in 10."""
    for place, (low, high, strength) in enumerate(_FAN):
        bounds = np.quantile(values, (low, high), axis=0)
        axes.fill_between(at, *bounds, color=faded(colour, strength), alpha=0.75, linewidth=0, zorder=2 + 0.1 * place)
    axes.plot(at, np.median(values, axis=0), color=colour, linewidth=1.5, linestyle=style, label=label, zorder=4)


def _told(shocked: RunResult, baseline: RunResult, first: int) -> str:
    difference = baseline.against(shocked)
    less = [YEAR * np.median(difference.system(each).to_numpy()[:, first:].max(axis=1))
            for each in ("end_demand", "capex")]  # fmt: skip
    return (f"At the worst moment of the median world end users spend {money(less[0])} USD bn a year less, and "
            f"builders {money(less[1])} less on AI.")  # fmt: skip
