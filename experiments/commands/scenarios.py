"""`cloudcity scenarios`: list, show and check what can happen to an economy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from abm.ecosystem import Ecosystem
    from abm.scenario import Scenario

app = typer.Typer(help="List, show and check scenarios.", no_args_is_help=True)

_Where = Annotated[str, typer.Argument(metavar="ID_OR_FILE", help="A shipped scenario or a TOML file.")]


@app.command("list")
def list_shipped(ecosystem: options.Ecosystem = "ai_2026", as_json: options.Json = False) -> None:
    """The scenarios that come with the model, and what each changes."""
    import json

    from rich.table import Table

    from abm.ecosystem import load
    from abm.scenario import load_scenario, scenarios
    from experiments.scenario_words import changes
    from experiments.tables import console

    network = load(ecosystem)
    found = [(each, changes(each, network)) for each in map(load_scenario, scenarios())]
    if as_json:
        rows = [{"id": each.id, "title": each.title, "changes": lines} for each, lines in found]
        typer.echo(json.dumps(rows, indent=2, allow_nan=False))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    for name in ("title", "changes"):
        table.add_column(name)
    for each, lines in found:
        table.add_row(each.id, each.title, "; ".join(lines) or "none")
    console().print(table)


@app.command()
def show(where: _Where, ecosystem: options.Ecosystem = "ai_2026", as_json: options.Json = False) -> None:
    """The story of a scenario, and every change with its calendar quarters, old and new values and units."""
    import json

    from abm.ecosystem import load
    from abm.scenario import load_scenario
    from experiments.scenario_words import changes

    scenario = load_scenario(where)
    lines = changes(scenario, load(ecosystem))
    if as_json:
        typer.echo(json.dumps({**scenario.as_dict(), "changes": lines}, indent=2, allow_nan=False))
        return
    print_story(scenario, lines)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file.")],
    ecosystem: options.Ecosystem = "ai_2026",
) -> None:
    """Whether a scenario file can be run on an ecosystem; exit code 2 and every fault if not."""
    from abm.ecosystem import load
    from abm.scenario import load_scenario

    scenario, network = load_scenario(file), load(ecosystem)
    scenario.check(network)
    typer.echo(f"{file}: ok, {len(scenario.shocks)} dated, {len(scenario.parameters)} from the start, "
               f"{sum(not on for on in scenario.switches.values())} off")  # fmt: skip


def print_story(scenario: Scenario, lines: list[str]) -> None:
    """Title, story and changes."""
    from rich.padding import Padding
    from rich.text import Text

    from experiments.tables import console

    out = console()
    out.print(Text(f"{scenario.id}: {scenario.title}", "bold"))
    out.print(scenario.story)
    for each in lines or ["nothing changes"]:
        out.print(Padding(f"- {each}", (0, 0, 0, 2)))


def print_changes(scenario: Scenario, network: Ecosystem, quarters: int) -> None:
    """Title and changes before a run of so many quarters; what comes after its end is said to do so."""
    from experiments.scenario_words import changes

    typer.echo(f"Scenario {scenario.id}: {scenario.title}")
    for each in changes(scenario, network):
        typer.echo(f"- {each}")
    late = sum(each.at > quarters for each in scenario.shocks)
    if late:
        typer.echo(f"{late} of {len(scenario.shocks)} come after the last quarter of this run, {quarters}.")
