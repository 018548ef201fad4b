"""The command `cloudcity`. Heavy libraries load inside the commands, so that help is instant."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from abm.errors import BadInput
from experiments.commands import (
    attribution,
    compare,
    data,
    design,
    explain,
    export,
    figures,
    grid,
    identities,
    knockout,
    ladder,
    parameters,
    phase,
    quarters,
    report,
    reverse,
    run,
    scenarios,
    stress,
    study,
    targets,
    tune,
)

app = typer.Typer(
    help="How a revenue shortfall travels round the circular AI-infrastructure economy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.add_typer(scenarios.app, name="scenarios")
app.command("run")(run.run)
app.command("ladder")(ladder.ladder)
app.command("study")(study.study)
app.command("attribution")(attribution.attribution)
app.command("compare")(compare.compare)
app.command("stress")(stress.stress)
app.command("quarters")(quarters.quarters)
app.command("explain")(explain.explain)
app.command("export")(export.export)
app.command("figures")(figures.figures)
app.command("report")(report.report)
app.command("design")(design.design)
app.command("grid")(grid.grid)
app.command("phase")(phase.phase)
app.command("reverse")(reverse.reverse)
app.command("knockout")(knockout.knockout)
app.command("parameters")(parameters.parameters)
app.command("targets")(targets.targets)
app.command("tune", hidden=True)(tune.tune)
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
    """Exit codes: 0 done, 1 a check said no or the work cannot be finished, 2 bad input, 130 interrupted (by typer)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who called us and wants to hear nothing
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open until the end
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # now, while it can still be said that it fails
    except BadInput as refused:
        _end(2, *refused.faults)
    except BrokenPipeError:
        _end(141)  # the reader of a pipe has gone; there is nobody left to tell
    except (ArithmeticError, OSError) as problem:  # books that do not balance, numbers beyond floats; a full disk
        _end(1, problem)


def _end(code: int, *problems: object) -> NoReturn:
    with suppress(OSError):
        for each in problems:
            print(f"error: {each}", file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                stream.close()  # or Python tries again when it exits, and complains
    sys.exit(code)
