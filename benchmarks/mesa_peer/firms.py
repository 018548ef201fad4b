"""Firms as Mesa agents: plain numbers, and the rules of each kind. Money in USD bn, flows per quarter."""

from __future__ import annotations

from math import exp, log

import mesa

OPERATING, SERVICE, COMMITTED, PURCHASES, INVESTMENT = range(5)
EXPECTS = ("growth_expectation", "seen_growth", "expectation_speed", "expected_growth_limit")


class Firm(mesa.Agent):
    """What every firm has: money, a business outside the sector, needs of compute, debts."""

    always_pays = False
    numbers = (
        "cash", "securities", "core_inflow", "other_capex", "shells_cost", "wanted_training", "first_party_need",
        "fixed_rd_cost", "core_growth", "operating_cost_share", "lab_operating_cost_share", "own_product_margin",
        "shell_upkeep_rate", "compute_share_of_lab_revenue", "compute_share_of_own_product_revenue",
        "need_growth_response", "need_growth_floor", "training_growth_limit", "first_party_growth_limit",
        "arrears_quarters", "price_lock", "take_or_pay_floor", "confidence_weight_in_plans",
    )  # fmt: skip

    def __init__(self, model: mesa.Model, name: str, opening: dict[str, float]):
        super().__init__(model)
        self.name = name
        for attribute, number in opening.items():
            setattr(self, attribute, number)
        self.estates = []  # owners whose machines serve its customers
        self.links = []  # of compute that it buys
        self.promises = []  # of compute that it made
        self.user_revenue = self.training_plan = self.compute_need = self.promised = 0.0
        self.compute_demand = self.compute_capacity = self.compute_served = self.compute_sales = 0.0
        self.running_cost = self.certain = self.chip_sales = 0.0
        self.paid = [1.0] * 5  # share of what it owes in each priority that it pays

    def serve_users(self) -> None:
        """Users pay, and needs grow with what they spend."""
        city = self.model
        self.user_revenue = (self.lab_share + self.own_share) * city.end_demand
        wish = max(self.need_growth_response * city.demand_growth, self.need_growth_floor)
        self.wanted_training *= exp(min(wish, self.training_growth_limit))
        self.first_party_need *= exp(min(wish, self.first_party_growth_limit))

    def count_promises(self) -> None:
        """What contracts demand now, with a part of what was not delivered before."""
        for each in self.promises:
            each.fall_due(self.model.quarter, 1.0 / self.arrears_quarters)
        self.promised = sum(each.due_now for each in self.promises)

    def plan_compute(self) -> None:
        usage = self.compute_share_of_lab_revenue * self.lab_share * self.model.end_demand
        self.compute_need = usage + self.training_plan + self.first_party_need

    def expect_growth(self) -> None:
        """Expectations follow what was seen, half of the firm's own and half of the whole."""
        seen = 0.5 * self.seen_growth + 0.5 * self.model.demand_growth
        moved = self.growth_expectation + self.expectation_speed * (seen - self.growth_expectation)
        self.growth_expectation = min(max(-self.expected_growth_limit, moved), self.expected_growth_limit)

    def see_growth(self, demand: float) -> None:
        if self.demand_before > 0.0 and demand > 0.0:
            self.seen_growth = min(max(log(demand / self.demand_before), -0.5), 0.5)
        self.demand_before = demand

    def run_business(self) -> None:
        """Running costs, and the business outside the sector."""
        city = self.model
        self.core_inflow *= exp(self.core_growth)
        self.other_capex *= exp(self.core_growth)
        self.running_cost = (
            self.operating_cost_share * self.compute_sales
            + self.cost_of_users() * self.user_revenue
            + self.shell_upkeep_rate * self.shells_cost
            + self.research()
        )
        self.certain = self.user_revenue + max(0.0, self.core_inflow)
        city.owe(self, city.outside, self.running_cost + max(0.0, -self.core_inflow), OPERATING)
        city.owe(self, city.outside, self.other_capex, OPERATING)

    def cost_of_users(self) -> float:
        return 1.0 - self.own_product_margin

    def research(self) -> float:
        return 0.0

    def serve_debt(self) -> None:
        """Interest and scheduled principal fall due."""
        city = self.model
        for holder, _, loan in city.claims.in_edges(self, data=True):
            balance = loan["balance"]
            loan["principal"] = principal = balance * loan["terms"].due_share(city.quarter)
            city.owe(self, holder, balance * loan["rate"] / 4.0, SERVICE)
            city.owe(self, holder, principal, SERVICE)

    def close(self) -> None:
        """Short cash is made up from securities."""
        short = max(0.0, -self.cash)
        sold = min(short, max(0.0, self.securities))
        self.cash, self.securities = self.cash + short, self.securities - sold


