"""`cloudcity report`: a stored result as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abm.errors import BadInput, Fault, shown

_NEEDED = ("scenario", "struck_in", "window_ends", "happened", "failures", "amplification", "mechanisms", "bearers")


def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A folder that `cloudcity run` wrote.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where it goes; by default RESULT.html.")
    ] = None,
    world: Annotated[
        int | None, typer.Option("--world", min=0, help="World that the player plays; by default a typical one.")
    ] = None,
) -> None:
    """Write a result as one HTML file: the story, the map with a player, who fell and why, and what it rests on."""
    from experiments.report import write_report
    from experiments.store import load_pair

    path = result.with_name(f"{result.name}.html") if out is None else out
    if path.suffix.lower() not in (".html", ".htm"):
        raise BadInput(Fault("--out", shown(path), "a file that ends in .html"))
    if path.is_dir():
        raise BadInput(Fault("--out", f"{shown(path)}, a folder", "a file that ends in .html"))
    shocked, baseline, facts = load_pair(result)
    missing = [each for each in _NEEDED if each not in facts]
    if missing:
        found = f"a summary without {', '.join(missing)}"
        raise BadInput(Fault(shown(result), found, "a result of `cloudcity run`"))
    kept = shocked.worlds[: len(shocked.firm("all", "net_worth"))]
    if world is not None and world not in kept:
        wanted = f"one of the {len(kept)} worlds kept hit by hit, from {kept[0]} on"
        raise BadInput(Fault("--world", str(world), wanted))
    typer.echo(write_report(shocked, baseline, facts, path, world))
