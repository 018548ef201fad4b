"""Luck depends on seed, stream, world and quarter, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from abm.luck import triangular, uniforms


def test_world_17_is_the_same_world_in_any_selection():
    alone = uniforms(7, "demand", [17], 5)
    np.testing.assert_array_equal(uniforms(7, "demand", range(20), 5)[:, [17]], alone)
    np.testing.assert_array_equal(uniforms(7, "demand", [3, 17, 18, 4], 5)[:, [1]], alone)
    np.testing.assert_array_equal(uniforms(7, "demand", range(10, 2000), 5)[:, [7]], alone)


@pytest.mark.parametrize("other", [(8, "demand", 0), (7, "prices", 0), (7, "demand", 1)])
def test_other_seed_stream_or_quarter_is_other_luck(other):
    seed, stream, quarter = other
    assert not np.intersect1d(uniforms(7, "demand", range(50), 6), uniforms(seed, stream, range(50), 6, quarter)).size


def test_worlds_do_not_share_draws():
    draws = uniforms(1, "demand", range(1000), 7)
    assert np.unique(draws).size == draws.size


def test_uniforms_are_uniform():
    draws = uniforms(1, "demand", range(20_000), 3)
    assert np.abs(draws.mean(axis=1) - 0.5).max() < 0.01
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 0.03


def test_no_worlds_give_no_draws():
    assert uniforms(1, "demand", [], 3).shape == (3, 0)


def test_triangular_has_the_moments_of_the_triangle():
    low, mode, high = 1.0, 2.0, 5.0
    draws = triangular(uniforms(1, "x", range(200_000), 1), *(np.full((1, 1), each) for each in (low, mode, high)))
    assert draws.min() >= low
    assert draws.max() <= high
    assert draws.mean() == pytest.approx((low + mode + high) / 3, abs=0.005)
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    assert draws.var() == pytest.approx(variance, rel=0.01)


def test_an_empty_range_gives_the_value():
    assert triangular(np.array([0.3]), np.array([2.0]), np.array([2.0]), np.array([2.0])) == 2.0
