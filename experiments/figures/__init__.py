"""Figures: pure functions from a result to a matplotlib figure, and files from figures."""

from __future__ import annotations

from pathlib import Path

from abm.stress_result import StressResult
from experiments.figures.cascade_panels import cascade
from experiments.figures.loss_bars import losses
from experiments.figures.network_map import network
from experiments.figures.saving import save
from experiments.figures.world_spread import spread

__all__ = ["cascade", "draw_all", "losses", "network", "save", "spread"]


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
