"""From text to values, cell by cell, as the columns of `schema` say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from abm.ecosystem.quarters import WRITTEN_AS, quarter_number
from abm.ecosystem.schema import LARGEST, Column, File
from abm.ecosystem.tables import Faults, Table
from abm.errors import shown

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_&@:+-]*", re.ASCII)
LONGEST_NAME = 80

NAN = math.nan


def number(text: str) -> float:
    """The number that `text` writes in plain digits, NaN where it writes none (blank, text, nan, infinity)."""
    value = float(text) if _NUMBER.fullmatch(text) else NAN
    return value if math.isfinite(value) else NAN


def is_name(text: str) -> bool:
    """Whether `text` may be the id of a firm or claim."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def range_fault(text: str, low: float, high: float) -> tuple[str, str] | None:
    """(found, expected) where `text` is no number within `low`..`high`, else None."""
    value = number(text)
    if low <= value <= high:
        return None
    if low > -LARGEST and high == LARGEST:
        return shown(text), f"a number not below {'zero' if low == 0 else f'{low:g}'} and at most {high:g}"
    return shown(text), f"a number from {low:g} to {high:g}"


def convert(table: Table, file: File, faults: Faults) -> None:
    """Fill `table.value` for the columns that are numbers or dates; collect the faults of all cells."""
    for column in file.columns:
        cells = table.text[column.name]
        if column.required and "" in cells:
            for row, text in enumerate(cells):
                if not text:
                    faults.at(table, row, column.name, "a blank", _expected(column))
        reader = _READERS.get(column.type)
        if reader is not None:
            reader(table, column, faults)


def _words(table: Table, column: Column, faults: Faults) -> None:
    valid = {*column.words, ""}
    for row, text in enumerate(table.text[column.name]):
        if text not in valid:
            faults.unknown(table, row, column.name, text, _expected(column), column.words)


def _names(table: Table, column: Column, faults: Faults) -> None:
    for row, text in enumerate(table.text[column.name]):
        if text and not is_name(text):
            faults.at(table, row, column.name, shown(text), _expected(column))


def _numbers(table: Table, column: Column, faults: Faults) -> None:
    whole = column.type != "number"
    low, high = (0.0, 1.0) if column.type == "flag" else (column.low, column.high)
    values: list[Any] = []
    for row, text in enumerate(table.text[column.name]):
        value = number(text) if text else NAN
        if text and not (low <= value <= high and not (whole and value % 1)):
            found, expected = range_fault(text, low, high) or (shown(text), "a whole number")
            faults.at(table, row, column.name, found, _expected(column) if whole else expected)
            value = NAN
        values.append(value)
    table.value[column.name] = values


def _dates(table: Table, column: Column, faults: Faults) -> None:
    values: list[Any] = []
    for row, text in enumerate(table.text[column.name]):
        value = quarter_number(text) if text else None
        if text and value is None:
            faults.at(table, row, column.name, shown(text), WRITTEN_AS)
        values.append(value)
    table.value[column.name] = values


def _expected(column: Column) -> str:
    match column.type:
        case "word":
            return "one of " + ", ".join(column.words)
        case "name":
            return f"an id of letters, digits, _ - + & : @, at most {LONGEST_NAME}"
        case "number":
            return "a number"
        case "whole":
            return f"a whole number from {column.low:g} to {column.high:g}"
        case "flag":
            return "0 or 1"
        case "date":
            return WRITTEN_AS
        case "value":
            return "a value; leave the row out where it is zero or unknown"
        case _:
            return "some text"


_READERS: dict[str, Callable[[Table, Column, Faults], None]] = {
    "word": _words, "name": _names, "number": _numbers, "whole": _numbers, "flag": _numbers, "date": _dates,
}
