"""`cloudcity data`: check, list, show and export ecosystems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from abm.ecosystem import Ecosystem

DEFAULT = "ai_2026"
_WIDTH = 240  # of a table that goes to a file or another program

app = typer.Typer(help="Check, list, show and export ecosystems.", no_args_is_help=True)

_Where = Annotated[
    str, typer.Argument(metavar="FOLDER", help="A folder of CSV files, a .graphml file or a shipped name.")
]
_Ecosystem = Annotated[str, typer.Option("--ecosystem", help="A shipped name, a folder or a .graphml file.")]


@app.command()
def check(where: _Where = DEFAULT) -> None:
    """Check all files of an ecosystem and say what is in them; exit code 2 and every fault if something is wrong."""
    from abm.errors import BadInput

    try:
        lines = _summary(where)
    except BadInput as error:
        for fault in error.faults:
            typer.echo(str(fault), err=True)
        typer.echo(_counted(len(error.faults), "fault"), err=True)
        raise typer.Exit(2) from None
    for line in lines:
        typer.echo(line)


@app.command("list")
def list_shipped() -> None:
    """The ecosystems that come with the model, and how well their numbers are known."""
    from rich.table import Table

    from abm.ecosystem.building import build
    from abm.ecosystem.loading import find, read, shipped
    from abm.ecosystem.provenance import grades_of
    from abm.ecosystem.vocabulary import GRADES

    table = Table("name", "opening", "firms", "claims", *GRADES[1:])
    for name in shipped():
        data = read(find(name))
        ecosystem, grades = build(name, data), grades_of(data)
        total = sum(grades.values()) or 1
        shares = (f"{grades[grade] / total:.0%}" for grade in GRADES[1:])
        table.add_row(name, ecosystem.opening, str(len(ecosystem)), str(len(ecosystem.claims)), *shares)
    _console().print(table)


@app.command()
def show(
    firm: Annotated[str, typer.Argument(help="Id or name of a firm, in any case.")],
    ecosystem: Annotated[str, typer.Option("--ecosystem", help="A shipped name or a folder of CSV files.")] = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Every number of a firm with its source, date and grade."""
    import json
    from dataclasses import asdict

    from rich.table import Table

    from abm.ecosystem.provenance import evidence_of

    sheet = evidence_of(firm, ecosystem)
    if as_json:
        typer.echo(json.dumps(asdict(sheet), indent=2, allow_nan=False))
        return
    console = _console()
    title = f"{sheet.id}, {sheet.name}, {sheet.kind}: {_counted(len(sheet.numbers), 'number')}"
    if sheet.share != 1.0:
        title += f" of the group {sheet.group}, of which {sheet.id} is {sheet.share:.4g}"
    console.print(title, soft_wrap=True)
    table = Table("file", "what", "value", "unit", "range", "date", "grade", "source; basis")
    for each in sheet.numbers:
        range_ = f"{each.low} to {each.high}" if each.low or each.high else ""
        why = "; ".join(filter(None, (each.source, each.basis)))
        place = f"{each.file}:{each.line}"
        cells = (place, each.what, each.value, each.unit, range_, each.date, each.grade, why)
        table.add_row(*cells)
    console.print(table)


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="A new folder for CSV files, or a file ending in .graphml.")],
    ecosystem: _Ecosystem = DEFAULT,
) -> None:
    """Write an ecosystem as a folder of CSV files or, by the suffix of OUTPUT, as GraphML."""
    from abm.ecosystem import load, save, write_graphml

    write = write_graphml if output.suffix.lower() == ".graphml" else save
    write(load(ecosystem), output)
    typer.echo(f"wrote {output}")


def _summary(where: str) -> list[str]:
    """What an ecosystem holds, line by line. Raises `BadInput` for a faulty one."""
    from abm.ecosystem import load
    from abm.ecosystem.building import build
    from abm.ecosystem.loading import find, read
    from abm.ecosystem.provenance import grades_of
    from abm.ecosystem.vocabulary import KINDS, LAYERS

    if where.lower().endswith(".graphml"):
        ecosystem = load(where)
        lines, grades = [], _grades_of_network(ecosystem)
    else:
        folder = find(where)
        data = read(folder)
        ecosystem, grades = build(folder.name, data), grades_of(data)
        lines = ["rows    " + ", ".join(f"{name} {len(table)}" for name, table in data.tables.items())]
    return [
        f"{ecosystem.name}, opening {ecosystem.opening}",
        *lines,
        f"firms   {len(ecosystem)}: " + _by_word(ecosystem.kind, KINDS),
        f"claims  {len(ecosystem.claims)}: " + _by_word(ecosystem.claims.layer, LAYERS),
        "grades  " + ", ".join(f"{grade} {count}" for grade, count in grades.items()),
        "0 faults",
    ]


def _by_word(codes: np.ndarray, words: tuple[str, ...]) -> str:
    """How many of `codes` stand for each of `words`."""
    counts = ((word, int((codes == code).sum())) for code, word in enumerate(words))
    return ", ".join(f"{word} {count}" for word, count in counts if count)


def _grades_of_network(ecosystem: Ecosystem) -> dict[str, int]:
    import numpy as np

    from abm.ecosystem.vocabulary import GRADES

    codes = np.concatenate([ecosystem.claims.grade, *(each.grade for each in ecosystem.stocks.values())])
    counts = np.bincount(codes, minlength=len(GRADES))
    return {grade: int(counts[code]) for code, grade in enumerate(GRADES) if code}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _console() -> Console:
    from rich.console import Console

    width = None if Console().is_terminal else _WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False)  # data is printed as it is written
