"""Exact answers for a given set of flags, by linear algebra instead of iteration."""

from __future__ import annotations

import numpy as np

from cython_ext import HARD, PRIORITIES, RANKS, Problem, Settled

LAYERS = len(PRIORITIES)


def greatest_payments(problem: Problem, flags: np.ndarray, world: int) -> np.ndarray:
    """Payments by firm and priority (n, 5) under `flags` (3, n): fictitious default in layers.

    Start with everybody paying everything. Where money runs out at a higher priority than was thought,
    give up the lower ones (money only falls, so they stay given up), and solve for what all firms pay of
    the priority at which their money runs out.
    """
    n = problem.firms
    due = problem.due[:, world]
    slot = (problem.debtor, problem.priority)
    owed = np.zeros((n, LAYERS))
    np.add.at(owed, slot, due)
    flow = np.where(problem.closed(*(flags[..., None] > 0))[:, 0], 0.0, due)
    default = flags[0] > 0
    alpha = np.where(default, problem.asset_recovery[world], 1.0)
    beta = np.where(default, problem.receipt_recovery[world], 1.0)
    above = np.hstack([np.zeros((n, 1)), np.cumsum(owed, axis=1)])  # owed at higher priorities
    runs_out = np.full(n, LAYERS)  # priority at which the money of a firm runs out
    while True:
        full = np.arange(LAYERS) < runs_out[:, None]
        short = np.flatnonzero(runs_out < LAYERS)
        at = np.full(n, -1)
        at[short] = np.arange(short.size)
        certain = np.where(full, owed, 0.0)
        ratio = np.divide(flow, owed[slot], out=np.zeros_like(flow), where=owed[slot] > 0.0)
        receipts = np.zeros(n)
        np.add.at(receipts, problem.creditor, ratio * certain[slot])
        marginal = (problem.priority == runs_out[problem.debtor]) & (at[problem.creditor] >= 0)
        passed_on = np.zeros((short.size, short.size))
        where = (at[problem.creditor[marginal]], at[problem.debtor[marginal]])
        np.add.at(passed_on, where, (beta[problem.creditor] * ratio)[marginal])
        known = alpha * problem.cash[:, world] + beta * receipts
        last = _floored_at_zero(passed_on, known[short] - above[short, runs_out[short]])
        payments = certain.copy()
        payments[short, runs_out[short]] = last
        receipts = np.zeros(n)
        np.add.at(receipts, problem.creditor, ratio * payments[slot])
        money = alpha * problem.cash[:, world] + beta * receipts
        affordable = (money[:, None] >= above[:, 1:] * (1.0 - 1e-14) - 1e-14).sum(axis=1)
        lower = (affordable < runs_out) & (problem.exempt == 0)
        if not lower.any():
            return payments
        runs_out = np.where(lower, affordable, runs_out)


def _floored_at_zero(passed_on: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The solution of y = max(0, known + passed_on y): add those that are above zero and solve, until none is new."""
    above_zero = np.zeros(known.size, bool)
    while True:
        y = np.zeros(known.size)
        inner = np.ix_(above_zero, above_zero)
        y[above_zero] = np.linalg.solve(np.eye(above_zero.sum()) - passed_on[inner], known[above_zero])
        now = known + passed_on @ y > 0.0
        if (now == above_zero).all():
            return y
        above_zero = now


def estates(problem: Problem, state: Settled, world: int) -> tuple[np.ndarray, np.ndarray]:
    """What every estate has and owes (n, 6), from the definition, if the state's values and shares are right.

    The first result is net worth before debts. Missed dues come first, by priority; then balances by rank.
    """
    n = problem.firms
    tested = problem.exempt == 0
    default = state.flags[0, :, world] > 0
    closed = problem.closed(*(state.flags[..., [world]] > 0))[:, 0]
    alpha, beta = problem.asset_recovery[world], problem.receipt_recovery[world]
    due = problem.due[:, world]
    paid = due * state.paid[problem.priority, problem.debtor, world]
    hard = problem.priority < HARD

    def by(rows: np.ndarray, values: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(rows, values if chosen is None else values * chosen, n).astype(float)

    receipts, sales = by(problem.creditor, paid, ~closed), by(problem.creditor, paid, ~closed & (problem.sale > 0))
    new_money = by(problem.creditor, paid, ~closed & (problem.gate > 0))
    cash = problem.cash[:, world]
    money = np.where(default, alpha * cash + beta * receipts, cash + receipts) - by(problem.debtor, paid, hard)
    saleable = state.price[world] * problem.collateral[:, world] + problem.property[:, world]
    going = problem.enterprise[:, world] + problem.multiple[:, world] * sales
    franchise = problem.franchise[:, world]
    assets = np.where(default, alpha * (saleable + franchise), np.maximum(saleable, going) + franchise)
    late = state.late[np.minimum(problem.priority, HARD - 1), problem.debtor, world]
    claims = (
        by(problem.creditor, (due - paid) * late, hard)
        + by(problem.holder, problem.balance[:, world] * state.recovery[problem.rank, problem.borrower, world])
        + by(problem.owner, problem.share[:, world] * state.value[problem.issuer, world])
    )
    owed = np.zeros((n, HARD + len(RANKS)))
    np.add.at(owed, (problem.debtor[hard], problem.priority[hard]), (due - paid)[hard])
    np.add.at(owed, (problem.borrower, HARD + problem.rank), problem.balance[:, world])
    has = money - new_money + assets + np.where(default, beta, 1.0) * claims
    return np.where(tested, has, 0.0), owed
