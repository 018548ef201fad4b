"""Thousands of worlds in pairs, stored and compared: wall time, memory and disk, and what of it the store costs.

    python -m benchmarks.store [--worlds 10000] [--block 128] [--jobs 2] [--second shortfall] [--keep FOLDER]

A baseline and a scenario in the same worlds, forty quarters each, as `cloudcity compare` runs them: in blocks that are
written as Parquet, joined, read back and summarised. The peer is the same model without the store, measured on the
largest block of each side in this process. "Started again" is the same question when all blocks are there: joining,
reading and summarising alone. CPU time is that of all processes, start-up among it; where a machine does other work, it
says more than the clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import abm
from abm.scenario import load_scenario
from experiments.blocks import Ensemble
from experiments.comparing import compare


def cpu() -> float:
    """Seconds of this process and of those that have ended."""
    own, ended = (resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def end_processes() -> None:
    """So that their time and memory are counted."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def alone(first: Ensemble, second) -> float:
    """CPU seconds a world of the model itself, both sides."""
    begun, worlds = time.process_time(), max(count for _, count in first.blocks())
    for story in (first.scenario, second):
        abm.run(first.ecosystem, story, worlds=worlds, quarters=first.quarters)
    return (time.process_time() - begun) / worlds


def main() -> None:
    """Run, run again, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--block", type=int, default=128, help="worlds of the first blocks (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--second", default="shortfall")
    parser.add_argument("--keep", type=Path, help="a folder for the files; by default they go")
    asked = parser.parse_args()
    first = Ensemble(load_scenario("baseline"), worlds=asked.worlds, block=asked.block)
    second = load_scenario(asked.second)
    with tempfile.TemporaryDirectory() as aside:
        folder, spent = asked.keep or Path(aside), []
        for _ in range(2):
            begun, before = time.perf_counter(), cpu()
            compare(first, second, folder / "compared", jobs=asked.jobs)
            wall = time.perf_counter() - begun
            end_processes()
            spent.append((wall, cpu() - before))
        disk = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    (wall, whole), (again, cpu_again) = spent
    own, ended = (resource.getrusage(each).ru_maxrss / 1e3 for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    model = alone(first, second) * asked.worlds  # last: its memory is not that of the store
    print(f"{asked.worlds:,} worlds x {first.quarters} quarters of baseline and {second.id}, {asked.jobs} processes, "
          f"blocks from {asked.block} worlds on")  # fmt: skip
    print(f"  wall time                    {wall:8.1f} s")
    print(f"  CPU of all processes         {whole:8.1f} s")
    print(f"  the model alone              {model:8.1f} s of CPU     ratio {whole / model:.2f}")
    print(f"  started again                {again:8.1f} s, {cpu_again:.1f} s of CPU")
    print(f"  peak memory of this process  {own:8.0f} MB, of another {ended:.0f} MB")
    print(f"  on disk                      {disk / 1e6:8.0f} MB")


if __name__ == "__main__":
    main()
