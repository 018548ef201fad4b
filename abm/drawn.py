"""The opening numbers as arrays over worlds: as shipped, or drawn from the range of what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import DEBT_LAYERS, GRADES, LAYERS
from abm.luck import triangular, uniforms
from cython_ext import total

ASSUMED = GRADES.index("assumed")

# The field that `low` and `high` of a claim belong to, by layer.
_SWEPT_FIELD = (
    dict.fromkeys(DEBT_LAYERS, "drawn")
    | {"equity": "share", "lease": "due", "take_or_pay": "due"}
    | dict.fromkeys(("order_book", "guarantee"), "committed")
)


class Drawn:
    """One ecosystem's opening numbers; every array is float64 `(rows, 1)`, or `(rows, worlds)` if drawn.

    `worlds` are world numbers, `seed` the luck. A number graded assumed that has a range is drawn from
    the triangle low-value-high, one draw for the row of the data it comes from (so the members of a
    split group move together); shares of a mix are then scaled to sum to one.
    """

    def __init__(self, ecosystem: Ecosystem, worlds: Sequence[int] | None = None, seed: int = 0):
        self.ecosystem = ecosystem
        self.worlds = None if worlds is None else list(worlds)
        self.seed = seed

    @property
    def width(self) -> int:
        return 1 if self.worlds is None else len(self.worlds)

    def stock(self, item: str) -> np.ndarray:
        """Value of an opening item by firm; zero where absent."""
        value = self.ecosystem.stock(item)[:, None]
        if self.worlds is None or item not in self.ecosystem.stocks:
            return value
        numbers = self.ecosystem.stocks[item]
        return self._draw(f"stock/{item}", self.ecosystem.group, value, numbers.low, numbers.high, numbers.grade)

    def claim(self, field: str) -> np.ndarray:
        """A field of the claims, `(claims, 1 or worlds)`; equity shares are kept below full ownership."""
        claims = self.ecosystem.claims
        value = getattr(claims, field)[:, None].astype(np.float64)
        swept = np.isin(claims.layer, [LAYERS.index(each) for each, name in _SWEPT_FIELD.items() if name == field])
        if self.worlds is None or not swept.any():
            return value
        grade = np.where(swept, claims.grade, 0)
        names = [each.partition("@")[0] for each in claims.id]
        drawn = self._draw(f"claim/{field}", names, value, claims.low, claims.high, grade)
        if field == "share":
            held = np.zeros((len(self.ecosystem), self.width))
            equity = np.flatnonzero(~np.isnan(value[:, 0]))
            np.add.at(held, claims.target[equity], drawn[equity])
            drawn = drawn * np.minimum(1.0, 0.99 / np.maximum(held, 0.99))[claims.target]
        return drawn

    def shares(self, group: str) -> np.ndarray | None:
        """Shares of a mix by firm row, or None where there is no such group."""
        mix = self.ecosystem.mixes.get(group)
        if mix is None:
            return None
        if self.worlds is None:
            return self.ecosystem.shares(group)[:, None]
        by_item = self._mix(group)
        result = np.zeros((len(self.ecosystem), self.width))
        members = self._members
        for item, share in zip(mix, by_item, strict=True):
            for row, size in members.get(item, ()):
                result[row] += share * size
        return result

    def share_of(self, group: str, item: str, default: float) -> np.ndarray:
        """Share of one named item (not a firm) of a mix, `(1 or worlds,)`."""
        mix = self.ecosystem.mixes.get(group, {})
        if item not in mix:
            return np.array([default])
        return np.array([mix[item][0]]) if self.worlds is None else self._mix(group)[list(mix).index(item)]

    @cached_property
    def _members(self) -> dict[str, list[tuple[int, float]]]:
        eco = self.ecosystem
        found = {each: [(row, 1.0)] for each, row in eco.row.items()}
        for row, group in enumerate(eco.group):
            if group != eco.id[row]:
                found.setdefault(group, []).append((row, float(eco.member_share[row])))
        return found

    def _mix(self, group: str) -> np.ndarray:
        """Drawn shares `(items, worlds)`, scaled to sum to one."""
        mix = self.ecosystem.mixes[group]
        value, low, high, grade = (np.array(each, np.float64) for each in zip(*mix.values(), strict=True))
        drawn = self._draw(f"mix/{group}", list(mix), value[:, None], low, high, grade)
        whole = total(drawn)
        return drawn / np.where(whole > 0.0, whole, 1.0)

    def _draw(self, stream: str, names, value, low, high, grade) -> np.ndarray:
        assumed = (np.asarray(grade) == ASSUMED) & np.isfinite(low) & np.isfinite(high) & (high > low)
        result = np.repeat(value, self.width, axis=1)
        if not assumed.any():
            return result
        labels = {each: place for place, each in enumerate(dict.fromkeys(names))}
        luck = uniforms(self.seed, f"assumed/{stream}", self.worlds, len(labels))
        rows = np.flatnonzero(assumed)
        of_row = luck[[labels[names[each]] for each in rows]]
        result[rows] = triangular(of_row, low[rows, None], value[rows], high[rows, None])
        return result