class Lab(Firm):
    """Builds models: buys compute, promises to buy more."""

    numbers = (*Firm.numbers, *EXPECTS, "liquidity_buffer", "cash_use_quarters", "training_floor_share",
               "money_raised_average", "raised_money_memory", "promised_growth_weight")  # fmt: skip

    def plan_training(self) -> None:
        """Training that is wanted, as far as revenue, money usually raised and spare cash pay for it."""
        brought = self.model.price * sum(each.units_now for each in self.promises)
        running = self.promised + max(0.0, self.compute_share_of_lab_revenue * self.user_revenue - brought)
        spare = max(0.0, self.cash - self.liquidity_buffer) / self.cash_use_quarters
        payable = (1.0 - self.lab_operating_cost_share) * self.user_revenue - self.fixed_rd_cost - running
        payable += self.model.confidence * self.money_raised_average + spare
        self.training_plan = min(max(self.training_floor_share * self.wanted_training, payable), self.wanted_training)

    def cost_of_users(self) -> float:
        return self.lab_operating_cost_share

    def research(self) -> float:
        return self.fixed_rd_cost

    def sign(self) -> None:
        """Promise, some quarters ahead, a floor under the plan."""
        city, rules = self.model, self.model.rules
        lead, term = int(rules.contract_lead_quarters), int(rules.contract_term_quarters)
        first = city.quarter + lead
        trust = 1.0 - self.confidence_weight_in_plans * (1.0 - city.confidence)
        floor = self.take_or_pay_floor * trust * max(self.compute_need, self.promised)
        floor *= exp(lead * self.promised_growth_weight * self.growth_expectation)
        lacking = max(0.0, floor - sum(each.due.get(first, 0.0) for each in self.promises))
        cheaper = exp((1.0 - self.price_lock) * city.progress * lead) / city.price
        for each in self.promises:
            each.sign(range(first, first + term), lacking * each.share, lacking * each.share * cheaper)

    def remember(self) -> None:
        self.see_growth(self.user_revenue)
        raised = self.model.given.raised.get(self.name, 0.0)
        self.money_raised_average += self.raised_money_memory * (raised - self.money_raised_average)


