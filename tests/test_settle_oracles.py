"""The compiled loop against answers got in other ways: networkx loops, linear algebra."""

from __future__ import annotations

import numpy as np
from networks import random_problem
from oracles import estates, greatest_payments

from benchmarks import peer
from cython_ext import HARD, RANKS, settle

NETWORKS = 100
PEERS = 40  # networkx takes its time


def test_loop_equals_the_networkx_peer():
    raised = np.zeros(3, int)
    for seed in range(PEERS):
        problem = random_problem(np.random.default_rng(seed))
        found, expected = settle(problem), peer.settle(peer.city_of(problem, 0))
        firms = range(problem.firms)
        for flag, names in enumerate((expected.default, expected.breach, expected.withdrawn)):
            assert np.flatnonzero(found.flags[flag, :, 0]).tolist() == sorted(names), f"seed {seed}"
        assert found.sweeps[0] == expected.sweeps
        theirs = {
            "paid": [[expected.paid[firm, layer] for firm in firms] for layer in range(5)],
            "late": [[expected.late[firm, layer] for firm in firms] for layer in range(HARD)],
            "recovery": [[expected.recovery[firm, rank] for firm in firms] for rank in range(len(RANKS))],
            "value": [expected.value[firm] for firm in firms],
            "price": expected.price,
        }
        for name, amounts in theirs.items():
            np.testing.assert_allclose(getattr(found, name)[..., 0], amounts, rtol=1e-11, atol=1e-11, err_msg=name)
        raised += found.flags.sum(axis=(1, 2))
    assert (raised > PEERS).all()


def test_payments_are_the_greatest_that_clear():
    short = 0
    for seed in range(NETWORKS):
        problem = random_problem(np.random.default_rng(seed), worlds=2)
        settled = settle(problem)
        for world in range(2):
            expected = greatest_payments(problem, settled.flags[..., world], world)
            owed = np.zeros_like(expected)
            np.add.at(owed, (problem.debtor, problem.priority), problem.due[:, world])
            found = owed * settled.paid[..., world].T
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10, err_msg=f"seed {seed}")
            short += (expected < owed - 1e-9).any(axis=1).sum()
    assert short > 5 * NETWORKS


def test_values_and_shares_solve_their_equations():
    for seed in range(NETWORKS):
        problem = random_problem(np.random.default_rng(seed), worlds=2)
        settled = settle(problem)
        for world in range(2):
            has, owed = estates(problem, settled, world)
            tested = problem.exempt == 0
            before = np.hstack([np.zeros((problem.firms, 1)), np.cumsum(owed, axis=1)])
            fetched = np.clip(has[:, None] - before[:, :-1], 0.0, owed)
            shares = np.concatenate([settled.late[..., world], settled.recovery[..., world]]).T
            np.testing.assert_allclose((shares * owed)[tested], fetched[tested], rtol=1e-10, atol=1e-10)
            value = np.maximum(0.0, has - before[:, -1])
            np.testing.assert_allclose(settled.value[tested, world], value[tested], rtol=1e-10, atol=1e-10)
