"""Losses of the living model in parts that add up: by line, firm and quarter, and by mechanism."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pandas
import pytest

from abm.scenario import load_scenario
from abm.statement import LINES
from experiments import attribution
from experiments.attribution import PLAYERS, REST, by_firm, by_kind
from experiments.pairs import Frame, pair

FIRST = 8


@pytest.fixture(scope="module")
def runs():
    return pair(Frame(worlds=2, quarters=20), load_scenario("shortfall_50"))


def test_lines_add_up_to_what_balance_sheets_lose(runs):
    shocked, baseline = runs
    found = by_kind(*runs, FIRST)
    assert found["residual"] < 1e-12
    difference = shocked.against(baseline)
    for kind, row in found["kinds"].items():
        worth = -difference.firm(kind, "net_worth").to_numpy()
        assert row["total"] == pytest.approx((worth[:, 18] - worth[:, FIRST - 2]).mean(), rel=1e-9, abs=1e-9)
        assert sum(row[line] for line in LINES) == pytest.approx(row["total"], rel=1e-9, abs=1e-9)
    assert found["kinds"]["chipmaker"]["worth_from_trade"] > 100.0


def test_firms_add_up_to_kinds_quarter_by_quarter(runs):
    table, kinds = by_firm(*runs, FIRST), by_kind(*runs, FIRST)["kinds"]
    assert set(table["quarter"]) == set(runs[0].quarters[7:19])
    makers = [runs[0].ecosystem.id[row] for row in runs[0].ecosystem.of_kind("chipmaker")]
    mine = table[table["firm"].isin(makers)]
    for line in LINES:
        assert mine.loc[mine["line"] == line, "mean"].sum() == pytest.approx(kinds["chipmaker"][line], abs=1e-9)
    assert (table["p10"] <= table["p90"]).all()


def test_without_a_shock_nothing_is_lost():
    calm = Frame(worlds=1, quarters=10).run(load_scenario("baseline"))
    assert by_firm(calm, calm, FIRST).empty
    assert all(each["total"] == 0.0 for each in by_kind(calm, calm, FIRST)["kinds"].values())


def test_shapley_values_of_a_known_game(monkeypatch):
    """Three of the mechanisms add 1, 2 and 4 alone, two of them 3 more together; 10 is there anyway."""
    alone = dict(zip(PLAYERS, (1.0, 2.0, 4.0, 0.0), strict=True))

    def known(frame, scenario, first, quarters, off):
        on = set(PLAYERS) - set(off)
        loss = 10.0 + sum(alone[each] for each in on) + 3.0 * ({PLAYERS[0], PLAYERS[1]} <= on)
        return {"sales": np.array([loss]), "worth": np.array([2.0 * loss])}

    monkeypatch.setattr(attribution, "losses_without", known)
    found = attribution.by_mechanism(Frame(worlds=1, quarters=20), load_scenario("shortfall"))
    means = found["sales"]["means"]
    assert [means[each] for each in (*PLAYERS, REST)] == pytest.approx([2.5, 3.5, 4.0, 0.0, 10.0])
    assert found["sales"]["whole"] == pytest.approx(20.0) and found["worth"]["whole"] == pytest.approx(40.0)
    assert found["sales"]["residual"] < 1e-15


def test_every_subset_of_mechanisms_is_run_once(monkeypatch):
    seen = []

    def note(frame, scenario, first, quarters, off):
        seen.append(off)
        return {"sales": np.zeros(1), "worth": np.zeros(1)}

    monkeypatch.setattr(attribution, "losses_without", note)
    attribution.by_mechanism(Frame(worlds=1, quarters=20), load_scenario("shortfall"))
    assert sorted(seen) == sorted(each for size in range(5) for each in combinations(PLAYERS, size))


def test_the_command_prints_parts_and_writes_every_firm(command, tmp_path):
    small = ("attribution", "--worlds", "1", "--quarters", "9", "--jobs", "1", "--scenario", "shortfall_50")
    code, out, _ = command(*small, "--out", str(tmp_path / "here"))
    assert code == 0 and "the arms race" in out and "demand, prices and plans" in out and "add up to the loss" in out
    table = pandas.read_csv(tmp_path / "here" / "attribution.csv")
    assert {"NVDA", "OAI", "CRWV"} <= set(table["firm"]) and set(table["line"]) <= set(LINES)
    code, out, _ = command(*small, "--out", str(tmp_path / "here"), "--json")
    facts = json.loads(out)
    assert facts["residual"] < 1e-12 and set(facts["mechanisms"]["sales"]["means"]) == {*PLAYERS, REST}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(("--scenario", "shortfal"), "did you mean 'shortfall'"), (("--quarters", "7"), "expected at least 8"),
     (("--worlds", "65"), "64"), (("--seed", "-1"), "not below zero")],
)  # fmt: skip
def test_bad_input_is_refused(command, wrong, words):
    code, out, err = command("attribution", *wrong)
    assert code == 2 and not out and words in " ".join(err.split())
