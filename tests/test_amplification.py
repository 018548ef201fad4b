"""Amplification and bearers: hand-made runs with known answers, and a small real one whose books add up."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from abm.chronicle import Chronicle
from abm.errors import BadInput
from abm.results import Recorder, RunResult
from abm.scenario import DatedShock
from experiments.amplification import LOSSES, SALES, asset_amplification, revenue_amplification, window
from experiments.bearers import ADDS_UP, GROUPS, who_bears

CITY = abm.load("ai_2026")
QUARTERS, WORLDS = 6, 3
NAMES = ("end_demand", *SALES, *LOSSES, "tax", "subsidy", "rescue", "firm_value")


def handmade(chronicle: Chronicle | None = None, net_worth: float = 5.0, **levels) -> RunResult:
    """A run in which each series is flat at a level, or follows `(quarters,)` or `(worlds, quarters)` numbers."""
    wide = {
        name: np.broadcast_to(np.asarray(levels.get(name, 100.0), float), (WORLDS, QUARTERS)) for name in NAMES
    }
    recorder = Recorder(system={name: list(each.T) for name, each in wide.items()})
    recorder.firms = {"net_worth": [np.full((len(CITY), WORLDS), net_worth) for _ in range(QUARTERS)]}
    return RunResult(CITY, recorder, list(range(WORLDS)), 1, 0.0, chronicle=chronicle)


def from_third(before: float, after: float) -> list[float]:
    return [before] * 2 + [after] * (QUARTERS - 2)


@pytest.fixture(scope="module")
def pair() -> tuple[RunResult, RunResult]:
    """A fall by half from quarter 4 on, and its baseline."""
    fall = abm.Scenario("half", "Half", shocks=(DatedShock("end_demand", 4, 0.5),))
    return abm.run(CITY, fall, quarters=12, worlds=3), abm.run(CITY, quarters=12, worlds=3)


def test_a_run_loses_nothing_against_itself():
    same = handmade()
    for measure in (revenue_amplification, asset_amplification):
        found = measure(same, same, 2)
        assert not found.lost.any() and not found.direct.any() and not found.share.any()
        assert not found.per_dollar
        assert found.facts()["per_dollar"] is None
        with pytest.raises(ValueError, match="do not spend less"):
            _ = found.ratio
    assert not any(each.loss.any() for each in who_bears(same, same, 2))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_where_each_hands_on_a_part_the_parts_add_up(kept):
    """Users pay 10 less to labs, which buy `kept` of it less compute, and clouds `kept` of that fewer chips."""
    shocked = handmade(
        end_demand=from_third(100.0, 90.0), user_revenue=from_third(100.0, 90.0),
        compute_sales=from_third(100.0, 100.0 - 10.0 * kept), chip_sales=from_third(100.0, 100.0 - 10.0 * kept**2),
    )  # fmt: skip
    found = revenue_amplification(shocked, handmade(), 3)
    np.testing.assert_allclose(found.ratio, 1.0 + kept + kept**2, rtol=1e-12)
    np.testing.assert_allclose(found.direct, 40.0)
    np.testing.assert_allclose(found.share, found.lost / 1200.0)


def test_every_world_is_compared_with_itself():
    falls = np.array([[10.0], [20.0], [40.0]])
    lost = np.array([[5.0], [40.0], [40.0]])
    shocked = handmade(end_demand=100.0 - falls, chip_sales=100.0 - lost)
    np.testing.assert_allclose(revenue_amplification(shocked, handmade(), 1).ratio, [0.5, 2.0, 1.0])
    assert revenue_amplification(shocked, handmade(), 1).facts()["per_dollar"][1] == 1.0


def test_only_the_window_counts():
    path = [100.0, 90.0, 80.0, 70.0, 60.0, 50.0]
    shocked = handmade(end_demand=path, user_revenue=path)
    for first, quarters, lost in ((1, 12, 150.0), (2, 2, 30.0), (6, 12, 50.0)):
        np.testing.assert_allclose(revenue_amplification(shocked, handmade(), first, quarters).lost, lost)


def test_losses_are_what_is_written_off_and_what_does_not_come():
    shocked = handmade(
        end_demand=90.0, written_off=101.0, lost_by_suppliers=102.0, impairment=103.0, default_cost=104.0, margin=95.0,
        compute_sales=0.0,
    )  # fmt: skip
    found = asset_amplification(shocked, handmade(), 1, 2)
    assert {name: each.tolist() for name, each in found.parts.items()} == {
        "written_off": [2.0] * 3, "lost_by_suppliers": [4.0] * 3, "impairment": [6.0] * 3, "default_cost": [8.0] * 3,
        "margin": [10.0] * 3,
    }  # fmt: skip
    np.testing.assert_allclose(found.ratio, 30.0 / 20.0)


def test_without_a_fall_of_end_demand_the_loss_stands_alone():
    crunch = handmade(chip_sales=70.0, end_demand=[[100.0], [100.0], [90.0]])
    found = revenue_amplification(crunch, handmade(), 1)
    assert not found.per_dollar  # it must hold in every world
    facts = found.facts()
    assert facts["per_dollar"] is None
    assert facts["lost"] == pytest.approx([180.0] * 3)
    assert facts["share_of_baseline_revenue"] == pytest.approx([0.1] * 3)


@pytest.mark.parametrize(("first", "quarters", "message"), [
    (0, 12, "first_quarter: found '0'; expected a quarter of the run, 1 to 6"),
    (7, 12, "1 to 6"),
    (True, 12, "1 to 6"),
    (1, 0, "quarters: found '0'; expected a whole number of at least 1"),
    (1, 2.5, "whole number"),
])  # fmt: skip
def test_a_window_outside_the_run_is_refused(first, quarters, message):
    with pytest.raises(BadInput, match=message):
        window(handmade(), first, quarters)


def test_runs_of_other_worlds_are_refused():
    other = RunResult(CITY, Recorder(system={"end_demand": [np.ones(WORLDS)]}), [7, 8, 9], 1, 0.0)
    with pytest.raises(BadInput, match="other worlds"):
        revenue_amplification(other, handmade(), 1)


def test_bearers_are_told_from_events_and_series():
    row = {name: place for place, name in enumerate(CITY.id)}
    events = Chronicle()

    def hit(quarter: int, channel: str, claim: str, source: str, target: str, amount: float) -> None:
        events.add(quarter, 1, channel, [claim], [row[source]], [row[target]], np.array([[amount]]), np.array([1]))

    hit(4, "loans", "loan", "CRWV", "BANK", 3.0)
    hit(4, "loans", "loan", "CRWV", "PC_1", 4.0)
    hit(4, "loans", "vendor loan", "CRWV", "NVDA", 5.0)
    hit(4, "payments", "take-or-pay compute", "OAI", "MSFT", 6.0)
    hit(4, "payments", "rent", "CRWV", "ROW", 7.0)
    hit(4, "customers", "backlog of promises", "OAI", "ORCL", 8.0)
    hit(2, "customers", "backlog of promises", "OAI", "ORCL", 99.0)  # before the shock
    shocked = handmade(
        events, net_worth=4.0, written_off=[100, 100, 100, 107, 100, 100], tax=98.0, subsidy=101.0,
        lost_by_suppliers=[100, 100, 100, 105, 100, 100], firm_value=from_third(100.0, 60.0),
    )  # fmt: skip
    found = who_bears(shocked, handmade(), 3, 3)
    loss = {(each.group, each.bearer, each.meaning.split()[0]): each.loss.tolist() for each in found}
    assert {each.group for each in found} == set(GROUPS)
    assert loss["claims", "lenders", "loans"] == [7.0] * 3
    assert loss["claims", "suppliers", "loans"] == [5.0] * 3
    assert loss["claims", "of it banks and trusts", "with"] == [0.0, 3.0, 0.0]
    assert loss["claims", "of it those whose money funds lend", "households,"] == [0.0, 4.0, 0.0]
    assert loss["promises", "contract partners", "take-or-pay"] == [0.0, 6.0, 0.0]
    assert loss["promises", "contract partners", "backlog"] == [0.0, 8.0, 0.0]
    assert loss["outside", "rest of the world", "rents"] == [0.0, 7.0, 0.0]
    assert loss["public purse", "states", "tax"] == [6.0] * 3
    assert loss["public purse", "states", "subsidies"] == [3.0] * 3
    assert loss["values", "owners of all firms", "what"] == [40.0] * 3
    assert sum(np.array(each.loss) for each in found if each.group == "books").tolist() == [len(CITY) - 1.0] * 3


def test_what_adds_up_does(pair):
    shocked, baseline = pair
    found, difference, last = who_bears(shocked, baseline, 4), shocked.against(baseline), 11
    assert set(ADDS_UP) <= set(GROUPS)
    books = sum(each.loss for each in found if each.group == "books")
    np.testing.assert_allclose(books, -difference.system("net_worth").to_numpy()[:, last], rtol=1e-9)
    claims = {each.bearer: each.loss for each in found if each.group == "claims"}
    inside = claims["of it banks and trusts"] + claims["of it those whose money funds lend"]
    np.testing.assert_allclose(inside, claims["lenders"], atol=0.05)
    states = next(each.loss for each in found if each.group == "books" and each.bearer == "government")
    taxes = sum(each.loss for each in found if each.group == "public purse")
    np.testing.assert_allclose(states, taxes, rtol=1e-6, atol=1e-6)


def test_half_the_demand_costs_more_than_itself(pair):
    """Not a number to hold, but a sign: chips that are not bought come on top of what users do not pay."""
    found = revenue_amplification(*pair, 4)
    assert found.per_dollar
    assert (found.ratio > 1.0).all()
    assert (found.parts["user_revenue"] < found.direct).all()
