"""What a result rests on: numbers by grade, sources by how many numbers they carry, parameters as they are declared."""

from __future__ import annotations

from collections import Counter

import numpy as np

from abm.ecosystem import Ecosystem, load, shipped
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.loading import find, read
from abm.ecosystem.provenance import LOADED, grades_of
from abm.ecosystem.vocabulary import GRADES
from abm.parameters import DECLARED
from experiments.report.network import Network
from experiments.store_frames import digest
from experiments.story_words import percent

MEANING = {
    "reported": "from filings and company reports", "press": "from the press",
    "estimated": "worked out from such numbers", "assumed": "chosen by the modellers, with a range",
}  # fmt: skip
_KNOWN = "reported, press or estimated"


def tables_of(eco: Ecosystem) -> Dataset | None:
    """The tables that carry the sources of `eco`; None unless it is just as it is shipped."""
    if eco.name in shipped() and digest(load(eco.name)) == digest(eco):
        return read(find(eco.name))
    return None


def evidence_of(eco: Ecosystem, network: Network, data: Dataset | None) -> dict:
    """Grades by count and by the money of the map, sources, and parameters."""
    declared = Counter(each.grade for each in DECLARED.values())
    return {
        "grades": [
            {"what": "numbers of the opening, by count", "parts": _shares(_counted(eco, data))},
            {"what": "money on the map, by amount", "parts": _shares(_weighed(network))},
            {"what": "parameters of behaviour, by count",
             "parts": _shares({each: declared[each] for each in MEANING})},
        ],
        "meaning": MEANING, "sources": _sources(data), "digest": digest(eco),
        "parameters": [_parameter(each) for each in DECLARED.values()],
        "tuned": sum(each.tuned for each in DECLARED.values()),
    }  # fmt: skip


def _counted(eco: Ecosystem, data: Dataset | None) -> dict[str, int]:
    """Numbers by grade: of the files, or of what was built where there are none."""
    if data is not None:
        return grades_of(data)
    codes = np.concatenate([eco.claims.grade, *(each.grade for each in eco.stocks.values())])
    counts = np.bincount(codes, minlength=len(GRADES))
    return dict(zip(GRADES[1:], counts[1:].tolist(), strict=True))


def _weighed(network: Network) -> dict[str, float]:
    """USD bn of all ties by whether the amount is a choice of the modellers."""
    ties = network.drawing.ties
    assumed = float(ties.amount[ties.assumed].sum())
    return {_KNOWN: float(ties.amount.sum()) - assumed, "assumed": assumed}


def _shares(amounts: dict) -> list[dict]:
    """Parts of a bar 100 wide, one after the other."""
    whole, at, found = sum(amounts.values()) or 1, 0.0, []
    for grade, amount in amounts.items():
        wide = 100.0 * amount / whole
        if amount:
            found.append({"grade": grade, "key": "known" if grade == _KNOWN else grade, "at": round(at, 2),
                          "wide": round(wide, 2), "share": percent(amount / whole)})  # fmt: skip
        at += wide
    return found


def _sources(data: Dataset | None) -> list[tuple[str, int]]:
    """Sources as cited, those behind most numbers first."""
    if data is None:
        return []
    tables = (data.tables[name] for name in LOADED if name in data.tables)
    found = Counter(source for table in tables for source in table.text["source"] if source)
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def _parameter(each) -> dict:
    return {
        "name": each.name.replace("_", " "), "symbol": each.symbol, "default": f"{each.default:g}",
        "range": f"{each.low:g} to {each.high:g}", "unit": each.unit, "meaning": each.meaning, "grade": each.grade,
        "source": each.source, "tuned": each.tuned,
        "kinds": ", ".join(f"{kind.replace('_', ' ')} {value:g}" for kind, value in each.by_kind.items()),
    }  # fmt: skip
