"""The map after the shock: how much of its value each firm has lost, and who fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.falls import compared
from experiments.figures.canvas import MARGIN, blank, panel, told_in, write_caption
from experiments.figures.cascade_key import NORM, SCALE, draw_scale
from experiments.figures.case import caption, name_of, struck_at
from experiments.figures.discs import boxes_of, draw_discs, draw_headings
from experiments.figures.drawing import SLACK, Drawing, lay_out, plan_map, unnamed, value_of
from experiments.figures.key import draw_sizes, write
from experiments.figures.labels import Label, place_labels
from experiments.figures.nodes import wrapped
from experiments.figures.palette import GREY, INK, PAPER, faded
from experiments.figures.sheet import width_of
from experiments.figures.style import drawn
from experiments.figures.words import MINUS

# By columns of print: inches of the key, and of what stands in it beside the scale.
_KEY, _MARKS, _SIZES = {1: 1.24, 2: 0.56}, {1: (0.05, 0.62), 2: (2.65, 0.42)}, {1: (2.3, 0.34), 2: (5.2, 0.4)}
_CROSS = {"marker": "X", "s": 30, "color": INK, "edgecolors": PAPER, "linewidths": 0.8}
_VISIBLE = 0.08  # inches: radius from which a shade is seen around a cross
_OFTEN = 0.05  # of worlds: a firm that fails in more is marked
_LAST = {1: 9, 2: 16}  # characters of a name's last line that leave room for a percentage
_SEEN = 0.0005  # share of value


@drawn
def distress_map(shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2) -> Figure:
    """The opening network with each firm as dark as its loss of value by the end of the window, against its baseline.

    Crosses stand on firms that the shock brings down in some worlds, within the whole run.
    """
    eco, wide = shocked.ecosystem, width_of(columns)
    value = value_of(eco)
    drawing = plan_map(eco, value, columns=columns)
    lost, fails = losses(shocked, baseline, facts, drawing), failing(shocked, baseline, facts, drawing)
    struck = fails >= _OFTEN
    radius = np.where(struck, np.maximum(drawing.layout.radius, _VISIBLE), drawing.layout.radius)
    drawing = replace(drawing, layout=replace(drawing.layout, radius=radius))
    text = caption(shocked, facts, f"Arrows and sizes: the network at the end of {eco.opening}. Shades: fall of "
                   f"firm value (lenders: net worth) by {facts['window_ends']} against the baseline, mean of worlds; "
                   "gains are white. Crosses: firms that the shock brings down, or sooner, at any time.")  # fmt: skip
    told, title = told_in(_told(drawing, lost, fails, facts), wide), f"{name_of(facts)}: who is hit"
    figure, axes, foot = lay_out(drawing, title, told, f"{text} {unnamed(drawing)}", _KEY[columns], quiet=True)
    faces = [SCALE(NORM(each)) if each > _SEEN else PAPER for each in lost]
    draw_discs(axes, drawing.nodes, drawing.layout, faces, [INK if each > _SEEN else GREY for each in lost], 0.7)
    axes.scatter(*drawing.layout.at[struck].T, zorder=5, **_CROSS)
    taken = draw_headings(axes, drawing.layout, columns) + boxes_of(drawing.layout)
    names = place_labels(axes, _labels(drawing, lost, fails), taken, SLACK[columns])
    write_caption(figure, f"{text} {unnamed(drawing, len(names))}")
    draw_scale(figure, foot + _KEY[columns] - 0.34, 2.3, f"value lost by {facts['window_ends']}")
    _draw_key(panel(figure, MARGIN, foot, wide - 2 * MARGIN, _KEY[columns]), drawing, drawing.nodes.total(value),
              bool(struck.any()))  # fmt: skip
    return figure


def _draw_key(axes: Axes, drawing: Drawing, size: np.ndarray, crossed: bool) -> None:
    """Crosses, arrows and discs, beside the scale or below it."""
    x, y = _MARKS[drawing.columns]
    box = axes.get_position()
    blank(axes, (0.0, box.width * axes.figure.get_figwidth(), 0.0, box.height * axes.figure.get_figheight()))
    if crossed:
        axes.scatter(x + 0.14, y, **_CROSS)
        write(axes, x + 0.36, y, f"the shock fells it in {_OFTEN:.0%} of worlds or more")
    axes.plot([x, x + 0.28], [y - 0.2, y - 0.2], color=faded(GREY, 0.5), linewidth=3, solid_capstyle="butt")
    write(axes, x + 0.36, y - 0.2, "ties of the opening")
    draw_sizes(axes, drawing, size, *_SIZES[drawing.columns], under=True)


def losses(shocked: RunResult, baseline: RunResult, facts: dict, drawing: Drawing) -> np.ndarray:
    """Share of its baseline's value that each disc has lost by the end of the window (discs,), gains below 0."""
    at, eco = facts["window_ends"], baseline.ecosystem
    # A fund that lends less is marked lower without having lost anything.
    lenders = set(eco.of_kind("lender").tolist())
    names = ["net_worth" if row in lenders else "firm_value" for row in range(len(eco))]
    before, after = (
        drawing.nodes.total(np.array([run.firm(*each)[at].mean() for each in zip(eco.id, names, strict=True)]))
        for run in (baseline, shocked)
    )
    return np.divide(before - after, before, out=np.zeros_like(before), where=before > 1e-6)


