"""Runs an ensemble block by block, in processes or on a cluster; what is finished stays, what is missing is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from abm.errors import BadInput, Fault, shown
from experiments.asked import as_json, put, require_same
from experiments.blocks import Ensemble, run_block
from experiments.store import merge
from experiments.working import as_done, in_order

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
    return run_ensembles([(ensemble, folder)], jobs=jobs, cluster=cluster, progress=progress)[0]


def run_ensembles(
    asked: Sequence[tuple[Ensemble, str | Path]], *, jobs: int = 2, cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:  # fmt: skip
    """The same for several ensembles, each in a folder of its own: no process waits for the end of one of them."""
    asked = [(ensemble, Path(folder).resolve()) for ensemble, folder in asked]
    for ensemble, folder in asked:
        ensemble.check()
        require_same(folder / ASKED, ensemble.question())
    blocks = [_blocks(*each) for each in asked]
    missing = [block for of_one in blocks for block in of_one if not block[-1].is_dir()]
    whole = sum(map(len, blocks))
    for done, _ in enumerate(as_done(_run_named, missing, jobs, cluster), whole - len(missing) + 1):
        if progress is not None:
            progress(done, whole)
    tables = [([each for *_, each in of_one], folder, ensemble.told())
              for of_one, (ensemble, folder) in zip(blocks, asked, strict=True)]  # fmt: skip
    in_order(merge, tables, jobs)
    return [folder for _, folder in asked]


def _blocks(ensemble: Ensemble, folder: Path) -> list[tuple[Ensemble, int, int, Path]]:
    """All blocks of an ensemble and their places; says in `folder` what they are of."""
    place, data = folder / "blocks", ensemble.data()
    place.mkdir(parents=True, exist_ok=True)
    put(folder / ASKED, as_json(ensemble.question()))
    return [(ensemble, *each, place / ensemble.name(*each, data)) for each in ensemble.blocks()]


def _run_named(ensemble: Ensemble, first: int, count: int, place: Path) -> None:
    """Run a block where it would have the same name: another model or other data would go unnoticed."""
    if ensemble.name(first, count) != place.name:
        raise BadInput(Fault("cluster", "a worker with another model or other data", "the same as where it is asked"))
    if not place.parent.is_dir():
        raise BadInput(Fault("cluster", f"a worker without {shown(place.parent)}", "a folder that all workers see"))
    run_block(ensemble, first, count, place)
