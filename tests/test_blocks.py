"""Ensembles in a folder: values by world, one ensemble a folder, two runs at once, full disks, other versions."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.scenario import load_scenario
from experiments import blocks, store, store_files
from experiments.blocks import Ensemble
from experiments.runner import run_ensemble
from experiments.working import as_done

SHARES = [0.1, 0.2, 0.3, 0.4, 0.5]
VALUES = {"chipmaker.ecosystem_investment_share": np.array(SHARES), "confidence_loss": 5.0}
DESIGN = Ensemble(load_scenario("baseline"), worlds=5, quarters=4, seed=3, parameters=VALUES, block=2)


def tables(folder: Path) -> list[bytes]:
    return [(folder / each).read_bytes() for each in store.FILES]


def everything(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    return run_ensemble(DESIGN, tmp_path_factory.mktemp("design") / "made", jobs=1)


def test_values_by_world_are_those_of_their_world_in_any_block(undisturbed):
    stored = store.load(undisturbed)["run"]
    whole = abm.run("ai_2026", quarters=4, worlds=5, seed=3, parameters=VALUES)
    for ours, theirs in zip(stored.arrays(), whole.arrays(), strict=True):
        assert all(np.array_equal(ours[name], theirs[name], equal_nan=True) for name in theirs)
    own = VALUES | {"chipmaker.ecosystem_investment_share": 0.4}
    alone = abm.run("ai_2026", quarters=4, seed=3, first_world=3, parameters=own)
    assert np.array_equal(alone.system("cash").iloc[0], stored.system("cash").iloc[3])
    other = abm.run("ai_2026", quarters=4, seed=3, first_world=3, parameters={"confidence_loss": 5.0})
    assert not np.array_equal(other.system("cash"), alone.system("cash"))  # it had to matter
    said = json.loads(store_files.read(undisturbed / "runs.parquet")["scenario_json"][0])["parameters"]
    assert said == {"chipmaker.ecosystem_investment_share": SHARES, "confidence_loss": 5.0}


def test_sizes_of_shocks_by_world_are_refused():
    with pytest.raises(BadInput, match="one size for all worlds"):
        Ensemble(load_scenario("shortfall").resized(np.array([0.1, 0.3])), worlds=2)


@pytest.mark.parametrize(("change", "said"), [
    ({"seed": 4}, "seed is '3', not '4'"),
    ({"scenario": load_scenario("rescue")}, "scenario.id is 'baseline', not 'rescue'"),
    ({"parameters": {**VALUES, "confidence_loss": 4.0}}, "settings.confidence_loss is '5.0', not '4.0'"),
    ({"parameters": {**VALUES, "chipmaker.ecosystem_investment_share": np.ones(5) / 2}}, "investment_share is"),
])  # fmt: skip
def test_another_ensemble_is_refused_and_changes_nothing(undisturbed, change, said):
    before = everything(undisturbed)
    with pytest.raises(BadInput, match="another study") as refused:
        run_ensemble(replace(DESIGN, **change), undisturbed, jobs=1)
    assert said in str(refused.value)
    assert everything(undisturbed) == before


def test_two_runs_at_once_end_well_with_the_same_bytes(undisturbed, tmp_path):
    both = [(DESIGN, tmp_path / "made"), (DESIGN, tmp_path / "made")]
    assert len(list(as_done(_run_alone, both, 2))) == 2
    assert everything(tmp_path / "made") == everything(undisturbed)


def _run_alone(ensemble: Ensemble, folder: Path) -> None:
    run_ensemble(ensemble, folder, jobs=1)


@pytest.mark.parametrize("part", [0.02, 0.2, 0.95])  # of the longest file: blocks do not fit, or only joined tables
def test_a_full_disk_leaves_nothing_half_written_and_a_restart_ends_in_the_same_bytes(undisturbed, tmp_path, part):
    room = int(part * max(map(len, tables(undisturbed))))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            run_ensemble(DESIGN, tmp_path / "made", jobs=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    there, whole = everything(tmp_path / "made"), everything(undisturbed)
    assert there.items() <= whole.items()
    assert "runs.parquet" not in there
    assert len(list((tmp_path / "made" / "blocks").iterdir())) == (3 if part > 0.5 else 0)
    run_ensemble(DESIGN, tmp_path / "made", jobs=1)
    assert everything(tmp_path / "made") == whole


def test_blocks_of_another_model_or_form_are_run_again(tmp_path, monkeypatch):
    seen, small = [], replace(DESIGN, worlds=2, parameters={})
    for each in ("code", "version"):
        with monkeypatch.context() as later:
            later.setattr(blocks if each == "code" else store, each, lambda *_: "of another day")
            run_ensemble(small, tmp_path, jobs=1, progress=lambda *_: seen.append(_))
    with pytest.raises(BadInput, match="of another day"):
        store.load(tmp_path)
    run_ensemble(small, tmp_path, jobs=1, progress=lambda *_: seen.append(_))
    assert seen == [(1, 1)] * 3
    assert len(list((tmp_path / "blocks").iterdir())) == 3


def test_what_is_joined_does_not_depend_on_the_memory_there_is(undisturbed, tmp_path, monkeypatch):
    parts = sorted((undisturbed / "blocks").iterdir())
    for limit in ("64MB", "512MB"):
        monkeypatch.setitem(store_files.ENGINE, "memory_limit", limit)
        (tmp_path / limit).mkdir()
        store.merge(parts, tmp_path / limit, DESIGN.told())
    assert tables(tmp_path / "64MB") == tables(tmp_path / "512MB")
    monkeypatch.setitem(store_files.ENGINE, "memory_limit", "1MB")
    with pytest.raises(OSError, match="Out of Memory"):
        store.merge(parts, tmp_path / "64MB", DESIGN.told())


def test_a_process_that_is_ended_from_outside_is_no_traceback():
    with pytest.raises(OSError, match="ended from outside"):
        list(as_done(os._exit, [(1,), (1,)], 2))
