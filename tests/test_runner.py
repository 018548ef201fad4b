"""Blocks of worlds: the same bytes however often a run is killed, and wherever its blocks are run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.scenario import load_scenario
from experiments import store
from experiments.blocks import Ensemble, run_block
from experiments.runner import run_ensemble

SMALL = Ensemble(load_scenario("shortfall"), worlds=7, quarters=8, seed=3, block=2)
SCRIPT = """
from abm.scenario import load_scenario
from experiments.blocks import Ensemble
from experiments.runner import run_ensemble
run_ensemble(Ensemble(load_scenario("shortfall"), worlds=4, quarters=2, block=1), "study", jobs=1)
"""


def tables(folder: Path) -> list[bytes]:
    return [(folder / each).read_bytes() for each in store.FILES]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    return run_ensemble(SMALL, tmp_path_factory.mktemp("whole"), jobs=1)


def test_blocks_joined_are_the_run_undivided(undisturbed):
    joined = store.load(undisturbed)["run"]
    whole = abm.run("ai_2026", "shortfall", worlds=7, quarters=8, seed=3)
    for ours, theirs in zip(joined.arrays(), whole.arrays(), strict=True):
        assert all(np.array_equal(ours[name], theirs[name], equal_nan=True) for name in theirs)
    assert joined.events.equals(whole.events)
    assert joined.worst_residual == whole.worst_residual


def test_firms_and_hits_are_kept_of_the_first_worlds_of_all_not_of_each_block(tmp_path):
    late = Ensemble(load_scenario("shortfall"), worlds=66, quarters=12, block=3)
    whole = abm.run("ai_2026", late.scenario, quarters=12, worlds=3, first_world=63)
    assert set(whole.events["world"]) == {63, 65}  # there is something to leave out
    run_block(late, 63, 3, tmp_path / "late")
    result = store.load(tmp_path / "late")["run"]
    assert next(iter(result.arrays()[1].values())).shape[1] == 1
    assert set(result.events["world"]) == {63}


def test_processes_do_not_matter_and_only_missing_blocks_are_run(undisturbed, tmp_path):
    seen = []
    run_ensemble(SMALL, tmp_path, jobs=2, progress=lambda *each: seen.append(each))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert tables(tmp_path) == tables(undisturbed)
    kept = {each: each.stat().st_mtime_ns for each in tmp_path.glob("blocks/*/runs.parquet")}
    lost = sorted(kept)[1]
    for each in lost.parent.iterdir():
        each.unlink()
    lost.parent.rmdir()
    run_ensemble(SMALL, tmp_path, jobs=1)
    again = {each for each, when in kept.items() if each.stat().st_mtime_ns != when}
    assert again == {lost}
    assert tables(tmp_path) == tables(undisturbed)


def start(folder: Path) -> subprocess.Popen:
    """A small study in a process group of its own."""
    return subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=folder, start_new_session=True,
                            env=os.environ | {"PYTHONPATH": str(Path(store.__file__).parents[1])})  # fmt: skip


def test_killed_at_twenty_instants_it_ends_in_the_same_bytes(tmp_path):
    begun = time.monotonic()
    for each in ("alone", "killed"):
        (tmp_path / each).mkdir()
    assert start(tmp_path / "alone").wait() == 0
    whole = time.monotonic() - begun
    chance, killed, finished = random.Random(5), 0, set()
    blocks = tmp_path / "killed" / "study" / "blocks"
    while killed < 20:
        work = start(tmp_path / "killed")
        time.sleep(chance.uniform(0.3, 1.0) * whole)
        if work.poll() is None:
            os.killpg(work.pid, signal.SIGKILL)
            killed += 1
        work.wait()
        there = sorted(blocks.glob("[!.]*"))
        finished.add(len(there))
        for each in there[: max(0, len(there) - 1)]:  # so that there is work to kill the next time
            shutil.rmtree(each)
    assert max(finished) > 1  # it was killed after blocks, too
    assert start(tmp_path / "killed").wait() == 0
    assert tables(tmp_path / "killed" / "study") == tables(tmp_path / "alone" / "study")


def test_a_cluster_that_loses_a_worker_ends_in_the_same_bytes(undisturbed, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        victim = next(iter(cluster.workers.values()))

        def kill(done: int, _all: int) -> None:
            if done == 1:
                os.kill(victim.pid, signal.SIGKILL)

        run_ensemble(SMALL, tmp_path, cluster=cluster.scheduler_address, progress=kill)
    assert tables(tmp_path) == tables(undisturbed)


def test_a_cluster_that_is_lost_is_said_in_one_line_and_what_is_finished_stays(tmp_path):
    from distributed import LocalCluster

    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
    with cluster, pytest.raises(OSError, match="was lost"):
        run_ensemble(SMALL, tmp_path, cluster=cluster.scheduler_address, progress=lambda *_: cluster.close())
    assert list((tmp_path / "blocks").glob("[!.]*"))
    assert not (tmp_path / "runs.parquet").exists()


def test_blocks_grow_and_are_the_same_for_more_worlds():
    many = Ensemble(SMALL.scenario, worlds=10_000, block=64)
    sizes = [count for _, count in many.blocks()]
    assert (sizes[:9], sizes[-1], sum(sizes)) == ([64] * 4 + [128] * 4 + [256], 16, 10_000)
    assert [first for first, _ in many.blocks()] == [sum(sizes[:place]) for place in range(len(sizes))]
    few = Ensemble(SMALL.scenario, worlds=700, block=64)
    assert list(few.blocks())[:-1] == list(many.blocks())[:7]


def test_names_of_blocks_come_from_all_that_matters():
    from dataclasses import replace

    others = [replace(SMALL, seed=4), replace(SMALL, quarters=9), replace(SMALL, parameters={"recovery_rate": 0.3}),
              replace(SMALL, scenario=load_scenario("baseline"))]  # fmt: skip
    assert len({each.name(0, 2) for each in (SMALL, *others)}) == 5
    assert replace(SMALL, worlds=70).name(0, 2) == SMALL.name(0, 2)  # more worlds: what there is stays


def test_what_means_nothing_is_refused_also_from_another_process(tmp_path):
    with pytest.raises(BadInput, match="worlds"):
        Ensemble(SMALL.scenario, worlds=0)
    with pytest.raises(BadInput, match="one a world"):
        Ensemble(SMALL.scenario, parameters={"recovery_rate": np.ones(3)})
    unknown = Ensemble(SMALL.scenario, worlds=4, quarters=1, block=2, parameters={"recovery_rat": 0.3})
    with pytest.raises(BadInput, match="recovery_rat") as refused:
        run_ensemble(unknown, tmp_path)
    assert refused.value.faults[0].file == "parameters"
    with pytest.raises(BadInput, match="Dask"):
        run_ensemble(SMALL, tmp_path, cluster="tcp://127.0.0.1:9")