class Builder(Firm):
    """Owns data centres, or has others own them; plans capex from expected demand."""

    numbers = (
        *Firm.numbers, *EXPECTS, "capex_budget", "chip_part", "planning_quarters", "scarcity_response",
        "target_utilisation", "gap_closing_quarters", "shell_residual_share", "profitability_response",
        "profitability_threshold",
        "builder_discount_rate", "capex_spread_response", "expensing_response", "base_spread_of_market",
        "capex_adjustment_speed", "capex_floor_share", "capex_growth_limit", "cancellable_order_share",
        "subsidy_response",
    )  # fmt: skip

    def __init__(self, model: mesa.Model, name: str, opening: dict[str, float]):
        super().__init__(model, name, opening)
        self.vehicle = None  # on whose books it builds a part
        self.sites, self.orders = [], []
        self.sold = []  # promises of compute that it has to keep
        self.capex_plan = self.capex_before = self.budget = self.fleet_value = self.pipeline_work = 0.0
        self.chips_bought = self.impairment = 0.0

    # -- plans -------------------------------------------------------------------------------------
    def measure(self) -> None:
        """Fleet in the value of current chips, and work under way."""
        scale = self.model.throughput * self.model.rules.chip_share_of_capex
        self.fleet_value = sum(each.installed for owner in self.estates for each in owner.sites) / scale
        self.pipeline_work = sum(
            sum(sum(site.queue) + site.idle for site in owner.sites) + sum(order.late for order in owner.orders)
            for owner in self.estates
        )
        self.chip_part = self.split_capex()
        if self.vehicle:
            self.vehicle.chip_part = self.chip_part

    def split_capex(self) -> float:
        """Part of capex that buys chips: sites are built only for machines that will have no place."""
        rules, short = self.model.rules, 0.0
        for owner in self.estates:
            short += sum(site.staying() - site.places for site in owner.sites)
            short += sum(order.late for order in owner.orders)
        usual = rules.chip_share_of_capex
        need = usual * (short + rules.build_quarters * self.capex_budget)
        left = usual * self.capex_budget - (1.0 - usual) * short
        share = 1.0 if need >= left else max(0.0, need / left)
        return usual / (usual + (1.0 - usual) * share)

    def plan_capex(self) -> None:
        """Capex moves part of the way to what is wanted."""
        last = self.capex_budget
        moved = last + self.capex_adjustment_speed * (self.wanted_capex() - last)
        most = (1.0 + self.capex_growth_limit) * last
        self.capex_plan = min(max(self.capex_floor_share * last, moved), most)

    def wanted_capex(self) -> float:
        city = self.model
        dearer = max(0.0, city.given.spreads[self.name] - self.base_spread_of_market)
        wish = self.needed_capex() * city.rules.chip_share_of_capex / self.chip_part
        wish *= max(0.0, 1.0 - self.capex_spread_response * dearer)
        wish *= 1.0 + self.expensing_response * city.rules.expensing_share
        wish *= 1.0 - self.confidence_weight_in_plans * (1.0 - city.confidence)
        gate = self.profitability_response * (self.value_of_a_dollar() - self.profitability_threshold)
        return wish * min(max(0.0, gate), 1.0)

    def needed_capex(self) -> float:
        city, rules = self.model, self.model.rules
        expected = self.compute_demand * exp(self.planning_quarters * self.growth_expectation)
        ahead = city.quarter + round(self.planning_quarters)
        expected = max(expected, city.price * sum(each.units.get(ahead, 0.0) for each in self.sold))
        expected *= 1.0 + self.scarcity_response * max(city.tightness - 1.0, 0.0)
        earning = rules.revenue_per_capacity * city.price * city.throughput
        kept = exp(-city.progress) * (1.0 - rules.chip_failure_rate)
        remaining = exp(-self.planning_quarters * (city.progress + rules.chip_failure_rate))
        gap = expected / (self.target_utilisation * earning) - self.fleet_value * remaining - self.pipeline_work
        return max(0.0, gap / self.gap_closing_quarters + (1.0 - kept) * self.fleet_value)

    def value_of_a_dollar(self) -> float:
        city, rules = self.model, self.model.rules
        margin = rules.revenue_per_capacity * city.price * city.throughput * (1.0 - self.operating_cost_share)
        decay = city.progress + rules.chip_failure_rate + self.builder_discount_rate / 4.0
        cost = rules.chip_share_of_capex / self.chip_part
        return (margin / decay + self.shell_residual_share * (cost - rules.chip_share_of_capex)) / cost

    def fix_budget(self) -> None:
        """What is funded of the plan, and on whose books it is built."""
        given = self.model.given
        self.capex_before = self.capex_budget
        self.capex_budget = self.capex_plan * given.funded.get(self.name, 0.0)
        moved = self.capex_budget * given.through_vehicle.get(self.name, 0.0) if self.vehicle else 0.0
        self.budget += self.capex_budget - moved
        if self.vehicle:
            self.vehicle.budget += moved

    # -- machines and sites ------------------------------------------------------------------------
    def order_sites(self) -> None:
        city = self.model
        city.owe(self, city.outside, (1.0 - self.chip_part) * self.budget, INVESTMENT)

    def build(self) -> None:
        """Start what was paid for, finish old sites."""
        rules = self.model.rules
        spent = (1.0 - self.chip_part) * self.budget * self.paid[INVESTMENT]
        self.budget = 0.0
        tilt = exp(self.subsidy_response * self.model.given.subsidy_rate)
        weights = [site.share * (tilt if site.region == "EU" else 1.0) for site in self.sites]
        for site, weight in zip(self.sites, weights, strict=True):
            self.shells_cost += site.build(spent * weight / sum(weights), int(rules.build_quarters))

    def install(self) -> None:
        """Last quarter's chips enter service; those bought now wait where there is power."""
        nothing = self.model.rules.power_per_chip_value * 1e-9
        coming = [site.power_left + nothing * site.share for site in self.sites]
        for site, room in zip(self.sites, coming, strict=True):
            site.install(self.chips_bought * room / sum(coming))

    def age(self) -> None:
        self.impairment = 0.0
        for site in self.sites:
            site.run(self.frontier_age_quarters)
            self.impairment += site.age(self.life, 1.0 - self.operating_cost_share)

    def remember(self) -> None:
        self.see_growth(self.compute_demand)


