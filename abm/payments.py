"""The payments of one quarter: a fixed list of who pays whom for what, with amounts that phases fill in.

Each block is one purpose; a block's links keep their place for life. Nothing is paid while a quarter is
planned: `settle` in `abm.closing` posts the whole list at once, debit and credit together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.links import ORDINARY, PURPOSES
from cython_ext import block_sums, flow_sums, row_sums


@dataclass(frozen=True)
class Block:
    """Links of one purpose: debtor, creditor `(k,)`, priority, and where they stand in the list of all.

    `gate` `(k,)` says which money is new funding, and `sale` whether it is revenue, as in `cython_ext.Problem`.
    """

    purpose: str
    priority: int
    debtor: np.ndarray
    creditor: np.ndarray
    place: slice
    gate: np.ndarray
    sale: bool


class Payments:
    """Blocks of payments by name. `payments["interest"] = amounts` plans them; sums are by firm, `(firms, worlds)`."""

    def __init__(self, firms: int, worlds: int):
        self.firms, self.worlds = firms, worlds
        self.blocks: dict[str, Block] = {}
        # All links in one piece, so that they can be posted as they stand.
        self.debtor, self.creditor = np.zeros(0, np.int32), np.zeros(0, np.int32)
        self.priority, self.gate, self.sale = np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32)
        self.amount = np.zeros((0, worlds))
        self._spans: dict[tuple[str, ...], np.ndarray] = {}  # first and end of blocks that were asked for together
        self._flows: tuple[np.ndarray, np.ndarray] | None = None  # paid and received, until an amount changes

    def add(
        self, name: str, purpose: str, priority: int, debtor, creditor, *, gate=ORDINARY, sale: bool = False
    ) -> None:
        """Declare a block; a scalar debtor, creditor or gate stands for all links."""
        if purpose not in PURPOSES:
            raise KeyError(f"{purpose!r} is no purpose of payments")
        given = (np.atleast_1d(np.asarray(each, np.int32)) for each in (debtor, creditor, gate))
        debtor, creditor, gate = np.broadcast_arrays(*given)
        place = slice(self.debtor.size, self.debtor.size + debtor.size)
        self.debtor = np.concatenate([self.debtor, debtor.reshape(-1)])
        self.creditor = np.concatenate([self.creditor, creditor.reshape(-1)])
        for each, value in (("priority", priority), ("gate", gate), ("sale", sale)):
            column = np.broadcast_to(np.asarray(value, np.int32), debtor.shape)
            setattr(self, each, np.concatenate([getattr(self, each), column]))
        self.amount = np.concatenate([self.amount, np.zeros((debtor.size, self.worlds))])
        self._flows = None
        self.blocks[name] = Block(purpose, priority, self.debtor[place], self.creditor[place], place, gate, sale)

    def __getitem__(self, name: str) -> np.ndarray:
        """Read-only amounts of a block, `(k, worlds)`."""
        amount = self.amount[self.blocks[name].place]
        amount.flags.writeable = False
        return amount

    def __setitem__(self, name: str, amount: np.ndarray) -> None:
        self.amount[self.blocks[name].place] = amount
        self._flows = None

    def increase(self, name: str, places: np.ndarray, amount: np.ndarray) -> None:
        """Add `amount` (p, worlds) to some links of a block, by their `places` (p,) in it, each once."""
        self.amount[self.blocks[name].place.start + places] += amount
        self._flows = None

    def replace(self, links: np.ndarray, worlds: np.ndarray, amount: np.ndarray) -> None:
        """Put `amount` (k, w) in the place of what `links` (k,) were to pay in `worlds` (w,)."""
        self.amount[np.ix_(links, worlds)] = amount
        self._flows = None

    def paid(self, *names: str) -> np.ndarray:
        """What each firm is to pay in these blocks."""
        return block_sums(self.amount, self._span(names), self.debtor, self.firms)

    def received(self, *names: str) -> np.ndarray:
        """What each firm is to receive in these blocks."""
        return block_sums(self.amount, self._span(names), self.creditor, self.firms)

    def _span(self, names: tuple[str, ...]) -> np.ndarray:
        if names not in self._spans:
            places = [self.blocks[name].place for name in names]
            self._spans[names] = np.array([(each.start, each.stop) for each in places], np.int32).reshape(-1, 2)
        return self._spans[names]

    def paid_by(self, row: int, *names: str) -> np.ndarray:
        """What one firm pays to each other in these blocks, `(firms, worlds)`."""
        result = np.zeros((self.firms, self.worlds))
        for name in names:
            block = self.blocks[name]
            chosen = block.debtor == row
            result += row_sums(self.amount[block.place][chosen], block.creditor[chosen], self.firms)
        return result

    def net(self) -> np.ndarray:
        """What each firm receives less what it pays, in all blocks."""
        paid, received = self.flows()
        return received - paid

    def flows(self) -> tuple[np.ndarray, np.ndarray]:
        """What each firm pays and what it receives in all blocks, kept until an amount changes."""
        if self._flows is None:
            self._flows = flow_sums(self.amount, self.debtor, self.creditor, self.firms)
        return self._flows

    def fork(self) -> Payments:
        """The same list with its own amounts."""
        twin = Payments(self.firms, self.worlds)
        twin.__dict__ = {**self.__dict__, "blocks": dict(self.blocks), "amount": self.amount.copy(),
                         "_spans": {}}
        return twin
