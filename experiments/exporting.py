"""Results as files for people without Parquet: CSV and Excel."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from abm.errors import BadInput, Fault, shown


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table at `path`, whole or not at all; takes the place of an earlier file. Raises `BadInput`."""
    aside = path.parent / f".{path.name}.{os.getpid()}"
    try:
        with aside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        aside.replace(path)
    except OSError as problem:
        raise BadInput(Fault("--csv", shown(path), f"a file that can be written ({problem.strerror})")) from None
    finally:
        aside.unlink(missing_ok=True)
