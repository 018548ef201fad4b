"""The same bytes for any number of threads, any company of worlds, any interruption."""

from __future__ import annotations

import numpy as np
import pytest
from networks import random_problem, same_bytes

from cython_ext import Settled, settle


@pytest.fixture(scope="module")
def problem():
    return random_problem(np.random.default_rng(11), firms=24, worlds=512)


@pytest.fixture(scope="module")
def settled(problem):
    return settle(problem)


def test_the_worlds_differ(settled):
    assert settled.flags.sum() > 512 and len(np.unique(settled.sweeps)) > 2


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_do_not_change_a_bit(problem, settled, threads):
    assert same_bytes(settle(problem, threads=threads), settled)


@pytest.mark.parametrize("worlds", [1, 2, 16])
def test_company_does_not_change_a_bit(problem, settled, worlds):
    for start in (0, 100, 512 - worlds):
        chosen = slice(start, start + worlds)
        assert same_bytes(settle(problem.select(chosen), threads=min(2, worlds)), settled.select(chosen))


def test_stopping_after_each_sweep_does_not_change_a_bit(problem, settled):
    state = Settled.untouched(problem.firms, problem.worlds)
    for _ in range(settled.sweeps.max()):
        settle(problem, state, max_sweeps=1)
    assert same_bytes(state, settled)


def test_a_settled_state_is_left_alone(problem, settled):
    again = settle(problem, settled.select(slice(None)))
    assert same_bytes(again, settled)
