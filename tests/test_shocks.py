"""Shocks: read, refused, resolved, drawn."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from abm.shocks import Shock, make_strike


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


@pytest.mark.parametrize("text", ["all:revenue:0.3", "CRWV:funding:0.2..0.6", "take_or_pay_01:claim:1"])
def test_a_shock_prints_as_it_was_read(text):
    assert str(Shock.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "KIND_OR_FIRM:WHAT:SIZE"),
        ("all:revenue", "KIND_OR_FIRM:WHAT:SIZE"),
        ("all::0.3", "KIND_OR_FIRM:WHAT:SIZE"),
        ("all:revenu:0.3", "did you mean 'revenue'"),
        ("all:revenue:much", "a share from 0 to 1, such as 0.3, or a range from low to high, such as 0.1..0.5"),
        ("all:revenue:0.3..", "found '0.3..'; expected a share from 0 to 1"),
        ("all:revenue:..0.3", "a share from 0 to 1"),
        ("all:revenue:0.1..0.2..0.3", "a share from 0 to 1"),
        ("all:revenue:0_1", "a share from 0 to 1"),
        ("all:revenue:\u0661", "a share from 0 to 1"),
        ("all:revenue:nan", "a share from 0 to 1"),
        ("all:revenue:inf", "a share from 0 to 1"),
        ("all:revenue:-0.1", "a share from 0 to 1"),
        ("all:revenue:30", "a share from 0 to 1"),
        ("all:revenue:0.5..0.2", "from low to high"),
    ],
)
def test_what_is_no_shock_is_refused(text, message):
    with pytest.raises(abm.BadInput, match=message):
        Shock.parse(text)


def test_a_name_may_hold_colons():
    shock = Shock.parse("tail:1:2:claim:0.1..0.3")
    assert (shock.who, shock.what, shock.low, shock.high) == ("tail:1:2", "claim", 0.1, 0.3)
    assert str(shock) == "tail:1:2:claim:0.1..0.3"


def test_everyone_unknown_is_named_at_once(city):
    shocks = [Shock.parse("NVIDA:cash:0.1"), Shock.parse("take_or_pay_99:claim:0.1")]
    with pytest.raises(abm.BadInput) as refused:
        make_strike(city, shocks, [0], 1)
    assert len(refused.value.faults) == 2
    assert "did you mean 'NVIDIA'" in str(refused.value)
    assert "did you mean 'take_or_pay" in str(refused.value)


def test_firms_groups_kinds_and_claims_answer(city):
    strike = make_strike(city, [Shock.parse("nvidia:cash:0.1"), Shock.parse("TAIL1:cash:0.2"),
                                Shock.parse("ai_lab:revenue:0.3"), Shock.parse("OAI:claim:0.5"),
                                Shock.parse("PC:funding:0.4"), Shock.parse("CRWV:funding:0.6")], [0], 1)  # fmt: skip
    row = city.row
    assert strike.cash[row["NVDA"], 0] == 0.9
    assert strike.cash[[row[f"TAIL1_{each}"] for each in range(1, 7)], 0].tolist() == [0.8] * 6
    assert (strike.cash < 1.0).sum() == 7
    assert (strike.revenue[:, 0] == 0.7).sum() == 4
    promised = np.flatnonzero(strike.claim[:, 0] == 0.5)
    assert {city.id[city.claims.source[each]] for each in promised} == {"OAI"}
    assert (strike.funding_out[:, 0] < 1.0).sum() == 3
    assert strike.funding_in[row["CRWV"], 0] == 0.4


def test_shocks_on_the_same_thing_multiply_in_any_order(city):
    texts = ["all:revenue:0.5", "OAI:revenue:0.2"]
    one = make_strike(city, [Shock.parse(each) for each in texts], [0], 1)
    other = make_strike(city, [Shock.parse(each) for each in reversed(texts)], [0], 1)
    assert one.revenue[city.row["OAI"], 0] == pytest.approx(0.4)
    np.testing.assert_array_equal(one.revenue, other.revenue)


def test_the_rest_of_the_world_is_not_struck_by_all(city):
    assert make_strike(city, [Shock.parse("all:cash:1")], [0], 1).cash[city.rest_of_world, 0] == 1.0


def test_sizes_are_drawn_in_their_range_and_stay_with_their_world():
    shock = Shock.parse("all:revenue:0.1..0.5")
    sizes = shock.size(range(2000), 5)
    assert 0.1 <= sizes.min() < 0.11
    assert 0.49 < sizes.max() <= 0.5
    assert shock.size([17], 5)[0] == sizes[17]
    assert (shock.size(range(10), 6) != sizes[:10]).all()
