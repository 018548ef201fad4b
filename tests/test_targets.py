"""Targets: each measure against numbers made by hand or worked out apart, the verdicts, and the command."""

from __future__ import annotations

import csv
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.results import Recorder, RunResult
from experiments.measures import MEASURES, NotMeasured
from experiments.targets import Measured, Target, baseline_of, counts, load_targets, measure, passes, run_baseline

DATA = Path(abm.__file__).parent / "data" / "ai_2026"
FIRM_SERIES = (
    "compute_capacity", "capex", "other_capex", "interest", "principal", "tax", "margin", "compute_sales",
    "user_revenue", "bonds_issued", "high_yield_issued", "private_credit_drawn", "bank_loans_drawn",
    "facilities_drawn", "vendor_money", "equity_raised", "owner_money", "securitised",
)  # fmt: skip


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


@pytest.fixture(scope="module")
def sheets():
    return load_targets("ai_2026")


@pytest.fixture
def made(city, sheets):
    """A run of two worlds made by hand: `firms[name][who]` and `system[name]` are a number or one per quarter."""

    def make(firms=None, system=None, quarters=40, parameters=None):
        recorder = Recorder()
        for name in (*FIRM_SERIES, *(firms or {})):
            values = np.zeros((quarters, len(city), 2))
            for who, path in (firms or {}).get(name, {}).items():
                values[:, city.row[who]] = np.broadcast_to(path, quarters)[:, None]
            recorder.firms[name] = list(values)
            recorder.system[name] = list(values[:, :-1].sum(axis=1))
        for name, path in (system or {}).items():
            recorder.system[name] = [np.full(2, each) for each in np.broadcast_to(path, quarters)]
        return baseline_of(RunResult(city, recorder, [0, 1], 1, 0.0), parameters or {}, sheets[0])

    return make


def value(base, name):
    found = np.unique(MEASURES[name](base))
    assert found.size == 1
    return found[0]


def test_every_target_of_the_data_has_a_measure_and_the_other_way_round(sheets):
    assert sorted(each.name for each in sheets[1]) == sorted(MEASURES)


def test_chips_keep_what_the_price_of_compute_keeps(made):
    base = made(system={"price": 0.9 ** np.arange(1, 41)})
    assert value(base, "chip_residual_value_4q") == pytest.approx(0.9**4)
    assert value(base, "chip_residual_value_8q") == pytest.approx(0.8 * 0.9**8)  # second tier after seven quarters
    young = made(system={"price": 0.9 ** np.arange(1, 41)}, parameters={"frontier_age_quarters": 12.0})
    assert value(young, "chip_residual_value_12q") == pytest.approx(0.9**12)


def test_chips_bought_in_the_first_year_count_alike(made):
    price = np.ones(16)
    price[7:] = 0.5  # halves in the eighth quarter: all but the first three purchases meet it by age four
    base = made(system={"price": price}, quarters=16)
    assert value(base, "chip_residual_value_4q") == pytest.approx((4 * 1.0 + 0.5) / 5)


def test_capacity_and_shortage_count_the_first_eight_quarters(made):
    capacity = {"AMZN": 60.0, "CRWV": np.where(np.arange(40) < 8, 15.0, 500.0), "V_XAI": 5.0}
    base = made(
        {"compute_capacity": capacity}, {"unmet_demand": [1.0, 1e-9, 2.0, 0.0, 0.0, 3.0, *[0.0] * 2, *[9.0] * 32]}
    )
    assert value(base, "hyperscaler_capacity_share") == pytest.approx(0.75)
    assert value(base, "quarters_with_unmet_demand") == 3


def test_a_year_has_four_quarters_the_opening_one_included(made):
    later = np.where(np.arange(40) < 7, 2.0, 50.0)  # 2026Q2 to 2027Q4
    base = made({"capex": {"AMZN": 10.0, "V_AMZN": 99.0, "CRWV": 6.0, "NBIS": 2.0}, "other_capex": {"MSFT": later}})
    opening = 44.2 + 30.88 + 35.67 + 19.0 + 14.7
    assert value(base, "hyperscaler_capex_2026") == pytest.approx(3 * 12.0 + opening)
    assert value(base, "hyperscaler_capex_2027") == pytest.approx(4 * 12.0)
    assert value(base, "coreweave_capex_2026") == pytest.approx(3 * 6.0 + 6.8)
    assert value(base, "nebius_capex_2026") == pytest.approx(3 * 2.0 + 2.5)
    assert value(base, "capex_per_year_2030") == pytest.approx(4 * 117.0)
    assert value(base, "cumulative_ai_datacentre_spend") == pytest.approx(19 * 117.0)  # 2026Q2 to 2030Q4


