"""Runs an ensemble block by block, in processes or on a cluster; what is finished stays, what is missing is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from abm.errors import BadInput, Fault, shown
from experiments.asked import as_json, put, require_same
from experiments.blocks import Ensemble, run_block
from experiments.store import merge
from experiments.working import as_done

ASKED = "ensemble.json"  # in the folder of an ensemble: what its blocks are of


def run_ensemble(
    ensemble: Ensemble, folder: str | Path, *, jobs: int = 2, cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:  # fmt: skip
    """Run what is missing of `ensemble` and join its blocks to the four tables of `folder`; `store.load` reads them.

    Blocks run in `jobs` processes, or on the Dask cluster at address `cluster`, whose workers must see `folder`. They
    stay in `folder`/blocks: started again after whatever ended it, only missing ones are run, and the tables get the
    same bytes. More worlds of the same ensemble start from those there are. `progress(done, all)` is called after
    each. Raises `OSError`, and `BadInput`, also for a folder that holds another ensemble.
    """
    folder, question = Path(folder).resolve(), ensemble.question()
    ensemble.check()
    require_same(folder / ASKED, question)
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / ASKED, as_json(question))
    place, data = folder / "blocks", ensemble.data()
    place.mkdir(exist_ok=True)
    blocks = [(ensemble, *each, place / ensemble.name(*each, data)) for each in ensemble.blocks()]
    missing = [each for each in blocks if not each[-1].is_dir()]
    done = len(blocks) - len(missing)
    for _ in as_done(_run_named, missing, jobs, cluster):
        done += 1
        if progress is not None:
            progress(done, len(blocks))
    merge([each for *_, each in blocks], folder, ensemble.told())
    return folder


def _run_named(ensemble: Ensemble, first: int, count: int, place: Path) -> None:
    """Run a block where it would have the same name: another model or other data would go unnoticed."""
    if ensemble.name(first, count) != place.name:
        raise BadInput(Fault("cluster", "a worker with another model or other data", "the same as where it is asked"))
    if not place.parent.is_dir():
        raise BadInput(Fault("cluster", f"a worker without {shown(place.parent)}", "a folder that all workers see"))
    run_block(ensemble, first, count, place)
