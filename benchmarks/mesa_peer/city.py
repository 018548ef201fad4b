"""`City`: the quarter as a Mesa model, phase by phase."""

from __future__ import annotations

from math import exp, log, sqrt

import mesa
import networkx as nx

from benchmarks.mesa_peer import chip_market, compute_market, settlement
from benchmarks.mesa_peer.firms import SERVICE, Builder, Firm, Hyperscaler, Lab
from benchmarks.mesa_peer.tape import Given
from benchmarks.mesa_peer.things import Backstop, ChipLink, ComputeLink, Lease, Promise


class City(mesa.Model):
    """One world. `claims` is a graph of loans from holder to debtor; `dues` of the quarter's payments."""

    def __init__(self, rules, economy: dict[str, float], tape: list[Given], seed: int = 1):
        super().__init__(rng=seed)
        self.rules, self.tape, self.quarter = rules, tape, 0
        for attribute, number in economy.items():
            setattr(self, attribute, number)
        self.progress = rules.hardware_progress_rate / 4.0
        self.noise = self.demand_growth = 0.0
        self.claims, self.dues = nx.MultiDiGraph(), nx.MultiDiGraph()
        self.links: list[ComputeLink] = []
        self.promises: list[Promise] = []
        self.chip_links: dict[Firm, list[ChipLink]] = {}  # by seller
        self.leases: list[Lease] = []
        self.backstops: list[Backstop] = []
        self.favourites: set[tuple[Firm, Firm]] = set()  # owner and whom it owns a part of
        self.unit_value: list[float] = []  # of a dollar of chips, by age
        self.short: set[Firm] = set()  # could not pay all they had planned
        self.failed: set[Firm] = set()
        self.given: Given | None = None
        self.due_number = 0

    def open(self, firms: dict[str, Firm]) -> None:
        """Everybody is there: gather those who act together."""
        self.firms = firms
        self.outside = firms["ROW"]
        self.labs = self.agents.select(agent_type=Lab)
        self.builders = self.agents.select(agent_type=Builder)
        self.planners = self.builders.select(lambda each: each.estates)
        self.giants = self.agents.select(agent_type=Hyperscaler)
        self.payers = self.agents.select(lambda each: not each.always_pays)
        traders = [each.provider for each in (*self.links, *self.promises)]
        self.providers = list(dict.fromkeys((*self.planners, *traders)))
        self.claims.add_nodes_from(self.agents)
        self.dues.add_nodes_from(self.agents)

    def owe(self, debtor: Firm, creditor: Firm, due: float, priority: int, *, funding: bool = False) -> None:
        """Plan a payment; funding stops where either side has failed."""
        if due > 0.0 and debtor is not creditor:
            self.due_number += 1  # a key of its own: networkx would search for a free one
            self.dues.add_edge(debtor, creditor, self.due_number, due=due, priority=priority, funding=funding)

    def step(self) -> None:
        """One quarter; the model stops when somebody fails."""
        self.given = self.tape[self.quarter]
        self.dues.clear_edges()
        self.advance()
        self.agents.shuffle_do("serve_users")
        chip_market.pay_invoices(self)
        self.agents.do("count_promises")
        self.labs.shuffle_do("plan_training")
        self.agents.do("plan_compute")
        compute_market.clear(self)
        self.agents.shuffle_do("run_business")
        self.payers.shuffle_do("serve_debt")
        self.pay_rents()
        self.planners.do("measure")
        self.builders.do("expect_growth")
        self.labs.do("expect_growth")
        self.planners.shuffle_do("plan_capex")
        self.builders.do("fix_budget")
        chip_market.clear(self)
        self.builders.do("order_sites")
        self.enter_given()
        settlement.clear(self)
        if self.failed:
            self.running = False
            return
        chip_market.deliver(self)
        self.builders.shuffle_do("build")
        self.connect_power()
        self.builders.shuffle_do("install")
        self.share_power()
        self.labs.shuffle_do("sign")
        settlement.book(self)
        self.appraise()
        self.builders.shuffle_do("age")
        self.learn()

    # -- phases of the whole -----------------------------------------------------------------------
    def advance(self) -> None:
        """Hardware gets better, and end users spend."""
        rules = self.rules
        self.quarter += 1
        self.throughput *= exp(self.progress)
        self.noise = rules.demand_noise_persistence * self.noise + rules.demand_noise * self.given.luck
        spending = self.outside.spend()
        self.demand_growth, self.end_demand = log(spending / self.end_demand), spending

    def pay_rents(self) -> None:
        for lease in self.leases:
            self.owe(lease.lessee, lease.lessor, lease.due[min(self.quarter, len(lease.due) - 1)], SERVICE)

    def rivals_pace(self, firm: Hyperscaler) -> float:
        """The largest capex per fleet among the others, last quarter."""
        usual = self.rules.chip_share_of_capex
        return max((each.capex_budget * each.chip_part / usual / each.fleet_value for each in self.giants
                    if each is not firm and each.fleet_value > 0.0), default=0.0)  # fmt: skip

    def enter_given(self) -> None:
        """Payments that the peer has no rules for."""
        for debtor, creditor, due, priority, funding in self.given.payments:
            self.owe(self.firms[debtor], self.firms[creditor], due, priority, funding=funding)
        for name, amount in self.given.certain.items():
            self.firms[name].certain += amount

    def connect_power(self) -> None:
        """Finished sites get power by a quota per region."""
        sites = [site for builder in self.builders for site in builder.sites]
        for region, quota in self.quota.items():
            here = [site for site in sites if site.region == region]
            asked = sum(site.waiting for site in here)
            part = min(1.0, quota / asked) if asked > 0.0 else 0.0
            for site in here:
                site.connect(part)
            self.quota[region] = quota * (1.0 + self.rules.power_quota_growth)

    def share_power(self) -> None:
        """Machines of a sponsor and its vehicles run wherever one of them has power."""
        for planner in self.planners:
            for region in self.quota:
                sites = [site for owner in planner.estates for site in owner.sites if site.region == region]
                machines, power = sum(sum(site.cost) for site in sites), sum(site.power for site in sites)
                for site in sites if machines > 0.0 else ():
                    site.power = power * sum(site.cost) / machines

    def appraise(self) -> None:
        """Throughput and value in use of a dollar of chips, by age."""
        rules, discount = self.rules, self.progress + self.rules.chip_failure_rate + self.rules.valuation_discount_rate
        self.throughput_by_age.insert(0, self.throughput * exp(-self.progress))
        self.throughput_by_age.pop()
        decay = exp(-discount)
        earning = rules.revenue_per_capacity / rules.chip_share_of_capex * self.price * min(1.0, self.tightness_now)
        self.unit_value = []
        for age, throughput in enumerate(self.throughput_by_age):
            left = max(1.0, rules.valuation_quarters - age)
            young = min(max(rules.frontier_age_quarters - age, 0.0), left)
            whole, first = (decay * (1.0 - decay**span) / (1.0 - decay) for span in (left, young))
            self.unit_value.append(earning * throughput * (first + rules.second_tier_quality * (whole - first)))

    def learn(self) -> None:
        """Memories, the next price, and what lenders make of the growth of spending."""
        rules = self.rules
        self.builders.do("remember")
        self.labs.do("remember")
        self.tightness = self.tightness_now
        excess = min(max(-rules.price_slack_limit, self.tightness - 1.0), rules.price_excess_limit)
        self.price *= exp(-self.progress + rules.price_response * excess)
        self.trend_price *= exp(-self.progress)
        noise = rules.demand_noise * sqrt(2.0 / (1.0 + rules.demand_noise_persistence))
        band = rules.confidence_dead_band + rules.confidence_noise_band * noise
        surprise = max(0.0, self.expected_demand_growth - self.demand_growth - band)
        mood = self.confidence * exp(-rules.confidence_loss * surprise)
        mood += rules.confidence_recovery * (1.0 - self.confidence)
        self.confidence = min(max(mood, rules.confidence_floor), 1.0)
        speed = rules.demand_expectation_speed
        self.expected_demand_growth += speed * (self.demand_growth - self.expected_demand_growth)
