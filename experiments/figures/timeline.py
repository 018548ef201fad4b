"""Who fails when, world by world: a row a firm, a dot a world, with the shock and without it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.falls import compared, fallen
from experiments.figures.case import WITH, caption, mark, name_of, struck_at
from experiments.figures.nodes import fold, wrapped
from experiments.figures.over_quarters import tidy
from experiments.figures.palette import GREY, INK, PALE, SMALL
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn
from experiments.figures.words import lines

_MOST = 12  # firms with a row of their own
_ROW = 0.34  # inches
_SPREAD = 0.76  # part of a row over which worlds lie, the first on top


@drawn
def timeline(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """First failures since the date of the shock. Each world keeps its height within every row."""
    first = struck_at(shocked, facts)
    both, names = _folded(compared(shocked, baseline, first + 1), shocked)
    often = both.groupby("disc").agg(hit=("by_shock", "sum"), fails=("place", "count"))
    ranked = often.sort_values(["hit", "fails"], ascending=False, kind="stable").index.tolist()
    shown = ranked[:_MOST]
    more = f"{len(ranked) - len(shown)} more fail in some world. " if len(ranked) > len(shown) else ""
    text = caption(shocked, facts, f"{more}A dot is the first failure in a world since {facts['struck_in']}; worlds "
                   "lie in the same order in every row. On the right: share of worlds in which it fails.")  # fmt: skip
    tall = _ROW * max(len(shown), 2)
    left, right, heading = (1.5, 0.95, 0.3) if columns == 2 else (1.1, 0.78, 0.55)
    figure, (axes,) = sheet(f"{name_of(facts)}: who fails, and when", _told(shocked, baseline, first + 1), text, 1,
                            columns, tall=tall, left=left, right=right, heading=heading, abreast=1)  # fmt: skip
    tidy(axes, shocked)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(left=max(first - 1, 0))
    mark(axes, first)
    _draw(axes, both, shown, shocked, columns)
    _name(axes, both, shown, [names[each] for each in shown], len(shocked.worlds), columns)
    return figure


def _folded(both, result: RunResult):
    """First failures with the members of a split group as one: the first of them counts; and the names of discs."""
    eco = result.ecosystem
    nodes = fold(eco, np.ones(len(eco), bool))
    disc = dict(zip(eco.id, nodes.of.tolist(), strict=True))
    found = both.assign(disc=both["target"].map(disc)).groupby(["world", "disc"], as_index=False)
    found = found[["place", "place_base"]].min()
    return found.assign(by_shock=found["place"].notna() & ~(found["place_base"] <= found["place"])), nodes.name


def _draw(axes: Axes, both, shown: list[int], result: RunResult, columns: int) -> None:
    """Hollow where the firm fails anyway, full where the shock brings it down or does so sooner."""
    place = {world: (number + 0.5) / len(result.worlds) - 0.5 for number, world in enumerate(result.worlds)}
    row = {firm: number for number, firm in enumerate(shown)}
    rows = both[both["disc"].isin(shown)]
    height = rows["disc"].map(row) + _SPREAD * rows["world"].map(place)
    styles = (
        (rows["place_base"], np.isfinite(rows["place_base"]), "without the shock", "o",
         {"facecolors": "none", "edgecolors": GREY}),
        (rows["place"], np.isfinite(rows["place"]) & ~rows["by_shock"], "with it, no sooner", "o", {"color": INK}),
        (rows["place"], rows["by_shock"], "by the shock", "v", {"color": WITH}),
    )  # fmt: skip
    for at, chosen, label, marker, style in styles:
        axes.scatter(at[chosen], height[chosen], s=9, marker=marker, linewidths=0.6, label=label, zorder=4,
                     clip_on=False, **style)  # fmt: skip
    for each in range(1, len(shown)):
        axes.axhline(each - 0.5, color=PALE, linewidth=0.5, zorder=1)
    axes.set_ylim(max(len(shown), 2) - 0.5, -0.5)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3 if columns == 2 else 1, fontsize=SMALL,
                frameon=False, borderpad=0, handletextpad=0.1, columnspacing=0.8, labelcolor=INK)  # fmt: skip
    if not shown:
        axes.text(0.5, 0.5, "no firm fails", transform=axes.transAxes, ha="center", fontsize=SMALL, color=INK)


def _name(axes: Axes, both, shown: list[int], names: list[str], worlds: int, columns: int) -> None:
    named = [wrapped(each) if columns == 2 else lines(each, 15, 2) for each in names]
    axes.set_yticks(range(len(shown)), named, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    for number, firm in enumerate(shown):
        rows = both[both["disc"] == firm]
        after, before = (rows[each].notna().sum() / worlds for each in ("place", "place_base"))
        axes.annotate(f"{before:.0%} → {after:.0%}", (1, number), (6, 0), xycoords=("axes fraction", "data"),
                      textcoords="offset points", fontsize=SMALL, color=INK, va="center",
                      annotation_clip=False)  # fmt: skip
    axes.annotate("without → with", (1, 1), (6 if columns == 2 else -10, 3), xycoords="axes fraction",
                  textcoords="offset points", fontsize=SMALL, color=INK, va="bottom",
                  annotation_clip=False)  # fmt: skip


def _told(shocked: RunResult, baseline: RunResult, first_quarter: int) -> str:
    after, before = (fallen(each, first_quarter)[:, -1].mean() for each in (shocked, baseline))
    if not after and not before:
        return "No firm fails in any world, with or without the shock."
    both = compared(shocked, baseline, first_quarter)
    hit = both[both["by_shock"]]["world"].nunique() / len(shocked.worlds)
    return (f"On average {after:.1f} firms fail by the end with the shock and {before:.1f} without it; it brings "
            f"somebody down, or sooner, in {hit:.0%} of worlds.")  # fmt: skip
