"""The map of the opening network: who pays, owes and owns what, round the circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from abm.ecosystem import Ecosystem
from experiments.figures.canvas import MARGIN, WIDTH, blank, page, panel, wrapped_caption, write_caption
from experiments.figures.curves import Stroke, draw_strokes
from experiments.figures.discs import draw_discs, draw_headings, firm_labels
from experiments.figures.labels import place_labels
from experiments.figures.layout import Layout, arrange
from experiments.figures.nodes import Nodes, fold
from experiments.figures.palette import FAMILY_COLOURS, FAMILY_NAMES, INK, SMALL
from experiments.figures.ties import FAMILIES, Link, Ties, contingent, merge, ties_of
from experiments.figures.words import money

_REACH = (-3.13, 3.13, -3.0, 3.0)
_WIDEST = 6.5  # points
_MOST, _LEAST = 170, 0.002  # links drawn, and the smallest as a share of the largest


@dataclass(frozen=True)
class Drawing:
    """What the map shows: discs, their places, the links drawn, and those too small to see."""

    nodes: Nodes
    layout: Layout
    ties: Ties
    links: list[Link]
    small: list[Link]


def value_of(ecosystem: Ecosystem) -> np.ndarray:
    """Equity value of each firm before any shock, float64 (firms,)."""
    from abm.stress import stress

    return stress(ecosystem, []).value_before[:, 0]


def plan_map(ecosystem: Ecosystem, value: np.ndarray) -> Drawing:
    """Decide what to draw. Firms without ties and value (empty vehicles) are left out."""
    ties = ties_of(ecosystem, value)
    drawn = value > 0.0
    drawn[ties.payer] = drawn[ties.receiver] = True
    nodes = fold(ecosystem, drawn)
    links = merge(ties, nodes)
    least = _LEAST * links[0].amount if links else 0.0
    large = [each for each in links[:_MOST] if each.amount >= least]
    return Drawing(nodes, arrange(nodes, nodes.total(value)), ties, large, links[len(large) :])


def network(ecosystem: Ecosystem, value: np.ndarray | None = None) -> Figure:
    """The opening network as a picture. `value` is each firm's equity (firms,), worked out where not given."""
    value = value_of(ecosystem) if value is None else np.asarray(value, float)
    drawing = plan_map(ecosystem, value)
    text, foot = wrapped_caption(_caption(ecosystem, drawing))
    key, head, tall = 0.78, 0.62, _REACH[3] - _REACH[2]
    figure = page(head + tall + key + foot, f"The circle of AI money at the end of {ecosystem.opening}",
                  "Arrows follow the money: from who pays, lends or invests to who receives")  # fmt: skip
    write_caption(figure, text.replace("\n", " "))
    axes = blank(panel(figure, (WIDTH - 2 * _REACH[1]) / 2, foot + key, 2 * _REACH[1], tall), _REACH)
    _draw_links(axes, drawing)
    draw_discs(axes, drawing.nodes, drawing.layout)
    taken = draw_headings(axes, drawing.layout)
    place_labels(axes, firm_labels(drawing.nodes, drawing.layout, nodes_size(drawing, value)), taken)
    _draw_key(panel(figure, MARGIN, foot, WIDTH - 2 * MARGIN, key), drawing)
    return figure


def nodes_size(drawing: Drawing, value: np.ndarray) -> np.ndarray:
    """Equity value by disc."""
    return drawing.nodes.total(value)


def _width(amount: float, largest: float) -> float:
    """Points; the root keeps small links visible beside large ones."""
    return max(0.45, _WIDEST * np.sqrt(amount / largest))


def _draw_links(axes: Axes, drawing: Drawing) -> None:
    largest = drawing.links[0].amount if drawing.links else 1.0
    draw_strokes(axes, drawing.layout, [
        Stroke(link.source, link.target, FAMILY_COLOURS[link.family], _width(link.amount, largest),
               "-", FAMILIES.index(link.family) - 2, not link.begun)
        for link in drawing.links
    ])  # fmt: skip


def _caption(ecosystem: Ecosystem, drawing: Drawing) -> str:
    ties, everything = drawing.ties, sum(link.amount for link in [*drawing.links, *drawing.small])
    assumed = float(ties.amount[ties.assumed].sum()) / max(float(ties.amount.sum()), 1e-12)
    parts = [f"Ecosystem {ecosystem.name}, balance sheets of {ecosystem.opening}; illustrative."]
    parts.append("Discs: equity value before any shock. Widths grow with the root of the amount.")
    if drawing.small:
        missing = sum(link.amount for link in drawing.small)
        share = missing / everything
        parts.append(f"{len(drawing.small)} links too small to see are left out: {money(missing)} of {money(everything)} "
                     f"USD bn ({share:.1%}).")  # fmt: skip
    skipped = contingent(ecosystem).size
    if skipped:
        parts.append(f"Not drawn: {skipped} guarantees, backstops, warrants and subsidies.")
    absent = int((drawing.nodes.of < 0).sum())
    if absent:
        parts.append(f"{absent} firms without ties and assets are left out.")
    parts.append(f"{assumed:.0%} of all amounts are graded assumed.")
    return " ".join(parts)


def _draw_key(axes: Axes, drawing: Drawing) -> None:
    """Families with their totals, and what widths and hollow links mean."""
    axes.set_axis_off()
    links = [*drawing.links, *drawing.small]
    entries = []
    for family in FAMILIES:
        total = sum(link.amount for link in links if link.family == family)
        if total > 0.0:
            entries.append((FAMILY_COLOURS[family], 3.5, f"{FAMILY_NAMES[family]}: {money(total)}"))
    if entries:
        handles = [Line2D([], [], color=colour, linewidth=width) for colour, width, _ in entries]
        first = axes.legend(handles, [name for *_, name in entries], loc="upper left", ncols=3, fontsize=SMALL, frameon=False,
                            borderpad=0, borderaxespad=0, handlelength=1.6, columnspacing=1.4, labelcolor=INK,
                            title="USD bn", title_fontsize=SMALL, alignment="left")  # fmt: skip
        axes.add_artist(first)
