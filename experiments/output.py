"""Where results go: a folder written whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from abm.errors import BadInput, Fault, shown

if TYPE_CHECKING:
    from abm.stress_result import StressResult

RESULTS = Path("results")
_MARK = "summary.json"  # a folder with this file is one of ours and may be replaced


def named(kind: str, inputs: dict) -> Path:
    """A folder name made from the inputs: the same question gets the same place."""
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
    return RESULTS / f"{kind}-{digest[:8]}"


def write(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Call `fill` on a temporary folder beside `folder` and put it in its place when it is complete.

    Replaces an earlier result; refuses, with `BadInput`, a folder that holds anything else.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).exists()):
        raise BadInput(Fault("--out", shown(folder), "a new folder, an empty one or one of an earlier result"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as problem:
        raise BadInput(Fault("--out", shown(folder), f"a folder that can be written ({problem.strerror})")) from None
    try:
        fill(made)
        made.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return folder


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
