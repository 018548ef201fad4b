"""Chips: orders, shipments where capacity is short, invoices. See `docs/quarters.md`."""

from __future__ import annotations

import numpy as np

from abm.words import part_of
from cython_ext import row_sums, total
from cython_ext.markets import share_out

_FILL_LIMIT = 1.5  # nobody plans on a larger catch-up


def clear(model) -> None:
    """Builders order for their budgets; chipmakers ship what they can, more to customers they own parts of."""
    living, ledger, parameters, links = model.living, model.ledger, model.parameters, model.living.chips
    n, row = len(model.ecosystem), model.ecosystem.rest_of_world
    budget = building_budgets(model)
    fresh = (ledger.column("chip_part") * budget)[links.buyer] * links.share
    wanted = fresh + links.late
    favoured = row_sums(living.stakes.share, living.pair_of_stake, living.pairs)
    known = living.stake_pair_of_chips >= 0
    owns = np.where(known[:, None], favoured[np.maximum(living.stake_pair_of_chips, 0)] > 0.0, False)
    weight = 1.0 + parameters.of("favoured_customer_weight")[links.seller] * owns
    capacity = ledger.column("chip_capacity") * living.chip_capacity_kept
    capacity[row] = total(wanted) + 1.0  # own designs and others have no limit
    delivered = share_out(wanted, weight, links.seller, capacity)
    missing = wanted - delivered
    shrinking = (ledger.column("capex_plan") < living.now.capex_before)[links.buyer]
    cancelled = np.where(shrinking, parameters.of("cancellable_order_share")[links.buyer] * missing, 0.0)
    living.now.orders_placed, living.now.orders_cancelled, living.now.orders_before = fresh, cancelled, links.late
    links.late = missing - cancelled
    living.now.delivered = delivered
    later = living.invoiced_part
    living.payments["chips"] = delivered * (1.0 - later)
    living.now.invoiced = delivered * later
    orders = row_sums(wanted, links.seller, n)
    shipped = row_sums(delivered, links.buyer, n)
    maker = np.arange(n)[:, None] != row
    ledger.record("chip_orders", np.where(maker, orders, 0.0))
    ledger.record("chip_sales", np.where(maker, row_sums(delivered, links.seller, n), 0.0))
    ledger.record("chips_delivered", shipped)
    # Deliveries over new orders: above one while a backlog is worked off. A sponsor sees its vehicles' too.
    ordered, came = row_sums(fresh, links.buyer, n), shipped.copy()
    rows = living.vehicle_rows
    ordered += _to_sponsors(living, ordered, n)
    came += _to_sponsors(living, came, n)
    fill = np.where(ordered > 0.0, np.minimum(_FILL_LIMIT, part_of(came, ordered)), 1.0)
    fill[rows] = fill[living.sponsor_of]
    ledger.record("chip_fill", fill)
    made = ledger.column("chip_sales") * living.chip_cost_share
    living.payments["running"] = living.payments["running"] + made
    ledger.record("chip_capacity_plan", model.ask("plan_capacity", "chipmaker"))


def _to_sponsors(living, values: np.ndarray, n: int) -> np.ndarray:
    return row_sums(values[living.vehicle_rows], living.sponsor_of.astype(np.int32), n)


def building_budgets(model) -> np.ndarray:
    """Capex by the firm on whose books it is built: a sponsor's vehicle takes its part, `(firms, worlds)`."""
    living = model.living
    budget = model.ledger.column("capex_budget").copy()
    rows = living.vehicle_rows
    if rows.size:
        # A sponsor with several vehicles builds through the first.
        moved = budget * living.now.vehicle_part
        first = living.first_vehicle
        budget[rows[first]] += moved[living.sponsor_of[first]]
        budget[living.sponsor_of[first]] -= moved[living.sponsor_of[first]]
    return budget


def receivables_due(model) -> None:
    """Last quarter's invoices are paid."""
    living = model.living
    known = living.chips.receivable >= 0
    due = np.where(known[:, None], model.ledger.amounts[np.maximum(living.chips.receivable, 0)], 0.0)
    living.payments["payables"] = due
