"""Where the loss of net worth comes from in the living model, in parts that add up.

By line, firm and quarter: the statement of each firm (`abm.statement`), shocked less baseline in the same worlds. By
mechanism: Shapley values (Shapley 1953) over the mechanisms that can be turned off, each off in shock and baseline
alike; they add up to what all of them do together, and what is left is demand, prices and plans. A loss counts above
zero. It is a difference of books, not of cash: machines that are not bought do not wear, which makes it smaller.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np

from abm.ecosystem.vocabulary import KINDS
from abm.results import RunResult
from abm.scenario import Scenario, load_scenario
from abm.statement import LINES
from experiments.amplification import WINDOW, band, flow, revenue_amplification, window
from experiments.pairs import ABLATIONS, Frame, strikes_at, without
from experiments.pieces import ALONE, Workplace

# Fire sales are one of the channels of the settlement, which stands here as a whole.
PLAYERS = tuple(each for each in ABLATIONS if each not in ("", "fire_sale"))
REST = "demand, prices and plans"


def by_firm(shocked: RunResult, baseline: RunResult, first: int, quarters: int = WINDOW):
    """Mean loss of net worth over the worlds that are kept firm by firm: a row for each firm, quarter and line that
    moved, with percentiles 10 and 90; USD bn in the quarter, from `first` (1 = first simulated) on."""
    import pandas

    difference, span = shocked.against(baseline), window(baseline, first, quarters)
    names, parts = shocked.quarters[span], []
    for who in shocked.ecosystem.id[: shocked.ecosystem.rest_of_world]:
        for line in LINES:
            values = -difference.firm(who, line).to_numpy()[:, span]
            if values.any():
                low, high = np.quantile(values, (0.1, 0.9), axis=0)
                parts.append(pandas.DataFrame({"firm": who, "quarter": names, "line": line,
                                               "mean": values.mean(axis=0), "p10": low, "p90": high}))  # fmt: skip
    columns = ["firm", "quarter", "line", "mean", "p10", "p90"]
    return pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame(columns=columns)


def by_kind(shocked: RunResult, baseline: RunResult, first: int, quarters: int = WINDOW) -> dict:
    """Kind -> line -> mean loss of net worth in the window, USD bn, with `total`, what balance sheets say; `residual`
    is the largest difference between that and the sum of the lines, relative, over worlds and kinds."""
    difference, span = shocked.against(baseline), window(baseline, first, quarters)
    found, residual = {}, 0.0
    for kind in (each for each in KINDS if each != "rest_of_world" and shocked.ecosystem.of_kind(each).size):
        lines = {line: -difference.firm(kind, line).to_numpy()[:, span].sum(axis=1) for line in LINES}
        worth = -difference.firm(kind, "net_worth").to_numpy()
        before = worth[:, span.start - 1] if span.start else 0.0
        lost = worth[:, span.stop - 1] - before
        off = np.abs(sum(lines.values()) - lost) / np.maximum(1.0, sum(np.abs(each) for each in lines.values()))
        residual = max(residual, float(off.max()))
        found[kind] = {line: float(each.mean()) for line, each in lines.items()} | {"total": float(lost.mean())}
    return {"kinds": found, "residual": residual}


def by_mechanism(frame: Frame, scenario: Scenario, quarters: int = WINDOW, place: Workplace = ALONE) -> dict:
    """By measure (`sales` lost in the window, and net `worth`): Shapley value of each of PLAYERS and the rest, means
    and bands over worlds, USD bn; `whole` is the loss as it is, `residual` how far, relative, the parts miss it."""
    first = strikes_at(scenario, frame.quarters)
    subsets = [subset for size in range(len(PLAYERS) + 1) for subset in combinations(PLAYERS, size)]
    jobs = [(frame, scenario, first, quarters, subset) for subset in subsets]  # a subset is what is off
    losses = place.pieces(losses_without, jobs, frame.ecosystem)
    return {
        measure: _parts({subset: np.array(each[measure]) for subset, each in zip(subsets, losses, strict=True)})
        for measure in ("sales", "worth")
    }


def losses_without(
    frame: Frame, scenario: Scenario, first: int, quarters: int, off: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """What all firms together lose in the window while some mechanisms are off, `(worlds,)`: sales, net worth."""
    story, calm = scenario, load_scenario("baseline")
    for name in off:
        story, calm = without(story, name), without(calm, name)
    shocked, baseline = frame.run(story), frame.run(calm)
    difference, span = shocked.against(baseline), window(baseline, first, quarters)
    return {"sales": revenue_amplification(shocked, baseline, first, quarters).lost,
            "worth": -sum(flow(difference, line, span) for line in LINES)}  # fmt: skip


def _parts(losses: dict[tuple[str, ...], np.ndarray]) -> dict:
    values = {each: _shapley(each, losses) for each in PLAYERS} | {REST: losses[PLAYERS]}
    off = np.abs(sum(values.values()) - losses[()]) / np.maximum(1.0, sum(np.abs(each) for each in values.values()))
    return {"parts": {name: band(each) for name, each in values.items()},
            "means": {name: float(each.mean()) for name, each in values.items()},
            "whole": float(losses[()].mean()), "residual": float(off.max())}  # fmt: skip


def _shapley(player: str, losses: dict[tuple[str, ...], np.ndarray]) -> np.ndarray:
    """Mean over all orders of what the loss grows by when the mechanism is turned on."""
    count, value = len(PLAYERS), 0.0
    for off, loss in losses.items():
        if player in off:
            on = tuple(each for each in off if each != player)
            before = count - len(off)  # that are on already
            weight = factorial(before) * factorial(count - before - 1) / factorial(count)
            value = value + weight * (losses[on] - loss)
    return value


