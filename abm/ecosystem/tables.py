"""`Table`, the rows of one file or graph as text with their places, and `Faults`, which collects what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from abm.errors import BadInput, Fault, nearest, shown

# A file that is wrong in every row needs no longer list than this to be repaired.
MOST_FAULTS = 1000
# Names compared in search of the nearest, over all faults: a few seconds' worth.
MOST_COMPARISONS = 200_000


@dataclass
class Table:
    """Rows as columns of text. `value` holds the columns that were converted: float (NaN = blank) or quarter number.

    A row stands at `places[row]` = (file, line); a row of a graph has the node or edge as its file and no line.
    """

    file: str
    places: list[tuple[str, int | None]]
    text: dict[str, list[str]]
    value: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, *columns: str) -> Iterable[tuple]:
        """(row number, cell of each of `columns`): converted where the column was converted, else text."""
        return zip(range(len(self)), *(self.value.get(each, self.text[each]) for each in columns), strict=True)


class Faults(list[Fault]):
    """Every fault found so far; `close` raises them together."""

    def __init__(self) -> None:
        super().__init__()
        self.left_out = 0
        self._comparisons = 0
        self._hints: dict[tuple[str, str], str | None] = {}

    def append(self, fault: Fault) -> None:
        """Keep `fault`, or only count it where there are too many to read."""
        if len(self) < MOST_FAULTS:
            super().append(fault)
        else:
            self.left_out += 1

    def extend(self, faults: Iterable[Fault]) -> None:
        """Append each of `faults`."""
        for fault in faults:
            self.append(fault)

    def at(self, table: Table, row: int, column: str | None, found: str, expected: str) -> None:
        """A fault in one cell, or in a whole row where `column` is None."""
        file, line = table.places[row]
        self.append(Fault(file, found, expected, line, column))

    def unknown(self, table: Table, row: int, column: str, found: str, expected: str, valid: Iterable[str]) -> None:
        """A fault in a cell that should hold one of `valid` and does not: names the nearest of them."""
        file, line = table.places[row]
        hint = self.hint(column, found, valid)
        self.append(Fault(file, shown(found) if found else "a blank", expected, line, column, hint))

    def hint(self, column: str, found: str, valid: Iterable[str]) -> str | None:
        """The one of `valid` nearest to `found`, while there is room for faults and time for comparisons.

        Cells of one `column` that hold the same word have the same hint.
        """
        if len(self) >= MOST_FAULTS or self._comparisons >= MOST_COMPARISONS:
            return None
        if (column, found) not in self._hints:
            names = tuple(valid)
            self._comparisons += len(names)
            self._hints[column, found] = nearest(found, names)
        return self._hints[column, found]

    def close(self) -> None:
        """Raise `BadInput` if anything was found."""
        if self:
            more = [Fault(self[-1].file, f"{self.left_out} more faults", "none")] if self.left_out else []
            raise BadInput([*self, *more])
