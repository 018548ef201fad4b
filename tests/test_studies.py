"""Studies: rows agree with pairs of runs, signs are told from noise, and the command prints and refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

import abm
from abm.scenario import load_scenario
from experiments import mechanisms, studies
from experiments.amplification import revenue_amplification
from experiments.expected import MEASURES, QUANTITIES, WINDOWS, Quantity, Variant
from experiments.pairs import Frame

FRAME = Frame(worlds=2, quarters=12)
SMALL = ("--worlds", "2", "--quarters", "12", "--jobs", "1", "--quick")


def test_a_row_of_the_grid_is_a_pair_of_runs():
    row, other = studies.grid(FRAME, (0.3,), ("default", "confidence_loss 0"))
    shocked, baseline = (abm.run("ai_2026", each, quarters=12, worlds=2) for each in ("shortfall", "baseline"))
    assert row["per_dollar_sales"] == revenue_amplification(shocked, baseline, 8).facts()["per_dollar"]
    assert (row["setting"], row["size"], other["setting"]) == ("default", 0.3, "confidence_loss 0")
    calm = [abm.run("ai_2026", each, quarters=12, worlds=2, parameters={"confidence_loss": 0.0})
            for each in ("shortfall", "baseline")]  # fmt: skip
    assert other["per_dollar_sales"] == revenue_amplification(*calm, 8).facts()["per_dollar"]
    assert other["per_dollar_sales"] != row["per_dollar_sales"]


def test_the_loss_grows_with_the_shortfall_whatever_amplification_does():
    rows = studies.grid(FRAME, (0.1, 0.5), ("default",))
    assert rows[0]["capex_less"][1] < rows[1]["capex_less"][1]


def test_a_mechanism_adds_what_is_lost_with_it_and_not_without():
    rows = {(row["setting"], row["mechanism"]): row
            for row in mechanisms.by_setting(FRAME, ("default", "confidence_loss 0"))}  # fmt: skip
    pair, bare = ([abm.run("ai_2026", replace(load_scenario(each), switches=off), quarters=12, worlds=2)
                   for each in ("shortfall", "baseline")] for off in ({}, {"confidence": False}))  # fmt: skip
    added = revenue_amplification(*pair, 8).ratio - revenue_amplification(*bare, 8).ratio
    row = rows["default", "confidence"]
    np.testing.assert_allclose(row["adds_sales"], np.quantile(added, (0.1, 0.5, 0.9)), rtol=1e-12)
    assert row["adds_sales"][1] > 0.01 and not row["bears"]
    assert rows["default", ""]["adds_sales"] == [0.0] * 3
    # Who never loses confidence cannot lose less of it.
    assert rows["confidence_loss 0", "confidence"]["adds_sales"] == pytest.approx([0.0] * 3, abs=1e-3)
    tax = pair[1].system("tax").to_numpy()[:, 7:].sum(axis=1) - pair[0].system("tax").to_numpy()[:, 7:].sum(axis=1)
    aid = sum(pair[0].system(each).to_numpy()[:, 7:].sum(axis=1) - pair[1].system(each).to_numpy()[:, 7:].sum(axis=1)
              for each in ("subsidy", "rescue"))  # fmt: skip
    assert rows["default", ""]["bears"]["public purse"] == pytest.approx(float((tax + aid).mean()), rel=1e-9)


def test_mechanisms_are_printed_and_json_is_json(command):
    code, out, err = command("study", "mechanisms", *SMALL, "--out", "made")
    assert code == 0, err
    for part in ("lost sales per dollar", "the arms race", "who bears it", "public purse", "confidence_loss 0"):
        assert part in out
    table = pandas.read_csv(Path("made", "study.csv"))
    assert {"setting", "mechanism", "adds_losses_median", "bears_contract_partners"} <= set(table)


def test_an_order_of_failure_takes_a_group_as_one():
    def firm(name: str, quarter: str, often: float) -> dict:
        return {"firm": name, "by_shock": often, "sooner": 0.0, "quarters": [quarter] * 3}

    found = studies._order([firm("B", "2031Q1", 0.5), firm("TAIL1_2", "2030Q1", 0.2), firm("V_XAI", "2033Q1", 0.3),
                            firm("TAIL1_1", "2030Q2", 0.2), firm("SELDOM", "2029Q1", 0.05)])  # fmt: skip
    assert [each["firm"] for each in found] == ["TAIL1", "B", "V_XAI"]


@pytest.mark.parametrize(("change", "before", "sign"), [
    ([1.0, 1.1, 0.9], [10.0] * 3, "+"),
    ([-1.0, -1.1, -0.9], [10.0] * 3, "-"),
    ([1.0, -1.0, 0.2], [10.0] * 3, "0"),  # noise
    ([0.01, 0.01, 0.01], [10.0] * 3, "0"),  # certain, and next to nothing
    ([0.0] * 3, [0.0] * 3, "0"),
    ([3.0], [10.0], "+"),
])  # fmt: skip
def test_a_sign_is_more_than_noise(change, before, sign):
    assert studies.sign_of(np.array(change), np.array(before)) == sign


def test_expected_signs_are_written_for_every_measure():
    for quantity in QUANTITIES:
        assert tuple(quantity.expected) == MEASURES
        for checks in quantity.expected.values():
            assert all(when in WINDOWS and sign in "+-0?" for when, sign in checks)
    bonus = next(each for each in QUANTITIES if each.name == "bonus")
    assert bonus.expected["capex"] == (("early", "+"), ("late", "0"))
    assert bonus.expected["defaults"] == (("early", "-"),)


def test_a_quantity_is_measured_in_paired_runs():
    calm, loud = Variant(), Variant({"confidence_loss": 0.0})
    quantity = Quantity("k", "words", loud, calm, {"capex": (("after", "-"),), "AF": (("all", "-"),)}, after_shock=True)
    capex, ratio = studies.signs(FRAME, (quantity,))
    runs = [abm.run("ai_2026", "shortfall", quarters=12, worlds=2, parameters=each.parameters) for each in (loud, calm)]
    before, after = (each.system("capex").to_numpy()[:, 7:].sum(axis=1) for each in runs)
    assert capex["change"] == pytest.approx((after - before).mean())
    assert (capex["agrees"], capex["in"]) == (capex["sign"] == "-", "shortfall")
    assert ratio["agrees"] is (ratio["sign"] == "-")


def test_the_same_variant_against_itself_changes_nothing():
    same = Quantity("same", "words", Variant(), Variant(), QUANTITIES[0].expected)
    assert {each["sign"] for each in studies.signs(Frame(worlds=1, quarters=9), (same,))} == {"0"}


def test_the_grid_is_printed_and_written(command, monkeypatch):
    two = ("default", "confidence_loss 0")
    monkeypatch.setattr(studies, "SETTINGS", {name: studies.SETTINGS[name] for name in two})
    code, out, err = command("study", "shortfall-grid", *SMALL)
    assert code == 0, err
    for part in ("shortfall-grid: ai_2026, 2 worlds, 12 quarters", two[1], "50%", "who falls", "Illustrative"):
        assert part in out
    folder = Path(out.split("Tables: ")[1].strip())
    assert {each.name for each in folder.iterdir()} == {"question.json", "pieces", "summary.json", "study.csv"}
    rows = pandas.read_csv(folder / "study.csv")
    assert rows["size"].tolist() == list(studies.QUICK_SIZES) * 2
    facts = json.loads((folder / "summary.json").read_text())
    assert rows["per_dollar_sales_median"].tolist() == pytest.approx([e["per_dollar_sales"][1] for e in facts["rows"]])


def test_signs_are_printed_and_json_is_json(command, monkeypatch):
    monkeypatch.setattr(studies, "QUANTITIES", QUANTITIES[:2])
    code, out, err = command("study", "signs", *SMALL)
    assert code == 0, err
    assert "expected signs are found" in " ".join(out.split())
    code, out, _ = command("study", "signs", *SMALL, "--json")
    assert code == 0
    rows = json.loads(out)["rows"]
    assert {each["raised"] for each in rows} == {"x", "g_e"}


@pytest.mark.parametrize(("arguments", "message"), [
    (("study", "sign"), "did you mean 'signs'"),
    (("study",), "NAME"),
    (("study", "signs", "--worlds", "0"), "worlds"),
    (("study", "signs", "--quarters", "7"), "expected at least 8"),
    (("study", "shortfall-grid", "--quarters", "7"), "expected at least 8"),
    (("study", "signs", "--seed", "-1"), "a whole number not below zero"),
])  # fmt: skip
def test_bad_input_is_refused(command, tmp_path, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert not list(tmp_path.iterdir())
