"""Checks of opening.csv, parameters.csv, series.csv and targets.csv: known names, their units and ranges."""

from __future__ import annotations

from collections.abc import Mapping

from abm.ecosystem.cells import number, range_fault
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.items import FREE_SERIES, ITEMS, MEMO, OPENING_QUARTER, PARAMETERS, SERIES, SHARED, Item
from abm.ecosystem.quarters import quarter_number
from abm.ecosystem.schema import LARGEST
from abm.ecosystem.tables import Table
from abm.ecosystem.vocabulary import KINDS
from abm.errors import Fault, shown


def check(data: Dataset) -> None:
    """Names, units, ranges, repeated rows and sweep ranges of every table of named numbers."""
    if "opening" in data.tables:
        _opening(data, data.tables["opening"])
    if "parameters" in data.tables:
        _parameters(data, data.tables["parameters"])
    if "series" in data.tables:
        _series(data, data.tables["series"])
    if "targets" in data.tables:
        _targets(data, data.tables["targets"])


def _opening(data: Dataset, table: Table) -> None:
    known_firms(data, table, "firm")
    once(data, table, "firm", "item")
    for row, item, value, unit, low, high in table.rows("item", "value", "unit", "low", "high"):
        if item.startswith(MEMO):
            _within(data, table, row, Item(item, unit, (-LARGEST, LARGEST), ""), value, low, high)
        elif item:
            _named(data, table, row, "item", ITEMS, (item, value, unit, low, high))


def _parameters(data: Dataset, table: Table) -> None:
    once(data, table, "name", "firm_or_kind")
    rows = table.rows("name", "firm_or_kind", "value", "unit", "low", "high")
    for row, name, whom, value, unit, low, high in rows:
        if name:
            _named(data, table, row, "name", PARAMETERS, (name, value, unit, low, high))
        if whom and data.has_firms and whom not in data.kind and whom not in KINDS:
            expected = "a firm, a kind or a blank (the whole system)"
            data.faults.unknown(table, row, "firm_or_kind", whom, expected, (*data.kind, *KINDS))
        if name in SHARED and whom:
            data.faults.at(table, row, "firm_or_kind", shown(whom), f"a blank: {name} is one value for all")
    if OPENING_QUARTER not in table.text["name"]:
        data.faults.append(Fault(table.file, f"no row {OPENING_QUARTER}", "the quarter of the balance sheets"))


def _series(data: Dataset, table: Table) -> None:
    known_firms(data, table, "firm")
    once(data, table, "name", "firm", "quarter")
    for row, name, unit, quarter in table.rows("name", "unit", "quarter"):
        if name in SERIES:
            if unit != SERIES[name]:
                data.faults.at(table, row, "unit", shown(unit), f"{SERIES[name]}, the unit of {name}")
        elif name and not name.startswith(FREE_SERIES):
            expected = "a known series, or a name that begins with " + " or ".join(FREE_SERIES)
            data.faults.unknown(table, row, "name", name, expected, SERIES)
        written = table.text["quarter"][row]
        if quarter is not None and "Q" not in written:
            data.faults.at(table, row, "quarter", shown(written), "a quarter as YYYYQn")
    _bands(data, table, "value")


def _targets(data: Dataset, table: Table) -> None:
    once(data, table, "name")
    for row, low, high in table.rows("low", "high"):
        if low > high:
            data.faults.at(table, row, "low", f"{low:g} above high {high:g}", "low not above high")
        elif not table.text["low"][row] and not table.text["high"][row]:
            data.faults.at(table, row, "low", "two blank bounds", "at least one bound")


def known_firms(data: Dataset, table: Table, column: str) -> None:
    """Each cell of `column` names a firm or group of firms.csv."""
    for row, firm in enumerate(table.text[column]):
        if firm and data.has_firms and firm not in data.kind:
            data.faults.unknown(table, row, column, firm, "the id of a firm in firms.csv", data.kind)


def once(data: Dataset, table: Table, *columns: str) -> None:
    """A fault for each row that repeats the cells of `columns`."""
    seen: set[tuple] = set()
    for row, *cells in table.rows(*columns):
        key = tuple(cells)
        if key in seen:
            found = " ".join(table.text[each][row] for each in columns)
            data.faults.at(table, row, columns[-1], f"{shown(found)} a second time", "one row for each")
        seen.add(key)


def _bands(data: Dataset, table: Table, column: str) -> None:
    """Where a range is given, low <= value <= high. Used for tables whose numbers were converted."""
    for row, low, value, high in table.rows("low", column, "high"):
        band_fault(data, table, row, column, low, value, high)


def band_fault(data: Dataset, table: Table, row: int, column: str, low: float, value: float, high: float) -> None:
    """A fault where `value` lies outside a given bound; NaN is not given."""
    if value < low or value > high or low > high:
        bounds = [f"{name} {bound:.9g}" for name, bound in (("low", low), ("high", high)) if bound == bound]
        data.faults.at(table, row, column, f"{value:.9g} with {' and '.join(bounds)}", "low <= value <= high")


def _named(
    data: Dataset, table: Table, row: int, column: str, known: Mapping[str, Item], cells: tuple[str, ...]
) -> None:
    """One row of a table of named numbers: `cells` = name, value, unit, low, high."""
    name, value, unit, low, high = cells
    item = known.get(name)
    if item is None:
        data.faults.unknown(table, row, column, name, f"a known name, or {MEMO}..." if column == "item" else
                            "a known name", known)
        return
    if unit != item.unit:
        data.faults.unknown(table, row, "unit", unit, f"{item.unit}, the unit of {name}", (item.unit,))
        return
    _within(data, table, row, item, value, low, high)


def _within(data: Dataset, table: Table, row: int, item: Item, value: str, low: str, high: str) -> None:
    cells = (("value", value), ("low", low), ("high", high))
    if item.unit == "quarter":
        numbers = [float(quarter_number(text) or "nan") if text else float("nan") for _, text in cells]
        for (column, text), each in zip(cells, numbers, strict=True):
            if text and (each != each or "Q" not in text):
                data.faults.at(table, row, column, shown(text), "a quarter as YYYYQn")
    else:
        numbers = [number(text) for _, text in cells]
        for (column, text), each in zip(cells, numbers, strict=True):
            if text and not item.range[0] <= each <= item.range[1]:
                found, expected = range_fault(text, *item.range) or (shown(text), "a number")
                data.faults.at(table, row, column, found, f"{expected} ({item.unit})")
                return
            if text and item.unit == "flag" and each not in (0.0, 1.0):
                data.faults.at(table, row, column, shown(text), "0 or 1")
    band_fault(data, table, row, "value", numbers[1], numbers[0], numbers[2])
