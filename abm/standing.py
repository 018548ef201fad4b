"""What stands behind each firm in a quarter: money, machines, sites, going concern, covenants, capital.

"When money is not there" in `docs/quarters.md`; names as in `cython_ext.Problem`. Arrays are `(firms, worlds)`, USD bn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.agenda import CERTAIN, SALES
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.holdings import SECURED
from abm.links import INVESTMENT
from abm.words import part_of
from cython_ext import row_sums


@dataclass(frozen=True)
class Standing:
    """See the module's docstring. `left` is the cash of each firm if everything is paid."""

    cash: np.ndarray
    left: np.ndarray
    balance: np.ndarray
    collateral: np.ndarray
    property: np.ndarray
    enterprise: np.ndarray
    multiple: np.ndarray
    franchise: np.ndarray
    covered_assets: np.ndarray
    income: np.ndarray
    sales: np.ndarray
    principal: np.ndarray
    secured_debt: np.ndarray
    secured_service: np.ndarray
    value_floor: np.ndarray
    cash_floor: np.ndarray


def stand(model) -> Standing:
    """Everything the loop asks about firms, before anything is paid."""
    living, ledger, parameters = model.living, model.ledger, model.parameters
    column, payments, held, n = ledger.column, living.payments, living.holdings, len(model.ecosystem)
    liquid = column("cash") + column("securities")
    # Of debts, what stays after this quarter's principal; the principal is a payment.
    principal = payments["principal"]
    is_debt = held.debt >= 0
    owed = ledger.amounts[held.place].copy()
    owed[is_debt] = np.maximum(0.0, owed[is_debt] - principal[held.debt[is_debt]])
    secured = held.rank == SECURED
    debts, tested = living.debts, living.of("operator", "vehicle")
    # Covenants count scheduled repayments; what falls due at once is refinanced.
    balance = ledger.amounts[living.debts.place]
    scheduled = payments["interest"] + principal - living.debts.balloons(balance, living.economy.quarter)
    service = scheduled[held.debt[secured & is_debt]]
    service = row_sums(service, held.borrower[secured & is_debt], n)
    sales = payments.received(*SALES)
    work = sum(column(f"pipeline_q{each}") for each in range(1, 7))
    sites, idle = work + column("shells_book"), column("chips_unenergised")
    resale = parameters.of("shell_resale_share")
    multiple = np.where(living.of("hyperscaler", "operator"), parameters.of("enterprise_multiple"), 0.0)
    yearly, lab = 4.0 * column("margin_average"), living.of("ai_lab")
    fleet = living.fleet
    machines = np.zeros_like(liquid)
    machines[fleet.owners] = fleet.installed * living.economy.price  # at what new ones of the same power cost
    property_ = idle + column("chip_inventory") + resale * sites
    # A vehicle is worth what its sponsor's lease is worth: enough for what it owes, while the rent is paid.
    leased, lease = living.vehicle_rows, np.zeros_like(liquid)
    debt = row_sums(owed, held.borrower, n)[leased]
    lease[leased] = np.maximum(0.0, debt - machines[leased] - property_[leased])
    return Standing(
        cash=liquid + payments.received(*CERTAIN),
        left=liquid + payments.net(),
        balance=owed,
        collateral=machines,
        property=property_,
        # A quarter's lost sales lower a year's margin once; what is being built comes on top.
        # What a lab is worth beyond what it has ends with it: nobody can seize a franchise.
        enterprise=np.where(
            lab, np.maximum(0.0, column("core_business_value")),
            np.where(multiple > 0.0, multiple * (yearly - sales) + resale * work + idle, 0.0),
        ),
        multiple=multiple,
        franchise=np.where(lab, 0.0, column("core_business_value")) + column("outside_book") + lease
        + np.maximum(0.0, column("margin_account") + column("margin_call"))
        + _certain_claims(living, ledger),
        covered_assets=idle + parameters.of("shell_lending_value") * sites,
        income=payments.received("users", "core", "margin_bills") - payments.paid("running", "rent", "sponsor_rent"),
        sales=sales,
        # A vehicle is not judged by what it owns, nor is a firm that the state stands behind.
        principal=np.where(
            living.health.worth_tested & ~living.of("vehicle") & (parameters.of("rescued") < 1.0),
            row_sums(principal, debts.debtor, n), 0.0,
        ),
        secured_debt=np.where(tested, row_sums(owed[secured], held.borrower[secured], n), 0.0),
        secured_service=np.where(tested, service, 0.0),
        value_floor=_value_floor(model),
        cash_floor=_cash_floor(model),
    )


def _certain_claims(living, ledger) -> np.ndarray:
    """Claims on firms that always pay: nothing in the loop puts them at risk."""
    held = living.holdings
    return row_sums(ledger.amounts[held.certain], held.certain_holder, len(living.ecosystem))


def _value_floor(model) -> np.ndarray:
    """Equity value below which a bank or securitisation trust stops lending; less where it opened with less."""
    living, ledger = model.living, model.ledger
    book = ledger.held(*DEBT_LAYERS) + ledger.column("outside_book")
    required = np.minimum(model.parameters.of("capital_requirement"), living.health.capital_ratio)
    return np.where(model.bound_by_capital > 0.0, required * book, 0.0)


def _cash_floor(model) -> np.ndarray:
    """Cash that a lab needs to raise equity once it has become cheap; 0 for all others."""
    living, ledger, parameters = model.living, model.ledger, model.parameters
    payments = living.payments
    cheap = ledger.column("firm_value") < parameters.of("closing_multiple") * 4.0 * ledger.column("user_revenue")
    own = payments.paid(*(name for name, block in payments.blocks.items()
                          if block.priority < INVESTMENT and name != "principal"))  # fmt: skip
    burn = np.maximum(0.0, own - payments.received("users", "core", "margin_returned"))
    return np.where(living.of("ai_lab") & cheap, parameters.of("closing_runway") * burn, 0.0)


def opening_capital_ratio(model) -> np.ndarray:
    """Capital over assets that a lender opened with, less some headroom, `(firms, worlds)`."""
    ledger = model.ledger
    book = ledger.held(*DEBT_LAYERS) + ledger.column("outside_book")
    ratio = part_of(np.maximum(0.0, ledger.column("net_worth")), book)
    return np.where(book > 0.0, ratio * (1.0 - model.parameters.of("covenant_headroom")), np.inf)
