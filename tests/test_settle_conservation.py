"""Nothing is lost twice, or for nobody."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from networks import (
    COMMITTED_FUNDING,
    DEBT_SERVICE,
    INVESTMENT,
    OPERATING_COST,
    PURCHASES,
    SECURED,
    SYSTEM,
    random_problem,
    small_problem,
    struck,
)

from abm.attribution import CHANNELS, Balance, balance, by_channel, planned_sales, worth
from cython_ext import HARD, Problem, row_sums, settle

STRIKES = 150
WORLDS = 3
# Edges that a firm can be pushed over. Nobody is over one before the strike.
EDGES = ("principal", "secured_debt", "value_floor", "cash_floor")


class Strike:
    """A network before and after a blow, settled and in parts."""

    def __init__(self, base: Problem, problem: Problem):
        self.base, self.problem = base, problem
        self.base_state, self.state = settle(base), settle(problem)
        sales = planned_sales(base)
        self.before, self.after = worth(base, self.base_state, sales), worth(problem, self.state, sales)
        self.balance = balance(base, self.base_state, self.before, problem, self.state, self.after)

    @property
    def size(self) -> np.ndarray:
        """All that anybody has or is owed: what the rounding of a difference is relative to."""
        return self.base_state.value.sum(axis=0) + self.base.due.sum(axis=0) + self.base.balance.sum(axis=0)


def random_strikes(plain: bool = False):
    for seed in range(STRIKES):
        rng = np.random.default_rng(seed)
        tested = random_problem(rng, worlds=WORLDS, stress=0.0)
        tested = without_mechanisms(tested) if plain else tested
        funding = np.where((tested.gate > 0)[:, None], tested.due, 0.0)
        covered = tested.property + row_sums(funding, tested.creditor, tested.firms)
        base = replace(tested, property=covered, **dict.fromkeys(EDGES, np.zeros_like(tested.cash)))
        # A strike on new money, or on the rules, is none on anybody's wealth.
        kept = {name: getattr(tested, name) for name in ("due", *SYSTEM, *EDGES)}
        if plain:
            kept |= {name: getattr(tested, name) for name in ("enterprise", "multiple")}
        yield seed, Strike(base, replace(struck(rng, base), **kept))


def without_mechanisms(problem: Problem) -> Problem:
    """Dues, loans and stakes alone: failing costs nothing, machines keep their price, no purchases, no funding."""
    ones, none = np.ones(WORLDS), np.zeros_like(problem.cash)
    hard = problem.priority < HARD
    rows = {name: getattr(problem, name)[hard] for name in ("debtor", "creditor", "priority", "gate", "sale", "due")}
    return replace(
        problem, **rows, asset_recovery=ones, receipt_recovery=ones, price_impact=np.zeros(WORLDS),
        enterprise=none, multiple=none,
    )  # fmt: skip


def test_equity_value_is_net_worth_with_limited_liability():
    below = 0
    for seed, strike in random_strikes():
        net = strike.after.total(strike.problem)
        firms = strike.problem.exempt == 0
        error = np.abs(np.maximum(0.0, net) - strike.state.value)[firms]
        assert (error <= 1e-12 * strike.size).all(), f"seed {seed}"
        below += (net[firms] < -0.1).sum()
    assert below > STRIKES


def test_losses_by_channel_add_up_to_the_loss_of_net_worth():
    most = dict.fromkeys(CHANNELS, 0.0)
    for seed, strike in random_strikes():
        channels = by_channel(strike.problem, strike.before, strike.after)
        expected = strike.before.total(strike.base) - strike.after.total(strike.problem)
        size = np.maximum(1.0, sum(np.abs(each) for each in channels.values()))
        assert (np.abs(sum(channels.values()) - expected) <= 1e-12 * size).all(), f"seed {seed}"
        most = {name: max(most[name], np.abs(channels[name]).max()) for name in CHANNELS}
    assert min(most.values()) > 0.1, f"not all channels have been at work: {most}"


def test_what_is_lost_is_borne_by_somebody():
    parts = {each.name: 0.0 for each in fields(Balance)}
    for seed, strike in random_strikes():
        assert not strike.base_state.flags.any()
        gap = np.abs(strike.balance.arose - strike.balance.borne)
        assert (gap <= 1e-12 * strike.size).all(), f"seed {seed}"
        for name in parts:
            parts[name] = max(parts[name], np.abs(getattr(strike.balance, name)).max())
    assert min(parts.values()) > 0.1, f"not all parts of the balance have been at work: {parts}"


def test_if_failing_costs_nothing_the_outside_loses_what_the_shock_took():
    defaults = 0
    for seed, strike in random_strikes(plain=True):
        found, firms = strike.balance, strike.base.exempt == 0
        taken = sum(
            (getattr(strike.base, name) - getattr(strike.problem, name))[firms].sum(axis=0)
            for name in ("cash", "collateral", "property", "franchise")
        )
        tolerance = 1e-12 * strike.size
        for each in ("orders", "collateral", "earnings", "failure", "new_lenders"):
            assert (np.abs(getattr(found, each)) <= tolerance).all(), f"{each}, seed {seed}"
        assert (np.abs(found.owners + found.rest_of_world - taken) <= tolerance).all(), f"seed {seed}"
        defaults += strike.state.flags[0].sum()
    assert defaults > STRIKES


# Firm 0 is struck: rows of the network, what it had, what it is left with; who loses how much through the channel.
CHANNEL_CASES = {
    "direct": ({}, {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 0, 2.0),
    "valuation": ({}, {"franchise": [3, 0, 0]}, {"franchise": [1, 0, 0]}, 0, 2.0),
    "orders": ({"dues": [(0, 1, 3.0, PURCHASES)]}, {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 1, 2.0),
    "payments": ({"dues": [(0, 1, 3.0, DEBT_SERVICE)]}, {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 1, 2.0),
    "loans": ({"loans": [(1, 0, 3.0, SECURED)]}, {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 1, 2.0),
    "stakes": ({"stakes": [(1, 0, 0.5)]}, {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 1, 1.0),
    "earnings": (
        {"dues": [(0, 1, 3.0, PURCHASES, 0, 1)], "multiple": 2.0}, {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 1, 4.0
    ),
    "collateral": (
        {"dues": [(0, 2, 3.0, OPERATING_COST)], "fleet": [1, 1, 0], "collateral": [0, 2, 0], "price_impact": 1.0},
        {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 1, 2.0 * (1.0 - np.exp(-0.5)),
    ),
    "failure": (
        {"dues": [(0, 2, 3.0, OPERATING_COST)], "franchise": 4.0, "asset_recovery": 0.5},
        {"cash": [3, 0, 0]}, {"cash": [1, 0, 0]}, 0, 0.5 * (4.0 + 1.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_loss_is_booked_to_the_channel_it_came_through(channel):
    rows, before, after, loser, amount = CHANNEL_CASES[channel]
    strike = Strike(*(small_problem(3, exempt=[2], **{**rows, **cash}) for cash in (before, after)))
    lost = by_channel(strike.problem, strike.before, strike.after)
    assert lost[channel][loser, 0] == pytest.approx(amount, rel=1e-14)
    booked = {name for name in CHANNELS if np.abs(lost[name][loser]).max() > 1e-14}
    also = {"earnings": {"orders"}, "failure": {"direct"}}.get(channel, set())
    assert booked == {channel} | also


def test_no_strike_no_loss():
    for seed, strike in random_strikes():
        unhurt = Strike(strike.base, strike.base)
        assert not unhurt.balance.arose.any() and not unhurt.balance.owners.any(), f"seed {seed}"


def test_new_money_that_was_never_covered_is_not_lost_by_the_strike():
    dues = [(1, 0, 1.0, INVESTMENT, COMMITTED_FUNDING), (0, 1, 1.0, OPERATING_COST)]
    problem = small_problem(2, dues, exempt=[1])
    assert Strike(problem, problem).balance.borne[0] == 0.0
