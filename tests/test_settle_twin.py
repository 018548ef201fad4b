"""The compiled loop against its NumPy twin."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from networks import UNSECURED, random_problem, random_state, small_problem

from cython_ext import Problem, Settled, reference, settle

NETWORKS = 250  # of each kind
EXACT = ("flags", "raised", "sweeps", "converged")
CLOSE = ("paid", "left", "value", "late", "recovery", "price")


def assert_twins(problem: Problem, state: Settled | None = None, note: str = "") -> Settled:
    """Settle with both; flags and sweeps must be identical, amounts equal to 1e-12. Returns the compiled result."""
    found, expected = settle(problem, deepcopy(state)), reference.settle(problem, deepcopy(state))
    for name in EXACT:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), f"{name} {note}")
    for name in CLOSE:
        mine, theirs = getattr(found, name), getattr(expected, name)
        error = np.abs(mine - theirs) / np.maximum(1.0, np.abs(theirs))
        assert error.max(initial=0.0) <= 1e-12, f"{name} differs by {error.max()} {note}"
    return found


@pytest.mark.parametrize("flagged", [False, True], ids=["flags raised by the loop", "flags given at the start"])
def test_compiled_loop_equals_its_twin(flagged):
    raised = np.zeros(3, int)
    for seed in range(NETWORKS):
        rng = np.random.default_rng(seed)
        problem = random_problem(rng)
        state = random_state(rng, problem) if flagged else None
        raised += (assert_twins(problem, state, f"(seed {seed})").raised > 0).sum(axis=(1, 2))
    assert raised.min() > NETWORKS  # each mechanism has been at work


def test_values_known_of_only_some_firms_are_worked_out_anew():
    # Firms 1 and 2 owe each other 1: both can pay if one does, and neither if nobody begins.
    loans = [(1, 2, 1.0, UNSECURED), (2, 1, 1.0, UNSECURED)]
    problem = small_problem(4, stakes=[(1, 3, 0.1)], loans=loans)
    state = Settled.untouched(4, 1)
    state.value[0] = 0.0
    assert assert_twins(problem, state).recovery[UNSECURED, 1:3, 0].tolist() == [1.0, 1.0]


def test_twins_agree_where_there_is_nothing():
    rng = np.random.default_rng(0)
    problem = random_problem(rng, firms=4)
    nothing = {name: getattr(problem, name)[:0] for name in ("debtor", "creditor", "priority", "gate", "sale", "due")}
    nothing |= {name: getattr(problem, name)[:0] for name in ("owner", "issuer", "share")}
    nothing |= {name: getattr(problem, name)[:0] for name in ("holder", "borrower", "rank", "balance")}
    assert_twins(Problem(**(vars(problem) | nothing)))
