"""Who is exposed to whom: what each firm has lent to, owns of and has been promised by each other, as a matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS
from experiments.figures.canvas import MARGIN, caption_height, head_height, page, panel, told_in, write_caption
from experiments.figures.drawing import plan_map, value_of
from experiments.figures.palette import FAMILY_NAMES, GREY, INK, PALE, SMALL
from experiments.figures.sheet import width_of
from experiments.figures.style import drawn
from experiments.figures.words import PLURALS, money

_EXPOSED = ("debt", "ownership", "compute")  # families of links whose end stands to lose
_SHADES = LinearSegmentedColormap.from_list("exposed", ["#EFF3FF", "#BDD7E7", "#6BAED6", "#2171B5", "#08306B"])
_SMALLEST = 0.1  # USD bn: smaller exposures are left white
# By columns of print: rows with room for a name, of which some are others of a kind; characters of a name; inches.
_MOST, _NAME, _NAMES = {1: 20, 2: 34}, {1: 19, 2: 30}, {1: 1.06, 2: 1.78}
_CORNER = {1: "with whom →\nwho stands\nto lose ↓", 2: "with whom →\nwho stands to lose ↓"}
_BESIDE, _BELOW = {1: 0.0, 2: 0.75}, {1: 0.5, 2: 0.0}  # inches for the scale


@drawn
def exposure(ecosystem: Ecosystem, value: np.ndarray | None = None, columns: int = 2) -> Figure:
    """The opening network as a matrix: rows stand to lose what columns owe, issued or promised, USD bn, log scale.

    `value` is each firm's equity (firms,), worked out where not given.
    """
    value, wide = value_of(ecosystem) if value is None else np.asarray(value, float), width_of(columns)
    names, kinds, amounts = matrix_of(ecosystem, value, _MOST[columns])
    size, left = len(names), _NAMES[columns]
    cell = (wide - 2 * MARGIN - left - _BESIDE[columns]) / max(size, 1)
    title = f"Who is exposed to whom at the end of {ecosystem.opening}"
    told = told_in(_told(names, amounts), wide)
    text = (f"Ecosystem {ecosystem.name}; illustrative. Rows stand to lose what columns owe them, issued to them and "
            f"have promised to buy of them: {', '.join(FAMILY_NAMES[each] for each in _EXPOSED)}. White: less than "
            f"{_SMALLEST} USD bn. Firms stand in the order of their kinds; \"other\" are the small ones of a kind.")
    foot = caption_height(text, wide) + _BELOW[columns]
    figure = page(head_height(title, told, wide) + 0.1 + left + cell * size + foot, title, told, wide)
    write_caption(figure, text)
    axes = panel(figure, MARGIN + left, foot, cell * size, cell * size)
    norm = LogNorm(_SMALLEST, max(float(amounts.max(initial=1.0)), 10 * _SMALLEST))
    axes.imshow(np.ma.masked_less(amounts, _SMALLEST), cmap=_SHADES, norm=norm, aspect="auto")
    _name(axes, [_short(each, _NAME[columns]) for each in names], kinds, _CORNER[columns])
    _draw_scale(figure, norm, foot, MARGIN + left, cell * size, columns)
    return figure


def _name(axes: Axes, names: list[str], kinds: list[str], corner: str) -> None:
    """Names of rows and columns, what they are (in the `corner`), and lines between the kinds."""
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_xticks(range(len(names)), names, fontsize=SMALL, rotation=90)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, colors=INK, pad=2)
    axes.spines[:].set_color(GREY)
    for place in range(1, len(names)):
        split = kinds[place] != kinds[place - 1]
        for line in (axes.axhline, axes.axvline):
            line(place - 0.5, color=GREY if split else PALE, linewidth=0.9 if split else 0.3)
    axes.annotate(corner, (0, 1), (-4.0, 5.0), xycoords="axes fraction",
                  textcoords="offset points", fontsize=SMALL, fontweight="bold", color=INK, ha="right",
                  annotation_clip=False)  # fmt: skip


def _draw_scale(figure: Figure, norm: LogNorm, foot: float, left: float, side: float, columns: int) -> None:
    """What shades mean: beside the matrix, or below it in one column."""
    upright = columns == 2
    if upright:
        bar = panel(figure, left + side + 0.15, foot, 0.12, min(side, 2.4))
    else:
        bar = panel(figure, left, foot - 0.26, side, 0.11)
    scale = figure.colorbar(ScalarMappable(norm, _SHADES), cax=bar, format=FuncFormatter(lambda at, _: f"{at:g}"),
                            orientation="vertical" if upright else "horizontal")  # fmt: skip
    scale.ax.tick_params(labelsize=SMALL, colors=INK, length=2, pad=1.5)
    scale.ax.minorticks_off()
    scale.outline.set_edgecolor(PALE)
    if upright:
        bar.set_ylabel("USD bn", fontsize=SMALL, color=INK)
    else:
        bar.set_title("USD bn", fontsize=SMALL, color=INK, loc="left", pad=3)


def matrix_of(ecosystem: Ecosystem, value: np.ndarray, most: int) -> tuple[list[str], list[str], np.ndarray]:
    """At most `most` names in the order of their kinds, these kinds, and what each has at stake with each, USD bn.

    Those with the largest exposures stand alone, the others of a kind together. Money that a lender or owner has put in
    is at the payer's risk; a promise to buy compute at its receiver's.
    """
    drawing = plan_map(ecosystem, value, np.ones(len(ecosystem), bool))
    nodes = drawing.nodes
    amounts = np.zeros((len(nodes), len(nodes)))
    for link in [*drawing.links, *drawing.small]:
        if link.family in _EXPOSED:
            ends = (link.target, link.source) if link.family == "compute" else (link.source, link.target)
            amounts[ends] += link.amount
    stakes = amounts.sum(axis=0) + amounts.sum(axis=1)
    there = [each for each in np.argsort(-stakes, kind="stable").tolist() if stakes[each] > 0.0]
    alone = max(each for each in range(most + 1) if each + len({nodes.kind[one] for one in there[each:]}) <= most)
    others = [[each for each in there[alone:] if nodes.kind[each] == kind] for kind in KINDS]
    groups = [[each] for each in there[:alone]] + [each for each in others if each]
    groups.sort(key=lambda group: (KINDS.index(nodes.kind[group[0]]), len(group) > 1, group[0]))
    names = [nodes.name[each[0]] if len(each) == 1 else f"Other {PLURALS[nodes.kind[each[0]]]}" for each in groups]
    member = np.zeros((len(groups), len(nodes)))
    for place, group in enumerate(groups):
        member[place, group] = 1.0
    return names, [nodes.kind[each[0]] for each in groups], member @ amounts @ member.T


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _told(names: list[str], amounts: np.ndarray) -> str:
    if not amounts.any():
        return "Nobody has anything at stake with anybody."
    row, column = np.unravel_index(int(amounts.argmax()), amounts.shape)
    owed = amounts.sum(axis=0)
    most = int(owed.argmax())
    return (f"{names[most]} is behind {owed[most] / owed.sum():.0%} of all exposures ({money(owed[most])} of "
            f"{money(owed.sum())} USD bn); the largest is that of {names[row]} to {names[column]}, "
            f"{money(amounts[row, column])}.")  # fmt: skip
