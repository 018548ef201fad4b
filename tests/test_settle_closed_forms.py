"""Limiting cases with answers on paper, and rules that every answer must obey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import (
    DEBT_SERVICE,
    INVESTMENT,
    MARKET_FUNDING,
    OPERATING_COST,
    PREFERRED,
    PURCHASES,
    SECURED,
    SECURED_FUNDING,
    TAKE_OR_PAY,
    UNSECURED,
    random_problem,
    small_problem,
)

from cython_ext import FLAGS, RANKS, settle


def test_without_links_nobody_falls_who_was_not_struck():
    rng = np.random.default_rng(1)
    firms = 40
    owed = rng.random(firms)
    cash = owed * np.where(rng.random(firms) < 0.3, rng.random(firms), 1.0)
    dues = [(firm, firms, due, OPERATING_COST) for firm, due in enumerate(owed)]
    problem = small_problem(
        firms + 1, dues, exempt=[firms], cash=[*cash, 0], asset_recovery=0.5, fleet=1, price_impact=1
    )
    settled = settle(problem)
    short = cash < owed
    assert 5 < short.sum() < firms
    np.testing.assert_array_equal(settled.flags[0, :firms, 0], short)
    np.testing.assert_allclose(settled.paid[0, :firms, 0], np.where(short, 0.5 * cash / owed, 1.0), rtol=1e-15)
    assert settled.price[0] == pytest.approx(np.exp(-short.sum() / (firms + 1)), rel=1e-14)


@pytest.mark.parametrize("firms", [2, 5, 30])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_shock_round_a_ring_is_a_geometric_series(firms, share):
    # Every firm takes in 1 and owes 1: `share` to the next firm, the rest to the outside, both with the
    # same priority. So of each unit that does not come in, `share` does not reach the next firm.
    ring = [(firm, (firm + 1) % firms, share, DEBT_SERVICE) for firm in range(firms)]
    leaks = [(firm, firms, 1.0 - share, DEBT_SERVICE) for firm in range(firms)]
    cash = np.append(np.full(firms, 1.0 - share), 0.0)
    problem = small_problem(firms + 1, ring + leaks, exempt=[firms], cash=cash)
    assert not settle(problem).flags.any()
    shock = 0.05
    cash[0] -= shock
    paid = settle(replace(problem, cash=cash[:, None])).paid[DEBT_SERVICE, :firms, 0]
    lost_revenue = shock + share * (1.0 - paid).sum()
    assert lost_revenue == pytest.approx(shock / (1.0 - share), rel=1e-11)


def test_two_firms_that_own_each_other():
    assets, first, second = (3.0, 5.0), 0.2, 0.35
    problem = small_problem(2, stakes=[(0, 1, first), (1, 0, second)], property=assets)
    value = settle(problem).value[:, 0]
    assert value[0] == pytest.approx((assets[0] + first * assets[1]) / (1.0 - first * second), rel=1e-12)
    assert value[1] == pytest.approx((assets[1] + second * assets[0]) / (1.0 - first * second), rel=1e-12)


@pytest.mark.parametrize(("assets", "recovered"), [(10.0, 8.0), (8.0, 6.4), (3.0, 2.4), (0.0, 0.0), (12.0, 10.0)])
def test_one_lender_one_borrower(assets, recovered):
    # A borrower with no value left fails, which costs a fifth of its assets; the lender loses the rest of its claim.
    debt = 10.0
    problem = small_problem(
        2, loans=[(0, 1, debt, SECURED)], property=[0, assets], cash=[4, 0], principal=[0, 1], asset_recovery=0.8
    )
    settled = settle(problem)
    assert settled.recovery[SECURED, 1, 0] == pytest.approx(recovered / debt, rel=1e-15)
    assert settled.value[0, 0] == pytest.approx(4.0 + recovered, rel=1e-15)
    assert settled.flags[0, :, 0].tolist() == [0, int(assets <= debt)]


def test_forced_sales_push_the_price_to_its_floor():
    problem = small_problem(
        3, [(0, 2, 1.0, OPERATING_COST)], exempt=[2], fleet=[1, 3, 0], collateral=[0, 2, 0], price_impact=2.0
    )
    assert settle(problem).price[0] == pytest.approx(np.exp(-2.0 / 4.0), rel=1e-15)
    assert settle(problem).value[1, 0] == pytest.approx(2.0 * np.exp(-0.5), rel=1e-15)
    assert settle(replace(problem, price_floor=np.array([0.9]))).price[0] == 0.9


def test_a_breach_needs_both_tests_to_fail():
    both = {"secured_debt": 1.0, "secured_service": 1.0, "collateral": 1.0}
    for loan_limit, cover_limit, breach in ((0.9, 1.2, 1), (1.1, 1.2, 0), (0.9, 0.8, 0), (1.0, 1.2, 0), (0.9, 1.0, 0)):
        problem = small_problem(
            1, **both, income=1.0, loan_to_value_limit=loan_limit, service_cover_limit=cover_limit
        )
        assert settle(problem).flags[FLAGS.index("covenant"), 0, 0] == breach


def test_sales_count_for_value_and_cover_only_if_they_are_paid():
    # The buyer has cash for half of what it orders; the seller is worth two years of what it sells.
    problem = small_problem(
        2, [(0, 1, 4.0, PURCHASES, 0, 1)], cash=[2, 0], multiple=2.0, enterprise=1.0, secured_debt=[0, 1],
        secured_service=1.0, service_cover_limit=[0, 3],
    )  # fmt: skip
    settled = settle(problem)
    assert settled.value[1, 0] == 2.0 + (1.0 + 2.0 * 2.0)
    assert settled.flags[:, 1, 0].tolist() == [0, 1, 0]
    assert not settle(replace(problem, cash=np.array([[4.0], [0.0]]))).flags.any()


@pytest.mark.parametrize(
    ("gate", "edge", "open_"),
    [
        (0, "cash_floor", True), (SECURED_FUNDING, "cash_floor", True), (MARKET_FUNDING, "cash_floor", False),
        (3, "cash_floor", True), (0, "secured_debt", True), (SECURED_FUNDING, "secured_debt", False),
        (MARKET_FUNDING, "secured_debt", True), (3, "secured_debt", True),
    ],
)  # fmt: skip
def test_each_gate_closes_on_its_own_flag(gate, edge, open_):
    # The receiver is beyond one edge from the start, and needs half of what it is promised to pay its costs.
    problem = small_problem(
        2, [(1, 0, 2.0, INVESTMENT, gate), (0, 1, 1.0, OPERATING_COST)], exempt=[1],
        secured_service=1.0, service_cover_limit=1.0, **{edge: [100.0, 0.0]},
    )  # fmt: skip
    settled = settle(problem)
    assert settled.flags[0, 0, 0] == (not open_)
    assert settled.left[0, 0] == (1.0 if open_ else 0.0)


@pytest.mark.parametrize(("gate", "open_"), [(0, True), (SECURED_FUNDING, False), (MARKET_FUNDING, False), (3, True)])
def test_a_lender_without_funding_pays_only_what_it_is_committed_to(gate, open_):
    problem = small_problem(2, [(0, 1, 2.0, INVESTMENT, gate)], cash=[2, 0], cash_floor=[1, 0])
    settled = settle(problem)
    assert settled.flags[2, 0, 0] == 1
    assert settled.left[1, 0] == (2.0 if open_ else 0.0)


def test_the_senior_is_paid_in_full_before_the_junior_gets_anything():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        problem = random_problem(rng, worlds=4, stress=1.0)
        settled = settle(problem)
        for junior in range(1, 5):
            owed = np.zeros((problem.firms, 4))
            chosen = problem.priority == junior
            np.add.at(owed, problem.debtor[chosen], problem.due[chosen])
            short = (settled.paid[:junior] < 1.0 - 1e-9).any(axis=0)
            assert (settled.paid[junior][short & (owed > 0.0)] <= 1e-9).all(), f"seed {seed}"
        for junior in range(1, len(RANKS)):
            claims = np.zeros((problem.firms, 4))
            chosen = problem.rank == junior
            np.add.at(claims, problem.borrower[chosen], problem.balance[chosen])
            short = (settled.recovery[:junior] < 1.0 - 1e-9).any(axis=0)
            assert (settled.recovery[junior][short & (claims > 0.0)] <= 1e-9).all(), f"seed {seed}"
            assert (settled.value[short] <= 1e-9).all()


def test_nobody_pays_more_than_it_has():
    for seed in range(100):
        problem = random_problem(np.random.default_rng(seed), worlds=4)
        settled = settle(problem)
        paid = problem.due * settled.paid[problem.priority, problem.debtor]
        out, into = np.zeros((problem.firms, 4)), np.zeros((problem.firms, 4))
        np.add.at(out, problem.debtor, paid)
        np.add.at(into, problem.creditor, np.where(problem.closed(*(settled.flags > 0)), 0.0, paid))
        tested = problem.exempt == 0
        default = settled.flags[0] > 0
        had = np.where(
            default, problem.asset_recovery * problem.cash + problem.receipt_recovery * into, problem.cash + into
        )
        np.testing.assert_allclose((out + settled.left)[tested], had[tested], rtol=1e-11, atol=1e-11)
        assert (settled.left >= 0.0).all()


def test_orders_are_dropped_before_anything_is_missed():
    problem = small_problem(
        2, [(0, 1, 1.0, OPERATING_COST), (0, 1, 1.0, TAKE_OR_PAY), (0, 1, 1.0, PURCHASES)], exempt=[1], cash=[2.25, 0]
    )
    settled = settle(problem)
    assert settled.paid[:, 0, 0].tolist() == [1.0, 1.0, 1.0, 0.25, 1.0]
    assert not settled.flags.any()


def test_an_estate_pays_missed_dues_then_balances_in_their_order():
    # Missed: 1 of running costs, 4 of debt service. Then 2 secured, 4 unsecured, 1 preferred.
    dues = [(0, 1, 1.0, OPERATING_COST), (0, 2, 4.0, DEBT_SERVICE)]
    loans = [(3, 0, 2.0, SECURED), (4, 0, 4.0, UNSECURED), (5, 0, 1.0, PREFERRED)]
    for estate, taken in (
        (0.5, (0.5, 0, 0, 0, 0)), (3, (1, 2, 0, 0, 0)), (6, (1, 4, 1, 0, 0)), (9, (1, 4, 2, 2, 0)),
        (11.5, (1, 4, 2, 4, 0.5)), (13, (1, 4, 2, 4, 1)),
    ):  # fmt: skip
        settled = settle(small_problem(6, dues, loans=loans, property=[estate, 0, 0, 0, 0, 0]))
        assert settled.value[1:, 0].tolist() == list(taken)
        assert settled.value[0, 0] == max(0.0, estate - 12.0)


def test_a_miss_within_rounding_is_none():
    for miss, default in ((0.0, 0), (1e-12, 0), (1e-9, 1)):
        problem = small_problem(2, [(0, 1, 10.0, OPERATING_COST)], exempt=[1], cash=[10.0 * (1.0 - miss), 0])
        assert settle(problem).flags[0, 0, 0] == default
