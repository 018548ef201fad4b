"""Where every disc stands: the money circle, computed from kinds alone so that no number can move it.

Labs on top, clouds on the right, chipmakers below, lenders and vehicles on the left, end users outside:
money comes in at the top left, goes clockwise from labs to clouds to chipmakers, and back across the middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.figures.nodes import Nodes

WIDE, HIGH = 1.85, 2.3  # half axes of the ring, in inches of the full-size map
_LARGEST, _SMALLEST = 0.17, 0.035  # radius of a disc
_NEAR = 0.085  # least distance of discs in a crowded row
_TOP, _BOTTOM, _SIDE = 1.05, 0.75, 1.78  # reach of the arcs along their axis
_RIGHT, _LEFT = ("hyperscaler", "operator"), ("lender", "vehicle", "government")
_OUTSIDE = np.array([-1.72, 2.42])


@dataclass(frozen=True)
class Layout:
    """`at` (discs, 2) and `radius` (discs,) in inches; `away` (discs, 2) points out of the ring, for labels.

    `headings` maps each kind to the place and the side ("left", "right", "top", "bottom") of its heading.
    """

    at: np.ndarray
    radius: np.ndarray
    away: np.ndarray
    headings: dict[str, tuple[float, float, str]]


def arrange(nodes: Nodes, size: np.ndarray) -> Layout:
    """Places of all discs; the area of a disc grows with `size` (discs,)."""
    at, away = np.zeros((len(nodes), 2)), np.zeros((len(nodes), 2))
    headings: dict[str, tuple[float, float, str]] = {}
    rooms = np.full(len(nodes), 2 * _LARGEST)
    for kind, sign, reach in (("ai_lab", 1.0, _TOP), ("chipmaker", -1.0, _BOTTOM)):
        _level(_of(nodes, kind), size, sign, reach, at, away, rooms)
        headings[kind] = 0.0, sign * (HIGH + 0.42), "top" if sign > 0 else "bottom"
    for kinds, sign in ((_RIGHT, 1.0), (_LEFT, -1.0)):
        headings |= _upright([(kind, _of(nodes, kind)) for kind in kinds], size, sign, at, away, rooms)
    for each in _of(nodes, "rest_of_world"):
        at[each], away[each] = _OUTSIDE, (-0.2, 1.0)
    share = np.sqrt(np.maximum(size, 0.0) / max(float(size.max(initial=0.0)), 1e-12))
    radius = np.clip(np.minimum(_LARGEST, 0.5 * rooms) * share, np.minimum(_SMALLEST, 0.45 * rooms), None)
    outside = _of(nodes, "rest_of_world")
    radius[outside] = 0.09
    headings = {kind: place for kind, place in headings.items() if kind in nodes.kind}
    return Layout(at, radius, away / np.linalg.norm(away, axis=1, keepdims=True), headings)


def _of(nodes: Nodes, kind: str) -> list[int]:
    return [each for each, found in enumerate(nodes.kind) if found == kind]


def _rows(members: list[int], size: np.ndarray, length: float, place: int) -> list[list[int]]:
    """Rows of at most `place` discs, the largest in the first, each in the order of the data."""
    if not members:
        return []
    rows = max(1, int(np.ceil(len(members) / place)))
    per_row = int(np.ceil(len(members) / rows))
    ranked = sorted(members, key=lambda each: (-size[each], each))
    return [sorted(ranked[start : start + per_row]) for start in range(0, len(ranked), per_row)]


def _level(members, size, sign, reach, at, away, rooms) -> None:
    """Discs along the top or bottom of the ring, evenly spaced from left to right."""
    for depth, row in enumerate(_rows(members, size, 2 * reach, int(2 * reach / _NEAR))):
        step = 2 * reach / max(len(row), 2 if len(row) > 1 else 1)
        for place, each in enumerate(row):
            x = (place - (len(row) - 1) / 2) * step
            rooms[each] = min(rooms[each], step)
            y = sign * (HIGH * np.sqrt(1.0 - (x / WIDE) ** 2) - depth * _NEAR * 1.3)
            at[each], away[each] = (x, y), (0.5 * x / WIDE, sign)


def _upright(groups, size, sign, at, away, rooms) -> dict[str, tuple[float, float, str]]:
    """Discs of one side of the ring as a list from top to bottom, each kind under its heading."""
    groups = [(kind, members) for kind, members in groups if members]
    headings: dict[str, tuple[float, float, str]] = {}
    if not groups:
        return headings
    total = sum(len(members) for _, members in groups)
    crowded = total > 22
    rows_of = {}
    for kind, members in groups:
        place = max(3, int(2 * _SIDE / _NEAR * len(members) / total)) if crowded else len(members)
        rows_of[kind] = _rows(members, size, 0.0, place)
    longest = sum(max(map(len, rows)) for rows in rows_of.values())
    head, gap = (3.0, 1.0) if crowded else (0.95, 0.35)
    step = 2 * _SIDE / max(longest - 1 + head * (len(groups) - 1) + gap * (len(groups) - 1), 1)
    step = min(step, 0.5)
    top = step * (longest - 1 + (head + gap) * (len(groups) - 1)) / 2
    for kind, rows in rows_of.items():
        y = top + head * step
        headings[kind] = sign * (WIDE * np.sqrt(max(0.0, 1.0 - (y / HIGH) ** 2)) + 0.16), y, "right" if sign > 0 else "left"
        for depth, row in enumerate(rows):
            for place, each in enumerate(row):
                at_y = top - place * step
                x = sign * (WIDE * np.sqrt(1.0 - (at_y / HIGH) ** 2) - depth * _NEAR * 1.3)
                at[each], away[each], rooms[each] = (x, at_y), (sign, 0.0), min(rooms[each], 1.6 * step if not crowded else step)
        top -= (max(map(len, rows)) + head + gap) * step
    return headings
