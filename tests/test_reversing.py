"""`cloudcity reverse`: thresholds that are known are found, and what cannot be answered is said."""

from __future__ import annotations

import json

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.scenario import load_scenario
from experiments.blocks import Ensemble
from experiments.outcomes import Condition
from experiments.reversing import Search, answer, look, reverse

AT = np.linspace(0.2, 0.59, 40)  # the value from which each world tips


def found(holds, search: Search) -> tuple[dict, dict]:
    seen = look(lambda values: [holds(each) for each in values], search)
    return answer(seen, search.probability), seen


@pytest.mark.parametrize("wanted", [0.05, 0.25, 0.5, 0.9, 1.0])
def test_a_known_threshold_is_found_within_its_tolerance(wanted):
    search = Search(0.0, 1.0, wanted)
    said, seen = found(lambda value: value >= AT, search)
    truth = AT[round(wanted * 40) - 1]  # from here on that many worlds have tipped
    assert said["status"] == "tips"
    assert said["above"] < truth <= said["at"] and said["at"] - said["above"] <= search.within
    assert said["back"] == [] and said["worlds_back"] == 0.0
    assert len(seen) <= search.most
    low, high = said["interval"]
    assert (low is None or low <= said["above"]) and (high is None or said["at"] <= high)
    assert (high is None) == (wanted == 1.0)  # all of 40 worlds tip, and still a share below one is likely


def test_a_search_downwards_finds_the_same():
    up, _ = found(lambda value: value >= AT, Search(0.0, 1.0))
    down, _ = found(lambda value: 1.0 - value >= AT, Search(1.0, 0.0))
    assert down["at"] == pytest.approx(1.0 - up["at"])
    assert down["interval"] == pytest.approx([1.0 - each for each in up["interval"]])


def test_never_and_already_are_answers():
    never, seen = found(lambda value: AT < 0.0, Search(0.0, 1.0))
    assert (never["status"], never["at"], never["interval"]) == ("never", None, [1.0, None])
    assert len(seen) == 5
    already, _ = found(lambda value: AT > 0.0, Search(0.0, 1.0))
    assert (already["status"], already["at"], already["interval"]) == ("already", 0.0, [None, 0.0])


def test_what_is_not_monotone_is_said():
    said, _ = found(lambda value: (value >= AT) & (value < 0.9), Search(0.0, 1.0))
    assert said["status"] == "tips" and said["above"] < AT[19] <= said["at"]
    assert said["back"] == [{"from": 0.75, "to": 1.0, "probability": [1.0, 0.0]}]
    assert said["worlds_back"] == 1.0


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    search, hits = Search(0.0, 1.0, 0.5, 0.05), 0
    for seed in range(200):
        tips = np.random.default_rng(seed).uniform(0.0, 1.0, 30)
        low, high = found(lambda value, tips=tips: tips <= value, search)[0]["interval"]
        hits += low <= 0.5 <= high
    assert hits >= 185  # 190 expected; the tolerance makes it wider


@pytest.mark.parametrize(("wrong", "message"), [
    ({"probability": 0.0}, "--probability"), ({"probability": float("nan")}, "--probability"),
    ({"tolerance": 1e-4}, "--tolerance"), ({"tolerance": float("nan")}, "--tolerance"), ({"points": 1}, "points"),
])  # fmt: skip
def test_searches_that_mean_nothing_are_refused(wrong, message):
    with pytest.raises(BadInput, match=message):
        Search(0.0, 1.0, **wrong)


def test_the_living_model_tips_where_spending_says_so_and_goes_on_where_it_was(tmp_path):
    """End users spend what they would but for the shock, less its share."""
    calm = 4.0 * abm.run("ai_2026", quarters=9, worlds=4, seed=3).system("end_demand").to_numpy()[:, 7:].mean(axis=1)
    least = 0.7 * float(np.median(calm))
    truth = float(np.sort(1.0 - least / calm)[1])  # two of four worlds spend less from here on
    ensemble = Ensemble(load_scenario("shortfall"), worlds=4, quarters=9, seed=3)
    asked = "shock", Search(0.1, 0.6, tolerance=0.1), Condition.parse(f"end_user_spending<{least!r}")
    facts = reverse(ensemble, *asked, tmp_path / "made", jobs=1)
    assert facts["status"] == "tips" and facts["above"] <= truth <= facts["at"]
    whole = {each.name: each.read_bytes() for each in (tmp_path / "made").rglob("*") if each.is_file()}
    (tmp_path / "made" / "summary.json").unlink()
    next((tmp_path / "made" / "worlds").iterdir()).unlink()
    assert reverse(ensemble, *asked, tmp_path / "made", jobs=2) == facts
    assert {each.name: each.read_bytes() for each in (tmp_path / "made").rglob("*") if each.is_file()} == whole
    assert (tmp_path / "made" / "points.csv").read_text().startswith("value,worlds,of,probability,low,high\n0.1,")


def test_the_command_answers_in_words(command, tmp_path):
    asked = ("reverse", "--worlds", "4", "--quarters", "9", "--points", "2", "--jobs", "1")
    code, out, err = command(*asked, "--outcome", "failures>=0", "--out", "low")
    assert code == 0, err
    assert "Tips already at shock = 0" in out and "4 worlds: before 0 or at it." in out
    code, out, _ = command(*asked, "--outcome", "failures>=999", "--out", "high")
    assert code == 0 and "Never tips from 0 to 1" in out and "4 worlds: beyond 1." in out
    part = ("--outcome", "lost_sales>=0.1", "--tolerance", "0.2", "--out", "made")
    code, out, _ = command(*asked, *part)
    assert code == 0
    for words in ("at least 10% of sales are lost in 50% of worlds", "Tips at shock = ", "enough", "Tables: made"):
        assert words in out
    facts = json.loads(command(*asked, *part, "--json")[1])
    assert facts == json.loads((tmp_path / "made" / "summary.json").read_text())
