"""Scenarios: every shipped one runs; each shock changes what it should, by how much it says, and when."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.dated import Dated
from abm.ecosystem.vocabulary import MARKETS, REGIONS
from abm.scenario import DatedShock, Scenario
from abm.scenario.kinds import KINDS, SHAPES
from abm.settlement import Switches
from abm.switches import BY_PARAMETER, OF_SETTLEMENT, SWITCHES

# A shock of each kind, in quarter 4, strong enough to be seen.
STRONG = {
    "end_demand": {"size": 0.3}, "demand_pause": {"size": 4}, "absorption": {"size": 0.7}, "spread": {"size": 0.02},
    "single_name": {"size": 1.0}, "hardware_jump": {"size": 1.6}, "chip_capacity": {"size": 0.5, "who": "NVDA"},
    "power_quota": {"size": 1.0}, "subsidy_envelope": {"size": 10.0}, "maturity_wall": {"size": 0.5},
    "default": {"who": "OAI"}, "parameter": {"parameter": "tax_rate", "size": 0.3},
}  # fmt: skip
WITHOUT_SIZE_OF_NOTHING = {"hardware_jump": 1.0, "subsidy_envelope": 1.0}


def story(*shocks: DatedShock, **options) -> Scenario:
    return Scenario("own", "Own", "A story.", shocks=shocks, **options)


def living_through(*shocks: DatedShock, quarters: int, **options):
    """The model after each quarter, from 1 on."""
    model = abm.EcosystemModel("ai_2026", worlds=2, **options)
    model.begin()
    dated = Dated(model, shocks)
    for quarter in range(1, quarters + 1):
        dated.strike(quarter)
        model.step()
        yield quarter, model
    model.release()


def seen(watch, *shocks: DatedShock, quarters: int, **options) -> list:
    """What `watch(model)` finds after each quarter."""
    return [np.array(watch(model)) for _, model in living_through(*shocks, quarters=quarters, **options)]


def first_difference(left: abm.RunResult, right: abm.RunResult) -> int | None:
    """The first quarter (1 = first) in which any series differs in any bit."""
    pairs = [(each[name], other[name]) for each, other in
             ((left._system, right._system), (left._firms, right._firms)) for name in each]  # fmt: skip
    quarters = pairs[0][0].shape[-1]
    differs = [
        any(not np.array_equal(a[..., quarter], b[..., quarter], equal_nan=True) for a, b in pairs)
        for quarter in range(quarters)
    ]
    return differs.index(True) + 1 if True in differs else None


@pytest.fixture(scope="module")
def baseline() -> abm.RunResult:
    return abm.run(quarters=12, worlds=2)


# -- what is shipped -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", abm.scenarios())
def test_every_shipped_scenario_runs_and_its_books_balance(name, baseline):
    scenario = abm.load_scenario(name)
    assert 2 <= scenario.story.count(". ") + 1 <= 5 or scenario.id.startswith("shortfall_")
    result = abm.run("ai_2026", name, quarters=12, worlds=2)
    assert result.worst_residual <= 1e-9
    assert result.scenario == name
    first = first_difference(result, baseline)
    earliest = min([each.at for each in scenario.changes()] + [1] * bool(scenario.parameters), default=None)
    assert first is None or first >= earliest


def test_the_shipped_sizes_are_those_of_the_pages():
    def sizes(name):
        return [(each.what, each.who, each.size, each.at, each.quarters) for each in abm.load_scenario(name).shocks]

    assert sizes("shortfall") == [("end_demand", "", 0.3, 8, None)]
    assert sizes("temporary") == [("end_demand", "", 0.3, 8, 4)]
    assert sizes("pause_8") == [("demand_pause", "", 8, 8, None)]
    assert sizes("credit_crunch") == [("absorption", "", 0.7, 8, 6), ("spread", "", 0.02, 8, 6)]
    assert sizes("nvidia_capacity") == [("chip_capacity", "NVDA", 0.5, 8, 4)]
    assert sizes("baseline") == []
    parts = [each for part in ("credit_crunch", "shortfall", "obsolescence") for each in sizes(part)]
    assert sizes("city_in_the_clouds") == parts


# -- nothing happens where nothing is said -------------------------------------------------------------


def test_no_shock_changes_no_bit(baseline):
    nothing = story(*(
        DatedShock(what, 2, WITHOUT_SIZE_OF_NOTHING.get(what, 0.0), strong.get("who", ""))
        for what, strong in STRONG.items() if what not in ("default", "parameter")
    ), DatedShock("parameter", 2, parameter="tax_rate", factor=1.0))  # fmt: skip
    for scenario in ("baseline", nothing):
        assert first_difference(abm.run("ai_2026", scenario, quarters=12, worlds=2), baseline) is None
    assert baseline.scenario == "baseline"


@pytest.mark.parametrize("what", KINDS)
def test_a_shock_changes_something_and_nothing_before_its_quarter(what, baseline):
    result = abm.run("ai_2026", story(DatedShock(what, 4, **STRONG[what])), quarters=12, worlds=2)
    first = first_difference(result, baseline)
    assert first is not None
    assert first >= 4


def test_every_kind_is_tried_here():
    assert set(STRONG) == set(KINDS)


@pytest.mark.parametrize(
    ("shape", "quarters", "levels"),
    [
        ("step", None, [0, 0, 1, 1, 1, 1, 1]),
        ("step", 2, [0, 0, 1, 1, 0, 0, 0]),
        ("ramp", 4, [0, 0, 0.25, 0.5, 0.75, 1, 1]),
        ("pulse", 4, [0, 0, 1, 0.75, 0.5, 0.25, 0]),
    ],
)
def test_duration_and_shape(shape, quarters, levels):
    shock = DatedShock("end_demand", 3, 0.5, quarters=quarters, shape=shape)
    assert [shock.level(quarter) for quarter in range(1, 8)] == levels
    found = seen(lambda model: model.living.economy.shortfall, shock, quarters=7)
    assert np.array_equal(found, [[0.5 * level] * 2 for level in levels])


# -- each kind, exactly --------------------------------------------------------------------------------


def test_end_users_spend_less_while_it_lasts_and_shocks_combine():
    def spending(model):
        return model.living.economy.end_demand

    plain = np.array(seen(spending, quarters=6))
    once = DatedShock("end_demand", 3, 0.3, quarters=2)
    found = np.array(seen(spending, once, quarters=6)) / plain
    np.testing.assert_allclose(found, np.repeat([[1, 1, 0.7, 0.7, 1, 1]], 2, axis=0).T, rtol=1e-15)
    found = np.array(seen(spending, once, replace(once, size=0.5, at=4), quarters=6)) / plain
    np.testing.assert_allclose(found[:, 0], [1, 1, 0.7, 0.35, 0.5, 1], rtol=1e-15)


def test_a_pause_holds_spending_and_then_the_old_path_goes_on():
    calm = {"parameters": {"demand_noise": 0.0}}
    plain = seen(lambda model: model.living.economy.end_demand, quarters=10, **calm)
    found = seen(lambda model: model.living.economy.end_demand, DatedShock("demand_pause", 4, 3), quarters=10, **calm)
    assert np.array_equal(found, [*plain[:3], *[plain[2]] * 3, *plain[3:7]])


@pytest.mark.parametrize(("who", "struck"), [("", None), ("PC", "PC"), ("pc", "PC"), ("BANK", "BK")])
def test_lenders_place_less(who, struck):
    plain = seen(lambda model: model.ledger.column("absorption_plan"), quarters=2)
    shock = DatedShock("absorption", 2, 0.7, who)
    found = seen(lambda model: model.ledger.column("absorption_plan"), shock, quarters=2)
    eco = abm.load("ai_2026")
    hit = np.array([market == struck if struck else bool(plain[1][row].any()) for row, market in enumerate(eco.market)])
    assert hit.any()
    assert np.array_equal(found[0], plain[0])
    np.testing.assert_allclose(found[1][hit], 0.3 * plain[1][hit], rtol=1e-12)
    assert np.array_equal(found[1][~hit], plain[1][~hit])


def test_spreads_rise_in_the_market_that_is_struck():
    def spreads(model):
        return [model.market_spread(each) for each in MARKETS]

    plain = seen(spreads, quarters=3)[1]
    shocks = DatedShock("spread", 2, 0.02, "PC", quarters=1), DatedShock("spread", 2, 0.01, quarters=1)
    found = seen(spreads, *shocks, quarters=3)
    np.testing.assert_allclose(found[1] - plain, [[0.03 if each == "PC" else 0.01] * 2 for each in MARKETS], atol=5e-4)
    added = seen(lambda model: [model.living.spread_added[each] for each in MARKETS], *shocks, quarters=3)
    assert not np.any([added[0], added[2]])


def test_dearer_credit_slows_building_and_does_not_move_the_choice_of_market():
    def plans(model):
        rows = model.ecosystem.of_kind("hyperscaler")
        return [model.ledger.column(each)[rows] for each in ("bond_share_plan", "capex_plan")]

    plain, found = (seen(plans, *shocks, quarters=2)[1] for shocks in ((), (DatedShock("spread", 2, 0.02),)))
    np.testing.assert_allclose(found[0], plain[0], rtol=1e-12)
    assert (found[1] <= plain[1]).all()
    assert (found[1] < plain[1]).any()


def test_nobody_lends_to_one_name_beyond_the_cap():
    def lent(model):
        return model.ledger.column("private_credit_drawn").sum()

    plain = seen(lent, quarters=4)
    found = seen(lent, DatedShock("single_name", 3, 1.0, "PC"), quarters=4)
    assert min(plain) > 0.0
    assert found == [plain[0], plain[1], 0.0, 0.0]


def test_new_chips_do_more_and_prices_follow_in_four_quarters():
    def watch(model):
        economy, fleet = model.living.economy, model.living.fleet
        return [economy.throughput, economy.trend_price, fleet.throughput[fleet.slot]]

    plain, found = (
        np.array(seen(watch, *shocks, quarters=8)) for shocks in ((), (DatedShock("hardware_jump", 3, 1.6),))
    )
    jump = np.where(np.arange(1, 9) >= 3, 1.6, 1.0)
    fall = 1.6 ** (-np.clip(np.arange(1, 9) - 2, 0, 4) / 4)
    np.testing.assert_allclose(found[:, :, 0] / plain[:, :, 0], np.stack([jump, fall, jump], axis=1), rtol=1e-14)


def test_the_price_of_compute_falls_with_the_trend():
    plain, found = (
        seen(lambda model: model.living.economy.price, *shocks, quarters=2, parameters={"price_response": 0.0})
        for shocks in ((), (DatedShock("hardware_jump", 2, 1.6),))
    )
    np.testing.assert_allclose(found[1], plain[1] * 1.6**-0.25, rtol=1e-14)


def test_a_chipmaker_ships_no_more_than_is_left_of_its_capacity():
    row = abm.load("ai_2026").row["NVDA"]
    shock = DatedShock("chip_capacity", 2, 0.5, "NVDA", quarters=2)
    limits, sales = [], []
    for _, model in living_through(shock, quarters=5):
        limits.append(model.ledger.column("chip_capacity")[row].copy())  # of the next quarter
        sales.append(model.ledger.column("chip_sales")[row].copy())
    np.testing.assert_allclose(sales[1], 0.5 * limits[0], rtol=1e-12)
    assert (sales[2] <= 0.5 * limits[1] * (1.0 + 1e-12)).all()
    assert (sales[2] > 0.49 * limits[1]).all()  # what a buyer cannot pay is not delivered
    assert (sales[3] > 0.6 * limits[2]).all()


def test_no_power_is_connected_where_the_quota_is_lost():
    def power(model):
        return model.living.fleet.power.sum(axis=0)

    plain, found = (
        seen(power, *shocks, quarters=3) for shocks in ((), (DatedShock("power_quota", 2, 1.0, "us", quarters=1),))
    )
    us = REGIONS.index("US")
    assert np.array_equal(found[0], plain[0])
    assert np.array_equal(found[1][us], found[0][us])
    assert (plain[1][us] > plain[0][us]).all()
    assert (found[2][us] > found[1][us]).all()
    assert np.array_equal(np.delete(found[1], us, axis=0), np.delete(plain[1], us, axis=0))


def test_the_subsidy_envelope_is_multiplied_once():
    before = 0.0
    for quarter, model in living_through(DatedShock("subsidy_envelope", 2, 10.0), quarters=3):
        paid = model.living.payments["subsidy"].sum(axis=0)
        if quarter > 1:
            np.testing.assert_allclose(model.living.envelope, before * (10.0 if quarter == 2 else 1.0) - paid)
        before = model.living.envelope


def test_a_wall_of_maturities_falls_due_once_and_is_refinanced():
    eco = abm.load("ai_2026")
    rows, giants = eco.of_kind("vehicle", "operator"), eco.of_kind("hyperscaler")

    def watch(model):
        owed = model.ledger.owed("bond", "loan", "gpu_loan", "abs", "vendor_loan")
        return owed, model.ledger.column("principal"), model.ledger.column("rent")

    wall = DatedShock("maturity_wall", 2, 0.25, "vehicle"), DatedShock("maturity_wall", 2, 0.25, "operator")
    plain, found = (np.array(seen(watch, *shocks, quarters=3)) for shocks in ((), wall))
    opening, scheduled = plain[0, 0], plain[1, 1]
    expected = scheduled.copy()
    expected[rows] += 0.25 * (opening - scheduled)[rows]
    assert (opening[rows].sum(axis=0) > 100.0).all()
    np.testing.assert_allclose(found[1, 1], expected, rtol=1e-12, atol=1e-12)
    assert found[2, 1].sum() < 1.1 * plain[2, 1].sum()  # it comes once
    # Sponsors pay their vehicles no more rent for it: what is pulled forward is refinanced.
    np.testing.assert_allclose(found[1, 2][giants], plain[1, 2][giants], rtol=1e-12)


def test_what_is_scheduled_is_no_balloon_and_what_is_pulled_forward_is():
    for quarter, model in living_through(DatedShock("maturity_wall", 2, 0.25, "operator"), quarters=2):
        debts, balance = model.living.debts, model.ledger.amounts[model.living.debts.place]
        due, balloons = debts.principal_due(balance, quarter), debts.balloons(balance, quarter)
        last = debts.bullet & (debts.term - quarter < 1.0)
        assert np.array_equal(balloons[last], due[last])
        scheduled = due - balloons
        assert (scheduled[~last & debts.old & debts.linear].sum(axis=0) > 0.1).all()
        pulled = np.isin(debts.debtor, model.ecosystem.of_kind("operator")) & ~last & (quarter == 2)
        np.testing.assert_allclose(balloons[pulled], 0.25 * (balance - scheduled)[pulled], rtol=1e-9, atol=1e-12)
        assert not balloons[~last & ~pulled].any()


def test_debt_that_creditors_agreed_to_let_rest_is_not_called():
    for quarter, model in living_through(DatedShock("maturity_wall", 3, 0.25, "operator"), quarters=3):
        debts = model.living.debts
        rested = np.flatnonzero(debts.debtor == model.ecosystem.row["CRWV"])
        if quarter == 1:
            debts.renew(rested, np.arange(1), np.full(1, 0.07), np.full(1, 3.0))  # in the first world
        if quarter == 3:
            assert not debts.pulled_forward[rested, 0].any()
            assert (debts.pulled_forward[rested, 1:] == 0.25).all()
            assert (debts.pulled_forward[debts.debtor == model.ecosystem.row["NBIS"]] == 0.25).all()


def test_a_firm_is_marked_as_failing_in_its_quarter():
    found = seen(lambda model: model.living.forced_default, DatedShock("default", 2, who="OAI"), quarters=3)
    row = abm.load("ai_2026").row["OAI"]
    assert [each[row].all() for each in found] == [False, True, False]
    assert not any(np.delete(each, row, axis=0).any() for each in found)


def test_a_parameter_changes_for_whom_and_as_long_as_it_says():
    name = "capex_adjustment_speed"
    shocks = (
        DatedShock("parameter", 2, 0.5, "META", quarters=2, parameter=name),
        DatedShock("parameter", 2, who="operator", quarters=2, shape="ramp", parameter=name, factor=2.0),
    )
    eco = abm.load("ai_2026")
    found = seen(lambda model: model.parameters.wide(name, 2)[:, 0], *shocks, quarters=4)
    assert [each[eco.row["META"]] for each in found] == [0.3, 0.5, 0.5, 0.3]
    assert [each[eco.row["CRWV"]] for each in found] == pytest.approx([0.3, 0.45, 0.6, 0.6], rel=1e-15)
    assert [each[eco.row["MSFT"]] for each in found] == [0.3] * 4


# -- what a user can change ----------------------------------------------------------------------------


def test_what_the_user_sets_goes_before_what_the_scenario_sets():
    name = "ecosystem_investment_share"
    scenario = story().with_parameters({f"chipmaker.{name}": 0.1, f"NVDA.{name}": 0.2, "tax_rate": 0.2})
    assert scenario.settings() == scenario.parameters
    assert scenario.settings({f"NVDA.{name}": 0.3})[f"NVDA.{name}"] == 0.3
    assert scenario.settings({name: 0.3}) == {name: 0.3, "tax_rate": 0.2}
    assert scenario.settings({f"all.{name}": 0.3}) == {f"all.{name}": 0.3, "tax_rate": 0.2}
    own = abm.run(
        "ai_2026", scenario, quarters=2, parameters={"tax_rate": 0.17, name: 0.25, "hyperscaler." + name: 0.1}
    )
    assert first_difference(own, abm.run(quarters=2)) is None


def test_a_story_has_any_size_also_one_per_world():
    scenario = abm.load_scenario("shortfall")
    assert scenario.resized(0.2).shocks == abm.load_scenario("shortfall_20").shocks
    assert scenario.resized(0.2).id == "shortfall at 0.2"
    wide = abm.run("ai_2026", scenario.resized(np.array([0.1, 0.5])), quarters=9, worlds=2)
    half = abm.run("ai_2026", "shortfall_50", quarters=9, worlds=2)
    assert np.array_equal(wide.system("capex").to_numpy()[1], half.system("capex").to_numpy()[1])
    assert wide.scenario == "shortfall at 0.1..0.5"


def test_a_switch_that_is_off_sets_its_parameters_from_the_first_quarter():
    for name, (_, settings) in BY_PARAMETER.items():
        assert settings, name
        for _, model in living_through(*story(switches={name: False}).changes(), quarters=1):
            for address, value in settings.items():
                who, _, parameter = address.rpartition(".")
                rows = model.ecosystem.rows(who or "all")
                assert (model.parameters.of(parameter)[rows] == value).all(), name
        assert story(switches={name: True}).changes() == ()


def test_the_settlement_is_told_its_switches():
    assert {each.name for each in fields(Switches)} <= set(OF_SETTLEMENT)
    switches = story(switches={"covenants": False, "arms_race": False}).settlement_switches()
    assert [name for name, on in switches.items() if not on] == ["covenants"]
    failing = story(DatedShock("default", 1, who="OAI"))
    costless = replace(failing, switches={"default_costs": False})
    runs = [abm.run("ai_2026", each, quarters=2) for each in (failing, costless)]
    assert first_difference(*runs) == 1


def test_a_file_extends_another(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nextends = "credit_crunch"\nparameters.tax_rate = 0.2\n[switches]\narms_race = false\n'
        '[[shock]]\nwhat = "absorption"\nsize = 0.5\nat = 3\n'
    )
    (tmp_path / "own.toml").write_text(
        'title = "Own"\nextends = "mine"\n[parameters]\nNVDA.payout_share = 0.1\ntax_rate = 0.21\n'
    )
    parent, child = abm.load_scenario("credit_crunch"), abm.load_scenario(tmp_path / "own.toml")
    assert (child.id, child.title, child.story) == ("own", "Own", parent.story)
    assert child.parameters == {"tax_rate": 0.21, "NVDA.payout_share": 0.1}
    assert child.switches == {"arms_race": False}
    assert [(each.what, each.size, each.at) for each in child.shocks] == [("spread", 0.02, 8), ("absorption", 0.5, 3)]
    child.check(abm.load("ai_2026"))


def test_the_page_tells_all_there_is_and_its_own_file_can_be_run(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "scenarios.md").read_text()
    for each in (*abm.scenarios(), *KINDS, *SHAPES, *SWITCHES):
        assert f"`{each}`" in page, each
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert text.count("\n") == 8
    (tmp_path / "mine.toml").write_text(text)
    scenario = abm.load_scenario(tmp_path / "mine.toml")
    scenario.check(abm.load("ai_2026"))
    assert [each.what for each in scenario.shocks] == ["demand_pause", "spread"]
