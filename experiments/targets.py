"""Targets: what a run of the baseline should show, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from abm.errors import BadInput, Fault, shown
from experiments.measures import MEASURES, Baseline, NotMeasured
from experiments.yearly import QUANTILES

if TYPE_CHECKING:
    from abm.ecosystem import Ecosystem
    from abm.ecosystem.tables import Table
    from abm.results import RunResult

STRICT = 0.8  # part of the measured checks that must be inside
ROLES = {
    "check": "evidence: nothing was tuned to it",
    "fit": "parameters may be tuned to it: no evidence",
    "context": "an input, or the number behind one: no evidence",
}


@dataclass(frozen=True)
class Target:
    """A row of targets.csv. `low` and `high` are NaN where that side is open."""

    name: str
    role: str
    low: float
    high: float
    unit: str
    period: str
    grade: str
    source: str
    basis: str


@dataclass(frozen=True)
class Measured:
    """A target and its value per world, or why there is none."""

    target: Target
    values: np.ndarray = field(default_factory=lambda: np.array([np.nan]))
    reason: str = ""

    @property
    def bands(self) -> list[float] | None:
        """10%, 50% and 90% over the worlds that have a value; None where no world has one."""
        known = self.values[np.isfinite(self.values)]
        return [float(each) for each in np.quantile(known, QUANTILES)] if known.size else None

    @property
    def inside(self) -> bool | None:
        """Whether the median lies in the band, its edges included; None where nothing was measured."""
        if self.bands is None:
            return None
        median = self.bands[1]
        return not (median < self.target.low or median > self.target.high)  # an open side is NaN: never beyond it


def load_targets(where: str) -> tuple[dict[str, Table], list[Target]]:
    """Tables and targets of an ecosystem of CSV files. Raises `BadInput`, also where it states no targets."""
    from abm.ecosystem.loading import find, read

    if str(where).lower().endswith(".graphml"):
        raise BadInput(Fault(shown(where), "a graph, which states no targets", "a shipped name or a folder"))
    tables = read(find(where)).tables
    if "targets" not in tables:
        raise BadInput(Fault(shown(where), "no targets.csv", "an ecosystem that states targets"))
    columns = tuple(Target.__dataclass_fields__)
    return tables, [Target(*cells) for _, *cells in tables["targets"].rows(*columns)]


def run_baseline(
    ecosystem: Ecosystem, tables: Mapping[str, Table], parameters: Mapping[str, float], **options
) -> Baseline:
    """Run quarters in which nothing strikes; `options` are those of `abm.run`. Raises `BadInput`."""
    from abm.running import run

    result = run(ecosystem, parameters=parameters, **options)
    return baseline_of(result, parameters, tables)


def baseline_of(result: RunResult, parameters: Mapping[str, float], tables: Mapping[str, Table]) -> Baseline:
    """A finished run as something that can be measured."""
    from abm.parameters import Parameters

    return Baseline(result, Parameters(result.ecosystem, parameters), tables)


def measure(base: Baseline, targets: Sequence[Target]) -> list[Measured]:
    """Each target's value per world, in their order."""
    found = []
    for target in targets:
        try:
            if target.name not in MEASURES:
                raise NotMeasured("there is no measure of this name")
            found.append(Measured(target, np.asarray(MEASURES[target.name](base), float)))
        except NotMeasured as why:
            found.append(Measured(target, reason=str(why)))
    return found


def counts(found: Sequence[Measured]) -> dict[str, dict[str, int]]:
    """Role -> how many of its targets are inside, outside and not measured."""
    words = {True: "inside", False: "outside", None: "not_measured"}
    result = {role: dict.fromkeys(words.values(), 0) for role in ROLES}
    for each in found:
        result[each.target.role][words[each.inside]] += 1
    return result


def passes(found: Sequence[Measured]) -> bool:
    """Whether at least four fifths of the checks that were measured are inside, and any was measured."""
    check = counts(found)["check"]
    measured = check["inside"] + check["outside"]
    return measured > 0 and check["inside"] >= STRICT * measured
