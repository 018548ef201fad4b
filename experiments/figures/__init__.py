"""Figures: pure functions from a result to a matplotlib figure, and files from figures.

Figures of a scenario and its baseline are functions of `(shocked, baseline, facts)`, with `facts` as `cloudcity run`
writes them; all take `columns`, 1 or 2, of a printed page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from matplotlib.figure import Figure

from abm.results import RunResult
from abm.stress_result import StressResult
from experiments.figures.differences import differences
from experiments.figures.distress_map import distress_map
from experiments.figures.earned import earned
from experiments.figures.exposure import exposure
from experiments.figures.fans import fans
from experiments.figures.funding_mix import funding_mix
from experiments.figures.living_cascade import living_cascade
from experiments.figures.loss_bars import losses
from experiments.figures.money_flow import money_flow
from experiments.figures.network_map import network
from experiments.figures.saving import save
from experiments.figures.stress_cascade import cascade
from experiments.figures.tables import importance, phase, tornado
from experiments.figures.timeline import timeline
from experiments.figures.vintages import vintages
from experiments.figures.waterfall import waterfall
from experiments.figures.where import where
from experiments.figures.world_spread import spread

__all__ = [
    "FIGURES", "cascade", "differences", "distress_map", "draw_all", "draw_pair", "earned", "exposure", "fans",
    "funding_mix", "importance", "living_cascade", "losses", "money_flow", "network", "phase", "save",
    "save_pair", "spread", "timeline", "tornado", "vintages", "waterfall", "where",
]  # fmt: skip

# Of a pair, its facts and columns of print, by name.
FIGURES: dict[str, Callable[..., Figure]] = {
    "network": lambda shocked, baseline, facts, columns: network(shocked.ecosystem, columns=columns),
    "exposure": lambda shocked, baseline, facts, columns: exposure(shocked.ecosystem, columns=columns),
    "distress_map": distress_map, "cascade": living_cascade, "differences": differences, "fans": fans,
    "earned": earned, "funding_mix": funding_mix, "vintages": vintages, "timeline": timeline, "waterfall": waterfall,
    "money_flow": money_flow,
}  # fmt: skip


def draw_pair(
    shocked: RunResult, baseline: RunResult, facts: dict, columns: int = 2, world: int | None = None
) -> Iterator[tuple[str, Figure]]:
    """Every figure of a scenario and its baseline, by name, one after the other; `world` is that of the cascade.

    Raises `ValueError` for a world that was not kept hit by hit.
    """
    for name, draw in FIGURES.items():
        more = {"world": world} if name == "cascade" else {}
        yield name, draw(shocked, baseline, facts, columns, **more)


def save_pair(
    shocked: RunResult, baseline: RunResult, facts: dict, folder: Path, *, form: str = "png", columns: int = 2,
    world: int | None = None, progress: Callable[[int, int], None] | None = None,
) -> Iterator[Path]:  # fmt: skip
    """Write every figure of a scenario and its baseline into `folder`, and say where each is once it is there."""
    for done, (name, figure) in enumerate(draw_pair(shocked, baseline, facts, columns, world), 1):
        yield save(figure, folder / f"{name}.{form}")
        if progress is not None:
            progress(done, len(FIGURES))


def draw_all(result: StressResult, folder: str | Path) -> list[Path]:
    """Write network.png, cascade.png, losses.png and, for several worlds, spread.png into `folder`; returns the paths.

    The map and the cascade show the first world, the losses their mean.
    """
    folder = Path(folder)
    figures = {
        "network": network(result.ecosystem, result.value_before[:, 0]),
        "cascade": cascade(result),
        "losses": losses(result),
    }
    if result.worlds.size > 1:
        figures["spread"] = spread(result)
    return [save(figure, folder / f"{name}.png") for name, figure in figures.items()]
