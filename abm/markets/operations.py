"""What running costs, what the rest of a firm brings in, and what debt, leases and the state take.

"The quarter" in `docs/quarters.md`.
"""

from __future__ import annotations

import numpy as np

from abm import margining
from abm.ecosystem.vocabulary import REGIONS
from abm.fleet import total_over
from cython_ext import row_sums, total
from cython_ext.markets import exp


def run(model) -> None:
    """Costs of what was sold and kept ready; cash flow and capex outside the sector."""
    living, ledger, parameters = model.living, model.ledger, model.parameters
    growth = exp(parameters.of("core_growth"))
    for column in ("core_inflow", "other_capex"):
        ledger.record(column, ledger.column(column) * growth)
    core = ledger.column("core_inflow")
    living.payments["core"] = np.maximum(0.0, core)
    living.payments["other_capex"] = ledger.column("other_capex")
    lab = living.of("ai_lab")
    users = ledger.column("user_revenue")
    served = np.nan_to_num(parameters.data("operating_cost_share", 0.0)) * ledger.column("compute_sales")
    own = np.where(lab, parameters.of("lab_operating_cost_share"), 1.0 - parameters.of("own_product_margin")) * users
    upkeep = parameters.data("shell_upkeep_rate", 0.0) * ledger.column("shells_cost")
    research = np.where(lab & living.health.alive, ledger.column("fixed_rd_cost"), 0.0)
    cost = served + own + upkeep + research
    ledger.record("running_cost", cost)
    living.payments["running"] = cost + np.maximum(0.0, -core)


def serve_debt(model) -> None:
    """Interest, scheduled principal and rents fall due."""
    living, ledger, debts = model.living, model.ledger, model.living.debts
    quarter, n = living.economy.quarter, len(model.ecosystem)
    balance = ledger.amounts[debts.place]
    interest = balance * debts.rate / 4.0
    principal = debts.principal_due(balance, quarter)
    living.payments["interest"], living.payments["principal"] = interest, principal
    paid, due = row_sums(interest, debts.debtor, n), row_sums(principal, debts.debtor, n)
    ledger.record("interest", paid)
    ledger.record("principal", due)
    living.payments["rent"] = living.rent_due[:, min(quarter, living.rent_due.shape[1] - 1)]
    # A sponsor pays its vehicle enough for interest and scheduled principal; balloons are refinanced.
    service = paid + due - row_sums(debts.balloons(balance, quarter), debts.debtor, n)
    rows = living.vehicle_rows
    holiday = np.maximum(0.0, ledger.column("covenant_holiday_until")[rows]) >= quarter
    idle = holiday & (ledger.column("securities")[rows] + ledger.column("cash")[rows] > 2.0 * service[rows])
    upkeep = living.payments["running"][rows]
    rent = model.parameters.of("rent_cover")[rows] * service[rows] + upkeep - living.payments.received("rent")[rows]
    living.payments["sponsor_rent"] = np.where(idle, 0.0, np.maximum(0.0, rent))
    ledger.record("rent", living.payments.paid("rent", "sponsor_rent"))


def assess(model) -> None:
    """Margins; tax on them after interest, deductions and old losses; subsidies for what is completed."""
    living, ledger, parameters, eco = model.living, model.ledger, model.parameters, model.ecosystem
    payments, fleet, n = living.payments, living.fleet, len(eco)
    chip_sales = ledger.column("chip_sales")  # last quarter's: this quarter's are not cleared yet
    made = np.where(
        living.of("chipmaker"), chip_sales * (1.0 - living.chip_cost_share), 0.0
    )
    income = payments.received("users", "core", "rent", "sponsor_rent", "contracts", "margin_bills", "compute", "spill",
                               "backstop") + made  # fmt: skip
    lent = row_sums(payments["interest"], living.debts.holder, n)
    cost = payments.paid("running", "rent", "sponsor_rent", "contracts", "compute", "spill", "backstop")
    margin = income - cost - margining.used_by_customer(model)
    margin[eco.rest_of_world] = 0.0
    ledger.record("margin", margin)
    owners = fleet.owners
    bonus, eligible = parameters.system("expensing_share"), parameters.of("shell_expensing_share")[owners]
    placed, finished = total_over(fleet.idle), total_over(fleet.queue[0])
    now = np.zeros((n, placed.shape[1]))
    now[owners] = bonus * (placed + eligible * finished)
    # The rest is written off over the tax lives: chips by vintage in the fleet, sites in equal parts.
    life = parameters.data("shell_tax_life_quarters", 60.0)
    straight = np.minimum(ledger.column("shells_basis"), ledger.column("shells_cost") / life)
    later = np.zeros_like(now)
    later[owners] = living.tax_deduction
    deduction = now + later + straight + ledger.column("other_capex")
    basis = ledger.column("shells_basis") - straight
    basis[owners] += finished * (1.0 - bonus * eligible)
    ledger.record("shells_basis", basis)
    living.now.new_basis = placed * (1.0 - bonus)
    company = ~living.of("lender", "government", "rest_of_world")
    profit = np.where(company, margin - ledger.column("interest") - deduction + lent, 0.0)
    used = np.minimum(np.maximum(profit, 0.0), ledger.column("loss_carry_forward"))
    ledger.record("loss_carry_forward", ledger.column("loss_carry_forward") - used + np.maximum(0.0, -profit))
    tax = model.ask("levy", "government")[living.treasury] * (np.maximum(profit, 0.0) - used)
    payments["tax"] = tax
    ledger.record("tax", tax)
    living.now.depreciable = np.zeros_like(now)
    living.now.depreciable[owners] = placed + finished
    living.now.deducted = now + later + straight
    _subsidise(model, placed, finished)


def _subsidise(model, placed: np.ndarray, finished: np.ndarray) -> None:
    """The European government pays part of what is completed in its region, until the envelope is spent."""
    living, fleet = model.living, model.living.fleet
    europe = REGIONS.index("EU")
    eligible = fleet.idle[:, europe] + fleet.queue[0][:, europe]
    whole = living.now.eligible = total(eligible)
    rate = total(model.ask("plan_subsidy", "government"))
    paid = np.zeros((len(model.ecosystem), rate.size))
    paid[fleet.owners] = rate * eligible
    living.now.subsidy_rate = rate
    living.envelope = living.envelope - rate * whole
    living.payments["subsidy"] = paid
    model.ledger.record("subsidy", paid)
