"""Thousands of worlds: wall time and memory of the whole model, in blocks on all cores.

    python -m benchmarks.worlds [--worlds 10000] [--block 384] [--processes 2] [--scenario baseline]

Each block is one `abm.run`; what it leaves behind is thrown away but for its size, so memory beyond results is what the
model itself needs. Start-up of the processes is part of the time. The ratio is to the same model at one world a run.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

import abm
from experiments.working import in_order

_QUARTERS = 40


def block(scenario: str, first: int, count: int) -> tuple[int, float, float, float]:
    """Process, CPU seconds, size of the results and peak memory of the process so far, in MB."""
    begun = time.process_time()
    result = abm.run("ai_2026", scenario, worlds=count, quarters=_QUARTERS, first_world=first)
    taken = time.process_time() - begun
    size = sum(array.nbytes for arrays in result.arrays() for array in arrays.values()) / 1e6
    return os.getpid(), taken, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Run the blocks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--block", type=int, default=384)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--scenario", default="baseline")
    asked = parser.parse_args()
    jobs = [(asked.scenario, first, min(asked.block, asked.worlds - first))
            for first in range(0, asked.worlds, asked.block)]  # fmt: skip
    begun = time.perf_counter()
    found = in_order(block, jobs, asked.processes)
    wall = time.perf_counter() - begun
    alone = min(block(asked.scenario, 0, 1)[1] for _ in range(3))
    cpu = sum(each[1] for each in found) / asked.worlds
    peak = {process: max(each[3] for each in found if each[0] == process) for process in {each[0] for each in found}}
    largest = max(each[2] for each in found)
    print(f"{asked.worlds:,} worlds x {_QUARTERS} quarters of {asked.scenario}, blocks of {asked.block}, "
          f"{asked.processes} processes")  # fmt: skip
    print(f"  wall time                       {wall:8.1f} s")
    print(f"  CPU per world and quarter       {cpu / _QUARTERS * 1e6:8.0f} us")
    print(f"  the same, one world alone       {alone / _QUARTERS * 1e6:8.0f} us    ratio 1/{alone / cpu:.0f}")
    print(f"  peak memory of a process        {max(peak.values()):8.0f} MB   of all {sum(peak.values()):.0f} MB")
    print(f"  of which results of its block   {largest:8.0f} MB")


if __name__ == "__main__":
    main()
