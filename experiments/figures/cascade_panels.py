"""The cascade: one panel a sweep, on the places of the map."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from abm.stress_result import StressResult
from experiments.figures.canvas import MARGIN, WIDTH, blank, caption_height, page, panel, write_caption
from experiments.figures.curves import Stroke, draw_strokes
from experiments.figures.discs import boxes_of, draw_discs
from experiments.figures.labels import Label, place_labels
from experiments.figures.network_map import Drawing, plan_map
from experiments.figures.palette import (
    CHANNEL_COLOURS, CHANNEL_NAMES, CHANNEL_STYLES, GREY, INK, KIND_NAMES, NORMAL, PALE, SMALL,
)  # fmt: skip
from experiments.figures.steps import Step, steps_of
from experiments.figures.words import caption, lines, money, position

_REACH = (-3.15, 3.15, -2.75, 2.95)
_COLUMNS, _GAP = 2, 0.16
_TITLE, _HEAD, _KEY = 0.44, 0.6, 0.74  # inches
_WIDEST, _LEAST, _MOST = 5.0, 0.004, 60  # points; smallest hit drawn, as a share of the largest; hits a panel
_LABELLED = 5
# Light to dark, so that it survives in grey.
_SCALE = LinearSegmentedColormap.from_list("loss", ["#FFF7EC", "#FDD49E", "#FC8D59", "#D7301F", "#7F0000", "#3A0000"])
_NORM = PowerNorm(0.5, 0.0, 1.0)


def cascade(result: StressResult, world: int | None = None) -> Figure:
    """How the loss travels in one world (its number; the first if None): the shock, then sweep after sweep.

    Raises `ValueError` for a world that is not in the result or was not followed hit by hit.
    """
    place = position(result, world)
    value = result.value_before[:, place]
    drawing = plan_map(result.ecosystem, value)
    steps = steps_of(result, place, drawing.nodes)
    text = _caption(result, place, steps)
    foot = caption_height(text)
    wide = (WIDTH - 2 * MARGIN - _GAP) / _COLUMNS
    tall = wide * (_REACH[3] - _REACH[2]) / (_REACH[1] - _REACH[0])
    rows = -(-len(steps) // _COLUMNS)
    figure = page(_HEAD + rows * (tall + _TITLE) + _KEY + foot, "How the loss travels", _subtitle(result, place, steps))
    write_caption(figure, text)
    largest = max((hit.amount for step in steps for hit in step.hits), default=1.0)
    for number, step in enumerate(steps):
        row, column = divmod(number, _COLUMNS)
        left = MARGIN + column * (wide + _GAP)
        bottom = foot + _KEY + (rows - 1 - row) * (tall + _TITLE)
        axes = blank(panel(figure, left, bottom, wide, tall), _REACH)
        axes.set_title(lines(step.title, 54, 3), fontsize=NORMAL, color=INK, loc="left", pad=3, fontweight="bold" if not number else None)
        _draw_step(axes, drawing, step, value, largest)
    _draw_key(figure, foot, steps)
    return figure


def _subtitle(result: StressResult, place: int, steps: list[Step]) -> str:
    owners, struck = float(result.balance.borne[place]), float(result.struck[place])
    failed = int(result.flagged("default")[:, place].sum())
    sweeps = f"{len(steps) - 1} sweep" + ("s" if len(steps) != 2 else "") if steps[-1].first == steps[-1].last else f"{steps[-1].last} sweeps"
    firms = f"{failed} firms fail" if failed != 1 else "1 firm fails"
    return f"The shock takes {money(struck)} USD bn; after {sweeps}, {money(owners)} is lost in all and {firms}."


def _draw_step(axes: Axes, drawing: Drawing, step: Step, value: np.ndarray, largest: float) -> None:
    nodes, layout = drawing.nodes, drawing.layout
    scale = axes.get_position().width * axes.figure.get_figwidth() / (_REACH[1] - _REACH[0])
    draw_strokes(axes, layout, [
        Stroke(hit.source, hit.target, CHANNEL_COLOURS[hit.channel], max(0.5, _WIDEST * np.sqrt(hit.amount / largest)),
               CHANNEL_STYLES.get(hit.channel, "-"))
        for hit in step.hits[:_MOST] if hit.amount >= _LEAST * largest
    ], scale)  # fmt: skip
    share = loss_share(nodes.total(np.minimum(step.lost, value)), nodes.total(value))
    faces = [_SCALE(_NORM(each)) if each > 0.0005 else "#FFFFFF" for each in share]
    edges = [INK if each > 0.0005 else GREY for each in share]
    draw_discs(axes, nodes, layout, faces, edges, 0.5)
    for mask, colour, size in ((step.failed, GREY, 14), (step.fails, INK, 26)):
        struck = np.flatnonzero(nodes.total(mask.astype(float)) > 0.0)
        axes.scatter(*layout.at[struck].T, marker="x", s=size, linewidths=1.3, color=colour, zorder=5)
    taken = boxes_of(layout)
    hit = nodes.total(step.hit)
    ranked = [each for each in np.argsort(-hit, kind="stable")[:_LABELLED] if hit[each] > 0.05]
    place_labels(axes, [
        Label(f"{_short(nodes.name[each])} −{money(hit[each])}", tuple(layout.at[each]), tuple(layout.away[each]),
              layout.radius[each] + 0.06, {"fontweight": "bold"})
        for each in ranked
    ], taken)  # fmt: skip
    if step.first == 0:
        _name_sides(axes, drawing)


def loss_share(lost: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Loss over value before, 0 to 1; discs without value show none."""
    return np.clip(np.divide(lost, value, out=np.zeros_like(lost), where=value > 1e-9), 0.0, 1.0)


