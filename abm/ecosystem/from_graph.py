"""A networkx graph as an `Ecosystem`: the graph is written as tables, which are checked like any other data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.ecosystem.building import build
from abm.ecosystem.checks import check
from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.from_graph_edges import claims_table
from abm.ecosystem.graph_cells import GIVEN_BASIS, Rows, as_text, known_attributes
from abm.ecosystem.items import ITEMS, OPENING_QUARTER, PARAMETERS
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.ecosystem.tables import Faults, Table
from abm.errors import BadInput, Fault, shown

if TYPE_CHECKING:
    import networkx

OPENING = "2026Q1"  # where the graph does not say: only the calendar labels of results depend on it
_FIRM_COLUMNS = ("kind", "name", "region", "market", "sponsor", "group")
_WORLD = "rest_of_world"


def from_graph(graph: networkx.Graph, name: str = "network") -> Ecosystem:
    """The ecosystem that a networkx graph of any class describes; the inverse of `to_graph`.

    A node needs only `kind`; a stock item it lacks is zero. An edge runs from source to target firm and needs `layer`
    and `amount`: drawn balance of debt and equity, due per quarter of leases and take-or-pay, committed of the rest.
    Every column of claims.csv may stand on an edge and goes before `amount`. Left out, `seniority` is the usual one of
    the layer, debt is fully drawn, an equity edge without `share` is carried at cost, and a lease or take-or-pay
    contract runs for `term_quarters` of constant dues, or for one quarter. A graph without a node of kind rest_of_world
    gets one, ROW. Raises `BadInput` naming node or edge for every fault.
    """
    import networkx

    if not isinstance(graph, networkx.Graph):
        raise BadInput(Fault(name, f"a {type(graph).__name__}", "a networkx graph"))
    faults = Faults()
    opening = str(graph.graph.get("opening", OPENING))
    quarter = quarter_number(opening)
    if quarter is None:
        raise BadInput(Fault(name, f"the opening {shown(opening)}", "a quarter as YYYYQn"))
    firms = _firms(graph, name, faults)
    tables = {
        "firms": firms,
        "opening": _opening(graph, name, quarter, faults),
        "claims": claims_table(graph, name, quarter, faults),
        "parameters": _parameters(graph, name, opening, faults),
    }
    if graph.graph.get("mixes"):
        tables["mix"] = _mixes(graph, name, faults)
    data = check(tables, faults)
    faults.close()
    return build(str(graph.graph.get("name") or name), data)


def _firms(graph: networkx.Graph, name: str, faults: Faults) -> Table:
    rows = Rows("firms", extra=("group",))
    kinds = {}
    for node, attributes in graph.nodes(data=True):
        place = f"{name}, node {shown(node)}"
        known_attributes(faults, place, attributes, (*_FIRM_COLUMNS, *ITEMS))
        cells = {each: as_text(attributes.get(each)) for each in _FIRM_COLUMNS}
        firm = str(node)
        kinds[firm] = cells["kind"]
        cells.update(id=firm, name=cells["name"] or firm, region=cells["region"] or "other")
        rows.add(place, cells, group=cells["group"] or firm)
    if _WORLD not in kinds.values():
        if "ROW" in kinds:
            place = f"{name}, node 'ROW'"
            faults.append(Fault(place, shown(kinds["ROW"]), f"{_WORLD}, or another id for this firm", column="kind"))
        else:
            cells = {"id": "ROW", "name": "Rest of world", "kind": _WORLD, "region": "other"}
            rows.add(f"{name}, node 'ROW'", cells, group="ROW")
    return rows.table(name)


def _opening(graph: networkx.Graph, name: str, quarter: int, faults: Faults) -> Table:
    rows = Rows("opening")
    ranges = _mapping(graph, "ranges", name, faults)
    for node, attributes in graph.nodes(data=True):
        known = ranges.get(node)
        known = known if isinstance(known, dict) else {}
        for item, value in attributes.items():
            if item not in ITEMS or value is None:
                continue
            unit = ITEMS[item].unit
            range_ = known.get(item)
            grade, low, high = range_ if _is_row(range_, 3) else ("assumed", None, None)
            cells = {
                each: as_text(number, quarter if unit == "quarter" else None)
                for each, number in (("value", value), ("low", low), ("high", high))
            }
            cells.update(firm=str(node), item=item, unit=unit, as_of=quarter_text(quarter), grade=str(grade))
            rows.add(f"{name}, node {shown(node)}, {item}", cells)
    return rows.table(name)


def _parameters(graph: networkx.Graph, name: str, opening: str, faults: Faults) -> Table:
    rows = Rows("parameters")
    place = f"{name}, parameters"
    rows.add(place, {"name": OPENING_QUARTER, "value": opening, "unit": "quarter", "grade": "assumed"})
    for parameter, values in _mapping(graph, "parameters", name, faults).items():
        for whom, value in (values if isinstance(values, dict) else {"": values}).items():
            unit = PARAMETERS[parameter].unit if parameter in PARAMETERS else ""
            cells = {"name": str(parameter), "firm_or_kind": str(whom), "value": as_text(value), "unit": unit}
            rows.add(place, {**cells, "grade": "assumed"})
    return rows.table(name)


def _mixes(graph: networkx.Graph, name: str, faults: Faults) -> Table:
    rows = Rows("mix")
    for group, mix in _mapping(graph, "mixes", name, faults).items():
        place = f"{name}, mixes"
        if not isinstance(mix, dict):
            faults.append(Fault(place, f"{shown(mix)} for {shown(group)}", "a dict of item to share"))
            continue
        for item, cells in mix.items():
            share, low, high, grade = cells if _is_row(cells, 4) else (cells, None, None, "assumed")
            rows.add(place, {
                "group": str(group), "item": str(item), "share": as_text(share),
                "low": as_text(low), "high": as_text(high), "grade": str(grade), "basis": GIVEN_BASIS,
            })
    return rows.table(name)


def _is_row(cells: Any, length: int) -> bool:
    return isinstance(cells, (tuple, list)) and len(cells) == length


def _mapping(graph: networkx.Graph, attribute: str, name: str, faults: Faults) -> dict[Any, Any]:
    found = graph.graph.get(attribute) or {}
    if isinstance(found, dict):
        return found
    faults.append(Fault(name, f"a {type(found).__name__} as the graph attribute {attribute}", "a dict"))
    return {}
