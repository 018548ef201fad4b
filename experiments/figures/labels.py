"""Labels that never touch: each is tried at a few places round its anchor, the important ones first."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from experiments.figures.palette import INK, SMALL

_ALIGN = {-1: "right", 0: "center", 1: "left"}
_BASE = {-1: "top", 0: "center", 1: "bottom"}
GAP = 1.0  # points kept free round each label


@dataclass(frozen=True)
class Label:
    """`text` near `at` (data units), on the side of `away`, `clear` data units off."""

    text: str
    at: tuple[float, float]
    away: tuple[float, float]
    clear: float = 0.05
    style: dict = field(default_factory=dict)


def place_labels(axes: Axes, labels: list[Label], taken: list[tuple[float, float, float, float]] = ()) -> list[Text]:
    """Write `labels`, the first first, where they find room off each other and off `taken` (x0, y0, x1, y1 in data units)."""
    renderer = axes.figure.canvas.get_renderer()
    to_data = axes.transData.inverted()
    boxes = [np.array(each, float) for each in taken]
    low, high = to_data.transform(axes.bbox.get_points())
    unit = to_data.transform((1.0, 1.0)) - to_data.transform((0.0, 0.0))
    gap = GAP * axes.figure.dpi / 72.0 * unit[0]
    written = []
    for label in labels:
        away = np.array(label.away) / (np.hypot(*label.away) or 1.0)
        across, up = (int(np.sign(round(part, 1))) if abs(part) > 0.38 else 0 for part in away)
        if across:
            up = 0 if abs(away[0]) > 0.9 else up
        text = axes.text(0, 0, label.text, ha=_ALIGN[across], va=_BASE[up], fontsize=SMALL, color=INK, zorder=6,
                         linespacing=0.95, ma=_ALIGN[across], clip_on=False)  # fmt: skip
        text.update(label.style)
        extent = text.get_window_extent(renderer)
        box = to_data.transform(extent.get_points()).ravel()  # round an anchor at the origin
        height = box[3] - box[1]
        for shift in _shifts(away, label.clear, height):
            spot = np.array(label.at) + shift
            moved = box + np.tile(spot, 2)
            inside = (moved[:2] >= low).all() and (moved[2:] <= high).all()
            if inside and not any(_touch(moved, each, gap) for each in boxes):
                text.set_position(tuple(spot))
                boxes.append(moved)
                written.append(text)
                break
        else:
            text.remove()
    return written


def _shifts(away: np.ndarray, clear: float, height: float):
    """Offsets from the anchor, the nearest first: outwards, then sideways along the ring."""
    side = np.array([-away[1], away[0]])
    for out in (0.0, 0.6, 1.2):
        for turn in (0.0, 0.35, -0.35, 0.7, -0.7, 1.1, -1.1):
            yield away * (clear + out * height) + side * turn * height


def _touch(one: np.ndarray, other: np.ndarray, gap: float) -> bool:
    return bool(one[0] < other[2] + gap and other[0] < one[2] + gap and one[1] < other[3] + gap and other[1] < one[3] + gap)
