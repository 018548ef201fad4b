"""One CSV file, however it was damaged, as a `Table` of text: every fault of its form, each with its line."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from abm.ecosystem.schema import FILES, File
from abm.ecosystem.tables import Faults, Table
from abm.errors import BadInput, Fault, nearest, shown

LARGEST_FILE = 200_000_000  # bytes
LONGEST_CELL = 10_000  # characters

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read_tables(folder: Path, faults: Faults) -> dict[str, Table]:
    """All tables that `folder` holds and that could be read, by name (firms, opening ...)."""
    tables = {}
    for name, file in FILES.items():
        path = folder / f"{name}.csv"
        if file.required or path.exists() or path.is_symlink():
            table = read_table(path, file, faults)
            if table is not None:
                tables[name] = table
    return tables


def read_table(path: Path, file: File, faults: Faults) -> Table | None:
    """The rows of the CSV file at `path`; None, with the reason in `faults`, where it has no usable header."""
    try:
        text = _text(path)
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line]
        if not lines:
            raise BadInput(Fault(path.name, "an empty file", "a header line and rows"))
        header = _header(path.name, lines[0][1], [each.name for each in file.columns])
    except BadInput as error:
        faults.extend(error.faults)
        return None
    if file.needs_rows and len(lines) == 1:
        faults.append(Fault(path.name, "a header and no rows", "at least one row"))
    places: list[tuple[str, int | None]] = []
    rows = []
    for number, line in lines[1:]:
        cells = _cells(line)
        if cells is None and len(line) > csv.field_size_limit():
            found, expected = f"a line of {len(line):,} characters", f"cells of at most {LONGEST_CELL:,}"
        elif cells is None:
            found, expected = "a quote that is not closed on its line", "a closing quote before the end of the line"
        elif len(cells) != len(header):
            found, expected = f"{len(cells)} cells", f"{len(header)} cells, as in the header"
        elif len(line) > LONGEST_CELL and any(len(cell) > LONGEST_CELL for cell in cells):
            longest = max(cells, key=len)
            found, expected = f"a cell of {len(longest):,} characters", f"at most {LONGEST_CELL:,}"
        else:
            places.append((path.name, number))
            rows.append(cells)
            continue
        faults.append(Fault(path.name, found, expected, number))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    return Table(path.name, places, {name: list(cells) for name, cells in zip(header, columns, strict=True)})


def _text(path: Path) -> str:
    """The file's text without a byte order mark, lines ended by \\n. Raises `BadInput` where it is no text file."""
    try:
        if not path.exists():
            raise BadInput(Fault(path.name, "no such file", f"a file in {path.parent}"))
        if not path.is_file():
            raise BadInput(Fault(path.name, "a folder or device", "a regular file"))
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise BadInput(Fault(path.name, f"{size:,} bytes", f"at most {LARGEST_FILE:,} bytes"))
        data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    except OSError as error:
        raise BadInput(Fault(path.name, error.strerror or str(error), "a readable file")) from None
    control = _CONTROL.search(data)
    if control:
        found, line = f"the byte 0x{control[0][0]:02x}", data.count(b"\n", 0, control.start()) + 1
        raise BadInput(Fault(path.name, found, "plain text, no control characters", line))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{data[error.start]:02x}, which is not UTF-8"
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(Fault(path.name, found, "text in UTF-8", line)) from None


def _cells(line: str) -> list[str] | None:
    """The cells of one line, or None where its quotes do not match. A row never spans lines."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        return None


def _header(name: str, line: str, valid: list[str]) -> list[str]:
    """The column names in `line`. Raises `BadInput` where they are not `valid`, each once, in any order."""
    if len(line) > LONGEST_CELL:
        raise BadInput(Fault(name, f"a header of {len(line):,} characters", f"at most {LONGEST_CELL:,}", 1))
    header = _cells(line)
    if header is None:
        raise BadInput(Fault(name, "a quote that is not closed on its line", "column names", 1))
    if len(header) == 1:
        for separator, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in line:
                raise BadInput(Fault(name, f"a header separated by {called}", "commas between the columns", 1))
    faults = []
    for column in dict.fromkeys(header):
        if column not in valid:
            hint = nearest(column, valid)
            faults.append(Fault(name, f"the column {shown(column)}", "a known column", 1, nearest=hint))
        elif header.count(column) > 1:
            faults.append(Fault(name, f"the column {column} {header.count(column)} times", "once", 1, column))
    for column in valid:
        if column not in header:
            faults.append(Fault(name, "no such column", f"the columns {', '.join(valid)}", 1, column))
    if faults:
        raise BadInput(faults)
    return header
