"""Runs that are stored load back to the same bits, and never as something else."""

from __future__ import annotations

import json
from dataclasses import replace

import duckdb
import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.scenario import load_scenario
from experiments import store
from experiments.store_frames import digest

FALL = load_scenario("shortfall")


@pytest.fixture(scope="module")
def runs():
    asked = {"quarters": 9, "worlds": 3, "first_world": 62, "seed": 4}
    return {name: (abm.run("ai_2026", story, **asked), load_scenario(story))
            for name, story in (("shocked", "shortfall"), ("baseline", "baseline"))}  # fmt: skip


@pytest.fixture
def folder(runs, tmp_path):
    store.save(runs, tmp_path / "kept")
    (tmp_path / "kept" / "summary.json").write_text('{"worlds": 3}')
    return tmp_path / "kept"


def bits(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.where(np.isnan(values), np.nan, values)).view(np.uint64)


def test_a_pair_loads_back_to_the_same_bits(runs, folder):
    *both, facts = store.load_pair(folder)
    assert facts == {"worlds": 3}
    for (kept, _), back in zip(runs.values(), both, strict=True):
        for before, after in zip(kept.arrays(), back.arrays(), strict=True):
            assert list(before) == list(after)
            for name in before:
                assert np.array_equal(bits(before[name]), bits(after[name])), name
        assert kept.events.equals(back.events)
        said = ("worlds", "quarters", "seed", "scenario", "worst_residual")
        assert [getattr(kept, each) for each in said] == [getattr(back, each) for each in said]
    assert any((np.signbit(each) & (each == 0.0)).any() for each in both[0].arrays()[1].values())  # it had to matter
    assert both[0].firm("CRWV", "capex").equals(runs["shocked"][0].firm("CRWV", "capex"))
    lost = both[0].against(both[1]).system("capex")
    assert lost.equals(runs["shocked"][0].against(runs["baseline"][0]).system("capex"))


def test_a_run_without_events_loads_back(tmp_path):
    calm = abm.run("ai_2026", quarters=1, worlds=1)
    calm._chronicle.rows = []
    store.save({"calm": (calm, load_scenario("baseline"))}, tmp_path)
    back = store.load(tmp_path)["calm"]
    assert not len(back.events)
    assert list(back.events) == list(calm.events)


def test_the_same_runs_give_the_same_bytes(runs, folder, tmp_path):
    store.save(runs, tmp_path / "again")
    assert {each.name for each in (tmp_path / "again").iterdir()} == set(store.FILES)  # nothing temporary is left
    for name in store.FILES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_tables_are_for_everybody(runs, folder):
    """They say what was run, and plain SQL reads them."""
    row = duckdb.sql(f"FROM '{folder}/runs.parquet' WHERE run = 'shocked'").df().iloc[0]
    assert json.loads(row["scenario_json"]) == json.loads(json.dumps(FALL.as_dict()))
    mean = duckdb.sql(f"SELECT avg(capex) FROM '{folder}/system.parquet' WHERE run = 'baseline'").fetchone()[0]
    assert mean == pytest.approx(runs["baseline"][0].system("capex").to_numpy().mean())


def test_other_versions_other_data_and_broken_files_are_refused(runs, folder, monkeypatch):
    city = runs["shocked"][0].ecosystem
    other = replace(city, region=("elsewhere", *city.region[1:]))
    assert digest(other) != digest(city)
    with pytest.raises(BadInput, match="other data of ai_2026"):
        store.load(folder, other)
    with monkeypatch.context() as later:
        later.setattr(store, "FORM", store.FORM + 1)
        with pytest.raises(BadInput, match="run it again"):
            store.load(folder)
    (folder / "summary.json").unlink()
    with pytest.raises(BadInput, match="no summary"):
        store.load_pair(folder)
    (folder / "firms.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadInput, match="broken"):
        store.load(folder)
    with pytest.raises(BadInput, match="no such file"):
        store.load(folder / "nowhere")
    store.save({"alone": runs["baseline"]}, folder)
    with pytest.raises(BadInput, match="runs shocked and baseline"):
        store.load_pair(folder)


def test_a_disk_that_fills_leaves_the_earlier_table(runs, folder, monkeypatch):
    before = (folder / "system.parquet").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        store.save(runs, folder)
    assert (folder / "system.parquet").read_bytes() == before
    assert not [each for each in folder.iterdir() if each.name.startswith(".")]
