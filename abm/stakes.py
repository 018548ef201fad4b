"""Who owns which share of whom, and what it is worth.

A stake's worth stands in the ledger as a claim; the share stands here. New equity is issued at the mark: the
investor gets amount / (value + amount), everybody else is diluted.
"""

from __future__ import annotations

import numpy as np

from abm.drawn import Drawn
from abm.ledger import Ledger
from abm.words import part_of
from cython_ext import row_sums


class Stakes:
    """Shares `(stakes, worlds)` of issuers held in the network; `place` are positions among the ledger's claims."""

    def __init__(self, drawn: Drawn, ledger: Ledger):
        eco, claims = drawn.ecosystem, ledger.claims
        self.place = np.flatnonzero(claims.layer == "equity")
        self.holder, self.issuer = claims.holder[self.place], claims.debtor[self.place]
        known = {name: position for position, name in enumerate(eco.claims.id)}
        old = np.array([known.get(claims.id[each], -1) for each in self.place])
        self.old = old >= 0
        shape = (self.place.size, ledger.worlds)
        fixed = np.maximum(old, 0)
        share = np.where(self.old[:, None], np.nan_to_num(drawn.claim("share")[fixed]), 0.0)
        self.share = np.array(np.broadcast_to(share, shape))
        undrawn = np.where(
            self.old[:, None], np.maximum(0.0, drawn.claim("committed")[fixed] - drawn.claim("drawn")[fixed]), 0.0
        )
        self.undrawn = np.array(np.broadcast_to(undrawn, shape))

    def issue(self, amount: np.ndarray, other: np.ndarray, value: np.ndarray) -> None:
        """Investors pay `amount` (stakes, worlds), owners outside pay `other` (firms, worlds), at `value` (firms,
        worlds) before the money: new shares for those who pay, fewer for all."""
        fresh = row_sums(amount, self.issuer, value.shape[0]) + other
        whole = value + fresh
        kept = np.where(fresh > 0.0, part_of(value, whole), 1.0)
        self.share = self.share * kept[self.issuer] + part_of(amount, whole[self.issuer])

    def grant(self, stake: int, share: np.ndarray) -> None:
        """The holder of `stake` is given new shares, `share` (worlds,) of the whole, for nothing: all are diluted."""
        same = self.issuer == self.issuer[stake]
        self.share[same] *= 1.0 - share
        self.share[stake] += share

    def mark(self, ledger: Ledger, value: np.ndarray) -> None:
        """Post what each stake is worth at `value` (firms, worlds)."""
        ledger.change_claims(self.place, self.share * value[self.issuer] - ledger.amounts[self.place])

    def held(self, values: np.ndarray, firms: int) -> np.ndarray:
        """Worth of each firm's stakes if issuers are worth `values`, `(firms, worlds)`."""
        return row_sums(self.share * values[self.issuer], self.holder, firms)

    def fork(self) -> Stakes:
        """The same stakes, with their own arrays."""
        twin = object.__new__(Stakes)
        twin.__dict__ = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.__dict__.items()
        }
        return twin
