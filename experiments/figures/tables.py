"""Figures of tables: a map of probabilities over two settings, what moves an outcome most, who matters most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from experiments.figures.canvas import panel
from experiments.figures.nodes import wrapped
from experiments.figures.over_quarters import key
from experiments.figures.palette import BLUE, GREY, INK, KIND_COLOURS, KIND_NAMES, ORANGE, PALE, PAPER, SMALL
from experiments.figures.sheet import sheet, width_of
from experiments.figures.style import drawn

if TYPE_CHECKING:
    import pandas

_LIKELY = LinearSegmentedColormap.from_list("likely", ["#FFFFFF", "#C6DBEF", "#6BAED6", "#2171B5", "#08306B"])
_ROOM = 0.34  # inches: in narrower cells there are no numbers
_ROW, _MOST = 0.24, 20  # inches a row; rows drawn


@drawn
def phase(
    table: pandas.DataFrame, x: str, y: str, probability: str, *, title: str, told: str = "", caption: str,
    names: tuple[str, str, str] | None = None, columns: int = 2,
) -> Figure:  # fmt: skip
    """Probability (0 to 1) over a grid of two settings; a line parts cells in which it is even or more from the others.

    A row of `table` is a cell; `x`, `y` and `probability` are columns of numbers, called by `names`. Cells that the
    table lacks stay grey. Raises `ValueError` for fewer than two values of a setting or a cell given twice.
    """
    called = names or (x, y, probability)
    if table.duplicated([x, y]).any():
        raise ValueError(f"a cell of {x} and {y} is given twice")
    grid = table.pivot(index=y, columns=x, values=probability).sort_index().sort_index(axis=1)
    if min(grid.shape) < 2:
        raise ValueError(f"a phase diagram needs two or more values of {x} and of {y}")
    right = 0.85 if columns == 2 else 0.8
    figure, (axes,) = sheet(title, told, caption, 1, columns, tall=3.0 if columns == 2 else 2.3, left=0.62, right=right,
                            heading=0.2, foot=0.45, abreast=1)  # fmt: skip
    values = np.ma.masked_invalid(grid.to_numpy(float))
    across, up = grid.columns.to_numpy(float), grid.index.to_numpy(float)
    axes.set_facecolor(PALE)
    mesh = axes.pcolormesh(_edges(across), _edges(up), values, cmap=_LIKELY, vmin=0.0, vmax=1.0, edgecolors=PAPER,
                           linewidth=0.6)  # fmt: skip
    room = np.diff(_edges(across)).min() / np.ptp(_edges(across)) * axes.get_position().width * figure.get_figwidth()
    if room > _ROOM:
        for (row, column), each in np.ndenumerate(values.filled(np.nan)):
            if np.isfinite(each):
                axes.text(across[column], up[row], f"{each:.0%}", fontsize=SMALL, ha="center", va="center", zorder=3,
                          color=PAPER if each > 0.55 else INK)  # fmt: skip
    border = _border(_edges(across), _edges(up), values.filled(np.nan))
    for width, colour in ((4.4, PAPER), (2.4, ORANGE)):  # its rim tells it from dark cells in grey
        axes.add_collection(LineCollection(border, linewidths=width, colors=colour, capstyle="projecting", zorder=2))
    box, (wide, tall) = axes.get_position(), figure.get_size_inches()
    axes.set_xticks(_apart(across, _ROOM / (box.width * wide)))
    axes.set_yticks(_apart(up, 0.5 * _ROOM / (box.height * tall)))
    axes.set_xlabel(called[0], fontsize=SMALL, color=INK)
    axes.set_ylabel(called[1], fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, colors=INK, length=2)
    axes.spines[:].set_color(GREY)
    bar = panel(figure, box.x1 * wide + 0.12, box.y0 * tall, 0.12, box.height * tall)
    scale = figure.colorbar(mesh, cax=bar, format=PercentFormatter(1.0, decimals=0))
    scale.ax.tick_params(labelsize=SMALL, colors=INK, length=2)
    scale.outline.set_edgecolor(PALE)
    bar.set_ylabel(called[2], fontsize=SMALL, color=INK)
    return figure


def _border(across: np.ndarray, up: np.ndarray, values: np.ndarray) -> list[list[tuple[float, float]]]:
    """Edges between neighbouring cells of which one is even or likelier and the other is not; `values` has a row a cell
    of `up`."""

    def differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.argwhere(((one >= 0.5) != (other >= 0.5)) & np.isfinite(one + other))

    return [
        *([(across[column + 1], up[row]), (across[column + 1], up[row + 1])]
          for row, column in differ(values[:, :-1], values[:, 1:])),
        *([(across[column], up[row + 1]), (across[column + 1], up[row + 1])]
          for row, column in differ(values[:-1], values[1:])),
    ]  # fmt: skip


def _apart(at: np.ndarray, least: float) -> list[float]:
    """Ordered places that keep a distance, given as a part of what their cells cover; the last is kept."""
    kept = [float(at[-1])]
    for each in at[-2::-1]:
        if kept[-1] - each >= least * np.ptp(_edges(at)):
            kept.append(float(each))
    return kept[::-1]


def _edges(at: np.ndarray) -> np.ndarray:
    """Borders of cells round ordered places, half-way between neighbours."""
    middle = (at[1:] + at[:-1]) / 2
    return np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])


@drawn
def tornado(
    rows: Sequence[dict], base: float, *, outcome: str, title: str, told: str = "", caption: str, columns: int = 2
) -> Figure:
    """How far an outcome moves between the ends of each setting's range, the widest on top.

    A row has `name`, `low` and `high`: the outcome at the lower and the upper end of its range; `base` is the outcome
    at the default.
    """
    ranked = sorted(rows, key=lambda each: (-abs(each["high"] - each["low"]), each["name"]))
    shown = ranked[:_MOST]
    if len(ranked) > len(shown):
        caption += f" {len(ranked) - len(shown)} settings that move it less are left out."
    figure, axes, left = _listed(shown, title, told, caption, columns, 0.35)
    ends = ("low", BLUE, "at the lower end", ""), ("high", ORANGE, "at the upper end", "///")
    for end, colour, label, hatch in ends:
        size = np.array([each[end] - base for each in shown])
        axes.barh(range(len(shown)), size, 0.66, base, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0.4,
                  label=label, zorder=3)  # fmt: skip
    axes.axvline(base, color=INK, linewidth=0.8, zorder=4)
    key(axes, 2, left)
    axes.set_xlabel(outcome, fontsize=SMALL, color=INK, labelpad=1)
    axes.margins(x=0.06)
    return figure


@drawn
def importance(
    rows: Sequence[dict], *, outcome: str, title: str, told: str = "", caption: str, columns: int = 2
) -> Figure:
    """What the failure of each firm costs the others, the costliest on top.

    A row has `name`, `kind`, `low`, `median` and `high` over worlds.
    """
    ranked = sorted(rows, key=lambda each: (-each["median"], each["name"]))
    shown = ranked[:_MOST]
    if len(ranked) > len(shown):
        caption += f" {len(ranked) - len(shown)} firms that matter less are left out."
    kinds = [each for each in KIND_NAMES if any(row["kind"] == each for row in shown)]
    across = 3 if columns == 2 else 2
    figure, axes, left = _listed(shown, title, told, caption, columns, 0.2 + 0.155 * -(-len(kinds) // across))
    for kind in kinds:
        at = [place for place, each in enumerate(shown) if each["kind"] == kind]
        low, middle, high = (np.array([shown[each][name] for each in at]) for name in ("low", "median", "high"))
        axes.hlines(at, low, high, color=INK, linewidth=1.1, zorder=3)
        axes.plot(middle, at, "o", markersize=6, markerfacecolor=KIND_COLOURS[kind], markeredgecolor=INK,
                  markeredgewidth=0.6, label=KIND_NAMES[kind], zorder=4)  # fmt: skip
    if kinds:
        key(axes, across, left)
    axes.set_xlabel(outcome, fontsize=SMALL, color=INK, labelpad=1)
    axes.set_xlim(min(0.0, axes.get_xlim()[0]), max(axes.get_xlim()[1], 1e-3))
    return figure


def _listed(
    rows: Sequence[dict], title: str, told: str, caption: str, columns: int, heading: float
) -> tuple[Figure, Axes, float]:
    """Axes with a row for each name, the first on top, and the inches kept for names."""
    left = min(1.8, width_of(columns) * 0.36)
    figure, (axes,) = sheet(title, told, caption, 1, columns, tall=_ROW * max(len(rows), 3), left=left,
                            heading=heading, foot=0.42, abreast=1)  # fmt: skip
    axes.set_yticks(range(len(rows)), [wrapped(each["name"]) for each in rows], fontsize=SMALL, linespacing=0.9)
    axes.set_ylim(max(len(rows), 3) - 0.5, -0.5)
    axes.tick_params(labelsize=SMALL, colors=INK, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    return figure, axes, left
