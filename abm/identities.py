"""What must hold at the end of every quarter beside the ledger's own identities: machines, orders, promises, stakes.

Every stock changes by its flows and by nothing else (Godley & Lavoie 2007). Checked in every world; a breach names
firm, world, quarter, identity and amount.
"""

from __future__ import annotations

import numpy as np

from abm.ledger import TOLERANCE, LedgerBreach
from cython_ext import row_sums


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
    placed = row_sums(living.orders_before + living.orders_placed, chips.buyer, n)
    ended = row_sums(living.delivered + chips.late + living.orders_cancelled, chips.buyer, n)
    backlog = contracts.due.sum(axis=1) + contracts.arrears
    moved = backlog - (living.backlog_before + contracts.signed - contracts.recognised)
    living.backlog_before = backlog
    promises = row_sums(moved, contracts.customer, n)
    served, able = column("compute_served"), column("compute_capacity")
    held = row_sums(living.stakes.share, living.stakes.issuer, n)
    overdrawn = full(np.maximum(0.0, -fleet.power_left).sum(axis=1))
    return {
        "books of machines = chips_book": (book - column("chips_book"), book),
        "building work = pipeline": (work - sites, work),
        "orders = delivered + carried + cancelled": (placed - ended, placed),
        "backlog before + signed - recognised = backlog": (promises, row_sums(backlog, contracts.customer, n)),
        "served <= capacity": (np.maximum(0.0, served - able), able),
        "stakes <= the whole": (np.maximum(0.0, held - 1.0), held),
        "power used <= power there is": (overdrawn, overdrawn),
    }
