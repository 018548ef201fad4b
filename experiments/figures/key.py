"""The key of the map: what the colours, widths, hollow links and discs stand for."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from experiments.figures.canvas import blank
from experiments.figures.palette import (
    FAMILY_COLOURS,
    FAMILY_NAMES,
    FAMILY_STYLES,
    GREY,
    HOLLOW,
    INK,
    PAPER,
    SMALL,
    faded,
)
from experiments.figures.ties import FAMILIES
from experiments.figures.words import money

_ROWS, _COLUMNS = (0.62, 0.40, 0.18), (0.0, 2.2, 4.25)  # inches
_LINE, _INCH = 0.3, 72.0


def draw_key(axes: Axes, drawing, size: np.ndarray, width_of) -> None:
    """Fill `axes`; `width_of(amount, largest)` is the width of a link in points, `size` the equity value by disc."""
    box = axes.get_position()
    wide, tall = box.width * axes.figure.get_figwidth(), box.height * axes.figure.get_figheight()
    blank(axes, (0.0, wide, 0.0, tall))
    totals = dict.fromkeys(FAMILIES, 0.0)
    for link in [*drawing.links, *drawing.small]:
        totals[link.family] += link.amount
    shown = [family for family in ("compute", "users", "chips", "ownership", "debt") if totals[family] > 0.0]
    for place, family in enumerate(shown):
        x, y = _COLUMNS[place // 3], _ROWS[place % 3]
        axes.plot([x, x + _LINE], [y, y], color=FAMILY_COLOURS[family], linestyle=FAMILY_STYLES[family], linewidth=4,
                  solid_capstyle="butt")  # fmt: skip
        _write(axes, x + _LINE + 0.08, y, f"{FAMILY_NAMES[family]}: {money(totals[family])} bn")
    if any(not link.begun for link in drawing.links):
        x, y = _COLUMNS[1], _ROWS[2]
        axes.plot([x, x + _LINE], [y, y], color=GREY, linewidth=4, solid_capstyle="butt")
        axes.plot([x, x + _LINE], [y, y], color=faded(GREY, HOLLOW), linewidth=2.6, solid_capstyle="butt")
        _write(axes, x + _LINE + 0.08, y, "pale inside: signed, not begun")
    if drawing.links:
        _draw_widths(axes, drawing.links[0].amount, width_of)
    _draw_sizes(axes, drawing.layout.radius, size)


def _write(axes: Axes, x: float, y: float, text: str) -> None:
    axes.text(x, y, text, fontsize=SMALL, color=INK, va="center")


def _round(amount: float) -> float:
    """The nearest smaller number of the form 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(amount))
    return float(power * max(step for step in (1.0, 2.0, 5.0) if step * power <= amount * 1.0001))


def _draw_widths(axes: Axes, largest: float, width_of) -> None:
    x, y = _COLUMNS[2], _ROWS[0]
    for part in (1.0, 0.1, 0.01):
        amount = _round(part * largest)
        axes.plot([x, x + 0.2], [y, y], color=INK, linewidth=width_of(amount, largest), solid_capstyle="butt")
        _write(axes, x + 0.25, y, money(amount))
        x += 0.5 if part == 1.0 else 0.44
    _write(axes, x + 0.02, y, "USD bn")


def _draw_sizes(axes: Axes, radius: np.ndarray, size: np.ndarray) -> None:
    """Two discs of the picture with round sizes between them."""
    x, y = _COLUMNS[2], _ROWS[2]
    biggest = int(np.argmax(size))
    for part in (1.0, 0.1):
        amount = _round(part * float(size[biggest]))
        span = float(radius[biggest] * np.sqrt(amount / size[biggest]))
        axes.add_patch(Circle((x + span, y), span, facecolor=PAPER, edgecolor=INK, linewidth=0.6))
        _write(axes, x + 2 * span + 0.06, y, money(amount))
        x += 2 * span + 0.46
    _write(axes, x - 0.08, y, "bn of equity")
