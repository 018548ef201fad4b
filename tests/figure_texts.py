"""Where the words of a figure stand, in pixels."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text


def written(figure: Figure) -> list[Text]:
    """All texts that are drawn: titles, labels, keys, and the ticks within the axes."""
    figure.canvas.draw()
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            shown = axes.axison and axis.get_visible()
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not (shown and low - slack <= tick.get_loc() <= high + slack):
                    hidden |= {tick.label1, tick.label2}
    return [each for each in figure.findobj(Text) if each.get_text() and each.get_visible() and each not in hidden]


def overlapping(texts: list[Text]) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share more than a pixel."""
    boxes = [(each.get_text(), each.get_window_extent().get_points()) for each in texts]
    return [
        (one, other)
        for (one, here), (other, there) in itertools.combinations(boxes, 2)
        if (np.minimum(here[1], there[1]) - np.maximum(here[0], there[0]) > 1.0).all()
    ]


def outside(figure: Figure) -> bool:
    """Whether something reaches beyond the page."""
    drawn, page = figure.get_tightbbox(), figure.get_size_inches()
    return min(drawn.x0, drawn.y0) < 0 or drawn.x1 > page[0] or drawn.y1 > page[1]


def of(figure: Figure, gid: str) -> str:
    """The caption, title or subtitle in one line."""
    return next(each for each in figure.texts if each.get_gid() == gid).get_text().replace("\n", " ")
