"""An `Ecosystem` as a networkx graph, the form in which it is drawn, analysed and exchanged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.layers import LAYER_RULES
from abm.ecosystem.vocabulary import AMORTISATIONS, GRADES, KINDS, LAYERS, SENIORITIES

if TYPE_CHECKING:
    import networkx

# Columns of `Claims` under their names in claims.csv.
AMOUNTS = {
    "headline": "headline", "committed": "committed", "drawn": "drawn",
    "due_per_quarter": "due", "cancellable": "cancellable",
}
# These stand on an edge only where they are given.
GIVEN = {
    "share": "share", "rate": "rate", "term_quarters": "term", "start": "start", "principal_from": "principal_from",
    "low": "low", "high": "high",
}


def to_graph(ecosystem: Ecosystem) -> networkx.MultiDiGraph:
    """The network as a `MultiDiGraph`; `from_graph` turns it back into the same ecosystem.

    Nodes are firm ids with `kind`, `name`, `region`, `market`, `sponsor`, `group` and each stock item they hold.
    Edges run from source to target firm, keyed by claim id, with `layer`, `amount` (drawn balance of debt and equity,
    due per quarter of leases and take-or-pay, committed of the rest) and the columns of claims.csv that are given;
    `start` and `principal_from` are quarters after the opening. The graph's own attributes hold `name`, `opening`,
    `mixes`, `parameters`, `ranges` (grade, low, high by firm and item) and `order` (claim ids in their order).
    """
    import networkx

    graph = networkx.MultiDiGraph(
        name=ecosystem.name,
        opening=ecosystem.opening,
        mixes={
            name: {item: _share(*cells) for item, cells in mix.items()} for name, mix in ecosystem.mixes.items()
        },
        parameters={name: dict(values) for name, values in ecosystem.parameters.items()},
        ranges=_ranges(ecosystem),
        order=list(ecosystem.claims.id),
    )
    _add_firms(graph, ecosystem)
    _add_claims(graph, ecosystem)
    return graph


def _share(share: float, low: float, high: float, grade: int) -> tuple[float, float | None, float | None, str]:
    return share, _blank(low), _blank(high), GRADES[grade]


def _blank(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _ranges(ecosystem: Ecosystem) -> dict[str, dict[str, tuple]]:
    found: dict[str, dict[str, tuple]] = {}
    for item, column in ecosystem.stocks.items():
        for row in np.flatnonzero(column.grade):
            known = GRADES[column.grade[row]], _blank(column.low[row]), _blank(column.high[row])
            found.setdefault(ecosystem.id[row], {})[item] = known
    return found


def _add_firms(graph: networkx.MultiDiGraph, ecosystem: Ecosystem) -> None:
    for row, firm in enumerate(ecosystem.id):
        sponsor = ecosystem.sponsor[row]
        attributes: dict[str, Any] = {
            "kind": KINDS[ecosystem.kind[row]], "name": ecosystem.title[row],
            "region": ecosystem.region[row], "market": ecosystem.market[row],
            "sponsor": ecosystem.id[sponsor] if sponsor >= 0 else "", "group": ecosystem.group[row],
        }
        graph.add_node(firm, **{name: value for name, value in attributes.items() if value})
    for item, column in ecosystem.stocks.items():
        for row in np.flatnonzero(column.grade):
            graph.nodes[ecosystem.id[row]][item] = float(column.value[row])


def _add_claims(graph: networkx.MultiDiGraph, ecosystem: Ecosystem) -> None:
    claims = ecosystem.claims
    amounts = {name: getattr(claims, field).tolist() for name, field in AMOUNTS.items()}
    given = {name: getattr(claims, field).tolist() for name, field in GIVEN.items()}
    for leg, (source, target) in enumerate(zip(claims.source.tolist(), claims.target.tolist(), strict=True)):
        layer = LAYERS[claims.layer[leg]]
        edge: dict[str, Any] = {"layer": layer, "amount": amounts[LAYER_RULES[layer].amount][leg]}
        edge.update((name, column[leg]) for name, column in amounts.items())
        edge.update((name, column[leg]) for name, column in given.items() if not math.isnan(column[leg]))
        edge["seniority"] = SENIORITIES[claims.seniority[leg]]
        edge["status"] = "active" if claims.active[leg] else "future"
        edge["grade"] = GRADES[claims.grade[leg]]
        if layer == "equity":
            edge["carried_at_cost"] = int(claims.carried_at_cost[leg])
        if claims.amortisation[leg]:
            edge["amortisation"] = AMORTISATIONS[claims.amortisation[leg]]
        if claims.covers and claims.covers[leg]:
            edge["covers"] = claims.covers[leg]
        graph.add_edge(ecosystem.id[source], ecosystem.id[target], key=claims.id[leg], **edge)