class Hyperscaler(Builder):
    """Builds for its own need, and to keep up with the fastest rival."""

    numbers = (*Builder.numbers, "arms_race_weight", "arms_race_limit")

    def needed_capex(self) -> float:
        own = super().needed_capex()
        raced = min(self.model.rivals_pace(self) * self.fleet_value, self.arms_race_limit * own)
        return max(own, (1.0 - self.arms_race_weight) * own + self.arms_race_weight * raced)


class Operator(Builder):
    """GPU clouds."""


class Vehicle(Builder):
    """Owns sites for a sponsor; that of a hyperscaler plans nothing by itself."""


class Chipmaker(Firm):
    """Sells chips, as far as its capacity reaches."""

    numbers = (*Firm.numbers, "chip_capacity", "chip_capacity_comfort", "chip_capacity_cut", "chip_capacity_response",
               "chip_capacity_growth", "favoured_customer_weight")  # fmt: skip

    def plan_capacity(self, orders: float) -> float:
        use = (orders / self.chip_capacity if self.chip_capacity else 0.0) - self.chip_capacity_comfort
        growth = min(max(-self.chip_capacity_cut, self.chip_capacity_response * use), 1.0)
        return self.chip_capacity * (1.0 + self.chip_capacity_growth * growth)


class Lender(Firm):
    """Holds loans; hands cash it does not need back to its funders."""

    def close(self) -> None:
        if self.hands_back:
            self.cash = self.own_cash
        super().close()


class Government(Firm):
    """Always pays."""

    always_pays = True


class RestOfWorld(Firm):
    """End users, outside investors, suppliers; always pays."""

    always_pays = True
    numbers = (*Firm.numbers, "demand_price_elasticity")

    def spend(self) -> float:
        """What end users pay for AI: the trend, luck, a shock, and the price of compute."""
        city, rules = self.model, self.model.rules
        ceiling = max(rules.end_demand_ceiling, 1.01 * city.opening_demand)
        trend = ceiling / (1.0 + (ceiling / city.opening_demand - 1.0) * exp(-rules.end_demand_growth * city.quarter))
        dearness = log(city.price / city.trend_price)
        answer = exp(city.noise + (1.0 - self.demand_price_elasticity) * dearness)
        return max(1e-9, trend * answer * (1.0 - city.given.shortfall))


KINDS = {"hyperscaler": Hyperscaler, "operator": Operator, "chipmaker": Chipmaker, "ai_lab": Lab, "vehicle": Vehicle,
         "lender": Lender, "government": Government, "rest_of_world": RestOfWorld}  # fmt: skip
