"""The opening network for the page: where discs, names and links lie, in units of the drawing, and how discs are tied.

The places are those of the printed map (`experiments.figures`), so that a reader finds every firm where it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.results import RunResult
from experiments.figures.canvas import blank, page, panel
from experiments.figures.curves import Stroke, point_of
from experiments.figures.discs import boxes_of
from experiments.figures.drawing import Drawing, link_width
from experiments.figures.labels import Label, place_labels
from experiments.figures.layout import Layout
from experiments.figures.living_cascade import map_of
from experiments.figures.palette import KIND_NAMES
from experiments.figures.style import drawn
from experiments.figures.ties import FAMILIES, Link
from experiments.figures.words import lines

UNIT = 100.0  # units of the drawing an inch of the printed map
_LEFT, _RIGHT, _TALL = -3.7, 3.13, 2.74  # reach of the map, inches; names of lenders and vehicles are long
_NARROW = (-2.75, 2.75)  # on a narrow screen
_LONGEST, _NAMED = 30, 80  # characters of a name; discs of which the names are tried, the largest first
_GAP, _ASIDE = 0.02, 2.5  # inches free before a disc; lanes between what is only signed and what has begun
_TIP, _BROAD_TIP, _BROAD = 0.06, 0.12, 3.0  # inches of an arrow head; units of width from which it is the broad one
_FADING = 2.2  # points; thinner links fade, as on the printed map
_SIDES = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, 1.0), "bottom": (0.0, -1.0)}
_BASELINE = {"bottom": 0.2, "center": -0.35, "top": -0.8}  # of the first line above its anchor, in sizes of the letters


@dataclass(frozen=True)
class Network:
    """What the page draws; `drawing` holds discs, places and links, `short` a few letters for each disc."""

    drawing: Drawing
    short: tuple[str, ...]
    view: tuple[float, float, float, float]
    narrow_view: tuple[float, float, float, float]
    names: dict[str, list[dict]]  # of a wide and a narrow screen
    discs: list[dict]
    links: list[dict]


def network_of(run: RunResult) -> Network:
    """Discs (groups of firms that were split are one), their names for two widths of the screen, and all links."""
    drawing, eco = map_of(run), run.ecosystem
    members = [np.flatnonzero(drawing.nodes.of == each) for each in range(len(drawing.nodes))]
    short = tuple("users" if rows[0] == eco.rest_of_world else eco.id[rows[0]] if len(rows) == 1 else
                  eco.group[rows[0]] for rows in members)  # fmt: skip
    discs = [
        {"x": _x(x), "y": _y(y), "r": round(radius * UNIT, 1), "kind": kind, "name": name, "short": brief}
        for (x, y), radius, kind, name, brief in zip(
            drawing.layout.at, drawing.layout.radius, drawing.nodes.kind, drawing.nodes.name, short, strict=True)
    ]  # fmt: skip
    order = sorted([*drawing.links, *drawing.small], key=lambda each: each.amount)
    largest = max((each.amount for each in order), default=1.0)
    return Network(
        drawing, short, _view(_LEFT, _RIGHT), _view(*_NARROW),
        {"wide": _names(drawing, [lines(each, _LONGEST, 1) for each in drawing.nodes.name], 7.0, _LEFT, _RIGHT),
         "narrow": _names(drawing, short, 11.0, *_NARROW)},
        discs, [_link(drawing, each, largest) for each in order],
    )  # fmt: skip


def _view(left: float, right: float) -> tuple[float, float, float, float]:
    return _x(left), 0.0, round((right - left) * UNIT, 1), 2 * _TALL * UNIT


def arc(layout: Layout, source: int, target: int, lane: float, tip: float = _BROAD_TIP) -> str:
    """The path of a link or a hit, from the edge of a disc to the foot of an arrow head before another."""
    start, end = layout.at[source], layout.at[target]
    middle = point_of(layout, Stroke(source, target, "#000000", 1.0, "-", lane), 0.5)
    bend = 2.0 * middle - (start + end) / 2.0
    start, bend, end = _cut(start, bend, end, layout.radius[target] + _GAP + tip)
    end, bend, start = _cut(end, bend, start, layout.radius[source] + _GAP)
    return (f"M{_x(start[0])} {_y(start[1])}Q{_x(bend[0])} {_y(bend[1])} {_x(end[0])} {_y(end[1])}")


def _cut(start, bend, end, radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A quadratic curve until it comes within `radius` of its end (de Casteljau)."""
    at = np.linspace(0.0, 1.0, 65)[:, None]
    points = (1 - at) ** 2 * start + 2 * at * (1 - at) * bend + at**2 * end
    outside = np.flatnonzero(np.hypot(*(points - end).T) > radius)
    part = float(at[outside[-1], 0]) if outside.size and outside[-1] else 1.0
    first = start + part * (bend - start)
    return start, first, first + part * (bend + part * (end - bend) - first)


