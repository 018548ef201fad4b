"""What each layer of claims is made of: who may stand at either end, which column is its amount, how it ranks."""

from __future__ import annotations

from dataclasses import dataclass

from abm.ecosystem.vocabulary import KINDS

_LENDERS = ("lender", "rest_of_world")
_VENDORS = ("chipmaker", "rest_of_world")
_COMPANIES = ("hyperscaler", "operator", "chipmaker", "ai_lab", "vehicle")
_BORROWERS = (*_COMPANIES, "lender", "rest_of_world")
_PROVIDERS = ("hyperscaler", "operator", "vehicle", "rest_of_world")
_DEBT_RANKS = ("senior_unsecured", "senior_secured", "convertible")
_SECURED_FIRST = ("senior_secured", "senior_unsecured", "convertible")


@dataclass(frozen=True)
class Layer:
    """A layer's rule book.

    `amount` is the column that an edge's `amount` fills; `swept` the column that `low` and `high` belong to;
    `seniorities` the allowed ranks, the usual one first.
    """

    direction: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    amount: str
    swept: str | None
    seniorities: tuple[str, ...]


def _debt(sources: tuple[str, ...], ranks: tuple[str, ...]) -> Layer:
    return Layer("lender to borrower", sources, _BORROWERS, "drawn", "drawn", ranks)


LAYER_RULES: dict[str, Layer] = {
    "equity": Layer("holder to issuer", KINDS, _COMPANIES, "drawn", "share", ("equity", "preferred")),
    "bond": _debt(_LENDERS, _DEBT_RANKS),
    "loan": _debt(_LENDERS, _SECURED_FIRST),
    "gpu_loan": _debt(_LENDERS, _SECURED_FIRST),
    "abs": _debt(_LENDERS, _SECURED_FIRST),
    "vendor_loan": _debt(_VENDORS, _DEBT_RANKS),
    "lease": Layer("lessor to lessee", KINDS, KINDS, "due_per_quarter", "due_per_quarter", ("executory",)),
    "take_or_pay": Layer(
        "customer to provider", KINDS, _PROVIDERS, "due_per_quarter", "due_per_quarter", ("contract",)
    ),
    "order_book": Layer("buyer to chipmaker", KINDS, _VENDORS, "committed", "committed", ("order",)),
    "guarantee": Layer("guarantor to debtor", KINDS, KINDS, "committed", "committed", ("contingent",)),
    "backstop": Layer("guarantor to beneficiary", KINDS, KINDS, "committed", None, ("contingent",)),
    "warrant": Layer("issuer to holder", _COMPANIES, KINDS, "committed", None, ("equity",)),
    "subsidy": Layer("government to recipient", ("government",), KINDS, "committed", None, ("grant",)),
}
