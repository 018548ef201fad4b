"""Warrants: a supplier pays customers in its own shares as they put its chips to work.

Each vests in equal steps per gigawatt of the issuer's chips that the holder's purchases bring into service, up to its
whole share (AMD's warrants for OpenAI and Meta; strike 0.01, so no money moves).
"""

from __future__ import annotations

import copy

import numpy as np

from abm.words import part_of
from cython_ext import row_sums, total

BOUGHT = ("contracts", "compute", "spill")  # payments for compute


class Warrants:
    """`issuer`, `holder` `(k,)`; `share` of the issuer when all is vested, `vested` so far `(k, worlds)`; `stake` are
    positions among the stakes."""

    def __init__(self, drawn, stakes, width: int):
        claims = drawn.ecosystem.claims
        found = claims.of("warrant")
        found = found[claims.active[found]]
        self.issuer, self.holder = claims.source[found], claims.target[found]
        self.share = np.array(np.broadcast_to(np.nan_to_num(drawn.claim("share")[found]), (found.size, width)))
        self.vested = np.zeros_like(self.share)
        number = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(stakes.holder, stakes.issuer, strict=True))}
        self.stake = [number[int(b), int(a)] for a, b in zip(self.issuer, self.holder, strict=True)]

    def vest(self, model) -> None:
        """Vest by what was delivered in the quarter; all other owners are diluted."""
        living, ledger, n = model.living, model.ledger, len(model.ecosystem)
        power, whole = model.parameters.shared("power_per_chip_value", 0.0), model.parameters.of("warrant_power")
        links, alive, works_for = living.chips, living.health.alive, np.arange(n, dtype=np.int32)
        works_for[living.fleet.owners] = living.serves
        for number, (issuer, holder) in enumerate(zip(self.issuer, self.holder, strict=True)):
            chosen = links.seller == issuer
            bought = row_sums(living.now.delivered[chosen], works_for[links.buyer[chosen]], n)
            # Of a cloud's new machines, a lab has put to work what it takes of all that the cloud serves.
            bills = np.where((living.contracts.customer == holder)[:, None], living.payments["margin_bills"], 0.0)
            paid = living.payments.paid_by(int(holder), *BOUGHT) + row_sums(bills, living.contracts.provider, n)
            taken = part_of(paid, ledger.column("compute_served"))
            worked = bought[holder] + total(np.minimum(1.0, taken) * bought)
            step = self.share[number] * worked * power / whole[issuer]
            step = np.minimum(step, self.share[number] - self.vested[number])
            step = np.where(alive[issuer] & alive[holder], step, 0.0)
            self.vested[number] += step
            living.stakes.grant(self.stake[number], step)

    def fork(self) -> Warrants:
        """The same, with their own arrays."""
        twin = copy.copy(self)
        twin.vested = self.vested.copy()
        return twin
