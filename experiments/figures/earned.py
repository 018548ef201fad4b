"""AI revenue against capex: what users pay, what is built for it, and the gap that somebody has to fund."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.figures.case import YEAR, bands, caption, mark, name_of, struck_at
from experiments.figures.over_quarters import key, line, tidy, title
from experiments.figures.palette import BLUE, ORANGE, PALE
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn

_DASHED = (0, (4.0, 1.2))


@drawn
def earned(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """End users' spending and all AI capex a year, without the shock and with it, on one scale."""
    at, first = np.arange(len(shocked.quarters)), struck_at(shocked, facts)
    text = caption(shocked, facts, bands(shocked), "Grey: capex above what users pay in the median world. What users "
                   "pay also has to cover running costs: it is no profit.")  # fmt: skip
    figure, panels = sheet("Does AI earn what is built for it?", _told(shocked, baseline), text, 2, columns, tall=1.9,
                           heading=0.55)  # fmt: skip
    top = 0.0
    for axes, result, heading in zip(panels, (baseline, shocked), ("Without the shock", name_of(facts)), strict=True):
        title(axes, heading, "USD bn a year")
        paid, built = (YEAR * result.system(each).to_numpy() for each in ("end_demand", "capex"))
        middle = np.median(paid, axis=0), np.median(built, axis=0)
        axes.fill_between(at, *middle, where=middle[1] > middle[0], interpolate=True, color=PALE, linewidth=0, zorder=1)
        line(axes, at, paid, BLUE, "end users spend on AI")
        line(axes, at, built, ORANGE, "AI capex", _DASHED)
        key(axes, 2)
        tidy(axes, result)
        top = max(top, axes.get_ylim()[1])
    for axes in panels:
        axes.set_ylim(0.0, top)
    mark(panels[1], first)
    return figure


def _told(shocked: RunResult, baseline: RunResult) -> str:
    def catches_up(result: RunResult) -> str:
        paid, built = (np.median(result.system(each).to_numpy(), axis=0) for each in ("end_demand", "capex"))
        behind = np.flatnonzero(paid < built)
        if not behind.size:
            return "from the start"
        return "not by the end" if behind[-1] + 1 == paid.size else f"from {result.quarters[behind[-1] + 1]} on"

    return (f"In the median world users pay more in a quarter than is built {catches_up(baseline)} without the shock, "
            f"{catches_up(shocked)} with it.")  # fmt: skip
