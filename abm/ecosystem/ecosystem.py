"""`Ecosystem`: the checked opening state of a network of firms, as columns.

Rows never move: firms stand in the order kind, then file. All money is nominal USD bn, flows are
per quarter, rates decimals per year. Nothing here depends on worlds; the ledger adds that axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from abm.ecosystem.vocabulary import KINDS, LAYERS
from abm.errors import BadInput, Fault, nearest, shown

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Numbers:
    """A column of numbers with what is known of each: `value`, sweep range `low`..`high`, `grade`.

    `low` and `high` are NaN where no range is given; `grade` indexes `vocabulary.GRADES`.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    grade: np.ndarray


@dataclass(frozen=True)
class Claims:
    """The loaded legs of instruments, one row each; `source` and `target` are rows of firms.

    Amounts are float64 and zero where unknown or absent, except `share`, `rate` (NaN = not given)
    and `term` (quarters left from the opening, NaN = open end). `low`, `high` and `grade` belong to
    the layer's swept field: `drawn` (debt), `share` (equity), `due` (lease, take_or_pay),
    `committed` (order_book, guarantee).
    """

    id: tuple[str, ...]
    layer: np.ndarray  # int8, index into LAYERS
    source: np.ndarray  # int32
    target: np.ndarray  # int32
    headline: np.ndarray  # USD bn
    committed: np.ndarray  # USD bn
    drawn: np.ndarray  # USD bn
    due: np.ndarray  # USD bn per quarter, in the first quarter
    share: np.ndarray  # share of the issuer
    carried_at_cost: np.ndarray  # bool
    start: np.ndarray  # float64, quarters after the opening (<= 0 = in force), NaN = unknown
    term: np.ndarray  # float64, quarters left from the opening
    rate: np.ndarray  # decimal per year
    amortisation: np.ndarray  # int8, index into AMORTISATIONS
    principal_from: np.ndarray  # float64, quarters after the opening of the first repayment, NaN = from the start
    cancellable: np.ndarray  # USD bn
    seniority: np.ndarray  # int8, index into SENIORITIES
    active: np.ndarray  # bool; False = status future
    low: np.ndarray
    high: np.ndarray
    grade: np.ndarray  # int8, index into GRADES
    covers: tuple[str, ...] = ()  # id of the instrument a guarantee covers, "" = none; empty = no guarantee covers any

    def __len__(self) -> int:
        return len(self.id)

    def covered(self, position: int) -> np.ndarray:
        """Positions of the legs that the guarantee at `position` stands behind: those its debtor owes.

        Legs of an instrument that was split between firms have ids INSTRUMENT@FIRM.
        """
        instrument = self.covers[position] if self.covers else ""
        if not instrument:
            return np.empty(0, np.intp)
        debtor = np.where(self.layer == LAYERS.index("take_or_pay"), self.source, self.target)
        legs = [leg for leg, each in enumerate(self.id) if instrument in (each, each.partition("@")[0])]
        return np.array([leg for leg in legs if debtor[leg] == self.target[position]], np.intp)

    def of(self, *layers: str) -> np.ndarray:
        """Positions of the claims in any of `layers`, in file order."""
        return np.flatnonzero(np.isin(self.layer, [LAYERS.index(each) for each in layers]))


