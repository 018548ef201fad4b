"""Claims that may arise: the topology of a living ecosystem is fixed from the start, with nothing drawn.

One claim per (lender, borrower, market), (vendor, customer), (investor, lab or cloud), (holder of a
warrant, its issuer), (seller, buyer). Ids begin with `new_`.
"""

from __future__ import annotations

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ledger import ClaimTable
from abm.opening import RECEIVABLE

# Who may borrow in the market of a lender, and what the claim is called.
_BORROWERS = {
    "IG": (("hyperscaler", "chipmaker"), "bond"),
    "PC": (("operator", "vehicle"), "gpu_loan"),
    "BK": (("operator", "vehicle"), "gpu_loan"),
    "HY": (("operator",), "bond"),
    "ABS": (("operator", "vehicle"), "abs"),
}


def equity_investors(eco: Ecosystem, stocks) -> np.ndarray:
    """Rows of lenders that buy equity only; `stocks` is the column invests_equity_only."""
    return eco.of_kind("lender")[stocks[eco.of_kind("lender")] > 0.0]


def potential_claims(eco: Ecosystem, known: tuple[str, ...]) -> ClaimTable:
    """All of them, in a fixed order; `known` are ids of claims that exist already."""
    pairs: list[tuple[str, int, int]] = []
    equity_only = equity_investors(eco, eco.stock("invests_equity_only"))
    for lender in eco.of_kind("lender"):
        if lender not in equity_only and eco.market[lender] in _BORROWERS:
            kinds, layer = _BORROWERS[eco.market[lender]]
            pairs += [(layer, int(lender), int(borrower)) for borrower in eco.of_kind(*kinds)]
    clouds, labs, makers = eco.of_kind("operator"), eco.of_kind("ai_lab"), eco.of_kind("chipmaker")
    pairs += [("vendor_loan", int(maker), int(cloud)) for maker in makers for cloud in clouds]
    investors = np.concatenate([makers, eco.of_kind("hyperscaler"), equity_only])
    pairs += [("equity", int(investor), int(lab)) for investor in investors for lab in labs]
    pairs += [("equity", int(maker), int(cloud)) for maker in makers for cloud in clouds]
    warrants = eco.claims.of("warrant")
    pairs += [("equity", int(eco.claims.target[each]), int(eco.claims.source[each])) for each in warrants]
    names = [f"new_{layer}_{eco.id[holder]}_{eco.id[debtor]}" for layer, holder, debtor in pairs]
    for buyer in eco.of_kind("hyperscaler", "operator", "vehicle"):
        group = eco.mix_of("chips", int(buyer))
        for seller in () if group is None else eco.members_of(group).tolist():
            name = f"receivable_{eco.id[seller]}_{eco.id[buyer]}"
            if seller != eco.rest_of_world and name not in known:
                pairs.append((RECEIVABLE, int(seller), int(buyer)))
                names.append(name)
    return ClaimTable(
        id=tuple(names),
        layer=np.array([layer for layer, *_ in pairs], dtype=object).astype(str),
        holder=np.array([holder for _, holder, _ in pairs], np.int32),
        debtor=np.array([debtor for *_, debtor in pairs], np.int32),
    )
