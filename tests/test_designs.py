"""`cloudcity design`: one world a row, with that row's values and its own luck."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.scenario import load_scenario
from experiments import store
from experiments.blocks import Ensemble
from experiments.designs import read_design, run_design

GOOD = "confidence_loss,NVDA.ecosystem_investment_share\n0,0.1\n3,0.2\n5,0.3\n"


def test_each_row_is_a_world_with_its_values(command, tmp_path):
    (tmp_path / "mine.csv").write_text(GOOD)
    code, out, err = command("design", "mine.csv", "--quarters", "5", "--seed", "3", "--out", "made")
    assert code == 0, err
    for part in ("3 worlds of a design", "builders' capex", "rank correlation", "Illustrative", "made"):
        assert part in out
    values = {"confidence_loss": np.array([0.0, 3.0, 5.0]),
              "NVDA.ecosystem_investment_share": np.array([0.1, 0.2, 0.3])}  # fmt: skip
    same = abm.run("ai_2026", quarters=5, worlds=3, seed=3, parameters=values)
    stored = store.load(tmp_path / "made")["run"]
    assert np.array_equal(stored.system("capex"), same.system("capex"))
    second = abm.run("ai_2026", quarters=5, worlds=1, seed=3, first_world=1,
                     parameters={name: each[1] for name, each in values.items()})  # fmt: skip
    assert np.array_equal(stored.system("capex").iloc[1], second.system("capex").iloc[0])
    with (tmp_path / "made" / "worlds.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(each["confidence_loss"]) for each in rows] == [0.0, 3.0, 5.0]
    assert [float(each["capex"]) for each in rows] == pytest.approx(
        same.system("capex").iloc[:, 1:].sum(axis=1).tolist()
    )
    facts = json.loads(command("design", "mine.csv", "--quarters", "5", "--seed", "3", "--out", "made", "--json")[1])
    assert facts == json.loads((tmp_path / "made" / "summary.json").read_text())
    moved = facts["outcomes"]["capex"]["rank_correlation"]["confidence_loss"]
    assert moved == pytest.approx(
        np.corrcoef([0, 1, 2], np.argsort(np.argsort([float(each["capex"]) for each in rows])))[0, 1]
    )


BAD = [
    ("confidence_los\n1\n", "did you mean 'confidence_loss'"),
    ("confidence_loss\n900\n", "confidence_loss between"),
    ("confidence_loss,payout_share\n1,x\n2,\n", "line 3, payout_share"),
    ("confidence_loss\nnan\n", "line 2, confidence_loss"),
    ("confidence_loss,payout_share\n1\n", "line 2: found 1 values"),
    ("confidence_loss,confidence_loss\n1,2\n", "comes twice"),
    ("confidence_loss\n", "0 rows of values"),
    ("", "0 rows of values"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message for _, message in BAD])
def test_a_design_that_means_nothing_is_refused(command, tmp_path, text, message):
    (tmp_path / "mine.csv").write_text(text)
    code, out, err = command("design", "mine.csv", "--quarters", "1")
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["mine.csv"]


def test_a_file_that_is_not_there_or_too_long_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_design(tmp_path / "missing.csv")
    (tmp_path / "long.csv").write_text("confidence_loss\n" + "1\n" * 1_000_001)
    with pytest.raises(BadInput, match="1,000,001 rows"):
        read_design(tmp_path / "long.csv")


def test_started_again_only_missing_blocks_are_run_and_the_bytes_are_the_same(tmp_path):
    values = {"confidence_loss": np.array([0.0, 3.0, 5.0, 1.0, 2.0])}
    values["payout_share"] = 0.3
    design = Ensemble(load_scenario("baseline"), worlds=5, quarters=3, parameters=values, block=2)
    facts = run_design(design, tmp_path / "made", jobs=1)
    assert facts["settings"] == {"payout_share": 0.3}
    whole = {each: each.read_bytes() for each in (tmp_path / "made").rglob("*") if each.is_file()}
    lost = design.name(2, 2)
    shutil.rmtree(tmp_path / "made" / "blocks" / lost)
    (tmp_path / "made" / "worlds.csv").unlink()
    seen = []
    assert run_design(design, tmp_path / "made", jobs=1, progress=lambda *each: seen.append(each)) == facts
    assert seen == [(3, 3)]
    assert {each: each.read_bytes() for each in (tmp_path / "made").rglob("*") if each.is_file()} == whole


def test_what_is_set_holds_in_all_worlds_and_is_not_in_the_design(command, tmp_path):
    (tmp_path / "mine.csv").write_text(GOOD)
    asked = ("design", "mine.csv", "--quarters", "2", "--jobs", "1", "--out", "made")
    assert command(*asked, "--set", "payout_share=0.4")[0] == 0
    values = read_design(tmp_path / "mine.csv")
    same = abm.run("ai_2026", quarters=2, worlds=3, parameters={**values, "payout_share": 0.4})
    assert np.array_equal(store.load(tmp_path / "made")["run"].system("cash"), same.system("cash"))
    code, _, err = command(*asked, "--set", "Confidence_loss=4")
    assert (code, "that the design has not" in err) == (2, True)
    code, _, err = command(*asked, "--set", "payout_share=0.2")
    assert (code, "settings.payout_share is '0.4', not '0.2'" in err) == (2, True)
