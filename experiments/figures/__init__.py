"""Figures: pure functions from a result to a matplotlib figure, and files from figures."""

from __future__ import annotations

from experiments.figures.cascade_panels import cascade
from experiments.figures.network_map import network
from experiments.figures.saving import save

__all__ = ["cascade", "network", "save"]
