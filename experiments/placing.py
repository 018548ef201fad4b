"""Places on axes: the ensemble with values of parameters and sizes of its scenario's shocks.

An axis is named by an address as `--set` takes it, or `shock`: the size of the scenario's shock, in the unit in which
scenarios state it (0.3 of `end_demand` is 30% of end users' spending), or its `factor` where it has one. All shocks of
a kind get the same size. A scenario with several kinds needs `shock.KIND`, such as `shock.absorption`; the kind of a
shock on a parameter is that parameter's name. No parameter is called `shock`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from abm.errors import BadInput, Fault, nearest, shown
from abm.parameters import DECLARED
from abm.scenario import DatedShock, Scenario
from abm.scenario.kinds import KINDS
from abm.scenario.place import Place
from experiments.blocks import Ensemble

SHOCK = "shock"


def placed(ensemble: Ensemble, point: Mapping[str, float]) -> Ensemble:
    """The ensemble at a point: with these parameters and sizes of shocks. Raises `BadInput` for a shock it lacks."""
    story, parameters = ensemble.scenario, dict(ensemble.parameters)
    parameters |= {name: value for name, value in point.items() if not is_shock(name)}
    sizes: dict[str, tuple[str, float]] = {}
    for name, size in point.items():
        if is_shock(name) and sizes.setdefault(_kind_named(name, story), (name, size)) != (name, size):
            raise BadInput(twice(name))
    if sizes:
        shocks = tuple(_sized(each, *sizes[kind_of(each)]) if kind_of(each) in sizes else each for each in story.shocks)
        at = ", ".join(f"{size:g}" for _, size in sizes.values())
        story = replace(story, id=f"{story.id} at {at}", shocks=shocks)
    return replace(ensemble, scenario=story, parameters=parameters)


def label(name: str, story: Scenario) -> str:
    """What an axis is called in a figure: an address with its unit, or a shock with what its size means."""
    if not is_shock(name):
        declared = DECLARED.get(name.rpartition(".")[2])
        return f"{name}, {declared.unit}" if declared else name
    kind = _kind_named(name, story)
    return f"{name}: {KINDS[kind].meaning.partition('; ')[0]}" if kind in KINDS else f"{SHOCK}: {kind}"


def is_shock(name: str) -> bool:
    """Whether an axis is the size of a shock."""
    return name.partition(".")[0].casefold() == SHOCK


def _kind_named(name: str, story: Scenario) -> str:
    """The kind of shock that an axis sizes. Raises `BadInput`."""
    kinds = {kind_of(each).casefold(): kind_of(each) for each in story.shocks if kind_of(each)}
    wanted = name.partition(".")[2].casefold() or (next(iter(kinds)) if len(kinds) == 1 else "")
    if not kinds:
        found = f"{shown(name)}, and scenario {story.id!r} has no shock with a size"
        raise BadInput(Fault("--over", found, "a scenario that has one, such as shortfall"))
    if wanted not in kinds:
        expected = f"a shock of scenario {story.id!r}: " + ", ".join(f"{SHOCK}.{each}" for each in kinds.values())
        near = nearest(wanted, kinds.values())
        raise BadInput(Fault("--over", shown(name), expected, nearest=near and f"{SHOCK}.{near}"))
    return kinds[wanted]


def kind_of(shock: DatedShock) -> str:
    """What an axis calls a shock; nothing where it has no size."""
    return "" if shock.size is None and shock.factor is None else shock.parameter or shock.what


def _sized(shock: DatedShock, name: str, size: float) -> DatedShock:
    return replace(shock, place=Place(f"--over {name}"), **{"factor" if shock.size is None else "size": size})


def twice(name: str) -> Fault:
    """What is wrong with an axis that is there already."""
    return Fault("--over", f"{shown(name)}, which is given twice", "each address once")
