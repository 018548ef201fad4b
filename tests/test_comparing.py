"""`cloudcity compare`: differences are those of the same worlds, resumed studies end in the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.scenario import load_scenario
from experiments import store
from experiments.blocks import Ensemble
from experiments.comparing import MAIN, compare, facts_of

SMALL = Ensemble(load_scenario("baseline"), worlds=5, quarters=9, seed=3, block=3)
STRICT = {"confidence_loss": 5.0}


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("compared") / "study"
    return compare(SMALL, load_scenario("shortfall_50"), folder, jobs=1), folder


def test_differences_are_those_of_the_same_worlds(compared):
    facts, _ = compared
    base, fall = (abm.run("ai_2026", each, worlds=5, quarters=9, seed=3) for each in ("baseline", "shortfall_50"))
    chosen = np.array([each.startswith("2028") for each in base.quarters])
    assert chosen.sum() == facts["years"]["2028"]["quarters"] == 2
    row = facts["years"]["2028"]
    for key, names, scale in (("capex", ["capex"], 4.0), ("price", ["price"], 1.0),
                              ("credit_losses", ["written_off", "lost_by_suppliers"], 4.0)):  # fmt: skip
        before, after = (sum(run.system(name).to_numpy()[:, chosen] for name in names).mean(axis=1) * scale
                         for run in (base, fall))  # fmt: skip
        assert row[key]["difference"] == pytest.approx(list(np.quantile(after - before, (0.1, 0.5, 0.9))))
        assert row[key]["first"] == pytest.approx(list(np.quantile(before, (0.1, 0.5, 0.9))))
        assert row[key]["lower"] == (after < before).mean()
    assert row["end_user_spending"]["part"] == pytest.approx(-0.5)
    assert row["failures"]["second"] == list(np.quantile(fall.system("defaults").to_numpy()[:, chosen].sum(axis=1),
                                                         (0.1, 0.5, 0.9)))  # fmt: skip
    calm = facts["years"]["2026"]
    assert all(calm[each.key]["difference"] == [0.0, 0.0, 0.0] for each in MAIN)


def test_failures_name_both_sides():
    failure = load_scenario("cloud_failure")
    early = replace(failure, shocks=tuple(replace(each, at=2) for each in failure.shocks))
    runs = [abm.run("ai_2026", each, worlds=3, quarters=4, seed=3) for each in ("baseline", early)]
    failed = {each["firm"]: each for each in facts_of(*runs)["failures"]}
    assert (failed["CRWV"]["fails"], failed["CRWV"]["fails_in_baseline"], failed["CRWV"]["by_shock"]) == (1.0, 0.0, 1.0)


def test_started_again_nothing_is_run_and_the_bytes_are_the_same(compared, tmp_path):
    facts, folder = compared
    whole = {each.relative_to(folder): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    seen = []
    again = compare(SMALL, load_scenario("shortfall_50"), folder, progress=lambda *each: seen.append(each))
    assert again == facts
    assert not seen
    assert {each.relative_to(folder): each.read_bytes() for each in folder.rglob("*") if each.is_file()} == whole
    compare(SMALL, load_scenario("shortfall_50"), tmp_path / "other", jobs=2, progress=lambda *each: seen.append(each))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {each.relative_to(tmp_path / "other"): each.read_bytes()
            for each in (tmp_path / "other").rglob("*") if each.is_file()} == whole  # fmt: skip


def test_the_command_prints_writes_and_sets_a_parameter_on_both_sides(command, tmp_path):
    shock = '[[shock]]\nwhat = "end_demand"\nsize = 0.2\nat = 2\n'
    (tmp_path / "mine.toml").write_text(f'title = "Less"\nstory = "S."\n{shock}')
    asked = ("compare", "baseline", "mine.toml", "--worlds", "2", "--quarters", "3", "--set", "confidence_loss=5",
             "--jobs", "1", "--out", "made")  # fmt: skip
    code, out, err = command(*asked)
    assert code == 0, err
    for part in ("mine less baseline", "2 worlds, each under both", "(-14%)", "No firm fails", "Illustrative", "made"):
        assert part in out
    facts = json.loads(command(*asked, "--json")[1])
    assert facts["settings"] == STRICT
    assert json.loads((tmp_path / "made" / "summary.json").read_text()) == facts
    assert (tmp_path / "made" / "differences.csv").read_text().startswith("year,series,unit,run,p10,median,p90\n")
    first = store.load(tmp_path / "made" / "first")["run"]
    same = abm.run("ai_2026", worlds=2, quarters=3, parameters=STRICT)
    assert np.array_equal(first.system("confidence"), same.system("confidence"))


BAD = [
    (("baseline", "shortfal"), "did you mean 'shortfall'"),
    (("baseline", "shortfall", "--quarters", "7"), "at least 8"),
    (("baseline", "rescue", "--set", "confidence_los=1"), "did you mean 'confidence_loss'"),
    (("baseline", "rescue", "--set", "confidence_loss=900"), "confidence_loss between"),
    (("baseline", "rescue", "--ecosystem", "ai_2062"), "ai_2026"),
    (("baseline", "rescue", "--seed", "-1"), "not below zero"),
    (("baseline", "rescue", "--out", "full"), "which holds 'mine.txt'"),
    (("baseline", "rescue", "--out", "full/mine.txt"), "a new folder"),
    (("baseline", "rescue", "--jobs", "0"), "jobs"),
    (("baseline",), "SECOND"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_what_means_nothing_is_refused_and_leaves_nothing(command, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    code, out, err = command("compare", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in sorted(tmp_path.rglob("*"))] == ["full", "mine.txt"]
