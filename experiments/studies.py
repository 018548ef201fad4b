"""Studies: many paired ensembles for one table. `grid` asks how a shortfall's damage grows, `signs` whether each
quantity moves the economy the way theory expects. Rows are plain numbers; nothing here is tuned to come out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from abm.results import RunResult
from abm.scenario import DatedShock, Scenario, load_scenario
from abm.words import part_of
from experiments.amplification import asset_amplification, band, flow, revenue_amplification, window
from experiments.expected import QUANTITIES, WINDOWS, Quantity, Variant
from experiments.falls import by_firm, compared, fallen
from experiments.pairs import Frame, strikes_at
from experiments.pieces import ALONE, Workplace

SIZES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
QUICK_SIZES = (0.1, 0.3, 0.5)
_OFTEN = 0.1  # of worlds: a firm that falls in fewer has no place in an order of failure
_ORDERED = 4  # firms in it
_HIGH = {"chipmaker.ecosystem_investment_share": 0.5, "hyperscaler.ecosystem_investment_share": 0.2}
# Name of a setting: parameters, switches. The default is 3 for `confidence_loss` and suppliers' money as declared.
SETTINGS: dict[str, tuple[dict[str, float], dict[str, bool]]] = {
    "default": ({}, {}),
    "confidence_loss 0": ({"confidence_loss": 0.0}, {}),
    "confidence_loss 1": ({"confidence_loss": 1.0}, {}),
    "confidence_loss 5": ({"confidence_loss": 5.0}, {}),
    "suppliers' money off": ({}, {"vendor_investment": False}),
    "suppliers' money doubled": (_HIGH, {}),
}


def grid(frame: Frame, sizes=SIZES, settings=None, place: Workplace = ALONE) -> list[dict]:
    """A row for each setting (of `SETTINGS`; all) and size of a shortfall: amplification, failures, and their order."""
    strikes_at(load_scenario("shortfall"), frame.quarters)
    jobs = [(frame, name, sizes) for name in settings or SETTINGS]
    return [row for rows in place.pieces(_grid_rows, jobs, frame.ecosystem) for row in rows]


def _grid_rows(frame: Frame, name: str, sizes) -> list[dict]:
    parameters, switches = SETTINGS[name]

    def living(scenario: Scenario) -> RunResult:
        return frame.run(replace(scenario, switches=switches), parameters)

    fall, baseline = load_scenario("shortfall"), living(load_scenario("baseline"))
    first = strikes_at(fall, frame.quarters)
    return [{"setting": name, "size": size} | _grid_row(living(fall.resized(size)), baseline, first) for size in sizes]


def _grid_row(shocked: RunResult, baseline: RunResult, first: int) -> dict:
    both, span, worlds = compared(shocked, baseline, first), window(baseline, first), len(shocked.worlds)
    capex = part_of(-flow(shocked.against(baseline), "capex", span), flow(baseline, "capex", span))
    fell = both[both["by_shock"]]
    failed = [fallen(each, first)[:, -1] for each in (shocked, baseline)]
    return {
        "per_dollar_sales": band(revenue_amplification(shocked, baseline, first).ratio),
        "per_dollar_losses": band(asset_amplification(shocked, baseline, first).ratio),
        "capex_less": band(capex),
        "failed": band(failed[0]), "failed_mean": float(failed[0].mean()),
        "failed_in_baseline_mean": float(failed[1].mean()),
        "felled": len(fell) / worlds, "spared": float(both["spared"].sum()) / worlds,
        "order": _order(by_firm(shocked, baseline, first)),
        "worst_residual": float(max(shocked.worst_residual, baseline.worst_residual)),
    }  # fmt: skip


def _order(firms: list[dict]) -> list[dict]:
    """Firms that a shock brings down in some number of worlds, by their median quarter; of a group the first member."""
    often = sorted((each for each in firms if each["by_shock"] >= _OFTEN), key=lambda each: each["quarters"][1])
    found: dict[str, dict] = {}
    for each in often:
        member = each["firm"].rpartition("_")
        group = member[0] if member[0] and member[2].isdigit() else each["firm"]
        found.setdefault(group, {key: each[key] for key in ("quarters", "by_shock", "sooner")} | {"firm": group})
    return list(found.values())[:_ORDERED]


# -- signs ---------------------------------------------------------------------------------------------


def signs(frame: Frame, quantities=None, place: Workplace = ALONE) -> list[dict]:
    """A row for each raised quantity (of `QUANTITIES`; all) and measure: mean change, its sign, the expected sign."""
    strikes_at(load_scenario("shortfall"), frame.quarters)
    quantities = quantities or QUANTITIES
    # Variants that several quantities share, such as the model as it is, are run once.
    variants = list({each.key: each for quantity in quantities for each in (quantity.low, quantity.high)}.values())
    outcomes = place.pieces(_outcome, [(frame, each) for each in variants], frame.ecosystem)
    found = {each.key: _arrays(outcome) for each, outcome in zip(variants, outcomes, strict=True)}
    return [row for each in quantities for row in _sign_rows(each, found[each.low.key], found[each.high.key])]


def _outcome(frame: Frame, variant: Variant) -> dict:
    """What one variant of the model does, by world: series `(worlds, quarters)`, `calm` without and `struck` with a
    shortfall, and the amplification `per_dollar`, `(worlds,)`, lost sales per dollar."""
    extra = tuple(DatedShock(**each) for each in variant.shocks)
    fall = load_scenario("shortfall").resized(variant.size)
    first = strikes_at(fall, frame.quarters)
    runs = [
        frame.run(replace(each, shocks=(*each.shocks, *extra)), variant.parameters)
        for each in (load_scenario("baseline"), fall)
    ]
    series = [
        {"capex": each.system("capex").to_numpy(), "gap": each.system("funding_gap").to_numpy(),
         "stranded": each.system("impairment").to_numpy(),
         # New failures in a quarter, of firms that had not failed before.
         "defaults": np.diff(fallen(each, 1), axis=1, prepend=0.0)}
        for each in runs
    ]  # fmt: skip
    ratio = revenue_amplification(runs[1], runs[0], first).ratio
    return dict(zip(("calm", "struck"), series, strict=True)) | {
        "per_dollar": ratio, "worst_residual": float(max(each.worst_residual for each in runs))
    }  # fmt: skip


def _arrays(outcome: dict) -> dict:
    sides = {side: {name: np.array(each) for name, each in outcome[side].items()} for side in ("calm", "struck")}
    return outcome | sides | {"per_dollar": np.array(outcome["per_dollar"])}


def _sign_rows(quantity: Quantity, low: dict, high: dict) -> list[dict]:
    rows = []
    for measure, expected in quantity.expected.items():
        for when, sign in expected:
            if measure == "AF":
                before, after = low["per_dollar"], high["per_dollar"]
            else:
                before, after = (
                    each["struck" if quantity.after_shock else "calm"][measure][:, WINDOWS[when]].sum(axis=1)
                    for each in (low, high)
                )
            found = sign_of(after - before, before)
            rows.append({
                "raised": quantity.name, "from_to": quantity.words,
                "in": "shortfall" if quantity.after_shock else "baseline", "measure": measure, "when": when,
                "before": float(before.mean()), "change": float((after - before).mean()),
                "error": _error(after - before), "sign": found, "expected": sign,
                "agrees": None if sign == "?" else found == sign,
                "worst_residual": max(low["worst_residual"], high["worst_residual"]),
            })  # fmt: skip
    return rows


def sign_of(change: np.ndarray, before: np.ndarray) -> str:
    """+ or - where the mean change over worlds is beyond two standard errors and half a percent of what was before;
    else 0."""
    mean = float(change.mean())
    small = max(2.0 * _error(change), 0.005 * abs(float(before.mean())))
    return "0" if abs(mean) <= small else "+" if mean > 0.0 else "-"


def _error(change: np.ndarray) -> float:
    """Standard error of the mean; 0 for one world."""
    return float(change.std(ddof=1) / np.sqrt(change.size)) if change.size > 1 else 0.0
