"""Margin on promises: customers keep the bills of the quarters to come with a custodian, who pays their providers.

A policy that is off unless `take_or_pay_margin_quarters` says otherwise. The custodian stands outside the network:
margin is out of reach of the customer's other creditors, and a provider's bill is paid as far as margin goes whatever
becomes of the customer.
"""

from __future__ import annotations

import numpy as np

from abm.contracts import HORIZON
from cython_ext import row_sums

_BLOCKS = ("margin_call", "margin_bills", "margin_returned")


def call(model) -> None:
    """What each customer has to pay in before the quarter ends, once this quarter's bills are paid from its margin."""
    living, contracts = model.living, model.living.contracts
    quarters = model.parameters.of("take_or_pay_margin_quarters")
    if not quarters.any() and not _in_use(living):
        return
    quarters = quarters[contracts.customer]
    wanted = np.zeros_like(contracts.margin)
    for ahead in range(1, int(np.ceil(quarters.max())) + 1):
        part = np.clip(quarters - (ahead - 1.0), 0.0, 1.0)
        wanted += part * contracts.due[:, (living.economy.quarter + ahead) % HORIZON]
    left = contracts.margin - np.minimum(contracts.margin, contracts.due_now)
    living.payments["margin_call"] = np.maximum(0.0, wanted - left)
    living.payments["margin_returned"] = np.maximum(0.0, left - wanted)
    _note(model, contracts.margin - left)


def pay_bills(model) -> None:
    """Bills of the quarter are paid from margin as far as it goes; the customer owes the rest."""
    living, contracts, payments = model.living, model.living.contracts, model.living.payments
    if _in_use(living):
        payments["margin_bills"] = np.minimum(contracts.margin, payments["contracts"])
        payments["contracts"] = payments["contracts"] - payments["margin_bills"]
        _note(model, payments["margin_bills"])


def _note(model, bills: np.ndarray) -> None:
    """What margin takes of each customer's money beyond this quarter's `bills` (contracts, worlds), which it pays."""
    payments = model.living.payments
    taken = payments.paid("margin_call") - payments.received("margin_returned")
    taken = taken - row_sums(bills, model.living.contracts.customer, len(model.ecosystem))
    taken[model.ecosystem.rest_of_world] = 0.0
    model.ledger.record("margin_call", taken)


def _in_use(living) -> bool:
    return living.contracts.margin.any() or any(living.payments[each].any() for each in _BLOCKS)


def used_by_customer(model) -> np.ndarray:
    """Bills that custodians paid for each firm, `(firms, worlds)`."""
    living = model.living
    return row_sums(living.payments["margin_bills"], living.contracts.customer, len(model.ecosystem))


def keep_books(model) -> None:
    """Margin stands at what was paid in less what was used or given back."""
    living, contracts, payments, eco = model.living, model.living.contracts, model.living.payments, model.ecosystem
    if _in_use(living):
        change = payments["margin_call"] - payments["margin_bills"] - payments["margin_returned"]
        contracts.margin = np.maximum(0.0, contracts.margin + change)
        outside = np.full(contracts.customer.size, eco.rest_of_world)
        model.ledger.transfer("margin_account", outside, contracts.customer, change)
