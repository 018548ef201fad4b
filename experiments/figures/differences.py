"""What a scenario changes, in four panels: each world less the same world without it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from abm.results import RunResult
from experiments.amplification import flow, window
from experiments.falls import fallen
from experiments.figures.case import mark
from experiments.figures.over_quarters import BANDED, key, line, tidy, title
from experiments.figures.palette import BLUE, INK, PURPLE, VERMILION
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.words import money

_YEAR = 4.0  # quarters


@drawn
def differences(
    shocked: RunResult, baseline: RunResult, first_quarter: int, name: str, columns: int = 2
) -> Figure:
    """End demand, capex, price and failures of a scenario called `name`, which strikes in `first_quarter` (1 = first).

    Lines are medians of paired differences, bands 10th to 90th percentile; failures are means.
    """
    difference, at = shocked.against(baseline), np.arange(len(shocked.quarters))
    figure, panels = sheet(f"{name}: the same worlds with and without it", _subtitle(shocked, baseline, first_quarter),
                           _caption(shocked, name), 4, columns, heading=0.6)  # fmt: skip

    axes = panels[0]
    title(axes, "End users spend, USD bn a year", "more or less than without it")
    line(axes, at, _YEAR * difference.system("end_demand").to_numpy(), VERMILION)
    axes = panels[1]
    title(axes, "AI capex, USD bn a year", "more or less than without it")
    line(axes, at, _YEAR * difference.system("capex").to_numpy(), BLUE)
    axes = panels[2]
    title(axes, "Price of compute, percent", "above or below the price without it")
    relative = shocked.system("price").to_numpy() / baseline.system("price").to_numpy() - 1.0
    line(axes, at, 100.0 * relative, PURPLE)
    axes = panels[3]
    title(axes, "Firms that have failed since its date")
    for result, colour, style, label in (
        (shocked, VERMILION, "-", "with it"), (baseline, INK, (0, (4.0, 1.2)), "without it"),
    ):  # fmt: skip
        axes.plot(at, fallen(result, first_quarter).mean(axis=0), color=colour, linestyle=style, linewidth=1.5,
                  label=f"{label}, mean", zorder=4)  # fmt: skip
    key(axes, 2)
    axes.set_ylim(0.0, max(1.0, 1.05 * axes.get_ylim()[1]))
    for axes in figure.axes:
        tidy(axes, shocked)
        mark(axes, first_quarter - 1)
        axes.axhline(0.0, color=INK, linewidth=0.7, zorder=3)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


def _subtitle(shocked: RunResult, baseline: RunResult, first_quarter: int) -> str:
    difference, span = shocked.against(baseline), window(baseline, first_quarter)
    years = (span.stop - span.start) / _YEAR
    spent, built = (float(np.median(flow(difference, each, span))) for each in ("end_demand", "capex"))
    hit, calm = (fallen(each, first_quarter)[:, -1].mean() for each in (shocked, baseline))
    return (
        f"In the {years:g} years from {shocked.quarters[first_quarter - 1]} end users spend {_less(spent)}, and "
        f"{_less(built)} of capex is spent; by the end {hit:.1f} firms have failed, {calm:.1f} without it."
    )


def _less(amount: float) -> str:
    return f"{money(abs(amount))} USD bn {'less' if amount < 0.0 else 'more'}"


def _caption(result: RunResult, name: str) -> str:
    count = len(result.worlds)
    told = (f"Ecosystem {result.ecosystem.name}; {name}; {result.quarters[0]} to {result.quarters[-1]}; "
            f"{count:,} world{'s' if count > 1 else ''}; seed {result.seed}; illustrative, not a forecast. "
            "Each world is compared with itself; dotted: the date of the shock.")  # fmt: skip
    if count >= BANDED:
        told += " Lines: median of the differences; bands: 10th to 90th percentile."
    return told + " A firm counts once, however often creditors take it over."
