"""The map of the opening network: who pays, owes and owns what, round the circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.ecosystem import Ecosystem
from experiments.figures.canvas import MARGIN, WIDTH, blank, caption_height, page, panel, write_caption
from experiments.figures.curves import Stroke, draw_strokes
from experiments.figures.discs import boxes_of, draw_discs, draw_headings, firm_labels
from experiments.figures.key import draw_key
from experiments.figures.labels import place_labels
from experiments.figures.layout import Layout, arrange
from experiments.figures.nodes import Nodes, fold
from experiments.figures.palette import FAMILY_COLOURS, FAMILY_STYLES, faded
from experiments.figures.ties import FAMILIES, Link, Ties, contingent, merge, ties_of
from experiments.figures.words import lines, money

_REACH = (-3.13, 3.13, -2.74, 2.74)
_WIDEST = 7.0  # points
_MOST, _LEAST = 140, 0.006  # links drawn, and the smallest as a share of the largest
_CROWD = 48  # with more discs than this, some hang loose
_ORDER = ("debt", "chips", "ownership", "users", "compute")  # the circle itself lies on top
_FADING = 2.2  # points; thinner links fade, so that the large ones are seen first
_ASIDE = 2.5  # lanes between what is only signed and what has begun
_KEY, _HEAD = 0.86, 0.72  # inches for the key below and the titles above


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
    from abm.stress_testing import stress

    return stress(ecosystem, []).value_before[:, 0]


def plan_map(ecosystem: Ecosystem, value: np.ndarray, also: np.ndarray | None = None) -> Drawing:
    """Decide what to draw. Firms without ties and value (empty vehicles) are left out, unless in `also` (bool)."""
    ties = ties_of(ecosystem, value)
    drawn = (value > 0.0) if also is None else (value > 0.0) | also
    drawn[ties.payer] = drawn[ties.receiver] = True
    nodes = fold(ecosystem, drawn)
    links = merge(ties, nodes)
    shown = _choose(links, len(nodes))
    large = [link for place, link in enumerate(links) if place in shown]
    small = [link for place, link in enumerate(links) if place not in shown]
    return Drawing(nodes, arrange(nodes, nodes.total(value)), ties, large, small)


def _choose(links: list[Link], discs: int) -> set[int]:
    """The links worth drawing: the large ones, and the largest of each disc, unless there are too many discs."""
    chosen, tied = set(), set()
    everyone = discs <= _CROWD
    for place, link in enumerate(links):
        large = place < _MOST and link.amount >= _LEAST * links[0].amount
        if large or (everyone and not {link.source, link.target} <= tied):
            chosen.add(place)
        tied |= {link.source, link.target}
    return chosen


def network(ecosystem: Ecosystem, value: np.ndarray | None = None) -> Figure:
    """The opening network as a picture. `value` is each firm's equity (firms,), worked out where not given."""
    value = value_of(ecosystem) if value is None else np.asarray(value, float)
    drawing = plan_map(ecosystem, value)
    size = drawing.nodes.total(value)
    text = _caption(ecosystem, drawing)
    foot, tall = caption_height(text), _REACH[3] - _REACH[2]
    figure = page(_HEAD + tall + _KEY + foot, f"The circle of money at the end of {ecosystem.opening}", _story(drawing))
    write_caption(figure, text)
    axes = blank(panel(figure, (WIDTH - 2 * _REACH[1]) / 2, foot + _KEY, 2 * _REACH[1], tall), _REACH)
    _draw_links(axes, drawing)
    draw_discs(axes, drawing.nodes, drawing.layout)
    taken = draw_headings(axes, drawing.layout) + boxes_of(drawing.layout)
    place_labels(axes, firm_labels(drawing.nodes, drawing.layout, size), taken)
    draw_key(panel(figure, MARGIN, foot, WIDTH - 2 * MARGIN, _KEY), drawing, size, _width)
    return figure


def _story(drawing: Drawing) -> str:
    """The circle in one sentence, from the amounts drawn and not drawn."""
    kind, clouds = drawing.nodes.kind, ("hyperscaler", "operator", "vehicle")
    paid = {"compute": 0.0, "chips": 0.0, "ownership": 0.0}
    for link in [*drawing.links, *drawing.small]:
        ends = kind[link.source], kind[link.target]
        counted = {
            "compute": ends[0] == "ai_lab" and ends[1] in clouds,
            "chips": ends[1] == "chipmaker",
            "ownership": ends[0] in (*clouds, "chipmaker") and ends[1] == "ai_lab",
        }
        if counted.get(link.family):
            paid[link.family] += link.amount
    said = {
        "compute": "AI labs have promised clouds {} for compute",
        "chips": "chipmakers sell chips for {} a year",
        "ownership": "clouds and chipmakers own {} of the labs",
    }
    parts = [said[family].format(money(amount)) for family, amount in paid.items() if amount > 0.0]
    circle = lines(f"USD bn: {', '.join(parts)}." if parts else "", 98)
    return f"{circle}\nArrows follow the money, from who pays, lends or invests.".strip()


def _width(amount: float, largest: float) -> float:
    """Points; the root keeps small links visible beside large ones."""
    return max(0.45, _WIDEST * np.sqrt(amount / largest))


def _draw_links(axes: Axes, drawing: Drawing) -> None:
    largest = drawing.links[0].amount if drawing.links else 1.0
    strokes = []
    for link in sorted(drawing.links, key=lambda link: (_ORDER.index(link.family), link.amount)):
        width = _width(link.amount, largest)
        colour = faded(FAMILY_COLOURS[link.family], min(1.0, 0.3 + 0.7 * width / _FADING))
        lane, style = FAMILIES.index(link.family) - 2 + _ASIDE * (not link.begun), FAMILY_STYLES[link.family]
        strokes.append(Stroke(link.source, link.target, colour, width, style, lane, not link.begun))
    draw_strokes(axes, drawing.layout, strokes)


def _caption(ecosystem: Ecosystem, drawing: Drawing) -> str:
    ties, everything = drawing.ties, sum(link.amount for link in [*drawing.links, *drawing.small])
    assumed = float(ties.amount[ties.assumed].sum()) / max(float(ties.amount.sum()), 1e-12)
    parts = [f"Ecosystem {ecosystem.name}, balance sheets of {ecosystem.opening}; illustrative."]
    if drawing.small:
        missing = sum(link.amount for link in drawing.small)
        share = missing / everything
        parts.append(f"{len(drawing.small)} links too small to see are left out: {money(missing)} of "
                     f"{money(everything)} USD bn ({share:.1%}).")  # fmt: skip
    skipped = contingent(ecosystem).size
    if skipped:
        parts.append(f"Not drawn: {skipped} guarantees, backstops, warrants and subsidies.")
    absent = int((drawing.nodes.of < 0).sum())
    if absent:
        parts.append(f"{absent} firms without ties and assets are left out.")
    parts.append(f"{assumed:.0%} of all amounts are graded assumed.")
    return " ".join(parts)
