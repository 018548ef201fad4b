"""The end of a quarter: every planned payment is posted, machines age, values are marked, everybody learns.

"The quarter" and "The equations" in `docs/quarters.md`.
"""

from __future__ import annotations

import numpy as np

from abm import margining
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.fleet import VINTAGES, total_over, total_over_first
from abm.words import part_of
from cython_ext import row_sums, total
from cython_ext.markets import age_fleet, exp, log

_MARK_ROUNDS = 60
_SETTLED = 1e-13


def settle(model) -> None:
    """Pay, buy, borrow and repay: one batch of money, then the claims and things it bought."""
    living, ledger, eco, payments = model.living, model.ledger, model.ecosystem, model.living.payments
    n, row = len(eco), eco.rest_of_world
    everyone = np.arange(n)
    ledger.move("cash", *payments.flows())
    # Debts and stakes change with the money that was paid for them.
    debts = living.debts
    before = ledger.amounts[debts.place]
    sold_to = np.maximum(debts.sold_to, 0)
    moved = row_sums(living.now.resold, sold_to, debts.place.size)
    change = payments["loans"] - payments["principal"] - living.now.resold + moved
    kept = before - payments["principal"] - living.now.resold
    debts.lend(kept, payments["loans"], living.now.new_rate)
    sold_rate = row_sums(living.now.resold * debts.rate, sold_to, debts.place.size)
    debts.lend(kept + payments["loans"], moved, part_of(sold_rate, moved))
    ledger.change_claims(debts.place, change)
    stakes = living.stakes
    value = np.maximum(ledger.column("firm_value"), 1e-9)
    stakes.issue(payments["stakes"], payments["owners"], value)
    ledger.change_claims(stakes.place, payments["stakes"])
    living.warrants.vest(model)
    margining.keep_books(model)
    # Invoices: last quarter's are paid, this quarter's are open.
    known = living.chips.receivable >= 0
    ledger.change_claims(living.chips.receivable[known], (living.now.invoiced - payments["payables"])[known])
    ledger.post("chips_unenergised", everyone, ledger.column("chips_delivered"))
    ledger.post("pipeline_q6", everyone, ledger.column("shells_started"))
    _even_out(model, everyone, row)
    debts.season(before, ledger.amounts[debts.place], living.now.resold, model.parameters.of("seasoning_quarters"))


def _even_out(model, everyone: np.ndarray, row: int) -> None:
    """Failing costs money; lenders hand what they do not need back to their funders; firms sell securities."""
    ledger, living = model.ledger, model.living
    places, lenders = living.funder_places, living.funder_lenders
    move(model, "default_costs", living.now.default_cost)
    surplus = ledger.column("cash")[lenders] - living.lender_cash
    move(model, "handed_back", surplus)
    drawn = surplus - living.payments["calls"]
    ledger.change_claims(places, -drawn * (1.0 - living.owners_part))
    short = np.where(living.exempt[:, None], 0.0, np.maximum(0.0, -ledger.column("cash")))
    sold = np.minimum(short, np.maximum(0.0, ledger.column("securities")))
    ledger.transfer("securities", everyone, np.full(everyone.size, row), sold)
    move(model, "securities", sold)
    ledger.record("securities_sold", sold)
    # What rounding leaves; nobody else can be short now.
    missing = short - sold
    move(model, "cover", missing)
    ledger.record("cash_shortfall", missing)


def move(model, name: str, amount: np.ndarray) -> None:
    """Pay a block of the aftermath."""
    block = model.living.aftermath.blocks[name]
    model.living.aftermath[name] = amount
    model.ledger.transfer("cash", block.debtor, block.creditor, amount)


