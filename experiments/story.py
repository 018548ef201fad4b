"""What a scenario did to the living economy, in numbers: everything that `cloudcity run` prints, and nothing else."""

from __future__ import annotations

import numpy as np

from abm.results import RunResult
from abm.scenario import Scenario
from abm.words import part_of
from experiments.amplification import asset_amplification, band, flow, revenue_amplification, window
from experiments.bearers import ADDS_UP, GROUPS, who_bears
from experiments.falls import by_firm, compared, fallen, who_is_first
from experiments.pairs import Frame, pair
from experiments.summary import NOTE

_YEAR = 4.0  # quarters
_BORROWED = ("bonds_issued", "private_credit_drawn", "bank_loans_drawn", "high_yield_issued", "facilities_drawn")
_RECOVERED = 0.95  # of the baseline


def facts_of(shocked: RunResult, baseline: RunResult, scenario: Scenario, first: int, mechanisms: list[dict],
             assumed: dict | None) -> dict:  # fmt: skip
    """Plain numbers and words, USD bn; bands are percentiles 10, 50 and 90 over worlds of paired differences.

    `first` is the quarter of the shock (1 = first simulated), `mechanisms` come from `mechanism`, `assumed` from
    `assumed_share`.
    """
    span = window(baseline, first)
    return {
        "ecosystem": shocked.ecosystem.name, "scenario": scenario.as_dict(), "note": NOTE,
        "worlds": len(shocked.worlds), "seed": shocked.seed, "quarters": len(shocked.quarters),
        "first_quarter": shocked.quarters[0], "last_quarter": shocked.quarters[-1],
        "struck_in": shocked.quarters[span.start], "window_ends": shocked.quarters[span.stop - 1],
        "window_quarters": span.stop - span.start,
        "worst_residual": float(max(shocked.worst_residual, baseline.worst_residual)),
        "happened": _happened(shocked, baseline, span),
        "amplification": revenue_amplification(shocked, baseline, first).facts(),
        "losses": asset_amplification(shocked, baseline, first).facts(),
        "failures": _failures(shocked, baseline, first),
        "mechanisms": mechanisms,
        "bearers": [each.facts() for each in who_bears(shocked, baseline, first)],
        "bearers_until_the_end": [
            each.facts() for each in who_bears(shocked, baseline, first, len(shocked.quarters))
        ],
        "bearer_groups": GROUPS, "bearer_groups_that_add_up": list(ADDS_UP),
        "assumptions": assumed,
    }  # fmt: skip


def _happened(shocked: RunResult, baseline: RunResult, span: slice) -> dict:
    """Revenue, capex, the compute market and funding in the window and after it."""
    difference = shocked.against(baseline)

    def less(*names: str) -> np.ndarray:
        """Part of the baseline's flow of a window that is missing."""
        before = sum(flow(baseline, each, span) for each in names)
        return part_of(-sum(flow(difference, each, span) for each in names), before)

    def ratio(name: str) -> np.ndarray:
        return np.median(shocked.system(name).to_numpy() / baseline.system(name).to_numpy(), axis=0)

    capex, price = ratio("capex"), ratio("price")
    low, cheap = (int(span.start + each[span].argmin()) for each in (capex, price))
    back = np.flatnonzero(capex[low:] >= _RECOVERED)
    slack, calm = (np.median(each.system("tightness"), axis=0) for each in (shocked, baseline))
    loose, tight = (int(span.start + pick) for pick in (slack[span].argmin(), (slack - calm)[span].argmax()))
    trust = np.median(shocked.system("confidence"), axis=0)
    names, last = shocked.quarters, span.stop - 1
    return {
        "end_demand_less": band(-flow(difference, "end_demand", span)),
        "end_demand_less_share": band(less("end_demand")),
        "end_demand_at_end": [float(_YEAR * np.median(each.system("end_demand").to_numpy()[:, last]))
                              for each in (shocked, baseline)],
        "capex_less": band(-flow(difference, "capex", span)), "capex_less_share": band(less("capex")),
        "capex_lowest": {"quarter": names[low], "of_baseline": float(capex[low])},
        "capex_back": names[low + int(back[0])] if back.size else None,
        "tightness_lowest": {"quarter": names[loose], "shocked": float(slack[loose]), "baseline": float(calm[loose])},
        "tightness_most_above": {"quarter": names[tight], "shocked": float(slack[tight]),
                                 "baseline": float(calm[tight])},
        "price_lowest": {"quarter": names[cheap], "of_baseline": float(price[cheap])},
        "confidence_lowest": {"quarter": names[span.start + int(trust[span].argmin())],
                              "shocked": float(trust[span].min())},
        "borrowed_less_share": band(less(*_BORROWED)),
        "funding_gap_more": band(flow(difference, "funding_gap", span)),
        "funding_withdrawn_more": band(flow(difference, "funding_lost", span)),
    }  # fmt: skip


