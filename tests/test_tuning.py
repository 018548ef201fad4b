"""Tuning: the loss, a search that finds what was planted and leaves the rest alone, and the command."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest

from abm.errors import BadInput
from abm.parameters import DECLARED
from abm.scenario import load_scenario
from experiments.targets import Measured, Target
from experiments.tuning import HOLD, distance, fit_measured, loss_of, search, space_of


def a_target(low, high):
    return Target("one", "fit", low, high, "share", "", "assumed", "", "")


@pytest.mark.parametrize(("low", "high", "value", "expected"), [
    (600, 750, 675, 0.0), (600, 750, 600, 0.0), (600, 750, 525, 1.0), (600, 750, 900, 2.0),
    (500, math.nan, 700, 0.0), (500, math.nan, 400, 0.2), (math.nan, 10, 12, 0.2), (math.nan, 10, 3, 0.0),
])  # fmt: skip
def test_distance_is_in_half_widths(low, high, value, expected):
    assert distance(value, a_target(low, high)) == pytest.approx(expected)


def test_the_loss_adds_up_squares_of_what_was_measured():
    found = [Measured(a_target(0, 2), np.array([3.0])), Measured(a_target(0, 2), np.array([5.0])),
             Measured(a_target(0, 2), reason="why")]  # fmt: skip
    assert loss_of(found) == pytest.approx(1.0 + 9.0)


def test_five_parameters_are_tuned():
    assert set(space_of([])) == {
        "arms_race_weight", "expectation_speed", "capex_adjustment_speed", "gap_closing_quarters", "end_demand_growth"
    }  # fmt: skip
    assert "arms_race_weight" not in space_of(["hyperscaler.arms_race_weight"])


def planted(candidate):
    return 20.0 * (candidate["gap_closing_quarters"] / 6.0 - 1.0) ** 2


def test_it_finds_what_was_planted_and_leaves_the_rest_alone():
    space = {name: DECLARED[name] for name in ("gap_closing_quarters", "arms_race_weight")}
    found = search(planted, space, 80, 1, None)
    assert found.best["gap_closing_quarters"] == pytest.approx(6.0, abs=0.4)
    assert found.best["arms_race_weight"] == pytest.approx(0.35, abs=0.1)
    assert found.before == pytest.approx(planted({"gap_closing_quarters": 3.0}))
    assert found.after == planted(found.best) < 0.1
    assert found.identified("gap_closing_quarters") and not found.identified("arms_race_weight")
    assert found.reach["gap_closing_quarters"] == pytest.approx(planted({"gap_closing_quarters": 3.0}), abs=0.1)
    assert found.reach["arms_race_weight"] == 0.0


def test_a_gain_that_is_smaller_than_the_way_is_not_taken():
    space = {"arms_race_weight": DECLARED["arms_race_weight"]}
    found = search(lambda candidate: -0.5 * HOLD * candidate["arms_race_weight"] ** 2, space, 40, 1, None)
    assert found.best["arms_race_weight"] < 0.5  # all the way to 0.6 would pay without what holds it


def test_the_defaults_are_tried_first():
    space = space_of([])
    assert search(planted, space, 1, 1, None).best == {name: each.default for name, each in space.items()}


def test_what_is_held_is_held_and_a_candidate_is_run():
    def kept(held, candidate):
        found = fit_measured("ai_2026", held, worlds=1, quarters=8)(candidate)
        return next(each.bands[1] for each in found if each.target.name == "chip_residual_value_4q")

    fast = {"hardware_progress_rate": 0.4}
    assert kept(fast, {}) == kept({}, fast) < kept({}, {}) - 0.05


def test_equal_seeds_give_equal_results_and_progress_ends_full():
    seen = []
    runs = [search(planted, space_of([]), 12, seed, lambda *each: seen.append(each)) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]
    assert seen[-1][0] == seen[-1][1] == len(seen) // 3


# -- the command -----------------------------------------------------------------------------------
HELD = ("--set", "end_demand_growth=0.165", "--set", "expectation_speed=0.5", "--set", "arms_race_weight=0.35")
TINY = ("tune", "--trials", "3", "--worlds", "2", "--quarters", "8", *HELD)


def test_it_prints_values_and_writes_a_scenario_that_runs_with_them(command, tmp_path):
    code, out, err = command(*TINY, "--write", "tuned.toml")
    assert (code, err) == (0, "")
    for part in ("gap_closing_quarters", "capex_adjustment_speed", "hyperscaler_capex_2026", "600 to 750",
                 "not measured: the run is shorter", "no evidence"):  # fmt: skip
        assert part in out
    assert "arms_race_weight" not in out
    facts = json.loads(command(*TINY, "--json")[1])  # the same again
    written = load_scenario(tmp_path / "tuned.toml").parameters
    assert written == {name: each["best"] for name, each in facts["parameters"].items()}
    assert facts["loss_after"] <= facts["loss_before"]
    rows = [each for each in facts["targets"].values() if each["after"]]
    squares = [distance(each["after"], a_target(each["low"], each["high"])) ** 2 for each in rows]
    assert len(squares) == 2  # capex and the chips of four quarters
    assert facts["loss_after"] == pytest.approx(sum(squares))


@pytest.mark.parametrize(("arguments", "message"), [
    (("--trials", "0"), "trials"),
    (("--write", "there.txt"), "a new file"),
    (("--write", "no/where.toml"), "a folder that exists"),
    (("--quarters", "1"), "no target of role fit"),
    ((*HELD, "--set", "gap_closing_quarters=4", "--set", "capex_adjustment_speed=0.3"), "left free"),
    (("--ecosystem", "ai_2062"), "ai_2026"),
])  # fmt: skip
def test_bad_input_is_refused(command, tmp_path, arguments, message):
    (tmp_path / "there.txt").write_text("mine")
    code, out, err = command("tune", *arguments)
    assert (code, out) == (2, "")
    assert message in err and "Traceback" not in err
    assert (tmp_path / "there.txt").read_text() == "mine"


def test_without_the_optimiser_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(BadInput, match="cloudcity\\[tune\\]"):
        search(planted, space_of([]), 1, 1, None)
