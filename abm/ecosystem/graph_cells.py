"""From the attributes of a graph to the cells of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from abm.ecosystem.quarters import quarter_text
from abm.ecosystem.schema import FILES
from abm.ecosystem.tables import Faults, Table
from abm.errors import Fault, shown

# What a number of a graph rests on.
GIVEN_BASIS = "given by the user's network"


class Rows:
    """Rows of one file of the schema, gathered one by one; cells not given are blank."""

    def __init__(self, file: str, extra: tuple[str, ...] = ()):
        self._columns = (*(each.name for each in FILES[file].columns), *extra)
        self._places: list[tuple[str, int | None]] = []
        self._cells: list[list[str]] = []

    def add(self, place: str, cells: Mapping[str, str], **more: str) -> None:
        """One row; its faults will name `place`. A graded row without a source rests on the user's network."""
        given = {**cells, **more}
        if given.get("grade") and not given.get("source"):
            given["source"] = given["basis"] = GIVEN_BASIS
        self._places.append((place, None))
        self._cells.append([given.get(each, "") for each in self._columns])

    def table(self, name: str) -> Table:
        """The rows as a table called `name`."""
        columns = zip(*self._cells, strict=True) if self._cells else [()] * len(self._columns)
        return Table(name, self._places, {
            name: list(cells) for name, cells in zip(self._columns, columns, strict=True)
        })


def as_text(value: Any, opening: int | None = None) -> str:
    """An attribute as a cell: numbers in full precision, None as a blank.

    With `opening`, a whole number is a quarter that many quarters after it.
    """
    if value is None:
        return ""
    if type(value) is float and opening is None:
        return repr(value)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Real):
        try:
            number = float(value)
        except OverflowError:
            return "a number of more than 308 digits"  # no cell may hold one, and so its fault will read
        if opening is not None and math.isfinite(number) and number == int(number) and abs(number) < 4000:
            return quarter_text(opening + int(number))
        return repr(number)
    return str(value)


def known_attributes(faults: Faults, place: str, attributes: Iterable[Any], valid: tuple[str, ...]) -> None:
    """A fault for each attribute that is none of `valid`."""
    for each in attributes:
        if each not in valid:
            hint = faults.hint("attribute", str(each), valid)
            faults.append(Fault(place, f"the attribute {shown(each)}", "a known attribute", nearest=hint))
