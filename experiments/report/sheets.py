"""What stands behind a disc and a link of the map: balance sheets, contracts, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.vocabulary import DEBT_LAYERS, GRADES, LAYERS
from experiments.figures.drawing import value_of
from experiments.figures.words import money
from experiments.report.network import Network

# What a firm owns and how it is called: items of the opening, added up.
_OWNS = (
    ("cash", ("cash",)), ("securities", ("securities",)), ("chips", ("chips_book", "chips_unenergised")),
    ("buildings", ("shells_book", *(f"pipeline_q{each}" for each in range(1, 7)))),
    ("unsold chips", ("chip_inventory",)), ("invoices to be paid by buyers", ("trade_receivable",)),
    ("business outside AI", ("core_business_value",)), ("loans outside this network", ("outside_book",)),
)  # fmt: skip
_FAMILY = {"equity": "ownership", **dict.fromkeys(DEBT_LAYERS, "debt"), "lease": "compute", "take_or_pay": "compute",
           "order_book": "chips"}  # fmt: skip
_CALLED = {"equity": "stake", "abs": "securitised loan", "gpu_loan": "loan secured by chips", "order_book": "orders",
           "vendor_loan": "supplier's loan", "take_or_pay": "take-or-pay contract"}  # fmt: skip
_FLOWS = {  # links that no contract stands behind
    "chips": "planned purchases of a year: capex for chips, split over sellers",
    "users": "spending of a year: end demand, split over those who serve it",
}
_SMALLEST = 0.005  # USD bn
_CITED = 2  # sources told of a row that adds up several numbers


def sheets_of(eco: Ecosystem, network: Network, data: Dataset | None) -> list[dict]:
    """Balance sheet of each disc at the opening: rows of words, USD bn, the weakest grade and sources; `data` are the
    tables the ecosystem was built from, where they are known."""
    nodes, value = network.drawing.nodes, value_of(eco)
    cited = _cited_items(data)
    drawn = eco.claims.of(*DEBT_LAYERS)
    drawn = drawn[eco.claims.active[drawn]]
    debt = np.bincount(eco.claims.target[drawn], eco.claims.drawn[drawn], len(eco))
    found = []
    for disc in range(len(nodes)):
        rows = np.flatnonzero(nodes.of == disc)
        owns = [_item(eco, rows, words, items, cited, network.short[disc]) for words, items in _OWNS]
        owns += [_claimed(network, disc, words, family)
                 for words, family in (("stakes, at marks", "ownership"), ("loans granted", "debt"))]  # fmt: skip
        found.append({
            "owns": [each for each in owns if each["amount"] >= _SMALLEST],
            "owes": float(debt[rows].sum()), "worth": float(value[rows].sum()), "members": len(rows),
            "promised": sum(each["amount"] for each in network.links
                            if each["source"] == disc and each["family"] == "compute"),
        })  # fmt: skip
    return found


def contracts_of(eco: Ecosystem, network: Network, data: Dataset | None) -> list[list[dict]]:
    """Behind each link of the map its contracts: what they are, their grade, source and basis."""
    of, cited, found = network.drawing.nodes.of, _cited_claims(data), {}
    claims = eco.claims
    for place in range(len(claims)):
        layer = LAYERS[claims.layer[place]]
        if layer not in _FAMILY:
            continue
        ends = int(of[claims.source[place]]), int(of[claims.target[place]])
        payer, receiver = ends[::-1] if layer == "lease" else ends  # rent runs from who uses to who owns
        source, basis = cited.get(claims.id[place].partition("@")[0], ("", ""))
        found.setdefault((payer, receiver, _FAMILY[layer], bool(claims.active[place])), []).append({
            "words": _terms(claims, place, layer), "grade": GRADES[claims.grade[place]], "source": source,
            "basis": basis,
        })  # fmt: skip
    behind = []
    for link in network.links:
        mine = found.get((link["source"], link["target"], link["family"], link["begun"]), [])
        if link["family"] in _FLOWS and link["begun"]:
            mine = [{"words": _FLOWS[link["family"]], "grade": "assumed", "source": "", "basis": ""}, *mine]
        behind.append(_distinct(mine))
    return behind


def _distinct(contracts: list[dict]) -> list[dict]:
    """Without repetitions: a group that was split has the same contract many times."""
    return list({tuple(each.values()): each for each in contracts}.values())


def _terms(claims, place: int, layer: str) -> str:
    """A contract in words."""
    parts = [_CALLED.get(layer, layer.replace("_", " "))]
    if np.nan_to_num(claims.share[place]) > 0.0:
        parts.append(f"{claims.share[place]:.1%} of the firm")
    for words, column in (("paid out", claims.drawn), ("signed for", claims.committed)):
        if column[place] >= _SMALLEST:
            parts.append(f"{words} {money(column[place])}")
    if claims.due[place] >= _SMALLEST:
        parts.append(f"{money(claims.due[place])} a quarter")
    if not claims.active[place]:
        parts.append("not yet in force")
    return ", ".join(parts)


def _item(eco: Ecosystem, rows, words: str, items: tuple[str, ...], cited: dict, written: str) -> dict:
    held = [each for each in items if each in eco.stocks]
    grades = [int(eco.stocks[each].grade[rows].max()) for each in held if eco.stocks[each].value[rows].any()]
    sources = [each for each in dict.fromkeys(cited.get((written, each), "") for each in held) if each]
    more = [f"and {len(sources) - _CITED} more"] if len(sources) > _CITED else []
    return {
        "words": words, "amount": sum(float(eco.stocks[each].value[rows].sum()) for each in held),
        "grade": GRADES[max(grades, default=0)], "source": "; ".join([*sources[:_CITED], *more]),
    }  # fmt: skip


def _claimed(network: Network, disc: int, words: str, family: str) -> dict:
    mine = [each["amount"] for each in network.links
            if each["source"] == disc and each["family"] == family and each["begun"]]  # fmt: skip
    return {"words": words, "amount": sum(mine), "grade": "", "source": "see the links below"}


def _cited_items(data: Dataset | None) -> dict[tuple[str, str], str]:
    """Source, or the basis where there is none, by firm as written and item."""
    return {key: source or basis for key, source, basis in _rows(data, "opening", "firm", "item")}


def _cited_claims(data: Dataset | None) -> dict[str, tuple[str, str]]:
    return {key[0]: (source, basis) for key, source, basis in _rows(data, "claims", "id")}


def _rows(data: Dataset | None, name: str, *keys: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if data is None:
        return
    text = data.tables[name].text
    for row, key in enumerate(zip(*(text[each] for each in keys), strict=True)):
        yield key, text["source"][row], text["basis"][row]
