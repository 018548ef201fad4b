"""What a declaration of a behavioural parameter says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JUDGEMENT = "judgement; swept over its range"


@dataclass(frozen=True)
class Parameter:
    """One declaration: `default`, range `low`..`high`, hard limits, unit, meaning, symbol, source, grade.

    `by_kind` holds the defaults of kinds that differ. Where the ecosystem's data states `item`, each
    firm's value of it goes before the default; with `of_all` the one firm that states it speaks for all.
    A whole world shares one value of a `system` parameter, so no firm or kind can have its own. A `tuned` one
    is what `cloudcity tune` may move.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    symbol: str
    meaning: str
    source: str
    grade: str = "assumed"
    least: float = 0.0
    most: float = 1.0
    by_kind: Mapping[str, float] = field(default_factory=dict)
    item: str = ""
    of_all: bool = False
    system: bool = False
    tuned: bool = False
