"""What a map shows and where: its discs, its links, and the page that they stand on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.ecosystem import Ecosystem
from experiments.figures.canvas import blank, caption_height, head_height, page, panel
from experiments.figures.curves import Stroke, draw_strokes
from experiments.figures.layout import Layout, arrange
from experiments.figures.nodes import Nodes, fold
from experiments.figures.palette import FAMILY_COLOURS, FAMILY_STYLES, faded
from experiments.figures.sheet import width_of
from experiments.figures.ties import FAMILIES, Link, Ties, merge, ties_of

# By columns of print. The ring gets narrower and not lower, so that names at its sides keep their room.
_ACROSS = {1: 0.42, 2: 1.0}
SLACK = {1: 0.1, 2: 0.0}  # inches that names may reach into the margin
_WIDEST = {1: 4.0, 2: 7.0}  # points
_LEAST = {1: 0.02, 2: 0.006}  # the smallest link drawn, as a share of the largest
_REACH, _TALL = {1: 1.58, 2: 3.13}, 2.74  # half of the map, inches
_MOST = 140  # links drawn
_CROWD = 48  # with more discs than this, some hang loose
_ORDER = ("debt", "chips", "ownership", "users", "compute")  # the circle itself lies on top
_FADING = 2.2  # points; thinner links fade, so that the large ones are seen first
_ASIDE = 2.5  # lanes between what is only signed and what has begun
_QUIET = "#CCCCCC"  # links where shades of discs are what matters


@dataclass(frozen=True)
class Drawing:
    """What the map shows: discs, their places, the links drawn, and those too small to see; for `columns` of print."""

    nodes: Nodes
    layout: Layout
    ties: Ties
    links: list[Link]
    small: list[Link]
    columns: int


def value_of(ecosystem: Ecosystem) -> np.ndarray:
    """Equity value of each firm before any shock, float64 (firms,)."""
    from abm.stress_testing import stress

    return stress(ecosystem, []).value_before[:, 0]


def plan_map(ecosystem: Ecosystem, value: np.ndarray, also: np.ndarray | None = None, columns: int = 2) -> Drawing:
    """Decide what to draw. Firms without ties and value (empty vehicles) are left out, unless in `also` (bool).

    Without `also`, the small firms of a crowded kind are one disc, so that no money is left out for lack of room.
    """
    width_of(columns)
    ties = ties_of(ecosystem, value)
    shown = (value > 0.0) if also is None else (value > 0.0) | also
    shown[ties.payer] = shown[ties.receiver] = True
    nodes = fold(ecosystem, shown)
    if also is None and len(nodes) > _CROWD:
        nodes = fold(ecosystem, shown, value)
    links = merge(ties, nodes)
    chosen = _choose(links, len(nodes), columns)
    large = [link for place, link in enumerate(links) if place in chosen]
    small = [link for place, link in enumerate(links) if place not in chosen]
    return Drawing(nodes, arrange(nodes, nodes.total(value), _ACROSS[columns]), ties, large, small, columns)


def _choose(links: list[Link], discs: int, columns: int) -> set[int]:
    """The links worth drawing: the large ones, and the largest of each disc, unless there are too many discs."""
    chosen, tied = set(), set()
    everyone = discs <= _CROWD and columns == 2
    for place, link in enumerate(links):
        large = place < _MOST and link.amount >= _LEAST[columns] * links[0].amount
        if large or (everyone and not {link.source, link.target} <= tied):
            chosen.add(place)
        tied |= {link.source, link.target}
    return chosen


def lay_out(
    drawing: Drawing, title: str, told: str, text: str, key: float, quiet: bool = False
) -> tuple[Figure, Axes, float]:
    """A page with all links on it, its axes in inches of the layout, and the height in inches at which the room for the
    `key` begins, above that for a caption as long as `text`. The links of a `quiet` map are grey."""
    wide, reach = width_of(drawing.columns), _REACH[drawing.columns]
    foot, head = caption_height(text, wide), head_height(title, told, wide)
    figure = page(head + 2 * _TALL + key + foot, title, told, wide)
    axes = blank(panel(figure, wide / 2 - reach, foot + key, 2 * reach, 2 * _TALL), (-reach, reach, -_TALL, _TALL))
    ordered = sorted(drawing.links, key=lambda link: (_ORDER.index(link.family), link.amount))
    draw_strokes(axes, drawing.layout, [stroke_of(drawing, each, quiet) for each in ordered])
    return figure, axes, foot


def stroke_of(drawing: Drawing, link: Link, quiet: bool = False) -> Stroke:
    """How a link is drawn: in the colour of its family and hollow until it begins, or grey."""
    width = link_width(link.amount, drawing.links[0].amount, drawing.columns)
    strength, lane = min(1.0, 0.3 + 0.7 * width / _FADING), FAMILIES.index(link.family) - 2 + _ASIDE * (not link.begun)
    if quiet:
        return Stroke(link.source, link.target, faded(_QUIET, strength), width, "-", lane)
    colour, style = faded(FAMILY_COLOURS[link.family], strength), FAMILY_STYLES[link.family]
    return Stroke(link.source, link.target, colour, width, style, lane, not link.begun)


def link_width(amount: float, largest: float, columns: int = 2) -> float:
    """Width of a link in points; the root keeps small links visible beside large ones."""
    return max(0.45, _WIDEST[columns] * np.sqrt(amount / largest))


def unnamed(drawing: Drawing, named: int | None = None) -> str:
    """How many discs have no name for lack of room; as many as can be before they are placed."""
    left = len(drawing.nodes) - (0 if named is None else named)
    return f"{left} of {len(drawing.nodes)} discs {'has' if left == 1 else 'have'} no room for a name." if left else ""
