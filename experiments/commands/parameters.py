"""`cloudcity parameters`: every parameter that can be set, its default, range, grade and source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console

Pattern = Annotated[str, typer.Argument(metavar="[PATTERN]", help="Part of a name, unit, source or meaning.")]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all columns to this CSV file, too.")]


def parameters(
    pattern: Pattern = "",
    ecosystem: options.Ecosystem = "ai_2026",
    csv: Csv = None,
    as_json: options.Json = False,
) -> None:
    """Every parameter that --set and scenarios can change: default, range, unit, grade, source, meaning."""
    import json

    from experiments import tables
    from experiments.parameter_table import parameter_rows

    rows = parameter_rows(pattern, ecosystem)
    if csv is not None:
        _write(csv, rows)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, allow_nan=False))
    else:
        print_parameters(rows, tables.console())
    if csv is not None:
        typer.echo(f"Table: {csv}", err=as_json)


def _write(path: Path, rows: list[dict]) -> None:
    import pandas

    from abm.errors import BadInput, Fault, shown
    from experiments.asked import put

    try:
        put(path, pandas.DataFrame(rows).to_csv(index=False))
    except OSError as problem:
        raise BadInput(Fault("--csv", shown(path), f"a file that can be written ({problem.strerror})")) from None


def print_parameters(rows: list[dict], out: Console) -> None:
    """A row a default, and how to read it."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("address", "default", "range", "unit", "meaning (symbol). grade: source"):
        right = name in ("default", "range")
        table.add_column(name, justify="right" if right else "left", no_wrap=right or name == "address",
                         max_width=16 if name == "unit" else None)  # fmt: skip
    for each in rows:
        symbol = f" ({each['symbol']})" if each["symbol"] else ""
        data = f" [data: {each['data']}]" if each["data"] else ""
        words = f"{each['meaning']}{symbol}. {each['grade']}: {each['source'] or 'no source'}{data}"
        span = f"{each['low']:g} to {each['high']:g}"
        table.add_row(each["address"], f"{each['default']:g}", span, each["unit"], words)
    out.print(table)
    out.print(
        f"{len(rows)} defaults. A range is what designs draw from; --set takes more, within hard limits (--json)."
    )
    if any(each["data"] for each in rows):
        out.print("[data: ...]: what the ecosystem's data says of a firm, or of all, goes before the default.")
