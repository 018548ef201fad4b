"""What one phase of a quarter leaves for a later one: declared here, written once, read until the quarter ends."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass
class ThisQuarter:
    """USD bn, unless said otherwise; last axis worlds. `firms`, `stakes`, `debts` and `chips` say what a row is."""

    # Planning and funding.
    cash_plan: np.ndarray | None = None  # firms: cash that the planned capex takes in the quarter
    paid_now: np.ndarray | None = None  # firms: part of a dollar of capex that is paid in the quarter
    first_dividends: np.ndarray | None = None  # firms: distributions that come before investment
    cloud_gap: np.ndarray | None = None  # firms: what clouds lack for their plans
    given: np.ndarray | None = None  # stakes: money of suppliers for their customers
    back: np.ndarray | None = None  # stakes: part of the customer's spending that comes back
    vendor_loan: np.ndarray | None = None  # stakes: the part of `given` that is lent
    supplier_money: np.ndarray | None = None  # firms: what a supplier puts into customers
    new_rate: np.ndarray | None = None  # debts: yearly rate of what is newly lent
    resold: np.ndarray | None = None  # debts: loans that the securitisation trust buys
    vehicle_part: np.ndarray | None = None  # firms: part of a sponsor's capex that its vehicle builds
    # The settlement.
    loop: object | None = None  # what the contagion loop did, `abm.clearing.Loop`
    default_cost: np.ndarray | None = None  # firms: what failing takes of money
    fire_price: np.ndarray | None = None  # price of used chips after forced sales, 1 = no discount
    book_lost: np.ndarray | None = None  # firms: book of machines and sites of the wound up, less what they fetched
    backlog_left: np.ndarray | None = None  # worlds: what enterprises had promised to the wound up
    funding_lost: np.ndarray | None = None  # firms: planned funding that did not come
    purchases_cut: np.ndarray | None = None  # firms: planned purchases that were given up
    loan_losses: np.ndarray | None = None  # firms: loans lost by their holder, recoveries taken off
    vendor_losses: np.ndarray | None = None  # firms: loans and invoices lost by suppliers
    reorganised: np.ndarray | None = None  # firms: whether creditors took over
    wound_up: np.ndarray | None = None  # firms: whether it is gone since this quarter
    claimed: np.ndarray | None = None  # ranks: what creditors of failed firms were owed
    recovered: np.ndarray | None = None  # ranks: what they got
    failures_took: np.ndarray | None = None  # firms: what net worth gained (lost, below zero) as failures were resolved
    marked: np.ndarray | None = None  # firms: what net worth gained as stakes and labs were valued
    funders_bore: np.ndarray | None = None  # firms: losses of lenders that their funders bear
    unit_value: np.ndarray | None = None  # vintages: value in use of a dollar of chips, before running costs
    # Chips and sites.
    capex_before: np.ndarray | None = None  # firms: capex of the last quarter
    orders_before: np.ndarray | None = None  # chips: orders carried over from the last quarter
    orders_placed: np.ndarray | None = None  # chips: new orders
    orders_cancelled: np.ndarray | None = None  # chips: orders given up
    delivered: np.ndarray | None = None  # chips: shipments
    invoiced: np.ndarray | None = None  # chips: shipments to be paid next quarter
    placed: np.ndarray | None = None  # owners: chips that enter service
    scrapped: np.ndarray | None = None  # owners: book of the vintage that leaves the fleet
    new_basis: np.ndarray | None = None  # owners, regions: tax basis of chips that enter service
    enterprise_served: np.ndarray | None = None  # firms: compute that enterprises got
    # Tax.
    depreciable: np.ndarray | None = None  # firms: cost that became deductible in the quarter
    deducted: np.ndarray | None = None  # firms: deductions for chips and sites
    eligible: np.ndarray | None = None  # what is completed in Europe
    subsidy_rate: np.ndarray | None = None  # European subsidy per dollar completed

    def fork(self) -> ThisQuarter:
        """The same, with its own arrays."""
        held = {each.name: getattr(self, each.name) for each in fields(self)}
        return ThisQuarter(**{
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in held.items()
        })  # fmt: skip
