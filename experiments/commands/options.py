"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from abm.errors import BadInput, Fault, shown

Ecosystem = Annotated[
    str, typer.Option("--ecosystem", metavar="NAME", help="A shipped name, a folder of CSV files or a .graphml file.")
]
Worlds = Annotated[int, typer.Option("--worlds", min=1, max=200_000, help="How many worlds to draw.")]
Seed = Annotated[int, typer.Option("--seed", help="Luck of the draws; the same seed gives the same bytes.")]
DrawAssumed = Annotated[
    bool, typer.Option("--draw-assumed", help="Draw opening numbers graded assumed from their range, world by world.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ADDRESS=VALUE", help="Set a parameter: name, kind.name or FIRM.name. Repeatable."),
]
Threads = Annotated[int, typer.Option("--threads", min=1, max=256, help="Threads; results do not depend on them.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes; results do not depend on them.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=256, help="Processes; results do not depend on them.")]
Cluster = Annotated[
    str | None, typer.Option("--cluster", metavar="ADDRESS", help="A running Dask scheduler, such as tcp://host:8786.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where results go; by default a folder of results/.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no messages.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Figures = Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")]


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