def accrue(model) -> None:
    """Machines age, books follow, value in use is asked for; sites are finished and wear."""
    living, ledger, parameters, fleet = model.living, model.ledger, model.parameters, model.living.fleet
    owners, n, width = fleet.owners, len(model.ecosystem), ledger.worlds

    def full(values: np.ndarray) -> np.ndarray:
        result = np.zeros((n, width))
        result[owners] = values
        return result

    everyone = np.arange(n)
    ledger.post("chips_unenergised", everyone, -full(living.now.placed))
    ledger.post("chips_book", everyone, full(living.now.placed - living.now.scrapped))
    fleet.measure(parameters, width)
    margin = 1.0 - np.nan_to_num(parameters.data("operating_cost_share", 0.0))[owners]
    living.now.unit_value = _unit_value(model)
    economy = model.living.economy
    # Value in use answers to price and use alike: at the trend of prices and full use it would be so much more.
    calm = economy.trend_price / (economy.price * np.minimum(1.0, living.tightness_now)) - 1.0
    depreciation, impairment, by_demand, living.tax_deduction = age_fleet(
        fleet.cost, fleet.book, fleet.basis,
        failure=parameters.data("chip_failure_rate", 0.0)[owners], life=fleet.life,
        tax_life=parameters.shared("chip_tax_life_quarters", 20.0), unit_value=living.now.unit_value, margin=margin,
        threshold=parameters.system("impairment_threshold"), lost=np.maximum(0.0, calm), newest=fleet.slot,
    )  # fmt: skip
    ledger.post("chips_book", everyone, -full(depreciation + impairment))
    finished = ledger.column("shells_completed")
    ledger.post("pipeline_q1", everyone, -finished)
    ledger.record("shells_cost", ledger.column("shells_cost") + finished)
    life = parameters.data("shell_life_quarters", 60.0)
    wear = np.minimum(ledger.column("shells_book") + finished, ledger.column("shells_cost") / life)
    ledger.post("shells_book", everyone, finished - wear)
    for ahead in range(1, 6):  # work moves one quarter nearer
        amount = full(total_over(fleet.queue[ahead - 1]))
        now = ledger.column(f"pipeline_q{ahead}")
        ledger.post(f"pipeline_q{ahead}", everyone, amount - now)
    amount = full(total_over(total_over_first(fleet.queue[5:])))  # six quarters away or more
    ledger.post("pipeline_q6", everyone, amount - ledger.column("pipeline_q6"))
    ledger.record("depreciation", full(depreciation) + wear)
    ledger.record("impairment", full(impairment + living.now.scrapped))
    ledger.record("impairment_by_demand", full(by_demand))


def _unit_value(model) -> np.ndarray:
    """Value in use of a dollar of chips, before running costs, by vintage `(vintages, worlds)`: discounted earnings
    while price falls with progress and machines fail, at second-tier quality once they are old."""
    living, parameters, economy = model.living, model.parameters, model.living.economy
    rate = parameters.shared("revenue_per_capacity", 0.0) / parameters.shared("chip_share_of_capex", 1.0)
    used = np.minimum(1.0, living.tightness_now)
    failure = parameters.shared("chip_failure_rate", 0.0)
    decay = exp(-(economy.progress + failure + parameters.system("valuation_discount_rate")))
    horizon, frontier = parameters.system("valuation_quarters"), parameters.shared("frontier_age_quarters", 8.0)
    quality = parameters.shared("second_tier_quality", 1.0)
    age = ((living.fleet.slot - np.arange(VINTAGES)) % VINTAGES)[:, None]  # of the machines in each slot of the ring
    left = np.maximum(1.0, horizon - age)
    young = np.clip(frontier - age, 0.0, left)
    # Geometric sums: of the quarters as a frontier machine, and of all.
    whole = decay * (1.0 - _power(decay, left)) / (1.0 - decay)
    first = decay * (1.0 - _power(decay, young)) / (1.0 - decay)
    return rate * economy.price * used * living.fleet.throughput * (first + quality * (whole - first))


