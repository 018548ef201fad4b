"""A faulty scenario is refused with file, line and key, one clear message for each fault, and exit code 2."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.scenario import DatedShock, Scenario
from experiments import cli

HEAD = 'title = "T"\nstory = "S."\n'


def shock(**keys) -> str:
    """A file with one shock, which begins in line 3; by default a good one."""
    keys = {"what": "end_demand", "size": 0.3, "at": 8} | keys
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in keys.items() if value is not None]
    return HEAD + "\n".join(["[[shock]]", *lines]) + "\n"


def parameter(**keys) -> str:
    return shock(**{"what": "parameter", "parameter": "tax_rate"} | keys)


# What is in the file, the line of the fault (None: it has none), and words of its message.
FAULTY = {
    # -- the file itself
    "broken": (HEAD + "[[shock]\n", 3, "own.toml, line 3: found no TOML: "),
    "no value": (HEAD + "parameters =\n", 3, "found no TOML: "),
    "twice": (HEAD + 'title = "U"\n', 3, "found no TOML: "),
    "deep": (HEAD + "x = " + "[" * 5000, None, "found no TOML"),
    "long number": (HEAD + "x = " + "1" * 5000, None, "found no TOML: "),
    # -- keys and types
    "unknown key": (HEAD + "storey = 1\n", 3, "storey: found a key that means nothing", "(did you mean 'story'?)"),
    "unknown table": (HEAD + "[shocks]\nwhat = 1\n", 3, "shocks: found a key", "(did you mean 'shock'?)"),
    "one shock": (HEAD + '[shock]\nwhat = "default"\n', 3, "shock: found", "tables that begin with [[shock]]"),
    "title": ("title = 3\n", 1, "title: found '3'; expected some text in quotes"),
    "no title": ('story = "S."\n', None, "title: found no title; expected a short name"),
    "blank title": ('title = " "\nstory = "S."\n', 1, "title: found no title"),
    "no story": ('title = "T"\n', None, "story: found no story; expected two to five sentences"),
    "parameters": (HEAD + "parameters = 3\n", 3, "parameters: found '3'; expected a table"),
    "text for a number": (HEAD + '[parameters]\ntax_rate = "a"\n', 4, "found the text 'a'; expected a number"),
    "truth for a number": (HEAD + "[parameters]\ntax_rate = true\n", 4, "found 'True'; expected a number"),
    "not a number": (HEAD + "[parameters]\ntax_rate = nan\n", 4, "found 'nan'; expected a number"),
    "huge": (HEAD + f"[parameters]\ntax_rate = 1{'0' * 400}\n", 4, "expected a number"),
    "switch": (HEAD + "[switches]\narms_race = 0\n", 4, "arms_race: found '0'; expected true or false"),
    "date": (shock(at=None) + "at = 2028-01-01\n", 6, "at: found '2028-01-01'; expected a whole number"),
    "part of a quarter": (shock(at=1.5), 6, "at: found '1.5'; expected a whole number"),
    "list": (shock(size=None) + "size = [0.1, 0.2]\n", 6, "size: found '[0.1, 0.2]'; expected a number"),
    "key of a shock": (shock(who_=1), 7, "who_: found a key that means nothing", "(did you mean 'who'?)"),
    "no what": (shock(what=None), 3, "found no `what`; expected the kind of shock"),
    "no at": (shock(at=None), 3, "found no `at`; expected the quarter in which it comes"),
    # -- what a shock means
    "kind": (shock(what="demand"), 4, "what: found 'demand'; expected one of end_demand, ", "'end_demand'?"),
    "at": (shock(at=0), 6, "at: found '0'; expected a quarter from 1 (the first that is simulated) to 1000"),
    "late": (shock(at=1001), 6, "at: found '1001'"),
    "no size": (shock(size=None), 3, "size: found no size; expected a number from 0 to 1: share of end users"),
    "size above": (shock(size=1.5), 5, "size: found '1.5'; expected a number from 0 to 1"),
    "size below": (shock(size=-0.1), 5, "size: found '-0.1'; expected a number from 0 to 1"),
    "basis points": (shock(what="spread", size=200), 5, "found '200'; expected a number from 0 to 0.5", "decimal"),
    "small jump": (shock(what="hardware_jump", size=0.5), 5, "expected a number from 1 to 10"),
    "size of a failure": (shock(what="default", who="OAI"), 5, "size: found '0.3'; expected no `size`"),
    "who of all": (shock(who="OAI"), 7, "who: found 'OAI'; expected no `who`: end_demand strikes everybody"),
    "nobody": (shock(what="default", size=None), 3, "who: found nobody; expected the firm that default strikes"),
    "duration": (shock(quarters=0), 7, "quarters: found '0'; expected a whole number of quarters"),
    "shape": (shock(shape="steps"), 7, "shape: found 'steps'; expected one of step, ramp, pulse", "'step'"),
    "endless ramp": (shock(shape="ramp"), 7, "shape: found 'ramp'; expected `quarters`, over which a ramp runs"),
    "long event": (
        shock(what="hardware_jump", size=2, quarters=4), 7, "expected no `quarters`: hardware_jump happens at its date"
    ),
    "shaped event": (shock(what="demand_pause", size=4, shape="pulse"), 7, "shape: found 'pulse'; expected no `shape`"),
    "factor": (shock(factor=2.0), 7, "factor: found '2.0'; expected no `factor`: it belongs to what = \"parameter\""),
    "no parameter": (shock(what="parameter"), 3, "parameter: found no parameter; expected the name of a parameter"),
    "wrong parameter": (parameter(parameter="tax_rat"), 7, "found 'tax_rat'", "(did you mean 'tax_rate'?)"),
    "fact": (parameter(parameter="quarters_to_run"), 7, "expected the name of a parameter"),
    "neither": (parameter(size=None), 3, "found neither `size` nor `factor`; expected one of them"),
    "both": (parameter(factor=2), 3, "found both `size` and `factor`"),
    "opening only": (parameter(parameter="opening_tightness"), 7, "so set it under [parameters]"),
    # -- what it means for an ecosystem
    "address": (HEAD + "[parameters]\nNVDA.payout_shar = 0.1\n", 4, "found 'NVDA.payout_shar'", "'payout_share'"),
    "firm": (HEAD + '[parameters]\n"NVDIA.payout_share" = 0.1\n', 4, "found 'NVDIA'", "(did you mean 'NVIDIA'?)"),
    "limits": (HEAD + "[parameters]\ntax_rate = 1.7\n", 4, "found '1.7'; expected tax_rate between 0 and 1"),
    "shared": (HEAD + "[parameters]\nNVDA.tax_rate = 0.2\n", 4, "'tax_rate': one value for the whole system"),
    "unknown switch": (
        HEAD + "[switches]\narmsrace = false\n", 4, "armsrace: found a switch that does not exist", "'arms_race'"
    ),
    "unknown firm": (shock(what="default", size=None, who="OIA"), 6, "who: found 'OIA'; expected a firm", "'OAI'"),
    "cannot fail": (shock(what="default", size=None, who="US"), 6, "who: found 'US'; expected a firm that can fail"),
    "not a chipmaker": (
        shock(what="chip_capacity", who="OAI"), 7, "who: found 'OAI'; expected a chipmaker: NVDA, AVGO, AMD"
    ),
    "not a lender": (shock(what="absorption", who="NVDA"), 7, "found 'NVDA'; expected a lender: ", "market (IG, PC"),
    "market": (shock(what="spread", who="IGG"), 7, "expected a market: IG, PC, HY, BK, ABS or all", "'IG'"),
    "region": (shock(what="power_quota", who="Mars"), 7, "who: found 'Mars'; expected a region: US, EU, other or all"),
    "new value": (parameter(size=3.0), 5, "size: found '3.0'; expected tax_rate between 0 and 1"),
    "multiple": (parameter(size=None, factor=9.0), 7, "factor: found", "expected tax_rate between 0 and 1"),
    "multiple below": (
        parameter(parameter="need_growth_floor", size=None, factor=9.0), 7, "factor: found '-1.8'", "between -1 and 0"
    ),
    "firm of a parameter": (
        parameter(parameter="payout_share", who="NVDAA"), 8, "who: found 'NVDAA'; expected a firm", "'NVDA'"
    ),
}  # fmt: skip


def refused(where) -> list:
    with pytest.raises(BadInput) as caught:
        abm.load_scenario(where).check(abm.load("ai_2026"))
    return list(caught.value.faults)


@pytest.mark.parametrize("name", FAULTY)
def test_each_fault_has_its_one_message(name, tmp_path):
    text, line, *words = FAULTY[name]
    (tmp_path / "own.toml").write_text(text)
    (fault,) = refused(tmp_path / "own.toml")
    message = str(fault)
    assert message.startswith("own.toml")
    assert "\n" not in message
    assert fault.line == line, message
    assert all(each in message for each in words), message


def test_all_faults_are_told_at_once(tmp_path):
    (tmp_path / "own.toml").write_text(shock(size=2, at=0) + "[switches]\nconfidence = 1\n")
    assert [each.column for each in refused(tmp_path / "own.toml")] == ["confidence", "at", "size"]


def test_lines_are_found_behind_long_texts(tmp_path):
    story = 'title = "T"\nstory = """\nat = 3\n[[shock]]\nsize = 1\n"""\n'
    (tmp_path / "own.toml").write_text(story + shock(size=2).removeprefix(HEAD))
    (fault,) = refused(tmp_path / "own.toml")
    assert fault.line == 9


def test_a_fault_of_what_is_extended_is_told_where_it_stands(tmp_path):
    (tmp_path / "base.toml").write_text(HEAD + "[parameters]\ntax_rate = 7\n")
    (tmp_path / "own.toml").write_text('title = "T"\nextends = "base"\n[parameters]\npayout_share = 0.1\n')
    (fault,) = refused(tmp_path / "own.toml")
    assert (fault.file, fault.line, fault.column) == ("base.toml", 4, "tax_rate")


@pytest.mark.parametrize(
    ("extends", "words"),
    [
        ("own", "extends: found a circle: own extends own; expected a chain that ends"),
        ("other", "found a circle: own extends other extends own"),
        ("shortfal", "extends: found 'shortfal'; expected a shipped scenario or a file beside this one, without .toml"),
        ("../own", "found '../own'; expected a shipped scenario"),
    ],
)
def test_what_is_extended_must_exist_and_end(tmp_path, extends, words):
    (tmp_path / "own.toml").write_text(f'title = "T"\nextends = "{extends}"\n')
    (tmp_path / "other.toml").write_text('title = "T"\nextends = "own"\n')
    (fault,) = refused(tmp_path / "own.toml")
    assert words in str(fault)
    assert fault.line == 2


def test_files_that_are_none(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"\n')
    (tmp_path / "big.toml").write_bytes(b"#" * 1_000_001)
    for where, words in (
        (tmp_path / "latin.toml", "latin.toml: found a byte that is not UTF-8, number 13; expected text in UTF-8"),
        (tmp_path / "big.toml", "big.toml: found 1,000,001 bytes; expected a scenario of at most 1,000,000"),
        (tmp_path, "found a folder; expected a TOML file, or a shipped scenario: backstop_broken, baseline, "),
        (tmp_path / "none.toml", "found no such scenario or file"),
        ("shortfal", "'shortfal': found no such scenario or file"),
        ("shortfal", "(did you mean 'shortfall'?)"),
        ("a\0b", "found no usable path"),
        (os.devnull, "found no ordinary file"),
    ):
        (fault,) = refused(where)
        assert words in str(fault)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everybody can read everything here")
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "own.toml").write_text(HEAD)
    (tmp_path / "own.toml").chmod(0)
    (fault,) = refused(tmp_path / "own.toml")
    assert "Permission denied" in str(fault)


def test_sizes_and_settings_of_a_story_are_checked_when_it_runs():
    scenario = abm.load_scenario("shortfall")
    for wrong, words in (
        (scenario.resized(1.5), "size: found '1.5'; expected a number from 0 to 1"),
        (scenario.resized(np.array([0.1, 0.2, 0.3])), "size: found '3 sizes'; expected 1 or 2, one per world"),
        (scenario.with_parameters({"tax_rat": 0.1}), "did you mean 'tax_rate'?"),
        (Scenario("own", "Own", shocks=(DatedShock("end_demand", 0, 0.3),)), "at: found '0'"),
        (Scenario("own", "Own", switches={"arm_race": False}), "did you mean 'arms_race'?"),
        (
            Scenario(
                "own", "Own", shocks=(DatedShock("parameter", 1, parameter="tax_rate", factor=np.array([-1.0, 1.0])),)
            ),
            "factor: found '-0.17'; expected tax_rate between 0 and 1",
        ),
    ):
        with pytest.raises(BadInput, match=words.replace("?", r"\?")):
            abm.run("ai_2026", wrong, quarters=1, worlds=2)
    for sizeless in ("baseline", "lab_failure"):
        with pytest.raises(BadInput, match="no shock with a size"):
            abm.load_scenario(sizeless).resized(0.3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scenarios", "check", "own.toml"),
        ("scenarios", "show", "own.toml"),
        ("quarters", "--quarters", "1", "--scenario", "own.toml"),
    ],
)
def test_commands_end_with_two_and_leave_nothing(arguments, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(shock(size=2))
    monkeypatch.setattr(sys, "argv", ["cloudcity", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capsys.readouterr()
    assert left.value.code == 2
    assert out == ""
    assert err.startswith("error: own.toml, line 5, size: found '2'; expected a number from 0 to 1")
    assert err.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["own.toml"]
