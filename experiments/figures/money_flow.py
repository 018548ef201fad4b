"""The money of one quarter as ribbons, with the round trip of suppliers' money on top."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from abm.results import RunResult
from experiments.figures.canvas import MARGIN, blank
from experiments.figures.case import caption, struck_at
from experiments.figures.flows import CLOUD, COSTS, INVESTORS, LABS, MAKERS, OTHERS, OWN, USERS, Flow, flows_of
from experiments.figures.palette import INK, KIND_COLOURS, NORMAL, PAPER, SMALL, VERMILION, faded
from experiments.figures.sheet import sheet, width_of
from experiments.figures.style import drawn
from experiments.figures.words import money

# Column of each node and its place in it, from the top; money runs to the right.
_COLUMNS = ((USERS, INVESTORS, OWN), (LABS,), (CLOUD,), (COSTS, OTHERS, MAKERS))
_COLOURS = {
    USERS: "#8C8C8C", INVESTORS: KIND_COLOURS["lender"], OWN: KIND_COLOURS["operator"], LABS: KIND_COLOURS["ai_lab"],
    CLOUD: KIND_COLOURS["hyperscaler"], MAKERS: KIND_COLOURS["chipmaker"], COSTS: "#8C8C8C", OTHERS: "#8C8C8C",
}  # fmt: skip
_FULL, _BAR, _GAP, _ABOVE, _LANE = 2.5, 0.13, 0.34, 0.3, 0.2  # inches: all money, node, between, names, round trip
_PALE, _THIN = 0.38, 0.02  # strength of a ribbon; inches of the thinnest round trip
_HALO = [withStroke(linewidth=2.0, foreground=PAPER)]
_WORTH_A_NUMBER = 0.012  # part of all money


@drawn
def money_flow(
    shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2, quarter: str | None = None
) -> Figure:
    """Who pays whom in a quarter of the baseline, by kind of firm: the last before the shock if None."""
    quarter = quarter or baseline.quarters[max(struck_at(shocked, facts) - 1, 0)]
    flows = flows_of(baseline, quarter)
    text = caption(baseline, facts, f"The baseline in {quarter}, USD bn, mean of worlds. Suppliers' money: stakes and "
                   "loans of chipmakers, and of clouds in labs. Lenders: new money less interest and "
                   "repayments. Compute that clouds sell each other is left out.")  # fmt: skip
    size, scale = _sizes(flows)
    below = 0.3 + sum(max(each.amount * scale, _THIN) + _LANE for each in flows if each.back)
    tall = _ABOVE + max(_height(column, size, scale) for column in _COLUMNS) + below
    title = f"The money of one quarter, {quarter}: some of it goes round"
    figure, (axes,) = sheet(title, _told(baseline, flows, quarter), text, 1, columns, tall=tall,
                            left=0.0, right=0.0, heading=0.1, foot=0.05, abreast=1)  # fmt: skip
    wide = width_of(columns) - 2 * MARGIN
    blank(axes, (0.0, wide, 0.0, tall))
    nodes = _nodes(size, scale, wide, tall, below)
    _ribbons(axes, nodes, flows, scale)
    for name, (x, top, height) in nodes.items():
        axes.add_patch(Rectangle((x, top - height), _BAR, height, facecolor=_COLOURS[name], edgecolor=PAPER, zorder=5))
        last = name in _COLUMNS[-1]
        axes.text(x + _BAR if last else x, top + 0.03, name, fontsize=NORMAL if columns == 2 else SMALL,
                  fontweight="bold", color=INK, ha="right" if last else "left", va="bottom", linespacing=0.95,
                  zorder=7, path_effects=_HALO)  # fmt: skip
    return figure


def _sizes(flows: list[Flow]) -> tuple[dict[str, float], float]:
    """Money through every node, USD bn, and inches per USD bn."""
    into, out = ({name: sum(each.amount for each in flows if getattr(each, end) == name) for column in _COLUMNS
                  for name in column} for end in ("target", "source"))  # fmt: skip
    size = {name: max(into[name], 0.0 if name == MAKERS else out[name]) for name in into}
    return size, _FULL / max(1e-9, *(sum(size[name] for name in column) for column in _COLUMNS))


def _height(column: tuple[str, ...], size: dict[str, float], scale: float) -> float:
    shown = [size[name] for name in column if size[name] > 0.0]
    return scale * sum(shown) + _GAP * max(len(shown) - 1, 0)


def _nodes(
    size: dict[str, float], scale: float, wide: float, tall: float, below: float
) -> dict[str, tuple[float, float, float]]:
    """Left edge, top and height of every node with money, inches."""
    found = {}
    for place, column in enumerate(_COLUMNS):
        top = tall - _ABOVE - (0.0 if place in (0, 3) else 0.12)
        if column == (CLOUD,):  # in the middle of what they pay and are paid
            top -= max(0.0, (top - below - _height(column, size, scale)) / 2)
        for name in (each for each in column if size[each] > 0.0):
            found[name] = place * (wide - _BAR) / (len(_COLUMNS) - 1), top, size[name] * scale
            top -= size[name] * scale + _GAP
    return found


def _ribbons(axes: Axes, nodes: dict, flows: list[Flow], scale: float) -> None:
    """Ribbons leave and reach a node from its top down, in the order of `flows`; round trips last, short ones first."""
    everything = sum(each.amount for each in flows)
    sent, got = ({name: top for name, (_, top, _) in nodes.items()} for _ in range(2))
    low = min(top - height for _, top, height in nodes.values()) - 0.22
    for each in sorted(flows, key=lambda flow: (flow.back, flow.back and -nodes[flow.target][0])):
        thick = each.amount * scale
        end = nodes[each.target][0], got[each.target]
        got[each.target] -= thick
        if each.back:
            x, top, height = nodes[each.source]
            _return(axes, (x + _BAR / 2, top - height), end, max(thick, _THIN), low)
            axes.annotate(f"suppliers' money: {money(each.amount)}", (x - 0.1, low), (0, 3),
                          textcoords="offset points", fontsize=SMALL, color=VERMILION, fontweight="bold", ha="right",
                          va="bottom", zorder=8, path_effects=_HALO)  # fmt: skip
            low -= max(thick, _THIN) + _LANE
            continue
        start = nodes[each.source][0] + _BAR, sent[each.source]
        sent[each.source] -= thick
        _ribbon(axes, start, end, thick, faded(_COLOURS[each.source], _PALE))
        if each.amount > _WORTH_A_NUMBER * everything:
            axes.text(start[0] + 0.05, start[1] - thick / 2, money(each.amount), fontsize=SMALL, color=INK, va="center",
                      zorder=6)  # fmt: skip


def _ribbon(axes: Axes, start, end, thick: float, colour: str) -> None:
    (x0, y0), (x1, y1), middle = start, end, (start[0] + end[0]) / 2
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 - thick), (middle, y1 - thick),
              (middle, y0 - thick), (x0, y0 - thick), (x0, y0)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, edgecolor=PAPER, linewidth=0.4, zorder=2))


def _return(axes: Axes, start, end, thick: float, low: float) -> None:
    """A band from under a node on the right, below everything, up to the left side of another."""
    (x0, y0), (x1, y1), y = start, (end[0], end[1] - thick / 2), low - thick / 2
    turn = 0.32 + thick / 2
    points = [(x0, y0), (x0, y), (x0, y), (x0 - turn, y), (x1 - turn, y), (x1 - 2.2 * turn, y),
              (x1 - 2.2 * turn, y1), (x1 - 0.09, y1)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3]
    axes.add_patch(PathPatch(Path(points, codes), facecolor="none", edgecolor=PAPER, linewidth=72 * thick + 1.6,
                             capstyle="butt", zorder=3))  # fmt: skip
    axes.add_patch(PathPatch(Path(points, codes), facecolor="none", edgecolor=VERMILION, linewidth=72 * thick,
                             capstyle="butt", zorder=4))  # fmt: skip
    half = thick / 2 + 0.035
    axes.add_patch(Polygon([(x1 - 0.1, y1 + half), (x1, y1), (x1 - 0.1, y1 - half)], facecolor=VERMILION, zorder=6))


def _told(run: RunResult, flows: list[Flow], quarter: str) -> str:
    given = sum(each.amount for each in flows if each.back)
    share = float(run.system("circularity")[quarter].mean())
    return (f"Suppliers put {money(given)} USD bn into their own customers; over the last year chipmakers paid for "
            f"{share:.0%} of their sales themselves.")  # fmt: skip
