"""Checks of claims.csv row by row: who may owe whom, which cells a layer needs, and that its dates agree."""

from __future__ import annotations

from abm.ecosystem.check_numbers import band_fault
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.layers import LAYER_RULES
from abm.ecosystem.quarters import quarter_text
from abm.ecosystem.schema import FILES
from abm.ecosystem.tables import Table
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.errors import shown

_COLUMNS = frozenset(each.name for each in FILES["claims"].columns)
# Amounts that need not be known: what was paid on a contract to date, what a holder once promised.
_DRAWN_UNKNOWN = ("lease", "take_or_pay", "order_book", "equity")
_COMMITTED_UNKNOWN = ("equity", "warrant")
_DUE_NEEDED = ("lease", "take_or_pay")
# A cell that means nothing in another layer is a slip, most often a shifted column.
_ONLY_IN = {
    "share": ("equity", "warrant"), "carried_at_cost": ("equity",),
    "amortisation": DEBT_LAYERS, "principal_from": DEBT_LAYERS, "covers": ("guarantee",),
}


def check(data: Dataset) -> None:
    """Every claim for itself, then what `covers` points at."""
    claims = data.tables.get("claims")
    if claims is None:
        return
    seen: set[str] = set()
    for row, claim, layer, fields in claims.rows("id", "layer", "assumed_fields"):
        if claim.casefold() in seen and claim:
            data.faults.at(claims, row, "id", f"{shown(claim)} a second time", "one id for each claim")
        seen.add(claim.casefold())
        for each in fields.split():
            if each not in _COLUMNS:
                data.faults.unknown(claims, row, "assumed_fields", each, "columns of claims.csv", sorted(_COLUMNS))
        _ends(data, claims, row)
        if layer in LAYER_RULES:
            _layer(data, claims, row, layer)
            if claims.text["status"][row] in ("active", "future"):
                _amounts(data, claims, row, layer)
                _dates(data, claims, row)
    _covers(data, claims)


def _ends(data: Dataset, claims: Table, row: int) -> None:
    """Both ends exist, differ, and are of kinds the layer can join."""
    rule = LAYER_RULES.get(claims.text["layer"][row])
    ends = {}
    for column in ("source_firm", "target_firm"):
        firm = ends[column] = claims.text[column][row]
        kind = data.kind.get(firm)
        if firm and data.has_firms and kind is None:
            data.faults.unknown(claims, row, column, firm, "the id of a firm in firms.csv", data.kind)
        elif firm and kind is not None and rule is not None:
            allowed = rule.sources if column == "source_firm" else rule.targets
            if kind not in allowed:
                expected = f"{' or '.join(allowed)} (a {claims.text['layer'][row]} goes from {rule.direction})"
                data.faults.at(claims, row, column, f"{firm}, a {kind}", expected)
    if ends["source_firm"] and ends["source_firm"] == ends["target_firm"]:
        data.faults.at(claims, row, "target_firm", shown(ends["target_firm"]), "another firm than the source")


def _layer(data: Dataset, claims: Table, row: int, layer: str) -> None:
    """Rank, sweep range, and no cell that has no meaning in this layer."""
    text, rule = claims.text, LAYER_RULES[layer]
    seniority = text["seniority"][row]
    if seniority and seniority not in rule.seniorities:
        expected = f"{' or '.join(rule.seniorities)}, the rank of a {layer}"
        data.faults.at(claims, row, "seniority", shown(seniority), expected)
    for column, layers in _ONLY_IN.items():
        if layer not in layers and text[column][row]:
            data.faults.at(claims, row, column, shown(text[column][row]), f"a blank: no {column} in a {layer}")
    low, high = claims.value["low"][row], claims.value["high"][row]
    if rule.swept is not None:
        band_fault(data, claims, row, rule.swept, low, claims.value[rule.swept][row], high)
    for column in ("low", "high"):
        if text[column][row] and (rule.swept is None or claims.value[column][row] < 0):
            expected = "a blank: nothing is swept in this layer" if rule.swept is None else "a bound not below zero"
            data.faults.at(claims, row, column, shown(text[column][row]), expected)


