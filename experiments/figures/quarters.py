"""Ten years in four panels: what is earned and built, how tight compute is, who pays, what is stranded."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from abm.parameters import DECLARED
from abm.results import RunResult
from experiments.figures.case import behaviour_assumed
from experiments.figures.drawing import value_of
from experiments.figures.over_quarters import BANDED, key, line, stack, tidy, title
from experiments.figures.palette import BLUE, INK, VERMILION
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.ties import assumed_part, ties_of
from experiments.yearly import kept, paid_by, quarterly

_YEAR = 4.0  # quarters


@drawn
def quarters(result: RunResult, drawn: bool = False, columns: int = 2) -> Figure:
    """The whole run: lines are medians over worlds, bands 10th to 90th percentile, areas means.

    `drawn` says in the caption that assumed numbers were drawn world by world.
    """
    series = quarterly(result)
    figure, panels = sheet("The build-out, quarter by quarter", _subtitle(series), caption(result, drawn), 4, columns,
                           heading=0.68)  # fmt: skip
    at = np.arange(len(result.quarters))

    axes = panels[0]
    title(axes, "Earned and built, USD bn a year", "what users pay, and what is built for it")
    line(axes, at, _YEAR * series["end_user_spending"], VERMILION, "end users spend on AI", "-")
    line(axes, at, _YEAR * series["ai_capex"], BLUE, "hyperscalers' AI capex", (0, (4.0, 1.2)))
    key(axes, 2)
    axes.set_ylim(bottom=0.0)

    axes = panels[1]
    title(axes, "Compute wanted per unit there is", "above 1 some buyers go without")
    axes.axhline(1.0, color=INK, linewidth=0.7, linestyle=(0, (1.0, 1.5)), zorder=3)
    line(axes, at, series["tightness"], BLUE)

    axes = panels[2]
    title(axes, "Who pays for capex, USD bn a year", above=25.0 if columns == 2 else 36.0)
    parts = {name: _YEAR * each.mean(axis=0) for name, each in paid_by(result).items()}
    spread = at
    if at.size == 1:  # an area needs a width
        spread, parts = np.array([-0.25, 0.25]), {name: np.repeat(each, 2) for name, each in parts.items()}
    stack(axes, spread, parts)
    axes.set_ylim(0.0, 1.05 * max(float(sum(parts.values()).max()), 1e-3))
    key(axes, columns + 1)

    axes = panels[3]
    title(axes, "Stranded value, USD bn a quarter", "chips and sites that will not earn back their cost")
    line(axes, at, series["stranded"], VERMILION)
    axes.set_ylim(bottom=0.0)
    for axes in figure.axes:
        tidy(axes, result)
    return figure


def caption(result: RunResult, drawn: bool) -> str:
    """Ecosystem, quarters, worlds, seed, what rests on assumptions, and how to read the figure."""
    count = len(result.worlds)
    parts = [f"Ecosystem {result.ecosystem.name}", f"{result.quarters[0]} to {result.quarters[-1]}",
             (f"{count:,} worlds" if count > 1 else "1 world") + (", assumed numbers drawn" if drawn else ""),
             f"seed {result.seed}", _evidence(result),
             "illustrative, not a forecast"]  # fmt: skip
    told = "; ".join(parts) + "."
    if count > 1:
        told += " Lines: median of worlds"
        told += "; bands: 10th to 90th percentile; areas: mean." if count >= BANDED else "; areas: mean."
    if kept(result) < count:
        told += f" Hyperscalers' capex: the first {kept(result)} worlds."
    return told + " Who pays: capex of all builders, in AI and elsewhere; others' money less what is repaid."


def _evidence(result: RunResult) -> str:
    """Nothing strikes, so there is no loss to trace: the share of all amounts of the opening, and of behaviour."""
    ties = ties_of(result.ecosystem, value_of(result.ecosystem))
    judged = sum(each.grade == "assumed" for each in DECLARED.values())
    return (f"{assumed_part(ties):.0%} of all amounts at the opening are assumed inputs, "
            f"{behaviour_assumed(judged, len(DECLARED))}")  # fmt: skip


def _subtitle(series: dict[str, np.ndarray]) -> str:
    first, last = (np.median(series["end_user_spending"][:, each]) * _YEAR for each in (0, -1))
    share = float(np.median(series["external_share"].mean(axis=1)))
    return (f"End users spend {first:,.0f} USD bn a year on AI at first, {last:,.0f} at last; "
            f"new money from others comes to {share:.0%} of AI capex and labs' burn.")  # fmt: skip
