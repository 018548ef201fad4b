"""The payments of one quarter: a fixed list of who pays whom for what, with amounts that phases fill in.

Each block is one purpose; a block's links keep their place for life. Nothing is paid while a quarter is
planned: `settle` in `abm.closing` posts the whole list at once, debit and credit together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.links import ORDINARY, PURPOSES
from cython_ext import row_sums


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
        self.blocks[name] = Block(purpose, priority, self.debtor[place], self.creditor[place], place, gate, sale)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.amount[self.blocks[name].place]

    def __setitem__(self, name: str, amount: np.ndarray) -> None:
        self.amount[self.blocks[name].place] = amount

    def paid(self, *names: str) -> np.ndarray:
        """What each firm is to pay in these blocks."""
        return sum(self._sum(name, "debtor") for name in names)

    def received(self, *names: str) -> np.ndarray:
        """What each firm is to receive in these blocks."""
        return sum(self._sum(name, "creditor") for name in names)

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
        received = row_sums(self.amount, self.creditor, self.firms)
        return received - row_sums(self.amount, self.debtor, self.firms)

    def _sum(self, name: str, side: str) -> np.ndarray:
        block = self.blocks[name]
        return row_sums(self.amount[block.place], getattr(block, side), self.firms)

    def everything(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All links: debtors, creditors `(links,)` and amounts `(links, worlds)`."""
        return self.debtor, self.creditor, self.amount

    def fork(self) -> Payments:
        """The same list with its own amounts."""
        twin = Payments(self.firms, self.worlds)
        twin.__dict__ = {**self.__dict__, "blocks": dict(self.blocks), "amount": self.amount.copy()}
        return twin
