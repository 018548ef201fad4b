"""The map of the opening network: who pays, owes and owns what, round the circle."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.ecosystem import Ecosystem
from experiments.figures.canvas import MARGIN, panel, told_in, write_caption
from experiments.figures.curves import point_of
from experiments.figures.discs import boxes_of, draw_discs, draw_headings, firm_labels
from experiments.figures.drawing import SLACK, Drawing, lay_out, plan_map, stroke_of, unnamed, value_of
from experiments.figures.key import HEIGHT, draw_key
from experiments.figures.labels import place_labels
from experiments.figures.palette import INK, PAPER, SMALL
from experiments.figures.sheet import width_of
from experiments.figures.style import drawn
from experiments.figures.ties import Link, assumed_part, contingent
from experiments.figures.words import money

_CLOUDS = ("hyperscaler", "operator", "vehicle")
# The circle, leg by leg: family of links, kinds of who pays and of who receives, what is said of all of them.
_LEGS = (
    ("compute", ("ai_lab",), _CLOUDS, "AI labs have promised clouds {} for compute"),
    ("chips", None, ("chipmaker",), "chipmakers sell chips for {} a year"),
    ("ownership", (*_CLOUDS, "chipmaker"), ("ai_lab",), "clouds and chipmakers own {} of the labs"),
)
_BADGES, _APART = (0.6, 0.45, 0.75, 0.3), 0.3  # where on its link a number may stand; inches between numbers
_BADGE = {"boxstyle": "circle,pad=0.25", "facecolor": INK, "edgecolor": PAPER}


@drawn
def network(ecosystem: Ecosystem, value: np.ndarray | None = None, columns: int = 2) -> Figure:
    """The opening network as a picture. `value` is each firm's equity (firms,), worked out where not given."""
    value = value_of(ecosystem) if value is None else np.asarray(value, float)
    drawing, wide = plan_map(ecosystem, value, columns=columns), width_of(columns)
    size, title = drawing.nodes.total(value), f"The circle of money at the end of {ecosystem.opening}"
    text, told = describe(ecosystem, drawing), told_in(_story(drawing), wide)
    figure, axes, foot = lay_out(drawing, title, told, f"{text} {unnamed(drawing)}", HEIGHT[columns])
    draw_discs(axes, drawing.nodes, drawing.layout)
    taken = draw_headings(axes, drawing.layout, columns) + boxes_of(drawing.layout)
    taken += _number_legs(axes, drawing)
    names = place_labels(axes, firm_labels(drawing.nodes, drawing.layout, size, columns), taken, SLACK[columns])
    write_caption(figure, f"{text} {unnamed(drawing, len(names))}")
    draw_key(panel(figure, MARGIN, foot, wide - 2 * MARGIN, HEIGHT[columns]), drawing, size)
    return figure


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
    circle = f"USD bn: {', '.join(parts)}. " if parts else ""
    return f"{circle}Arrows follow the money, from who pays, lends or invests."


def _number_legs(axes: Axes, drawing: Drawing) -> list[tuple[float, float, float, float]]:
    """The numbers of the sentence, each on the largest link of its leg, off each other; returns the boxes taken."""
    taken: list[np.ndarray] = []
    for number, (_, links) in enumerate(_legs(drawing), 1):
        largest = next((link for link in drawing.links if link in links), None)
        if largest is not None:
            spots = [point_of(drawing.layout, stroke_of(drawing, largest), part) for part in _BADGES]
            free = [each for each in spots if all(np.hypot(*(each - other)) > _APART for other in taken)]
            taken.append((free or spots)[0])
            axes.text(*taken[-1], str(number), fontsize=SMALL, fontweight="bold", color=PAPER, ha="center",
                      va="center", zorder=7, bbox=_BADGE)  # fmt: skip
    return [(*(each - _APART / 3), *(each + _APART / 3)) for each in taken]


def describe(ecosystem: Ecosystem, drawing: Drawing) -> str:
    """What the map shows and leaves out."""
    everything = sum(link.amount for link in [*drawing.links, *drawing.small])
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
    parts.append(f"{assumed_part(drawing.ties):.0%} of all amounts are graded assumed.")
    return " ".join(parts)
