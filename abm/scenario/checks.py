"""Whether a scenario means something: each shock for itself, then all of it for an ecosystem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.items import FACTS, PARAMETERS
from abm.errors import BadInput, Fault, nearest, shown
from abm.parameters import DECLARED, Parameters
from abm.scenario.kinds import KINDS, OPENING_ONLY, SHAPES
from abm.scenario.place import Place
from abm.scenario.shock import DatedShock
from abm.scenario.whom import markets_of, regions_of, rows_of
from abm.switches import SWITCHES

if TYPE_CHECKING:
    from abm.scenario.scenario import Scenario

LAST = 1000  # no shock comes later, and none lasts longer
_NAMES = (*DECLARED, *(each for each in PARAMETERS if each not in FACTS))


def faults_of_shock(shock: DatedShock) -> list[Fault]:
    """What is wrong with a shock whatever the ecosystem."""
    kind = KINDS.get(shock.what)
    if kind is None:
        expected = "one of " + ", ".join(KINDS)
        return [shock.fault("what", shown(shock.what), expected, nearest(shock.what, KINDS))]
    faults = []
    if not 1 <= shock.at <= LAST:
        faults.append(shock.fault("at", shown(shock.at), f"a quarter from 1 (the first that is simulated) to {LAST}"))
    if shock.who and not kind.whom:
        faults.append(shock.fault("who", shown(shock.who), f"no `who`: {kind.name} strikes everybody"))
    if kind.must and not shock.who:
        faults.append(shock.fault("who", "nobody", f"the {kind.whom} that {kind.name} strikes"))
    return faults + _size_faults(shock) + _time_faults(shock)


def _size_faults(shock: DatedShock) -> list[Fault]:
    kind = KINDS[shock.what]
    if shock.what == "parameter":
        return _parameter_faults(shock)
    faults = [
        shock.fault(key, shown(getattr(shock, key)), f"no `{key}`: it belongs to what = \"parameter\"")
        for key in ("parameter", "factor") if getattr(shock, key) not in ("", None)
    ]  # fmt: skip
    if not kind.sized:
        return faults + ([] if shock.size is None else [shock.fault("size", shown(shock.size), "no `size`")])
    expected = f"a number from {kind.least:g} to {kind.most:g}: {kind.meaning}"
    if shock.size is None:
        return [*faults, shock.fault("size", "no size", expected)]
    if not (kind.least <= np.min(shock.size) and np.max(shock.size) <= kind.most):
        faults.append(shock.fault("size", shown(shock.size), expected))
    return faults


def _parameter_faults(shock: DatedShock) -> list[Fault]:
    if shock.parameter not in _NAMES:
        found = shown(shock.parameter) if shock.parameter else "no parameter"
        return [shock.fault("parameter", found, "the name of a parameter", nearest(shock.parameter, _NAMES))]
    faults = []
    if shock.parameter in OPENING_ONLY:
        expected = "a parameter that quarters read; this one only the opening does, so set it under [parameters]"
        faults.append(shock.fault("parameter", shown(shock.parameter), expected))
    if (shock.size is None) == (shock.factor is None):
        found = "neither `size` nor `factor`" if shock.size is None else "both `size` and `factor`"
        faults.append(shock.fault("", found, "one of them: a new value, or a multiple of the old one"))
    return faults


def _time_faults(shock: DatedShock) -> list[Fault]:
    kind, faults = KINDS[shock.what], []
    if shock.shape not in SHAPES:
        faults.append(shock.fault("shape", shown(shock.shape), "one of " + ", ".join(SHAPES),
                                  nearest(shock.shape, SHAPES)))  # fmt: skip
    if shock.quarters is not None and not 1 <= shock.quarters <= LAST:
        faults.append(shock.fault("quarters", shown(shock.quarters), f"a whole number of quarters, 1 to {LAST}"))
    if not kind.lasts and (shock.quarters is not None or shock.shape != "step"):
        key = "quarters" if shock.quarters is not None else "shape"
        faults.append(shock.fault(key, shown(getattr(shock, key)), f"no `{key}`: {kind.name} happens at its date"))
    elif shock.shape in ("ramp", "pulse") and shock.quarters is None:
        faults.append(shock.fault("shape", shown(shock.shape), f"`quarters`, over which a {shock.shape} runs"))
    return faults


def faults_in(scenario: Scenario, ecosystem: Ecosystem) -> list[Fault]:
    """Everything in `scenario` that means nothing for `ecosystem`."""
    faults = []

    def place_of(what: str) -> Place:
        return scenario.places.get(what, Place(scenario.id))

    for name in scenario.switches:
        if name not in SWITCHES:
            place = place_of(f"switches.{name}")
            expected = "one of " + ", ".join(SWITCHES)
            faults.append(place.fault(name, "a switch that does not exist", expected, nearest(name, SWITCHES)))
    for address, value in scenario.parameters.items():
        faults += _settable(ecosystem, {address: value}, place_of(f"parameters.{address}"), address)
    for shock in scenario.shocks:
        own = faults_of_shock(shock)
        faults += own or _strikes(shock, ecosystem)
    return faults


def _strikes(shock: DatedShock, ecosystem: Ecosystem) -> list[Fault]:
    """Whether there is somebody to strike, and a parameter can take its new value."""
    try:
        match KINDS[shock.what].whom:
            case "market":
                markets_of(shock)
            case "region":
                regions_of(shock)
            case "firm" | "lender" | "chipmaker":
                rows_of(shock, ecosystem)
    except BadInput as refused:
        return [each if each.file == shock.place.file else
                shock.fault("who", each.found, each.expected, each.nearest) for each in refused.faults]  # fmt: skip
    return _value_faults(shock, ecosystem) if shock.what == "parameter" else []


def _value_faults(shock: DatedShock, ecosystem: Ecosystem) -> list[Fault]:
    address = f"{shock.who}.{shock.parameter}" if shock.who else shock.parameter
    own = Parameters(ecosystem)
    if shock.factor is None or shock.parameter not in own:
        return _settable(ecosystem, {address: shock.size}, shock.place, "size")
    new = np.multiply.outer(own.of(shock.parameter)[rows_of(shock, ecosystem)], shock.factor)
    extremes = np.nanmin(new), np.nanmax(new)
    faults = [_settable(ecosystem, {address: each}, shock.place, "factor") for each in extremes]
    return faults[0] or faults[1]


def _settable(ecosystem: Ecosystem, settings: dict, place: Place, key: str) -> list[Fault]:
    """What `Parameters` says against `settings`, at the place where they stand."""
    try:
        Parameters(ecosystem, settings)
    except BadInput as refused:
        return [place.fault(key, each.found, each.expected, each.nearest) for each in refused.faults]
    return []
