"""Sums whose last bit does not depend on how many worlds are summed together."""

from __future__ import annotations

import numpy as np
import pytest

from cython_ext import block_sums, chosen_sums, flow_sums, reference, row_sums, total


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(3)
    return rng.lognormal(0.0, 6.0, (1000, 33)) * rng.choice([-1.0, 1.0], (1000, 33))


def test_row_sums_equal_the_twin_to_the_bit(values):
    rows = np.random.default_rng(4).integers(0, 7, 1000)
    found = row_sums(values, rows, 9)
    assert found.tobytes() == reference.row_sums(values, rows, 9).tobytes()
    assert not found[7:].any()


def test_chosen_flow_and_block_sums_equal_their_twins_to_the_bit(values):
    rng = np.random.default_rng(5)
    payer, payee = rng.integers(0, 7, (2, 1000))
    places = rng.integers(0, 1000, 300)
    blocks = np.array([[0, 10], [10, 10], [500, 1000], [3, 400]])
    assert chosen_sums(values, places, payer[:300], 9).tobytes() == (
        reference.chosen_sums(values, places, payer[:300], 9).tobytes()
    )
    for mine, other in zip(
        flow_sums(values, payer, payee, 9), reference.flow_sums(values, payer, payee, 9), strict=True
    ):
        assert mine.tobytes() == other.tobytes()
    assert block_sums(values, blocks, payer, 9).tobytes() == reference.block_sums(values, blocks, payer, 9).tobytes()


def test_what_chosen_flow_and_block_sums_cannot_find_is_refused():
    one, zero = np.ones((2, 1)), np.zeros(2, int)
    for places, rows in (([0, 2], zero), ([-1, 0], zero), (zero, [0, 3])):
        with pytest.raises(ValueError, match=r"places in 0\.\.1"):
            chosen_sums(one, np.array(places), np.array(rows), 3)
    for wrong in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match=r"rows must lie in 0\.\.2"):
            flow_sums(one, np.array(wrong), zero, 3)
        with pytest.raises(ValueError, match=r"rows must lie in 0\.\.2"):
            flow_sums(one, zero, np.array(wrong), 3)
        with pytest.raises(ValueError, match=r"rows must lie in 0\.\.2"):
            block_sums(one, np.array([[0, 2]]), np.array(wrong), 3)
    for block in ([0, 3], [-1, 2]):
        with pytest.raises(ValueError, match=r"blocks in 0\.\.2"):
            block_sums(one, np.array([block]), zero, 3)
    for function in (chosen_sums, flow_sums, block_sums):
        with pytest.raises(ValueError, match="expected values"):
            function(np.ones(3), zero, zero, 3)


def test_a_world_sums_to_the_same_bits_in_any_company(values):
    together = total(values)
    assert together.tobytes() == reference.row_sums(values, np.zeros(1000, int), 1)[0].tobytes()
    for chosen in (slice(0, 1), slice(5, 7), slice(17, 33)):
        assert total(values[:, chosen]).tobytes() == together[chosen].tobytes()
        assert total(np.asfortranarray(values[:, chosen])).tobytes() == together[chosen].tobytes()


def test_nothing_sums_to_zero():
    assert total(np.empty((0, 4))).tolist() == [0.0] * 4
    assert row_sums(np.empty((0, 2)), np.empty(0, int), 3).tolist() == [[0.0, 0.0]] * 3
    assert row_sums(np.ones((2, 0)), np.array([0, 1]), 2).shape == (2, 0)


@pytest.mark.parametrize("rows", [[0, 3], [-1, 0]])
def test_rows_out_of_range_are_refused(rows):
    with pytest.raises(ValueError, match=r"rows must lie in 0\.\.2"):
        row_sums(np.ones((2, 1)), np.array(rows), 3)


@pytest.mark.parametrize(("values", "rows"), [(np.ones(3), np.zeros(3)), (np.ones((3, 1)), np.zeros(2))])
def test_shapes_that_do_not_fit_are_refused(values, rows):
    with pytest.raises(ValueError, match="expected values"):
        row_sums(values, rows, 1)
