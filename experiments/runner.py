"""Runs an ensemble block by block, in processes or on a cluster; what is finished stays, what is missing is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from experiments.blocks import Ensemble, run_block
from experiments.store import merge

Job = tuple[Ensemble, int, int, Path]


def run_ensemble(
    ensemble: Ensemble, folder: str | Path, *, jobs: int = 2, cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:  # fmt: skip
    """Run what is missing of `ensemble` and join its blocks to the four tables of `folder`; `store.load` reads them.

    Blocks run in `jobs` processes, or on the Dask cluster at address `cluster`, whose workers must see `folder`. They
    stay in `folder`/blocks: started again after whatever ended it, only missing ones are run, and the tables get the
    same bytes. `progress(done, all)` is called after each. Raises `BadInput` and `OSError`.
    """
    folder = Path(folder).resolve()
    blocks = [(ensemble, *each, folder / "blocks" / ensemble.name(*each)) for each in ensemble.blocks()]
    missing = [each for each in blocks if not each[-1].is_dir()]
    done = len(blocks) - len(missing)
    for _ in (_on_cluster(missing, cluster) if cluster else _in_processes(missing, jobs)):
        done += 1
        if progress is not None:
            progress(done, len(blocks))
    merge([place for *_, place in blocks], folder)
    return folder


def _in_processes(missing: list[Job], jobs: int) -> Iterator[None]:
    from joblib import Parallel, delayed, parallel_config

    if not missing:
        return
    with parallel_config("loky", inner_max_num_threads=1):
        yield from Parallel(min(jobs, len(missing)), return_as="generator_unordered")(
            delayed(run_block)(*each) for each in missing
        )


def _on_cluster(missing: list[Job], address: str) -> Iterator[None]:
    """Blocks of a worker that is lost run again on another."""
    from distributed import Client, as_completed

    from abm.errors import BadInput, Fault, shown

    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError):
        raise BadInput(Fault("cluster", shown(address), "the address of a running Dask scheduler")) from None
    with client:
        for each in as_completed([client.submit(run_block, *job, pure=False) for job in missing]):
            yield each.result()
