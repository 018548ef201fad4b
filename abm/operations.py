"""What firms plan to sell, to buy and to build over the horizon, at the opening's run rates.

Section 2 of `docs/model.md`: end users pay labs, clouds and product owners;
labs and owners pay clouds, first what they promised; clouds pay chipmakers and builders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem.vocabulary import DEBT_LAYERS, KINDS
from abm.links import COMMITTED, INVESTMENT, OPERATING, PURCHASES, SERVICE, Gatherer
from abm.parameters import Parameters
from abm.supply import chip_supply
from cython_ext import row_sums


@dataclass(frozen=True)
class Outside:
    """Money that reaches a firm from outside the network over the horizon, USD bn `(firms, 1 or worlds)`.

    `revenue` is what end users pay, less the running cost that would fall away with it; `other` is
    the cash flow of the business outside the sector; `usage` is the compute a lab buys per its users'
    spending, which falls with that spending as far as its commitments leave it free.
    """

    revenue: np.ndarray
    other: np.ndarray
    usage: np.ndarray


class Operations:
    """Adds the links of one ecosystem's operations to a `Gatherer`; `quarters` is the horizon."""

    def __init__(self, drawn: Drawn, parameters: Parameters, quarters: int, gather: Gatherer):
        self.drawn, self.parameters, self.quarters, self.gather = drawn, parameters, quarters, gather
        self.eco = drawn.ecosystem
        self.n = len(self.eco)
        self.row = self.eco.rest_of_world
        self.is_kind = {each: (self.eco.kind == code)[:, None] for code, each in enumerate(KINDS)}
        self.variable = parameters.of("variable_cost_share")
        # Share of a sale's price that the seller saves when the sale is lost: at most all of it.
        self.passed = np.where(
            self.is_kind["chipmaker"], parameters.data("chipmaker_cost_of_sales", 0.0),
            np.minimum(1.0, self.variable * parameters.data("operating_cost_share", 0.0)),
        )  # fmt: skip
        self._full_price: dict[str, np.ndarray] = {}

    def plan(self) -> Outside:
        users = self._end_users()
        self._commitments()
        self._rents()
        self._spot(users)
        self._supplies()
        self._investment()
        return self._revenue_and_costs(users)

    # -- who pays for AI ---------------------------------------------------------------------------
    def _end_users(self) -> dict[str, np.ndarray] | None:
        """End-user spending per quarter by what is bought; None where the network states no demand."""
        demand = self.drawn.stock("end_demand")[self.row]
        if not (demand > 0.0).any() or "end_demand_split" not in self.eco.mixes:
            return None
        names = {"labs": "lab_revenue", "own_products": "own_products", "enterprise": "enterprise"}
        found = {}
        for part, group in names.items():
            shares = self.drawn.shares(group)
            spent = demand * self.drawn.share_of("end_demand_split", part, 0.0)
            found[part] = np.zeros((self.n, 1)) if shares is None else shares * spent
        return found

    def _within(self, claims: np.ndarray) -> np.ndarray:
        """Quarters of the horizon in which each of `claims` is still in force."""
        term = self.eco.claims.term[claims]
        return np.where(np.isnan(term), self.quarters, np.clip(term, 0.0, self.quarters))[:, None]

    def _active(self, *layers: str) -> np.ndarray:
        found = self.eco.claims.of(*layers)
        return found[self.eco.claims.active[found]]

    def _commitments(self) -> None:
        """Compute that is paid for whether it is used or not."""
        found, claims = self._active("take_or_pay"), self.eco.claims
        self.promised: dict[tuple[int, int], np.ndarray] = {}
        due = self.drawn.claim("due")[found]
        for place, each in enumerate(found):
            pair = int(claims.source[each]), int(claims.target[each])
            self.promised[pair] = self.promised.get(pair, 0.0) + due[place]
        self.gather.add(
            "take-or-pay compute", claims.source[found], claims.target[found], COMMITTED, due * self._within(found),
            sale=True, claim=found,
        )  # fmt: skip

    def _rents(self) -> None:
        found, claims = self._active("lease"), self.eco.claims
        due = self.drawn.claim("due")[found] * self._within(found)
        self.gather.add("rent", claims.target[found], claims.source[found], SERVICE, due, sale=True, claim=found)

    def _spot(self, users: dict[str, np.ndarray] | None) -> None:
        """Compute bought beyond the commitments: labs for their users and training, owners for themselves."""
        wanted = {}
        if users is not None:
            plan = self.parameters.data("compute_share_of_lab_revenue", 0.0) * users["labs"] + self.drawn.stock(
                "training_budget"
            )
            wanted["compute"] = np.where(self.is_kind["ai_lab"], plan, 0.0)
            need = self.drawn.shares("internal_need")
            total = self.drawn.stock("internal_need_total")[self.row]
            wanted["internal"] = np.zeros((self.n, 1)) if need is None else need * total
        for prefix, plan in wanted.items():
            for buyer in np.flatnonzero((plan > 0.0).any(axis=1)):
                group = self.eco.mix_of(prefix, buyer)
                if group is None:
                    continue
                flow = self.drawn.shares(group) * plan[buyer]
                for provider in np.flatnonzero((flow > 0.0).any(axis=1)):
                    spot = np.maximum(0.0, flow[provider] - self.promised.get((int(buyer), int(provider)), 0.0))
                    self._sell("spot compute", buyer, provider, PURCHASES, spot * self.quarters)

    def _sell(self, purpose: str, buyer: int, seller: int, priority: int, amount: np.ndarray) -> None:
        """A sale that may fall away: the seller's variable cost passes on to its suppliers with it."""
        if seller == self.row or buyer == seller:
            if buyer != seller:
                self.gather.add(purpose, buyer, seller, priority, amount)
            return
        passed = self.passed[seller]
        self.gather.add(purpose, buyer, seller, priority, amount * (1.0 - passed), sale=True)
        self.gather.add("supply cost", buyer, self.row, priority, amount * passed)
        self._full_price.setdefault(purpose, np.zeros((self.n, self.gather.width)))[seller] += amount

    def _at_full_price(self, purpose: str) -> np.ndarray:
        """Planned sales by seller, with what passes on to its suppliers, `(firms, width)`."""
        return self._full_price.get(purpose, np.zeros((self.n, 1)))

    # -- what is built -----------------------------------------------------------------------------
    def _supplies(self) -> None:
        """Chips: last quarter's invoices, then firm orders, then the rest of the plan."""
        supply = self.supply = chip_supply(self.drawn, self.parameters)
        firm_orders = self._firm_orders()
        for place, (buyer, seller) in enumerate(zip(supply.buyer.tolist(), supply.seller.tolist(), strict=True)):
            planned = supply.amount[place] * self.quarters
            invoiced = np.minimum(supply.unpaid[place], planned)
            rest = planned - invoiced  # as much is left unpaid at the end
            firm = np.minimum(firm_orders.pop((buyer, seller), 0.0), rest)
            self.gather.add("trade payable", buyer, seller, COMMITTED, invoiced, sale=True)
            self._sell("chips", buyer, seller, PURCHASES, firm)
            self._sell("chips", buyer, seller, INVESTMENT, rest - firm)
        for (buyer, seller), amount in firm_orders.items():
            # Orders of a network that states no chip purchases; labs hold no chips, their orders pass to clouds.
            if self.eco.mix_of("chips", buyer) is None and not self.is_kind["ai_lab"][buyer, 0]:
                self._sell("chips", buyer, seller, PURCHASES, amount)

    def _firm_orders(self) -> dict[tuple[int, int], np.ndarray]:
        found, claims = self._active("order_book"), self.eco.claims
        term = np.maximum(np.where(np.isnan(claims.term[found]), self.quarters, claims.term[found]), 1.0)
        firm = self.parameters.of("firm_order_share")[claims.source[found]]
        part = np.minimum(1.0, self.quarters / term)[:, None] * firm
        amount = self.drawn.claim("committed")[found] * part
        orders: dict[tuple[int, int], np.ndarray] = {}
        for place, each in enumerate(found):
            pair = int(claims.source[each]), int(claims.target[each])
            orders[pair] = orders.get(pair, 0.0) + amount[place]
        return orders

    def _investment(self) -> None:
        everyone = np.arange(self.n)
        total, sector = self.drawn.stock("capex_total"), self.drawn.stock("ai_capex")
        for purpose, amount in (
            ("building", self.supply.shells),
            ("other investment", np.maximum(0.0, total - sector)),
            ("distribution", self.drawn.stock("distributions")),
        ):
            self.gather.add(purpose, everyone, self.row, INVESTMENT, amount * self.quarters)

    # -- what is left ------------------------------------------------------------------------------
    def _revenue_and_costs(self, users: dict[str, np.ndarray] | None) -> Outside:
        quarters, everyone = self.quarters, np.arange(self.n)
        share = self.parameters.data("operating_cost_share", 0.0)
        cloud = self.is_kind["hyperscaler"] | self.is_kind["operator"] | self.is_kind["vehicle"]
        sales = self.gather.received()
        if users is None:
            external = np.maximum(0.0, self.drawn.stock("ai_revenue") * quarters - sales)
            running = np.where(cloud, share, np.where(
                self.is_kind["ai_lab"], self.parameters.of("lab_operating_cost_share"), 0.0))  # fmt: skip
            running = np.where(self.is_kind["chipmaker"], self.parameters.data("chipmaker_cost_of_sales", 0.0), running)
            cost = running * external
        else:
            # What a chipmaker sells outside the network is what its reported sales leave.
            reported = np.maximum(0.0, self.drawn.stock("ai_revenue") * quarters - self._chip_sales())
            chips = np.where(self.is_kind["chipmaker"], reported, 0.0)
            external = (users["labs"] + users["own_products"] + users["enterprise"]) * quarters + chips
            cost = (
                self.parameters.of("lab_operating_cost_share") * users["labs"]
                + (1.0 - self.parameters.of("own_product_margin")) * users["own_products"]
                + share * users["enterprise"]
            ) * quarters + self.parameters.data("chipmaker_cost_of_sales", 0.0) * chips
        variable = np.where(self.is_kind["chipmaker"], 1.0, self.variable)
        # A lost sale saves its variable cost, so end-user revenue is counted net of it; the rest is fixed.
        saved = np.minimum(external, variable * cost)
        fixed = cost - saved + self.drawn.stock("fixed_rd_cost") * quarters
        # Spot sales reach the cloud net of the variable cost that passed to its suppliers; capacity under
        # take-or-pay is kept ready, so all its running cost is fixed. Of a site let out, the lessee runs it.
        spot = self._at_full_price("spot compute")
        ready = self.gather.received("take-or-pay compute")
        fixed += np.where(cloud, share * (spot + ready) - self.passed * spot, 0.0)
        # A chipmaker pays for what it ships, also for what is still unpaid at the end of the horizon.
        fixed += self.parameters.data("chipmaker_cost_of_sales", 0.0) * self.gather.received("trade payable")
        fixed += self.parameters.data("chipmaker_operating_cost", 0.0) * np.where(
            self.is_kind["chipmaker"], self._chip_sales(), 0.0
        )
        core = self.drawn.stock("core_cash_flow") * quarters
        # The core cash flow of listed firms is stated after interest, which this model charges by itself.
        after_interest = self.is_kind["hyperscaler"] | self.is_kind["chipmaker"]
        core = core + np.where(after_interest, self._interest(), 0.0)
        self.gather.add("running cost", everyone, self.row, OPERATING, fixed + np.maximum(0.0, -core))
        self.fixed_cost = fixed
        usage = np.zeros((self.n, 1))
        if users is not None:
            usage = self.parameters.data("compute_share_of_lab_revenue", 0.0) * users["labs"] * quarters
        return Outside(external - saved, np.maximum(0.0, core), usage)

    def _chip_sales(self) -> np.ndarray:
        """Planned chip sales in the network at full price, paid or invoiced, `(firms, 1 or worlds)`."""
        return self._at_full_price("chips") + self.gather.received("trade payable")

    def _interest(self) -> np.ndarray:
        """Interest on listed debt over the horizon, by debtor."""
        claims, debt = self.eco.claims, self._active(*DEBT_LAYERS)
        rate = np.nan_to_num(claims.rate[debt])[:, None] / 4.0 * self.quarters
        return row_sums(self.drawn.claim("drawn")[debt] * rate, claims.target[debt], self.n)