def _power(base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    return exp(exponent * log(base))


def mark(model) -> None:
    """Labs are worth a multiple of revenue; clouds and vehicles what they have, or earn, after their debts."""
    living, ledger, eco = model.living, model.ledger, model.ecosystem
    n, before = len(eco), ledger.column("net_worth").copy()
    lab = living.of("ai_lab")
    value = np.where(lab, model.ask("value", "ai_lab"), 0.0)
    ledger.record("firm_value", value)
    yearly = 4.0 * ledger.column("margin_average")
    idle, resale = ledger.column("chips_unenergised"), model.parameters.of("shell_resale_share")
    coming = idle + resale * sum(ledger.column(f"pipeline_q{each}") for each in range(1, 7))
    broken_up = ledger.column("chips_book") + resale * ledger.column("shells_book") + coming
    cloud = living.of("hyperscaler", "operator")
    going = np.where(cloud, model.parameters.of("enterprise_multiple") * yearly + coming, 0.0)
    money = ledger.column("cash") + ledger.column("securities") + ledger.column("margin_account")
    money = money + ledger.held(*DEBT_LAYERS, "trade_receivable", "equity_at_cost")
    owed = ledger.owed(*DEBT_LAYERS, "trade_receivable")
    rest = money + np.maximum(broken_up, going) + ledger.column("core_business_value") - owed
    moving = np.ones(ledger.worlds, bool)
    for _ in range(_MARK_ROUNDS):  # a contraction; a world that has settled stays as it is
        new = np.where(lab, value, np.maximum(0.0, rest + living.stakes.held(value, n)))
        far = (np.abs(new - value) > _SETTLED * np.maximum(1.0, np.abs(value))).any(axis=0)
        value = np.where(moving, new, value)
        moving = moving & far
        if not moving.any():
            break
    living.stakes.mark(ledger, value)
    ledger.record("firm_value", value)
    # What a lab is worth beyond what it has is its franchise: no balance, but it closes the value of its equity.
    franchise = np.where(lab, value - (ledger.column("net_worth") + ledger.owed("equity")), 0.0)
    ledger.post("core_business_value", np.arange(n), franchise)
    living.now.marked = ledger.column("net_worth") - before


def learn(model) -> None:
    """Averages, expectations and capacities move on; confidence answers to what was expected."""
    living, ledger, parameters = model.living, model.ledger, model.parameters
    economy = living.economy
    demand = np.where(living.of("ai_lab"), ledger.column("user_revenue"), ledger.column("compute_demand"))
    before = living.demand_before
    grown = log(np.maximum(part_of(demand, before), 1e-9))
    growth = np.where(before > 0.0, np.clip(grown, -0.5, 0.5), ledger.column("seen_growth"))
    ledger.record("seen_growth", np.where(demand > 0.0, growth, 0.0))
    living.demand_before = demand
    maker = living.of("chipmaker")
    quarter_margin = np.where(maker, ledger.column("chip_sales") * (1.0 - living.chip_cost_share)
                              + ledger.column("core_inflow"), ledger.column("margin"))  # fmt: skip
    after = quarter_margin - ledger.column("interest") - ledger.column("tax") - ledger.column("other_capex")
    core = ledger.column("core_inflow") - ledger.column("interest") - ledger.column("tax")
    memory = parameters.of("raised_money_memory")
    for column, seen in (
        ("margin_average", quarter_margin), ("free_cash_average", after), ("own_core_average", core),
        ("money_raised_average", ledger.column("equity_raised") + ledger.column("vendor_money")),
    ):  # fmt: skip
        ledger.record(column, ledger.column(column) + memory * (seen - ledger.column(column)))
    ledger.record("chip_capacity", ledger.column("chip_capacity_plan"))
    model.circle.turn(model, living.now.given, living.now.back)
    revenue = np.where(living.of("ai_lab"), demand, 0.0)
    living.past_revenue = np.concatenate([revenue[None], living.past_revenue[:3]])
    economy.set_price(living.tightness_now)
    economy.learn(total(ledger.column("net_worth")[living.lending]))
