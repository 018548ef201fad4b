"""Everything that must hold before an ecosystem is built; all faults are collected, none is raised here."""

from __future__ import annotations

from abm.ecosystem import check_claims, check_facts, check_firms, check_mixes, check_numbers, check_ownership
from abm.ecosystem.cells import convert
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.schema import FILES
from abm.ecosystem.tables import Faults, Table

_PARTS = (check_firms, check_numbers, check_mixes, check_claims, check_ownership, check_facts)


def check(tables: dict[str, Table], faults: Faults) -> Dataset:
    """Convert and check all tables; what is wrong is added to `faults`."""
    for name, table in tables.items():
        convert(table, FILES[name], faults)
    data = Dataset(tables, faults)
    data.find_names()
    for part in _PARTS:
        part.check(data)
    for table in tables.values():
        _provenance(table, faults)
    return data


def _provenance(table: Table, faults: Faults) -> None:
    if "grade" not in table.text:
        return
    for row, grade, source, basis in table.rows("grade", "source", "basis"):
        if source:
            continue
        if grade in ("reported", "press"):
            faults.at(table, row, "source", "a blank", f"the citation of a number graded {grade}")
        elif not basis:
            expected = "a source, or a basis that explains the number"
            faults.at(table, row, "basis", "a blank beside a blank source", expected)
