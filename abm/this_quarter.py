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
        return ThisQuarter(**{name: None if value is None else value.copy() for name, value in held.items()})
