"""Parameters: declared once, the most specific address wins, wrong ones are refused together."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.parameters import DECLARED, Parameters


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
def test_every_declaration_is_complete(declared):
    assert declared.least <= declared.low <= declared.default <= declared.high <= declared.most
    assert declared.unit
    assert declared.meaning
    assert declared.source
    assert declared.grade in ("reported", "press", "estimated", "assumed")


def test_the_most_specific_address_wins_in_any_order(city):
    settings = {"CRWV.enterprise_multiple": 4.0, "enterprise_multiple": 7.0, "operator.enterprise_multiple": 5.0}
    for order in (list(settings), list(reversed(settings))):
        values = Parameters(city, {each: settings[each] for each in order}).of("enterprise_multiple")[:, 0]
        assert values[city.row["CRWV"]] == 4.0
        assert values[city.row["NBIS"]] == 5.0
        assert values[city.row["AMZN"]] == 7.0


@pytest.mark.parametrize("reverse", [False, True])
def test_firm_goes_before_group_before_kind_before_all(city, reverse):
    settings = {"TAIL1_2.enterprise_multiple": 8.0, "tail1.enterprise_multiple": 7.0,
                "operator.enterprise_multiple": 5.0, "all.enterprise_multiple": 4.0}  # fmt: skip
    given = dict(reversed(settings.items()) if reverse else settings.items())
    values = Parameters(city, given).of("enterprise_multiple")[:, 0]
    assert [values[city.row[each]] for each in ("TAIL1_2", "TAIL1_1", "CRWV", "NVDA")] == [8.0, 7.0, 5.0, 4.0]


def test_numbers_of_the_ecosystem_answer_to_the_same_addresses(city):
    assert Parameters(city).of("receivable_share")[0, 0] == 0.5
    assert Parameters(city, {"AMZN.receivable_share": 0.3}).of("receivable_share")[:2, 0].tolist() == [0.3, 0.5]


def test_an_array_sets_each_world(city):
    values = Parameters(city, {"CRWV.enterprise_multiple": np.array([4.0, 5.0, 6.0])}).of("enterprise_multiple")
    assert values.shape == (len(city), 3)
    assert values[city.row["CRWV"]].tolist() == [4.0, 5.0, 6.0]
    assert values[city.row["NBIS"]].tolist() == [6.0, 6.0, 6.0]


def test_all_wrong_addresses_are_named_at_once(city):
    settings = {"enterprise_multipel": 1.0, "CRWW.enterprise_multiple": 5.0, "enterprise_multiple": -1.0,
                "default_asset_recovery": float("nan"), "fire_sale_price_impact": "much"}  # fmt: skip
    with pytest.raises(abm.BadInput) as refused:
        Parameters(city, settings)
    text = str(refused.value)
    for part in ("did you mean 'enterprise_multiple'", "did you mean 'CRWV'", "between 0 and 50", "finite", "a number"):
        assert part in text
    assert len(refused.value.faults) == 5


def test_arrays_of_different_length_are_refused(city):
    with pytest.raises(abm.BadInput, match="one per world"):
        Parameters(city, {"enterprise_multiple": np.full(3, 5.0), "CRWV.enterprise_multiple": np.full(4, 5.0)})


@pytest.mark.parametrize("where", ["XAI", "operator", "TAIL1"])
@pytest.mark.parametrize("name", [each.name for each in DECLARED.values() if each.system])
def test_what_a_world_shares_cannot_be_set_for_some(city, where, name):
    with pytest.raises(abm.BadInput, match=f"found '{where}.{name}'; expected '{name}': one value for the whole"):
        Parameters(city, {f"{where}.{name}": DECLARED[name].default})
    with pytest.raises(abm.BadInput, match="one value for the whole system"):
        Parameters(city).assign(city.row["XAI"], name, DECLARED[name].default)


def test_all_is_everybody(city):
    for name in ("default_asset_recovery", "enterprise_multiple"):
        one, other = Parameters(city, {name: 0.7}), Parameters(city, {f"all.{name}": 0.7})
        np.testing.assert_array_equal(one.of(name), other.of(name))
    assert Parameters(city, {"All.default_asset_recovery": 0.7}).system("default_asset_recovery").tolist() == [0.7]


@pytest.mark.parametrize(("size", "worlds"), [(7, 10), (7, 1), (3, 5), (0, 5)])
def test_an_array_has_one_value_a_world(city, size, worlds):
    with pytest.raises(abm.BadInput, match=f"found {size} values; expected {worlds} for .*, one per world"):
        Parameters(city, {"enterprise_multiple": np.full(size, 5.0)}, worlds)
    values = Parameters(city, worlds=worlds)
    with pytest.raises(abm.BadInput, match=f"{size} values"):
        values.assign(city.row["NVDA"], "enterprise_multiple", np.full(size, 5.0))
    with pytest.raises(abm.BadInput, match=f"{size} values"):
        values.fork().assign(city.row["NVDA"], "enterprise_multiple", np.full(size, 5.0))
    values.assign(city.row["NVDA"], "enterprise_multiple", np.full(worlds, 5.0))
    assert values.of("enterprise_multiple")[city.row["NVDA"], -1] == 5.0


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [("chipmaker_cost_of_sales", 7.0, "0 and 1"), ("operating_cost_share", -5.0, "0 and 5"),
     ("chip_life_quarters", 0.0, "1 and 1000"), ("AMZN.receivable_share", [0.5, 1.5], "0 and 1")],
)  # fmt: skip
def test_numbers_of_the_ecosystem_stay_in_their_range(city, name, value, limits):
    with pytest.raises(abm.BadInput, match=f"{name} between {limits}"):
        Parameters(city, {name: value})


@pytest.mark.parametrize("name", ["chip_failure_rate", "hardware_progress_rate", "second_tier_quality"])
def test_technology_is_one_value_for_all(name):
    city = abm.load("ai_2026")
    Parameters(city, {name: 0.3})
    with pytest.raises(BadInput, match=f"{name}.*one value for the whole system"):
        Parameters(city, {f"CRWV.{name}": 0.3})


def test_a_fact_of_the_data_is_no_parameter():
    with pytest.raises(BadInput, match=r"quarters_to_run.*a parameter"):
        Parameters(abm.load("ai_2026"), {"quarters_to_run": 12})


def test_sites_take_as_long_as_is_said_world_by_world():
    slow = abm.run(quarters=8, worlds=2, parameters={"build_quarters": [4, 8], "demand_noise": 0.0})
    started, done = (slow.system(each).to_numpy() for each in ("shells_started", "shells_completed"))
    opening = abm.load("ai_2026").stock("pipeline_q5").sum()
    assert done[0, 4] == pytest.approx(opening + started[0, 0])
    assert done[1, 4] == pytest.approx(opening)