def test_who_pays_counts_all_new_money_over_capex_and_burn(made):
    early = np.where(np.arange(40) < 16, 1.0, 100.0)
    base = made({
        "capex": {"MSFT": 60.0 * early}, "bonds_issued": {"MSFT": 10.0 * early}, "equity_raised": {"OAI": 5.0 * early},
        "vendor_money": {"ANT": 3.0 * early}, "facilities_drawn": {"CRWV": 2.0 * early},
        "margin": {"OAI": -15.0 * early, "ANT": 7.0 * early}, "interest": {"OAI": 5.0 * early},
    })  # fmt: skip
    assert value(base, "external_funding_share") == pytest.approx((10 + 5 + 3 + 2) / (60 + 15 + 5))


def test_kinds_of_money_add_up_and_the_trust_takes_from_private_credit(made):
    late = np.where(np.arange(40) < 11, 1.0, 100.0)  # 2026Q2 to 2028Q4
    base = made({
        "bonds_issued": {"MSFT": 10.0}, "high_yield_issued": {"CRWV": 2.0 * late}, "bank_loans_drawn": {"NBIS": 3.0},
        "facilities_drawn": {"CRWV": 5.0}, "private_credit_drawn": {"META": 40.0}, "securitised": {"V_META": 15.0},
        "equity_raised": {"OAI": 8.0}, "owner_money": {"V_XAI": 7.0}, "vendor_money": {"ANT": 25.0},
    })  # fmt: skip
    mix = [value(base, f"external_mix_{kind}") for kind in
           ("private_credit", "corporate_debt", "equity_sovereign", "securitised")]  # fmt: skip
    assert mix == pytest.approx([0.25, 0.2, 0.4, 0.15])


def test_borrowing_counts_the_notes_of_the_opening_quarter(made):
    base = made({"bonds_issued": {"AMZN": 10.0}, "private_credit_drawn": {"META": 4.0, "CRWV": 50.0}})
    assert value(base, "hyperscaler_borrowing_2026") == pytest.approx(109.7 + 3 * 14.0)


def test_interest_of_operators_is_over_what_they_sell(made):
    sales = np.where(np.arange(40) < 8, 10.0, 1000.0)
    base = made({"interest": {"CRWV": 2.0, "TAIL2": 1.0, "MSFT": 9.0}, "compute_sales": {"NBIS": sales}})
    assert value(base, "operator_interest_over_revenue") == pytest.approx(0.3)


def test_labs_are_read_off_their_own_lines(made):
    base = made({"margin": {"OAI": -4.0}, "interest": {"OAI": 0.5}, "user_revenue": {"ANT": np.arange(8.0, 48.0)}})
    assert value(base, "openai_burn_2026") == pytest.approx(3 * 4.5 + 3.7)
    assert value(base, "anthropic_revenue_2026Q2") == 8.0


def test_inputs_are_read_off_the_data(made):
    base = made(parameters={"opening_tightness": 1.2})
    rows = {name: list(csv.DictReader((DATA / f"{name}.csv").open())) for name in ("mix", "opening", "series")}
    capex = {each["firm"]: float(each["value"]) for each in rows["opening"] if each["item"] == "ai_capex"}
    share = {each["group"][6:]: float(each["share"]) for each in rows["mix"]
             if each["group"].startswith("chips:") and each["item"] == "NVDA"}  # fmt: skip
    bought = {who: capex.get(who, 0.0) * part for who, part in share.items()}
    five = sum(bought[who] for who in ("AMZN", "MSFT", "GOOG", "META", "ORCL"))
    assert value(base, "nvidia_share_to_hyperscalers") == pytest.approx(five / sum(bought.values()))
    first, last = (
        sum(float(each["value"]) for each in rows["series"] if each["quarter"] == quarter and each["firm"] != "ORCL")
        for quarter in ("2023Q1", "2024Q4")
    )
    assert value(base, "quarterly_capex_growth_mean") == pytest.approx(math.log(last / first) / 7)
    assert value(base, "opening_tightness") == 1.2
    assert value(base, "rpo_four_clouds") == 364 + 627 + 462 + 553
    assert value(base, "rpo_two_labs_share") == pytest.approx(918 / 2006)
    assert value(base, "lease_commitments_not_commenced") == pytest.approx(12.3 + 91.7 + 261 + 155)
    assert value(base, "hyperscaler_bonds_2026_jan_may") == pytest.approx(50 * 5 / 3)
    assert value(base, "datacentre_securitisation") == pytest.approx(35.0)


