"""Who else pays for the build-out, over time, with and without the shock."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.figures.case import YEAR, caption, mark, name_of, struck_at
from experiments.figures.over_quarters import key, stack, tidy, title
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.yearly import OWN, paid_by

# Colour and hatch: hatches part in grey what colours part.

@drawn
def funding_mix(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """Others' money in the capex of all builders, mean of worlds, without the shock and with it, on one scale."""
    text = caption(shocked, facts, "Areas: mean of worlds, for capex of all builders, in AI and elsewhere; what "
                   "others bring in less what is repaid in the quarter. The rest is builders' own money.")  # fmt: skip
    figure, panels = sheet("Whose money pays for the build-out", _told(shocked, baseline, facts), text, 2, columns,
                           tall=1.9, heading=0.68 if columns == 2 else 0.83)  # fmt: skip
    for axes, result, heading in zip(panels, (baseline, shocked), ("Without the shock", name_of(facts)), strict=True):
        title(axes, heading, "others' money, USD bn a year", above=36.0 if columns == 2 else 47.0)
        others = {name: YEAR * each.mean(axis=0) for name, each in paid_by(result).items() if name != OWN}
        stack(axes, np.arange(len(result.quarters)), others)
        tidy(axes, result)
    key(panels[0], columns + 1)
    top = max(axes.dataLim.y1 for axes in panels)
    for axes in panels:
        axes.set_ylim(0.0, max(1.04 * top, 1e-3))
    mark(panels[1], struck_at(shocked, facts))
    return figure


def _told(shocked: RunResult, baseline: RunResult, facts: dict) -> str:
    after = slice(struck_at(shocked, facts), None)

    def others(result: RunResult) -> float:
        parts = {name: each[:, after].mean() for name, each in paid_by(result).items()}
        return 1.0 - parts[OWN] / max(sum(parts.values()), 1e-12)

    return (f"From {facts['struck_in']} on others' money pays for {others(baseline):.0%} of capex without the shock "
            f"and for {others(shocked):.0%} with it.")  # fmt: skip
