"""`cloudcity export`: a stored run as CSV or Excel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import options

Result = Annotated[Path, typer.Argument(metavar="RESULT", help="A folder with the four tables of a run.")]
Format = Annotated[str, typer.Option("--format", metavar="csv|xlsx", help="A CSV file a table, or one workbook.")]
Folder = Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")]


def export(result: Result, out: Folder, form: Format = "csv", quiet: options.Quiet = False) -> None:
    """Write the tables of a stored run - runs, system, firms, events - as CSV or Excel."""
    from experiments.exporting import export as write

    with options.progress("rows", quiet) as show:
        paths = write(result, out, form, show)
    for path in paths:
        if not quiet:
            typer.echo(f"{path}  {path.stat().st_size / 1e6:,.1f} MB")
