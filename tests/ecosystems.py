"""Copies of the shipped ecosystem to damage, and what it means for two ecosystems to be the same."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.loading import find


def copy_of(name: str, folder: Path) -> Path:
    """The CSV files of a shipped ecosystem, copied into the new `folder`."""
    folder.mkdir()
    for file in find(name).glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def rows_of(path: Path) -> list[list[str]]:
    """All rows of a CSV file, the header first."""
    with path.open(newline="") as file:
        return list(csv.reader(file))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """Write `rows` as a CSV file."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def line_of(path: Path, **cells: str) -> int:
    """Line number of the first row whose columns hold `cells`."""
    header, *rows = rows_of(path)
    for line, row in enumerate(rows, 2):
        if all(row[header.index(column)] == cell for column, cell in cells.items()):
            return line
    raise LookupError(cells)


def change(path: Path, line: int, **cells: str) -> None:
    """Overwrite cells of one line."""
    rows = rows_of(path)
    for column, cell in cells.items():
        rows[line - 1][rows[0].index(column)] = cell
    write_rows(path, rows)


def assert_same(one: Ecosystem, other: Ecosystem, groups: bool = True) -> None:
    """Equal in every number; with `groups`, also in groups and mixes."""
    names = ["opening", "id", "title", "region", "market", *(["group"] if groups else [])]
    for name in names:
        assert getattr(one, name) == getattr(other, name), name
    assert one.kind.tolist() == other.kind.tolist()
    assert one.sponsor.tolist() == other.sponsor.tolist()
    assert set(one.stocks) == set(other.stocks)
    for item, column in one.stocks.items():
        for each in fields(column):
            expected = getattr(column, each.name)
            np.testing.assert_array_equal(getattr(other.stocks[item], each.name), expected, f"{item} {each.name}")
    for each in fields(one.claims):
        mine, theirs = getattr(one.claims, each.name), getattr(other.claims, each.name)
        assert type(mine) is type(theirs)
        if isinstance(mine, tuple):
            assert mine == theirs, each.name
        else:
            assert mine.dtype == theirs.dtype, each.name
            np.testing.assert_array_equal(mine, theirs, each.name)
    assert one.parameters == other.parameters
    if groups:
        assert set(one.mixes) == set(other.mixes)
        for name, mix in one.mixes.items():
            assert list(mix) == list(other.mixes[name])
            np.testing.assert_array_equal(list(mix.values()), list(other.mixes[name].values()), name)
