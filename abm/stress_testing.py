"""Strike the opening network and see what falls: `stress(ecosystem, shocks, ...) -> StressResult`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from pathlib import Path

import numpy as np

from abm.attribution import CHANNELS, Balance, balance, by_channel, held_inside, planned_sales, worth
from abm.drawn import Drawn
from abm.ecosystem import Ecosystem, load
from abm.errors import BadInput, Fault, shown
from abm.events import trace
from abm.grades import Grades
from abm.parameters import Parameters
from abm.plan import make_plan
from abm.settlement import Settlement, Switches
from abm.shocks import Shock, make_strike
from abm.stress_result import StressResult, join
from cython_ext import Settled, settle, total

BLOCK = 512  # worlds settled together: enough to amortise Python, few enough to stay in the cache
LONGEST = 12  # quarters: further ahead, flat run rates say nothing
TRACED = 64  # worlds whose events are kept one by one
_CONSERVED = 1e-9  # relative


def stress(
    ecosystem: Ecosystem | str | Path,
    shocks: Sequence[Shock | str] | Shock | str,
    *,
    quarters: int = 4,
    worlds: int | Sequence[int] = 1,
    seed: int = 1,
    draw_assumed: bool = False,
    parameters: Mapping[str, float | np.ndarray] | None = None,
    switches: Switches | None = None,
    threads: int = 1,
    block: int = BLOCK,
    progress: Callable[[int, int], None] | None = None,
) -> StressResult:
    """Clear `quarters` of the network's planned flows as one, after `shocks`, and follow the contagion.

    `ecosystem` is an `Ecosystem`, or the name or path of one. `shocks` are `Shock`s or texts such as
    "ai_lab:revenue:0.3", or one of them. `worlds` is their number, or their numbers (world 17 is the same world in any
    selection); a world draws the sizes of shocks given as ranges and, with `draw_assumed`, the opening
    numbers graded assumed. `parameters` maps addresses to numbers or arrays over worlds.
    `progress(done, total)` is called after each block. Raises `BadInput` for input that means nothing.
    """
    ecosystem = ecosystem if isinstance(ecosystem, Ecosystem) else load(ecosystem)
    given = [shocks] if isinstance(shocks, (Shock, str)) else shocks
    parsed = [each if isinstance(each, Shock) else Shock.parse(each) for each in given]
    numbers = _numbers(worlds)
    seed = check_whole("--seed", seed, 0, "a whole number not below zero")
    _check(parsed, quarters, numbers, draw_assumed, parameters or {})
    Parameters(ecosystem, parameters, len(numbers))  # refuses what is wrong of the whole before a block is run
    parts = []
    for start in range(0, len(numbers), block):
        chosen = numbers[start : start + block]
        settings = _of_worlds(parameters or {}, slice(start, start + block), len(numbers))
        parts.append(
            _block(ecosystem, parsed, int(quarters), chosen, seed, draw_assumed, settings, switches, threads, start)
        )
        if progress is not None:
            progress(start + len(chosen), len(numbers))
    return join(parts)


def check_whole(name: str, value: object, least: int, expected: str) -> int:
    """`value` as an int where it is a whole number from `least` (of numpy or of Python). Raises `BadInput`."""
    if not _is_whole(value, least):
        raise BadInput(Fault(name, shown(value), expected))
    return int(value)


def _is_whole(value: object, least: int = 0) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def _numbers(worlds: int | Iterable[int]) -> list[int]:
    """The numbers of `worlds`. Raises `BadInput`."""
    given = range(worlds) if _is_whole(worlds) else worlds if isinstance(worlds, Iterable) else [worlds]
    numbers = list(given)
    if not numbers or not all(map(_is_whole, numbers)):
        raise BadInput(Fault("--worlds", shown(worlds), "at least one world, numbered from 0"))
    return [int(each) for each in numbers]


def _block(
    ecosystem: Ecosystem, shocks: list[Shock], quarters: int, worlds: list[int], seed: int, draw_assumed: bool,
    settings: dict[str, float | np.ndarray], switches: Switches | None, threads: int, start: int,
) -> StressResult:  # fmt: skip
    values = Parameters(ecosystem, settings, len(worlds))
    drawn = Drawn(ecosystem, worlds if draw_assumed else None, seed)
    plan = make_plan(drawn, values, quarters)
    settlement = Settlement(plan, switches, threads)
    if start == 0:
        _check_reach(settlement, shocks, worlds, seed)
    base, base_state = settlement.problem, settlement.state
    problem = settlement.strike(make_strike(ecosystem, shocks, worlds, seed))
    state = settle(problem, threads=threads)
    sales = planned_sales(base)
    before, after = worth(base, base_state, sales), worth(problem, state, sales)
    sheet = balance(base, base_state, before, problem, state, after)
    _check_conserved(sheet, base_state, worlds)
    grades = Grades(plan)
    traced = slice(0, max(0, min(len(worlds), TRACED - start)))
    return StressResult(
        ecosystem=ecosystem,
        shocks=tuple(map(str, shocks)),
        quarters=quarters,
        seed=seed,
        draw_assumed=draw_assumed,
        worlds=np.array(worlds),
        value_before=np.broadcast_to(base_state.value, state.value.shape),
        value_after=state.value,
        lost={name: np.broadcast_to(each, state.value.shape) for name, each in
              zip(CHANNELS, by_channel(problem, before, after).values(), strict=True)},
        held_inside=held_inside(problem),
        raised=state.raised,
        sweeps=state.sweeps,
        rounds=state.rounds,
        price=state.price,
        balance=sheet,
        assumed=grades.assumed_share(problem, before, after),
        events=trace(plan, settlement, problem, traced, np.array(worlds)),
    )  # fmt: skip


def _check_reach(settlement: Settlement, shocks: list[Shock], worlds: list[int], seed: int) -> None:
    """Refuse shocks that could take all and would change nothing: no loss is then no finding."""
    faults = []
    for shock in shocks:
        whole = replace(shock, low=1.0, high=1.0)
        strike = make_strike(settlement.plan.ecosystem, [whole], worlds[: settlement.problem.worlds], seed)
        if shock.high > 0.0 and not settlement.depends_on(strike):
            found = f"{shown(str(shock))}, which nothing in the horizon depends on"
            faults.append(Fault("--shock", found, "something that is paid, owed or owned in it"))
    if faults:
        raise BadInput(faults)


def _check_conserved(sheet: Balance, state: Settled, worlds: list[int]) -> None:
    """Stop where what was lost is not what is borne, to 1e-9 of all equity at stake."""
    gap = np.abs(sheet.arose - sheet.borne)
    allowed = _CONSERVED * np.maximum(1.0, total(state.value))
    if not (gap <= allowed).all():
        worst = int(np.argmax(np.where(np.isnan(gap), np.inf, gap - allowed)))
        raise ArithmeticError(
            f"world {worlds[worst]}: losses that arose and losses borne differ by {gap[worst]:.3g} USD bn"
        )


def _of_worlds(parameters: Mapping[str, float | np.ndarray], chosen: slice, worlds: int) -> dict:
    """The settings of one block: arrays over worlds are cut, numbers stay."""
    return {
        address: value[chosen] if np.ndim(value) == 1 and np.size(value) == worlds > 1 else value
        for address, value in parameters.items()
    }


def _check(
    shocks: list[Shock], quarters: int, worlds: list[int], draw_assumed: bool,
    parameters: Mapping[str, float | np.ndarray],
) -> None:  # fmt: skip
    faults = []
    if not _is_whole(quarters, 1) or quarters > LONGEST:
        faults.append(Fault("--horizon", shown(quarters), f"a whole number, 1 to {LONGEST} quarters"))
    vary = draw_assumed or any(each.drawn for each in shocks) or any(np.size(each) > 1 for each in parameters.values())
    if len(worlds) > 1 and not vary:
        faults.append(Fault("--worlds", f"{len(worlds)} worlds that would all be the same",
                            "a shock with a range, such as all:revenue:0.1..0.5, or --draw-assumed"))  # fmt: skip
    if faults:
        raise BadInput(faults)
