"""An `Ecosystem` as a folder of CSV files that `load` reads back to the same numbers."""

from __future__ import annotations

import csv
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.items import ITEMS, OPENING_QUARTER, PARAMETERS
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.ecosystem.saving_cells import as_cell, evidence
from abm.ecosystem.saving_claims import claim_rows
from abm.ecosystem.schema import FILES
from abm.ecosystem.vocabulary import KINDS
from abm.errors import BadInput, Fault, shown

Row = Mapping[str, str]


def save(ecosystem: Ecosystem, folder: str | Path) -> None:
    """Write `ecosystem` to `folder`, which must not exist or be empty; whole or not at all.

    Members of split groups are written as firms of their own, and mixes that name a group as mixes of its members, so
    after loading again `group` is each firm's own id. Citations stay with the data the ecosystem came from: each row
    says which. Raises `BadInput` where the folder is not free or cannot be written.
    """
    try:
        folder = Path(folder).resolve()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(Fault(shown(folder), "something there already", "a new or empty folder"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder.parent) as partial:
            written = Path(partial) / folder.name
            written.mkdir()
            for name, rows in _tables(ecosystem).items():
                _write(written / f"{name}.csv", [each.name for each in FILES[name].columns], rows)
            if folder.exists():
                folder.rmdir()
            written.rename(folder)
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(Fault(shown(folder), str(error), "a folder that can be written")) from None


def _write(path: Path, columns: list[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([" ".join(row.get(each, "").split()) for each in columns] for row in rows)


def _tables(ecosystem: Ecosystem) -> dict[str, Iterable[Row]]:
    tables = {
        "firms": _firms(ecosystem),
        "opening": _opening(ecosystem),
        "claims": claim_rows(ecosystem),
        "parameters": _parameters(ecosystem),
    }
    if ecosystem.mixes:
        tables["mix"] = _mixes(ecosystem)
    return tables


def _firms(ecosystem: Ecosystem) -> Iterator[Row]:
    for row, firm in enumerate(ecosystem.id):
        sponsor = ecosystem.sponsor[row]
        yield {
            "id": firm, "name": ecosystem.title[row], "kind": KINDS[ecosystem.kind[row]],
            "region": ecosystem.region[row], "market": ecosystem.market[row],
            "sponsor": ecosystem.id[sponsor] if sponsor >= 0 else "",
        }


def _opening(ecosystem: Ecosystem) -> Iterator[Row]:
    opening = quarter_number(ecosystem.opening) or 0
    for item, column in ecosystem.stocks.items():
        unit = ITEMS[item].unit
        for row in np.flatnonzero((column.grade > 0) | (column.value != 0)):
            cells = {name: getattr(column, name)[row] for name in ("value", "low", "high")}
            yield {
                "firm": ecosystem.id[row], "item": item, "unit": unit, "as_of": ecosystem.opening,
                **{name: _in_unit(each, unit, opening) for name, each in cells.items()},
                **evidence(ecosystem, column.grade[row]),
            }


def _in_unit(value: float, unit: str, opening: int) -> str:
    if unit == "quarter" and not math.isnan(value):
        return quarter_text(opening + int(value))
    return as_cell(value)


def _parameters(ecosystem: Ecosystem) -> Iterator[Row]:
    known = evidence(ecosystem, 0)
    yield {"name": OPENING_QUARTER, "value": ecosystem.opening, "unit": "quarter", **known}
    for name, values in ecosystem.parameters.items():
        for whom, value in values.items():
            cells = {"name": name, "firm_or_kind": whom, "value": as_cell(value), "unit": PARAMETERS[name].unit}
            yield {**cells, **known}


def _mixes(ecosystem: Ecosystem) -> Iterator[Row]:
    """Every mix in terms of firms: a group as owner becomes one mix a member, a group as item becomes its members."""
    members: dict[str, list[int]] = {}
    for row, group in enumerate(ecosystem.group):
        if group not in ecosystem.row:
            members.setdefault(group, []).append(row)
    for name, mix in ecosystem.mixes.items():
        prefix, _, owner = name.partition(":")
        if prefix in ("tail_size", "lender_split"):
            continue
        names = [f"{prefix}:{ecosystem.id[row]}" for row in members[owner]] if owner in members else [name]
        for each in names:
            for item, (share, low, high, grade) in mix.items():
                parts = [(ecosystem.id[row], ecosystem.member_share[row]) for row in members.get(item, ())]
                for firm, part in parts or [(item, 1.0)]:
                    yield {
                        "group": each, "item": firm, "share": as_cell(share * part),
                        "low": as_cell(low * part), "high": as_cell(high * part), **evidence(ecosystem, grade),
                    }
