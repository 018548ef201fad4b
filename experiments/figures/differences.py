"""What a scenario changes, in four panels: each world less the same world without it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from abm.results import RunResult
from experiments.amplification import flow, window
from experiments.falls import fallen
from experiments.figures.case import DASHED, WITH, WITHOUT, YEAR, bands, caption, mark, name_of, struck_at
from experiments.figures.over_quarters import key, line, tidy, title
from experiments.figures.palette import BLUE, INK, PURPLE
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.words import money


@drawn
def differences(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """End demand, capex, price and failures of a scenario, each world less the same world without it.

    Lines are medians of paired differences, bands 10th to 90th percentile; failures are means.
    """
    difference, at, struck = shocked.against(baseline), np.arange(len(shocked.quarters)), struck_at(shocked, facts)
    text = caption(shocked, facts, "Each world is compared with itself; dotted: the date of the shock.",
                   bands(shocked), "A firm counts once, however often creditors take it over.")  # fmt: skip
    figure, panels = sheet(f"{name_of(facts)}: the same worlds with and without it",
                           _subtitle(shocked, baseline, struck + 1), text, 4, columns, heading=0.6)  # fmt: skip

    axes = panels[0]
    title(axes, "End users spend, USD bn a year", "more or less than without it")
    line(axes, at, YEAR * difference.system("end_demand").to_numpy(), WITH)
    axes = panels[1]
    title(axes, "AI capex, USD bn a year", "more or less than without it")
    line(axes, at, YEAR * difference.system("capex").to_numpy(), BLUE)
    axes = panels[2]
    title(axes, "Price of compute, percent", "above or below the price without it")
    relative = shocked.system("price").to_numpy() / baseline.system("price").to_numpy() - 1.0
    line(axes, at, 100.0 * relative, PURPLE)
    axes = panels[3]
    title(axes, "Firms that have failed since its date")
    for result, colour, style, label in (
        (shocked, WITH, "-", "with it"), (baseline, WITHOUT, DASHED, "without it"),
    ):  # fmt: skip
        axes.plot(at, fallen(result, struck + 1).mean(axis=0), color=colour, linestyle=style, linewidth=1.5,
                  label=f"{label}, mean", zorder=4)  # fmt: skip
    key(axes, 2)
    axes.set_ylim(0.0, max(1.0, 1.05 * axes.get_ylim()[1]))
    for axes in figure.axes:
        tidy(axes, shocked)
        mark(axes, struck)
        axes.axhline(0.0, color=INK, linewidth=0.7, zorder=3)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


def _subtitle(shocked: RunResult, baseline: RunResult, first_quarter: int) -> str:
    difference, span = shocked.against(baseline), window(baseline, first_quarter)
    years = (span.stop - span.start) / YEAR
    spent, built = (float(np.median(flow(difference, each, span))) for each in ("end_demand", "capex"))
    hit, calm = (fallen(each, first_quarter)[:, -1].mean() for each in (shocked, baseline))
    return (
        f"In the {years:g} years from {shocked.quarters[first_quarter - 1]} end users spend {_less(spent)}, and "
        f"{_less(built)} of capex is spent; by the end {hit:.1f} firms have failed, {calm:.1f} without it."
    )


def _less(amount: float) -> str:
    return f"{money(abs(amount))} USD bn {'less' if amount < 0.0 else 'more'}"
