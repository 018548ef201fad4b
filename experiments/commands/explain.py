"""`cloudcity explain`: why a firm failed or survived in a run that was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console

Result = Annotated[
    Path, typer.Argument(metavar="RESULT", help="A folder of a run that `cloudcity quarters`, `run`, `compare` or "
                         "`design` has written.")
]  # fmt: skip
Firm = Annotated[str, typer.Argument(metavar="FIRM", help="A firm by id or name.")]
World = Annotated[
    int | None, typer.Option("--world", help="A world of the run; by default the one of the median date.")
]
Run = Annotated[
    str | None, typer.Option("--run", help="Of a folder with several: shocked (the default) or baseline.")
]


def explain(result: Result, firm: Firm, world: World = None, run: Run = None, as_json: options.Json = False) -> None:
    """Tell why a firm failed, or what it survived: what weakened it, who hit it, and what followed."""
    import json

    from experiments import explain, tables, traced

    facts = explain.explain(traced.read(result, run), firm, world)
    if as_json:
        typer.echo(json.dumps(facts, indent=2, allow_nan=False))
    else:
        print_chain(facts, tables.console())


def print_chain(facts: dict, out: Console) -> None:
    """Headline, what the scenario does, the chain of one world, and what must be known to read it."""
    from rich.table import Table
    from rich.text import Text

    name = f"{facts['firm']}, {facts['name']}" if facts["name"] != facts["firm"] else facts["firm"]
    kind = facts["kind"].replace("_", " ").replace("ai ", "AI ")
    out.print(Text.assemble((name, "bold"), f" ({kind}) ", headline(facts)))
    changes = f": {'; '.join(facts['changes'])}" if facts["changes"] else ""
    out.print(f"Scenario {facts['scenario']}{changes}.")
    out.print(f"{facts['ecosystem']}, {facts['first_quarter']} to {facts['last_quarter']}, seed {facts['seed']}.")
    out.print()
    out.print(which_world(facts))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for each in facts["chain"]:
        when = each["first"] if each["first"] == each["last"] else f"{each['first']} to {each['last']}"
        table.add_row(when, Text(each["text"], "bold" if each["part"] == "failure" else ""))
    out.print(table)
    out.print()
    out.print(facts["note"])


def headline(facts: dict) -> str:
    """In how many worlds it fails, when and why."""
    worlds, failed, found = facts["worlds"], facts["worlds_failed"], facts["failures"]
    if not failed:
        return "does not fail." if worlds == 1 else f"survives in all {worlds:,} worlds."
    if worlds == 1:
        return f"fails in {found['median']}: {next(iter(found['causes']))}."
    many = len(found["causes"]) > 1
    why = ", ".join(f"{cause} ({count})" if many else cause for cause, count in found["causes"].items())
    span = f"{found['earliest']} to {found['latest']}, median {found['median']}"
    when = found["median"] if found["earliest"] == found["latest"] else span
    return f"fails in {failed:,} of {worlds:,} worlds ({when}): {why}."


def which_world(facts: dict) -> str:
    """Which world the chain is of, and what its amounts are in."""
    if facts["failed"]:
        which = f"World {facts['world']}, in which it fails in {facts['failed']}"
    elif facts["worlds_failed"] and not facts["worlds_failed_kept"]:
        which = (f"World {facts['world']}, in which it survives; hits are kept of the first {facts['worlds_kept']} "
                 "worlds only, and it fails in none of these")  # fmt: skip
    else:
        which = f"World {facts['world']}, in which it survives"
    return f"{which} (amounts in USD bn):"
