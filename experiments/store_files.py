"""Tables as Parquet files: read, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from abm.errors import BadInput, Fault, shown
from experiments.whole import whole

if TYPE_CHECKING:
    import duckdb
    import pandas

# One thread and groups of a fixed size: the same rows give the same bytes, whatever the machine. A group is what must
# be in memory at once; the limit is far above it, and says so where somebody adds columns beyond measure.
ENGINE = {"threads": 1, "memory_limit": "512MB", "temp_directory": ""}
# A dictionary would take -0.0 for 0.0; without one the files are smaller, too.
_FORM = "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0, ROW_GROUP_SIZE 40960"


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """What files are written with. Raises `OSError` for a full disk, files that are broken, and rows beyond memory."""
    import duckdb

    try:
        with duckdb.connect(config=ENGINE) as base:
            yield base
    except duckdb.Error as problem:
        raise OSError(str(problem)) from None


def write(rows: duckdb.DuckDBPyRelation, path: Path, base: duckdb.DuckDBPyConnection) -> None:
    """Rows of an engine, under a temporary name first."""
    with whole(path) as aside:
        rows.create_view("rows_to_write", replace=True)
        base.execute(f"COPY rows_to_write TO ? ({_FORM})", [str(aside)])


def read(paths: Path | list[Path], run: str | None = None, columns: Sequence[str] = ("*",)) -> pandas.DataFrame:
    """Columns of a table, or of its rows of one run, or of several tables one after the other. Raises `BadInput`."""
    import duckdb

    files = paths if isinstance(paths, list) else [paths]
    for path in files:
        if not path.is_file():
            raise BadInput(Fault(shown(path), "no such file", "a stored run, as `cloudcity run` writes it"))
    try:
        with duckdb.connect(config={"threads": 1}) as base:
            question = f"SELECT {', '.join(columns)} FROM read_parquet($path) WHERE $run IS NULL OR run = $run"
            return base.execute(question, {"path": list(map(str, files)), "run": run}).df()
    except duckdb.Error:
        raise BadInput(Fault(shown(files[0]), "what is no Parquet file, or a broken one", "a stored run")) from None
