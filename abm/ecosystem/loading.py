"""`load`: an ecosystem by its shipped name, from a folder of CSV files, or from a GraphML file."""

from __future__ import annotations

from pathlib import Path

from abm.ecosystem.building import build
from abm.ecosystem.checks import check
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.reading import read_tables
from abm.ecosystem.schema import FILES
from abm.ecosystem.tables import Faults
from abm.errors import BadInput, Fault, nearest, shown

_SHIPPED = Path(__file__).resolve().parent.parent / "data"


def shipped() -> tuple[str, ...]:
    """Names of the ecosystems that come with this package, sorted."""
    return tuple(sorted(each.parent.name for each in _SHIPPED.glob("*/firms.csv")))


def load(where: str | Path) -> Ecosystem:
    """The ecosystem at `where`: a shipped name ("ai_2026"), a folder of CSV files, or a path ending in .graphml.

    A shipped name goes before a folder of that name; write "./ai_2026" for the folder. Raises `BadInput` with every
    fault of the input.
    """
    if str(where).lower().endswith(".graphml"):
        from abm.ecosystem.graphml import read_graphml

        return read_graphml(where)
    folder = find(where)
    return build(folder.name, read(folder))


def find(where: str | Path) -> Path:
    """The folder that `where` (a shipped name or a path) stands for. Raises `BadInput` where there is none."""
    if str(where) in shipped():
        return _SHIPPED / str(where)
    try:
        folder = Path(where).resolve()
        if folder.is_dir():
            return folder
        found = "a file, not a folder" if folder.exists() else "no such folder"
    except (OSError, ValueError) as error:
        found = f"no usable path ({error})"
    expected = f"a folder of CSV files, a .graphml file, or a shipped ecosystem: {', '.join(shipped())}"
    raise BadInput(Fault(shown(where), found, expected, nearest=nearest(str(where), shipped())))


def read(folder: Path) -> Dataset:
    """The checked tables of `folder`. Raises `BadInput` with every fault found in them."""
    faults = Faults()
    if not any((folder / f"{name}.csv").exists() for name in FILES):
        raise BadInput(Fault(shown(folder), "none of the files of an ecosystem", "firms.csv, opening.csv and so on"))
    data = check(read_tables(folder, faults), faults)
    faults.close()
    return data
