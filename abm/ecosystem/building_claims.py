"""The claims of checked tables as columns, those of split groups cut into legs.

A member gets its share of all amounts and stakes of the group's claims; rates and dates are copied. A claim between two
groups becomes one leg for each pair. A leg's id is the claim's id, "@" and the member; where both ends are split, both
members joined by "+": gpu_loan_10@TAIL1_3, gpu_loan_10@PC_2+TAIL1_3.
"""

from __future__ import annotations

import math

import numpy as np

from abm.ecosystem.dataset import Dataset
from abm.ecosystem.ecosystem import Claims
from abm.ecosystem.vocabulary import AMORTISATIONS, GRADES, LAYERS, SENIORITIES

# Of each firm or group as written: (row, id, share) of the firm itself or of each member.
Legs = dict[str, list[tuple[int, str, float]]]

NAN = math.nan


def claims_of(data: Dataset, legs: Legs) -> Claims:
    """All claims but the announced ones, as columns over legs; `legs` holds the rows of each firm or group."""
    table = data.tables["claims"]
    text, value = table.text, table.value
    loaded = [row for row, status in enumerate(text["status"]) if status != "announced"]
    ids: list[str] = []
    rows: list[int] = []
    sources: list[int] = []
    targets: list[int] = []
    parts: list[float] = []
    for row in loaded:
        source, target = text["source_firm"][row], text["target_firm"][row]
        for from_row, from_id, from_share in legs[source]:
            for to_row, to_id, to_share in legs[target]:
                members = [each for each, firm in ((from_id, source), (to_id, target)) if firm in data.members]
                ids.append(f"{text['id'][row]}@{'+'.join(members)}" if members else text["id"][row])
                rows.append(row)
                sources.append(from_row)
                targets.append(to_row)
                parts.append(from_share * to_share)
    part = np.array(parts)

    def scaled(column: str, blank: float = 0.0) -> np.ndarray:
        cells = np.array([value[column][row] for row in rows], float)
        return np.where(np.isnan(cells), blank, cells) * part

    def codes(column: str, words: tuple[str, ...], blank: int = 0) -> np.ndarray:
        return np.array([words.index(cell) if (cell := text[column][row]) else blank for row in rows], np.int8)

    def quarters(column: str) -> np.ndarray:
        opening = data.opening or 0
        return np.array([NAN if (cell := value[column][row]) is None else cell - opening for row in rows], float)

    covers = tuple(text["covers"][row] for row in rows)
    term, end = np.array([value["term_quarters"][row] for row in rows], float), quarters("end")
    return Claims(
        id=tuple(ids),
        layer=codes("layer", LAYERS),
        source=np.array(sources, np.int32),
        target=np.array(targets, np.int32),
        headline=scaled("headline"),
        committed=scaled("committed"),
        drawn=scaled("drawn"),
        due=scaled("due_per_quarter"),
        share=scaled("share", NAN),
        carried_at_cost=np.array([value["carried_at_cost"][row] == 1 for row in rows], bool),
        start=quarters("start"),
        term=np.where(np.isnan(term), end, term),
        rate=np.array([value["rate"][row] for row in rows], float),
        amortisation=codes("amortisation", AMORTISATIONS),
        principal_from=quarters("principal_from"),
        cancellable=scaled("cancellable"),
        seniority=codes("seniority", SENIORITIES),
        active=np.array([text["status"][row] == "active" for row in rows], bool),
        low=scaled("low", NAN),
        high=scaled("high", NAN),
        grade=codes("grade", GRADES),
        covers=covers if any(covers) else (),
    )
