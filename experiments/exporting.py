"""A stored run as CSV or Excel, for people without Parquet."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

from abm.errors import BadInput, Fault, nearest, shown
from experiments.store import FILES, TABLES

Progress = Callable[[int, int], None] | None

WORKBOOK = "result.xlsx"
_OURS = {*(f"{each}.csv" for each in TABLES), WORKBOOK}
_ROWS = 2**20 - 1  # of a sheet of Excel, less its heading
_AT_ONCE = 10_000  # rows in memory
_ANY_DATE = (2000, 1, 1)  # of a workbook, which has to have one: the same run gives the same bytes


def export(result: Path, folder: Path, form: str = "csv", progress: Progress = None) -> list[Path]:
    """Write the four tables of `result` to `folder`: a CSV file each, or one workbook with a sheet each ("xlsx").

    CSV has all digits, Excel 16. Earlier files of `folder` are replaced when all new ones are whole. `progress(done,
    all)` counts rows of a workbook. Raises `BadInput` for a folder without a stored run, one that holds something
    else, and tables too long for Excel.
    """
    import duckdb

    if form not in FORMS:
        raise BadInput(Fault("--format", shown(form), " or ".join(FORMS), nearest=nearest(form, FORMS)))
    for each in FILES:
        if not (result / each).is_file():
            raise BadInput(Fault(shown(result), f"no {each}", _wanted(result)))
    try:
        _require_free(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder.parent) as aside:
            FORMS[form](result, Path(aside), progress)
            folder.mkdir(exist_ok=True)
            return [each.replace(folder / each.name) for each in sorted(Path(aside).iterdir())]
    except duckdb.InvalidInputException:
        raise BadInput(Fault(shown(result), "what is no Parquet file, or a broken one", "a stored run")) from None
    except (OSError, duckdb.IOException) as problem:
        raise BadInput(Fault("--out", shown(folder), f"a folder that can be written ({problem})")) from None


def _wanted(result: Path) -> str:
    """A folder with the four tables; those that are in it, if there are any."""
    try:
        within = sorted(each.parent.name for each in result.glob(f"[!.]*/{FILES[0]}"))
    except OSError:
        within = []
    return "a stored run: " + " or ".join(within or [f"a folder with {', '.join(FILES)}"])


def _require_free(folder: Path) -> None:
    foreign = sorted(each.name for each in folder.iterdir() if each.name not in _OURS) if folder.exists() else []
    if foreign:
        wanted = "a new folder, an empty one or one that holds an earlier export and nothing else"
        raise BadInput(Fault("--out", f"{shown(folder)}, which holds {shown(foreign[0])}", wanted))


def _csv(result: Path, aside: Path, progress: Progress) -> None:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as base:  # one thread, so that rows keep their order
        for each in TABLES:
            rows = base.read_parquet(str(result / f"{each}.parquet"))
            rows.write_csv(str(aside / f"{each}.csv"), header=True)


def _xlsx(result: Path, aside: Path, progress: Progress) -> None:
    from datetime import datetime

    import duckdb
    import xlsxwriter

    with duckdb.connect(config={"threads": 1}) as base:
        tables = {each: base.read_parquet(str(result / f"{each}.parquet")) for each in TABLES}
        long = [f"{len(rows):,} rows in {each}" for each, rows in tables.items() if len(rows) > _ROWS]
        if long:
            raise BadInput(Fault("--format", ", ".join(long), f"at most {_ROWS:,}, or csv"))
        with xlsxwriter.Workbook(aside / WORKBOOK, {"constant_memory": True, "strings_to_formulas": False,
                                                    "strings_to_urls": False}) as book:  # fmt: skip
            book.set_properties({"created": datetime(*_ANY_DATE)})
            done, whole = 0, sum(len(rows) for rows in tables.values())
            for name, rows in tables.items():
                sheet, place = book.add_worksheet(name), 0
                sheet.write_row(0, 0, rows.columns)
                sheet.freeze_panes(1, 0)
                while chunk := rows.fetchmany(_AT_ONCE):
                    for place, row in enumerate(chunk, place + 1):  # noqa: B020 - goes on where the last chunk ended
                        sheet.write_row(place, 0, map(_cell, row))
                    done += len(chunk)
                    if progress is not None:
                        progress(done, whole)


def _cell(value: object) -> object:
    """What a sheet can hold of a value: no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


FORMS: dict[str, Callable[[Path, Path, Progress], None]] = {"csv": _csv, "xlsx": _xlsx}
