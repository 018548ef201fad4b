"""The planned payments of a horizon, gathered purpose by purpose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cython_ext import GATES, PRIORITIES, row_sums

OPERATING, SERVICE, COMMITTED, PURCHASES, INVESTMENT = range(len(PRIORITIES))
ORDINARY, SECURED_FUNDING, MARKET_FUNDING, COMMITTED_FUNDING = range(len(GATES))

# What a payment is for. The ledger and the event log speak these words.
PURPOSES = (
    "running cost", "supply cost", "interest", "principal", "rent", "take-or-pay compute", "spot compute",
    "trade payable", "chips", "building", "other investment", "distribution", "funding",
    "end-user spending", "core business", "tax", "subsidy", "stake",
)  # fmt: skip


@dataclass(frozen=True)
class Links:
    """Payments planned over the horizon, one row each; `amount` is USD bn `(links, 1 or worlds)`.

    `purpose` indexes PURPOSES, `claim` the ecosystem's claims (-1 = none); `gate` and `priority` as in
    `cython_ext.Problem`; `sale` marks revenue of the creditor.
    """

    debtor: np.ndarray
    creditor: np.ndarray
    priority: np.ndarray
    gate: np.ndarray
    sale: np.ndarray
    purpose: np.ndarray
    claim: np.ndarray
    amount: np.ndarray

    def __len__(self) -> int:
        return self.debtor.size


class Gatherer:
    """Collects links; payments of nothing, and payments to oneself, are left out."""

    def __init__(self, firms: int, width: int):
        self.firms, self.width = firms, width
        self._parts: list[tuple[np.ndarray, ...]] = []

    def add(
        self, purpose: str, debtor, creditor, priority: int, amount,
        *, sale: bool = False, gate: int = ORDINARY, claim=-1,
    ) -> None:  # fmt: skip
        """Add payments of `amount` (k, 1 or worlds) from `debtor` (k,) to `creditor` (k,); scalars broadcast."""
        amount = np.atleast_2d(np.asarray(amount, np.float64))
        count = amount.shape[0]
        columns = [
            np.broadcast_to(np.asarray(each, np.int32), count)
            for each in (debtor, creditor, priority, gate, sale, PURPOSES.index(purpose), claim)
        ]
        keep = (amount > 0.0).any(axis=1) & (columns[0] != columns[1])
        if keep.any():
            amount = np.broadcast_to(amount, (count, self.width))[keep]
            self._parts.append((*(each[keep] for each in columns), amount))

    def links(self) -> Links:
        if not self._parts:
            return Links(*(np.zeros(0, np.int32) for _ in range(7)), np.zeros((0, self.width)))
        return Links(*(np.concatenate(each) for each in zip(*self._parts, strict=True)))

    def keep(self, links: Links) -> None:
        """Go on from these links instead of those gathered so far."""
        self._parts = [(links.debtor, links.creditor, links.priority, links.gate, links.sale, links.purpose,
                        links.claim, links.amount)]  # fmt: skip

    def paid_out(self) -> np.ndarray:
        """All planned payments by debtor, `(firms, width)`."""
        links = self.links()
        return row_sums(links.amount, links.debtor, self.firms)

    def paid_in(self) -> np.ndarray:
        """All planned payments by creditor, `(firms, width)`."""
        links = self.links()
        return row_sums(links.amount, links.creditor, self.firms)

    def received(self, purpose: str | None = None) -> np.ndarray:
        """Planned sales by seller: of one purpose, or of all, `(firms, width)`."""
        links = self.links()
        chosen = links.sale > 0
        if purpose is not None:
            chosen &= links.purpose == PURPOSES.index(purpose)
        return row_sums(links.amount[chosen], links.creditor[chosen], self.firms)