def failing(shocked: RunResult, baseline: RunResult, facts: dict, drawing: Drawing) -> np.ndarray:
    """Share of worlds in which the shock brings a firm of each disc down, (discs,)."""
    both = compared(shocked, baseline, struck_at(shocked, facts) + 1)
    disc = dict(zip(shocked.ecosystem.id, drawing.nodes.of.tolist(), strict=True))
    hit = both[both["by_shock"]].assign(disc=lambda rows: rows["target"].map(disc)).drop_duplicates(["world", "disc"])
    hit = hit[hit["disc"] >= 0]["disc"].to_numpy(int)
    return np.bincount(hit, minlength=len(drawing.nodes)) / len(shocked.worlds)


def _labels(drawing: Drawing, lost: np.ndarray, fails: np.ndarray) -> list[Label]:
    """Names with what was lost, those who fail and the largest losses first."""
    layout, found = drawing.layout, []
    alone = drawing.nodes.total(np.ones(drawing.nodes.of.size)) == 1
    for each in sorted(range(len(lost)), key=lambda place: (-fails[place], -lost[place], place)):
        said = wrapped(drawing.nodes.name[each], drawing.columns)
        style = {}
        if fails[each] >= _OFTEN:
            said += f"\n{'fails' if alone[each] else 'some fail'} in {fails[each]:.0%}"
            style = {"fontweight": "bold"}
        elif lost[each] >= 0.01:
            room = len(said.rpartition("\n")[2]) < _LAST[drawing.columns]
            said += f"{' ' if room else chr(10)}{MINUS}{lost[each]:.0%}"
        clear = layout.radius[each] + 0.04
        found.append(Label(said, tuple(layout.at[each]), tuple(layout.away[each]), clear, style))
    return found


def _told(drawing: Drawing, lost: np.ndarray, fails: np.ndarray, facts: dict) -> str:
    worst = np.argsort(-lost, kind="stable")[:3]
    named = ", ".join(f"{drawing.nodes.name[each]} ({lost[each]:.0%})" for each in worst if lost[each] > 0.01)
    hit = int((fails >= _OFTEN).sum())
    down = f"the shock brings {hit or 'none'} of those drawn down in at least {_OFTEN:.0%} of worlds"
    return (f"By {facts['window_ends']} most of its value is lost at {named}; {down}." if named
            else f"By {facts['window_ends']} nobody has lost value; {down}.")  # fmt: skip
