"""What makes no sense is refused by name."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from networks import AMOUNTS, COMMITTED_FUNDING, DEBT_SERVICE, random_problem, small_problem

from cython_ext import Problem, Settled, reference, settle

SIGNED = ("enterprise", "income", "loan_to_value_limit", "service_cover_limit")
INDICES = tuple(each.name for each in fields(Problem) if each.name not in AMOUNTS)


@pytest.fixture(scope="module")
def problem():
    return random_problem(np.random.default_rng(6), firms=12, worlds=2)


def changed(problem: Problem, name: str, value: float) -> Problem:
    array = getattr(problem, name).copy()
    array.flat[-1] = value
    return replace(problem, **{name: array})


@pytest.mark.parametrize("name", AMOUNTS)
def test_nan_is_refused(problem, name):
    with pytest.raises(ValueError, match=f"{name} holds NaN"):
        changed(problem, name, np.nan)


@pytest.mark.parametrize("name", [name for name in AMOUNTS if name not in SIGNED])
def test_negative_amounts_are_refused(problem, name):
    with pytest.raises(ValueError, match=f"{name} must not be negative"):
        changed(problem, name, -0.1)


@pytest.mark.parametrize("name", SIGNED)
def test_some_amounts_have_a_sign(problem, name):
    settle(changed(problem, name, -0.1))


@pytest.mark.parametrize("name", [name for name in AMOUNTS if not name.endswith("_limit")])
def test_infinite_amounts_are_refused(problem, name):
    with pytest.raises(ValueError, match=f"{name} must be finite"):
        changed(problem, name, np.inf)


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("value", [-1, 12])
def test_indices_out_of_range_are_refused(problem, name, value):
    with pytest.raises(ValueError, match=rf"{name} must lie in 0\.\."):
        changed(problem, name, value)


@pytest.mark.parametrize("name", [each.name for each in fields(Problem)])
def test_wrong_shapes_are_refused(problem, name):
    if name == "exempt":  # gives the number of firms, so that everything else is wrong
        name = "cash"
    with pytest.raises(ValueError, match="has shape"):
        replace(problem, **{name: getattr(problem, name)[:-1]})
    with pytest.raises(ValueError, match="has shape"):
        replace(problem, **{name: getattr(problem, name)[..., None]})


@pytest.mark.parametrize(
    "rows", [{"dues": [(1, 1, 1.0, 0)]}, {"stakes": [(1, 1, 0.1)]}, {"loans": [(1, 1, 1.0, 0)]}], ids=str
)
def test_links_to_oneself_are_refused(rows):
    with pytest.raises(ValueError, match="cannot owe, own or fund itself"):
        small_problem(2, **rows)


@pytest.mark.parametrize("rows", [{"stakes": [(0, 1, 0.1)]}, {"loans": [(0, 1, 1.0, 0)]}], ids=str)
def test_exempt_firms_issue_and_borrow_nothing(rows):
    with pytest.raises(ValueError, match="neither issuer nor borrower"):
        small_problem(2, exempt=[1], **rows)


def test_a_firm_cannot_be_owned_by_the_network_alone():
    with pytest.raises(ValueError, match="firm 2 is owned 1 times in world 0"):
        small_problem(3, stakes=[(0, 2, 0.5), (1, 2, 0.5)])
    settle(small_problem(3, stakes=[(0, 2, 0.5), (1, 2, 0.499)]))


@pytest.mark.parametrize("threads", [0, -1])
def test_threads_below_one_are_refused(problem, threads):
    with pytest.raises(ValueError, match="threads must be at least 1"):
        settle(problem, threads=threads)


def test_more_threads_than_worlds_are_fine(problem):
    settle(problem, threads=64)


def test_no_firms_and_no_worlds_are_fine(problem):
    assert settle(small_problem(0)).value.shape == (0, 1)
    assert settle(problem.select(slice(0, 0))).value.shape == (12, 0)


@pytest.mark.parametrize("name", ["asset_recovery", "receipt_recovery", "price_floor", "breach_sale"])
def test_shares_above_one_are_refused(problem, name):
    with pytest.raises(ValueError, match=f"{name} must not exceed 1"):
        changed(problem, name, 1.01)


def test_funding_is_what_is_paid_last():
    with pytest.raises(ValueError, match="gate"):
        small_problem(2, [(0, 1, 1.0, DEBT_SERVICE, COMMITTED_FUNDING)])


@pytest.mark.parametrize("name", [each.name for each in fields(Settled)])
def test_a_state_of_another_size_is_refused(problem, name):
    state = Settled.untouched(12, 2)
    state.converged[:] = 1  # such worlds are left alone, so that nothing is read that is not there
    short = replace(state, **{name: getattr(state, name)[..., :-1].copy()})
    for run in (settle, reference.settle):
        with pytest.raises(ValueError, match=f"{name} of the state has shape"):
            run(problem, short)
    for firms, worlds in ((11, 2), (13, 2), (12, 1)):
        with pytest.raises(ValueError, match="paid of the state has shape"):
            settle(problem, Settled.untouched(firms, worlds), max_sweeps=0)
