"""`cloudcity explain`: chains on a record whose story is known, on a real run, and every way to be refused."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pandas
import pytest

import abm
from abm.errors import BadInput
from experiments import cli, store, traced
from experiments.explain import explain
from experiments.failures import failure_line, failures
from experiments.traced import OF_ECONOMY, OF_FIRM, Record

QUARTERS = [f"{year}Q{each}" for year in (2026, 2027) for each in range(1, 5)]
KINDS = {"LAB": "ai_lab", "CLOUD": "operator", "MAKER": "chipmaker", "BANK": "lender", "IDLE": "operator"}
FIRMS = {firm: {"name": f"The {firm.title()}", "kind": kind} for firm, kind in KINDS.items()}
UNPAID, MADE = "missed what it must pay", "made to fail"
EVENTS = [  # world 0: a maker is made to fail, its customer the lab follows, and then the lab's cloud
    (0, "2026Q3", 1, "default", MADE, "MAKER", "MAKER", 9.0),
    (0, "2026Q3", 99, "wound up", "wound up", "MAKER", "MAKER", 1.0),
    (0, "2026Q3", 99, "loans", "loan_1", "MAKER", "LAB", 6.0),
    (0, "2027Q1", 1, "payments", "take-or-pay compute", "LAB", "CLOUD", 0.5),
    (0, "2027Q1", 1, "default", UNPAID, "LAB", "LAB", 0.0),
    (0, "2027Q1", 99, "wound up", "wound up", "LAB", "LAB", 0.0),
    (0, "2027Q1", 99, "customers", "backlog of promises", "LAB", "CLOUD", 20.0),
    (0, "2027Q2", 1, "orders", "spot compute", "IDLE", "CLOUD", 0.2),
    (0, "2027Q3", 2, "funding", "funding", "BANK", "CLOUD", 5.0),
    (0, "2027Q3", 2, "payments", "principal", "CLOUD", "BANK", 3.0),
    (0, "2027Q3", 2, "payments", "interest", "CLOUD", "BANK", 1.0),
    (0, "2027Q3", 2, "default", UNPAID, "CLOUD", "CLOUD", 0.0),
    (0, "2027Q3", 3, "payments", "spot compute", "IDLE", "CLOUD", 0.4),
    (0, "2027Q3", 99, "loans", "loan_2", "CLOUD", "BANK", 7.0),
    (0, "2027Q3", 99, "stakes", "equity_1", "CLOUD", "IDLE", 0.3),
    (0, "2027Q3", 99, "reorganised", "reorganised", "CLOUD", "CLOUD", 12.0),
    (0, "2027Q4", 1, "default", UNPAID, "IDLE", "IDLE", 0.0),
    (0, "2027Q4", 1, "default", UNPAID, "CLOUD", "CLOUD", 0.0),
    (1, "2027Q4", 1, "default", "second breach of its covenants", "CLOUD", "CLOUD", 0.0),
    (2, "2027Q2", 1, "default", UNPAID, "CLOUD", "CLOUD", 0.0),
]  # fmt: skip


@pytest.fixture
def record():
    """Three worlds, two of them kept; in the first the sales and margin of the cloud fall before it does."""
    rows = [
        {"world": world, "firm": firm, "quarter": quarter} | dict.fromkeys((*OF_FIRM, *OF_ECONOMY), 1.0)
        | {"breaches": 0.0, "rescue": 0.0, "funding_gap": 0.0, "user_revenue": 0.0, "chip_sales": 0.0}
        for world in (0, 1) for firm in FIRMS for quarter in QUARTERS
    ]  # fmt: skip
    series = pandas.DataFrame(rows)
    cloud = (series.world == 0) & (series.firm == "CLOUD")
    series.loc[cloud, "compute_sales"] = [4.0, 5.0, 5.0, 5.0, 3.0, 2.0, 1.0, 1.0]
    series.loc[cloud, "margin"] = [2.0, 2.0, 2.0, 2.0, 1.5, 1.0, 0.5, 0.5]
    series.loc[cloud, "principal"] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0]
    series.loc[cloud & (series.quarter == "2027Q3"), ["breaches", "firm_value"]] = [1.0, 0.0]
    summary = {"ecosystem": "toy", "scenario": "story", "changes": ["in quarter 3: MAKER fails"], "seed": 4,
               "worlds": 3, "firms": FIRMS, "events": len(EVENTS), "note": "Illustrative."}  # fmt: skip
    return Record(summary, pandas.DataFrame(EVENTS, columns=list(traced.EVENT_COLUMNS)), series)


def said(facts: dict) -> list[tuple[str, str, str]]:
    return [(each["part"], each["first"], each["text"]) for each in facts["chain"]]


# -- a story that is known -------------------------------------------------------------------------------
def test_a_known_chain_is_told_in_its_order(record):
    facts = explain(record, "CLOUD", 0)
    assert said(facts) == [
        ("before", "2026Q1", "its margin falls by 50%, from 2.0 to 1.0 a quarter"),
        ("before", "2026Q2", "its sales fall by 60%, from 5.0 to 2.0 a quarter"),
        ("source", "2026Q3", "MAKER fails: made to fail"),
        ("source", "2027Q1", "LAB fails: missed what it must pay, after MAKER had failed"),
        ("hit", "2027Q1", "LAB, which fails, is lost as a customer, with 20.0 it had promised to pay"),
        ("hit", "2027Q1", "LAB, which fails, does not pay it 0.50 that was due"),
        ("hit", "2027Q2", "IDLE gives up orders of 0.20"),
        ("before", "2027Q3",
         "interest, repayments and rent of 6.0 fall due, 6.0 times its margin (1.0 times in 2026Q1)"),
        ("failure", "2027Q3", "it fails: it misses what it must pay, 4.0 (principal 3.0, interest 1.0) to BANK 4.0; it "
         "had broken its covenants, so that no secured loan replaced those that fell due"),
        ("after", "2027Q3", "it is reorganised: debt is cut to what it can carry; as it runs it is worth 12.0"),
        ("after", "2027Q3", "owners lose all; a quarter before, their shares were worth 1.0; stakes of IDLE 0.30"),
        ("after", "2027Q3", "creditors lose 7.0 of loans: BANK 7.0"),
        ("after", "2027Q4", "it fails again in 2027Q4"),
        ("after", "2027Q4", "of those it hit there fail IDLE in 2027Q4"),
    ]  # fmt: skip


def test_the_headline_counts_all_worlds_and_the_median_one_is_told(record):
    facts = explain(record, "the cloud")
    assert (facts["worlds_failed"], facts["worlds"], facts["worlds_failed_kept"]) == (3, 3, 2)
    assert facts["failures"] == {
        "earliest": "2027Q2", "median": "2027Q3", "latest": "2027Q4",
        "causes": {UNPAID: 2, "second breach of its covenants": 1},
    }  # fmt: skip
    assert (facts["world"], facts["failed"]) == (0, "2027Q3")
    assert explain(record, "CLOUD", 1)["chain"][-2]["text"].startswith("it fails: it breaks its covenants")


def test_money_that_stays_away_because_a_firm_fails_is_no_hit(record):
    assert not [each for each in explain(record, "CLOUD", 0)["chain"] if each.get("channel") == "funding"]
    trouble = (0, "2027Q3", 1, "withdrawal", "withdrawal", "BANK", "BANK", 2.0)
    rows = pandas.DataFrame([*EVENTS, trouble], columns=list(record.events.columns))
    found = explain(Record(record.summary, rows, record.series), "CLOUD", 0)["chain"]
    assert [each["by"] for each in found if each.get("channel") == "funding"] == [{"BANK": 5.0}]


def test_who_is_made_to_fail_has_no_other_cause(record):
    parts = said(explain(record, "MAKER"))
    assert parts[0] == ("failure", "2026Q3", "it fails because the scenario says so")
    assert ("after", "2027Q1", "of those it hit there fail LAB in 2027Q1") in parts


def test_a_survivor_is_told_where_it_was_hit_hardest(record):
    facts = explain(record, "BANK")
    assert (facts["worlds_failed"], facts["failed"], facts["world"]) == (0, None, 0)
    texts = [text for _, _, text in said(facts)]
    assert "it loses 7.0 that it lent to CLOUD, which fails" in texts
    assert "CLOUD fails: missed what it must pay, after LAB had failed" in texts
    assert texts[-1] == "it stands, with cash of 1.0 and equity worth 1.0; its cash was lowest in 2026Q1, at 1.0"


def test_a_survivor_that_nobody_hits_is_said_to_be_one(record):
    calm = Record(record.summary, record.events[record.events["target"] != "BANK"], record.series)
    assert said(explain(calm, "BANK"))[-1][2].endswith("at 1.0, and nobody's failure or retreat has hit it")


def test_what_fails_only_where_no_hits_are_kept_is_said_to(record):
    last = record.events.assign(world=record.events["world"].where(record.events["source"] != "LAB", 2))
    facts = explain(Record(record.summary, last, record.series), "LAB")
    assert (facts["worlds_failed"], facts["worlds_failed_kept"], facts["failed"]) == (1, 0, None)


def test_failures_are_counted_and_said(record):
    found = failures(record.events, FIRMS)
    assert [(each["firm"], each["worlds"]) for each in found[:2]] == [("CLOUD", 3), ("MAKER", 1)]
    assert (found[0]["failures"], found[0]["median_quarter"], found[0]["worlds_wound_up"]) == (4, "2027Q3", 0)
    recovery = {"secured": [0.5, 0.75, 1.0], "unsecured": None, "firmwide": [0.2, 0.4, 0.6]}
    line = failure_line({"failures": found, "worlds": 3, "recovery": recovery})
    assert line.startswith("CLOUD fails in 3 of 3 worlds (median 2027Q3; mostly: missed what it must pay), MAKER in 1")
    assert line.endswith("Creditors of failed firms get back 75% on secured debt, 40% in all (median).")
    assert failure_line({"failures": [], "worlds": 1, "recovery": {}}) == "No firm fails."


# -- a real run ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """A folder of `cloudcity quarters` in which CoreWeave fails."""
    folder = tmp_path_factory.mktemp("run") / "failing"
    assert call("quarters", "--scenario", "shortfall_50", "--worlds", "4", "--quarters", "30", "--no-figures",
                "--quiet", "--json", "--out", str(folder)) == 0  # fmt: skip
    return folder


def call(*arguments: str) -> int:
    before = sys.argv
    sys.argv = ["cloudcity", *arguments]
    try:
        with pytest.raises(SystemExit) as left:
            cli.main()
    finally:
        sys.argv = before
    return left.value.code or 0


def test_a_real_run_is_read_as_it_was_written(failing):
    read = traced.read(failing)
    assert read.worlds == [0, 1, 2, 3]
    assert (read.quarters[0], read.quarters[-1]) == ("2026Q2", "2033Q3")
    assert len(read.series) == 4 * 30 * len(read.summary["firms"])
    fell = read.events[read.events["channel"] == "default"]
    assert read.summary["worlds_with_failures"] == fell["world"].nunique()
    assert sum(each["failures"] for each in read.summary["failures"]) == len(fell)


def test_a_real_failure_is_told_within_eighty_columns(failing, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert call("explain", str(failing), "CoreWeave") == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    for part in ("CRWV, CoreWeave (operator) fails in", "Scenario shortfall_50: from quarter 8", "seed 1", "it fails:",
                 "reorganised", "Illustrative"):  # fmt: skip
        assert part in out
    assert call("explain", str(failing), "CRWV", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    text = " ".join(out.split())
    assert 5 < len(facts["chain"]) <= 16
    assert f"World {facts['world']}, in which it fails in {facts['failed']}" in text
    ends = next(each for each in facts["chain"] if each["part"] == "failure")
    assert ends["cause"] in facts["failures"]["causes"]


def test_everybody_in_every_world_can_be_told(failing):
    read = traced.read(failing)
    for firm in read.summary["firms"]:
        facts = explain(read, firm)
        assert 1 <= len(facts["chain"]) <= 18
        json.dumps(facts, allow_nan=False)
        for each in facts["chain"]:
            assert "2026Q2" <= each["first"] <= each["last"] <= "2033Q3"
            assert not re.search(r"\bnan\b", each["text"])


def test_a_survivor_of_a_real_run_stands(failing, capsys):
    assert call("explain", str(failing), "MSFT", "--world", "2") == 0
    out = capsys.readouterr().out
    assert "survives in all 4 worlds" in out
    assert "World 2, in which it survives" in out
    assert "it stands, with cash of" in out


# -- refusals --------------------------------------------------------------------------------------------
def refused(capsys, *arguments: str) -> str:
    """The one line of a refusal."""
    assert call("explain", *arguments) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_firms_and_worlds_that_are_not_there_are_refused(failing, capsys):
    assert "did you mean 'CRWV'" in refused(capsys, str(failing), "CRVW")
    assert "did you mean 'CoreWeave'" in refused(capsys, str(failing), "coreweeve")
    for world in ("4", "-1"):
        assert "worlds whose hits are kept, 0 to 3" in refused(capsys, str(failing), "CRWV", "--world", world)


def test_folders_that_are_no_result_are_refused(failing, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert "nothing; expected a folder" in refused(capsys, str(tmp_path / "gone"), "CRWV")
    assert "a file; expected a folder" in refused(capsys, str(tmp_path / "file"), "CRWV")
    assert "without a summary.json" in refused(capsys, str(tmp_path / "empty"), "CRWV")
    assert call("stress", "--shock", "OAI:cash:1", "--no-figures", "--quiet", "--out", str(tmp_path / "stress")) == 0
    capsys.readouterr()
    assert "a result without traced.csv" in refused(capsys, str(tmp_path / "stress"), "CRWV")
    shutil.copy(failing / "traced.csv", tmp_path / "stress")
    assert "the summary of another command" in refused(capsys, str(tmp_path / "stress"), "CRWV")


def cut(path: Path) -> None:
    """Lose the end of the file, in the middle of a line."""
    path.write_text(path.read_text()[: -(path.stat().st_size // 3) - 3])


def shorten(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def empty(path: Path) -> None:
    path.write_text("")


def garble(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" + path.read_bytes()[3:])


def spoil(path: Path) -> None:
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, rows[0].rpartition(",")[0] + ",much", *rows[1:]]) + "\n")


def lack(path: Path) -> None:
    path.write_text("".join(line.partition(",")[2] for line in path.read_text().splitlines(keepends=True)))


def rename_a_firm(path: Path) -> None:
    path.write_text(path.read_text().replace("CRWV,", "CRWX,"))


@pytest.mark.parametrize("harm", [cut, shorten, empty, garble, spoil, lack, rename_a_firm])
@pytest.mark.parametrize("name", ["events.csv", "traced.csv"])
def test_broken_tables_are_refused(failing, tmp_path, capsys, name, harm):
    shutil.copytree(failing, tmp_path / "broken")
    harm(tmp_path / "broken" / name)
    assert name in refused(capsys, str(tmp_path / "broken"), "MSFT")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "[" * 100_000])
def test_broken_summaries_are_refused(failing, tmp_path, capsys, text):
    shutil.copytree(failing, tmp_path / "broken")
    (tmp_path / "broken" / "summary.json").write_text(text)
    assert "summary.json" in refused(capsys, str(tmp_path / "broken"), "CRWV")


def test_a_run_that_is_not_kept_whole_is_explained_from_what_is(record, tmp_path):
    """What is written is what is read, to the last digit that is written."""
    record.events.to_csv(tmp_path / traced.EVENTS, index=False)
    record.series.to_csv(tmp_path / traced.TRACED, index=False)
    (tmp_path / "summary.json").write_text(json.dumps(record.summary))
    assert explain(traced.read(tmp_path), "CLOUD", 0) == explain(record, "CLOUD", 0)
    with pytest.raises(BadInput, match="0 to 1"):
        explain(traced.read(tmp_path), "CLOUD", 2)


def test_stored_runs_are_told_like_those_of_a_command(tmp_path, capsys):
    runs = {"shocked": "cloud_failure", "baseline": "baseline"}
    results = {name: abm.run("ai_2026", each, quarters=10, worlds=2) for name, each in runs.items()}
    store.save({name: (each, abm.load_scenario(runs[name])) for name, each in results.items()}, tmp_path / "pair")
    for asked, name in ((None, "shocked"), ("shocked", "shocked"), ("baseline", "baseline")):
        read = traced.read(tmp_path / "pair", asked)
        assert read.summary["scenario"] == runs[name] and read.summary["events"] == len(results[name].events)
        pandas.testing.assert_frame_equal(read.series, traced.series_of(results[name]))
    assert call("explain", str(tmp_path / "pair"), "CRWV") == 0
    out = capsys.readouterr().out
    assert "fails in all 2 worlds" in out or "fails in 2 of 2 worlds" in out
    assert "in quarter 8 (2028Q1)" in out and "made to fail" in out
    assert call("explain", str(tmp_path / "pair"), "CRWV", "--run", "baseline") == 0
    assert "survives in all 2 worlds" in capsys.readouterr().out
    assert "expected one of shocked, baseline" in refused(capsys, str(tmp_path / "pair"), "CRWV", "--run", "first")


def test_a_folder_of_several_runs_names_them(tmp_path, capsys):
    order = ("compare", "baseline", "cloud_failure", "--worlds", "2", "--quarters", "9", "--quiet", "--jobs", "1")
    assert call(*order, "--out", str(tmp_path / "both")) == 0
    capsys.readouterr()
    assert "one of the folders in it: first, second" in refused(capsys, str(tmp_path / "both"), "CRWV")
    assert call("explain", str(tmp_path / "both" / "second"), "CRWV") == 0
    assert "made to fail" in capsys.readouterr().out


def test_one_run_has_no_other(failing, capsys):
    assert "nothing, for a folder with one run" in refused(capsys, str(failing), "CRWV", "--run", "baseline")
