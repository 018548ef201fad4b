"""How the plans of the horizon are paid for: debt service, committed facilities, new funding.

Section 2 of `docs/model.md`. Every plan that enters the contagion loop is a plan
that somebody has agreed, or would be asked, to fund; what no market would fund is cut from the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem.vocabulary import AMORTISATIONS, DEBT_LAYERS
from abm.links import (
    COMMITTED_FUNDING,
    INVESTMENT,
    MARKET_FUNDING,
    SECURED_FUNDING,
    SERVICE,
    Gatherer,
)
from abm.operations import Outside
from abm.parameters import Parameters
from cython_ext import row_sums, total

# Who is asked for new money, by kind of firm: markets of lenders, and what the money answers to. Chipmakers
# come after their customers, whose plans may be cut.
_MARKETS = {
    "hyperscaler": (("IG",), SECURED_FUNDING),
    "operator": (("PC", "BK"), SECURED_FUNDING),
    "vehicle": (("PC", "BK"), SECURED_FUNDING),
    "ai_lab": (("equity",), MARKET_FUNDING),
    "chipmaker": (("IG",), SECURED_FUNDING),
}
_ROUNDING = 1e-13  # of what a firm pays: less is not money


class Finance:
    """Adds debt service and funding to a `Gatherer` that holds the operations of the same horizon."""

    def __init__(self, drawn: Drawn, parameters: Parameters, quarters: int, gather: Gatherer, outside: Outside):
        self.drawn, self.parameters, self.quarters, self.gather = drawn, parameters, quarters, gather
        self.outside = outside
        self.eco = drawn.ecosystem
        self.claims = self.eco.claims
        self.n = len(self.eco)
        self.debt = self.claims.of(*DEBT_LAYERS)
        self.debt = self.debt[self.claims.active[self.debt]]
        self.drawn_debt = drawn.claim("drawn")[self.debt]

    def plan(self) -> None:
        self._service()
        self._committed_equity()
        # Vehicles first, since their sponsors stand behind them; lenders last, since they pay in to others.
        self._fund(self.eco.of_kind("vehicle"))
        self._fund(self.eco.of_kind("hyperscaler", "operator", "chipmaker", "ai_lab"))
        self._fund(self.eco.of_kind("lender"))
        # What was promised to others, or cut from their plans, after a firm was asked: its owners outside
        # fill the gap, and with it all that a lender lacks.
        all_funded = self.eco.of_kind(*_MARKETS, "lender")
        self.gather.add("funding", self.eco.rest_of_world, all_funded, INVESTMENT, self._need(all_funded),
                        gate=COMMITTED_FUNDING)  # fmt: skip

    # -- what old debt costs -----------------------------------------------------------------------
    def _service(self) -> None:
        claims, debt = self.claims, self.debt
        interest = self.drawn_debt * np.nan_to_num(claims.rate[debt])[:, None] / 4.0 * self.quarters
        self.principal = self.drawn_debt * self._repaid_share()[:, None]
        for purpose, amount in (("interest", interest), ("principal", self.principal)):
            self.gather.add(purpose, claims.target[debt], claims.source[debt], SERVICE, amount, claim=debt)

    def _repaid_share(self) -> np.ndarray:
        """Share of each debt's balance that falls due within the horizon, `(debts,)`."""
        claims, debt = self.claims, self.debt
        term, first = claims.term[debt], np.nan_to_num(claims.principal_from[debt])
        linear = claims.amortisation[debt] == AMORTISATIONS.index("linear")
        bullet = claims.amortisation[debt] == AMORTISATIONS.index("bullet")
        first = np.clip(first, 1.0, None)  # a repayment in quarter q is the q-th of the horizon
        quarters = np.maximum(0.0, self.quarters - first + 1.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            straight = np.clip(quarters / np.maximum(term - first + 1.0, 1.0), 0.0, 1.0)
        share = np.where(linear, straight, np.where(bullet, (term <= self.quarters).astype(float), 0.0))
        return np.where(np.isnan(term), 0.0, share)

    def remaining_debt(self) -> np.ndarray:
        """Balance of each of `self.debt` after the planned repayments, `(debts, 1 or worlds)`."""
        return self.drawn_debt - self.principal

    # -- what pays for the plans -------------------------------------------------------------------
    def _committed_equity(self) -> None:
        found = self.claims.of("equity")
        found = found[self.claims.active[found]]
        undrawn = np.maximum(0.0, self.drawn.claim("committed")[found] - self.drawn.claim("drawn")[found])
        pace = np.minimum(1.0, self.quarters / self.parameters.of("drawdown_quarters")[self.claims.target[found]])
        self.gather.add("funding", self.claims.source[found], self.claims.target[found], INVESTMENT, undrawn * pace,
                        gate=COMMITTED_FUNDING, claim=found)  # fmt: skip

    def _need(self, rows: np.ndarray) -> np.ndarray:
        """Money that firms lack for their plans, `(rows, width)`."""
        liquid = self.drawn.stock("cash") + self.drawn.stock("securities")
        excess = np.maximum(0.0, liquid - self.drawn.stock("liquidity_buffer"))
        part = np.ones((self.n, 1))
        giants = self.eco.of_kind("hyperscaler")
        part = np.where(
            np.isin(np.arange(self.n), giants)[:, None],
            np.minimum(1.0, self.parameters.of("liquidity_use") * self.quarters), part,
        )  # fmt: skip
        inflow = self.gather.paid_in() + self.outside.revenue + self.outside.other + part * excess
        paid = self.gather.paid_out()
        need = paid - inflow
        return np.where(need > _ROUNDING * paid, need, 0.0)[rows]

    def _fund(self, rows: np.ndarray) -> None:
        for turn in self._turns(rows):
            need = self._need(turn)
            self._ask_owner(turn, need - self._draw_facilities(turn, need))
        for kind, (markets, gate) in _MARKETS.items():
            members = rows[np.isin(rows, self.eco.of_kind(kind))]
            if members.size:
                self._ask_market(members, self._need(members), markets, gate)

    def _turns(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        """`rows` in the order of their turns: who may draw on a facility comes before the lender who grants it.

        Firms in a circle of facilities, and those after them, take their turn together.
        """
        open_ = (self._undrawn() > 0.0).any(axis=1)
        lender, borrower = self.claims.source[self.debt][open_], self.claims.target[self.debt][open_]
        waiting = np.isin(np.arange(self.n), rows)
        while waiting.any():
            ready = waiting.copy()
            ready[lender[waiting[borrower] & (lender != borrower)]] = False
            if not ready.any():
                ready = waiting
            yield np.flatnonzero(ready)
            waiting = waiting & ~ready

    def _undrawn(self) -> np.ndarray:
        return np.maximum(0.0, self.drawn.claim("committed")[self.debt] - self.drawn_debt)

    def _draw_facilities(self, rows: np.ndarray, need: np.ndarray) -> np.ndarray:
        """Draw what lenders are committed to, in proportion to what is undrawn."""
        undrawn = self._undrawn()
        available = row_sums(undrawn, self.claims.target[self.debt], self.n)[rows]
        draw = np.minimum(need, available)
        part = np.zeros((self.n, need.shape[1]))
        part[rows] = np.divide(draw, available, out=np.zeros_like(draw), where=available > 0.0)
        lender, borrower = self.claims.source[self.debt], self.claims.target[self.debt]
        drawn = undrawn * part[borrower]
        self.gather.add("funding", lender, borrower, INVESTMENT, drawn, gate=COMMITTED_FUNDING, claim=self.debt)
        return draw

    def _ask_owner(self, rows: np.ndarray, need: np.ndarray) -> None:
        """Vehicles turn to their sponsor, clouds for own use to their owners outside the network."""
        sponsor = self.eco.sponsor[rows]
        clouds = self.eco.of_kind("hyperscaler")
        internal = self.drawn.shares("internal_need")
        own_use = np.zeros(self.n, bool) if internal is None else (internal > 0.0).any(axis=1)
        vehicle = np.isin(rows, self.eco.of_kind("vehicle"))
        operator = np.isin(rows, self.eco.of_kind("operator"))
        owner = np.where(
            vehicle & np.isin(sponsor, clouds), sponsor,
            np.where((vehicle & (sponsor >= 0)) | (operator & own_use[rows]), self.eco.rest_of_world, -1),
        )  # fmt: skip
        asked = owner >= 0
        self.gather.add("funding", owner[asked], rows[asked], INVESTMENT, need[asked], gate=COMMITTED_FUNDING)

    def _lenders(self, markets: tuple[str, ...]) -> np.ndarray:
        equity_only = self.drawn.stock("invests_equity_only")[:, 0] > 0.0
        market = np.array(self.eco.market)
        serves = equity_only if "equity" in markets else np.isin(market, markets) & ~equity_only
        return np.flatnonzero(serves & np.isin(np.arange(self.n), self.eco.of_kind("lender")))

    def _ask_market(self, rows: np.ndarray, need: np.ndarray, markets: tuple[str, ...], gate: int) -> None:
        """Spread requests over the lenders of a market; cut the plans that it cannot absorb."""
        lenders = self._lenders(markets)
        absorbs = self.drawn.stock("absorption_per_quarter")[lenders] * self.quarters
        capacity = total(absorbs)
        if not (capacity > 0.0).any():
            self.gather.add("funding", self.eco.rest_of_world, rows, INVESTMENT, need, gate=gate)
            return
        request = total(need)
        granted = need * np.minimum(1.0, np.divide(capacity, request, out=np.ones_like(need[0]), where=request > 0.0))
        for lender, absorbed in zip(lenders, absorbs, strict=True):
            self.gather.add("funding", lender, rows, INVESTMENT, granted * absorbed / capacity, gate=gate)
        self._cut(rows, need - granted)

    def _cut(self, rows: np.ndarray, missing: np.ndarray) -> None:
        """Plan less investment where money is missing; owners outside cover what cannot be cut."""
        if not (missing > 0.0).any():
            return
        links = self.gather.links()
        own = (links.priority == INVESTMENT) & (links.gate == 0)
        planned = row_sums(links.amount[own], links.debtor[own], self.n)[rows]
        cut = np.minimum(missing, planned)
        keep = np.ones((self.n, missing.shape[1]))
        keep[rows] = 1.0 - np.divide(cut, planned, out=np.zeros_like(cut), where=planned > 0.0)
        amount = np.where(own[:, None], links.amount * keep[links.debtor], links.amount)
        self.gather.keep(replace(links, amount=amount))
        self.gather.add("funding", self.eco.rest_of_world, rows, INVESTMENT, missing - cut, gate=COMMITTED_FUNDING)
