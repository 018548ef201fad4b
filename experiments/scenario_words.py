"""A scenario in readable words: what changes for whom, from how much to how much, in which calendar quarters."""

from __future__ import annotations

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.items import PARAMETERS
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.parameters import DECLARED, Parameters
from abm.scenario import DatedShock, Scenario
from abm.scenario.whom import rows_of
from abm.switches import SWITCHES

_EVERYBODY = {"lender": "lenders", "absorption": "all lenders", "single_name": "all lenders", "spread": "all markets",
              "power_quota": "all regions", "maturity_wall": "all firms"}  # fmt: skip


def changes(scenario: Scenario, ecosystem: Ecosystem) -> list[str]:
    """A line for each change. Raises `BadInput` for a scenario that means nothing for `ecosystem`."""
    scenario.check(ecosystem)
    values = Parameters(ecosystem)
    return [
        *(f"mechanism off, {each.replace('_', ' ')}: {SWITCHES[each]}"
          for each, on in scenario.switches.items() if not on),
        *(f"from the start: {_setting(address, value, values)}" for address, value in scenario.parameters.items()),
        *(f"{dates(each, ecosystem)}: {effect(each, values)}" for each in scenario.shocks),
    ]  # fmt: skip


def dates(shock: DatedShock, ecosystem: Ecosystem) -> str:
    """When a shock is in force: quarters of the run and of the calendar."""
    opening = quarter_number(ecosystem.opening)

    def named(first: int, last: int) -> str:
        if first == last:
            return f"quarter {first} ({quarter_text(opening + first)})"
        return f"quarters {first} to {last} ({quarter_text(opening + first)} to {quarter_text(opening + last)})"

    start = named(shock.at, shock.at)
    if shock.what == "demand_pause":
        last = shock.at + max(1, int(np.ceil(np.max(shock.size)))) - 1
        return f"in {named(shock.at, last)}"
    if shock.what == "hardware_jump" or (shock.quarters is None and shock.shape == "step"):
        return f"{'in' if shock.what in ('default', 'maturity_wall', 'subsidy_envelope') else 'from'} {start}"
    span = named(shock.at, shock.at + shock.quarters - 1)
    return {"step": f"in {span}", "ramp": f"rising over {span}, then for good", "pulse": f"fading over {span}"}[
        shock.shape
    ]


def effect(shock: DatedShock, values: Parameters) -> str:
    """What a shock does to whom."""
    who = shock.who or _EVERYBODY.get(shock.what, "")
    match shock.what:
        case "end_demand":
            return f"end users spend {_share(shock.size)} less"
        case "demand_pause":
            return f"end users' spending stands still for {_number(shock.size)} quarters, then follows its old path"
        case "absorption":
            return f"{who} can place {_share(shock.size)} less new money"
        case "spread":
            return f"spreads of {who} are {_number(100.0 * np.asarray(shock.size))} points higher"
        case "single_name":
            return f"{who} may lend one name {_share(shock.size)} less"
        case "hardware_jump":
            times = _number(shock.size)
            return f"new chips do {times} times as much per dollar; prices of compute fall by as much in four quarters"
        case "chip_capacity":
            return f"{who} can ship {_share(shock.size)} fewer chips"
        case "power_quota":
            return f"{_share(shock.size)} less new power is connected in {who}"
        case "subsidy_envelope":
            return f"{_number(shock.size)} times as much money is left for European subsidies"
        case "maturity_wall":
            return f"{_share(shock.size)} of what {who} owes falls due, beyond what is scheduled"
        case "default":
            return f"{who} fails"
        case _:
            address = f"{shock.who}.{shock.parameter}" if shock.who else shock.parameter
            old = values.of(shock.parameter)[rows_of(shock, values.ecosystem)]
            return _from_to(address, old, shock.size if shock.factor is None else old * shock.factor)


def _setting(address: str, value: float | np.ndarray, values: Parameters) -> str:
    who, _, name = address.rpartition(".")
    rows = values.ecosystem.rows(who) if who else slice(None)
    return _from_to(address, values.of(name)[rows], value)


def _from_to(address: str, old: np.ndarray, new: float | np.ndarray) -> str:
    name = address.rpartition(".")[2]
    unit = DECLARED[name].unit if name in DECLARED else PARAMETERS[name].unit
    return f"{address} {_number(old)} -> {_number(new)} ({unit})"


def _number(value: float | np.ndarray) -> str:
    """One number, or the range of many."""
    low, high = np.nanmin(value), np.nanmax(value)
    return f"{low:.4g}" if low == high else f"{low:.4g}..{high:.4g}"


def _share(value: float | np.ndarray) -> str:
    return f"{_number(100.0 * np.asarray(value))}%"
