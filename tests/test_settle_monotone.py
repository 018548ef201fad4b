"""More shock, no fewer failures, and nobody better off: with every mechanism at work.

Let L be what a firm has to pay its dues with, E what its estate fetches besides (net of new money), and
T = L + max(E, 0). Dues are paid in their order out of L and what is missed, in the same order and before
balances, out of E; so a creditor takes a share of T that rises with T, and T falls if a receipt is
missed or only late, or new money does not come (it adds to L what it takes from E). What is left for
balances and owners is net worth before debts, to which new money adds nothing.

Not monotone, since somebody gains: to be relieved of a payment (so `struck` cuts only new money that
exempt firms give), and what a missed due fetches per unit missed (more units are missed).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import (
    COMMITTED_FUNDING,
    DEBT_SERVICE,
    INVESTMENT,
    OPERATING_COST,
    PURCHASES,
    SECURED,
    random_problem,
    random_state,
    small_problem,
    struck,
)

from cython_ext import HARD, Problem, Settled, settle

NETWORKS = 500
WORLDS = 4


def network(seed: int) -> tuple[np.random.Generator, Problem]:
    rng = np.random.default_rng(seed)
    return rng, random_problem(rng, worlds=WORLDS, stress=0.7)


def taken(settled: Settled) -> np.ndarray:
    """What creditors get per unit due: paid now, or later out of the debtor's estate."""
    paid = settled.paid[:HARD]
    return paid + (1.0 - paid) * settled.late


def assert_nobody_is_better_off(before: Settled, after: Settled, note: str) -> None:
    assert (after.flags >= before.flags).all(), f"a flag fell, {note}"
    amounts = {name: (getattr(before, name), getattr(after, name)) for name in
               ("paid", "left", "price", "value", "recovery")} | {"taken": (taken(before), taken(after))}  # fmt: skip
    for name, (high, low) in amounts.items():
        assert (low <= high + 1e-9 * np.maximum(1.0, high)).all(), f"{name} rose, {note}"


def test_more_shock_is_never_better():
    flags, more_flags = np.zeros(3, int), np.zeros(3, int)
    for seed in range(NETWORKS):
        rng, problem = network(seed)
        before, after = settle(problem), settle(struck(rng, problem))
        assert_nobody_is_better_off(before, after, f"seed {seed}")
        flags += before.flags.sum(axis=(1, 2))
        more_flags += (after.flags > before.flags).sum(axis=(1, 2))
    # Flags were up before, and the shock raised more of every kind.
    assert (flags > NETWORKS).all() and (more_flags > NETWORKS).all()


@pytest.mark.parametrize("name", ["asset_recovery", "receipt_recovery", "cash", "property", "franchise", "income"])
def test_each_blow_alone_is_never_good(name):
    changed = 0
    for seed in range(NETWORKS // 5):
        rng, problem = network(seed)
        amounts = getattr(problem, name)
        worse = replace(problem, **{name: amounts - np.abs(amounts) * rng.uniform(0.0, 0.9, amounts.shape)})
        before, after = settle(problem), settle(worse)
        assert_nobody_is_better_off(before, after, f"seed {seed}")
        changed += (after.value < before.value).sum() + (after.flags > before.flags).sum()
    assert changed > 50


def test_flags_given_at_the_start_are_never_good():
    for seed in range(NETWORKS // 5):
        rng, problem = network(seed)
        assert_nobody_is_better_off(settle(problem), settle(problem, random_state(rng, problem)), f"seed {seed}")


def test_the_result_is_the_least_closed_set_of_flags():
    # Any set of flags below the result leads to it, so that no order of events could have ended lower or elsewhere.
    for seed in range(NETWORKS // 5):
        rng, problem = network(seed)
        settled = settle(problem)
        part = Settled.untouched(problem.firms, WORLDS)
        part.flags[:] = settled.flags & (rng.random(settled.flags.shape) < 0.5)
        again = settle(problem, part)
        np.testing.assert_array_equal(again.flags, settled.flags, f"seed {seed}")
        for name in ("paid", "value", "recovery"):
            np.testing.assert_allclose(getattr(again, name), getattr(settled, name), rtol=1e-10, atol=1e-10)


# -- three ways in which a lender could gain by its borrower's bad luck, if the estate were shared otherwise --
def lender_gains(problem: Problem, penniless: int) -> float:
    """What firm 2 gains when firm `penniless` has no cash."""
    cash = problem.cash.copy()
    cash[penniless] = 0.0
    return float((settle(replace(problem, cash=cash)).value - settle(problem).value)[2, 0])


def test_money_that_comes_late_goes_where_it_would_have_gone_in_time():
    # Firm 1 owes 1 to firm 0, which owes 1 for running costs and 1 to its secured lender 2.
    dues = [(1, 0, 1.0, DEBT_SERVICE), (0, 3, 1.0, OPERATING_COST)]
    loans = [(2, 0, 1.0, SECURED)]
    problem = small_problem(4, dues, loans=loans, exempt=[3], cash=[0, 1, 0, 0], property=[0, 1, 0, 0])
    assert lender_gains(problem, penniless=1) == 0.0


def test_new_money_that_does_not_come_is_no_gain_to_old_lenders():
    dues = [(1, 0, 1.0, INVESTMENT, COMMITTED_FUNDING), (0, 3, 1.0, OPERATING_COST)]
    loans = [(2, 0, 1.0, SECURED)]
    problem = small_problem(4, dues, loans=loans, exempt=[3], cash=[0, 1, 0, 0], property=[1, 0, 0, 0])
    assert lender_gains(problem, penniless=1) == 0.0


def test_a_late_receipt_bears_the_cost_of_failing_too():
    # Firm 0 fails for want of value and owes nothing that is due. Firm 1 pays it 1, or owes it 1 and is good for it.
    problem = small_problem(
        4, [(1, 0, 1.0, DEBT_SERVICE)], loans=[(2, 0, 5.0, SECURED)], exempt=[3],
        cash=[0, 1, 0, 0], property=[0, 1, 0, 0], principal=[1, 0, 0, 0], receipt_recovery=0.5,
    )  # fmt: skip
    assert settle(problem).value[2, 0] == 0.5
    assert lender_gains(problem, penniless=1) == 0.0


def test_purchases_cancelled_are_no_loss_to_the_buyer():
    problem = small_problem(2, [(0, 1, 1.0, PURCHASES)], cash=[1, 0])
    poor = replace(problem, cash=np.zeros((2, 1)))
    assert settle(problem).value[:, 0].tolist() == [1.0, 1.0]  # what is bought is worth its price
    assert settle(poor).value[:, 0].tolist() == [0.0, 0.0]
    assert not settle(poor).flags.any()
