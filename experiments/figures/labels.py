"""Labels that never touch: each is tried at a few places round its anchor, the important ones first."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from experiments.figures.palette import GREY, INK, SMALL

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


def place_labels(
    axes: Axes, labels: list[Label], taken: list[tuple] = (), slack: float | tuple[float, float] = 0.0
) -> list[Text]:  # fmt: skip
    """Write `labels`, the first first, where they find room off each other and off `taken`.

    `taken` are boxes x0, y0, x1, y1 in data units; labels without room are left out. `slack` is
    how far they may reach beyond the axes, or how far across and how far up.
    """
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
        for shift in _shifts(away, label.clear, box[2] - box[0], box[3] - box[1]):
            spot = np.array(label.at) + shift
            moved = box + np.tile(spot, 2)
            inside = (moved[:2] >= low - slack).all() and (moved[2:] <= high + slack).all()
            if inside and not any(_touch(moved, each, gap) for each in boxes):
                text.set_position(tuple(spot))
                if np.hypot(*(shift - away * label.clear)) > 0.75 * (box[3] - box[1]):
                    axes.plot(*zip(label.at, spot, strict=True), color=GREY, linewidth=0.5, zorder=3.5)
                boxes.append(moved)
                written.append(text)
                break
        else:
            text.remove()
    return written


def _shifts(away: np.ndarray, clear: float, width: float, height: float):
    """Offsets from the anchor, the nearest first: outwards, then sideways along the ring."""
    level = abs(away[1]) > abs(away[0])
    side = np.array([1.0, 0.0]) * width * 0.55 if level else np.array([0.0, 1.0]) * height
    for out in (0.0, 0.7, 1.4, 2.4):
        for turn in (0.0, 0.35, -0.35, 0.7, -0.7, 1.1, -1.1, 1.6, -1.6):
            yield away * (clear + out * height) + side * turn


def _touch(one: np.ndarray, other: np.ndarray, gap: float) -> bool:
    return bool((one[:2] < other[2:] + gap).all() and (other[:2] < one[2:] + gap).all())
