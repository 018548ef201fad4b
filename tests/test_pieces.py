"""Studies in pieces: started again, only what is missing is made, and every file gets the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abm.errors import BadInput
from abm.scenario import load_scenario
from abm.scenario.place import Place
from experiments import pieces, studies
from experiments.pairs import Frame
from experiments.pieces import Workplace

FRAME = Frame(worlds=2, quarters=2)
KNOCKOUT = ("knockout", "--firm", "TAIL1", "--worlds", "1", "--quarters", "3", "--jobs", "1", "--out", "made")
STUDIES = [
    KNOCKOUT,
    ("attribution", "--worlds", "1", "--quarters", "8", "--jobs", "1", "--out", "made"),
    ("study", "shortfall-grid", "--worlds", "1", "--quarters", "8", "--quick", "--jobs", "1", "--out", "made"),
]


def everything(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def told(frame: Frame, value: float) -> dict:
    """A piece: what floats are likely to lose on their way through a file, and an array."""
    row = np.array([-0.0, 1.0 / 3.0, 5e-324, np.inf, np.nan])
    return {"value": value, "row": row, "worlds": np.int64(frame.worlds)}


def test_pieces_keep_every_bit_whether_they_are_kept_or_not(tmp_path):
    jobs = [(FRAME, 0.1), (FRAME, 0.2)]
    alone, seen = Workplace().pieces(told, jobs, "ai_2026"), []
    for _ in range(2):
        place = Workplace(tmp_path, progress=lambda *each: seen.append(each))
        kept = place.pieces(told, jobs, "ai_2026")
        assert repr(kept) == repr(alone)
        for mine, (frame, value) in zip(kept, jobs, strict=True):
            assert np.array(mine["row"]).tobytes() == told(frame, value)["row"].tobytes()
            assert (mine["value"], mine["worlds"]) == (value, 2)
    assert seen == [(1, 2), (2, 2)]  # and nothing the second time


def test_pieces_are_the_same_from_a_cluster(tmp_path):
    from distributed import LocalCluster

    jobs = [(FRAME, 0.1), (FRAME, 0.2)]
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        found = Workplace(tmp_path, cluster=cluster.scheduler_address).pieces(told, jobs, "ai_2026")
    assert repr(found) == repr(Workplace().pieces(told, jobs, "ai_2026"))
    assert len(list((tmp_path / "pieces").iterdir())) == 2


def test_pieces_are_named_after_everything_they_come_from_and_not_after_the_place_of_a_file(monkeypatch):
    story = load_scenario("shortfall")
    same = pieces._name(told, (FRAME, story), "ai_2026")
    moved = replace(story, shocks=tuple(replace(each, place=Place("elsewhere", 7)) for each in story.shocks))
    assert moved.shocks[0].place != story.shocks[0].place
    assert pieces._name(told, (FRAME, moved), "ai_2026") == same
    others = [pieces._name(told, (replace(FRAME, seed=2), story), "ai_2026"),
              pieces._name(told, (FRAME, load_scenario("rescue")), "ai_2026"),
              pieces._name(everything, (FRAME, story), "ai_2026")]
    monkeypatch.setattr(pieces, "code", lambda *_: "of another day")
    others.append(pieces._name(told, (FRAME, story), "ai_2026"))
    assert len({same, *others}) == 5
    with pytest.raises(BadInput, match="another model"):
        pieces._make(told, (FRAME, 0.1), "ai_2026", same)


@pytest.mark.parametrize("asked", STUDIES, ids=lambda each: each[0])
def test_only_missing_pieces_are_made_again_and_the_bytes_are_the_same(command, tmp_path, monkeypatch, asked):
    monkeypatch.setattr(studies, "SETTINGS", dict(list(studies.SETTINGS.items())[:2]))
    code, out, err = command(*asked)
    assert code == 0, err
    whole = everything(tmp_path / "made")
    kept = sorted((tmp_path / "made" / "pieces").iterdir())
    assert len(kept) > 1
    kept[0].unlink()
    (tmp_path / "made" / "summary.json").unlink()
    made, lived = [], pieces._make
    monkeypatch.setattr(pieces, "_make", lambda *each: made.append(each) or lived(*each))
    assert command(*asked)[:2] == (0, out)
    assert len(made) == 1
    assert everything(tmp_path / "made") == whole
    code, _, err = command(*asked, "--seed", "7")
    assert (code, "seed is '1', not '7'" in err) == (2, True)
    assert everything(tmp_path / "made") == whole


def test_a_study_that_is_killed_goes_on_and_ends_in_the_same_bytes(command, tmp_path):
    code, out, err = command(*KNOCKOUT[:-1], "unharmed")
    assert code == 0, err
    cloudcity = [sys.executable, "-c", "from experiments.cli import main; main()"]
    path = os.environ | {"PYTHONPATH": str(Path(pieces.__file__).parents[1])}
    work = subprocess.Popen([*cloudcity, *KNOCKOUT], cwd=tmp_path, env=path, start_new_session=True)
    until = time.monotonic() + 60.0
    while not list(tmp_path.glob("made/pieces/[!.]*")) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(work.pid, signal.SIGKILL)
    work.wait()
    assert not (tmp_path / "made" / "summary.json").exists()
    assert command(*KNOCKOUT)[:2] == (0, out.replace("unharmed", "made"))
    assert {name: each for name, each in everything(tmp_path / "made").items() if "/." not in name} == everything(
        tmp_path / "unharmed"
    )
