"""Checked tables become an `Ecosystem`: groups are split into their members, dates become quarters from the opening.

A member of a group gets its share of every row in USD bn, USD bn per quarter, GW or GW per quarter; ratios, rates and
quarters are copied.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from abm.ecosystem.building_claims import Legs, claims_of
from abm.ecosystem.cells import number
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.ecosystem import Ecosystem, Numbers
from abm.ecosystem.items import ITEMS, MEMO, OPENING_QUARTER, SPLIT_UNITS
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.ecosystem.vocabulary import GRADES, KINDS

NAN = math.nan


@dataclass(frozen=True)
class _Firm:
    """One row of the ecosystem: a firm as written, or a member of a group."""

    id: str
    written: str
    title: str
    group: str
    share: float
    row: int  # in the table


def build(name: str, data: Dataset) -> Ecosystem:
    """The ecosystem that faultless `data` describes."""
    firms = _firms(data)
    row = {each.id: position for position, each in enumerate(firms)}
    legs: Legs = {}
    for position, each in enumerate(firms):
        legs.setdefault(each.written, []).append((position, each.id, each.share))
    text = data.tables["firms"].text
    return Ecosystem(
        name=name,
        opening=quarter_text(data.opening or 0),
        id=tuple(each.id for each in firms),
        title=tuple(each.title for each in firms),
        kind=np.array([KINDS.index(data.kind[each.written]) for each in firms], np.int8),
        region=tuple(text["region"][each.row] for each in firms),
        market=tuple(text["market"][each.row] for each in firms),
        sponsor=np.array([row.get(text["sponsor"][each.row], -1) for each in firms], np.int32),
        group=tuple(each.group for each in firms),
        stocks=_stocks(data, legs, len(firms)),
        claims=claims_of(data, legs),
        mixes=_mixes(data),
        parameters=_parameters(data, legs),
    )


def _firms(data: Dataset) -> list[_Firm]:
    """Rows in the order kind, then table; members stand where their group stood."""
    table = data.tables["firms"]
    groups = table.text.get("group", table.text["id"])
    firms = []
    for kind in KINDS:
        for position, firm, title, each in table.rows("id", "name", "kind"):
            if each != kind:
                continue
            members = data.members.get(firm)
            if members is None:
                firms.append(_Firm(firm, firm, title, groups[position], 1.0, position))
                continue
            for member, share in members.items():
                suffix = member.removeprefix(firm).lstrip("_") or member
                firms.append(_Firm(member, firm, f"{title} {suffix}", firm, share, position))
    return firms


def _stocks(data: Dataset, legs: Legs, count: int) -> dict[str, Numbers]:
    table = data.tables["opening"]
    stocks: dict[str, Numbers] = {}
    for _, firm, item, value, grade, low, high in table.rows("firm", "item", "value", "grade", "low", "high"):
        if item.startswith(MEMO):
            continue
        column = stocks.get(item)
        if column is None:
            column = stocks[item] = Numbers(
                np.zeros(count), np.full(count, NAN), np.full(count, NAN), np.zeros(count, np.int8)
            )
        unit = ITEMS[item].unit
        code = GRADES.index(grade)
        numbers = [_value(each, unit, data.opening or 0) for each in (value, low, high)]
        for position, _, share in legs[firm]:
            part = share if unit in SPLIT_UNITS else 1.0
            column.value[position], column.low[position], column.high[position] = (each * part for each in numbers)
            column.grade[position] = code
    return stocks


def _value(text: str, unit: str, opening: int) -> float:
    """A number, or a quarter as the number of quarters after the opening; NaN for a blank."""
    if unit == "quarter" and text:
        return float((quarter_number(text) or 0) - opening)
    return number(text)


def _mixes(data: Dataset) -> dict[str, dict[str, tuple[float, float, float, int]]]:
    """Groups of shares as written: an item or owner that is a group keeps its id."""
    mixes: dict[str, dict[str, tuple[float, float, float, int]]] = {}
    if "mix" in data.tables:
        rows: Iterable[tuple] = data.tables["mix"].rows("group", "item", "share", "low", "high", "grade")
        for _, name, item, share, low, high, grade in rows:
            mixes.setdefault(name, {})[item] = (share, low, high, GRADES.index(grade))
    return mixes


def _parameters(data: Dataset, legs: Legs) -> dict[str, dict[str, float]]:
    """Numbers by firm, kind or "" (the whole system); a group's number goes to its members unchanged."""
    parameters: dict[str, dict[str, float]] = {}
    for _, name, whom, value in data.tables["parameters"].rows("name", "firm_or_kind", "value"):
        if name != OPENING_QUARTER:
            for firm in [each for _, each, _ in legs.get(whom, ())] or [whom]:
                parameters.setdefault(name, {})[firm] = number(value)
    return parameters
