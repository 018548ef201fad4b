"""Axes of a grid: names, as `experiments.placing` takes them, and the values they take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from abm.errors import BadInput, Fault, shown
from abm.scenario import Scenario
from abm.scenario.kinds import KINDS
from experiments.placing import SHOCK, kind_of, twice

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
    known = [_same(each) for each in settings]
    for each in axes:
        if _same(each.name) in known:
            raise BadInput(twice(each.name))
        known.append(_same(each.name))
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
        kinds = {kind_of(each) for each in story.shocks if kind_of(each)}
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
    if _same(name) in map(_same, settings):
        raise BadInput(twice(name))
    return name, *ends


def points(axes: Sequence[Axis]) -> list[dict[str, float]]:
    """The cells of a grid, the last axis fastest."""
    names = [each.name for each in axes]
    return [dict(zip(names, each, strict=True)) for each in product(*(each.values for each in axes))]


def tidy(value: float) -> float:
    """A number without the last digits of arithmetic: 0.3, not 0.30000000000000004."""
    return float(f"{value:.12g}")


def _same(name: str) -> str:
    """A name for what an address stands for: in any case, and of all."""
    return name.casefold().removeprefix("all.")


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
            raise BadInput(Fault("--over", f"{count:g} values", f"at most {MOST}"))
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

