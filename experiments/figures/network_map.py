"""The map of the opening network: who pays, owes and owns what, round the circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.ecosystem import Ecosystem
from experiments.figures.canvas import MARGIN, WIDTH, blank, caption_height, page, panel, write_caption
from experiments.figures.curves import Stroke, draw_strokes, point_of
from experiments.figures.discs import boxes_of, draw_discs, draw_headings, firm_labels
from experiments.figures.key import draw_key
from experiments.figures.labels import place_labels
from experiments.figures.layout import Layout, arrange
from experiments.figures.nodes import Nodes, fold
from experiments.figures.palette import FAMILY_COLOURS, FAMILY_STYLES, INK, PAPER, SMALL, faded
from experiments.figures.style import drawn
from experiments.figures.ties import FAMILIES, Link, Ties, contingent, merge, ties_of
from experiments.figures.words import lines, money

_REACH = (-3.13, 3.13, -2.74, 2.74)
_WIDEST = 7.0  # points
_MOST, _LEAST = 140, 0.006  # links drawn, and the smallest as a share of the largest
_CROWD = 48  # with more discs than this, some hang loose
_ORDER = ("debt", "chips", "ownership", "users", "compute")  # the circle itself lies on top
_FADING = 2.2  # points; thinner links fade, so that the large ones are seen first
_CLOUDS = ("hyperscaler", "operator", "vehicle")
# The circle, leg by leg: family of links, kinds of who pays and of who receives, what is said of all of them.
_LEGS = (
    ("compute", ("ai_lab",), _CLOUDS, "AI labs have promised clouds {} for compute"),
    ("chips", None, ("chipmaker",), "chipmakers sell chips for {} a year"),
    ("ownership", (*_CLOUDS, "chipmaker"), ("ai_lab",), "clouds and chipmakers own {} of the labs"),
)
_BADGES, _APART = (0.6, 0.45, 0.75, 0.3), 0.3  # where on its link a number may stand; inches between numbers
_BADGE = {"boxstyle": "circle,pad=0.25", "facecolor": INK, "edgecolor": PAPER}
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
    """Decide what to draw. Firms without ties and value (empty vehicles) are left out, unless in `also` (bool).

    Without `also`, the small firms of a crowded kind are one disc, so that no money is left out for lack of room.
    """
    ties = ties_of(ecosystem, value)
    shown = (value > 0.0) if also is None else (value > 0.0) | also
    shown[ties.payer] = shown[ties.receiver] = True
    nodes = fold(ecosystem, shown)
    if also is None and len(nodes) > _CROWD:
        nodes = fold(ecosystem, shown, value)
    links = merge(ties, nodes)
    chosen = _choose(links, len(nodes))
    large = [link for place, link in enumerate(links) if place in chosen]
    small = [link for place, link in enumerate(links) if place not in chosen]
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


@drawn
def network(ecosystem: Ecosystem, value: np.ndarray | None = None) -> Figure:
    """The opening network as a picture. `value` is each firm's equity (firms,), worked out where not given."""
    value = value_of(ecosystem) if value is None else np.asarray(value, float)
    drawing = plan_map(ecosystem, value)
    size, title = drawing.nodes.total(value), f"The circle of money at the end of {ecosystem.opening}"
    figure, axes, foot = lay_out(drawing, title, _story(drawing), describe(ecosystem, drawing), _KEY)
    draw_discs(axes, drawing.nodes, drawing.layout)
    taken = draw_headings(axes, drawing.layout) + boxes_of(drawing.layout)
    place_labels(axes, firm_labels(drawing.nodes, drawing.layout, size), taken)
    _number_legs(axes, drawing)
    draw_key(panel(figure, MARGIN, foot, WIDTH - 2 * MARGIN, _KEY), drawing, size, link_width)
    return figure


def lay_out(
    drawing: Drawing, title: str, told: str, text: str, key: float, strength: float = 1.0
) -> tuple[Figure, Axes, float]:
    """A page with all links on it, its axes in inches of the layout, and the height in inches at which the room for the
    `key` begins; links are drawn in `strength` of their colour."""
    foot, tall = caption_height(text), _REACH[3] - _REACH[2]
    figure = page(_HEAD + tall + key + foot, title, told)
    write_caption(figure, text)
    axes = blank(panel(figure, (WIDTH - 2 * _REACH[1]) / 2, foot + key, 2 * _REACH[1], tall), _REACH)
    draw_strokes(axes, drawing.layout, _strokes(drawing, strength))
    return figure, axes, foot


def _legs(drawing: Drawing) -> list[tuple[str, list[Link]]]:
    """What is said of each leg of the circle, and its links; legs without any are left out."""
    kind, found = drawing.nodes.kind, []
    for family, payers, receivers, said in _LEGS:
        links = [
            link for link in [*drawing.links, *drawing.small]
            if link.family == family and kind[link.target] in receivers
            and (payers is None or kind[link.source] in payers)
        ]  # fmt: skip
        if links:
            found.append((said.format(money(sum(link.amount for link in links))), links))
    return found


def _story(drawing: Drawing) -> str:
    """The circle in one sentence, from the amounts drawn and not drawn."""
    parts = [f"({number}) {said}" for number, (said, _) in enumerate(_legs(drawing), 1)]
    circle = lines(f"USD bn: {', '.join(parts)}." if parts else "", 98)
    return f"{circle}\nArrows follow the money, from who pays, lends or invests.".strip()


def _number_legs(axes: Axes, drawing: Drawing) -> None:
    """The numbers of the sentence, each on the largest link of its leg, off each other."""
    taken: list[np.ndarray] = []
    for number, (_, links) in enumerate(_legs(drawing), 1):
        largest = next((link for link in drawing.links if link in links), None)
        if largest is not None:
            spots = [point_of(drawing.layout, _stroke(drawing, largest), part) for part in _BADGES]
            free = [each for each in spots if all(np.hypot(*(each - other)) > _APART for other in taken)]
            taken.append((free or spots)[0])
            axes.text(*taken[-1], str(number), fontsize=SMALL, fontweight="bold", color=PAPER, ha="center",
                      va="center", zorder=7, bbox=_BADGE)  # fmt: skip


def link_width(amount: float, largest: float) -> float:
    """Width of a link in points; the root keeps small links visible beside large ones."""
    return max(0.45, _WIDEST * np.sqrt(amount / largest))


def _strokes(drawing: Drawing, strength: float) -> list[Stroke]:
    """All links, the circle itself last and so on top."""
    ordered = sorted(drawing.links, key=lambda link: (_ORDER.index(link.family), link.amount))
    return [_stroke(drawing, link, strength) for link in ordered]


def _stroke(drawing: Drawing, link: Link, strength: float = 1.0) -> Stroke:
    width = link_width(link.amount, drawing.links[0].amount)
    colour = faded(FAMILY_COLOURS[link.family], strength * min(1.0, 0.3 + 0.7 * width / _FADING))
    lane, style = FAMILIES.index(link.family) - 2 + _ASIDE * (not link.begun), FAMILY_STYLES[link.family]
    return Stroke(link.source, link.target, colour, width, style, lane, not link.begun)


def describe(ecosystem: Ecosystem, drawing: Drawing) -> str:
    """What the map shows and leaves out."""
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
