"""A result as one HTML file that needs nothing else: no server, no network, no other file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.whole import whole

if TYPE_CHECKING:
    from abm.results import RunResult


def write_report(
    shocked: RunResult, baseline: RunResult, facts: dict, path: str | Path, world: int | None = None
) -> Path:
    """Write the page of a pair of runs to `path`, whole or not at all; returns the path.

    Arguments as in `experiments.report.page.render`. Raises `OSError`, and `ValueError` for a world that was not kept.
    """
    from experiments.report.page import render

    path = Path(path)
    text = render(shocked, baseline, facts, world)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")
    return path
