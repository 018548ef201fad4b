"""Axes of a grid: a parameter, or the size of what a scenario strikes with, and the values it takes.

An axis is named by an address as `--set` takes it, or `shock`: the size of the scenario's shock, in the unit in which
scenarios state it (0.3 of `end_demand` is 30% of end users' spending), or its `factor` where it has one. All shocks of
a kind get the same size. A scenario with several kinds needs `shock.KIND`, such as `shock.absorption`; the kind of a
shock on a parameter is that parameter's name. No parameter is called `shock`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from abm.errors import BadInput, Fault, nearest, shown
from abm.parameters import DECLARED
from abm.scenario import DatedShock, Scenario
from abm.scenario.kinds import KINDS
from abm.scenario.place import Place
from experiments.blocks import Ensemble

SHOCK = "shock"
MOST = 400  # cells
_FORM = "ADDRESS=v1,v2,... or ADDRESS=low:high:count, such as shock=0.1,0.3 or confidence_loss=0:5:6"
_RANGE = "ADDRESS=from:to, two different numbers, such as shock=0:0.8"


@dataclass(frozen=True)
class Axis:
    """A name and its values, each once."""

    name: str
    values: tuple[float, ...]


def parse_axes(texts: Sequence[str], settings: Mapping[str, float], count: int | None = None) -> list[Axis]:
    """Texts `ADDRESS=v1,v2,...` or `ADDRESS=low:high:count` as axes.

    Raises `BadInput` for those that are not, for a name that comes twice or stands in `settings`, for more than `MOST`
    cells, and for any number of axes but `count` (None: one or more).
    """
    if len(texts) < (count or 1) or len(texts) > (count or len(texts)):
        expected = f"{count}, each by an --over of its own" if count else "at least one"
        raise BadInput(Fault("--over", "one axis" if len(texts) == 1 else f"{len(texts)} axes", expected))
    axes = [Axis(name, _values(text, given)) for text in texts for name, given in [_named(text, _FORM)]]
    known = [each.casefold() for each in settings]
    for each in axes:
        if each.name.casefold() in known:
            raise BadInput(Fault("--over", f"{shown(each.name)}, which is given twice", "each address once"))
        known.append(each.name.casefold())
    cells = math.prod(len(each.values) for each in axes)
    if cells > MOST:
        raise BadInput(Fault("--over", f"{cells:,} cells", f"at most {MOST}"))
    return axes


def parse_range(texts: Sequence[str], story: Scenario, settings: Mapping[str, float]) -> tuple[str, float, float]:
    """One text `ADDRESS=from:to` as a name and the ends of a search; without one the size of the scenario's shock, from
    the least to the most that its kind allows.

    Raises `BadInput` as above, and without a text for a scenario that has no such shock or several: the limits of a
    parameter are no range to search.
    """
    if not texts:
        kinds = {_kind(each) for each in story.shocks if _kind(each)}
        kind = KINDS.get(kinds.pop()) if len(kinds) == 1 else None
        if kind is None:
            found = f"nothing, and scenario {story.id!r} has no shock that says a range"
            raise BadInput(Fault("--over", found, _RANGE))
        return SHOCK, kind.least, kind.most
    if len(texts) > 1:
        raise BadInput(Fault("--over", f"{len(texts)} axes", "one"))
    name, given = _named(texts[0], _RANGE)
    ends = [_number(each) for each in given.split(":")]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:
        raise BadInput(Fault("--over", shown(texts[0]), _RANGE))
    if name.casefold() in (each.casefold() for each in settings):
        raise BadInput(Fault("--over", f"{shown(name)}, which is given twice", "each address once"))
    return name, *ends


def points(axes: Sequence[Axis]) -> list[dict[str, float]]:
    """The cells of a grid, the last axis fastest."""
    names = [each.name for each in axes]
    return [dict(zip(names, each, strict=True)) for each in product(*(each.values for each in axes))]


def placed(ensemble: Ensemble, point: Mapping[str, float]) -> Ensemble:
    """The ensemble at a point: with these parameters and sizes of shocks. Raises `BadInput` for a shock it lacks."""
    scenario, parameters = ensemble.scenario, dict(ensemble.parameters)
    for name, value in point.items():
        if is_shock(name):
            scenario = _resized(scenario, name, value)
        else:
            parameters[name] = value
    return replace(ensemble, scenario=scenario, parameters=parameters)


def label(name: str, story: Scenario) -> str:
    """What an axis is called in a figure: an address with its unit, or a shock with what its size means."""
    if not is_shock(name):
        declared = DECLARED.get(name.rpartition(".")[2])
        return f"{name}, {declared.unit}" if declared else name
    wanted = name.partition(".")[2].casefold()
    kind = next(_kind(each) for each in story.shocks if _kind(each) and wanted in ("", _kind(each).casefold()))
    return f"{name}: {KINDS[kind].meaning if kind in KINDS else kind}"


def is_shock(name: str) -> bool:
    """Whether an axis is the size of a shock."""
    return name.partition(".")[0].casefold() == SHOCK


def tidy(value: float) -> float:
    """A number without the last digits of arithmetic: 0.3, not 0.30000000000000004."""
    return float(f"{value:.12g}")


def _resized(story: Scenario, name: str, size: float) -> Scenario:
    kinds = {_kind(each).casefold(): _kind(each) for each in story.shocks if _kind(each)}
    wanted = name.partition(".")[2].casefold() or (next(iter(kinds)) if len(kinds) == 1 else "")
    if not kinds:
        found = f"{shown(name)}, and scenario {story.id!r} has no shock with a size"
        raise BadInput(Fault("--over", found, "a scenario that has one, such as shortfall"))
    if wanted not in kinds:
        expected = f"a shock of scenario {story.id!r}: " + ", ".join(f"{SHOCK}.{each}" for each in kinds.values())
        near = nearest(wanted, kinds.values())
        raise BadInput(Fault("--over", shown(name), expected, nearest=near and f"{SHOCK}.{near}"))
    place = Place(f"--over {name}")
    shocks = tuple(_sized(each, size, place) if _kind(each).casefold() == wanted else each for each in story.shocks)
    return replace(story, id=f"{story.id} at {size:g}", shocks=shocks)


def _kind(shock: DatedShock) -> str:
    """What an axis calls it; nothing where it has no size."""
    return "" if shock.size is None and shock.factor is None else shock.parameter or shock.what


def _sized(shock: DatedShock, size: float, place: Place) -> DatedShock:
    return replace(shock, place=place, **{"factor" if shock.size is None else "size": size})


def _named(text: str, form: str) -> tuple[str, str]:
    name, _, given = (each.strip() for each in text.partition("="))
    if not name or not given:
        raise BadInput(Fault("--over", shown(text), form))
    return name, given


def _values(text: str, given: str) -> tuple[float, ...]:
    low, *others = parts = [_number(each) for each in given.split(":" if ":" in given else ",")]
    if ":" in given:
        count = others[1] if len(others) == 2 else None
        if None in parts or count is None or count < 2 or count != int(count) or low == others[0]:
            raise BadInput(Fault("--over", shown(text), _FORM))
        if count > MOST:
            raise BadInput(Fault("--over", f"{int(count):,} values", f"at most {MOST}"))
        parts = [tidy(each) for each in np.linspace(low, others[0], int(count))]
    if None in parts:
        raise BadInput(Fault("--over", shown(text), _FORM))
    if len(set(parts)) < len(parts):
        raise BadInput(Fault("--over", f"{shown(text)}, in which a value comes twice", "each value once"))
    return tuple(parts)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

