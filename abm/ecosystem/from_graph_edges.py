"""The edges of a graph as rows of claims.csv, with what an edge leaves out filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from abm.ecosystem.cells import number
from abm.ecosystem.graph_cells import Rows, as_text, known_attributes
from abm.ecosystem.layers import LAYER_RULES, Layer
from abm.ecosystem.schema import FILES
from abm.ecosystem.tables import Faults, Table
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.errors import Fault, shown

if TYPE_CHECKING:
    import networkx

_COLUMNS = tuple(each.name for each in FILES["claims"].columns if each.name not in ("source_firm", "target_firm"))
_DATES = ("start", "end", "principal_from")


def claims_table(graph: networkx.Graph, name: str, quarter: int, faults: Faults) -> Table:
    """All edges, in the order the graph remembers, else in its own; `quarter` is the number of the opening quarter."""
    rows = Rows("claims")
    edges = list(_edges(graph))
    remembered = graph.graph.get("order")
    remembered = remembered if isinstance(remembered, (list, tuple)) else ()
    order = {claim: place for place, claim in enumerate(remembered) if isinstance(claim, str)}
    edges.sort(key=lambda edge: order.get(edge[2], len(remembered)))
    names = _Names({key for *_, key, _ in edges if key is not None})
    kinds = {} if graph.is_directed() else {str(node): kind for node, kind in graph.nodes(data="kind")}
    for source, target, key, attributes in edges:
        place = f"{name}, edge {shown(source)} -> {shown(target)}"
        if key is not None:
            place += f" ({shown(key)})"
        known_attributes(faults, place, attributes, (*_COLUMNS, "amount"))
        cells = {
            each: as_text(attributes.get(each), quarter if each in _DATES else None) for each in _COLUMNS
        }
        cells.update(source_firm=str(source), target_firm=str(target))
        cells["id"] = cells["id"] or key or names.free(cells["layer"] or "claim")
        rule = LAYER_RULES.get(cells["layer"])
        if rule is not None:
            if not graph.is_directed():
                _turn(kinds, rule, cells, place, faults)
            _fill(rule, cells, as_text(attributes.get("amount")), place, faults)
        cells["status"] = cells["status"] or "active"
        cells["grade"] = cells["grade"] or "assumed"
        rows.add(place, cells)
    return rows.table(name)


def _edges(graph: networkx.Graph) -> Iterator[tuple[Any, Any, str | None, dict]]:
    """(source, target, key or None, attributes): a key of digits is the graph's own count and names nothing."""
    if graph.is_multigraph():
        for source, target, key, attributes in graph.edges(keys=True, data=True):
            yield source, target, None if str(key).isdigit() else str(key), attributes
    else:
        for source, target, attributes in graph.edges(data=True):
            yield source, target, None, attributes


class _Names:
    """Ids for claims without one: LAYER_n, counted up past those that are taken."""

    def __init__(self, taken: set[str]):
        self._taken = taken
        self._count: dict[str, int] = {}

    def free(self, layer: str) -> str:
        """The next id of `layer` that no claim has."""
        while True:
            self._count[layer] = self._count.get(layer, 0) + 1
            name = f"{layer}_{self._count[layer]}"
            if name not in self._taken:
                return name


def _turn(kinds: dict[str, Any], rule: Layer, cells: dict[str, str], place: str, faults: Faults) -> None:
    """An undirected edge runs the one way its layer allows; where it allows both, the graph does not say enough."""
    source, target = kinds.get(cells["source_firm"]), kinds.get(cells["target_firm"])
    forth = source in rule.sources and target in rule.targets
    back = target in rule.sources and source in rule.targets
    if back and not forth:
        cells["source_firm"], cells["target_firm"] = cells["target_firm"], cells["source_firm"]
    elif back:
        found = f"an undirected {cells['layer']} between a {source} and a {target}"
        faults.append(Fault(place, found, f"a DiGraph: the edge runs from {rule.direction}"))


def _fill(rule: Layer, cells: dict[str, str], amount: str, place: str, faults: Faults) -> None:
    """Put `amount` into the layer's column and fill the cells that follow from it."""
    if not cells[rule.amount]:
        if not amount:
            expected = f"a number, the {rule.amount} of a {cells['layer']}"
            faults.append(Fault(place, "no amount", expected, column="amount"))
        cells[rule.amount] = amount or "0"
    cells["seniority"] = cells["seniority"] or rule.seniorities[0]
    if cells["layer"] in DEBT_LAYERS:
        cells["committed"] = cells["committed"] or cells["drawn"]
    elif cells["layer"] == "equity":
        cells["carried_at_cost"] = cells["carried_at_cost"] or str(int(not cells["share"]))
    elif cells["layer"] in ("lease", "take_or_pay"):
        quarters = number(cells["term_quarters"] or "1")
        cells["committed"] = cells["committed"] or as_text(number(cells["due_per_quarter"]) * quarters)
    else:
        cells["drawn"] = cells["drawn"] or "0"
