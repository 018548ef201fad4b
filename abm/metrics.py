"""Measures of the circle that need no default: who funds whose purchases, how concentrated promises are.

Results are `(worlds,)`.
"""

from __future__ import annotations

import numpy as np

from abm.words import part_of
from cython_ext import row_sums, total
from cython_ext.markets import exp, log

_POWER_ROUNDS = 60
_SETTLED = 1e-9  # of a vector whose largest part is 1


class Circle:
    """Money that suppliers put into customers, and what came back as sales, over the last four quarters."""

    def __init__(self, living):
        self.living = living
        shape = (4, living.stakes.place.size, living.economy.price.size)
        self.given, self.returned = np.zeros(shape), np.zeros(shape)
        firms = len(living.ecosystem)
        self.sales = np.zeros((4, firms, shape[2]))

    def turn(self, model, given: np.ndarray, back: np.ndarray) -> None:
        """Take a quarter: `given` (stakes, worlds) from holder to issuer; `back` the part of the issuer's spending
        that reaches the holder."""
        slot = self.living.economy.quarter % 4
        ledger, stakes = model.ledger, self.living.stakes
        spending = ledger.column("capex") + ledger.column("compute_bought")
        self.given[slot] = given
        self.returned[slot] = spending[stakes.issuer] * back
        self.sales[slot] = ledger.column("chip_sales") + ledger.column("compute_sales")

    def fork(self, living) -> Circle:
        """The same four quarters, in arrays of their own."""
        twin = Circle(living)
        twin.given, twin.returned, twin.sales = self.given.copy(), self.returned.copy(), self.sales.copy()
        return twin

    def measures(self, model) -> dict[str, np.ndarray]:
        """`circularity`: sales of chipmakers that their own money paid for, as a share of their sales;
        `largest_circularity`: that of the chipmaker with the largest; `circularity_of_paths`: the spectral radius of
        the matrix of funding times spending, 0 where no money can come back."""
        living, eco = self.living, model.ecosystem
        n, stakes = len(eco), living.stakes
        given, back = _four(self.given), _four(self.returned)
        circled = row_sums(np.minimum(given, back), stakes.holder, n)
        sales = _four(self.sales)
        makers = np.flatnonzero(living.of("chipmaker"))
        each = part_of(circled[makers], sales[makers])
        spending = _four_of(model, living)
        # Of each firm's money in: the part that its suppliers put in; of each firm's money out: the part they get.
        funded = part_of(given, np.maximum(spending, 1e-12)[stakes.issuer])
        received = part_of(back, np.maximum(sales, 1e-12)[stakes.holder])
        return {
            "circularity": part_of(total(circled[makers]), total(sales[makers])),
            "largest_circularity": each.max(axis=0) if makers.size else np.zeros(given.shape[1]),
            "circularity_of_paths": _radius(np.minimum(1.0, funded), received, stakes, n),
            **_concentration(living, model.opened["backlog"]),
            "payback_quarters": payback(model),
            "external_share": _external_share(model),
            "unpowered_share": _unpowered(living.fleet),
        }


def _four(ring: np.ndarray) -> np.ndarray:
    return ring[0] + ring[1] + ring[2] + ring[3]


def _four_of(model, living) -> np.ndarray:
    return 4.0 * (model.ledger.column("capex") + model.ledger.column("compute_bought"))


def _radius(funded: np.ndarray, received: np.ndarray, stakes, firms: int) -> np.ndarray:
    """Spectral radius of the round trip supplier -> customer -> supplier, by the power method from ones.

    A world that has settled (within eight rounds or so) keeps its size, so its bits do not depend on other worlds.
    """
    vector = np.ones((firms, funded.shape[1]))
    size = np.zeros(funded.shape[1])
    moving = np.ones(size.size, bool)
    for _ in range(_POWER_ROUNDS):
        forward = row_sums(funded * vector[stakes.holder], stakes.issuer, firms)
        new = row_sums(received * forward[stakes.issuer], stakes.holder, firms)
        largest = new.max(axis=0)
        size = np.where(moving, largest, size)
        before, vector = vector, new / np.where(largest > 0.0, largest, 1.0)
        moving &= np.abs(vector - before).max(axis=0) > _SETTLED
        if not moving.any():
            break
    return size


def _concentration(living, backlog: np.ndarray) -> dict[str, np.ndarray]:
    """`backlog`: what is promised and not yet delivered, USD bn, and what of it ended in the quarter with its customer
    or provider; `backlog_concentration`: Herfindahl index of backlogs by customer, the enterprise part as one customer;
    `backlog_of_two_largest`: part of all backlogs that the two largest named customers promised. `backlog` is that of
    each contract, `(contracts, worlds)`."""
    by_customer = row_sums(backlog, living.contracts.customer, living.enterprise_backlog.shape[0])
    enterprise = total(living.enterprise_backlog)
    whole = total(by_customer) + enterprise
    ordered = np.sort(by_customer, axis=0)
    return {
        "backlog": whole, "backlog_cancelled": total(living.contracts.cancelled) + living.now.backlog_left,
        "backlog_concentration": total(part_of(by_customer, whole) ** 2) + part_of(enterprise, whole) ** 2,
        "backlog_of_two_largest": part_of(ordered[-1] + ordered[-2], whole),
    }


def _unpowered(fleet) -> np.ndarray:
    """Part of all machines, by what they could do, that stands idle for want of power."""
    installed = total(fleet.installed)
    return part_of(np.maximum(0.0, installed - total(fleet.frontier) - total(fleet.commodity)), installed)


def payback(model) -> np.ndarray:
    """Quarters until a dollar of chips bought now has earned its cost at full use, undiscounted, while prices fall
    with progress and machines fail: m (1 - d^n) / (1 - d) = 1. At most the age at which machines earn nothing more."""
    parameters, economy = model.parameters, model.living.economy
    clouds = model.ecosystem.of_kind("hyperscaler", "operator")
    rate = parameters.shared("revenue_per_capacity", 0.0) / parameters.shared("chip_share_of_capex", 1.0)
    cost = parameters.data("operating_cost_share", 0.0)[clouds[0]] if clouds.size else 0.0
    margin = rate * (1.0 - cost) * economy.price * economy.throughput
    kept = exp(-economy.progress) * (1.0 - parameters.shared("chip_failure_rate", 0.0))
    limit = np.broadcast_to(parameters.system("valuation_quarters"), margin.shape)
    left = 1.0 - (1.0 - kept) / np.maximum(margin, 1e-12)
    never = left <= 0.0
    quarters = log(np.where(never, 1.0, left)) / log(np.minimum(kept, 1.0 - 1e-12))
    return np.where(never, limit, np.minimum(limit, quarters))


def _external_share(model) -> np.ndarray:
    """New money from others over AI capex and what labs burn: what own cash flow does not pay for."""
    ledger = model.ledger
    raised = sum(total(ledger.column(each)) for each in (
        "bonds_issued", "private_credit_drawn", "bank_loans_drawn", "high_yield_issued", "facilities_drawn",
        "vendor_money", "equity_raised", "owner_money"))  # fmt: skip
    outflow = ledger.column("interest") + ledger.column("principal") + ledger.column("tax") - ledger.column("margin")
    outflow = outflow + ledger.column("margin_call")
    burn = np.where(model.living.of("ai_lab"), np.maximum(0.0, outflow), 0.0)
    return np.minimum(1.0, part_of(raised, total(ledger.column("capex") + burn)))