def _amounts(data: Dataset, claims: Table, row: int, layer: str) -> None:
    """Which amounts a loaded claim needs, and which must be zero before it starts."""
    text, value = claims.text, claims.value
    future = text["status"][row] == "future"
    needed = []
    if layer not in _DRAWN_UNKNOWN:
        needed.append("drawn")
    if layer not in _COMMITTED_UNKNOWN and not (future and layer == "lease"):
        needed.append("committed")
    if layer in _DUE_NEEDED and not future:
        needed.append("due_per_quarter")
    for column in needed:
        if not text[column][row]:
            data.faults.at(claims, row, column, "a blank", f"an amount: this {layer} is {text['status'][row]}")
    if future:
        for column in ("drawn", "due_per_quarter"):
            if value[column][row] > 0:
                data.faults.at(claims, row, column, text[column][row], "0: this claim is future")
    if layer in DEBT_LAYERS and value["drawn"][row] > value["committed"][row]:
        found = f"{text['drawn'][row]} drawn of {text['committed'][row]} committed"
        data.faults.at(claims, row, "drawn", found, "drawn not above committed")
    if layer == "equity":
        at_cost, share = value["carried_at_cost"][row] == 1, value["share"][row]
        if at_cost and text["share"][row]:
            data.faults.at(claims, row, "share", text["share"][row], "a blank: the stake is carried at cost")
        elif not at_cost and not future and not share > 0:
            expected = "a share above 0 and up to 1, or carried_at_cost 1"
            data.faults.at(claims, row, "share", text["share"][row] or "a blank", expected)


def _dates(data: Dataset, claims: Table, row: int) -> None:
    """A claim in force has begun and has not ended; a future one has not begun; debt that is repaid has an end."""
    text, value = claims.text, claims.value
    active = text["status"][row] == "active"
    start, end, first = (value[each][row] for each in ("start", "end", "principal_from"))
    if start is not None and end is not None and end < start:
        data.faults.at(claims, row, "end", text["end"][row], f"a date not before the start, {text['start'][row]}")
    if first is not None and end is not None and end < first:
        data.faults.at(claims, row, "principal_from", text["principal_from"][row], "a date not after the end")
    repaid = text["amortisation"][row] in ("bullet", "linear")
    if active and repaid and end is None and not text["term_quarters"][row]:
        expected = f"the quarters left, or an end: {text['amortisation'][row]} needs one"
        data.faults.at(claims, row, "term_quarters", "a blank", expected)
    if data.opening is None:
        return
    quarter = quarter_text(data.opening)
    if start is not None and active == (start > data.opening):
        when = f"by {quarter}, as the claim is active" if active else f"after {quarter}, as the claim is future"
        data.faults.at(claims, row, "start", text["start"][row], f"a date {when}")
    if active and end is not None and end <= data.opening and not text["term_quarters"][row]:
        data.faults.at(claims, row, "end", text["end"][row], f"a date after {quarter}, as the claim is active")


def _covers(data: Dataset, claims: Table) -> None:
    """A guarantee covers a claim that its target owes. Legs of one split claim answer to the id before the @."""
    legs: dict[str, list[int]] = {}
    for row, claim in enumerate(claims.text["id"]):
        for key in {claim, claim.partition("@")[0]}:
            legs.setdefault(key, []).append(row)
    for row, covers, layer, target in claims.rows("covers", "layer", "target_firm"):
        if not covers or layer != "guarantee":
            continue
        if covers not in legs:
            data.faults.unknown(claims, row, "covers", covers, "the id of a claim", legs)
            continue
        owed_by = {_debtor(claims, leg) for leg in legs[covers]}
        if target not in owed_by:
            found = f"{covers}, owed by {', '.join(sorted(owed_by))}"
            data.faults.at(claims, row, "covers", found, f"a claim that {target} owes")


def _debtor(claims: Table, row: int) -> str:
    column = "source_firm" if claims.text["layer"][row] == "take_or_pay" else "target_firm"
    return claims.text[column][row]
