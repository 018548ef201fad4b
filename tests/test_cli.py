"""The command line: what it prints, what it writes, how it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import networkx
import pytest

from abm.ecosystem import from_graph, write_graphml
from abm.ledger import LedgerBreach


def test_stress_says_who_is_hit_and_writes_the_tables(command):
    code, out, _ = command("stress", "--shock", "all:revenue:0.3", "--no-figures")
    assert code == 0
    for part in (
        "OAI",
        "stakes marked down (OAI)",
        "Where the loss arose",
        "Who bears it",
        "No firm fails",
        "llustrative",
    ):
        assert part in out
    folder = Path(out.split("Tables: ")[1].strip())
    assert {each.name for each in folder.iterdir()} == {"summary.json", "firms.csv", "events.csv", "worlds.csv"}
    assert json.loads((folder / "summary.json").read_text())["hits"][0]["firm"] == "OAI"
    assert (folder / "events.csv").read_text().startswith("world,quarter,sweep,channel,claim,source,target,amount\n")


def test_the_same_question_gives_the_same_bytes(command, tmp_path):
    question = ("stress", "--shock", "all:revenue:0.1..0.5", "--worlds", "50", "--draw-assumed", "--no-figures")
    assert command(*question, "--out", "one", "--jobs", "1")[0] == 0
    assert command(*question, "--out", "two", "--jobs", "2")[0] == 0
    for name in ("summary.json", "firms.csv", "events.csv", "worlds.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_json_is_json_and_nothing_else(command):
    code, out, err = command("stress", "--shock", "all:revenue:0.3", "--no-figures", "--json")
    assert code == 0
    facts = json.loads(out)
    assert facts["worlds"] == 1
    assert facts["amplification"] > 1.0
    assert facts["worst_residual"] < 1e-12
    assert "Tables" in err


def test_a_shock_of_nothing_says_so(command):
    code, out, _ = command("stress", "--shock", "all:revenue:0", "--no-figures")
    assert code == 0
    assert "Nobody loses anything." in out


def test_identities_prints_the_worst_residual(command):
    code, out, _ = command("identities", "--worlds", "20")
    assert code == 0
    assert "worst relative residual" in out.splitlines()[-1]


def test_the_ladder_runs(command):
    code, out, _ = command("ladder", "--worlds", "20", "--no-figures")
    assert code == 0
    for part in ("books balance", "How hard must it hit?", "20 worlds"):
        assert part in out
    assert not list(Path("results").glob(".*"))


BAD = [
    (("stress", "--shock", "all:revenu:0.3"), "did you mean 'revenue'"),
    (("stress", "--shock", "NVIDA:cash:0.3"), "did you mean 'NVIDIA'"),
    (("stress", "--shock", "all:revenue:1.5"), "a share from 0 to 1"),
    (("stress", "--shock", "all:revenue:0.3", "--worlds", "9"), "would all be the same"),
    (("stress", "--shock", "all:revenue:0.3", "--horizon", "0"), "1 to 12 quarters"),
    (("stress", "--shock", "all:revenue:0.3", "--set", "x"), "ADDRESS=VALUE"),
    (("stress", "--shock", "all:revenue:0.3", "--set", "enterprise_multipel=5"), "did you mean 'enterprise_multiple'"),
    (("stress", "--shock", "all:revenue:0.3", "--off", "fires"), "did you mean 'fire_sale'"),
    (("stress", "--shock", "all:revenue:0.3", "--ecosystem", "ai_2062"), "ai_2026"),
    (("stress", "--shock", "all:revenue:0.3", "--ecosystem", "missing.graphml"), "missing.graphml"),
    (("stress", "--shock", "all:revenue:0.3", "--out", "taken.txt"), "a new folder"),
    (("stress", "--shock", "all:revenue:0.3", "--out", "full"), "a new folder"),
    (("stress", "--shock", "all:revenue:0.3", "--worlds", "0"), "worlds"),
    (("stress",), "--shock"),
    (("stres",), "stres"),
    (("data", "show", "NVIDA"), "NVIDIA"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_bad_input_is_refused_with_one_clear_message(command, tmp_path, arguments, message):
    (tmp_path / "taken.txt").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    code, out, err = command(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert not out
    assert sorted(each.name for each in tmp_path.iterdir()) == ["full", "taken.txt"]
    assert (tmp_path / "taken.txt").read_text() == (tmp_path / "full" / "mine.txt").read_text() == "mine"


def test_an_interrupted_run_leaves_nothing_and_says_130(command, monkeypatch, tmp_path):
    from experiments import output

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(output, "write_result", interrupt)
    code, _, err = command("stress", "--shock", "all:revenue:0.3", "--out", "result")
    assert code == 130
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_help_and_kernels_load_no_heavy_library():
    heavy = "{'mesa', 'matplotlib', 'scipy', 'pandas', 'networkx'}"
    ask_for_help = (
        "import contextlib, io\nsys.argv = ['cloudcity', '--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    module.main()\n"
    )
    for module, call in (("cython_ext", ""), ("abm", ""), ("experiments.cli", ask_for_help)):
        code = (
            f"import sys, {module}\nmodule = sys.modules['{module}']\n{call}print(sorted({heavy} & set(sys.modules)))"
        )
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert loaded.stdout.strip() == "[]", module


def test_markup_in_names_is_printed_not_obeyed(command, tmp_path):
    graph = networkx.DiGraph(name="x[/b] :bank:")
    graph.add_node("BANK", kind="lender")
    graph.add_node("CLOUD", kind="operator", cash=5.0, chips_book=9.0, name="[red]cloud[/]")
    graph.add_edge("BANK", "CLOUD", layer="loan", amount=4.0)
    write_graphml(from_graph(graph), tmp_path / "net.graphml")
    code, out, err = command(
        "stress", "--ecosystem", "net.graphml", "--shock", "[red]cloud[/]:assets:0.3", "--no-figures", "--out", "rr[/q]"
    )
    assert code == 0, err
    assert "[red]cloud[/]:assets:0.3 on x[/b] :bank:," in out
    assert out.endswith("Tables: rr[/q]\n")


def test_the_place_of_the_ladder_is_printed_as_given(command):
    place = "rr[/q]/" + "long" * 40
    code, out, _ = command("ladder", "--worlds", "2", "--no-figures", "--out", place)
    assert code == 0
    assert out.endswith(f"\nTables: {place}\n")


def shell(arguments: str, folder) -> subprocess.CompletedProcess:
    """What a shell makes of `cloudcity ARGUMENTS`, redirections and all."""
    program = f"'{sys.executable}' -c 'from experiments.cli import main; main()'"
    path = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(
        ["sh", "-c", f"{program} {arguments}"], cwd=folder, env=os.environ | path, text=True, capture_output=True
    )


@pytest.mark.parametrize("arguments", [
    "data check", "data list", "data show NVDA --json", "identities", "--help", "--version",
    "stress --shock all:revenue:0.3 --no-figures", "stress --shock all:revenue:0.3 --no-figures --json",
])  # fmt: skip
def test_a_full_output_is_said_in_one_line(tmp_path, arguments):
    ended = shell(f"{arguments} >/dev/full", tmp_path)
    assert ended.stderr.splitlines()[-1] == "error: [Errno 28] No space left on device"
    assert "Traceback" not in ended.stderr
    assert "ignored" not in ended.stderr
    assert ended.returncode == 1


@pytest.mark.parametrize("arguments", ["data check", "data list", "stress --shock all:revenue:0.3 --no-figures"])
def test_who_closes_the_output_wants_none(tmp_path, arguments):
    for closed in (">&-", "2>&-", "<&-", ">&- 2>&- <&-"):
        ended = shell(f"{arguments} {closed}", tmp_path)
        assert ended.returncode == 0, closed
        assert not ended.stderr
    refused = shell("data check no_such 2>&-", tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    full = shell("data show NOBODY 2>/dev/full", tmp_path)
    assert (full.returncode, full.stdout) == (2, "")


def test_a_reader_who_leaves_is_told_nothing(tmp_path):
    ended = shell("data check | true", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("problem", [LedgerBreach("loan held = loan owed: off by 0.1"), ZeroDivisionError("division")])
def test_books_that_do_not_balance_are_said_in_one_line(command, monkeypatch, problem):
    def fail(*_):
        raise problem

    monkeypatch.setattr("abm.opening.open_ledger", fail)
    assert command("identities") == (1, "", f"error: {problem}\n")
