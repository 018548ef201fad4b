"""A page of equal panels for one column of print or for two: title, panels under their headings, caption."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.canvas import (
    MARGIN,
    NARROW,
    WIDTH,
    caption_height,
    head_height,
    page,
    panel,
    told_in,
    write_caption,
)

_FOOT = 0.28  # inches below a panel, for its axis
_GAP = 0.22


def width_of(columns: int) -> float:
    """Inches of a figure that fills `columns` of print. Raises `ValueError` for a number other than 1 and 2."""
    if columns not in (1, 2):
        raise ValueError(f"a figure fills 1 or 2 columns of print, not {columns}")
    return NARROW if columns == 1 else WIDTH


def sheet(
    title: str, told: str, caption: str, panels: int, columns: int = 2, *, tall: float = 1.5, left: float = 0.5,
    right: float = 0.12, heading: float = 0.52, foot: float = _FOOT, abreast: int = 2,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A figure and its axes, row by row; `abreast` panels a row where it fills two columns, one otherwise.

    Inches: `tall` a panel, `left` and `right` of it for names, `heading` above it, `foot` below it.
    """
    width = width_of(columns)
    told, across = told_in(told, width), abreast if columns == 2 else 1
    rows, bottom = -(-panels // across), caption_height(caption, width)
    cell = heading + tall + foot
    figure = page(head_height(title, told, width) + rows * cell + bottom, title, told, width)
    write_caption(figure, caption)
    room = (width - 2 * MARGIN - _GAP * (across - 1)) / across
    return figure, [
        panel(figure, MARGIN + (each % across) * (room + _GAP) + left,
              bottom + (rows - 1 - each // across) * cell + foot, room - left - right, tall)
        for each in range(panels)
    ]  # fmt: skip
