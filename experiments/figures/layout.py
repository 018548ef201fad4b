"""Where every disc stands: the money circle, computed from kinds alone so that no number can move it.

Labs on top, clouds on the right, chipmakers below, lenders and vehicles on the left; end users stand outside,
between the labs and the clouds they pay. Money goes clockwise, and from chipmakers and clouds back to labs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.figures.nodes import Nodes

WIDE, HIGH = 1.9, 2.2  # half axes of the ring, in inches of the full-size map
_LARGEST, _SMALLEST = 0.16, 0.04  # radius of a disc
_NEAR = 0.085  # least distance of discs in a crowded row
_DEEP = 0.11  # between the rows of a crowded kind
_SIDE, _CROWDED_SIDE, _CROWD = 1.55, 1.42, 22  # reach of the sides; a side with more discs than this is crowded
_LEVELS = (("ai_lab", 1.0, 0.74, -0.36), ("chipmaker", -1.0, 0.8, 0.0))  # kind, up or down, reach, middle
_SIDES = (("hyperscaler", "operator"), 1.0), (("lender", "vehicle", "government"), -1.0)
_OUTSIDE, _OUTSIDE_RADIUS = (1.06, 2.24), 0.1


@dataclass(frozen=True)
class Layout:
    """`at` (discs, 2) and `radius` (discs,) in inches; `away` (discs, 2) points out of the ring, for labels.

    `headings` maps each kind to the place and the side ("left", "right", "top", "bottom") of its heading.
    """

    at: np.ndarray
    radius: np.ndarray
    away: np.ndarray
    headings: dict[str, tuple[float, float, str]]


class _Places:
    """Collects where discs stand and how much room each has."""

    def __init__(self, nodes: Nodes, size: np.ndarray, across: float):
        self.kinds = np.array(nodes.kind, object)
        self.size, self.across = size, across
        self.at, self.away = np.zeros((len(nodes), 2)), np.ones((len(nodes), 2))
        self.room = np.full(len(nodes), 2 * _LARGEST)
        self.headings: dict[str, tuple[float, float, str]] = {}

    def put(self, disc: int, x: float, y: float, away: tuple[float, float], room: float) -> None:
        """At `x` of the full ring, which `across` makes narrower."""
        self.at[disc], self.away[disc] = (self.across * x, y), away
        self.room[disc] = min(self.room[disc], room)

    def head(self, kind: str, x: float, y: float, side: str) -> None:
        self.headings[kind] = self.across * x, y, side

    def rows(self, kind: str, place: int) -> list[list[int]]:
        """Rows of at most `place` discs of a kind, the largest in the first, each in the order of the data."""
        members = np.flatnonzero(self.kinds == kind).tolist()
        if len(members) <= place:
            return [members] if members else []
        per_row = int(np.ceil(len(members) / np.ceil(len(members) / place)))
        ranked = sorted(members, key=lambda each: (-self.size[each], each))
        return [sorted(ranked[start : start + per_row]) for start in range(0, len(ranked), per_row)]


def arrange(nodes: Nodes, size: np.ndarray, across: float = 1.0) -> Layout:
    """Places of all discs; the area of a disc grows with `size` (discs,), the ring is `across` of its full width."""
    places = _Places(nodes, size, across)
    for kind, sign, reach, middle in _LEVELS:
        _level(places, kind, sign, reach, middle)
    for kinds, sign in _SIDES:
        _upright(places, kinds, sign)
    outside, thinner = np.flatnonzero(places.kinds == "rest_of_world"), np.sqrt(across)
    for each in outside:
        places.put(each, _OUTSIDE[0] / thinner, _OUTSIDE[1], (0.3, 1.0), 2 * _OUTSIDE_RADIUS)
    share = np.sqrt(np.maximum(size, 0.0) / max(float(size.max(initial=0.0)), 1e-12))
    least = np.minimum(_SMALLEST, 0.3 * places.room)
    radius = np.clip(_LARGEST * thinner * share, least, np.maximum(least, 0.48 * places.room))
    radius[outside] = _OUTSIDE_RADIUS * thinner
    away = places.away / np.linalg.norm(places.away, axis=1, keepdims=True)
    return Layout(places.at, radius, away, places.headings)


def _level(places: _Places, kind: str, sign: float, reach: float, middle: float) -> None:
    """Discs along the top or bottom of the ring, evenly spaced from left to right."""
    rows = places.rows(kind, int(2 * reach / _NEAR))
    for depth, row in enumerate(rows):
        step = min(0.62, 2 * reach / max(len(row) - 1, 1))
        for place, each in enumerate(row):
            x = middle + (place - (len(row) - 1) / 2) * step
            y = sign * (HIGH * np.sqrt(1.0 - (x / WIDE) ** 2) - depth * _DEEP)
            places.put(each, x, y, (0.5 * x / WIDE, sign), places.across * step)
    if rows:
        places.head(kind, middle, sign * (HIGH + 0.37), "top" if sign > 0 else "bottom")


def _upright(places: _Places, kinds: tuple[str, ...], sign: float) -> None:
    """Discs of one side of the ring as a list from top to bottom, each kind under its heading."""
    count = {kind: int((places.kinds == kind).sum()) for kind in kinds}
    total, crowded = sum(count.values()), sum(count.values()) > _CROWD
    reach = _CROWDED_SIDE if crowded else _SIDE
    columns: dict[str, list[list[int]]] = {}
    for kind in kinds:
        place = max(4, int(2 * reach / _NEAR * count[kind] / total)) if crowded else _CROWD
        if count[kind]:
            columns[kind] = places.rows(kind, place)
    # Slots of a kind: hyperscalers are large and need more; a heading and the space above it take some as well.
    roomy = {kind: 1.45 if kind == "hyperscaler" and not crowded else 1.0 for kind in columns}
    between = 2.6 if crowded else 1.15 if places.across == 1.0 else 1.6
    slots = sum((len(rows[0]) - 1) * roomy[kind] for kind, rows in columns.items()) + (1 + between) * (len(columns) - 1)
    step = min(0.36, 2 * reach / max(slots, 1))
    y = step * slots / 2
    for kind, rows in columns.items():
        # Flush with the first label below it, so that it does not seem to name a disc further in.
        places.head(kind, sign * (_edge(y) + 0.2), y + max(0.9 * step, 0.19), "right" if sign > 0 else "left")
        for depth, row in enumerate(rows):
            for place, each in enumerate(row):
                height = y - place * step * roomy[kind]
                places.put(each, sign * (_edge(height) - depth * _DEEP), height, (sign, 0.0), 1.5 * step * roomy[kind])
        y -= ((len(rows[0]) - 1) * roomy[kind] + 1 + between) * step


def _edge(height: float) -> float:
    """Half width of the ring at a height."""
    return WIDE * float(np.sqrt(max(0.0, 1.0 - (height / HIGH) ** 2)))
