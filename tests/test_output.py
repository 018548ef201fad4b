"""Where results go: whole or not at all, over an earlier result or nothing, and known before anything is computed."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from abm.errors import BadInput
from experiments import cli, output

QUESTION = ("stress", "--shock", "all:revenue:0.3", "--no-figures", "--quiet", "--out")


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder, text="new"):
    (folder / "summary.json").write_text(json.dumps(dict.fromkeys(output._FACTS, text)))
    (folder / "firms.csv").write_text(text)


def tree(folder):
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else None for each in folder.rglob("*")
    }


def stop(monkeypatch, *arguments):
    """The exit code of `cloudcity ARGUMENTS`, which must end before it computes."""
    monkeypatch.setattr("abm.stress_testing.stress", lambda *_, **__: pytest.fail("computed in vain"))
    monkeypatch.setattr(sys, "argv", ["cloudcity", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


def test_an_earlier_result_is_replaced_whole(here):
    place = Path("deep/er/result")
    output.write(place, lambda folder: (fill(folder), (folder / "network.png").touch()))
    output.write(Path("run"), lambda folder: (fill(folder), (folder / "worlds").mkdir(), fill(folder / "worlds")))
    for folder in (place, Path("run")):
        output.write(folder, lambda path: fill(path, "newer"))
        assert sorted(tree(folder)) == ["firms.csv", "summary.json"]
        assert (folder / "firms.csv").read_text() == "newer"
    assert sorted(each.name for each in here.iterdir()) == ["deep", "run"]
    assert [each.name for each in place.parent.iterdir()] == ["result"]


def test_every_file_of_a_result_is_known_as_one(here):
    """A result with all its figures and a second one inside can be replaced: no name was forgotten."""
    from abm.ecosystem import load
    from abm.stress_testing import stress
    from experiments.commands.ladder import _write
    from experiments.summary import summary

    result = stress(load("ai_2026"), ["all:revenue:0.1..0.5"], worlds=4)
    facts = summary(result)
    for _ in range(2):
        output.write(Path("result"), lambda path: _write(path, result, facts, result, True))
    assert {each.name for each in Path("result").iterdir()} == {output._MARK, *output._STRESS, output.WORLDS}


def test_every_figure_of_a_run_is_known_as_a_part_of_its_result():
    from experiments.figures import FIGURES

    assert {f"{name}.png" for name in FIGURES} <= set(output._FILES)


def test_a_new_folder_is_as_open_as_the_umask_says(here):
    before = os.umask(0o027)
    try:
        output.write(Path("result"), fill)
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("result").stat().st_mode) == 0o750


def a_thesis(folder):
    (folder / "summary.json").write_text("{}")
    (folder / "thesis.tex").write_text("mine")


def a_thesis_in_a_result(folder):
    fill(folder)
    (folder / "thesis.tex").write_text("mine")


def a_thesis_further_in(folder):
    fill(folder)
    (folder / "worlds").mkdir()
    a_thesis_in_a_result(folder / "worlds")


def another_summary(folder):
    (folder / "summary.json").write_text("{}")


def a_deep_summary(folder):
    (folder / "summary.json").write_text("[" * 100_000)


def a_summary_that_is_no_text(folder):
    (folder / "summary.json").write_bytes(b"\xff\xfe")


def tables_without_a_summary(folder):
    (folder / "firms.csv").write_text("mine")


def a_folder_of_a_name_of_ours(folder):
    fill(folder)
    (folder / "network.png").mkdir()


def a_link_of_a_name_of_ours(folder):
    fill(folder)
    (folder / "network.png").symlink_to("nowhere")


@pytest.mark.parametrize("make", [
    a_thesis, a_thesis_in_a_result, a_thesis_further_in, another_summary, a_deep_summary, a_summary_that_is_no_text,
    tables_without_a_summary, a_folder_of_a_name_of_ours, a_link_of_a_name_of_ours,
], ids=lambda make: make.__name__)  # fmt: skip
def test_what_is_not_a_result_is_never_touched(here, monkeypatch, capsys, make):
    Path("mine").mkdir()
    make(Path("mine"))
    before = tree(here)
    assert stop(monkeypatch, *QUESTION, "mine") == 2
    assert "'mine', which holds" in capsys.readouterr().err
    assert tree(here) == before


def a_circle(here):
    Path("x").symlink_to("y")
    Path("y").symlink_to("x")
    return "x"


@pytest.mark.parametrize(("where", "words"), [
    (lambda _: "/dev/null", "no folder"),
    (lambda _: "/dev/null/x", "where no folder can be made"),
    (lambda _: ".", "the current folder"),
    (lambda _: "..", "the current folder"),
    (lambda _: "/", "the current folder"),
    (lambda _: "n" * 300, "File name too long"),
    (lambda _: f"new/{'n' * 300}/x", "File name too long"),
    (a_circle, "a folder that can be written"),
], ids=range(8))  # fmt: skip
def test_a_place_that_cannot_be_is_refused_before_computing(here, monkeypatch, capsys, where, words):
    out = where(here)
    before = tree(here)
    assert stop(monkeypatch, *QUESTION, out) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert tree(here) == before


def test_the_main_experiment_asks_before_it_computes(here, monkeypatch, capsys):
    assert stop(monkeypatch, "run", "--out", ".") == 2
    out, err = capsys.readouterr()
    assert not out
    assert "the current folder" in err


def test_a_result_is_not_replaced_from_inside(here, monkeypatch):
    output.write(Path("result"), fill)
    before = tree(here)
    monkeypatch.chdir(here / "result")
    for where in (".", "../result", str(here)):
        assert stop(monkeypatch, *QUESTION, where) == 2
    assert tree(here) == before


def test_a_folder_that_cannot_be_written_is_refused(here, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInput, match="where no folder can be made"):
        output.require_free(Path("result"))


def test_a_mounted_folder_is_refused(here, monkeypatch):
    Path("result").mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda _: True)
    with pytest.raises(BadInput, match="a disk is mounted"):
        output.require_free(Path("result"))


def test_a_link_is_followed_and_stays(here):
    Path("real").mkdir()
    Path("link").symlink_to("real")
    for text in ("one", "two"):
        output.write(Path("link"), lambda folder, text=text: fill(folder, text))
    Path("dangling").symlink_to("made")
    output.write(Path("dangling"), fill)
    assert Path("link").is_symlink()
    assert Path("real/firms.csv").read_text() == "two"
    assert Path("made/firms.csv").read_text() == "new"
    assert sorted(each.name for each in here.iterdir()) == ["dangling", "link", "made", "real"]


def test_a_full_disk_leaves_the_earlier_result(here):
    def overflow(folder):
        fill(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    output.write(Path("result"), fill)
    before = tree(here)
    with pytest.raises(BadInput, match="No space left on device"):
        output.write(Path("result"), overflow)
    assert tree(here) == before


@pytest.mark.parametrize("error", [OSError(errno.EBUSY, "Device or resource busy"), KeyboardInterrupt()])
def test_an_exchange_that_fails_leaves_the_earlier_result(here, monkeypatch, error):
    output.write(Path("result"), fill)
    before = tree(here)
    rename = Path.rename

    def refuse(path, target):
        if path.name == "new":
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises((BadInput, KeyboardInterrupt)):
        output.write(Path("result"), lambda folder: fill(folder, "newer"))
    assert tree(here) == before


def test_what_appears_while_drawing_is_not_touched(here):
    def slow(folder):
        fill(folder)
        Path("result/thesis.tex").write_text("mine")

    output.write(Path("result"), fill)
    with pytest.raises(BadInput, match=r"thesis\.tex"):
        output.write(Path("result"), slow)
    assert sorted(tree(here)) == ["result", "result/firms.csv", "result/summary.json", "result/thesis.tex"]
