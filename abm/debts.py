"""Debt in every layer: what it costs, when it falls due, what is committed and not yet drawn.

A view on the ledger's claims: balances stand there, terms here.
Arrays are `(debts, worlds)` unless said otherwise.
"""

from __future__ import annotations

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem.vocabulary import AMORTISATIONS, DEBT_LAYERS, MARKETS
from abm.ledger import Ledger
from abm.parameters import Parameters
from abm.words import part_of

VENDOR, OUTSIDE = len(MARKETS), len(MARKETS) + 1  # markets beside those of lenders


class Debts:
    """Terms of all debts, old and possible; `place` are their positions among the ledger's claims."""

    def __init__(self, drawn: Drawn, parameters: Parameters, ledger: Ledger):
        eco, claims = drawn.ecosystem, ledger.claims
        self.place = np.flatnonzero(np.isin(claims.layer, DEBT_LAYERS))
        self.holder, self.debtor = claims.holder[self.place], claims.debtor[self.place]
        self.layer = claims.layer[self.place]
        self.market = np.array(
            [self._market(eco, row, layer) for row, layer in zip(self.holder, self.layer, strict=True)]
        )
        # The market that each firm lends in; len(MARKETS) for those who lend in none.
        self.market_of = np.array(
            [MARKETS.index(each) if each in MARKETS else len(MARKETS) for each in eco.market], np.int32
        )
        self.lenders = {each: np.flatnonzero(self.market_of == place) for place, each in enumerate(MARKETS)}
        count, worlds = self.place.size, ledger.worlds
        known = {name: position for position, name in enumerate(eco.claims.id)}
        old = np.array([known.get(claims.id[each], -1) for each in self.place])
        self.old = old >= 0
        self.new = {each: self.of(each)[~self.old[self.of(each)]] for each in MARKETS}  # positions by market
        source = np.maximum(old, 0)
        fixed = eco.claims

        def of_old(values: np.ndarray, blank: float) -> np.ndarray:
            return np.where(self.old, values[source], blank)

        self.rate = np.array(np.broadcast_to(np.nan_to_num(of_old(fixed.rate, 0.0))[:, None], (count, worlds)))
        kind = of_old(fixed.amortisation, AMORTISATIONS.index("none"))
        term = of_old(fixed.term, np.nan)
        self.linear = self.old & (kind == AMORTISATIONS.index("linear")) & ~np.isnan(term)
        self.bullet = self.old & (kind == AMORTISATIONS.index("bullet")) & ~np.isnan(term)
        self.term, self.first = term, np.clip(np.nan_to_num(of_old(fixed.principal_from, 1.0)), 1.0, None)
        committed, paid = drawn.claim("committed")[source], drawn.claim("drawn")[source]
        self.undrawn = np.array(np.broadcast_to(
            np.where(self.old[:, None], np.maximum(0.0, committed - paid), 0.0), (count, worlds)))  # fmt: skip
        secured = np.isin(self.layer, ("loan", "gpu_loan"))
        self.can_be_sold = secured & np.isin(self.market, (MARKETS.index("PC"), MARKETS.index("BK"))) & np.isin(
            self.debtor, eco.of_kind("operator", "vehicle"))  # fmt: skip
        # The securitisation trust's own claim on the same borrower, and the trust that would buy.
        trusts = self.of("ABS")
        trust_claim = {int(self.debtor[each]): int(each) for each in trusts if not self.old[each]}
        self.sold_to = np.array([trust_claim.get(int(each), -1) for each in self.debtor], np.int32)
        self.can_be_sold &= self.sold_to >= 0
        self.sellable = np.flatnonzero(self.can_be_sold)
        self.abs_buyer = np.where(self.sold_to >= 0, self.holder[self.sold_to], self.holder)
        self.pulled_forward = np.zeros((count, worlds))  # share that falls due this quarter beyond what is scheduled
        # Debt that a reorganisation left: old schedules are gone, it rests until a quarter and then repays at its pace.
        self.renewed = np.zeros((count, worlds), bool)
        self.rests_until = np.zeros((count, worlds))
        self.seasoned = np.where(self.can_be_sold[:, None], ledger.amounts[self.place], 0.0)
        # New debt repays a share of its balance each quarter, by market.
        vehicle = np.isin(self.debtor, eco.of_kind("vehicle"))
        names = {
            MARKETS.index("IG"): "bond_amortisation", MARKETS.index("HY"): "high_yield_amortisation",
        }  # fmt: skip
        self.pace = np.empty((count, worlds))
        for each in range(count):
            market = int(self.market[each])
            name = names.get(market, "gpu_loan_amortisation")
            if vehicle[each]:
                name = "high_yield_amortisation" if market == MARKETS.index("BK") else "bond_amortisation"
            self.pace[each] = parameters.of(name)[self.debtor[each]]

    @staticmethod
    def _market(eco, lender: int, layer: str) -> int:
        if layer == "vendor_loan":
            return VENDOR
        return MARKETS.index(eco.market[lender]) if eco.market[lender] in MARKETS else OUTSIDE

    def of(self, market: str | int) -> np.ndarray:
        """Positions of debts in one lenders' market."""
        return np.flatnonzero(self.market == (MARKETS.index(market) if isinstance(market, str) else market))

    def principal_due(self, balance: np.ndarray, quarter: int) -> np.ndarray:
        """Repayment due in `quarter` (1 = first), from `balance`: what is scheduled, and what is pulled forward."""
        scheduled = self._scheduled(balance, quarter)
        return scheduled + self.pulled_forward * (balance - scheduled)

    def balloons(self, balance: np.ndarray, quarter: int) -> np.ndarray:
        """The part of `principal_due` that is refinanced: last payments of bullets, and what is pulled forward."""
        last = self.bullet & (self.term - quarter < 1.0)
        scheduled = self._scheduled(balance, quarter)
        pulled = self.pulled_forward * (balance - scheduled)
        return np.where(last[:, None] & ~self.renewed, scheduled + pulled, pulled)

    def _scheduled(self, balance: np.ndarray, quarter: int) -> np.ndarray:
        left = self.term - quarter + 1.0
        running = self.linear & (quarter >= self.first) & (left >= 1.0)
        share = np.where(running, 1.0 / np.maximum(left, 1.0), 0.0)
        share = np.where(self.bullet & (left <= 1.0), 1.0, share)
        share = np.where(self.linear & (left < 1.0), 1.0, share)
        share = np.where(self.old[:, None] & ~self.renewed, share[:, None], self.pace)
        return balance * np.where(quarter > self.rests_until, share, 0.0)

    def renew(self, debts: np.ndarray, worlds: np.ndarray, pace: np.ndarray, until: np.ndarray) -> None:
        """Give `debts` in `worlds` new terms: no repayment to quarter `until`, then the share `pace` of the balance."""
        here = np.ix_(debts, worlds)
        self.renewed[here], self.pace[here], self.rests_until[here] = True, pace, until

    def lend(self, before: np.ndarray, amount: np.ndarray, rate: np.ndarray) -> None:
        """New money at `rate` joins a balance: the rate becomes the average of both."""
        rows = np.flatnonzero((amount > 0.0).any(axis=1))  # most debts get none
        before, amount, old = before[rows], amount[rows], self.rate[rows]
        average = part_of(before * old + amount * rate[rows], before + amount)
        self.rate[rows] = np.where(amount > 0.0, average, old)

    def season(self, before: np.ndarray, balance: np.ndarray, sold: np.ndarray, quarters: np.ndarray) -> None:
        """What was `sold` is gone and what was repaid was old and new alike; a quarter later more of a loan is old
        enough to be sold on, never more than there is. `quarters` (firms, 1 or worlds) is how long that takes."""
        rows = self.sellable
        before, balance = before[rows], balance[rows]
        kept = np.minimum(np.maximum(0.0, self.seasoned[rows] - sold[rows]), balance)
        kept = np.where(before > 0.0, kept * np.minimum(1.0, part_of(balance, before)), 0.0)
        self.seasoned[rows] = np.clip(kept + (balance - kept) / quarters[self.debtor[rows]], 0.0, balance)

    def fork(self) -> Debts:
        """The same terms, with their own arrays."""
        twin = object.__new__(Debts)
        twin.__dict__ = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.__dict__.items()
        }
        return twin
