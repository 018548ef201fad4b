"""The claims of a synthetic ecosystem: who is joined to whom, and how much is due."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.ecosystem.ecosystem import Claims
from abm.ecosystem.layers import LAYER_RULES
from abm.ecosystem.vocabulary import AMORTISATIONS, DEBT_LAYERS, GRADES, KINDS, LAYERS, SENIORITIES

# Layer: (share of all links, kinds of source, kinds of target).
LINKS = {
    "equity": (0.15, ("hyperscaler", "chipmaker", "lender"), ("operator", "ai_lab", "vehicle")),
    "bond": (0.20, ("lender",), ("hyperscaler", "operator", "chipmaker")),
    "loan": (0.30, ("lender",), ("operator", "ai_lab", "vehicle")),
    "vendor_loan": (0.10, ("chipmaker",), ("operator", "ai_lab")),
    "lease": (0.10, ("vehicle",), ("hyperscaler", "operator", "ai_lab")),
    "take_or_pay": (0.15, ("ai_lab",), ("hyperscaler", "operator")),
}
DEBT_SHARE = (0.2, 0.6)  # of a borrower's size
STAKE_SHARE = (0.05, 0.6)  # of an issuer, over all its holders
RATE = (0.04, 0.10)  # per year
TERM = (8, 40)  # quarters
TAKE_OR_PAY_SHARE, RENT_SHARE = 0.10, 0.03  # of size, per quarter


@dataclass(frozen=True)
class Links:
    """Claims, what each firm owes in the first quarter and what it has lent, both `(firms,)` in USD bn."""

    claims: Claims
    dues: np.ndarray
    lent: np.ndarray


def draw_links(
    generator: np.random.Generator, kind: np.ndarray, size: np.ndarray, attraction: np.ndarray, count: int
) -> Links:
    """`count` claims between firms of `kind` and `size`, whose ends are drawn in proportion to `attraction`."""
    layer, source, target = _ends(generator, kind, attraction, count)
    firms, count = len(kind), len(layer)
    debt, stakes = np.isin(layer, [LAYERS.index(each) for each in DEBT_LAYERS]), layer == LAYERS.index("equity")
    rents, contracts = layer == LAYERS.index("lease"), layer == LAYERS.index("take_or_pay")
    weight = generator.uniform(0.5, 1.5, count)

    def parted(total: np.ndarray, among: np.ndarray, whose: np.ndarray) -> np.ndarray:
        """The total of each firm in `whose`, split over its links `among` by weight; zero elsewhere."""
        weights = np.where(among, weight, 0.0)
        sums = np.bincount(whose, weights, firms)
        return np.divide(total[whose] * weights, sums[whose], out=np.zeros(count), where=among)

    debt_total = size * generator.uniform(*DEBT_SHARE, firms)
    balance = parted(debt_total, debt, target)
    has_debt = np.bincount(target[debt], minlength=firms) > 0
    share = parted(generator.uniform(*STAKE_SHARE, firms), stakes, target)
    stake = share * np.where(has_debt, size - debt_total, size)[target]
    rate = np.where(debt, generator.uniform(*RATE, count), np.nan)
    term = generator.integers(TERM[0], TERM[1] + 1, count).astype(float)
    due = parted(RENT_SHARE * size, rents, target) + parted(TAKE_OR_PAY_SHARE * size, contracts, source)
    committed = np.where(rents | contracts, due * term, balance + stake)
    payer = np.where(contracts, source, target)
    paid = due + np.where(debt, balance * (np.nan_to_num(rate) / 4 + 1 / term), 0.0)
    unknown = np.full(count, np.nan)
    ranks = np.array([SENIORITIES.index(LAYER_RULES[each].seniorities[0]) for each in LAYERS], np.int8)
    return Links(
        claims=Claims(
            id=tuple([f"c{number}" for number in range(count)]),
            layer=layer, source=source, target=target,
            headline=committed, committed=committed, drawn=balance + stake, due=due,
            share=np.where(stakes, share, np.nan),
            carried_at_cost=np.zeros(count, bool),
            start=np.zeros(count),
            term=np.where(stakes, np.nan, term),
            rate=rate,
            amortisation=np.where(debt, AMORTISATIONS.index("linear"), 0).astype(np.int8),
            principal_from=unknown,
            cancellable=np.zeros(count),
            seniority=ranks[layer],
            active=np.ones(count, bool),
            low=unknown, high=unknown,
            grade=np.full(count, GRADES.index("assumed"), np.int8),
        ),
        dues=np.bincount(payer, paid, firms),
        lent=np.bincount(source[debt], balance[debt], firms),
    )


def _ends(
    generator: np.random.Generator, kind: np.ndarray, attraction: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Layer code, source row and target row of each link. Kinds at both ends differ, so no firm is linked to itself."""
    edges = np.round(np.cumsum([share for share, *_ in LINKS.values()]) * count).astype(int)
    layers, sources, targets = [], [], []
    for (layer, (_, givers, takers)), number in zip(LINKS.items(), np.diff(edges, prepend=0), strict=True):
        layers.append(np.full(number, LAYERS.index(layer), np.int8))
        for kinds, ends in ((givers, sources), (takers, targets)):
            rows = np.flatnonzero(np.isin(kind, [KINDS.index(each) for each in kinds]))
            cumulated = np.cumsum(attraction[rows])
            picked = np.searchsorted(cumulated, generator.random(number) * cumulated[-1], side="right")
            ends.append(rows[np.minimum(picked, len(rows) - 1)].astype(np.int32))
    return np.concatenate(layers), np.concatenate(sources), np.concatenate(targets)
