"""Options of the commands that run a scenario at many points: `grid`, `phase`, `reverse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from experiments.blocks import Ensemble

Worlds = options.worlds_up_to(20_000, "How many worlds each point has.")
Over = Annotated[
    list[str] | None,
    typer.Option("--over", metavar="ADDRESS=VALUES",
                 help="An axis: ADDRESS=v1,v2,... or ADDRESS=low:high:count. ADDRESS as for --set, or `shock`, the "
                 "size of the scenario's shock, `shock.KIND` where it has several kinds. Repeatable."),
]  # fmt: skip
Outcome = Annotated[
    str,
    typer.Option("--outcome", metavar="CONDITION",
                 help="When it counts: NAME OPERATOR NUMBER, such as 'failures>=3' or 'lost_capex>0.2'."),
]  # fmt: skip


def ensemble_of(scenario: str, ecosystem: str, worlds: int, quarters: int, seed: int,
                settings: Mapping[str, float]) -> Ensemble:  # fmt: skip
    """What is run at each point. Raises `BadInput`."""
    from abm.scenario import load_scenario
    from experiments.blocks import Ensemble

    return Ensemble(load_scenario(scenario), str(ecosystem), worlds, quarters, seed, settings)


def heading(facts: dict, asked: str):
    """The first line of a result: what was asked, of what, when, in how many worlds."""
    from rich.text import Text

    worlds = "one world" if facts["worlds"] == 1 else f"the same {facts['worlds']:,} worlds everywhere"
    span = f": {facts['ecosystem']}, {facts['from']} to {facts['to']}, {worlds}, seed {facts['seed']}"
    return Text.assemble((asked, "bold"), span)


def foot(facts: dict) -> str:
    """The last lines of a result."""
    residual = f"{facts['worst_residual']:.1e}"
    return f"Books balance in every world and quarter: worst relative residual {residual}.\n{facts['note']}"
