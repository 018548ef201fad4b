"""Fleets and rationing: compiled loops equal their NumPy twins, and the answers that can be known."""

from __future__ import annotations

import numpy as np
import pytest

from cython_ext import markets
from cython_ext import reference_markets as twin

NEAR = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(params=range(20))
def draw(request):
    return np.random.default_rng(request.param)


def test_capacity_equals_its_twin(draw):
    owners, regions, slots, worlds = draw.integers((1, 1, 4, 1), (6, 6, 9, 6))
    cost = draw.random((owners, regions, slots, worlds))
    power, throughput = draw.random((owners, regions, worlds)) * slots / 3, draw.random((slots, worlds))
    per_cost, frontier = draw.random(worlds), draw.integers(0, slots, (owners, worlds)).astype(float)
    newest = int(draw.integers(0, slots))
    compiled = markets.fleet_capacity(cost, power, throughput, per_cost, frontier, newest)
    plain = tuple(np.empty(each.shape) for each in compiled)
    twin.capacity(cost, power, throughput, per_cost, frontier, newest, *plain)
    for left, right in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(left, right, **NEAR)


def test_age_equals_its_twin_and_writes_off_no_more_than_there_is(draw):
    owners, regions, slots, worlds = 3, 2, 9, 4
    cost, book = draw.random((2, owners, regions, slots, worlds))
    basis = draw.random((owners, slots, worlds))
    options = {
        "failure": draw.random((owners, worlds)) * 0.1, "life": draw.integers(3, 12, (owners, worlds)).astype(float),
        "tax_life": draw.integers(3, 12, worlds).astype(float), "unit_value": draw.random((slots, worlds)),
        "margin": draw.random((owners, worlds)), "threshold": draw.random(worlds), "lost": draw.random(worlds),
        "newest": int(draw.integers(slots)),
    }  # fmt: skip
    mine, other = [each.copy() for each in (cost, book, basis)], [each.copy() for each in (cost, book, basis)]
    parts = markets.age_fleet(*mine, **options)
    plain = tuple(np.empty(each.shape) for each in parts)
    twin.age(*other, *options.values(), *plain)
    for left, right in zip((*mine, *parts), (*other, *plain), strict=True):
        np.testing.assert_allclose(left, right, **NEAR)
    np.testing.assert_allclose(book.sum((1, 2)) - mine[1].sum((1, 2)), parts[0] + parts[1], **NEAR)
    assert (parts[2] <= parts[1]).all() and (parts[2] > 0.0).any()
    np.testing.assert_allclose(basis.sum(1) - mine[2].sum(1), parts[3], **NEAR)


def test_rows_in_which_nothing_stands_change_nothing(draw):
    """They are passed over: what a fleet gets is the same with empty owners, regions and vintages in between."""
    owners, regions, slots, worlds = 2, 2, 6, 3
    cost, book = draw.random((2, owners, regions, slots, worlds))
    basis = draw.random((owners, slots, worlds))
    for array in (cost, book):
        array[0, 1], array[:, :, 2:4] = 0.0, 0.0
    basis[:, 2:4] = 0.0
    options = {"failure": np.full(1, 0.1), "life": np.full(1, 9.0), "tax_life": np.full(1, 5.0),
               "unit_value": draw.random((slots, worlds)), "margin": np.full(1, 0.7), "threshold": np.full(1, 0.9),
               "lost": np.full(1, 0.2)}  # fmt: skip
    kept = [0, 1, 4, 5]
    few = [each[:, :, kept].copy() for each in (cost, book)]
    whole = [cost.copy(), book.copy()]
    markets.age_fleet(*whole, basis.copy(), **options, newest=1)
    assert not whole[0][0, 1].any() and not whole[1][:, :, 2:4].any()
    for age, place in ((0, 1), (1, 0), (2, 5), (3, 4)):  # of vintages that are not empty
        left = few[1][:, :, kept.index(place)] * (1.0 - 1.0 / (9.0 - age))
        value = few[0][:, :, kept.index(place)] * 0.9 * options["unit_value"][place] * 0.7
        np.testing.assert_allclose(whole[1][:, :, place], np.where(value < 0.9 * left, value, left), **NEAR)


