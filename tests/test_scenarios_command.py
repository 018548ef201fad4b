"""`cloudcity scenarios`, and `--scenario` of the command quarters: what is printed and written."""

from __future__ import annotations

import json

import abm


def test_list_names_every_scenario_and_its_changes(command):
    code, out, err = command("scenarios", "list")
    assert code == 0, err
    assert all(each in out for each in abm.scenarios())
    code, out, _ = command("scenarios", "list", "--json")
    rows = {each["id"]: each for each in json.loads(out)}
    assert tuple(rows) == abm.scenarios()
    assert rows["baseline"]["changes"] == []
    assert rows["temporary"]["changes"] == ["in quarters 8 to 11 (2028Q1 to 2028Q4): end users spend 30% less"]


def test_show_says_what_changes_when_and_from_what_to_what(command):
    code, out, err = command("scenarios", "show", "rate_shock")
    assert code == 0, err
    assert "rate_shock: Interest rates rise by two points" in out
    assert "from quarter 8 (2028Q1): base_rate 0.0364 -> 0.0564 (decimal per year)" in out
    code, out, _ = command("scenarios", "show", "vendor_cap", "--json")
    said = json.loads(out)
    assert said["parameters"] == {"chipmaker.ecosystem_investment_share": 0.1}
    assert said["changes"] == [
        "from the start: chipmaker.ecosystem_investment_share 0.25 -> 0.1 (share of free cash flow)"
    ]
    assert said["story"] == abm.load_scenario("vendor_cap").story


def test_every_shape_has_words(command, tmp_path):
    shock = '[[shock]]\nwhat = "power_quota"\nwho = "EU"\nsize = 0.5\nat = 2\nquarters = 3\nshape = "{}"\n'
    text = 'title = "T"\nstory = "S."\n' + shock.format("ramp") + shock.format("pulse")
    (tmp_path / "own.toml").write_text(text + "[switches]\nfire_sale = false\n")
    _, out, _ = command("scenarios", "show", "own.toml")
    assert "rising over quarters 2 to 4 (2026Q3 to 2027Q1), then for good: 50% less new power is connected in EU" in out
    assert "fading over quarters 2 to 4 (2026Q3 to 2027Q1)" in out
    assert "mechanism off, fire sale: forced sales do not lower the price of used chips" in out


def test_check_says_ok(command, tmp_path):
    (tmp_path / "own.toml").write_text('title = "T"\nstory = "S."\n[parameters]\ntax_rate = 0.2\n')
    code, out, err = command("scenarios", "check", "own.toml")
    assert (code, out, err) == (0, "own.toml: ok, 0 dated, 1 from the start, 0 off\n", "")


def test_quarters_run_a_scenario_and_say_so(command, tmp_path):
    options = "--quarters", "3", "--no-figures", "--out", "here"
    code, out, err = command("quarters", "--scenario", "shortfall", *options)
    assert code == 0, err
    assert out.startswith("Scenario shortfall: Revenue falls short by 30%\n- from quarter 8 (2028Q1): end users spend")
    assert "1 of 1 come after the last quarter of this run, 3." in out
    assert json.loads((tmp_path / "here" / "summary.json").read_text())["scenario"] == "shortfall"
    code, out, _ = command("quarters", "--scenario", "disclosure", *options, "--json")
    assert json.loads(out)["scenario"] == "disclosure"