def _link(drawing: Drawing, link: Link, largest: float) -> dict:
    lane = FAMILIES.index(link.family) - 2 + _ASIDE * (not link.begun)
    points = link_width(link.amount, largest)
    width, strength = round(points * UNIT / 72.0, 1), min(1.0, 0.3 + 0.7 * points / _FADING)
    broad = width >= _BROAD
    return {
        "source": link.source, "target": link.target, "family": link.family, "begun": link.begun,
        "amount": link.amount, "width": width, "opacity": round(strength * (1.0 if link.begun else 0.5), 2),
        "broad": broad, "small": link in drawing.small,
        "path": arc(drawing.layout, link.source, link.target, lane, _BROAD_TIP if broad else _TIP),
    }  # fmt: skip


@drawn
def _names(drawing: Drawing, names, size: float, left: float, right: float) -> list[dict]:
    """Headings and names that do not touch each other, as the printed map places them; those without room are left
    out."""
    layout = drawing.layout
    figure = page(2 * _TALL, "")
    axes = blank(panel(figure, 0.0, 0.0, right - left, 2 * _TALL), (left, right, -_TALL, _TALL))
    headings = [
        Label(KIND_NAMES[kind], (x, y), _SIDES[side], 0.0,
              {"fontsize": size + 1.0, "fontweight": "bold", "gid": f"heading {kind}"})
        for kind, (x, y, side) in layout.headings.items()
    ]  # fmt: skip
    ranked = sorted(range(len(names)), key=lambda each: (-layout.radius[each], each))
    labels = [
        Label(names[each], tuple(layout.at[each]), tuple(layout.away[each]), layout.radius[each] + 0.04,
              {"fontsize": size, "gid": str(each)})
        for each in ranked[:_NAMED]
    ]  # fmt: skip
    return [_text(each) for each in place_labels(axes, [*headings, *labels], boxes_of(layout))]


def _text(text) -> dict:
    """A text of a figure, for SVG: baselines of its lines."""
    (x, y), letters = text.get_position(), text.get_fontsize() * UNIT / 72.0
    lines = text.get_text().split("\n")
    rise = {"bottom": len(lines) - 1, "center": (len(lines) - 1) / 2, "top": 0.0}[text.get_va()]
    first = _y(y) - letters * (rise + _BASELINE[text.get_va()])
    anchor = {"left": "start", "center": "middle", "right": "end"}[text.get_ha()]
    disc = text.get_gid()
    return {
        "x": _x(x), "anchor": anchor, "size": round(letters, 1), "disc": int(disc) if disc.isdigit() else None,
        "lines": [(round(first + place * letters, 1), line) for place, line in enumerate(lines)],
    }  # fmt: skip


def _x(inches: float) -> float:
    return round(float((inches - _LEFT) * UNIT), 1)


def _y(inches: float) -> float:
    return round(float((_TALL - inches) * UNIT), 1)