@dataclass(frozen=True)
class Ecosystem:
    """Firms, their stocks, the claims between them and the mixes that split their flows.

    `stocks[item]` is a `Numbers` over firms; an item absent from the data is absent from the
    mapping, a firm without it holds zero and grade 0. `mixes[group]` maps an item to its
    `(share, low, high, grade)`. `parameters[name]` maps a firm id, a kind or "" to a number.
    """

    name: str
    opening: str  # quarter of the balance sheets, YYYYQn
    id: tuple[str, ...]
    title: tuple[str, ...]  # the firm's full name
    kind: np.ndarray  # int8, index into KINDS, non-decreasing
    region: tuple[str, ...]
    market: tuple[str, ...]
    sponsor: np.ndarray  # int32 row, -1 = none
    group: tuple[str, ...]  # id the firm was split from; its own id where it was not
    stocks: Mapping[str, Numbers]
    claims: Claims
    mixes: Mapping[str, Mapping[str, tuple[float, float, float, int]]] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        return f"Ecosystem({self.name!r}, opening {self.opening}, {len(self)} firms, {len(self.claims)} claims)"

    @cached_property
    def row(self) -> Mapping[str, int]:
        """Row of each firm id, as written in the data."""
        return {each: row for row, each in enumerate(self.id)}

    @cached_property
    def _folded(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for row, (firm, title, group) in enumerate(zip(self.id, self.title, self.group, strict=True)):
            for key in {firm.casefold(), title.casefold(), group.casefold()}:
                found.setdefault(key, []).append(row)
        for code, kind in enumerate(KINDS):
            rows = np.flatnonzero(self.kind == code)
            if rows.size:
                found[kind] = [int(each) for each in rows]
        return found

    def graph(self) -> networkx.MultiDiGraph:
        """This ecosystem as a graph: see `abm.ecosystem.graph.to_graph`."""
        from abm.ecosystem.graph import to_graph

        return to_graph(self)

    def rows(self, who: str) -> np.ndarray:
        """Rows that `who` stands for: a firm id or name in any case, a group id, a kind, or "all".

        Raises `BadInput` naming the nearest valid name.
        """
        if who.casefold() == "all":
            return np.flatnonzero(self.kind != KINDS.index("rest_of_world"))
        try:
            return np.array(self._folded[who.casefold()])
        except KeyError:
            valid = [*self.id, *self.title, *self.group, *KINDS, "all"]
            fault = Fault(self.name, shown(who), "a firm, group or kind of this ecosystem", nearest=nearest(who, valid))
            raise BadInput(fault) from None

    def of_kind(self, *kinds: str) -> np.ndarray:
        """Rows of the firms of any of `kinds`, ascending."""
        chosen = np.zeros(len(self), bool)
        for each in kinds:
            chosen |= self.kind == KINDS.index(each)
        return np.flatnonzero(chosen)

    @property
    def rest_of_world(self) -> int:
        """The row that closes every balance: counterparty of last resort, always the last row."""
        return len(self) - 1

    def stock(self, item: str) -> np.ndarray:
        """Value of `item` by firm, float64 `(firms,)`, zero where absent."""
        found = self.stocks.get(item)
        return np.zeros(len(self)) if found is None else found.value

    def has(self, item: str) -> np.ndarray:
        """Whether a firm's `item` is in the data, bool `(firms,)`."""
        found = self.stocks.get(item)
        return np.zeros(len(self), bool) if found is None else found.grade > 0

    def parameter(self, name: str, default: float | None = None) -> np.ndarray:
        """Data-side parameter by firm, float64 `(firms,)`: a firm's value before its kind's before the system's."""
        values = self.parameters.get(name, {})
        if not values and default is None:
            raise KeyError(name)
        result = np.full(len(self), values.get("", np.nan if default is None else default))
        for code, kind in enumerate(KINDS):
            if kind in values:
                result[self.kind == code] = values[kind]
        for firm, value in values.items():
            if firm in self.row:
                result[self.row[firm]] = value
        return result

    def shares(self, group: str) -> np.ndarray | None:
        """Shares of mix `group` by firm row, float64 `(firms,)`, or None where the data has no such group.

        An item that names a split group goes to its members by their size.
        """
        mix = self.mixes.get(group)
        if mix is None:
            return None
        result = np.zeros(len(self))
        for item, (share, *_) in mix.items():
            if item in self.row:
                result[self.row[item]] += share
            else:
                members = [row for row, each in enumerate(self.group) if each == item]
                sizes = self.member_share[members]
                result[members] += share * sizes
        return result

    def members_of(self, group: str) -> np.ndarray:
        """Rows of firms that have a share in mix `group`, or could be drawn to have one, ascending."""
        named = {item for item, (share, _, high, _) in self.mixes[group].items() if share > 0.0 or high > 0.0}
        pairs = zip(self.id, self.group, strict=True)
        return np.flatnonzero([firm in named or family in named for firm, family in pairs])

    def mix_of(self, prefix: str, row: int) -> str | None:
        """Name of the mix group of a firm: `prefix:FIRM`, else of its group, else of its kind, else None."""
        for key in (self.id[row], self.group[row], KINDS[self.kind[row]]):
            if f"{prefix}:{key}" in self.mixes:
                return f"{prefix}:{key}"
        return None

    @cached_property
    def member_share(self) -> np.ndarray:
        """Share of each firm in the group it was split from, float64 `(firms,)`; 1 where it was not split."""
        result = np.ones(len(self))
        for name, mix in self.mixes.items():
            if name.startswith(("tail_size:", "lender_split:")):
                for member, (share, *_) in mix.items():
                    if member in self.row:
                        result[self.row[member]] = share
        return result
