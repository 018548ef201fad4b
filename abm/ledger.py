"""One ledger of many worlds: columns of balances, one table of claims, posting in batches.

Columns are float64 `(rows, worlds)`, a row a firm, for life; claims are `(claims, worlds)`. Three
kinds of posting exist and each keeps both sides: `post` (a real asset is made, bought from outside or
lost), `transfer` (money passes from one to another) and `change_claims` (somebody owes more or less).
Each moves net worth with it, so net worth is the running sum of all that was ever posted, and
`identities` can compare it with the balance sheets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from abm.columns import COLUMNS, FINANCIAL, REAL
from abm.errors import nearest
from cython_ext import chosen_sums, flow_sums, row_sums, total

TOLERANCE = 1e-9  # relative, with an absolute floor of 1e-9 USD bn


@dataclass(frozen=True)
class ClaimTable:
    """Who owes whom: `holder` has the asset, `debtor` the liability; `layer` and `id` name the claim."""

    id: tuple[str, ...]
    layer: np.ndarray
    holder: np.ndarray
    debtor: np.ndarray
    _places: dict[tuple[str, ...], np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def of(self, layers: tuple[str, ...]) -> np.ndarray:
        """Positions of the claims of some layers, or of all; asked for so often that answers are kept."""
        if layers not in self._places:
            chosen = np.isin(self.layer, layers) if layers else np.ones(len(self), bool)
            self._places[layers] = np.flatnonzero(chosen)
        return self._places[layers]

    @cached_property
    def layers(self) -> tuple[np.ndarray, np.ndarray]:
        """The layers there are, by name, and the place of each claim's layer among them."""
        return np.unique(self.layer, return_inverse=True)

    def __len__(self) -> int:
        return len(self.id)


class LedgerBreach(ArithmeticError):
    """An accounting identity does not hold; the message names identity, firm, world and amount."""


