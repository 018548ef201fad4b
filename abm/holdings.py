"""Who holds which claim on whose balance, and how it ranks in an estate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.ecosystem.vocabulary import DEBT_LAYERS, SENIORITIES
from abm.opening import AT_COST, FUNDERS
from cython_ext import RANKS

SECURED, UNSECURED, PREFERRED = range(len(RANKS))
_RANK = {"senior_secured": SECURED, "preferred": PREFERRED, "equity": PREFERRED}
_SECURED_LAYERS = ("loan", "gpu_loan", "abs")  # of debts that begin in the run


@dataclass
class Holdings:
    """Claims on balances: fixed rows of firms, ranks `(k,)`, and where they stand among the ledger's claims."""

    place: np.ndarray
    holder: np.ndarray
    borrower: np.ndarray
    rank: np.ndarray
    debt: np.ndarray  # position among the living's debts, -1 for other claims
    certain: np.ndarray  # places of claims on firms that cannot fail, and who holds them
    certain_holder: np.ndarray


def holdings_of(living, ledger) -> Holdings:
    """Debts, claims of lenders' funders and stakes held at cost, of borrowers that can fail."""
    eco, claims = living.ecosystem, ledger.claims
    place = np.flatnonzero(np.isin(claims.layer, (*DEBT_LAYERS, FUNDERS, AT_COST)))
    certain = place[living.exempt[claims.debtor[place]]]
    place = place[~living.exempt[claims.debtor[place]]]
    known = {name: number for number, name in enumerate(eco.claims.id)}
    rank = np.empty(place.size, np.int32)
    for number, each in enumerate(place):
        old = known.get(claims.id[each])
        layer = claims.layer[each]
        if old is not None:
            rank[number] = _RANK.get(SENIORITIES[eco.claims.seniority[old]], UNSECURED)
        else:
            rank[number] = SECURED if layer in _SECURED_LAYERS else UNSECURED
    debt_of = {int(each): number for number, each in enumerate(living.debts.place)}
    debt = np.array([debt_of.get(int(each), -1) for each in place], np.int64)
    return Holdings(place, claims.holder[place], claims.debtor[place], rank, debt, certain, claims.holder[certain])
