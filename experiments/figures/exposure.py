"""Who is exposed to whom: what each firm has lent to, owns of and has been promised by each other, as a matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS
from experiments.figures.canvas import MARGIN, WIDTH, caption_height, head_height, page, panel, told_in, write_caption
from experiments.figures.network_map import plan_map, value_of
from experiments.figures.nodes import Nodes
from experiments.figures.palette import FAMILY_NAMES, GREY, INK, PALE, SMALL
from experiments.figures.style import drawn
from experiments.figures.words import money

_EXPOSED = ("debt", "ownership", "compute")  # families of links whose end stands to lose
_SHADES = LinearSegmentedColormap.from_list("exposed", ["#EFF3FF", "#BDD7E7", "#6BAED6", "#2171B5", "#08306B"])
_SMALLEST = 0.1  # USD bn: smaller exposures are left white
_LEFT, _ABOVE = 1.78, 1.72  # inches for names
_TOLD = 0.0005  # of all exposures: less is not worth a word
_MOST, _NAME = 34, 30  # rows that have room for their names; characters of a name


@drawn
def exposure(ecosystem: Ecosystem, value: np.ndarray | None = None) -> Figure:
    """The opening network as a matrix: rows stand to lose what columns owe, issued or promised, USD bn, log scale.

    `value` is each firm's equity (firms,), worked out where not given.
    """
    value = value_of(ecosystem) if value is None else np.asarray(value, float)
    nodes, order, amounts = matrix_of(ecosystem, value)
    size = len(order)
    cell = (WIDTH - 2 * MARGIN - _LEFT - 0.75) / max(size, 1)
    title = f"Who is exposed to whom at the end of {ecosystem.opening}"
    told = told_in(_told(nodes, amounts))
    hidden = 1.0 - amounts[np.ix_(order, order)].sum() / max(amounts.sum(), 1e-12)
    rest = f" Left out: those with the smallest, {hidden:.1%} of all exposures." if hidden >= _TOLD else ""
    text = (f"Ecosystem {ecosystem.name}; illustrative. Rows stand to lose what columns owe them, issued to them and "
            f"have promised to buy of them: {', '.join(FAMILY_NAMES[each] for each in _EXPOSED)}. White: less than "
            f"{_SMALLEST} USD bn. Firms stand in the order of their kinds.{rest}")  # fmt: skip
    foot = caption_height(text)
    figure = page(head_height(title, told) + 0.1 + _ABOVE + cell * size + foot, title, told)
    write_caption(figure, text)
    axes = panel(figure, MARGIN + _LEFT, foot, cell * size, cell * size)
    shown = np.ma.masked_less(amounts[np.ix_(order, order)], _SMALLEST)
    top = float(amounts.max(initial=1.0))
    mesh = axes.imshow(shown, cmap=_SHADES, norm=LogNorm(_SMALLEST, max(top, 10 * _SMALLEST)), aspect="auto")
    names = [_short(nodes.name[each]) for each in order]
    axes.set_yticks(range(size), names, fontsize=SMALL)
    axes.set_xticks(range(size), names, fontsize=SMALL, rotation=90)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, colors=INK, pad=2)
    axes.spines[:].set_color(GREY)
    kinds = [nodes.kind[each] for each in order]
    for place in range(1, size):
        split = kinds[place] != kinds[place - 1]
        for line in (axes.axhline, axes.axvline):
            line(place - 0.5, color=GREY if split else PALE, linewidth=0.9 if split else 0.3)
    bar = panel(figure, MARGIN + _LEFT + cell * size + 0.15, foot, 0.12, min(cell * size, 2.4))
    scale = figure.colorbar(mesh, cax=bar, format=FuncFormatter(lambda at, _: f"{at:g}"))
    scale.ax.tick_params(labelsize=SMALL, colors=INK, length=2)
    scale.ax.minorticks_off()
    scale.outline.set_edgecolor(PALE)
    bar.set_ylabel("USD bn", fontsize=SMALL, color=INK)
    return figure


def matrix_of(ecosystem: Ecosystem, value: np.ndarray) -> tuple[Nodes, list[int], np.ndarray]:
    """Discs with the largest exposures, by kind, and what each of all discs has at stake with each, USD bn.

    Money a lender or owner has put in is at the payer's risk; a promise to buy compute at its receiver's.
    """
    drawing = plan_map(ecosystem, value)
    nodes = drawing.nodes
    amounts = np.zeros((len(nodes), len(nodes)))
    for link in [*drawing.links, *drawing.small]:
        if link.family in _EXPOSED:
            ends = (link.target, link.source) if link.family == "compute" else (link.source, link.target)
            amounts[ends] += link.amount
    stakes = amounts.sum(axis=0) + amounts.sum(axis=1)
    largest = np.argsort(-stakes, kind="stable")[:_MOST]
    there = largest[stakes[largest] >= _SMALLEST]
    return nodes, sorted(sorted(there.tolist()), key=lambda each: KINDS.index(nodes.kind[each])), amounts


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1].rstrip() + "…"


def _told(nodes: Nodes, amounts: np.ndarray) -> str:
    if not amounts.any():
        return "Nobody has anything at stake with anybody."
    row, column = np.unravel_index(int(amounts.argmax()), amounts.shape)
    owed = amounts.sum(axis=0)
    most = int(owed.argmax())
    return (f"{nodes.name[most]} is behind {owed[most] / owed.sum():.0%} of all exposures ({money(owed[most])} of "
            f"{money(owed.sum())} USD bn); the largest is that of {nodes.name[row]} to {nodes.name[column]}, "
            f"{money(amounts[row, column])}.")  # fmt: skip