def _failures(shocked: RunResult, baseline: RunResult, first: int) -> dict:
    both, worlds = compared(shocked, baseline, first), len(shocked.worlds)
    hit = both[both["by_shock"]]
    return {
        "firms_failed": [float(fallen(each, first)[:, -1].mean()) for each in (shocked, baseline)],
        "firms_failed_in_window": [
            float(fallen(each, first)[:, window(each, first).stop - 1].mean()) for each in (shocked, baseline)
        ],
        "worlds_with_failures_by_shock": hit["world"].nunique() / worlds,
        "by_shock": len(hit) / worlds, "sooner": float(hit["place_base"].notna().sum()) / worlds,
        "spared": float(both["spared"].sum()) / worlds,
        "by_firm": by_firm(shocked, baseline, first), "first": who_is_first(shocked, baseline, first),
    }  # fmt: skip


def mechanism(frame: Frame, scenario: Scenario, first: int, name: str) -> dict:
    """How the loss changes with a mechanism turned off in scenario and baseline alike; "" is the model as it is."""
    shocked, baseline = pair(frame, scenario, name)
    difference, span = shocked.against(baseline), window(baseline, first)
    sales, losses = (each(shocked, baseline, first) for each in (revenue_amplification, asset_amplification))
    later = revenue_amplification(shocked, baseline, first, frame.quarters)
    capex = part_of(-flow(difference, "capex", span), flow(baseline, "capex", span))
    return {
        "name": name, "worlds": frame.worlds,
        "revenue": {"per_dollar": sales.facts()["per_dollar"], "lost": band(sales.lost)},
        "losses": {"per_dollar": losses.facts()["per_dollar"], "lost": band(losses.lost)},
        "revenue_until_the_end": {"per_dollar": later.facts()["per_dollar"], "lost": band(later.lost)},
        "capex_less_share": band(capex),
        "firms_failed": [float(fallen(each, first)[:, -1].mean()) for each in (shocked, baseline)],
        "worst_residual": float(max(shocked.worst_residual, baseline.worst_residual)),
    }  # fmt: skip


def assumed_share(frame: Frame, scenario: Scenario) -> dict:
    """What rests on numbers that nobody has reported: of the opening, if it is struck as hard within a year, and of
    behaviour. The share is of hits, at the weakest grade they pass through (`abm.grades`)."""
    from abm.ecosystem import load
    from abm.ecosystem.vocabulary import GRADES
    from abm.parameters import DECLARED
    from abm.stress_testing import stress

    network = load(frame.ecosystem)
    size = next((float(np.median(each.size)) for each in scenario.shocks if each.what == "end_demand"), None)
    found = stress(network, [f"all:revenue:{size}"], seed=frame.seed).assumed[:, 0] if size else None
    shares = [grade for *_, grade in network.mixes["lab_revenue"].values()]
    return {
        "opening_struck_by": size,
        "assumed": None if found is None else float(found[0]),
        "assumed_or_estimated": None if found is None else float(found[1]),
        "parameters": len(DECLARED),
        "judgement": sum(each.grade == "assumed" for each in DECLARED.values()),
        "confidence_loss": {"default": DECLARED["confidence_loss"].default, "low": DECLARED["confidence_loss"].low,
                            "high": DECLARED["confidence_loss"].high},
        "path_grade": DECLARED["end_demand_ceiling"].grade, "lab_share_grade": GRADES[max(shares)],
    }  # fmt: skip
