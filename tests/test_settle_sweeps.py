"""The loop stops: at most three sweeps for each firm that is tested and one to see that nothing more falls."""

from __future__ import annotations

import numpy as np
import pytest
from networks import (
    DEBT_SERVICE,
    INVESTMENT,
    MARKET_FUNDING,
    OPERATING_COST,
    SECURED_FUNDING,
    random_problem,
    small_problem,
)

from cython_ext import Problem, reference, settle


def slowest(firms: int) -> Problem:
    """A network in which every flag of every firm rises in a sweep of its own.

    A breach of covenants stops the secured funding, which leaves so little cash that the market
    withdraws, which stops the market's funding, so that the firm fails. Its machines are sold, and the
    lower price pushes the next firm, and only that one, into breach.
    """
    chain = np.arange(firms - 1)
    outside = firms - 1
    dues = [
        due
        for firm in chain
        for due in (
            (firm, outside, 1.0, OPERATING_COST),
            (outside, firm, 0.3, INVESTMENT, SECURED_FUNDING),
            (outside, firm, 0.3, INVESTMENT, MARKET_FUNDING),
        )
    ]
    here = np.append(np.ones(firms - 1), 0.0)
    price_between = np.exp(-(chain - 0.5) / len(chain))
    return small_problem(
        firms, dues, exempt=[outside], cash=0.8 * here, cash_floor=0.2 * here, fleet=here, collateral=here,
        secured_debt=here, secured_service=here, service_cover_limit=here,
        loan_to_value_limit=np.append(1.0 / price_between, 0.0), price_impact=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("firms", [2, 3, 11, 41])
def test_the_bound_is_reached(firms):
    problem = slowest(firms)
    settled = settle(problem)
    assert settled.sweeps[0] == 3 * (firms - 1) + 1 <= 3 * firms + 1
    breach, withdrawal, default = settled.raised[[1, 2, 0], : firms - 1, 0]
    np.testing.assert_array_equal(np.stack([breach, withdrawal, default], axis=1).ravel(), np.arange(1, 3 * firms - 2))
    assert reference.settle(problem).sweeps[0] == settled.sweeps[0]


def test_random_networks_stop_within_the_bound():
    most = 0
    for seed in range(300):
        problem = random_problem(np.random.default_rng(seed), worlds=8)
        settled = settle(problem)
        assert (settled.converged == 1).all()
        assert (settled.sweeps <= 3 * (problem.firms - 1) + 1).all()
        # The last sweep adds nothing, every sweep before it does.
        for world in range(problem.worlds):
            seen = np.unique(settled.raised[..., world])
            np.testing.assert_array_equal(seen[seen > 0], np.arange(1, settled.sweeps[world]))
        most = max(most, settled.sweeps.max())
    assert most >= 6


def test_stopped_early_is_not_converged():
    settled = settle(slowest(5), max_sweeps=4)
    assert settled.sweeps[0] == 4 and settled.converged[0] == 0


def test_payments_that_do_not_settle_are_an_error_not_an_answer():
    # Each round takes 0.001 out of a circle of payments of 1000: a million rounds to the answer.
    dues = [(0, 1, 1e3, DEBT_SERVICE), (1, 0, 1e3, DEBT_SERVICE), (0, 2, 1e-3, OPERATING_COST)]
    problem = small_problem(3, dues, exempt=[2])
    with pytest.raises(ArithmeticError, match="did not converge"):
        settle(problem)
