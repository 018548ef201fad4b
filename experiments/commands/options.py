"""Options that several commands share, and how a command ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abm.errors import BadInput, Fault, shown

if TYPE_CHECKING:
    from rich.console import Console

Ecosystem = Annotated[
    str, typer.Option("--ecosystem", metavar="NAME", help="A shipped name, a folder of CSV files or a .graphml file.")
]
Scenario = Annotated[str, typer.Option("--scenario", metavar="ID_OR_FILE", help="A shipped scenario or a TOML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ADDRESS=VALUE", help="Set a parameter in all worlds: name, kind.name or FIRM.name. "
                 "Repeatable."),
]  # fmt: skip


def worlds_up_to(most: int, what: str = "How many worlds to run.") -> object:
    """The option --worlds of a command that can run so many."""
    return Annotated[int, typer.Option("--worlds", min=1, max=most, help=what)]


Worlds = worlds_up_to(1_000_000)
Quarters = Annotated[int, typer.Option("--quarters", min=1, max=200, help="How many quarters to run.")]
Seed = Annotated[int, typer.Option("--seed", help="Luck of the draws; the same seed gives the same bytes.")]
DrawAssumed = Annotated[
    bool, typer.Option("--draw-assumed", help="Draw opening numbers graded assumed from their range, world by world.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", min=1, max=256, help="Processes, or threads of one; results do not depend on them.")
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="ADDRESS", help="A running Dask scheduler, such as tcp://host:8786, in the place "
                 "of processes here."),
]  # fmt: skip
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where results go; by default a folder of results/.")
]
Figures = Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no messages.")]


def parse_settings(texts: list[str] | None) -> dict[str, float]:
    """`ADDRESS=VALUE` texts as addresses and numbers. Raises `BadInput` listing all that are not."""
    found, faults = {}, []
    for text in texts or []:
        address, sign, value = text.partition("=")
        try:
            if not sign or not address.strip():
                raise ValueError
            found[address.strip()] = float(value)
        except ValueError:
            faults.append(Fault("--set", shown(text), "ADDRESS=VALUE, such as CRWV.enterprise_multiple=5"))
    if faults:
        raise BadInput(faults)
    return found


def calm_scenario(name: str):
    """A scenario in which nothing strikes. Raises `BadInput`."""
    from abm.scenario import load_scenario

    story = load_scenario(name)
    if story.shocks:
        raise BadInput(Fault("--scenario", f"{shown(name)}, which strikes", "one in which nothing does"))
    return story


@contextmanager
def progress(label: str, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr with the time left, for work in several steps; nothing where nobody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from experiments.tables import console

    err = console(stderr=True)
    if quiet or not err.is_terminal:
        yield None
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def tell(
    facts: dict, table: Callable[[dict, Console], None], as_json: bool, quiet: bool, *places: str
) -> None:
    """Print `facts` as a table or as JSON, and then, where messages are wanted, `places`: where files are."""
    import json

    from experiments.tables import console

    if as_json:
        typer.echo(json.dumps(facts, indent=2, allow_nan=False))
    else:
        table(facts, console())
    for each in () if quiet else places:
        typer.echo(each, err=as_json)