def test_only_the_two_largest_labs_count(made, city):
    claims = city.claims
    source = claims.source.copy()
    source[claims.id.index("take_or_pay_07")] = city.row["XAI"]  # 30 of ANT's 230
    three = made()
    three.result.ecosystem = replace(city, claims=replace(claims, source=source))
    assert value(three, "rpo_two_labs_share") == pytest.approx(888 / 2006)


def test_a_firm_that_fails_twice_counts_once(made):
    once, twice = np.zeros(40), np.zeros(40)
    once[30], twice[[5, 20]] = 1.0, 1.0
    base = made({"reorganised": {"CRWV": once, "NBIS": twice, "ORCL": twice, "AMD": once, "OAI": once}, "wound_up": {}})
    assert value(base, "defaults_hyperscalers_chipmakers") == 2
    assert value(base, "defaults_operators") == pytest.approx(2 / base.ecosystem.of_kind("operator").size)
    ends = made({"reorganised": {"CRWV": once}, "wound_up": {"NBIS": once, "AMD": twice}})
    assert value(ends, "defaults_operators") == value(base, "defaults_operators")
    assert value(ends, "defaults_hyperscalers_chipmakers") == 1
    with pytest.raises(NotMeasured, match="recovery_secured is not recorded"):
        MEASURES["recovery_loans_ultimate"](ends)
    with pytest.raises(NotMeasured, match="shorter than 40"):
        MEASURES["defaults_operators"](made({"reorganised": {}, "wound_up": {}}, quarters=39))


@pytest.mark.parametrize(("target", "series"), [
    ("recovery_loans_ultimate", "recovery_secured"),
    ("recovery_senior_unsecured", "recovery_unsecured"),
    ("recovery_firmwide", "recovery_firmwide"),
])  # fmt: skip
def test_recoveries_are_means_over_failures(made, target, series):
    path = np.full(40, np.nan)
    with pytest.raises(NotMeasured, match="nobody failed"):
        MEASURES[target](made(system={series: path}))
    path[[3, 9]] = 0.4, 0.8
    assert value(made(system={series: path}), target) == pytest.approx(0.6)


def test_a_short_run_says_what_it_lacks(made, sheets):
    system = {"price": 1.0, "unmet_demand": 0.0}
    reasons = {each.target.name: each.reason for each in measure(made({}, system, quarters=1), sheets[1])}
    assert reasons["hyperscaler_capex_2026"] == "the run does not have all of 2026"
    assert reasons["cumulative_ai_datacentre_spend"] == "the run does not have 2026Q2 to 2030Q4"
    assert reasons["quarters_with_unmet_demand"] == "the run is shorter than 8 quarters"
    assert reasons["anthropic_revenue_2026Q2"] == ""


def test_what_an_ecosystem_does_not_have_is_not_measured(sheets):
    small = abm.synthetic(seed=3)
    bare = baseline_of(RunResult(small, Recorder({"capex": [np.zeros(1)]}, {}), [0], 1, 0.0), {}, {})
    found = {each.target.name: each for each in measure(bare, [*sheets[1], a_target(name="gold_price")])}
    assert "OAI" in found["openai_burn_2026"].reason
    assert "series" in found["quarterly_capex_growth_mean"].reason
    assert found["price" if "price" in found else "chip_residual_value_4q"].reason == "price is not recorded"
    assert found["gold_price"].reason == "there is no measure of this name"


def a_target(low=0.0, high=1.0, role="check", name="one"):
    return Target(name, role, low, high, "share", "", "assumed", "", "")


@pytest.mark.parametrize(("low", "high", "median", "inside"), [
    (0.4, 0.6, 0.5, True), (0.5, 0.6, 0.5, True), (0.4, 0.5, 0.5, True), (0.51, 0.6, 0.5, False),
    (0.4, 0.49, 0.5, False), (math.nan, 0.5, 0.5, True), (0.5, math.nan, 9.0, True), (math.nan, 0.5, 0.6, False),
])  # fmt: skip
def test_inside_is_the_median_between_the_edges(low, high, median, inside):
    values = np.array([-50.0, median, 50.0, np.nan])
    assert Measured(a_target(low, high), values).inside is inside


def test_bands_are_ten_fifty_and_ninety_percent():
    assert Measured(a_target(), np.arange(11.0)).bands == pytest.approx([1.0, 5.0, 9.0])
    nothing = Measured(a_target(), reason="why")
    assert (nothing.bands, nothing.inside) == (None, None)


def test_only_measured_checks_pass_or_fail():
    good, bad = np.array([0.5]), np.array([2.0])
    four = [Measured(a_target(), good)] * 4
    rest = [Measured(a_target(role="fit"), bad), Measured(a_target(role="context"), bad), Measured(a_target())]
    assert passes([*four, Measured(a_target(), bad), *rest])  # four of five
    assert not passes([*four[1:], Measured(a_target(), bad), *rest])
    assert not passes(rest)
    assert counts([*four, *rest])["check"] == {"inside": 4, "outside": 0, "not_measured": 1}


