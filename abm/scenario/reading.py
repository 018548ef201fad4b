"""From the text of a scenario file to a `Scenario`: tables, keys and types; what they mean is checked elsewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from abm.errors import BadInput, Fault, nearest, shown
from abm.scenario.checks import faults_of_shock
from abm.scenario.place import Place, lines_by_table
from abm.scenario.shock import DatedShock

_TOP = {"title": "text", "story": "text", "extends": "text", "parameters": "table", "shock": "tables",
        "switches": "table"}  # fmt: skip
_SHOCK = {"what": "text", "who": "text", "size": "number", "at": "whole", "quarters": "whole", "shape": "text",
          "parameter": "text", "factor": "number"}  # fmt: skip
_WORDS = {"text": "some text in quotes", "number": "a number", "whole": "a whole number", "truth": "true or false",
          "table": "a table", "tables": "tables that begin with [[shock]]"}  # fmt: skip
_LARGEST = 1e300  # of a number


@dataclass(frozen=True)
class Written:
    """What one file says, before the scenario it extends is added."""

    title: str
    story: str
    extends: str
    parameters: Mapping[str, float]
    shocks: tuple[DatedShock, ...]
    switches: Mapping[str, bool]
    places: Mapping[str, Place]


def read(text: str, file: str) -> Written:
    """The scenario that `text` writes. Raises `BadInput` with every fault, naming `file`, line and key."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        line = re.search(r"at line (\d+)", str(problem))
        found = f"no TOML: {problem}" if str(problem) else "no TOML"
        raise BadInput(Fault(file, found, "a file in TOML", int(line[1]) if line else None)) from None
    lines = lines_by_table(text)
    places = {table: Place(file, each) for table, each in lines.items()}
    top, faults = places[""], []
    for key, value in data.items():
        here = places.get(key, places.get(f"{key} 1", top))
        faults += _fault_of(key, value, _TOP, here if key not in top.lines else top)
    if faults:
        raise BadInput(faults)
    if not data.get("title", "").strip():
        faults.append(top.fault("title", "no title", 'a short name of the scenario, such as title = "Half"'))
    if "extends" not in data and not data.get("story", "").strip():
        faults.append(top.fault("story", "no story", "two to five sentences on what happens"))
    parameters = _flat(data.get("parameters", {}))
    place = places.setdefault("parameters", Place(file))
    for address, value in parameters.items():
        faults += _fault_of(address, value, {address: "number"}, place)
    place = places.setdefault("switches", Place(file))
    for name, value in data.get("switches", {}).items():
        faults += _fault_of(name, value, {name: "truth"}, place)
    shocks = []
    for number, table in enumerate(data.get("shock", ()), 1):
        place = places.get(f"shock {number}", top)
        wrong = [each for key, value in table.items() for each in _fault_of(key, value, _SHOCK, place)]
        wrong += [place.fault("", f"no `{key}`", _SHOCK_NEEDS[key]) for key in _SHOCK_NEEDS if key not in table]
        if not wrong:
            shocks.append(DatedShock(**table, place=place))
            wrong = faults_of_shock(shocks[-1])
        faults += wrong
    if faults:
        raise BadInput(faults)
    return Written(
        data["title"].strip(), " ".join(data.get("story", "").split()), data.get("extends", ""), parameters,
        tuple(shocks), dict(data.get("switches", {})), places,
    )  # fmt: skip


_SHOCK_NEEDS = {"what": "the kind of shock", "at": "the quarter in which it comes, 1 = the first that is simulated"}


def _fault_of(key: str, value: object, known: Mapping[str, str], place: Place) -> list[Fault]:
    """Whether `key` is known and its value of the right type."""
    if key not in known:
        return [place.fault(key, "a key that means nothing", "one of " + ", ".join(known), nearest(key, known))]
    sort = known[key]
    right = {
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST,
        "whole": isinstance(value, int) and not isinstance(value, bool),
        "truth": isinstance(value, bool),
        "table": isinstance(value, dict),
        "tables": isinstance(value, list) and all(isinstance(each, dict) for each in value),
    }[sort]
    found = f"the text {shown(value)}" if isinstance(value, str) else shown(value)
    return [] if right else [place.fault(key, found, _WORDS[sort])]


def _flat(table: Mapping, before: str = "") -> dict[str, object]:
    """Addresses and values of nested tables: `NVDA.name = 1` and `"NVDA.name" = 1` are the same."""
    found = {}
    for key, value in table.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return found
