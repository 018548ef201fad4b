"""Where the numbers of a firm come from, read from the same checked tables that the ecosystem is built from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from abm.ecosystem.dataset import Dataset
from abm.ecosystem.items import FLOW, USD
from abm.ecosystem.layers import LAYER_RULES
from abm.ecosystem.loading import find, read
from abm.ecosystem.tables import Table
from abm.ecosystem.vocabulary import GRADES
from abm.errors import BadInput, Fault, nearest, shown

LOADED = ("opening", "claims", "mix", "parameters")
_CLAIM_UNITS = {
    "headline": USD, "committed": USD, "drawn": USD, "per_quarter": FLOW, "due_per_quarter": FLOW, "share": "share",
    "rate": "decimal per year", "term_quarters": "quarters", "cancellable": USD,
}


@dataclass(frozen=True)
class Evidence:
    """One number as written, and what it rests on; `date` is the day it speaks of.

    Facts have their confidence as `grade` and their note as `basis`.
    """

    file: str
    line: int | None
    what: str
    value: str
    unit: str
    low: str
    high: str
    date: str
    grade: str
    source: str
    basis: str


@dataclass(frozen=True)
class Sheet:
    """A firm and all its numbers. Those of a member of a group are the group's: its own are `share` of them."""

    id: str
    name: str
    kind: str
    group: str
    share: float
    numbers: tuple[Evidence, ...]


def evidence_of(who: str, where: str | Path = "ai_2026") -> Sheet:
    """Every number in the data at `where` (a shipped name or a folder) that speaks of `who`, an id or name in any case.

    Raises `BadInput` for an unknown firm, for faulty data, and for a graph file, which carries no citations.
    """
    if str(where).lower().endswith(".graphml"):
        raise BadInput(Fault(shown(where), "a graph, which carries no citations", "a folder of CSV files"))
    data = read(find(where))
    written, member = _find(who, data)
    firms = data.tables["firms"]
    row = firms.text["id"].index(written)
    numbers = (
        *_opening(data, written), *_claims(data, written), *_mixes(data, written, member),
        *_parameters(data, written), *_series(data, written), *_facts(data, firms.text["facts_id"][row].split()),
    )
    share = data.members[written][member] if member != written else 1.0
    return Sheet(member, firms.text["name"][row], firms.text["kind"][row], written, share, numbers)


def grades_of(data: Dataset) -> dict[str, int]:
    """How many numbers of the loaded files have each grade."""
    counts = Counter(grade for name in LOADED if name in data.tables for grade in data.tables[name].text["grade"])
    return {grade: counts[grade] for grade in GRADES[1:]}


def _find(who: str, data: Dataset) -> tuple[str, str]:
    """(id as written in firms.csv, id of the firm): they differ for a member of a group."""
    names: dict[str, tuple[str, str]] = {}
    for group, members in data.members.items():
        names.update({member.casefold(): (group, member) for member in members})
    for _, firm, title in data.tables["firms"].rows("id", "name"):
        names[firm.casefold()] = names[title.casefold()] = (firm, firm)
    try:
        return names[who.casefold()]
    except KeyError:
        valid = [*data.kind, *data.tables["firms"].text["name"], *(member for _, member in names.values())]
        hint = nearest(who, valid)
        raise BadInput(Fault("firms.csv", shown(who), "the id or name of a firm", nearest=hint)) from None


def _row(table: Table, row: int, what: str, value: str, unit: str, date: str = "", **other: str) -> Evidence:
    cells = {name: table.text[name][row] if name in table.text else "" for name in ("low", "high", "source")}
    cells["grade"] = table.text.get("grade", table.text.get("confidence", [""] * len(table)))[row]
    cells["basis"] = table.text.get("basis", table.text.get("note", [""] * len(table)))[row]
    file, line = table.places[row]
    return Evidence(file, line, what, value, unit, date=date, **{**cells, **other})


def _opening(data: Dataset, firm: str) -> Iterator[Evidence]:
    table = data.tables["opening"]
    for row, each, item, value, unit, as_of in table.rows("firm", "item", "value", "unit", "as_of"):
        if each == firm:
            yield _row(table, row, item, value, unit, table.text["as_of"][row] if as_of is not None else "")


def _claims(data: Dataset, firm: str) -> Iterator[Evidence]:
    table = data.tables["claims"]
    for row, claim, layer, source, target, status in table.rows("id", "layer", "source_firm", "target_firm", "status"):
        if firm not in (source, target):
            continue
        doubtful = table.text["assumed_fields"][row].split()
        for column, unit in _CLAIM_UNITS.items():
            value = table.text[column][row]
            if value:
                other = {} if column == LAYER_RULES[layer].swept else {"low": "", "high": ""}
                if column in doubtful:
                    other["grade"] = "assumed"
                what = f"{claim} {source} -> {target} ({status}): {column}"
                yield _row(table, row, what, value, unit, table.text["start"][row], **other)


def _mixes(data: Dataset, firm: str, member: str) -> Iterator[Evidence]:
    if "mix" in data.tables:
        table = data.tables["mix"]
        for row, group, item in table.rows("group", "item"):
            if item in (firm, member) or group.partition(":")[2] == firm:
                yield _row(table, row, f"{group}: {item}", table.text["share"][row], "share")


def _parameters(data: Dataset, firm: str) -> Iterator[Evidence]:
    table = data.tables["parameters"]
    for row, name, whom, value, unit in table.rows("name", "firm_or_kind", "value", "unit"):
        if whom == firm:
            yield _row(table, row, name, value, unit)


def _series(data: Dataset, firm: str) -> Iterator[Evidence]:
    if "series" in data.tables:
        table = data.tables["series"]
        for row, name, each, unit in table.rows("name", "firm", "unit"):
            if each == firm:
                yield _row(table, row, name, table.text["value"][row], unit, table.text["quarter"][row])


def _facts(data: Dataset, ids: list[str]) -> Iterator[Evidence]:
    """Facts on the firm and on its links, which are kept for reference and never loaded."""
    if "facts_entities" in data.tables:
        table = data.tables["facts_entities"]
        for row, actor, metric, value, unit, year in table.rows("id", "metric", "value", "unit", "fiscal_year"):
            if actor in ids:
                yield _row(table, row, f"{actor}: {metric}", value, unit, year)
    if "facts_links" in data.tables:
        table = data.tables["facts_links"]
        for row, source, target, layer, start in table.rows("source_id", "target_id", "layer", "start"):
            if source in ids or target in ids:
                amount = table.text["amount_usd_bn"][row]
                what = f"{source} -> {target}: {layer} ({table.text['status'][row]})"
                yield _row(table, row, what, amount or "not published", USD if amount else "", start)
