"""Figures without a window system: the page, its title and its caption."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.figures.palette import INK, LARGE, NORMAL, PAPER, SMALL
from experiments.figures.words import lines

NARROW, WIDTH = 3.4, 6.5  # inches: a figure in one column of a printed page, and across both or alone
MARGIN = 0.12
_PER_INCH = 19.6  # characters of a caption's line
_TITLE_PER_INCH, _TOLD_PER_INCH = 11.6, 15.2
_LEADING, _TITLE_LINE, TOLD_LINE = 0.128, 0.175, 0.135  # inches a line


def page(height: float, title: str, subtitle: str = "", width: float = WIDTH) -> Figure:
    """An empty figure of `width` by `height` inches under its title."""
    figure = Figure(figsize=(width, height), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    left, top = MARGIN / width, 1 - MARGIN / height
    headline = lines(title, int((width - 2 * MARGIN) * _TITLE_PER_INCH))
    under = top - (0.21 + _TITLE_LINE * headline.count("\n")) / height
    figure.text(left, top, headline, fontsize=LARGE, fontweight="bold", color=INK, va="top", linespacing=1.15,
                gid="title")  # fmt: skip
    figure.text(left, under, subtitle, fontsize=NORMAL, color=INK, va="top", linespacing=1.15, gid="subtitle")
    return figure


def told_in(text: str, width: float = WIDTH) -> str:
    """A subtitle in lines that fit a page of `width` inches."""
    return lines(text, int((width - 2 * MARGIN) * _TOLD_PER_INCH))


def head_height(title: str, told: str, width: float = WIDTH) -> float:
    """Inches that a title and a wrapped subtitle need."""
    headline = lines(title, int((width - 2 * MARGIN) * _TITLE_PER_INCH))
    return MARGIN + 0.27 + _TITLE_LINE * headline.count("\n") + TOLD_LINE * (told.count("\n") + bool(told))


def caption_height(text: str, width: float = WIDTH) -> float:
    """Inches that the caption needs at the foot."""
    return len(_wrapped(text, width).split("\n")) * _LEADING + 1.5 * MARGIN


def write_caption(figure: Figure, text: str) -> None:
    """The small print at the foot: what this is, and how far to trust it."""
    wide, tall = figure.get_size_inches()
    figure.text(MARGIN / wide, MARGIN / tall, _wrapped(text, wide), fontsize=SMALL, color="#555555",
                va="bottom", linespacing=1.15, gid="caption")  # fmt: skip


def _wrapped(text: str, width: float) -> str:
    return lines(text, int((width - 2 * MARGIN) * _PER_INCH))


def panel(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the lower left corner."""
    wide, tall = figure.get_size_inches()
    return figure.add_axes((left / wide, bottom / tall, width / wide, height / tall))


def blank(axes: Axes, reach: tuple[float, float, float, float]) -> Axes:
    """Axes without frame that show the rectangle x0, x1, y0, y1."""
    axes.set_axis_off()
    axes.set_xlim(reach[0], reach[1])
    axes.set_ylim(reach[2], reach[3])
    return axes