@dataclass
class Ledger:
    """Balances and claims of all worlds. Arrays are private to it: read `balance`, write by posting."""

    firms: tuple[str, ...]
    worlds: int
    claims: ClaimTable
    _balances: dict[str, np.ndarray] = field(repr=False)
    _amounts: np.ndarray = field(repr=False)
    _facts: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _views: dict[str, tuple[np.ndarray | None, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)
    # Sums of claims by side and layers, asked for many times until claims change.
    _known: dict[tuple[str, ...], np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def empty(
        cls, firms: tuple[str, ...], worlds: int, claims: ClaimTable, facts: dict[str, np.ndarray] | None = None
    ) -> Ledger:
        """A ledger with nothing in it; `facts` are the columns that no posting moves, each `(rows, 1 or worlds)`."""
        shape = len(firms), worlds
        balances = {name: np.zeros(shape) for name in (*FINANCIAL, *REAL, "net_worth")}
        wide = {name: np.array(np.broadcast_to(each, shape)) for name, each in (facts or {}).items()}
        return cls(firms, worlds, claims, balances, np.zeros((len(claims), worlds)), wide)

    # -- reading -----------------------------------------------------------------------------------
    def column(self, name: str) -> np.ndarray:
        """A read-only view of a column `(rows, worlds)`; zeros for a declared fact that the data lacks.

        Raises `KeyError` naming the nearest column.
        """
        array = self._balances.get(name)
        if array is None:
            array = self._facts.get(name)
        kept = self._views.get(name)
        if kept is not None and kept[0] is array:  # rules read the same columns thousands of times
            return kept[1]
        if array is not None:
            view = array.view()
        elif name in COLUMNS:
            view = np.broadcast_to(0.0, (len(self.firms), self.worlds))
        else:
            close = nearest(name, COLUMNS)
            raise KeyError(f"no column {name!r}" + (f" (did you mean {close!r}?)" if close else ""))
        view.flags.writeable = False
        self._views[name] = array, view
        return view

    @property
    def amounts(self) -> np.ndarray:
        """What is owed on each claim, read-only `(claims, worlds)`."""
        view = self._amounts.view()
        view.flags.writeable = False
        return view

    def held(self, *layers: str) -> np.ndarray:
        """Claims that each row holds, read-only `(rows, worlds)`: of some layers, or all."""
        return self._sum_of("holder", layers)

    def owed(self, *layers: str) -> np.ndarray:
        """Claims that each row owes, read-only `(rows, worlds)`: of some layers, or all."""
        return self._sum_of("debtor", layers)

    def _sum_of(self, side: str, layers: tuple[str, ...]) -> np.ndarray:
        key = (side, *layers)
        if key not in self._known:
            chosen = self.claims.of(layers)
            self._known[key] = chosen_sums(self._amounts, chosen, getattr(self.claims, side)[chosen], len(self.firms))
            self._known[key].flags.writeable = False
        return self._known[key]

    def record(self, name: str, value: np.ndarray, rows: int | slice | np.ndarray = slice(None)) -> None:
        """Store memory, a plan or a flow, for some rows or all; balances move by posting and facts do not move.

        Raises `KeyError` for any other column.
        """
        column = COLUMNS.get(name)
        if column is None or column.sort not in ("memory", "plan", "flow"):
            raise KeyError(f"{name!r} is not written by a phase" + (f": it is a {column.sort}" if column else ""))
        if name not in self._facts:
            self._facts[name] = np.zeros((len(self.firms), self.worlds))
        self._facts[name][rows] = value

    # -- posting -----------------------------------------------------------------------------------
    def post(self, account: str, rows: np.ndarray, amount: np.ndarray) -> None:
        """Add `amount` (k, worlds) to a real asset of `rows` (k,), and to their net worth."""
        if account not in REAL:
            raise KeyError(f"{account!r} is not a real asset; money moves by transfer, claims by change_claims")
        self._add(account, rows, amount)
        self._add("net_worth", rows, amount)

    def transfer(self, account: str, payer: np.ndarray, payee: np.ndarray, amount: np.ndarray) -> None:
        """Move `amount` (k, worlds) of a financial account from `payer` (k,) to `payee` (k,)."""
        self.move(account, *flow_sums(self._wide(amount, payer), payer, payee, len(self.firms)))

    def move(self, account: str, paid: np.ndarray, received: np.ndarray) -> None:
        """Take from a financial account what each row has `paid`, and give it what it `received`, `(rows, worlds)`."""
        if account not in FINANCIAL:
            raise KeyError(f"{account!r} is not money; real assets move by post, claims by change_claims")
        for each in (account, "net_worth"):
            self._balances[each] -= paid
            self._balances[each] += received

    def change_claims(self, places: np.ndarray, amount: np.ndarray) -> None:
        """Add `amount` (k, worlds) to what is owed on the claims at `places` (k,), each place once."""
        self._amounts[places] += amount
        self._known.clear()
        claims = self.claims
        owed, held = flow_sums(self._wide(amount, places), claims.debtor[places], claims.holder[places],
                               len(self.firms))  # fmt: skip
        self._balances["net_worth"] += held
        self._balances["net_worth"] -= owed

    def _wide(self, amount: np.ndarray, rows: np.ndarray) -> np.ndarray:
        shape = np.size(rows), self.worlds
        return amount if amount.shape == shape else np.broadcast_to(amount, shape)

    def _add(self, account: str, rows: np.ndarray, amount: np.ndarray) -> None:
        self._balances[account] += row_sums(self._wide(amount, rows), np.atleast_1d(rows), len(self.firms))

    # -- checking ----------------------------------------------------------------------------------
    def identities(self) -> dict[str, np.ndarray]:
        """Relative residuals by name, `(worlds,)`; for identities by firm, the worst firm's."""
        return {name: each.max(axis=0) for name, each in self._residuals().items()}

    def check(self) -> float:
        """The worst relative residual. Raises `LedgerBreach` where one exceeds the tolerance."""
        worst = 0.0
        for name, residual in self._residuals().items():
            worst = max(worst, float(residual.max(initial=0.0)))
            if not (residual <= TOLERANCE).all():
                row, world = np.unravel_index(
                    np.nanargmax(np.where(np.isnan(residual), np.inf, residual)), residual.shape
                )
                where = self.firms[row] if residual.shape[0] == len(self.firms) else "all firms"
                raise LedgerBreach(f"{name}: {where}, world {world}: off by {residual[row, world]:.3g} (relative)")
        return worst

    def _residuals(self) -> dict[str, np.ndarray]:
        """By identity, `(1 or rows, worlds)`. Sides are summed apart: by holder and by debtor, assets and worth."""
        found = {}
        for account in FINANCIAL:
            # What one holds another owes, so the column sums to nothing.
            amount = self._balances[account]
            found[f"{account} held = {account} owed"] = _relative(total(amount), total(np.abs(amount)))
        claims, n = self.claims, len(self.firms)
        layers, layer = claims.layers
        # Summed anew, whatever is known: one reading for all layers, one for all claims.
        owed, held = flow_sums(self._amounts, layer * n + claims.debtor, layer * n + claims.holder, layers.size * n)
        for place, name in enumerate(layers):
            rows = slice(place * n, (place + 1) * n)
            all_held, all_owed = total(held[rows]), total(owed[rows])
            found[f"{name} held = {name} owed"] = _relative(all_held - all_owed, all_held)
        owed, held = flow_sums(self._amounts, claims.debtor, claims.holder, n)
        real = sum(self._balances[each] for each in REAL)
        assets = real + sum(self._balances[each] for each in FINANCIAL) + held
        worth = self._balances["net_worth"]
        scale = np.abs(assets) + owed
        found["assets = liabilities + net worth"] = np.abs(assets - owed - worth) / np.maximum(1.0, scale)
        found["sum of net worth = real assets"] = _relative(total(worth) - total(real), total(np.abs(worth)))
        return found

    def widened(self, worlds: int) -> Ledger:
        """The same state in `worlds` worlds; a ledger of one world is repeated, another stays as it is."""
        if self.worlds == worlds:
            return self
        if self.worlds != 1:
            raise ValueError(f"a ledger of {self.worlds} worlds cannot become one of {worlds}")
        wide = {name: np.repeat(each, worlds, axis=1) for name, each in self._balances.items()}
        facts = {name: np.repeat(each, worlds, axis=1) for name, each in self._facts.items()}
        return Ledger(self.firms, worlds, self.claims, wide, np.repeat(self._amounts, worlds, axis=1), facts)

    def with_room_for(self, more: ClaimTable) -> Ledger:
        """The same state with `more` claims of which nothing is drawn yet, behind those there are."""
        claims = ClaimTable(
            self.claims.id + more.id, np.concatenate([self.claims.layer, more.layer]),
            np.concatenate([self.claims.holder, more.holder]), np.concatenate([self.claims.debtor, more.debtor]),
        )  # fmt: skip
        amounts = np.concatenate([self._amounts, np.zeros((len(more), self.worlds))])
        return Ledger(self.firms, self.worlds, claims, self._balances, amounts, self._facts)

    # -- what if -----------------------------------------------------------------------------------
    def fork(self) -> Ledger:
        """The same state with its own arrays: post to one, the other does not change."""
        return Ledger(
            self.firms, self.worlds, self.claims, {name: each.copy() for name, each in self._balances.items()},
            self._amounts.copy(), {name: each.copy() for name, each in self._facts.items()},
        )  # fmt: skip


def _relative(difference: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return (np.abs(difference) / np.maximum(1.0, np.abs(scale)))[None, :]
