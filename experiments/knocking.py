"""How much each firm matters: what others lose when it fails in the living model, beside measures of the network.

One firm fails at a date and nothing else happens; the same worlds without the failure are the baseline. What others
lose is net worth of all other firms that can fail, from the failure to the end of the run, line by line of their
statements. Marks - stakes and labs valued anew - are an opinion and stand apart; a loss on a stake is among them.
Rivals may gain, so a loss can be less than nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from abm.ecosystem import Ecosystem, load
from abm.errors import BadInput, Fault, shown
from abm.model import EcosystemModel
from abm.scenario import DatedShock, Scenario, load_scenario
from abm.statement import LINES
from experiments.amplification import band, flow, window
from experiments.falls import first_failures
from experiments.importance import intercentrality, knockouts, leverage, spectral_radius
from experiments.pairs import Frame
from experiments.pieces import ALONE, Workplace

DECAY = 0.5  # of intercentrality, as a part of the largest at which walks still add up
_MARKS = "worth_from_marks"
MEASURES = ("debtrank", "intercentrality")


def knock_out(
    frame: Frame, firms: Sequence[str] = (), at: int = 2, scenario: Scenario | None = None, place: Workplace = ALONE
) -> list[dict]:
    """A row for each of `firms` (all that can fail), those whose failure costs others most first; USD bn.

    Each fails in `scenario` (the baseline), which is what the others would have lived through without the failure.
    `lost_by_others` but for marks, `marked_down`, marks on others, `lost` by the firm itself, and `capex_less`, all
    builders': bands over worlds; `others_fail`: mean number of other firms that fail more; `debtrank`: lost by others
    when it fails on the opening network, at once; `intercentrality` there. Raises `BadInput` for an unknown firm, one
    that cannot fail, and where the run ends before `at`.
    """
    city, story = load(frame.ecosystem), scenario or load_scenario("baseline")
    able = can_fail(city)
    chosen = firms_to_fail(frame, firms, at, story)
    jobs = [(frame, story, each, at, able) for each in ("", *chosen)]
    lived = place.pieces(_live, jobs, frame.ecosystem)
    rows = [_row(each, able, *lives) for each, *lives in zip(chosen, lived[1:], [lived[0]] * len(chosen), strict=True)]
    still = of_network(city, able)
    for row in rows:
        row |= {name: float(still[name][row["firm"]]) for name in still}
    return sorted(rows, key=lambda each: (-each["lost_by_others"][1], each["firm"]))


def firms_to_fail(frame: Frame, firms: Sequence[str], at: int, scenario: Scenario) -> list[str]:
    """Ids of `firms`, or of all that can fail. Raises as `knock_out` does, before anything is run."""
    if not 1 <= at <= frame.quarters:
        raise BadInput(Fault("--at", str(at), f"a quarter of the run, 1 to {frame.quarters}"))
    frame.check(scenario)
    city = load(frame.ecosystem)
    able = can_fail(city)
    return [each for who in firms for each in _those(city, who, able)] or able


def can_fail(city: Ecosystem) -> list[str]:
    """Ids of all firms but governments and the rest of the world."""
    outside = set(city.of_kind("government", "rest_of_world"))
    return [str(each) for row, each in enumerate(city.id) if row not in outside]


def of_network(city: Ecosystem, firms: Sequence[str]):
    """`MEASURES` of `firms` on the opening network, a pandas frame; the rest of the network is there, too."""
    import pandas

    model = EcosystemModel(city, worlds=1)
    try:
        graph = model.graph()
    finally:
        model.release()
    weights = leverage(graph)
    radius = spectral_radius(weights)
    walks = intercentrality(graph, DECAY / radius if radius > 0.0 else 1.0, weights)
    lost = knockouts(graph, firms)["lost_by_others"]
    return pandas.DataFrame({"debtrank": lost, "intercentrality": walks["intercentrality"][list(firms)]})


def agreement(rows: Sequence[dict]) -> dict[str, float | None]:
    """Rank correlation of each of `MEASURES` with the median of what others lose; None for fewer than three firms."""
    import pandas

    frame = pandas.DataFrame(rows).assign(lost=[each["lost_by_others"][1] for each in rows])
    if len(frame) < 3:
        return dict.fromkeys(MEASURES)
    ranks = frame[["lost", *MEASURES]].rank().corr()["lost"]
    return {name: float(ranks[name]) if np.isfinite(ranks[name]) else None for name in MEASURES}


def _those(city: Ecosystem, who: str, able: Sequence[str]) -> list[str]:
    """The ids `who` stands for. Raises `BadInput` where it is nobody, and where one of them cannot fail."""
    found = [str(city.id[row]) for row in city.rows(who)]
    if not set(found) <= set(able):
        raise BadInput(Fault("--firm", shown(who), "a firm that can fail"))
    return found


def _live(frame: Frame, story: Scenario, firm: str, at: int, able: Sequence[str]) -> dict:
    """What is left at the end of a run in which `firm` ("" nobody) fails, too: arrays by firm and world."""
    struck = (*story.shocks, DatedShock("default", at, who=firm)) if firm else story.shocks
    result = frame.run(replace(story, shocks=struck))
    rows, span = [int(result.ecosystem.rows(each)[0]) for each in able], window(result, at, frame.quarters)
    fell = np.zeros((len(able), len(result.worlds)))
    for each in first_failures(result, at).itertuples():
        fell[able.index(each.target), result.worlds.index(each.world)] = 1.0
    series = result.arrays()[1]
    lines = {line: series[line][rows][:, :, span].sum(axis=2) for line in LINES}
    marks = lines.pop(_MARKS)
    return {"worth": sum(lines.values()), "marks": marks, "fell": fell, "capex": flow(result, "capex", span),
            "worst_residual": result.worst_residual}  # fmt: skip


def _row(firm: str, able: Sequence[str], life: dict, calm: dict) -> dict:
    own = np.array([each == firm for each in able])
    lost, marked, fell, capex = (np.array(calm[each]) - life[each] for each in ("worth", "marks", "fell", "capex"))
    return {
        "firm": firm, "lost_by_others": band(lost[~own].sum(axis=0)), "marked_down": band(marked[~own].sum(axis=0)),
        "lost": band((lost + marked)[own].sum(axis=0)),
        "capex_less": band(capex),
        "others_fail": float(-fell[~own].sum(axis=0).mean()) + 0.0,
        "worst_residual": float(max(life["worst_residual"], calm["worst_residual"])),
    }  # fmt: skip
