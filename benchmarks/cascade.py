"""How fast a shock travels: `python -m benchmarks.cascade` from the root of the source tree.

A. Cascades a second on the shipped opening network, of the compiled loop on one and two threads, of its
   NumPy twin and of a networkx peer (`benchmarks/peer.py`). Every rival settles arrays or graphs that
   are ready; all answers are compared before anything is timed.
B. `abm.stress` from end to end, many worlds of a drawn shock.
C. `abm.stress` from end to end, one world of a large made-up network (generating it is not timed).

Rivals take turns within each repeat, so that a busy machine is as unfair to one as to another. Times
are the best and the median of the repeats, ratios those of the medians of the same run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

import abm
from abm.drawn import Drawn
from abm.parameters import Parameters
from abm.plan import make_plan
from abm.settlement import Settlement
from abm.shocks import Shock, make_strike
from benchmarks import peer
from cython_ext import Problem, reference, settle

SEED = 1
QUARTERS = 4


def opening_problem(shock: str, worlds: int) -> Problem:
    """The shipped network, struck in every world by a size drawn from the range of `shock`."""
    city = abm.load("ai_2026")
    settlement = Settlement(make_plan(Drawn(city, None, SEED), Parameters(city, {}), QUARTERS))
    return settlement.strike(make_strike(city, [Shock.parse(shock)], list(range(worlds)), SEED))


def compare(problem: Problem, worlds: int) -> float:
    """Largest difference of a payment or value between the rivals, relative; flags must be the same."""
    chosen = problem.select(slice(0, worlds))
    compiled, twin = settle(chosen), reference.settle(chosen)
    np.testing.assert_array_equal(compiled.flags, twin.flags)
    worst = 0.0
    for world in range(worlds):
        outcome = peer.settle(peer.city_of(chosen, world))
        for flag, firms in enumerate((outcome.default, outcome.breach, outcome.withdrawn)):
            assert firms == set(np.flatnonzero(compiled.flags[flag, :, world]).tolist())
        value = np.array([outcome.value[firm] for firm in range(chosen.firms)])
        paid = np.array([[outcome.paid[firm, layer] for firm in range(chosen.firms)] for layer in range(5)])
        for mine, theirs in (
            (compiled.value[:, world], value), (compiled.paid[..., world], paid),
            (compiled.value[:, world], twin.value[:, world]),
        ):  # fmt: skip
            worst = max(worst, float((np.abs(mine - theirs) / np.maximum(1.0, np.abs(theirs))).max()))
    assert worst <= 1e-9, f"the rivals disagree by {worst}"
    return worst


def alternate(rivals: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of every rival in every repeat, each repeat running them one after the other."""
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(repeats):
        for name, run in rivals.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def cascades(shock: str, worlds: int, few: int, repeats: int) -> None:
    problem = opening_problem(shock, worlds)
    twin_worlds = min(worlds, 16 * few)
    narrow = problem.select(slice(0, twin_worlds))
    cities = [peer.city_of(problem, world) for world in range(few)]
    print(f"A. shipped network: {problem.firms} firms, {problem.debtor.size} payments, {problem.owner.size} stakes, "
          f"{problem.holder.size} loans; {shock}")  # fmt: skip
    print(f"   rivals agree to {compare(problem, few):.1e} on {few} worlds")
    settled = settle(problem)
    print(f"   a world takes {settled.sweeps.mean():.2f} sweeps and {settled.rounds.mean():.1f} rounds; "
          f"{settled.flags.any(axis=(0, 1)).mean():.0%} of worlds have a flag")  # fmt: skip
    counts = {"compiled, 1 thread": worlds, "compiled, 2 threads": worlds, "NumPy twin": twin_worlds, "networkx": few}
    seconds = alternate(
        {
            "compiled, 1 thread": lambda: settle(problem, threads=1),
            "compiled, 2 threads": lambda: settle(problem, threads=2),
            "NumPy twin": lambda: reference.settle(narrow),
            "networkx": lambda: [peer.settle(city) for city in cities],
        },
        repeats,
    )
    medians = {name: counts[name] / statistics.median(times) for name, times in seconds.items()}
    print(f"   {'':22}{'worlds':>8}{'best a second':>16}{'median':>12}{'times networkx':>17}")
    for name, times in seconds.items():
        print(f"   {name:22}{counts[name]:8,}{counts[name] / min(times):16,.0f}{medians[name]:12,.0f}"
              f"{medians[name] / medians['networkx']:17,.1f}")  # fmt: skip


def end_to_end(title: str, run: Callable[[], abm.StressResult], repeats: int) -> None:
    times = alternate({title: run}, repeats)[title]
    print(f"{title}: best {min(times):.2f} s, median {statistics.median(times):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shock", default="all:assets:0.3..0.9", help="of A (default: %(default)s)")
    parser.add_argument("--worlds", type=int, default=4000, help="of A for the compiled loop (default: %(default)s)")
    parser.add_argument("--few", type=int, default=8, help="worlds of A for networkx (default: %(default)s)")
    parser.add_argument("--many", type=int, default=10_000, help="worlds of B (default: %(default)s)")
    parser.add_argument("--firms", type=int, default=100_000, help="of C; 0 leaves it out (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="of B and C (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="(default: %(default)s)")
    given = parser.parse_args()
    cascades(given.shock, given.worlds, given.few, given.repeats)
    for shock in ("all:revenue:0.1..0.6", given.shock):
        end_to_end(
            f"B. stress, {given.many:,} worlds, {shock}",
            lambda shock=shock: abm.stress("ai_2026", [shock], worlds=given.many, threads=given.threads),
            given.repeats,
        )
    if given.firms:
        large = abm.synthetic(firms=given.firms, mean_degree=10.0, seed=SEED)
        end_to_end(
            f"C. stress, {given.firms:,} firms, {len(large.claims):,} claims, ai_lab:revenue:0.3",
            lambda: abm.stress(large, ["ai_lab:revenue:0.3"], threads=given.threads),
            given.repeats,
        )


if __name__ == "__main__":
    main()
