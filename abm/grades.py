"""How much of a loss rests on assumed and estimated numbers: one definition, used in every caption."""

from __future__ import annotations

import numpy as np

from abm.attribution import Worth
from abm.ecosystem.vocabulary import GRADES
from abm.links import PURPOSES
from abm.plan import Plan
from cython_ext import Problem, total

_ESTIMATED, _ASSUMED = GRADES.index("estimated"), GRADES.index("assumed")
# What a payment without a claim rests on: the item of its debtor, or of its creditor.
_BASIS = {"trade payable": ("creditor", "trade_receivable"), "chips": ("debtor", "ai_capex"),
          "building": ("debtor", "ai_capex"), "other investment": ("debtor", "capex_total"),
          "distribution": ("debtor", "distributions")}  # fmt: skip


class Grades:
    """The weakest grade behind each link, holding, stake and firm of a plan, as indices of GRADES."""

    def __init__(self, plan: Plan):
        eco = plan.ecosystem
        self.plan = plan
        by_claim = np.append(eco.claims.grade, _ASSUMED)  # -1: liabilities of a lender, which close its balance
        links = plan.links
        self.link = by_claim[links.claim].copy()
        for purpose, (end, item) in _BASIS.items():
            rows = (links.purpose == PURPOSES.index(purpose)) & (links.claim < 0)
            # A mix splits these flows over sellers; every chips mix is assumed.
            grade = self._item(item)[getattr(links, end)[rows]]
            self.link[rows] = np.maximum(grade, _ASSUMED) if purpose in ("trade payable", "chips") else grade
        self.holding = by_claim[plan.holdings.claim]
        mark = np.where(
            eco.has("private_valuation"), self._item("private_valuation"), self._item("core_business_value")
        )
        self.stake = np.maximum(by_claim[plan.stakes.claim], mark[plan.stakes.issuer])
        # A direct loss of revenue rests on the split of end demand as well as on the firm's own figure.
        revenue = max((grade for *_, grade in eco.mixes.get("end_demand_split", {}).values()), default=0)
        self.revenue = np.maximum(np.maximum(self._item("ai_revenue"), self._item("private_valuation")), revenue)
        self.chips = self._item("chips_book")

    def _item(self, item: str) -> np.ndarray:
        found = self.plan.ecosystem.stocks.get(item)
        return np.zeros(len(self.plan.ecosystem), np.int8) if found is None else found.grade

    def assumed_share(self, problem: Problem, before: Worth, after: Worth) -> np.ndarray:
        """Amount-weighted share of the hits that passed through a number graded assumed or estimated.

        float64 (2, W): assumed, then assumed or estimated; 0 where nothing was lost. Every hit counts
        once for each link, holding, stake or asset it passed, at the weakest grade behind that.
        """
        exempt = problem.exempt > 0
        holdings = self.holding[~exempt[self.plan.holdings.borrower]]
        stakes = self.stake[~exempt[self.plan.stakes.issuer]]
        parts = [
            (before.received - after.received, self.link),
            (before.loan - after.loan, holdings),
            (before.stake - after.stake, stakes),
            (before.money - after.money, self.revenue),
            (before.assets - after.assets, self.revenue),
            (before.collateral - after.collateral, self.chips),
            (before.earnings - after.earnings, self.revenue),
            (before.failure - after.failure, self.revenue),
        ]
        passed, result = np.zeros(after.money.shape[1]), np.zeros((2, after.money.shape[1]))
        for lost, grade in parts:
            weight = np.maximum(0.0, lost)
            passed += total(weight)
            for place, worst in enumerate((_ASSUMED, _ESTIMATED)):
                result[place] += total(weight[grade >= worst])
        return np.divide(result, passed, out=np.zeros_like(result), where=np.broadcast_to(passed > 0.0, result.shape))
