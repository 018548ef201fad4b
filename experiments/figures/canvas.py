"""Figures without a window system: the page, its title and its caption."""

from __future__ import annotations

from functools import cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from experiments.figures.palette import INK, LARGE, NORMAL, PAPER, SMALL

NARROW, WIDTH = 3.4, 6.5  # inches: a figure in one column of a printed page, and across both or alone
MARGIN = 0.12
_FULL = 0.97  # of a line: at a low resolution letters are a little wider
_LEADING, _TITLE_LINE, TOLD_LINE = 0.128, 0.175, 0.135  # inches a line


def page(height: float, title: str, subtitle: str = "", width: float = WIDTH) -> Figure:
    """An empty figure of `width` by `height` inches under its title."""
    figure = Figure(figsize=(width, height), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    left, top = MARGIN / width, 1 - MARGIN / height
    headline = filled(title, width - 2 * MARGIN, LARGE, "bold")
    under = top - (0.21 + _TITLE_LINE * headline.count("\n")) / height
    figure.text(left, top, headline, fontsize=LARGE, fontweight="bold", color=INK, va="top", linespacing=1.15,
                gid="title")  # fmt: skip
    figure.text(left, under, subtitle, fontsize=NORMAL, color=INK, va="top", linespacing=1.15, gid="subtitle")
    return figure


def told_in(text: str, width: float = WIDTH) -> str:
    """A subtitle in lines that fit a page of `width` inches."""
    return filled(text, width - 2 * MARGIN, NORMAL)


def head_height(title: str, told: str, width: float = WIDTH) -> float:
    """Inches that a title and a wrapped subtitle need."""
    headline = filled(title, width - 2 * MARGIN, LARGE, "bold")
    return MARGIN + 0.27 + _TITLE_LINE * headline.count("\n") + TOLD_LINE * (told.count("\n") + bool(told))


def caption_height(text: str, width: float = WIDTH) -> float:
    """Inches that the caption needs at the foot."""
    return len(filled(text, width - 2 * MARGIN, SMALL).split("\n")) * _LEADING + 1.5 * MARGIN


def write_caption(figure: Figure, text: str) -> None:
    """The small print at the foot: what this is, and how far to trust it."""
    wide, tall = figure.get_size_inches()
    figure.text(MARGIN / wide, MARGIN / tall, filled(text, wide - 2 * MARGIN, SMALL), fontsize=SMALL, color="#555555",
                va="bottom", linespacing=1.15, gid="caption")  # fmt: skip


def filled(text: str, room: float, size: float, weight: str = "normal") -> str:
    """`text` in lines that fill `room` inches, by the width of its letters."""
    found, used = [], 0.0
    for word in text.split():
        wide = _inches(word, size, weight)
        used += _inches(" ", size, weight) + wide
        if not found or used > _FULL * room:
            found.append([])
            used = wide
        found[-1].append(word)
    return "\n".join(" ".join(each) for each in found)


@cache
def _inches(word: str, size: float, weight: str) -> float:
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return TextToPath().get_text_width_height_descent(word, font, ismath=False)[0] / 72.0


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
