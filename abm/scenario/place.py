"""Where a scenario says something, so that a fault can name file, line and key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from abm.errors import Fault

_TABLE = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*((?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=")
_LONG = ('"""', "'''")


@dataclass(frozen=True)
class Place:
    """A table of a file: `lines` maps its keys to their lines, "" to the line of its heading."""

    file: str = "scenario"
    lines: Mapping[str, int] = field(default_factory=dict)

    def fault(self, key: str, found: str, expected: str, nearest: str | None = None) -> Fault:
        """A fault at `key` of this table ("" = the table itself)."""
        return Fault(self.file, found, expected, self.lines.get(key, self.lines.get("")), key or None, nearest)


def lines_by_table(text: str) -> dict[str, dict[str, int]]:
    """Table -> key -> line. The top of the file is table "", the third `[[shock]]` is "shock 3"."""
    found: dict[str, dict[str, int]] = {"": {}}
    table, counts, closing = "", {}, ""
    for number, line in enumerate(text.splitlines(), 1):
        if closing:  # inside a text of several lines
            closing = "" if closing in line else closing
            continue
        if heading := _TABLE.match(line):
            table = heading[2]
            if heading[1]:
                counts[table] = counts.get(table, 0) + 1
                table = f"{table} {counts[table]}"
            found.setdefault(table, {}).setdefault("", number)
        elif key := _KEY.match(line):
            name = re.sub(r"\s*\.\s*", ".", re.sub("[\"']", "", key[1]))
            found[table].setdefault(name, number)
            closing = next((each for each in _LONG if line.count(each) == 1), "")
    return found
