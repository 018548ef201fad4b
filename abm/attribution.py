"""Where a loss came from and through what it came: parts that add up.

Net worth of firm i is, in every state of the loop,

    cash + received payments + claims on arrears + loans held + stakes + own assets
        - promised payments - debt,

so the loss between two states is the sum of the losses of its parts. What a firm buys counts at cost
(cancelled purchases are no loss to the buyer, only to the seller), new funding is a debt of equal
size (losing it costs liquidity, not net worth).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cython_ext import HARD, Problem, Settled, row_sums, total

# Through what a firm loses. The first two are the shock itself: money that does not come, and what its
# own business and assets are worth after it. The others are contagion.
CHANNELS = ("direct", "valuation", "orders", "payments", "loans", "stakes", "collateral", "earnings", "failure")


@dataclass(frozen=True)
class Worth:
    """The parts of net worth in one state; USD bn, worlds last.

    By link (m, W): `received` payments or claims on them, `funding` received, `paid`; by holding (h, W)
    `loan`; by stake (s, W) `stake`; by firm (n, W): `money` is cash less promises and debt, `assets` the
    own business and assets at the prices and sales of the unshocked state, and what forced sales
    (`collateral`), sales (`earnings`) and failing (`failure`) have added to that (mostly below zero).
    """

    received: np.ndarray
    funding: np.ndarray
    paid: np.ndarray
    loan: np.ndarray
    stake: np.ndarray
    money: np.ndarray
    assets: np.ndarray
    collateral: np.ndarray
    earnings: np.ndarray
    failure: np.ndarray
    cash_cost: np.ndarray

    def total(self, problem: Problem) -> np.ndarray:
        """Net worth by firm (n, W), before limited liability."""
        n = problem.firms
        return (
            self.money + self.assets + self.collateral + self.earnings + self.failure
            + row_sums(self.received, problem.creditor, n)
            + row_sums(self.loan, problem.holder, n)
            + row_sums(self.stake, problem.owner, n)
        )  # fmt: skip


def planned_sales(problem: Problem) -> np.ndarray:
    """Revenue from the network if everybody pays, (n, W)."""
    sale = problem.sale > 0
    return row_sums(problem.due[sale], problem.creditor[sale], problem.firms)


def worth(problem: Problem, state: Settled, sales_planned: np.ndarray, sweep: int | None = None) -> Worth:
    """Net worth in parts after a sweep (`state` as it was then), or at the end if `sweep` is None.

    Flags that rose in the sweep itself have not yet acted in it.
    """
    n = problem.firms
    last = state.sweeps if sweep is None else np.minimum(state.sweeps, sweep)
    default, breach, withdrawn = (state.raised > 0) & (state.raised < last)
    closed = problem.closed(default, breach, withdrawn)
    hard = (problem.priority < HARD)[:, None]
    funds = (problem.gate > 0)[:, None]
    paid = problem.due * state.paid[problem.priority, problem.debtor]
    through = np.where(closed, 0.0, paid)
    late = state.late[np.minimum(problem.priority, HARD - 1), problem.debtor]
    arrears = np.where(hard, (problem.due - paid) * late, 0.0)
    sale = problem.sale > 0
    sales = row_sums(through[sale], problem.creditor[sale], n)
    incoming = row_sums(through, problem.creditor, n)
    promised = row_sums(np.where(hard, problem.due, 0.0), problem.debtor, n)
    debt = row_sums(problem.balance, problem.borrower, n)

    def assets(price: np.ndarray, sold: np.ndarray) -> np.ndarray:
        saleable = price * problem.collateral + problem.property
        return np.maximum(saleable, problem.enterprise + problem.multiple * sold) + problem.franchise

    ones = np.ones_like(state.price)
    at_rest, cheaper, going = (
        assets(ones, sales_planned),
        assets(state.price, sales_planned),
        assets(state.price, sales),
    )
    liquidated = problem.asset_recovery * (state.price * problem.collateral + problem.property + problem.franchise)
    loan = problem.balance * state.recovery[problem.rank, problem.borrower]
    stake = problem.share * state.value[problem.issuer]
    claims = (
        row_sums(loan, problem.holder, n) + row_sums(stake, problem.owner, n) + row_sums(arrears, problem.creditor, n)
    )
    cash_cost = (1.0 - problem.asset_recovery) * problem.cash + (1.0 - problem.receipt_recovery) * incoming
    return Worth(
        received=np.where(funds, 0.0, through) + arrears,
        funding=np.where(funds, through, 0.0),
        paid=paid,
        loan=loan,
        stake=stake,
        money=problem.cash - promised - debt,
        assets=at_rest,
        collateral=cheaper - at_rest,
        earnings=going - cheaper,
        failure=np.where(default, liquidated - going - (1.0 - problem.receipt_recovery) * claims - cash_cost, 0.0),
        cash_cost=np.where(default, cash_cost, 0.0),
    )


def by_channel(problem: Problem, before: Worth, after: Worth) -> dict[str, np.ndarray]:
    """Loss of net worth by firm (n, W) from `before` to `after`, for each of CHANNELS."""
    n = problem.firms
    soft = problem.priority >= HARD
    lost = before.received - after.received
    return {
        "direct": before.money - after.money,
        "valuation": before.assets - after.assets,
        "orders": row_sums(lost[soft], problem.creditor[soft], n),
        "payments": row_sums(lost[~soft], problem.creditor[~soft], n),
        "loans": row_sums(before.loan - after.loan, problem.holder, n),
        "stakes": row_sums(before.stake - after.stake, problem.owner, n),
        "collateral": before.collateral - after.collateral,
        "earnings": before.earnings - after.earnings,
        "failure": before.failure - after.failure,
    }


@dataclass(frozen=True)
class Balance:
    """The whole loss of a strike, twice: where it arose and who bears it; USD bn `(W,)` each.

    Arose: `direct` money taken by the shock and `valuation` of the assets it struck; `orders` that are
    never placed (goods not made); `collateral` and `earnings` values; `failure` costs in assets and
    claims (those in cash are paid to the rest of the world). Borne: `owners` of equity outside the network,
    `rest_of_world` as supplier and creditor, `new_lenders` whose fresh money a borrower cannot cover.
    `residual` is the relative difference.
    """

    direct: np.ndarray
    valuation: np.ndarray
    orders: np.ndarray
    collateral: np.ndarray
    earnings: np.ndarray
    failure: np.ndarray
    owners: np.ndarray
    rest_of_world: np.ndarray
    new_lenders: np.ndarray

    @property
    def arose(self) -> np.ndarray:
        return self.direct + self.valuation + self.orders + self.collateral + self.earnings + self.failure

    @property
    def borne(self) -> np.ndarray:
        return self.owners + self.rest_of_world + self.new_lenders

    @property
    def residual(self) -> np.ndarray:
        return np.abs(self.arose - self.borne) / np.maximum(1.0, np.abs(self.arose))


def balance(
    base: Problem, base_state: Settled, base_worth: Worth, problem: Problem, state: Settled, after: Worth
) -> Balance:
    """Check that nothing is lost twice or for nobody. Arguments: unshocked, then struck."""
    firms = problem.exempt == 0
    outside = ~firms
    ordered = (problem.priority >= HARD) & (problem.gate == 0) & firms[problem.debtor]
    owners = (1.0 - held_inside(base)) * base_state.value - (1.0 - held_inside(problem)) * state.value
    # Arrears and debts owed to the outside count at what they will fetch; failed firms' cash costs end there too.
    to_outside = outside[problem.creditor]
    loans_outside = outside[problem.holder]
    cash_costs = total(after.cash_cost[firms])
    lost_outside = (
        total((base_worth.received - after.received)[to_outside])
        + total((base_worth.loan - after.loan)[loans_outside])
        - cash_costs
    )
    uncovered = _uncovered(problem, after) - _uncovered(base, base_worth)
    return Balance(
        direct=total((base.cash - problem.cash)[firms]),
        valuation=total((base_worth.assets - after.assets)[firms]),
        orders=total((base_worth.paid - after.paid)[ordered]),
        collateral=total((base_worth.collateral - after.collateral)[firms]),
        earnings=total((base_worth.earnings - after.earnings)[firms]),
        failure=total((base_worth.failure - after.failure)[firms]) - cash_costs,
        owners=total(owners[firms]),
        rest_of_world=lost_outside,
        new_lenders=total(uncovered[firms]),
    )


def held_inside(problem: Problem) -> np.ndarray:
    """Share of each firm's equity that other firms of the network own, (n, W)."""
    inside = problem.exempt[problem.owner] == 0
    return row_sums(problem.share[inside], problem.issuer[inside], problem.firms)


def _uncovered(problem: Problem, worth: Worth) -> np.ndarray:
    """Fresh money that a firm could not give back even before all old claims, (n, W)."""
    n = problem.firms
    hard = (problem.priority < HARD)[:, None]
    arrears = row_sums(np.where(hard, problem.due - worth.paid, 0.0), problem.debtor, n)
    debt = row_sums(problem.balance, problem.borrower, n)
    return np.maximum(0.0, -(worth.total(problem) + debt + arrears))
