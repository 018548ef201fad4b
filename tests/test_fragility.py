"""Where the network matters: the openings it is asked in, and what a row says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from abm.ecosystem import load
from abm.model import EcosystemModel
from experiments import fragility
from experiments.fragility import CONDITIONS, SETTINGS, where_it_matters
from experiments.fragility_words import verdict
from experiments.pairs import Frame


@pytest.fixture(scope="module")
def city():
    return load("ai_2026")


def opening(ecosystem):
    return EcosystemModel(ecosystem, worlds=1, seed=1).ledger


@pytest.mark.parametrize("name", [name for name, each in CONDITIONS.items() if each.opening(load("ai_2026"), 1.0)
                                  is not load("ai_2026")])  # fmt: skip
def test_no_strength_changes_nothing(city, name):
    before, after = opening(city), opening(CONDITIONS[name].opening(city, 0.0))
    assert np.array_equal(before.column("net_worth"), after.column("net_worth"))
    assert np.array_equal(before.amounts, after.amounts)


def test_leverage_doubles_what_clouds_owe_and_leaves_lenders_as_they_are(city):
    before, after = opening(city), opening(fragility.leveraged(city, 1.0))
    clouds, lenders = city.of_kind("operator"), city.of_kind("lender")
    layers = ("bond", "loan", "gpu_loan", "vendor_loan")
    assert before.owed(*layers)[clouds].sum() > 40.0
    assert np.allclose(after.owed(*layers)[clouds], 2.0 * before.owed(*layers)[clouds])
    worth = [each.column("net_worth")[lenders] for each in (before, after)]
    assert np.allclose(*worth) and (after.owed("funders") >= before.owed("funders")).any()


def test_concentration_moves_users_to_the_largest_lab(city):
    after = fragility.concentrated(city, 1.0).mixes["lab_revenue"]
    shares = {lab: each[0] for lab, each in after.items()}
    before = {lab: each[0] for lab, each in city.mixes["lab_revenue"].items()}
    largest = max(before, key=before.get)
    assert before[largest] < 0.6
    assert shares[largest] == pytest.approx(0.9) and sum(shares.values()) == pytest.approx(sum(before.values()))
    scaled = [shares[lab] / before[lab] for lab in before if lab != largest]
    assert scaled == pytest.approx([scaled[0]] * len(scaled)) and scaled[0] < 1.0


def test_capital_of_banks_and_the_trust_is_gone(city):
    before = opening(city).column("net_worth")[:, 0]
    after = opening(fragility.undercapitalised(city, 1.0)).column("net_worth")[:, 0]
    bound = np.isin(np.array(city.market), ("BK", "ABS"))
    assert np.allclose(after[bound], 0.2 * before[bound]) and np.array_equal(after[~bound][:-1], before[~bound][:-1])


def test_rows_say_what_the_network_adds():
    frame = Frame(worlds=4, quarters=20)
    rows = where_it_matters(frame, sizes=(0.5,), settings=("as shipped", "double pledging"), confidence=(3.0,))
    assert [row["setting"] for row in rows] == ["as shipped", "double pledging"]
    for row in rows:
        assert row["worst_residual"] < 1e-9 and row["lost"][1] > 500.0
    # Lenders who see twice the machines and get half of them lose more, and only through the settlement's channels.
    shipped, twice = rows
    assert twice["credit"] > shipped["credit"] + 1.0 and twice["credit_without"] == pytest.approx(0.0, abs=1e-9)
    assert twice["own"][1] > 1.0 and twice["share"] == pytest.approx(twice["own"][1] / twice["lost"][1], rel=0.5)
    assert any("at most" in each for each in verdict(rows))


def test_a_large_part_is_named():
    row = {"confidence_loss": 3.0, "setting": "leverage", "size": 0.3, "share": 0.25, "credit": 30.0,
           "credit_without": 10.0}  # fmt: skip
    small = {**row, "setting": "as shipped", "share": 0.01}
    said = " ".join(verdict([small, row]))
    assert "at most 1.0%" in said and "leverage (from 30%)" in said and "30.0 bn instead of 10.0 bn" in said


def test_the_command_prints_settings_and_verdict(command, monkeypatch):
    monkeypatch.setattr(fragility, "SETTINGS", {each: SETTINGS[each] for each in ("as shipped", "leverage")})
    small = ("study", "where-the-network-matters", "--worlds", "1", "--quarters", "12", "--quick", "--jobs", "1")
    code, out, _ = command(*small)
    assert code == 0 and "as shipped" in out and "owe twice as much" in out and "confidence loss 0" in out
    code, out, _ = command(*small, "--json")
    facts = json.loads(out)
    assert facts["study"] == "where-the-network-matters" and len(facts["rows"]) == 8
