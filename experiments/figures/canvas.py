"""Figures without a window system: the page, its title and its caption."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.figures.palette import INK, LARGE, NORMAL, PAPER, SMALL
from experiments.figures.words import lines

WIDTH = 6.5  # inches: one column of a page
MARGIN = 0.12
_PER_INCH = 19.6  # characters of a caption's line
_LEADING = 0.128  # inches a line of SMALL print


def page(height: float, title: str, subtitle: str = "") -> Figure:
    """An empty figure of WIDTH by `height` inches under its title."""
    figure = Figure(figsize=(WIDTH, height), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    left, top = MARGIN / WIDTH, 1 - MARGIN / height
    figure.text(left, top, title, fontsize=LARGE, fontweight="bold", color=INK, va="top", gid="title")
    figure.text(left, top - 0.21 / height, subtitle, fontsize=NORMAL, color=INK, va="top", linespacing=1.15)
    return figure


def caption_height(text: str) -> float:
    """Inches that the caption needs at the foot."""
    return len(_wrapped(text).split("\n")) * _LEADING + 1.5 * MARGIN


def write_caption(figure: Figure, text: str) -> None:
    """The small print at the foot: what this is, and how far to trust it."""
    figure.text(MARGIN / WIDTH, MARGIN / figure.get_figheight(), _wrapped(text), fontsize=SMALL, color="#555555",
                va="bottom", linespacing=1.15, gid="caption")  # fmt: skip


def _wrapped(text: str) -> str:
    return lines(text, int((WIDTH - 2 * MARGIN) * _PER_INCH))


def panel(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the lower left corner."""
    tall = figure.get_figheight()
    return figure.add_axes((left / WIDTH, bottom / tall, width / WIDTH, height / tall))


def blank(axes: Axes, reach: tuple[float, float, float, float]) -> Axes:
    """Axes without frame that show the rectangle x0, x1, y0, y1."""
    axes.set_axis_off()
    axes.set_xlim(reach[0], reach[1])
    axes.set_ylim(reach[2], reach[3])
    return axes
