"""Every firm's statement of a quarter: through what its net worth changed, in lines that add up.

Money lent, repaid or put into stakes changes hands against a claim of the same size, and what is bought to last is
booked at cost: neither moves anybody's net worth, so neither has a line. Everything else does (Godley & Lavoie 2007,
the transition-flow matrix). That the lines add up is checked in every world and quarter (`abm.identities`).
"""

from __future__ import annotations

import numpy as np

from abm import margining
from cython_ext import flow_sums, total

# Line -> blocks of payments that belong to it. The other lines come from what the phases of the closing have left.
_PAID = {
    "worth_from_trade": ("users", "core", "running", "rent", "sponsor_rent", "contracts", "margin_bills", "compute",
                         "spill", "backstop", "chips", "payables", "building"),
    "worth_from_other_capex": ("other_capex",),
    "worth_from_interest": ("interest", "pass_through"),
    "worth_from_state": ("tax", "subsidy", "rescue"),
    "worth_from_owners": ("owners", "distributions"),
}  # fmt: skip
_LEFT = ("worth_from_wear", "worth_from_write_downs", "worth_from_failures", "worth_from_marks")
LINES = (*_PAID, *_LEFT)


def line_of_link(payments) -> np.ndarray:
    """The line of each planned payment, an index into LINES; `len(_PAID)` for those that have none."""
    line = np.full(payments.debtor.size, len(_PAID), np.int32)
    for number, names in enumerate(_PAID.values()):
        for name in names:
            line[payments.blocks[name].place] = number
    return line


def record(model) -> None:
    """Write the lines of the quarter that has just been closed, one column of the ledger each."""
    living, ledger, payments, eco = model.living, model.ledger, model.living.payments, model.ecosystem
    n = len(eco)
    row = living.line_of_link * n
    paid, received = flow_sums(payments.amount, row + payments.debtor, row + payments.creditor, (len(_PAID) + 1) * n)
    lines = {
        name: received[place * n : (place + 1) * n] - paid[place * n : (place + 1) * n]
        for place, name in enumerate(_PAID)
    }
    # Margin pays bills for customers.
    used = margining.used_by_customer(model)
    lines["worth_from_trade"] -= used
    lines["worth_from_trade"][eco.rest_of_world] += total(used)
    # Invoices and goods stand for the money that was paid, or will be.
    chips, now = living.chips, living.now
    invoiced = now.invoiced - payments["payables"]
    owed, held = flow_sums(invoiced, chips.buyer, chips.seller, n)
    lines["worth_from_trade"] += held - owed + ledger.column("chips_delivered") + ledger.column("shells_started")
    # Of the money that funders take out of a lender, a part is its owners' outside.
    drawn = (living.aftermath["handed_back"] - payments["calls"]) * living.owners_part
    taken, got = flow_sums(drawn, living.funder_lenders, np.full(living.funder_lenders.size, eco.rest_of_world), n)
    lines["worth_from_owners"] += got - taken
    lines["worth_from_wear"] = -ledger.column("depreciation")
    lines["worth_from_write_downs"] = -ledger.column("impairment")
    costs = living.aftermath.blocks["default_costs"]
    paid, received = flow_sums(living.aftermath["default_costs"], costs.debtor, costs.creditor, n)
    lines["worth_from_failures"] = now.failures_took + received - paid
    lines["worth_from_marks"] = now.marked
    for name, values in lines.items():
        ledger.record(name, values)
