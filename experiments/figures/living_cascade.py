"""The cascade in the living model as small multiples: the quarters in which most happens, on the places of the map."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.figures.canvas import told_in
from experiments.figures.cascade_panels import PANELS, draw_steps
from experiments.figures.case import caption, name_of
from experiments.figures.drawing import Drawing, plan_map, value_of
from experiments.figures.living_steps import Moment, moments, typical_world
from experiments.figures.sheet import width_of
from experiments.figures.style import drawn

SHADE = "less worth than without the shock"


@drawn
def living_cascade(
    shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2, world: int | None = None
) -> Figure:
    """One world (its number; a typical one if None) in the quarter of the shock and in those that hit most.

    Raises `ValueError` for a world that was not kept hit by hit.
    """
    world = typical_world(shocked, baseline, facts) if world is None else world
    drawing = map_of(shocked)
    everything = moments(shocked, baseline, facts, drawing.nodes, world, sweeps=False)
    shown = chosen(everything, PANELS[columns])
    left_out = len(everything) - len(shown)
    rest = f"{left_out} quarters in which less happens are left out." if left_out else ""
    text = caption(shocked, facts, "Numbers are losses of the quarter, USD bn; withheld funding costs liquidity, not "
                   "worth. Arrows run with the loss; their widths grow with its root. Orders that builders do not plan "
                   "are no hits: they show in the shades.", rest, world=world)  # fmt: skip
    title = f"{name_of(facts)}: how it travels, quarter by quarter"
    return draw_steps(title, told_in(_told(shocked, everything), width_of(columns)), text, drawing,
                      [each.step for each in shown], [each.value for each in shown], SHADE, columns)  # fmt: skip


def map_of(run: RunResult) -> Drawing:
    """The places of all firms, none folded away."""
    return plan_map(run.ecosystem, value_of(run.ecosystem), np.ones(len(run.ecosystem), bool))


def chosen(everything: list[Moment], most: int) -> list[Moment]:
    """`most` of them in their order: the quarter of the shock, of the first failure, and those that hit most."""
    first = next((each for each in everything[1:] if each.step.fails.any()), None)

    def much(each: Moment) -> tuple:
        return each is not first, -each.step.fails.sum(), -sum(each.step.by_channel.values())

    return sorted([everything[0], *sorted(everything[1:], key=much)[: most - 1]], key=lambda each: each.place)


def _told(shocked: RunResult, everything: list[Moment]) -> str:
    fails = [(each, int(row)) for each in everything for row in np.flatnonzero(each.step.fails)]
    if not fails:
        return "Nobody fails in this world; what the shock costs is worth and orders."
    first, row = fails[0]
    firms = len({row for _, row in fails})
    again = ", some more than once" if len(fails) > firms else ""
    count = f"{firms} firms have failed" if firms > 1 else "1 firm has failed"
    return (f"The first to fail is {shocked.ecosystem.title[row]}, in {shocked.quarters[first.place]}; by the end "
            f"{count}{again}.")  # fmt: skip
