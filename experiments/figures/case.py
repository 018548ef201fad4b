"""What figures of a scenario and its baseline say alike: the date of the shock, the caption, the two runs' colours."""

from __future__ import annotations

from matplotlib.axes import Axes

from abm.results import RunResult
from experiments.figures.palette import GREY, INK, VERMILION

YEAR = 4.0  # quarters
WITH, WITHOUT = VERMILION, INK
DASHED = (0, (4.0, 1.2))  # the baseline, so that it is told apart in grey
_MANY = 10  # worlds from which bands are drawn


def name_of(facts: dict) -> str:
    """What the scenario is called."""
    return facts["scenario"]["title"]


def struck_at(shocked: RunResult, facts: dict) -> int:
    """The quarter of the shock, counted from 0."""
    return shocked.quarters.index(facts["struck_in"])


def window_of(shocked: RunResult, facts: dict) -> slice:
    """The quarters over which losses are added up."""
    return slice(struck_at(shocked, facts), shocked.quarters.index(facts["window_ends"]) + 1)


def caption(result: RunResult, facts: dict, *notes: str, world: int | None = None) -> str:
    """Ecosystem, scenario, quarters, worlds, seed, what rests on assumptions, that it is illustrative; then `notes`."""
    count = len(result.worlds)
    worlds = f"{count:,} world{'s' if count > 1 else ''}" if world is None else f"world {world} of {count:,}"
    parts = [f"Ecosystem {result.ecosystem.name}", f"scenario: {name_of(facts)}",
             f"{result.quarters[0]} to {result.quarters[-1]}", worlds, f"seed {result.seed}", evidence(facts),
             "illustrative, not a forecast"]  # fmt: skip
    return " ".join(["; ".join(each for each in parts if each) + ".", *(each for each in notes if each)])


def evidence(facts: dict) -> str:
    """How much rests on numbers that nobody has reported; nothing where that was not asked."""
    found = facts.get("assumptions")
    if not found:
        return ""
    behaviour = behaviour_assumed(found["judgement"], found["parameters"])
    if found["assumed"] is None:
        return behaviour
    return f"{found['assumed']:.0%} of the loss at the opening rests on assumed inputs, {behaviour}"


def behaviour_assumed(judgement: int, parameters: int) -> str:
    """How much of behaviour is a choice of the modeller."""
    return f"{judgement} of {parameters} parameters of behaviour are assumed"


def bands(result: RunResult) -> str:
    """How to read lines and bands."""
    return "Lines: median of worlds; bands: 10th to 90th percentile." if len(result.worlds) >= _MANY else (
        "Lines: median of worlds.")  # fmt: skip


def mark(axes: Axes, at: int) -> None:
    """A dotted line at the date of the shock."""
    axes.axvline(at, color=GREY, linewidth=0.8, linestyle=(0, (1.0, 1.5)), zorder=3)
