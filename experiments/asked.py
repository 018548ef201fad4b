"""The folder of a study that can be ended at any time and goes on where it was: it begins with the question."""

from __future__ import annotations

import json
from pathlib import Path

from abm.errors import BadInput, Fault, shown
from experiments import output
from experiments.whole import whole

QUESTION = "question.json"


def require_own(folder: Path) -> None:
    """Refuse, with `BadInput`, a folder in which neither an earlier study nor nothing is; changes nothing."""
    if not (folder / QUESTION).is_file():
        output.require_free(folder)


def begin(folder: Path, question: dict) -> None:
    """Make `folder` that of a study and write down what it asks. Raises `BadInput`."""
    require_own(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / QUESTION, as_json(question))
    except OSError as problem:
        raise BadInput(Fault("--out", shown(folder), f"a folder that can be written ({problem.strerror})")) from None


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises `OSError`."""
    with whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def as_json(facts: object) -> str:
    """Plain numbers and words as the text of a file."""
    return json.dumps(facts, indent=2, allow_nan=False) + "\n"
