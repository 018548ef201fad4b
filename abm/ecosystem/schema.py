"""The files of an ecosystem: every column once, with type, range and allowed words. Checks, saving and docs read it."""

from __future__ import annotations

from dataclasses import dataclass

from abm.ecosystem.vocabulary import AMORTISATIONS, GRADES, KINDS, LAYERS, MARKETS, REGIONS, SENIORITIES, STATUSES

# Beyond any quantity of the economy in any unit used here: a number that large is a slip of the pen, and beside it the
# dollars of the other firms would be lost in rounding.
LARGEST = 1e9

ROLES = ("fit", "check", "context")
CONFIDENCES = ("verified", "not_verified")
LINK_STATUSES = ("drawn", "signed", "announced", "LOI")
LINK_LAYERS = (*LAYERS, "purchase_commitment", "supply_revenue")


@dataclass(frozen=True)
class Column:
    """One column of a file.

    `type` is text, word (one of `words`), name (an id), number or whole (within `low`..`high`), flag (0 or 1),
    date (YYYYQn or YYYY-MM-DD) or value (a number or a quarter, as the unit of its row says).
    """

    name: str
    type: str = "text"
    required: bool = False
    words: tuple[str, ...] = ()
    low: float = -LARGEST
    high: float = LARGEST


@dataclass(frozen=True)
class File:
    """One file: its columns, whether an ecosystem must have it and whether a header alone will do."""

    columns: tuple[Column, ...]
    required: bool = False
    needs_rows: bool = True


def _amount(name: str) -> Column:
    return Column(name, "number", low=0.0)


_GRADE = Column("grade", "word", required=True, words=GRADES[1:])
_SOURCE, _BASIS = Column("source"), Column("basis")
_LOW, _HIGH = Column("low", "number"), Column("high", "number")
_RANGE = (Column("low", "value"), Column("high", "value"))
_CITED = Column("source", required=True)
_NOTE = (Column("note"), Column("confidence", "word", required=True, words=CONFIDENCES))

FILES: dict[str, File] = {
    "firms": File(
        (
            Column("id", "name", required=True),
            Column("name", required=True),
            Column("kind", "word", required=True, words=KINDS),
            Column("region", "word", required=True, words=REGIONS),
            Column("market", "word", words=MARKETS),
            Column("sponsor"), Column("split"), Column("facts_id"), Column("description"),
        ),
        required=True,
    ),
    "opening": File(
        (
            Column("firm", required=True), Column("item", required=True),
            Column("value", "value", required=True), Column("unit", required=True),
            Column("as_of", "date", required=True), _GRADE, _SOURCE, _BASIS, *_RANGE,
        ),
        required=True,
        needs_rows=False,
    ),
    "claims": File(
        (
            Column("id", "name", required=True),
            Column("layer", "word", required=True, words=LAYERS),
            Column("source_firm", required=True), Column("target_firm", required=True),
            _amount("headline"), _amount("committed"), _amount("drawn"),
            _amount("per_quarter"), _amount("due_per_quarter"),
            Column("share", "number", low=0.0, high=1.0),
            Column("carried_at_cost", "flag"),
            Column("start", "date"), Column("end", "date"),
            Column("term_quarters", "whole", low=1, high=400),
            Column("rate", "number", low=0.0, high=1.0),
            Column("amortisation", "word", words=AMORTISATIONS),
            Column("principal_from", "date"),
            _amount("cancellable"),
            Column("collateral"),
            Column("seniority", "word", required=True, words=SENIORITIES),
            Column("status", "word", required=True, words=STATUSES),
            Column("covers"), Column("assumed_fields"), _GRADE, _SOURCE, _BASIS, _LOW, _HIGH,
        ),
        required=True,
        needs_rows=False,
    ),
    "mix": File(
        (
            Column("group", required=True), Column("item", required=True),
            Column("share", "number", required=True, low=0.0, high=1.0),
            _GRADE, _SOURCE, _BASIS, _LOW, _HIGH,
        )
    ),
    "parameters": File(
        (
            Column("name", required=True), Column("firm_or_kind"),
            Column("value", "value", required=True), Column("unit", required=True),
            _GRADE, *_RANGE, _SOURCE, _BASIS,
        ),
        required=True,
    ),
    "series": File(
        (
            Column("name", required=True), Column("firm", required=True), Column("quarter", "date", required=True),
            Column("value", "number", required=True), Column("unit", required=True),
            _GRADE, _SOURCE, _BASIS, _LOW, _HIGH,
        )
    ),
    "targets": File(
        (
            Column("name", required=True), Column("role", "word", required=True, words=ROLES),
            _LOW, _HIGH, Column("unit", required=True), Column("period", required=True),
            _GRADE, _SOURCE, _BASIS,
        )
    ),
    "facts_entities": File(
        (
            Column("id", required=True), Column("name", required=True),
            Column("kind", "word", required=True, words=KINDS),
            Column("fiscal_year"), Column("metric", required=True), Column("value", required=True),
            Column("unit", required=True), _CITED, *_NOTE,
        )
    ),
    "facts_links": File(
        (
            Column("source_id", required=True), Column("target_id", required=True),
            Column("layer", "word", required=True, words=LINK_LAYERS),
            Column("amount_usd_bn", "number"), Column("start"), Column("term_years"),
            Column("status", "word", required=True, words=LINK_STATUSES), _CITED, *_NOTE,
        )
    ),
    "facts_macro": File(
        (
            Column("key", required=True), Column("value", required=True), Column("unit", required=True),
            _CITED, *_NOTE,
        )
    ),
    "facts_actors": File(
        (
            Column("id", required=True), Column("name", required=True), Column("kind", required=True),
            Column("carried_by"), Column("note"),
        )
    ),
}
