"""The payments of one quarter: a fixed list of who pays whom for what, with amounts that phases fill in.

Each block is one purpose; a block's links keep their place for life. Nothing is paid while a quarter is
planned: `settle` in `abm.closing` posts the whole list at once, debit and credit together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.links import PURPOSES
from cython_ext import row_sums


@dataclass(frozen=True)
class Block:
    """Links of one purpose: debtor, creditor `(k,)`, priority, USD bn `(k, worlds)`."""

    purpose: str
    priority: int
    debtor: np.ndarray
    creditor: np.ndarray
    amount: np.ndarray


class Payments:
    """Blocks of payments by name. `payments["interest"] = amounts` plans them; sums are by firm, `(firms, worlds)`."""

    def __init__(self, firms: int, worlds: int):
        self.firms, self.worlds = firms, worlds
        self.blocks: dict[str, Block] = {}
        self._ends: tuple[np.ndarray, np.ndarray] | None = None  # who pays whom over all blocks: kept, as it is fixed

    def add(self, name: str, purpose: str, priority: int, debtor, creditor) -> None:
        """Declare a block; a scalar debtor or creditor stands for all links."""
        if purpose not in PURPOSES:
            raise KeyError(f"{purpose!r} is no purpose of payments")
        debtor, creditor = np.broadcast_arrays(np.asarray(debtor, np.int32), np.asarray(creditor, np.int32))
        amount = np.zeros((debtor.size, self.worlds))
        self._ends = None
        self.blocks[name] = Block(
            purpose, priority, np.array(debtor.reshape(-1)), np.array(creditor.reshape(-1)), amount
        )

    def __getitem__(self, name: str) -> np.ndarray:
        return self.blocks[name].amount

    def __setitem__(self, name: str, amount: np.ndarray) -> None:
        self.blocks[name].amount[:] = amount

    def paid(self, *names: str) -> np.ndarray:
        """What each firm is to pay in these blocks."""
        return sum(self._sum(name, "debtor") for name in names)

    def received(self, *names: str) -> np.ndarray:
        """What each firm is to receive in these blocks."""
        return sum(self._sum(name, "creditor") for name in names)

    def _sum(self, name: str, side: str) -> np.ndarray:
        block = self.blocks[name]
        return row_sums(block.amount, getattr(block, side), self.firms)

    def everything(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All links: debtors, creditors `(links,)` and amounts `(links, worlds)`."""
        blocks = self.blocks.values()
        if self._ends is None:
            self._ends = (
                np.concatenate([each.debtor for each in blocks]), np.concatenate([each.creditor for each in blocks])
            )  # fmt: skip
        return *self._ends, np.concatenate([each.amount for each in blocks])

    def fork(self) -> Payments:
        """The same list with its own amounts."""
        twin = Payments(self.firms, self.worlds)
        twin.blocks = {
            name: Block(each.purpose, each.priority, each.debtor, each.creditor, each.amount.copy())
            for name, each in self.blocks.items()
        }
        return twin
