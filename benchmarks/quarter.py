"""What a quarter costs: `python -m benchmarks.quarter` from the root of the source tree.

A. Milliseconds a quarter, and microseconds a world, of every phase of `Quarter.step`, at several numbers of worlds.
   Medians over the quarters of all repeats; the first quarter, which makes the room for all others, is not timed.
   A world among many must cost less than one alone: the ratio has a floor of 1/20 and a goal of 1/80.
B. Seconds for one world over 40 quarters, building the model included: floor 0.4, goal 0.1.

The numbers of worlds take turns within each repeat, so that a busy machine is as unfair to one as to another.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import abm
from abm import clearing, closing, identities, margining, resolution, statement
from abm.economy import Economy
from abm.ledger import Ledger
from abm.markets import chips, compute, construction, demand, equity, funding, operations, planning
from abm.results import Recorder

# What `Quarter.step` calls, in its order: who has it, and its name there.
PHASES = (
    (Economy, "advance"), (demand, "grow"), (chips, "receivables_due"), (compute, "fall_due"), (margining, "call"),
    (compute, "clear"),
    (operations, "run"), (operations, "serve_debt"), (operations, "assess"), (planning, "measure"), (planning, "plan"),
    (funding, "assess"), (equity, "invest"), (funding, "clear"), (chips, "clear"), (construction, "order"),
    (clearing, "clear"), (construction, "build"), (compute, "sign"), (closing, "settle"), (closing, "accrue"),
    (resolution, "resolve"), (closing, "mark"), (closing, "learn"), (statement, "record"), (Ledger, "check"),
    (identities, "check"), (Recorder, "record"),
)  # fmt: skip
WHOLE, REST = "whole quarter", "between phases"
FLOOR, GOAL = 1 / 20, 1 / 80

Times = dict[str, list[float]]  # seconds of each phase, one number a quarter


@contextmanager
def timed(times: Times) -> Iterator[None]:
    """Within, every phase notes in `times` how long it took."""
    originals = [getattr(owner, name) for owner, name in PHASES]

    def wrap(title, original):
        def phase(*given):
            start = time.perf_counter()
            result = original(*given)
            times[title].append(time.perf_counter() - start)
            return result

        return phase

    try:
        for (owner, name), original in zip(PHASES, originals, strict=True):
            setattr(owner, name, wrap(title_of(owner, name), original))
        yield
    finally:
        for (owner, name), original in zip(PHASES, originals, strict=True):
            setattr(owner, name, original)


def title_of(owner, name: str) -> str:
    return f"{owner.__name__.removeprefix('abm.').removeprefix('markets.')}.{name}"


def live(worlds: int, quarters: int, times: Times) -> None:
    """Add to `times` the quarters of one model after its first."""
    model = abm.EcosystemModel("ai_2026", worlds=worlds)
    model.step()
    with timed(times):
        for _ in range(quarters):
            start = time.perf_counter()
            model.step()
            times[WHOLE].append(time.perf_counter() - start)
    model.release()


def phases(counts: list[int], quarters: int, repeats: int) -> None:
    found: dict[int, Times] = {count: defaultdict(list) for count in counts}
    for _ in range(repeats):
        for count in counts:
            live(count, quarters, found[count])
    medians = {count: {name: statistics.median(each) for name, each in times.items()} for count, times in found.items()}
    for of_count in medians.values():
        whole = of_count.pop(WHOLE)
        of_count[REST], of_count[WHOLE] = whole - sum(of_count.values()), whole
    print(f"A. a quarter of the shipped network, medians of {quarters * repeats} quarters")
    heads = (f"{count:,} world{'s' * (count > 1)}" for count in counts)
    print(f"   {'':24}" + "".join(f"{head:>24}" for head in heads))
    print(f"   {'':24}" + f"{'ms':>12}{'us a world':>12}" * len(counts))
    for title in medians[counts[0]]:
        cells = (f"{1e3 * medians[k][title]:12.3f}{1e6 * medians[k][title] / k:12.2f}" for k in counts)
        print(f"   {title:24}" + "".join(cells))
    first, last = counts[0], counts[-1]

    def ratio(pick) -> float:
        """Cost of a world among `last` as a part of that of a world among `first`."""
        return pick(found[last][WHOLE]) / last / (pick(found[first][WHOLE]) / first)

    print(f"   cost of a world, {last:,} worlds to {first:,}: median 1/{1 / ratio(statistics.median):.1f}, "
          f"best 1/{1 / ratio(min):.1f} (floor 1/{1 / FLOOR:.0f}, goal 1/{1 / GOAL:.0f})")  # fmt: skip


def one_world(quarters: int, repeats: int) -> None:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        abm.run("ai_2026", quarters=quarters)
        seconds.append(time.perf_counter() - start)
    print(f"B. one world, {quarters} quarters: best {min(seconds):.3f} s, median {statistics.median(seconds):.3f} s "
          "(floor 0.4, goal 0.1)")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, nargs="+", default=[1, 64, 512], help="of A (default: 1 64 512)")
    parser.add_argument("--quarters", type=int, default=8, help="timed in A (default: %(default)s)")
    parser.add_argument("--length", type=int, default=40, help="quarters of B (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="(default: %(default)s)")
    given = parser.parse_args()
    phases(given.worlds, given.quarters, given.repeats)
    one_world(given.length, given.repeats)


if __name__ == "__main__":
    main()
