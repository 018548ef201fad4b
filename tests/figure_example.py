"""A small study that several files of tests draw."""

from __future__ import annotations

from functools import cache

from abm.results import RunResult
from abm.scenario import load_scenario
from experiments.pairs import Frame, pair
from experiments.story import assumed_share, facts_of, mechanism

STRUCK = 8  # the quarter of the shock, counted from 1


@cache
def example() -> tuple[RunResult, RunResult, dict]:
    """Everything at once in the eighth of twenty quarters: somebody fails."""
    frame, scenario = Frame(worlds=12, quarters=20), load_scenario("city_in_the_clouds")
    shocked, baseline = pair(frame, scenario)
    small = Frame(worlds=2, quarters=20)
    off = [mechanism(small, scenario, STRUCK, each) for each in ("", "arms_race")]
    return shocked, baseline, facts_of(shocked, baseline, scenario, STRUCK, off, assumed_share(frame, scenario))