def test_a_run_is_measured_as_its_own_tables_say(city, sheets):
    base = run_baseline(city, sheets[0], {}, quarters=16, worlds=2)
    run = base.result
    spent = sum(
        run.firm(each, "capex") + run.firm(each, "other_capex") for each in ("AMZN", "MSFT", "GOOG", "META", "ORCL")
    )
    np.testing.assert_allclose(MEASURES["hyperscaler_capex_2026"](base), spent.iloc[:, :3].sum(axis=1) + 144.45)
    mix = sum(MEASURES[name](base) for name in MEASURES if name.startswith("external_mix"))
    np.testing.assert_allclose(mix, 1.0)
    # The cumulated share lies among those of the quarters, which the model measures itself.
    each = run.system("external_share").to_numpy()
    share = MEASURES["external_funding_share"](base)
    assert (each.min(axis=1) < share).all() and (share < each.max(axis=1)).all()


# -- the command -----------------------------------------------------------------------------------
SMALL = ("targets", "--quarters", "16", "--worlds", "2")


def test_it_prints_a_row_per_target_and_what_counts(command, sheets):
    code, out, err = command(*SMALL)
    assert (code, err) == (0, "")
    for each in sheets[1]:
        assert each.name in out
    for part in ("2026Q2 to 2030Q1, median of 2 worlds, seed 1", "not measured: the run", "at least 500",
                 "Only targets of role check count as evidence", "fit: ", "context: "):  # fmt: skip
        assert part in out


def test_json_has_every_number_and_nothing_else(command, sheets):
    code, out, _ = command(*SMALL, "--json")
    facts = json.loads(out)
    assert (code, facts["worlds"], facts["quarters"], facts["quantiles"]) == (0, 2, 16, [0.1, 0.5, 0.9])
    assert [each["name"] for each in facts["targets"]] == [each.name for each in sheets[1]]
    rows = {each["name"]: each for each in facts["targets"]}
    assert rows["hyperscaler_capex_2027"]["high"] is None
    assert rows["capex_per_year_2030"]["measured"] is None and rows["capex_per_year_2030"]["reason"]
    assert rows["rpo_four_clouds"]["measured"] == [2006.0] * 3
    assert sum(facts["counts"]["check"].values()) == sum(each.role == "check" for each in sheets[1])


def test_a_setting_reaches_the_run(command):
    rows = [
        {each["name"]: each["measured"] for each in json.loads(command(*SMALL, "--json", *more)[1])["targets"]}
        for more in ((), ("--set", "gap_closing_quarters=5"))
    ]
    assert rows[0]["hyperscaler_capex_2026"] != rows[1]["hyperscaler_capex_2026"]


@pytest.fixture
def folder(tmp_path):
    """Make a copy of the data whose targets.csv has these rows (name, role, low, high), or none."""

    def copy(*rows: tuple[str, str, str, str]) -> str:
        place = tmp_path / "mine"
        shutil.copytree(DATA, place)
        (place / "targets.csv").unlink()
        if rows:
            lines = [f"{name},{role},{low},{high},share,2026,assumed,,made" for name, role, low, high in rows]
            head = "name,role,low,high,unit,period,grade,source,basis"
            (place / "targets.csv").write_text("\n".join([head, *lines]) + "\n")
        return str(place)

    return copy


@pytest.mark.parametrize(("low", "code"), [("0.5", 0), ("0.99", 1)])
def test_strict_is_an_exit_code(command, folder, low, code):
    where = folder(("hyperscaler_capacity_share", "check", low, "1"), ("rpo_four_clouds", "fit", "1", "2"))
    few = ("--quarters", "8", "--worlds", "1", "--ecosystem", where)
    assert command("targets", *few, "--strict")[0] == code
    if code:
        assert command("targets", *few)[0] == 0


@pytest.mark.parametrize(("arguments", "message"), [
    (("--quarters", "0"), "quarters"),
    (("--worlds", "0"), "worlds"),
    (("--set", "gap_closing_quarter=3"), "did you mean 'gap_closing_quarters'"),
    (("--ecosystem", "ai_2062"), "ai_2026"),
    (("--ecosystem", "city.graphml"), "states no targets"),
])  # fmt: skip
def test_bad_input_is_refused(command, arguments, message):
    code, out, err = command("targets", *arguments)
    assert (code, out) == (2, "")
    assert message in err and "Traceback" not in err


def test_data_without_targets_is_refused(command, folder):
    code, _, err = command("targets", "--ecosystem", folder())
    assert code == 2 and "no targets.csv" in err
