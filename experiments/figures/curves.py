"""Curved links with a width and an arrow head, drawn in one go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from experiments.figures.layout import Layout
from experiments.figures.palette import HOLLOW, PAPER, faded

_POINTS = 28
_INCH = 72.0  # points


@dataclass(frozen=True)
class Stroke:
    """One link to draw: `width` in points, `lane` keeps parallel links apart, `hollow` has a pale inside."""

    source: int
    target: int
    colour: str
    width: float
    style: str | tuple = "-"
    lane: float = 0.0
    hollow: bool = False


def draw_strokes(axes: Axes, layout: Layout, strokes: list[Stroke], scale: float = 1.0) -> None:
    """Draw `strokes` in order, the last on top; `scale` is inches on paper per inch of the layout."""
    lines, colours, widths, styles, heads, faces = [], [], [], [], [], []
    for each in strokes:
        line, head = _shape(layout, each, scale)
        # A white edge under each line shows which of two crossing lines is which.
        passes = [(PAPER, each.width + 1.0, "-"), (each.colour, each.width, each.style)]
        if each.hollow:
            wide = max(each.width, 1.6)
            passes = [passes[0], (each.colour, wide, "-"), (faded(each.colour, HOLLOW), wide - 1.1, "-")]
        for colour, width, style in passes:
            lines.append(line)
            colours.append(colour)
            widths.append(width)
            styles.append(style)
        heads.append(head)
        faces.append(each.colour)
    axes.add_collection(
        LineCollection(lines, colors=colours, linewidths=widths, linestyles=styles, capstyle="butt", zorder=2),
        autolim=False,
    )
    tips = PolyCollection(heads, facecolors=faces, edgecolors=PAPER, linewidths=0.3, zorder=3)
    axes.add_collection(tips, autolim=False)


def point_of(layout: Layout, stroke: Stroke, part: float) -> np.ndarray:
    """Where a link is after `part` of its way, x and y."""
    return _curve(layout, stroke, np.array([[part]]))[0]


def _curve(layout: Layout, stroke: Stroke, t: np.ndarray) -> np.ndarray:
    """Points of the line from centre to centre at `t` (points, 1), 0 to 1."""
    start, end = layout.at[stroke.source], layout.at[stroke.target]
    along = end - start
    distance = float(np.hypot(*along)) or 1e-9
    side = np.array([-along[1], along[0]]) / distance
    # Links bend towards the middle, near neighbours most, and to their own right, so that a pair's two directions part.
    pull = 0.28 + 0.22 * max(0.0, 1.0 - distance / 3.5)
    bend = (start + end) / 2 * (1.0 - pull) - side * (0.05 * distance + 0.07 * stroke.lane)
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end


def _shape(layout: Layout, stroke: Stroke, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Centre line and arrow head of a link."""
    start, end = layout.at[stroke.source], layout.at[stroke.target]
    points = _curve(layout, stroke, np.linspace(0.0, 1.0, _POINTS)[:, None])
    thick = stroke.width / _INCH / scale
    length = min(max(0.055 / scale**0.5, 1.5 * thick), 0.14 / scale**0.5)
    tip = _cut(points, end, layout.radius[stroke.target] + 0.012)
    base = _cut(tip, tip[-1], length)
    line = _cut(base[::-1], start, layout.radius[stroke.source] + 0.012)[::-1]
    direction = tip[-1] - base[-1]
    direction = direction / (np.hypot(*direction) or 1.0)
    across = np.array([-direction[1], direction[0]]) * max(0.5 * length, 0.85 * thick)
    return line, np.array([tip[-1], base[-1] + across, base[-1] - across])


def _cut(points: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """`points` until they come within `radius` of `centre`, ending exactly there; two points at least."""
    distance = np.hypot(*(points - centre).T)
    inside = np.flatnonzero(distance <= radius)
    last = int(inside[0]) if inside.size else len(points) - 1
    if last == 0 or not inside.size:
        return points[: max(last + 1, 2)]
    before, after = distance[last - 1], distance[last]
    part = (before - radius) / max(before - after, 1e-12)
    return np.vstack([points[:last], points[last - 1] + part * (points[last] - points[last - 1])])
