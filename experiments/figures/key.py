"""The key of the map: what the colours, widths, hollow links and discs stand for."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from experiments.figures.canvas import blank
from experiments.figures.drawing import Drawing, link_width
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

# By columns of print, inches: height of the key, places of its entries (rows from the top), of its widths and sizes.
HEIGHT = {1: 1.16, 2: 0.86}
_ENTRIES = {
    1: [(0.0, 1.02 - 0.18 * row) for row in range(6)],
    2: [(across, 0.62 - 0.22 * row) for across in (0.0, 2.2) for row in range(3)],
}
_WIDTHS = {1: [(2.2, 1.02 - 0.18 * row) for row in range(3)], 2: [(4.25, 0.62), (4.75, 0.62), (5.19, 0.62)]}
_SIZES = {1: (2.2, 0.34), 2: (4.25, 0.18)}
_LINE = 0.3


def draw_key(axes: Axes, drawing: Drawing, size: np.ndarray) -> None:
    """Fill `axes`; `size` is the equity value by disc."""
    box, columns = axes.get_position(), drawing.columns
    blank(axes, (0.0, box.width * axes.figure.get_figwidth(), 0.0, box.height * axes.figure.get_figheight()))
    totals = dict.fromkeys(FAMILIES, 0.0)
    for link in [*drawing.links, *drawing.small]:
        totals[link.family] += link.amount
    shown = [family for family in ("compute", "users", "chips", "ownership", "debt") if totals[family] > 0.0]
    for (x, y), family in zip(_ENTRIES[columns], shown, strict=False):
        axes.plot([x, x + _LINE], [y, y], color=FAMILY_COLOURS[family], linestyle=FAMILY_STYLES[family], linewidth=4,
                  solid_capstyle="butt")  # fmt: skip
        write(axes, x + _LINE + 0.08, y, f"{FAMILY_NAMES[family]}: {money(totals[family])} bn")
    if any(not link.begun for link in drawing.links):
        x, y = _ENTRIES[columns][-1]
        axes.plot([x, x + _LINE], [y, y], color=GREY, linewidth=4, solid_capstyle="butt")
        axes.plot([x, x + _LINE], [y, y], color=faded(GREY, HOLLOW), linewidth=2.6, solid_capstyle="butt")
        write(axes, x + _LINE + 0.08, y, "pale inside: signed, not begun")
    if drawing.links:
        _draw_widths(axes, drawing)
    draw_sizes(axes, drawing, size, *_SIZES[columns], under=columns == 1)


def write(axes: Axes, x: float, y: float, text: str) -> None:
    """A few words of a key, that begin at `x` in the middle of line `y`."""
    axes.text(x, y, text, fontsize=SMALL, color=INK, va="center")


def _round(amount: float) -> float:
    """The nearest smaller number of the form 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(amount))
    return float(power * max(step for step in (1.0, 2.0, 5.0) if step * power <= amount * 1.0001))


def _draw_widths(axes: Axes, drawing: Drawing) -> None:
    largest, spots = drawing.links[0].amount, _WIDTHS[drawing.columns]
    for place, ((x, y), part) in enumerate(zip(spots, (1.0, 0.1, 0.01), strict=True)):
        amount = _round(part * largest)
        axes.plot([x, x + 0.2], [y, y], color=INK, linewidth=link_width(amount, largest, drawing.columns),
                  solid_capstyle="butt")  # fmt: skip
        write(axes, x + 0.25, y, money(amount) + ("  USD bn" if place == len(spots) - 1 else ""))


def draw_sizes(axes: Axes, drawing: Drawing, size: np.ndarray, x: float, y: float, under: bool) -> None:
    """From `x` on, two discs of the picture with round sizes between them; what they are, beside or `under` them."""
    radius, biggest, left = drawing.layout.radius, int(np.argmax(size)), x
    for part in (1.0, 0.1):
        amount = _round(part * float(size[biggest]))
        span = float(radius[biggest] * np.sqrt(amount / size[biggest]))
        axes.add_patch(Circle((x + span, y), span, facecolor=PAPER, edgecolor=INK, linewidth=0.6))
        write(axes, x + 2 * span + 0.06, y, money(amount))
        x += 2 * span + 0.46
    if under:
        x, y = left + 0.08, y - 0.22
    write(axes, x - 0.08, y, "bn of equity")
