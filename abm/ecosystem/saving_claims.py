"""The claims of an `Ecosystem` as rows of claims.csv."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.graph import AMOUNTS
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.ecosystem.saving_cells import as_cell, evidence
from abm.ecosystem.vocabulary import AMORTISATIONS, DEBT_LAYERS, LAYERS, SENIORITIES

_NUMBERS = {**AMOUNTS, "share": "share", "term_quarters": "term", "rate": "rate", "low": "low", "high": "high"}
_DATES = ("start", "principal_from")


def claim_rows(ecosystem: Ecosystem) -> Iterator[Mapping[str, str]]:
    """One row a leg, in order; `end` is left to `term_quarters`."""
    claims = ecosystem.claims
    opening = quarter_number(ecosystem.opening) or 0
    for leg, claim in enumerate(claims.id):
        layer = LAYERS[claims.layer[leg]]
        row = {
            "id": claim, "layer": layer,
            "source_firm": ecosystem.id[claims.source[leg]], "target_firm": ecosystem.id[claims.target[leg]],
            "seniority": SENIORITIES[claims.seniority[leg]],
            "status": "active" if claims.active[leg] else "future",
            "covers": claims.covers[leg] if claims.covers else "",
        }
        for column, name in _NUMBERS.items():
            row[column] = as_cell(getattr(claims, name)[leg])
        for column in _DATES:
            quarters = getattr(claims, column)[leg]
            row[column] = "" if math.isnan(quarters) else quarter_text(opening + int(quarters))
        if layer == "equity":
            row["carried_at_cost"] = str(int(claims.carried_at_cost[leg]))
        if layer in DEBT_LAYERS:
            row["amortisation"] = AMORTISATIONS[claims.amortisation[leg]]
        yield {**row, **evidence(ecosystem, claims.grade[leg])}
