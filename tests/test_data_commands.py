"""The data commands: what they print, how they end, and that nothing half-written stays."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from ecosystems import assert_same, change, copy_of, line_of
from typer.testing import CliRunner

from abm.ecosystem import load, shipped
from abm.errors import BadInput
from experiments.commands.data import app


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_check_says_what_there_is():
    result = run("check")
    assert result.exit_code == 0
    assert "ai_2026, opening 2026Q1" in result.stdout
    assert "firms 37, opening 577, claims 140, mix 333" in result.stdout
    assert "45: hyperscaler 5, operator 14" in result.stdout
    assert "218: equity 28, bond 48" in result.stdout
    assert "reported 91, press 104, estimated 274, assumed 606" in result.stdout
    assert result.stdout.endswith("0 faults\n")
    assert result.stderr == ""


def test_check_lists_every_fault_and_ends_with_two(tmp_path):
    folder = copy_of("ai_2026", tmp_path / "copy")
    change(folder / "firms.csv", 2, region="Mars")
    change(folder / "opening.csv", 3, value="-1")
    result = run("check", folder)
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith("firms.csv, line 2, region: found 'Mars'")
    assert lines[1].startswith("opening.csv, line 3, value: found '-1'")
    assert lines[-1] == "2 faults"
    assert len(lines) == 3


@pytest.mark.parametrize("where", ["ai_206", "no/such/folder", "none.graphml"])
def test_check_of_nothing_is_one_fault(where):
    result = run("check", where)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "1 fault"
    assert isinstance(result.exception, SystemExit)


def test_list_names_every_shipped_ecosystem():
    result = run("list")
    assert result.exit_code == 0
    for name in shipped():
        assert name in result.stdout
    assert "2026Q1" in result.stdout
    assert "56%" in result.stdout


def test_show_prints_numbers_with_source_date_and_grade():
    result = run("show", "nvidia")
    assert result.exit_code == 0
    assert "NVDA, NVIDIA, chipmaker" in result.stdout
    for words in ("chip_capacity", "equity_03 NVDA -> OAI (active)", "reported", "2026-03-31", "chips:AMZN: NVDA"):
        assert words in result.stdout
    assert "\x1b[" not in result.stdout


def test_show_as_json_holds_every_number_of_the_firm():
    sheet = json.loads(run("show", "AMZN", "--json").stdout)
    assert (sheet["id"], sheet["kind"], sheet["share"]) == ("AMZN", "hyperscaler", 1.0)
    numbers = {(each["file"], each["what"]): each for each in sheet["numbers"]}
    capex = numbers["opening.csv", "capex_total"]
    assert (capex["value"], capex["unit"], capex["grade"]) == ("44.2", "USD bn per quarter", "reported")
    assert capex["source"].startswith("Amazon 10-Q")
    assert capex["line"] == 2
    share = numbers["opening.csv", "ai_share_of_capex"]
    assert (share["low"], share["high"], share["basis"][:4]) == ("0.5", "0.8", "rest")
    drawn = numbers["claims.csv", "bond_02 IG -> AMZN (active): drawn"]
    assert (drawn["value"], drawn["grade"]) == ("16.6", "estimated")
    # A reported row with a chosen rate: the rate is graded assumed.
    assert numbers["claims.csv", "bond_02 IG -> AMZN (active): rate"]["grade"] == "assumed"
    assert {"mix.csv", "series.csv", "facts_entities.csv", "facts_links.csv"} <= {file for file, _ in numbers}
    assert all(each["source"] or each["basis"] for each in sheet["numbers"])


def test_show_of_a_member_gives_the_group_and_its_share():
    sheet = json.loads(run("show", "tail1_3", "--json").stdout)
    assert (sheet["id"], sheet["group"], sheet["share"]) == ("TAIL1_3", "TAIL1", 0.110022)
    assert any(each["what"] == "tail_size:TAIL1: TAIL1_3" for each in sheet["numbers"])
    assert "of the group TAIL1, of which TAIL1_3 is 0.11" in run("show", "TAIL1_3").stdout


def test_show_refuses_the_unknown(tmp_path):
    with pytest.raises(BadInput, match="did you mean 'NVDA'"):
        raise run("show", "NVDAA").exception
    with pytest.raises(BadInput, match="no citations"):
        raise run("show", "NVDA", "--ecosystem", tmp_path / "x.graphml").exception
    with pytest.raises(BadInput, match="no such folder"):
        raise run("show", "NVDA", "--ecosystem", tmp_path / "x").exception


def test_markup_in_data_is_printed_not_obeyed(tmp_path):
    folder = copy_of("ai_2026", tmp_path / "copy")
    path = folder / "opening.csv"
    change(path, line_of(path, firm="NVDA", item="cash"), basis="[red]x[/red][/] :bank:")
    result = run("show", "NVDA", "--ecosystem", folder)
    assert result.exit_code == 0
    assert "[red]x[/red][/] :bank:" in result.stdout


@pytest.mark.parametrize("output", ["copy", "copy.graphml", "copy.GRAPHML"])
def test_export_and_load_again(tmp_path, output):
    result = run("export", tmp_path / output)
    assert result.exit_code == 0
    assert_same(load("ai_2026"), load(tmp_path / output), groups=output != "copy")
    assert [each.name for each in tmp_path.iterdir()] == [output]
    assert run("check", tmp_path / output).exit_code == 0


def test_export_of_another_ecosystem(tmp_path):
    run("export", tmp_path / "city.graphml")
    result = run("export", tmp_path / "again", "--ecosystem", tmp_path / "city.graphml")
    assert result.exit_code == 0
    assert len(load(tmp_path / "again")) == 45


def test_export_over_something_is_refused(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "note").touch()
    with pytest.raises(BadInput, match="something there already"):
        raise run("export", tmp_path / "taken").exception
    with pytest.raises(BadInput, match="a shipped ecosystem"):
        raise run("export", tmp_path / "new", "--ecosystem", "ai_1").exception
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_the_commands_import_nothing_heavy_before_they_run():
    code = "import sys, experiments.commands.data; print([m for m in ('numpy', 'networkx') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
