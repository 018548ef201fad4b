"""`cloudcity knockout`: one firm fails and the difference is what the others lose."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import abm
from abm.scenario import DatedShock, load_scenario
from abm.statement import LINES
from experiments.knocking import agreement, can_fail, knock_out, of_network
from experiments.pairs import Frame

SMALL = Frame(worlds=2, quarters=4, seed=3)


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return knock_out(SMALL, ["CRWV", "OAI", "Mistral AI"], at=2)


def test_others_lose_what_the_pair_of_runs_says_line_by_line(rows):
    failure = replace(load_scenario("baseline"), shocks=(DatedShock("default", 2, who="OAI"),))
    fall, calm = (abm.run("ai_2026", each, worlds=2, quarters=4, seed=3) for each in (failure, "baseline"))
    difference, row = calm.against(fall), next(each for each in rows if each["firm"] == "OAI")

    def change(firm: str, lines) -> np.ndarray:
        return sum(difference.firm(firm, line).iloc[:, 1:].sum(axis=1).to_numpy() for line in lines)

    others = [each for each in can_fail(calm.ecosystem) if each != "OAI"]
    lost = sum(change(each, [line for line in LINES if line != "worth_from_marks"]) for each in others)
    assert row["lost_by_others"] == pytest.approx(list(np.quantile(lost, (0.1, 0.5, 0.9))))
    marked = sum(change(each, ["worth_from_marks"]) for each in others)
    assert row["marked_down"] == pytest.approx(list(np.quantile(marked, (0.1, 0.5, 0.9))))
    assert row["lost"] == pytest.approx(list(np.quantile(change("OAI", LINES), (0.1, 0.5, 0.9))))
    assert row["lost"][1] == pytest.approx(float(difference.firm("OAI", "net_worth").iloc[:, -1].median()))
    assert row["capex_less"][1] == pytest.approx(float(difference.system("capex").iloc[:, 1:].sum(axis=1).median()))


def test_rows_are_ranked_and_carry_the_measures_of_the_opening_network(rows):
    assert [each["firm"] for each in rows] == ["OAI", "MIS", "CRWV"]
    lost = [each["lost_by_others"][1] for each in rows]
    assert lost == sorted(lost, reverse=True)
    still = of_network(abm.load("ai_2026"), ["CRWV", "OAI"])
    assert {name: rows[0][name] for name in still} == still.loc["OAI"].to_dict()
    assert all(-1.0 <= each <= 1.0 for each in agreement(rows).values())
    assert agreement(rows[:2]) == {"debtrank": None, "intercentrality": None}
    assert max(each["worst_residual"] for each in rows) < 1e-9


def test_others_that_fail_are_counted_and_the_firm_itself_is_not():
    found = knock_out(Frame(worlds=2, quarters=8, seed=1), ["BANK", "MIS"], at=2)
    assert {each["firm"]: each["others_fail"] for each in found} == {"BANK": 1.0, "MIS": 0.0}


def test_the_command_prints_and_writes_the_same_whatever_the_processes(command, tmp_path):
    asked = ("knockout", "--firm", "CRWV", "--firm", "TAIL1", "--worlds", "2", "--quarters", "3")
    code, out, err = command(*asked, "--out", "one")
    assert code == 0, err
    for part in ("CRWV", "TAIL1_6", "DebtRank", "Rank correlation", "Illustrative", "one"):
        assert part in out
    facts = json.loads(command(*asked, "--out", "two", "--jobs", "1", "--json")[1])
    assert len(facts["firms"]) == 7
    for name in ("summary.json", "firms.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert json.loads((tmp_path / "one" / "summary.json").read_text()) == facts


BAD = [
    (("--firm", "NVIDA"), "did you mean 'NVIDIA'"),
    (("--firm", "US"), "a firm that can fail"),
    (("--at", "5", "--quarters", "4"), "1 to 4"),
    (("--worlds", "65"), "64"),
    (("--ecosystem", "ai_2062"), "ai_2026"),
    (("--out", "mine.txt"), "a new folder"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_what_means_nothing_is_refused(command, tmp_path, arguments, message):
    (tmp_path / "mine.txt").write_text("mine")
    code, out, err = command("knockout", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]
