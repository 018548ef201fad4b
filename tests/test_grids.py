"""`cloudcity grid`: axes, outcomes, cells that are the same worlds, studies that go on where they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

import abm
from abm.errors import BadInput
from abm.parameters import Parameters
from abm.scenario import load_scenario
from experiments import cells, outcomes
from experiments.axes import Axis, parse_axes, parse_range, points
from experiments.blocks import Ensemble
from experiments.gridding import grid
from experiments.outcomes import Condition
from experiments.placing import SHOCK, placed

SMALL = Ensemble(load_scenario("shortfall"), worlds=3, quarters=9, seed=3)
OVER = [Axis("shock", (0.0, 0.5)), Axis("demand_noise", (0.01, 0.08))]


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("grid") / "study"
    return grid(SMALL, OVER, folder, jobs=1), folder


def test_axes_are_read_as_lists_and_as_even_steps():
    read = parse_axes(["shock = 0.1, 0.3", "NVDA.payout_share=0:0.9:4"], {})
    assert read == [Axis("shock", (0.1, 0.3)), Axis("NVDA.payout_share", (0.0, 0.3, 0.6, 0.9))]
    assert points(read)[1] == {"shock": 0.1, "NVDA.payout_share": 0.3}
    assert parse_range([], load_scenario("pause_4"), {}) == ("shock", 0.0, 40.0)
    assert parse_range(["confidence_loss=5:0"], load_scenario("baseline"), {}) == ("confidence_loss", 5.0, 0.0)


def test_nothing_else_is_called_shock():
    city = abm.load("ai_2026")
    taken = [*Parameters(city).names(), *city.id, *city.title]
    assert SHOCK not in [each.casefold() for each in taken]


def test_an_axis_sizes_all_shocks_of_a_kind_and_no_other():
    def sizes(scenario: str, point: dict) -> list:
        resized = placed(Ensemble(load_scenario(scenario)), point).scenario
        return [(each.what, each.size, each.factor) for each in resized.shocks]

    assert sizes("refinancing_wall", {"shock": 0.5}) == [("maturity_wall", 0.5, None)] * 2
    assert sizes("credit_crunch", {"shock.Spread": 0.1}) == [("absorption", 0.7, None), ("spread", 0.1, None)]
    assert sizes("obsolescence", {"shock.hardware_progress_rate": 0.4}) == [
        ("hardware_jump", 1.6, None), ("parameter", 0.4, None)]  # fmt: skip
    assert sizes("eu_push", {"shock.subsidy_response": 3.0})[1] == ("parameter", None, 3.0)


def test_a_cell_is_the_run_and_the_baseline_of_the_same_worlds_and_parameters(made):
    facts, folder = made
    assert facts["compares"] == "difference"
    runs = [abm.run("ai_2026", each, quarters=9, worlds=3, seed=3, parameters={"demand_noise": 0.08})
            for each in (load_scenario("shortfall").resized(0.5), "baseline")]  # fmt: skip
    after, before = (4.0 * each.system("capex").to_numpy()[:, 7:].mean(axis=1) for each in runs)
    cell = facts["cells"][3]
    assert cell["at"] == {"shock": 0.5, "demand_noise": 0.08}
    for of, values in (("scenario", after), ("baseline", before), ("difference", after - before)):
        assert cell["outcomes"]["capex"][of] == pytest.approx(list(np.quantile(values, (0.1, 0.5, 0.9))))
    assert cell["outcomes"]["capex"]["part"] == pytest.approx(np.median(after / before - 1.0))
    assert cell["outcomes"]["lost_capex"]["difference"][1] == pytest.approx(-np.median(after / before - 1.0))
    lost = sum(runs[0].system(each).to_numpy()[:, 7:].sum(axis=1) for each in ("written_off", "lost_by_suppliers"))
    assert cell["outcomes"]["credit_losses"]["scenario"] == pytest.approx(list(np.quantile(lost, (0.1, 0.5, 0.9))))
    table = pandas.read_csv(folder / "cells.csv")
    row = table.query("shock == 0.5 and demand_noise == 0.08 and outcome == 'capex' and run == 'difference'")
    assert row[["p10", "median", "p90"]].to_numpy().tolist() == [cell["outcomes"]["capex"]["difference"]]


def test_a_shock_of_no_size_changes_nothing(made):
    for cell in made[0]["cells"][:2]:
        assert all(each["difference"] == [0.0, 0.0, 0.0] for each in cell["outcomes"].values())
    for cell in made[0]["cells"][2:]:
        assert cell["outcomes"]["end_user_spending"]["part"] == pytest.approx(-0.5)


def test_where_nothing_strikes_levels_are_told(tmp_path):
    facts = grid(Ensemble(load_scenario("baseline"), worlds=2, quarters=2), [OVER[1]], tmp_path / "calm", jobs=1)
    assert facts["compares"] == "level"
    assert facts["from"] == "2026Q2"
    assert set(facts["cells"][0]["outcomes"]) == {each.key for each in outcomes.LEVELS}
    assert facts["cells"][0]["outcomes"]["capex"].keys() == {"scenario"}


def test_failures_count_once_a_firm_and_those_of_the_baseline_are_not_felled():
    failure = load_scenario("cloud_failure")
    soon = replace(failure, shocks=(replace(failure.shocks[0], at=2),))
    early = abm.run("ai_2026", soon, quarters=9, worlds=2)
    calm = abm.run("ai_2026", quarters=9, worlds=2)
    assert (outcomes.against(early, calm, 1)["felled"] >= 1.0).all()
    assert (outcomes.against(early, early, 1)["felled"] == 0.0).all()
    assert (outcomes.levels(early, 1)["failures"] <= early.system("defaults").sum(axis=1).to_numpy()).all()


def test_a_study_that_is_ended_goes_on_and_gives_the_same_bytes(made, tmp_path, monkeypatch):
    whole, folder, ran = files(made[1]), tmp_path / "again", []
    lived = cells.run_ensembles
    monkeypatch.setattr(cells, "_AT_ONCE", 2)
    monkeypatch.setattr(cells, "run_ensembles", lambda given, **more: ran.append(len(given)) or lived(given, **more))

    def stop(done: int, _: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grid(SMALL, OVER, folder, jobs=1, progress=stop)
    assert (folder / "unfinished").is_dir() and not (folder / "cells.csv").exists()
    assert ran == [3, 3]  # twice a baseline and the two cells that share it
    seen, ran[:] = [], []
    assert grid(SMALL, OVER, folder, jobs=2, progress=lambda *each: seen.append(each)) == made[0]
    assert files(folder) == whole
    assert not (folder / "unfinished").exists()
    assert ran == [3] and seen[0] == (4, 8) and seen[-1] == (8, 8)
    assert (5, 8) not in seen  # blocks that were there are not run again
    del ran[:]
    assert grid(SMALL, OVER, folder, jobs=1) == made[0]
    assert not ran
    next((folder / "worlds").iterdir()).unlink()
    grid(SMALL, OVER, folder, jobs=1)
    assert ran == [2]  # the cell and its baseline
    assert files(folder) == whole


def test_conditions_are_read_hold_and_are_said():
    asked = Condition.parse(" lost_capex>=0.25 ")
    assert (str(asked), asked.paired, asked.in_words()) == ("lost_capex >= 0.25", True, "at least 25% of capex is lost")
    assert asked.holds({"lost_capex": np.array([0.2, 0.25])}).tolist() == [False, True]
    assert Condition.parse("price<1e-1").holds({"price": np.array([0.1, 0.05])}).tolist() == [False, True]
    assert [Condition.parse(f"{each}>1").in_words() for each in outcomes.SAID]
    for text in ("failures", "failures>=", "failures>=many", "failures=>3", "failures>=nan", "failures>=inf", ""):
        with pytest.raises(BadInput, match="NAME OPERATOR NUMBER"):
            Condition.parse(text)


def test_the_command_prints_and_writes(command, tmp_path):
    asked = ("grid", "--over", "shock=0.3,0.5", "--worlds", "2", "--quarters", "9", "--set", "confidence_loss=5",
             "--jobs", "1", "--out", "made")  # fmt: skip
    code, out, err = command(*asked)
    assert code == 0, err
    for part in ("shortfall less its baseline", "the same 2 worlds", "(-30%)", "(-50%)", "Illustrative", "made"):
        assert part in out
    facts = json.loads(command(*asked, "--json")[1])
    assert facts["settings"] == {"confidence_loss": 5.0}
    assert facts == json.loads((tmp_path / "made" / "summary.json").read_text())


def test_an_interrupted_command_says_so_by_its_code(command, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.gridding.grid", stop)
    assert command("grid", "--over", "shock=0.1")[0] == 130


OF_PHASE = ("phase", "--outcome", "failures>1")
OF_REVERSE = ("reverse", "--outcome", "failures>1")
BAD = [
    (("grid",), "0 axes; expected at least one"),
    (("grid", "--over", "shock"), "ADDRESS=v1,v2"),
    (("grid", "--over", "shock=0.1,x"), "ADDRESS=v1,v2"),
    (("grid", "--over", "shock=0:1"), "ADDRESS=v1,v2"),
    (("grid", "--over", "shock=0:1:1"), "ADDRESS=v1,v2"),
    (("grid", "--over", "shock=0:1:2.5"), "ADDRESS=v1,v2"),
    (("grid", "--over", "shock=nan"), "ADDRESS=v1,v2"),
    (("grid", "--over", "shock=0.1,0.1"), "a value comes twice"),
    (("grid", "--over", "shock=0:1:401"), "at most 400"),
    (("grid", "--over", "shock=0:1:21", "--over", "confidence_loss=0:5:20"), "420 cells; expected at most 400"),
    (("grid", "--over", "shock=0.1", "--over", "Shock=0.2"), "given twice"),
    (("grid", "--over", "shock=0.1", "--over", "shock.end_demand=0.2"), "'shock.end_demand', which is given twice"),
    (("grid", "--over", "confidence_loss=1", "--over", "all.confidence_loss=2"), "given twice"),
    (("grid", "--over", "confidence_loss=1", "--set", "confidence_loss=2"), "given twice"),
    (("grid", "--over", "confidence_los=1"), "did you mean 'confidence_loss'"),
    (("grid", "--over", "confidence_loss=900"), "confidence_loss between"),
    (("grid", "--over", "shock=0.5,1.5"), "--over shock, size: found '1.5'; expected a number from 0 to 1"),
    (("grid", "--over", "shock=0.1", "--scenario", "baseline"), "no shock with a size"),
    (("grid", "--over", "shock=0.1", "--scenario", "cloud_failure"), "no shock with a size"),
    (("grid", "--over", "shock=0.1", "--scenario", "credit_crunch"), "shock.absorption, shock.spread"),
    (("grid", "--over", "shock.spred=0.1", "--scenario", "credit_crunch"), "did you mean 'shock.spread'"),
    (("grid", "--over", "shock=0.1", "--scenario", "shortfal"), "did you mean 'shortfall'"),
    (("grid", "--over", "shock=0.1", "--quarters", "7"), "at least 8"),
    (("grid", "--over", "shock=0.1", "--ecosystem", "ai_2062"), "ai_2026"),
    (("grid", "--over", "shock=0.1", "--seed", "-1"), "not below zero"),
    (("grid", "--over", "shock=0.1", "--out", "full"), "which holds 'mine.txt'"),
    ((*OF_PHASE, "--over", "shock=0.1,0.2"), "one axis; expected 2"),
    ((*OF_PHASE, "--over", "shock=0.1,0.2", "--over", "confidence_loss=1"), "2x1 cells"),
    (("phase", "--over", "shock=0.1,0.2", "--over", "confidence_loss=1,2"), "--outcome"),
    (("phase", "--outcome", "failure>1", "--over", "shock=0.1,0.2"), "did you mean 'failures'"),
    ((*OF_REVERSE, "--over", "shock=0.1,0.2"), "ADDRESS=from:to"),
    ((*OF_REVERSE, "--over", "shock=0.1:0.1"), "ADDRESS=from:to"),
    ((*OF_REVERSE, "--over", "shock=0:1", "--over", "confidence_loss=0:5"), "2 axes; expected one"),
    ((*OF_REVERSE, "--over", "shock=0:2"), "--over shock, size: found '2.0'"),
    ((*OF_REVERSE, "--over", "confidence_loss=0:5", "--set", "confidence_loss=2"), "given twice"),
    ((*OF_REVERSE, "--scenario", "disclosure"), "no shock that says a range"),
    ((*OF_REVERSE, "--scenario", "rate_shock"), "no shock that says a range"),
    ((*OF_REVERSE, "--probability", "0"), "above 0 and at most 1"),
    ((*OF_REVERSE, "--probability", "1.5"), "above 0 and at most 1"),
    ((*OF_REVERSE, "--tolerance", "0"), "0.001 to 1"),
    ((*OF_REVERSE, "--tolerance", "2"), "0.001 to 1"),
    ((*OF_REVERSE, "--points", "1"), "points"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_what_means_nothing_is_refused_and_leaves_nothing(command, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in sorted(tmp_path.rglob("*"))] == ["full", "mine.txt"]
