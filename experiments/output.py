"""Where results go: a folder written whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from abm.errors import BadInput, Fault, shown
from experiments import store

if TYPE_CHECKING:
    from abm.stress_result import StressResult

RESULTS = Path("results")
WORLDS = "worlds"  # a folder of its own for the drawn worlds of `ladder`
_MARK = "summary.json"
_STRESS = ("firms.csv", "events.csv", "worlds.csv", "network.png", "cascade.png", "losses.png", "spread.png")
_QUARTERS = ("system.csv", "traced.csv", "quarters.png", "failures.csv", "differences.png")
_RUN = (*(f"{each}.png" for each in (
    "exposure", "distress_map", "fans", "earned", "funding_mix", "vintages", "timeline", "waterfall", "money_flow",
)), "report.html", *store.FILES)  # fmt: skip
_FILES = (_MARK, *_STRESS, *_QUARTERS, *_RUN)
_FACTS = {"ecosystem", "worst_residual"}  # what every summary of ours has said since the first
_WANTED = "a new folder, an empty one or one that holds an earlier result and nothing else"


def named(kind: str, inputs: dict) -> Path:
    """A folder name made from the inputs: the same question gets the same place."""
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
    return RESULTS / f"{kind}-{digest[:8]}"


def require_free(folder: Path) -> Path:
    """Where `folder` really is, links followed. Raises `BadInput` where no result can go; changes nothing.

    Commands ask before they compute, so that nobody waits for a result that has no place.
    """
    try:
        place = folder.resolve()
        obstacle = _obstacle(place)
    except (OSError, RuntimeError) as problem:  # RuntimeError: links that lead in a circle
        raise _unusable(folder, problem) from None
    if obstacle:
        raise BadInput(Fault("--out", f"{shown(folder)}, {obstacle}", _WANTED))
    return place


def write(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Call `fill` on a temporary folder beside `folder` and put it in its place when it is complete.

    Replaces an earlier result; refuses, with `BadInput`, a folder that holds anything else.
    """
    place = require_free(folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(".partial", ".", place.parent, ignore_cleanup_errors=True) as aside:
            made, old = Path(aside, "new"), Path(aside, "old")
            made.mkdir()
            fill(made)
            require_free(folder)  # drawing takes a while, and somebody may have put something there
            _exchange(place, made, old)
    except OSError as problem:
        raise _unusable(folder, problem) from None
    return folder


def _exchange(place: Path, made: Path, old: Path) -> None:
    """Put `made` at `place`, and what was there at `old`; if that fails, leave `place` as it was."""
    try:
        if place.exists():
            place.rename(old)
        made.rename(place)
    except BaseException:
        if old.exists():
            old.rename(place)
        raise


def _unusable(folder: Path, problem: Exception) -> BadInput:
    why = getattr(problem, "strerror", None) or problem
    return BadInput(Fault("--out", shown(folder), f"a folder that can be written ({why})"))


def _obstacle(place: Path) -> str | None:
    """Why no result can be put at `place`, or None."""
    if place.exists():
        if not place.is_dir():
            return "which is no folder"
        if Path.cwd().is_relative_to(place):
            return "which the current folder is or lies in"  # a shell would be left in a folder that is gone
        if place.is_mount():
            return "where a disk is mounted"
        foreign = _foreign(place)
        if foreign:
            return f"which holds {shown(foreign)}"
    parent = place.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        return f"in {shown(parent)}, where no folder can be made"
    for name in place.relative_to(parent).parts:
        (parent / name).exists()  # raises where the file system cannot take the name
    return None


def _foreign(folder: Path) -> str | None:
    """The name of something in `folder` that is not of a result written here, or None."""
    entries = sorted(folder.iterdir())
    for each in entries:
        if each.is_symlink():
            return each.name
        if each.name == WORLDS and each.is_dir():
            inside = _foreign(each)
            if inside:
                return f"{WORLDS}/{inside}"
        elif each.name not in _FILES or not each.is_file() or (each.name == _MARK and not _is_summary(each)):
            return each.name
    return entries[0].name if entries and folder / _MARK not in entries else None


def _is_summary(path: Path) -> bool:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and facts.keys() >= _FACTS


def write_result(folder: Path, result: StressResult, facts: dict, figures: bool) -> None:
    """summary.json, firms.csv, balance.csv, worlds.csv, events.csv and, if asked for, the figures."""
    import pandas

    (folder / _MARK).write_text(json.dumps(facts, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    result.firms().to_csv(folder / "firms.csv", index=False)
    result.events.frame().to_csv(folder / "events.csv", index=False)
    by_world = {
        "world": result.worlds,
        "struck": result.struck,
        "amplification": result.amplification,
        "failures": result.flagged("default").sum(axis=0),
        "sweeps": result.sweeps,
        "price_of_chips": result.price,
        **{f"balance_{name}": values for name, values in vars(result.balance).items()},
    }
    pandas.DataFrame(by_world).to_csv(folder / "worlds.csv", index=False)
    if figures:
        from experiments.figures import draw_all

        draw_all(result, folder)
