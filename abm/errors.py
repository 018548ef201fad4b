"""The one way in which `cloudcity` refuses an input: all faults at once, each with its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input: where it stands, what was found, what was expected."""

    file: str
    found: str
    expected: str
    line: int | None = None
    column: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", {self.column}"
        hint = f" (did you mean {self.nearest!r}?)" if self.nearest else ""
        return f"{place}: found {self.found}; expected {self.expected}{hint}"


class BadInput(ValueError):
    """An input was refused before anything ran. `faults` lists every reason."""

    def __init__(self, faults: Fault | Iterable[Fault]):
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))

    def __reduce__(self):
        return BadInput, (self.faults,)  # so that it arrives whole from another process


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that `name` most likely stands for, or None."""
    by_fold = {each.casefold(): each for each in valid}
    close = difflib.get_close_matches(str(name)[:80].casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def shown(value: object, limit: int = 60) -> str:
    """`value` as an error message may print it: quoted, printable, short."""
    text = repr(str(value))
    return text if len(text) <= limit else text[: limit - 3] + "...'"