def _short(name: str) -> str:
    return name if len(name) <= 16 else name[:15].rstrip() + "…"


def _name_sides(axes: Axes, drawing: Drawing) -> None:
    """The first panel has no links: its middle says who stands where."""
    nodes, layout = drawing.nodes, drawing.layout
    for kind in drawing.layout.headings:
        members = [each for each, found in enumerate(nodes.kind) if found == kind]
        x, y = layout.at[members].mean(axis=0) - np.array([0.0, 0.0])
        inward = 0.28
        level = kind in ("ai_lab", "chipmaker")
        spot = (x, y - np.sign(y) * inward) if level else (x - np.sign(x) * inward, y)
        across = "center" if level else "right" if x > 0 else "left"
        axes.text(*spot, KIND_NAMES[kind], fontsize=SMALL, color="#666666", ha=across, va="center", style="italic")


def _caption(result: StressResult, place: int, steps: list[Step]) -> str:
    largest = max((hit.amount for step in steps for hit in step.hits), default=1.0)
    hidden = [hit.amount for step in steps for number, hit in enumerate(step.hits)
              if number >= _MOST or hit.amount < _LEAST * largest]  # fmt: skip
    small = f" {len(hidden)} hits too small to see are left out ({money(sum(hidden))} USD bn)." if hidden else ""
    return (f"{caption(result, place)} Numbers are losses of net worth in the panel's sweep, USD bn; withheld funding costs "
            f"liquidity, not worth. Arrows run with the loss; their widths grow with its root.{small}")  # fmt: skip


def _draw_key(figure: Figure, foot: float, steps: list[Step]) -> None:
    """Colour bar of the losses on the left, channels on the right."""
    bar = panel(figure, MARGIN + 0.05, foot + 0.36, 2.3, 0.11)
    ticks = [0.01, 0.1, 0.25, 0.5, 1.0]
    drawn = figure.colorbar(ScalarMappable(_NORM, _SCALE), cax=bar, orientation="horizontal", ticks=ticks)
    drawn.ax.set_xticklabels([f"{each:.0%}" for each in ticks], fontsize=SMALL, color=INK)
    drawn.ax.tick_params(length=2, pad=1.5, color=GREY)
    drawn.outline.set_edgecolor(PALE)
    bar.set_title("lost so far, share of equity value before", fontsize=SMALL, color=INK, loc="left", pad=3)
    used = [each for each in CHANNEL_STYLES if any(hit.channel == each for step in steps for hit in step.hits)]
    handles = [Line2D([], [], color=CHANNEL_COLOURS[each], linestyle=CHANNEL_STYLES[each], linewidth=2.5) for each in used]
    names = [f"hit through {CHANNEL_NAMES[each]}" for each in used]
    if any(step.fails.any() for step in steps):
        handles += [Line2D([], [], color=INK, marker="x", linestyle="", markersize=5, markeredgewidth=1.3),
                    Line2D([], [], color=GREY, marker="x", linestyle="", markersize=4, markeredgewidth=1.3)]  # fmt: skip
        names += ["fails now", "has failed"]
    if handles:
        key = panel(figure, 2.75, foot, WIDTH - 2.75 - MARGIN, _KEY - 0.08)
        key.set_axis_off()
        key.legend(handles, names, loc="upper left", ncols=2, fontsize=SMALL, frameon=False, borderpad=0,
                   borderaxespad=0, handlelength=2.0, columnspacing=1.4, labelcolor=INK)  # fmt: skip
