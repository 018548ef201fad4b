"""The folder of a study that can be ended at any time and goes on where it was: it begins with the question.

A folder holds one question. The same one with more or fewer worlds goes on from what there is; another is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from abm.errors import BadInput, Fault, shown
from experiments import output
from experiments.whole import whole

QUESTION = "question.json"
_NAMED = 3  # differences from what is there


def require_own(folder: Path) -> None:
    """Refuse, with `BadInput`, a folder that holds something, but for an earlier study; changes nothing."""
    if (folder / QUESTION).is_file():
        return
    place = output.require_free(folder)
    there = sorted(each.name for each in place.iterdir()) if place.exists() else []
    if there:
        found = f"{shown(folder)}, which holds {shown(there[0])} of another command"
        raise BadInput(Fault("--out", found, "a new folder, an empty one or one that holds the same study"))


def begin(folder: Path, question: dict) -> None:
    """Make `folder` that of a study and write down what it asks. Raises `BadInput`, also where it holds another."""
    require_own(folder)
    require_same(folder / QUESTION, question)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / QUESTION, as_json(question))
    except OSError as problem:
        raise BadInput(Fault("--out", shown(folder), f"a folder that can be written ({problem.strerror})")) from None


def require_same(path: Path, question: dict) -> None:
    """Refuse, with `BadInput`, a file that says another question but for the number of worlds; none is fine."""
    if not path.is_file():
        return
    folder = shown(path.parent)
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = f"{folder}, whose {path.name} cannot be read"
        raise BadInput(Fault("--out", found, "a study, or a new folder")) from None
    other = list(_differences(there, json.loads(as_json(question)), ()))
    if other:
        more = f" and {len(other) - _NAMED} more" if len(other) > _NAMED else ""
        raise BadInput(Fault("--out", f"{folder}, which holds another study ({'; '.join(other[:_NAMED])}{more})",
                             "a new folder, or the same question"))  # fmt: skip


def _differences(there: object, here: object, place: tuple[str, ...]) -> Iterator[str]:
    """What is there and what is asked, wherever they differ."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted(there.keys() | here.keys()):
            if place or key != "worlds":
                yield from _differences(there.get(key), here.get(key), (*place, key))
    elif there != here:
        yield f"{'.'.join(place)} is {shown(there)}, not {shown(here)}"


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises `OSError`."""
    with whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def as_json(facts: object) -> str:
    """Plain numbers and words as the text of a file."""
    return json.dumps(facts, indent=2, allow_nan=False) + "\n"
