"""The cascade of the stress test as small multiples: the shock, then sweep after sweep, on the places of the map."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from abm.stress_result import StressResult
from experiments.figures.canvas import told_in
from experiments.figures.cascade_panels import PANELS, draw_steps, seen
from experiments.figures.drawing import plan_map
from experiments.figures.sheet import width_of
from experiments.figures.steps import Step, steps_of
from experiments.figures.style import drawn
from experiments.figures.words import caption, money, position


@drawn
def cascade(result: StressResult, world: int | None = None, columns: int = 2) -> Figure:
    """How the loss travels in one world (its number; the first if None): the shock, then sweep after sweep.

    Raises `ValueError` for a world that is not in the result or was not followed hit by hit.
    """
    place = position(result, world)
    value = result.value_before[:, place]
    drawing = plan_map(result.ecosystem, value, _touched(result, place))
    steps = steps_of(result, place, drawing.nodes, PANELS[columns])
    text, told = _caption(result, place, steps), told_in(_subtitle(result, place, steps), width_of(columns))
    return draw_steps("How the loss travels", told, text, drawing, steps, [value] * len(steps),
                      "lost so far, share of equity value before", columns)  # fmt: skip


def _touched(result: StressResult, place: int) -> np.ndarray:
    """Firms that the log of a world names, bool (firms,)."""
    events = result.events
    here = events.world == result.worlds[place]
    named = set(events.source[here]) | set(events.target[here])
    return np.array([each in named for each in result.ecosystem.id])


def _subtitle(result: StressResult, place: int, steps: list[Step]) -> str:
    lost, struck = money(float(result.balance.borne[place])), money(float(result.struck[place]))
    sweeps = "1 sweep" if steps[-1].last == 1 else f"{steps[-1].last} sweeps"
    failed = {0: "no firm fails", 1: "1 firm fails"}
    fails = int(result.flagged("default")[:, place].sum())
    ending = failed.get(fails, f"{fails} firms fail")
    return f"The shock takes {struck} USD bn; after {sweeps}, {lost} is lost in all and {ending}."


def _caption(result: StressResult, place: int, steps: list[Step]) -> str:
    hidden = [hit.amount for step in steps for hit in step.hits[len(seen(step)) :]]
    small = f" {len(hidden)} hits too small to see are left out ({money(sum(hidden))} USD bn)." if hidden else ""
    return (
        f"{caption(result, place)} Numbers are losses of net worth in the panel's sweep, USD bn; withheld funding "
        f"costs liquidity, not worth. Arrows run with the loss; their widths grow with its root.{small}"
    )
