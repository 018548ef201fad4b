"""Firms as discs on the ring, their headings and their labels."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection

from experiments.figures.labels import Label
from experiments.figures.layout import Layout
from experiments.figures.nodes import Nodes, wrapped
from experiments.figures.palette import INK, KIND_COLOURS, KIND_NAMES, NORMAL, SMALL
from experiments.figures.words import lines

_ALIGN = {
    "left": ("right", "center"), "right": ("left", "center"),
    "top": ("center", "bottom"), "bottom": ("center", "top"),
}  # fmt: skip

_ALL, _MOST = 48, 30  # up to so many discs are all labelled; labels tried otherwise
_SHORT = 12  # characters of a heading's line in a column of print


def draw_discs(axes: Axes, nodes: Nodes, layout: Layout, faces=None, edge: str = INK, width: float = 0.6) -> None:
    """Draw all discs, filled by kind unless `faces` gives colours (discs,)."""
    faces = [KIND_COLOURS[kind] for kind in nodes.kind] if faces is None else faces
    size = 2 * layout.radius
    discs = EllipseCollection(
        size, size, np.zeros(len(nodes)), units="xy", offsets=layout.at, offset_transform=axes.transData,
        facecolors=faces, edgecolors=edge, linewidths=width, zorder=4,
    )  # fmt: skip
    axes.add_collection(discs, autolim=False)


def draw_headings(axes: Axes, layout: Layout, columns: int = 2) -> list[tuple[float, float, float, float]]:
    """Name each kind beside its firms; returns the boxes taken, in data units."""
    renderer, to_data, taken = axes.figure.canvas.get_renderer(), axes.transData.inverted(), []
    for kind, (x, y, side) in layout.headings.items():
        across, up = _ALIGN[side]
        name = KIND_NAMES[kind] if columns == 2 else lines(KIND_NAMES[kind], _SHORT)
        text = axes.text(x, y, name, fontsize=NORMAL if columns == 2 else SMALL, fontweight="bold", color=INK,
                         ha=across, va=up, ma=across, linespacing=0.95, zorder=6)  # fmt: skip
        low, high = to_data.transform(text.get_window_extent(renderer).get_points())
        left, right = axes.get_xlim()
        shift = max(left - low[0], 0.0) + min(right - high[0], 0.0)  # back onto the page
        text.set_x(x + shift)
        taken.append((low[0] + shift, low[1], high[0] + shift, high[1]))
    return taken


def boxes_of(layout: Layout) -> list[tuple[float, float, float, float]]:
    """The squares that discs fill, in data units."""
    low, high = layout.at - 0.8 * layout.radius[:, None], layout.at + 0.8 * layout.radius[:, None]
    return [tuple(each) for each in np.hstack([low, high])]


def firm_labels(nodes: Nodes, layout: Layout, size: np.ndarray, columns: int = 2) -> list[Label]:
    """A label for each disc, outside the ring, for the largest only if there are many; the largest go first."""
    ranked = sorted(range(len(nodes)), key=lambda each: (-size[each], each))
    return [
        Label(wrapped(nodes.name[each], columns), tuple(layout.at[each]), tuple(layout.away[each]),
              layout.radius[each] + 0.04)
        for each in (ranked if len(nodes) <= _ALL else ranked[:_MOST])
    ]
