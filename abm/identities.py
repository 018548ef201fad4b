"""What must hold at the end of every quarter beside the ledger's own identities: machines, orders, promises, stakes.

Every stock changes by its flows and by nothing else (Godley & Lavoie 2007). Checked in every world; a breach names
firm, world, quarter, identity and amount.
"""

from __future__ import annotations

import numpy as np

from abm.fleet import total_over
from abm.ledger import TOLERANCE, LedgerBreach
from abm.statement import LINES
from cython_ext import row_sums


def snapshot(model) -> dict[str, np.ndarray]:
    """Stocks as they stand, to be compared with the flows of the quarter to come."""
    living, ledger = model.living, model.ledger
    lenders = np.where(living.of("lender"), 1.0, 0.0)
    return {
        "cash": ledger.column("cash").copy(),
        "worth": ledger.column("net_worth").copy(),
        "basis": _basis(model),
        "backlog": living.contracts.backlog,
        "capital": lenders * ledger.column("net_worth"),
        "marks": lenders * (ledger.held("equity") - ledger.owed("equity")),
    }


def check(model) -> float:
    """The worst relative residual of the quarter that has just ended. Raises `LedgerBreach`."""
    worst = 0.0
    for name, (off, scale) in _sides(model).items():
        residual = np.abs(off) / np.maximum(1.0, np.abs(scale))
        largest = float(residual.max(initial=0.0))
        if not largest <= TOLERANCE:
            row, world = np.unravel_index(np.argmax(np.where(np.isnan(residual), np.inf, residual)), residual.shape)
            raise LedgerBreach(
                f"{name}: {model.ecosystem.id[row]}, world {model.world_numbers[world]}, quarter "
                f"{model.living.economy.quarter}: off by {off[row, world]:.3g}"
            )
        worst = max(worst, largest)
    return worst


def _sides(model) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By identity: what is left over, and what it is measured against, both `(firms, worlds)`."""
    living, ledger, n = model.living, model.ledger, len(model.ecosystem)
    fleet, chips, contracts = living.fleet, living.chips, living.contracts
    column = ledger.column

    def full(values: np.ndarray) -> np.ndarray:
        result = np.zeros((n, ledger.worlds))
        result[fleet.owners] = values
        return result

    book = full(fleet.book.sum(axis=(1, 2)))
    work = full(fleet.building)
    sites = sum(column(f"pipeline_q{each}") for each in range(1, 7))
    placed = row_sums(living.now.orders_before + living.now.orders_placed, chips.buyer, n)
    ended = row_sums(living.now.delivered + chips.late + living.now.orders_cancelled, chips.buyer, n)
    before, after = model.opened, snapshot(model)
    model.opened = after
    backlog = after["backlog"]
    moved = backlog - (before["backlog"] + contracts.signed - contracts.recognised - contracts.cancelled)
    promises = row_sums(moved, contracts.customer, n)
    served, able = column("compute_served"), column("compute_capacity")
    held = row_sums(living.stakes.share, living.stakes.issuer, n)
    logged = living.payments.net() + living.aftermath.net()
    money = after["cash"] - before["cash"] - logged
    basis = after["basis"] - before["basis"] - (living.now.depreciable - living.now.deducted)
    told = sum(column(each) for each in LINES)
    worth = after["worth"] - before["worth"] - told
    capital = after["capital"] - before["capital"] - _earned_by_lenders(model, after["marks"] - before["marks"])
    overdrawn = full(np.maximum(0.0, -fleet.power_left).sum(axis=1))
    return {
        "cash before + received - paid = cash": (money, np.abs(before["cash"]) + np.abs(logged)),
        "tax basis before + bought - deducted = tax basis": (basis, before["basis"]),
        "capital of lenders before + margin + marks - losses + owners' money = capital": (capital, ledger.held()),
        "books of machines = chips_book": (book - column("chips_book"), book),
        "building work = pipeline": (work - sites, work),
        "orders = delivered + carried + cancelled": (placed - ended, placed),
        "backlog before + signed - recognised - cancelled = backlog": (
            promises, row_sums(backlog, contracts.customer, n)
        ),
        "served <= capacity": (np.maximum(0.0, served - able), able),
        "stakes <= the whole": (np.maximum(0.0, held - 1.0), held),
        "power used <= power there is": (overdrawn, overdrawn),
        "net worth before + lines of the statement = net worth": (worth, np.abs(before["worth"]) + np.abs(told)),
    }


def _basis(model) -> np.ndarray:
    """Cost that is still to be deducted from taxable profit, what falls due for it next quarter included."""
    living, fleet = model.living, model.living.fleet
    result = model.ledger.column("shells_basis").copy()
    result[fleet.owners] += total_over(fleet.basis) + living.tax_deduction
    return result


def _earned_by_lenders(model, marks: np.ndarray) -> np.ndarray:
    """What changes the capital of a lender: interest less what its funders get, stakes marked up, owners' own money."""
    living, n = model.living, len(model.ecosystem)
    payments, after = living.payments, living.aftermath
    interest = row_sums(payments["interest"], living.debts.holder, n)
    margin = interest - payments.paid("interest", "pass_through")
    marked = marks - row_sums(payments["stakes"], living.stakes.holder, n)
    marked = marked + after.received("estate_owners", "estate_dues") + payments.received("rescue")
    drawn = after["handed_back"] - payments["calls"]
    owners = row_sums(drawn * living.owners_part, living.funder_lenders, n)
    lost = living.now.loan_losses - living.now.funders_bore + after["default_costs"]
    return np.where(living.of("lender"), margin + marked - owners - lost, 0.0)
