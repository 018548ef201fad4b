"""The command `cloudcity`. Heavy libraries load inside the commands, so that help is instant."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from abm.errors import BadInput
from experiments.commands import data, identities, run, stress

app = typer.Typer(
    help="How a revenue shortfall travels round the circular AI-infrastructure economy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.command("run")(run.run)
app.command("stress")(stress.stress)
app.command("identities")(identities.identities)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cloudcity {version('cloudcity')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Exit codes: 0 done, 1 a check said no, 2 bad input, 130 interrupted (typer sees to that)."""
    try:
        app()
    except BadInput as refused:
        for fault in refused.faults:
            print(f"error: {fault}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe has gone; there is nobody left to tell.
        sys.stderr.close()
        sys.exit(141)
