"""`cloudcity parameters`: everything that can be set is in the table, with its source."""

from __future__ import annotations

import csv
import json

import pytest

import abm
from abm.ecosystem import load
from abm.parameters import DECLARED, Parameters
from experiments.parameter_table import COLUMNS, parameter_rows


def test_every_row_is_an_address_that_takes_its_default_and_all_are_there():
    rows = parameter_rows()
    assert {each["address"].rpartition(".")[2] for each in rows} == set(Parameters(load("ai_2026")).names())
    Parameters(load("ai_2026"), {each["address"]: each["default"] for each in rows})
    assert all(each["least"] <= each["default"] <= each["most"] and each["unit"] and each["meaning"] for each in rows)
    assert all(tuple(each) == COLUMNS for each in rows)
    kinds = {each["address"]: each["default"] for each in rows if each["address"].endswith("leverage_limit")}
    assert kinds == {"leverage_limit": 2.0, "operator.leverage_limit": 4.0, "vehicle.leverage_limit": 7.0}


def test_a_pattern_finds_names_symbols_and_meanings_in_any_case(command):
    assert {each["address"] for each in parameter_rows("k_REC")} == {"confidence_recovery"}
    code, out, err = command("parameters", "loss of lenders' confidence")
    assert (code, err) == (0, "")
    assert "confidence_loss" in out
    assert "payout_share" not in out


def test_json_and_csv_say_the_same_and_sources_come_with_the_data(command, tmp_path):
    code, out, err = command("parameters", "chip", "--json", "--csv", "chips.csv")
    assert code == 0
    assert "chips.csv" in err
    rows = json.loads(out)
    with (tmp_path / "chips.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [each["address"] for each in written] == [each["address"] for each in rows]
    assert {each["source"] for each in rows if each["address"] == "chip_life_quarters"} == {
        "book life; policies of 5 to 6 years, see useful_life_servers"
    }
    assert float(written[0]["default"]) == rows[0]["default"]
    assert rows[0]["address"] in DECLARED


BAD = [
    (("parameters", "confidence_lost"), "did you mean 'confidence_loss'"),
    (("parameters", "--csv", "missing/table.csv"), "No such file"),
    (("parameters", "--csv", "."), "--csv"),
    (("parameters", "--ecosystem", "ai_2062"), "ai_2026"),
    (("parameters", "--ecosystem", "mine.graphml"), "no sources"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_what_means_nothing_is_refused(command, tmp_path, arguments, message):
    abm.write_graphml(load("ai_2026"), tmp_path / "mine.graphml")
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["mine.graphml"]
