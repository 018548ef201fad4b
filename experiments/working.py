"""Work done in processes of this machine or on a Dask cluster, in whatever order it is finished."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from typing import Any

from abm.errors import BadInput, Fault, shown

_LOST = "a process of the run was ended from outside, perhaps for lack of memory"


def as_done(
    work: Callable[..., Any], jobs: Sequence[tuple], processes: int = 2, cluster: str | None = None
) -> Iterator[tuple[int, Any]]:
    """The place of each of `jobs` and what `work(*job)` returned, as they are finished.

    `work` must be a function of a module. One process means this one; `cluster` is the address of a Dask scheduler.
    Raises `BadInput` where no scheduler answers, `OSError` where processes or workers are lost for good.
    """
    if cluster:
        yield from _on_cluster(work, jobs, cluster)
    elif jobs:
        yield from _in_processes(work, jobs, processes)


def in_order(
    work: Callable[..., Any], jobs: Sequence[tuple], processes: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list:  # fmt: skip
    """`work(*job)` for each of `jobs`, in their order; `progress(done, all)` is called after each."""
    found: list = [None] * len(jobs)
    for done, (place, result) in enumerate(as_done(work, jobs, processes), 1):
        found[place] = result
        if progress is not None:
            progress(done, len(jobs))
    return found


def _in_processes(work: Callable[..., Any], jobs: Sequence[tuple], processes: int) -> Iterator[tuple[int, Any]]:
    from joblib import Parallel, delayed, parallel_config

    # A process that has grown is replaced by a fresh one, which is nobody's concern.
    warnings.filterwarnings("ignore", message="A worker stopped", category=UserWarning)
    try:
        with parallel_config("loky", inner_max_num_threads=1):
            yield from Parallel(min(processes, len(jobs)), return_as="generator_unordered")(
                delayed(_placed)(work, place, job) for place, job in enumerate(jobs)
            )
    except BrokenExecutor:
        raise OSError(_LOST) from None


def _on_cluster(work: Callable[..., Any], jobs: Sequence[tuple], address: str) -> Iterator[tuple[int, Any]]:
    """Jobs of a worker that is lost run again on another."""
    from distributed import Client, KilledWorker, as_completed
    from distributed.client import CancelledError

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # it shows as tracebacks what is said below
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError):
        raise BadInput(Fault("cluster", shown(address), "the address of a running Dask scheduler")) from None
    with client:
        try:
            for each in as_completed([client.submit(_placed, work, *job, pure=False) for job in enumerate(jobs)]):
                yield each.result()
        except KilledWorker:
            raise OSError("workers of the cluster were lost again and again, perhaps for lack of memory") from None
        except CancelledError:
            raise OSError(f"the scheduler at {address} was lost") from None


def _placed(work: Callable[..., Any], place: int, job: tuple) -> tuple[int, Any]:
    return place, work(*job)
