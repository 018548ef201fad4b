"""The cascade as panels: one a step, on the places of the map."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.canvas import (
    MARGIN,
    blank,
    caption_height,
    filled,
    head_height,
    page,
    panel,
    write_caption,
)
from experiments.figures.cascade_key import NORM, SCALE, draw_key, key_height
from experiments.figures.curves import Stroke, draw_strokes
from experiments.figures.discs import boxes_of, draw_discs
from experiments.figures.drawing import Drawing
from experiments.figures.labels import Label, place_labels
from experiments.figures.nodes import Nodes
from experiments.figures.palette import (
    CHANNEL_COLOURS,
    CHANNEL_STYLES,
    GREY,
    INK,
    KIND_NAMES,
    NORMAL,
)  # fmt: skip
from experiments.figures.sheet import width_of
from experiments.figures.steps import Hit, Step
from experiments.figures.words import MINUS, lines, money

REACH = (-3.5, 3.5, -2.95, 2.95)
PANELS = {1: 3, 2: 6}  # by columns of print: as many as a page is tall
_GAP, _LINE = 0.16, 0.138  # inches
_WIDEST, _LEAST, _MOST = 5.0, 0.004, 60  # points; smallest hit drawn, as a share of the largest; hits a panel
_LABELLED = 6
_CROWD, _FINE = 100, 0.35  # with more discs than this, crosses cover so much of their usual area
_SLACK = (0.22, 0.0)  # labels may reach into the margin beside a panel, not into titles above and below
_COLUMN = 13  # characters of a label's line
_ASIDE = {"color": "#666666"}


def draw_steps(
    title: str, told: str, text: str, drawing: Drawing, steps: list[Step], values: list[np.ndarray], shade: str,
    columns: int,
) -> Figure:  # fmt: skip
    """A panel a step; `values` (firms,) a step are what shares of losses are taken of, `shade` says what they are."""
    width = width_of(columns)
    wide = (width - 2 * MARGIN - _GAP * (columns - 1)) / columns
    tall = wide * (REACH[3] - REACH[2]) / (REACH[1] - REACH[0])
    hits, fails = [seen(step) for step in steps], any(step.fails.any() for step in steps)
    foot, key = caption_height(text, width), key_height(columns, hits, fails)
    titles = [filled(step.title, wide, NORMAL) for step in steps]
    cell = tall + _LINE * max(each.count("\n") + 1 for each in titles) + 0.02
    rows = -(-len(steps) // columns)
    figure = page(head_height(title, told, width) + 0.1 + rows * cell + key + foot, title, told, width)
    write_caption(figure, text)
    largest = max((hit.amount for step in steps for hit in step.hits), default=1.0)
    for number, step in enumerate(steps):
        row, column = divmod(number, columns)
        left = MARGIN + column * (wide + _GAP)
        bottom = foot + key + (rows - 1 - row) * cell
        axes = blank(panel(figure, left, bottom, wide, tall), REACH)
        figure.text(left / width, (bottom + cell - 0.02) / figure.get_figheight(), titles[number], fontsize=NORMAL,
                    color=INK, va="top", linespacing=1.1)  # fmt: skip
        draw_step(axes, drawing, step, values[number], largest)
    draw_key(figure, foot, hits, fails, shade, columns)
    return figure


def draw_step(axes: Axes, drawing: Drawing, step: Step, value: np.ndarray, largest: float) -> None:
    """A step on the map; `largest` is the hit with the widest arrow."""
    nodes, layout = drawing.nodes, drawing.layout
    scale = axes.get_position().width * axes.figure.get_figwidth() / (REACH[1] - REACH[0])
    draw_strokes(axes, layout, [
        Stroke(hit.source, hit.target, CHANNEL_COLOURS[hit.channel], max(0.5, _WIDEST * np.sqrt(hit.amount / largest)),
               CHANNEL_STYLES.get(hit.channel, "-"))
        for hit in seen(step)
    ], scale)  # fmt: skip
    share = loss_share(nodes.total(np.minimum(step.lost, value)), nodes.total(value))
    faces = [SCALE(NORM(each)) if each > 0.0005 else "#FFFFFF" for each in share]
    edges = [INK if each > 0.0005 else GREY for each in share]
    draw_discs(axes, nodes, layout, faces, edges, 0.5)
    fine = _FINE if len(nodes) > _CROWD else 1.0
    for mask, colour, size in ((step.failed, GREY, 14), (step.fails, INK, 26)):
        struck = np.flatnonzero(nodes.total(mask.astype(float)) > 0.0)
        axes.scatter(*layout.at[struck].T, marker="x", s=fine * size, linewidths=1.3 * fine**0.5, color=colour,
                     zorder=5)  # fmt: skip
    hit = nodes.total(step.hit)
    ranked = [each for each in np.argsort(-hit, kind="stable")[:_LABELLED] if hit[each] > 0.05]
    labels = [_label(drawing, each, f"{_called(nodes, each)} {MINUS}{money(hit[each])}") for each in ranked]
    sources = dict.fromkeys(each.source for each in step.hits[:_LABELLED] if each.source not in ranked)
    labels += [_label(drawing, each, _called(nodes, each), _ASIDE) for each in sources]
    # A panel without links has room to say who stands where.
    labels += _sides(drawing, {nodes.kind[each] for each in ranked}) if step.first == 0 or not step.hits else []
    place_labels(axes, labels, boxes_of(layout), _SLACK)


def loss_share(lost: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Loss over value before, 0 to 1; discs without value show none."""
    return np.clip(np.divide(lost, value, out=np.zeros_like(lost), where=value > 1e-9), 0.0, 1.0)


def _called(nodes: Nodes, disc: int) -> str:
    return "Outsiders" if nodes.kind[disc] == "rest_of_world" else nodes.name[disc]


def _label(drawing: Drawing, disc: int, text: str, style: dict | None = None) -> Label:
    at, away = drawing.layout.at[disc], drawing.layout.away[disc]
    return Label(lines(text, _COLUMN, 4), tuple(at), tuple(away), drawing.layout.radius[disc] + 0.1, style or {})


def _sides(drawing: Drawing, named: set[str]) -> list[Label]:
    """The kinds, outside their firms, or inside where some of these are `named` themselves."""
    labels, layout = [], drawing.layout
    for kind in layout.headings:
        at = layout.at[[found == kind for found in drawing.nodes.kind]]
        x, y = at.mean(axis=0)
        out, edge = (-1.0, np.min) if kind in named else (1.0, np.max)
        if kind in ("ai_lab", "chipmaker"):
            spot, away = (x, np.sign(y) * edge(np.abs(at[:, 1]))), (0.0, out * np.sign(y))
        else:
            level = np.abs(at[:, 1] - y) < 0.3
            spot, away = (np.sign(x) * edge(np.abs(at[level, 0])), y), (out * np.sign(x), 0.0)
        labels.append(Label(lines(KIND_NAMES[kind], _COLUMN), spot, away, 0.2, _ASIDE | {"style": "italic"}))
    return labels


def seen(step: Step) -> list[Hit]:
    """The hits of a step large enough to draw; they come first in `step.hits`."""
    least = _LEAST * max((hit.amount for hit in step.hits), default=0.0)
    return [hit for hit in step.hits[:_MOST] if hit.amount >= least]
