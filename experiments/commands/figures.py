"""`cloudcity figures`: every figure of a stored result, as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from abm.errors import BadInput, Fault, shown
from experiments.commands import options


class Format(StrEnum):
    """Formats a figure can be saved in."""

    png, svg, pdf = "png", "svg", "pdf"


def figures(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A folder that `cloudcity run` wrote.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where files go; by default RESULT-figures.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="png for screens, svg or pdf for print.")] = Format.png,
    columns: Annotated[int, typer.Option("--columns", min=1, max=2, help="Columns of print that a figure fills.")] = 2,
    world: Annotated[
        int | None, typer.Option("--world", min=0, help="World of the cascade; by default a typical one.")
    ] = None,
    film: Annotated[
        bool, typer.Option("--film", help="Also the cascade as cascade.gif, and .mp4 where ffmpeg is installed.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw every figure of a result: the network, who is hit, how it travels, what it costs. Prints the files."""
    from experiments.figures import save_pair
    from experiments.figures.animation import animate, can_film
    from experiments.store import load_pair

    folder = result.with_name(f"{result.name}-figures") if out is None else out
    if folder.exists() and not folder.is_dir():
        raise BadInput(Fault("--out", f"{shown(folder)}, which is no folder", "a folder, new or not"))
    shocked, baseline, facts = load_pair(result)
    kept = shocked.worlds[: len(shocked.firm("all", "net_worth"))]
    if world is not None and world not in kept:
        wanted = f"one of the {len(kept)} worlds kept hit by hit, from {kept[0]} on"
        raise BadInput(Fault("--world", str(world), wanted))
    with options.progress("figures", quiet) as show:
        for path in save_pair(shocked, baseline, facts, folder, form=form.value, columns=columns, world=world,
                              progress=show):  # fmt: skip
            typer.echo(path)
    for name in (("cascade.gif", *(["cascade.mp4"] if can_film() else [])) if film else ()):
        typer.echo(animate(shocked, baseline, facts, folder / name, world))
