"""A world-quarter against an idiomatic Mesa loop: `python -m benchmarks.mesa_loop` from the root of the source tree.

The peer is `benchmarks.mesa_peer`: one agent at a time, networkx graphs, a part of the rules, the same numbers. It is
handed what it has no rules for, ready made. `abm` runs all of its rules, with its checks and its record of results.
Both run the same quarters of the shipped network, after the first, on one thread, in turns; of every quarter the best
of all repeats counts, in time of the processor. As in `timeit`, no garbage is collected meanwhile.

The second ratio leaves out of `abm` the phases of which the peer has nothing: like for like, but for the rules within
the other phases that only `abm` has.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

import abm
from benchmarks.mesa_peer.agreement import gaps
from benchmarks.mesa_peer.opening import city_of
from benchmarks.mesa_peer.tape import SWITCHES, Given, record
from benchmarks.quarter import WHOLE, Times, live

FLOOR, GOAL = 50, 300
# Phases of `abm` of which the peer has nothing.
ONLY_ABM = ("operations.assess", "funding.assess", "equity.invest", "funding.clear", "resolution.resolve",
            "closing.mark", "Ledger.check", "identities.check", "Recorder.record")  # fmt: skip


def recorded(quarters: int) -> tuple[list[Given], float]:
    """What the peer is given, and the largest gap between its numbers and those of `abm`."""
    model, tape, worst = abm.EcosystemModel("ai_2026", switches=SWITCHES), [], 0.0
    model.begin()
    city = city_of(model, tape)
    for given, seen in record(model, quarters):
        tape.append(given)
        city.step()
        worst = max(worst, *gaps(city, seen).values())
    model.release()
    return tape, worst


def peer(tape: list[Given]) -> Callable[[], None]:
    """The peer's next quarter, after its first."""
    model = abm.EcosystemModel("ai_2026", switches=SWITCHES)
    model.begin()
    city = city_of(model, tape)
    model.release()
    city.step()
    return city.step


def whole(worlds: int) -> Callable[[], None]:
    """The next quarter of `abm`, after its first."""
    model = abm.EcosystemModel("ai_2026", worlds=worlds)
    model.step()
    return model.step


def time_quarters(step: Callable[[], None], best: list[float]) -> None:
    """Take `step` once for each of `best`, and lower these to the seconds of processor time it took."""
    gc.collect()
    gc.disable()
    try:
        for quarter in range(len(best)):
            start = time.process_time()
            step()
            best[quarter] = min(best[quarter], time.process_time() - start)
    finally:
        gc.enable()


def part_in_common(times: Times) -> float:
    """Of the time of a quarter of `abm`, what the phases take of which the peer has at least a part."""
    whole_quarter = statistics.median(times[WHOLE])
    return 1.0 - sum(statistics.median(times[title]) for title in ONLY_ABM) / whole_quarter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, nargs="+", default=[1, 64, 512], help="of abm (default: 1 64 512)")
    parser.add_argument("--quarters", type=int, default=20, help="timed, after the first (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="(default: %(default)s)")
    given = parser.parse_args()
    tape, gap = recorded(given.quarters + 1)
    best = {count: [float("inf")] * given.quarters for count in (0, *given.worlds)}  # 0: the peer
    phases: dict[int, Times] = {count: defaultdict(list) for count in given.worlds}
    for _ in range(given.repeats):
        for count, seconds in best.items():
            time_quarters(whole(count) if count else peer(tape), seconds)
        for count, times in phases.items():
            live(count, given.quarters, times)
    cost = {count: sum(seconds) / given.quarters / max(count, 1) for count, seconds in best.items()}
    print(f"A world-quarter of the shipped network; best of {given.repeats}, mean of {given.quarters} quarters")
    print(f"   {'':20}{'us a world':>12}{'peer / abm':>12}{'same phases':>13}")
    print(f"   {'Mesa, one world':20}{1e6 * cost[0]:12.1f}")
    for count in given.worlds:
        title = f"abm, {count:,} world{'s' * (count > 1)}"
        ratio = cost[0] / cost[count]
        print(f"   {title:20}{1e6 * cost[count]:12.1f}{ratio:11.1f}x{ratio / part_in_common(phases[count]):12.1f}x")
    print(f"   peer / abm: floor {FLOOR}x, goal {GOAL}x; largest gap between their numbers {gap:.0e}, relative")
    print("   The peer leaves out, or is given: finance, tax, covenants, insolvency, equity marks, estates, warrants,\n"
          "   identities, events, metrics, results. abm runs them all, so the ratio understates.")  # fmt: skip


if __name__ == "__main__":
    main()