def test_a_machine_is_written_off_over_its_life_and_no_longer():
    book = np.zeros((1, 1, 8, 1))
    book[0, 0, 0] = 1.0
    cost, basis = book.copy(), np.zeros((1, 8, 1))
    ones = np.ones((8, 1))
    for quarter in range(4):
        part, lost, *_ = markets.age_fleet(
            cost, book, basis, failure=np.zeros(1), life=np.full(1, 4.0), tax_life=np.full(1, 4.0), unit_value=ones * 9,
            margin=np.ones(1), threshold=np.full(1, 0.9), lost=np.zeros(1), newest=quarter,
        )  # fmt: skip
        assert part[0, 0] == pytest.approx(0.25)
        assert lost[0, 0] == 0.0
    assert book.sum() == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(("lost", "saved"), [(0.0, 0.0), (0.05, 0.04), (0.12, 0.096), (0.13, 0.2), (0.5, 0.2)])
def test_demand_is_to_blame_for_what_would_not_be_written_down_without_it(lost, saved):
    """Book 1, worth 0.8: 0.2 is written down. With value in use back at 0.9 of book nothing would be."""
    cost = np.ones((1, 1, 1, 1))
    _, impaired, by_demand, _ = markets.age_fleet(
        cost, cost.copy() * 2.0, np.zeros((1, 1, 1)), failure=np.zeros(1), life=np.full(1, 2.0), tax_life=np.ones(1),
        unit_value=np.full((1, 1), 0.8), margin=np.ones(1), threshold=np.full(1, 0.9), lost=np.full(1, lost), newest=0,
    )  # fmt: skip
    assert impaired[0, 0] == pytest.approx(0.2) and by_demand[0, 0] == pytest.approx(saved)


def test_filling_in_order_equals_its_twin(draw):
    count, worlds = draw.integers(1, 12, 2)
    request, price = draw.random((count, worlds)), draw.integers(0, 4, (count, worlds)).astype(float)
    limit = draw.random(worlds) * count / 2
    granted = markets.fill_in_order(request, price, limit)
    plain = np.empty(granted.shape)
    twin.fill_in_order(request, price, limit, plain)
    np.testing.assert_allclose(granted, plain, **NEAR)
    np.testing.assert_allclose(granted.sum(0), np.minimum(request.sum(0), limit), **NEAR)


def test_sharing_out_equals_its_twin_fills_no_order_beyond_itself_and_wastes_nothing(draw):
    sellers, worlds = draw.integers(1, 5, 2)
    seller = np.sort(draw.integers(0, sellers, 12))
    order, weight = draw.random((12, worlds)), 1.0 + draw.random((12, worlds))
    capacity = draw.random((sellers, worlds)) * 3
    filled = markets.share_out(order, weight, seller, capacity)
    plain = np.empty(filled.shape)
    start = np.searchsorted(seller, np.arange(sellers + 1))
    twin.share_out(order, weight, start, capacity, plain)
    np.testing.assert_allclose(filled, plain, **NEAR)
    assert (filled <= order + 1e-12).all()
    for each in range(sellers):
        own = seller == each
        np.testing.assert_allclose(filled[own].sum(0), np.minimum(order[own].sum(0), capacity[each]), **NEAR)


def test_favoured_customers_get_more():
    filled = markets.share_out(np.array([[1.0], [1.0]]), np.array([[1.25], [1.0]]), np.zeros(2), np.ones((1, 1)))
    np.testing.assert_allclose(filled[:, 0], [1.25 / 2.25, 1.0 / 2.25])


def test_serving_equals_its_twin_and_uses_no_more_than_there_is(draw):
    providers, worlds = draw.integers(1, 6, 2)
    high, low = draw.random((2, 3, providers, worlds))
    top, old = draw.random((2, providers, worlds)) * 2
    compiled = markets.serve(high, low, top, old)
    left = [top.copy(), old.copy()]
    parts = [np.empty(high.shape), np.empty(high.shape)]
    twin.serve(high, low, *left, *parts)
    for mine, other in zip(compiled, (*parts, *left), strict=True):
        np.testing.assert_allclose(mine, other, **NEAR)
    served = (high * compiled[0] + low * compiled[1]).sum(0)
    np.testing.assert_allclose(served, top + old - compiled[2] - compiled[3], **NEAR)


def test_elementwise_functions_do_not_look_at_their_neighbours(draw):
    values = draw.random(1001) * 20 - 10
    for function, given in ((markets.exp, values), (markets.log, np.abs(values) + 1e-3)):
        whole = function(given)
        assert all(function(given[each : each + 1])[0] == whole[each] for each in range(0, 1001, 97))
        np.testing.assert_allclose(whole, getattr(np, function.__name__)(given), rtol=1e-14)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="shape"):
        markets.fill_in_order(np.ones((2, 3)), np.ones((3, 3)), np.ones(3))
    with pytest.raises(ValueError, match="order of their sellers"):
        markets.share_out(np.ones((2, 1)), np.ones((2, 1)), np.array([1, 0]), np.ones((2, 1)))
