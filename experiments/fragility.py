"""Where the network matters: a shortfall in openings made more fragile, with and without the network's own channels.

Six conditions that theory holds necessary for contagion (Glasserman & Young 2015; Brunnermeier & Pedersen 2009;
Shleifer & Vishny 2011) are turned from what is shipped (strength 0) to a stated extreme (strength 1), one at a time
and all together. Each cell compares a shortfall and its baseline as they are with both in the same worlds while every
switch of the settlement is off: what is lost more is the network's own. The rest is plans, confidence and prices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from abm.ecosystem import Ecosystem, load
from abm.ecosystem.vocabulary import LAYERS
from abm.parameters import DECLARED
from abm.results import RunResult
from abm.scenario import DatedShock, Scenario, load_scenario
from abm.words import part_of
from experiments.amplification import asset_amplification, band, flow, window
from experiments.falls import fallen
from experiments.pairs import SETTLEMENT, Frame, strikes_at, without
from experiments.pieces import ALONE, Workplace

SIZES = (0.1, 0.2, 0.3, 0.4, 0.5)
QUICK_SIZES = (0.3, 0.5)
CONFIDENCE = (3.0, 0.0)  # `confidence_loss`: as declared, and none
_DEBT = ("bond", "loan", "gpu_loan", "vendor_loan")
_CONCENTRATED = 0.9  # share of users' spending that the largest lab has at strength 1
_CAPITAL_GONE = 0.8  # part of the capital of banks and the securitisation trust that is missing at strength 1
_FALLS_DUE = 0.5  # part of what clouds and vehicles owe that falls due at once at strength 1
_CREDIT = ("written_off", "lost_by_suppliers", "default_cost")


@dataclass(frozen=True)
class Condition:
    """One way to make the opening more fragile: what strength 1 means, and what a strength does to the data, to
    parameters (by address) and to the shocks that come with the shortfall."""

    words: str
    opening: Callable[[Ecosystem, float], Ecosystem] = lambda ecosystem, strength: ecosystem
    parameters: Callable[[float], Mapping[str, float]] = lambda strength: {}
    shocks: Callable[[float, int], tuple[DatedShock, ...]] = lambda strength, at: ()


def _towards(name: str, extreme: float, strength: float) -> float:
    """A parameter moved from its default towards an extreme."""
    default = DECLARED[name].default
    return default + strength * (extreme - default)


def leveraged(ecosystem: Ecosystem, strength: float) -> Ecosystem:
    """Clouds and vehicles owe up to twice as much and own no more; their lenders owe as much more to their funders."""
    claims = ecosystem.claims
    debt = np.isin(claims.layer, [LAYERS.index(each) for each in _DEBT]) & claims.active
    chosen = debt & np.isin(claims.target, ecosystem.of_kind("operator", "vehicle"))
    drawn = np.where(chosen, claims.drawn * (1.0 + strength), claims.drawn)
    return replace(ecosystem, claims=replace(claims, drawn=drawn, committed=np.fmax(claims.committed, drawn),
                                             headline=np.fmax(claims.headline, drawn)))  # fmt: skip


def concentrated(ecosystem: Ecosystem, strength: float) -> Ecosystem:
    """The largest lab has up to nine tenths of what users pay labs; the others share the rest as before."""
    before = ecosystem.mixes["lab_revenue"]
    largest = max(before, key=lambda each: before[each][0])
    whole = sum(each[0] for each in before.values())
    had = before[largest][0]
    has = had + strength * max(0.0, _CONCENTRATED * whole - had)
    rest = part_of(np.array(whole - has), np.array(whole - had))
    mix = {lab: ((has if lab == largest else float(rest) * share), *facts) for lab, (share, *facts) in before.items()}
    return replace(ecosystem, mixes={**ecosystem.mixes, "lab_revenue": mix})


def undercapitalised(ecosystem: Ecosystem, strength: float) -> Ecosystem:
    """Banks and the securitisation trust have up to four fifths less capital, and owe as much more to their funders."""
    capital = ecosystem.stocks["capital"]
    bound = np.isin(np.array(ecosystem.market), ("BK", "ABS"))
    less = np.where(bound, capital.value * (1.0 - _CAPITAL_GONE * strength), capital.value)
    return replace(ecosystem, stocks={**ecosystem.stocks, "capital": replace(capital, value=less)})


def _wall(strength: float, at: int) -> tuple[DatedShock, ...]:
    if not strength:
        return ()
    size = _FALLS_DUE * strength
    return tuple(DatedShock(what="maturity_wall", who=each, size=size, at=at) for each in ("operator", "vehicle"))


CONDITIONS: dict[str, Condition] = {
    "leverage": Condition("clouds and vehicles owe twice as much against the same assets", leveraged),
    "concentration": Condition("one lab has 90% of what users pay labs", concentrated),
    "lender capital": Condition(
        "banks and the securitisation trust have 80% less capital; investors may withdraw 25% a quarter",
        undercapitalised,
        lambda strength: {"redemption_gate": _towards("redemption_gate", 0.25, strength),
                          "redemption_threshold": _towards("redemption_threshold", 0.02, strength)},
    ),
    "take-or-pay": Condition(
        "labs promise all they plan to use, on all the growth they expect", parameters=lambda strength: {
            "take_or_pay_floor": _towards("take_or_pay_floor", 1.0, strength),
            "promised_growth_weight": _towards("promised_growth_weight", 1.0, strength)},
    ),
    "double pledging": Condition(
        "the same machines back two loans: lenders see twice what there is, and get half of it in a failure",
        parameters=lambda strength: {
            "loan_to_value_limit": DECLARED["loan_to_value_limit"].default * (1.0 + strength),
            "default_asset_recovery": DECLARED["default_asset_recovery"].default * (1.0 - 0.5 * strength)},
    ),
    "refinancing wall": Condition("half of what clouds and vehicles owe falls due with the shock", shocks=_wall),
}  # fmt: skip
AS_SHIPPED = "as shipped"
SETTINGS: dict[str, dict[str, float]] = {
    AS_SHIPPED: {},
    **{name: {name: 1.0} for name in CONDITIONS},
    "all, half-way": dict.fromkeys(CONDITIONS, 0.5),
    "all": dict.fromkeys(CONDITIONS, 1.0),
}


def where_it_matters(
    frame: Frame, sizes=SIZES, settings=None, confidence=CONFIDENCE, place: Workplace = ALONE
) -> list[dict]:
    """A row for each confidence loss, setting (of `SETTINGS`; all) and size of a shortfall; USD bn over 12 quarters.

    `lost`: lost for good, with `own`, what the settlement's channels add, and the `share` of the mean that is their
    own; `credit`: means of what lenders and suppliers lose in failures, cost of failing included, as it is and without
    these channels; `failed_more`: mean number of firms that the shock makes fail in the whole run, likewise.
    """
    strikes_at(load_scenario("shortfall"), frame.quarters)
    jobs = [(frame, name, level, sizes) for level in confidence for name in settings or SETTINGS]
    return [row for rows in place.pieces(_rows, jobs, frame.ecosystem) for row in rows]


def _rows(frame: Frame, name: str, confidence: float, sizes) -> list[dict]:
    fall, calm = load_scenario("shortfall"), load_scenario("baseline")
    first = strikes_at(fall, frame.quarters)
    ecosystem, parameters, shocks = load(frame.ecosystem), {"confidence_loss": confidence}, ()
    for each, strength in SETTINGS[name].items():
        condition = CONDITIONS[each]
        ecosystem = condition.opening(ecosystem, strength)
        parameters |= condition.parameters(strength)
        shocks += condition.shocks(strength, first)
    here = replace(frame, ecosystem=ecosystem)

    def made(scenario: Scenario) -> Scenario:
        return replace(scenario, shocks=(*scenario.shocks, *shocks))

    baselines = [here.run(without(made(calm), each), parameters) for each in ("", SETTLEMENT)]
    found = []
    for size in sizes:
        struck = [here.run(without(made(fall.resized(size)), each), parameters) for each in ("", SETTLEMENT)]
        row = {"confidence_loss": confidence, "setting": name, "size": size}
        found.append(row | _cell(struck, baselines, first))
    return found


def _cell(struck: list[RunResult], baselines: list[RunResult], first: int) -> dict:
    pairs, span = list(zip(struck, baselines, strict=True)), window(baselines[0], first)
    lost = [asset_amplification(*each, first).lost for each in pairs]
    credit = [sum(flow(shocked.against(calm), name, span) for name in _CREDIT) for shocked, calm in pairs]
    failed = [float((fallen(shocked, first)[:, -1] - fallen(calm, first)[:, -1]).mean()) for shocked, calm in pairs]
    capex = part_of(-flow(struck[0].against(baselines[0]), "capex", span), flow(baselines[0], "capex", span))
    return {
        "lost": band(lost[0]), "own": band(lost[0] - lost[1]),
        "share": float((lost[0] - lost[1]).mean() / lost[0].mean()),
        "credit": float(credit[0].mean()), "credit_without": float(credit[1].mean()),
        "failed_more": failed[0], "failed_more_without": failed[1],
        "failed_in_baseline": float(fallen(baselines[0], first)[:, -1].mean()), "capex_less": band(capex),
        "worst_residual": float(max(each.worst_residual for each in (*struck, *baselines))),
    }  # fmt: skip
