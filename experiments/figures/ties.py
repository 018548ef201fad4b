"""What ties firms together at the opening, as arrows that follow the money: from who pays or funds to who receives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import DEBT_LAYERS, GRADES, LAYERS
from abm.parameters import Parameters
from abm.supply import chip_supply
from experiments.figures.nodes import Nodes

FAMILIES = ("users", "compute", "chips", "debt", "ownership")
YEAR = 4  # quarters
_ASSUMED = GRADES.index("assumed")


@dataclass(frozen=True)
class Ties:
    """One row a claim or purchase: firm rows, index into FAMILIES, USD bn; `begun` is False for what is only signed."""

    payer: np.ndarray
    receiver: np.ndarray
    family: np.ndarray
    begun: np.ndarray
    amount: np.ndarray
    assumed: np.ndarray  # bool: the amount is a choice of the modeller

    def __len__(self) -> int:
        return self.payer.size


@dataclass(frozen=True)
class Link:
    """All ties of one family between two discs."""

    source: int
    target: int
    family: str
    begun: bool
    amount: float


def ties_of(ecosystem: Ecosystem, value: np.ndarray) -> Ties:
    """Claims, a year's chip purchases and a year's spending of end users; `value` is each firm's equity (firms,)."""
    parts = [*_claims(ecosystem, value), _chips(ecosystem), _users(ecosystem)]
    columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
    keep = (columns[4] > 0.0) & (columns[0] != columns[1])
    return Ties(*(each[keep] for each in columns))


def contingent(ecosystem: Ecosystem) -> np.ndarray:
    """Positions of the claims that are not drawn: they pay only if something else happens."""
    return ecosystem.claims.of("guarantee", "backstop", "warrant", "subsidy")


def merge(ties: Ties, nodes: Nodes) -> list[Link]:
    """Ties as links between discs, largest first; ties inside a disc and of firms not drawn are left out."""
    found: dict[tuple, float] = {}
    for payer, receiver, family, begun, amount in zip(
        nodes.of[ties.payer].tolist(), nodes.of[ties.receiver].tolist(), ties.family.tolist(), ties.begun.tolist(),
        ties.amount.tolist(), strict=True,
    ):  # fmt: skip
        if payer != receiver and min(payer, receiver) >= 0:
            key = payer, receiver, FAMILIES[family], begun
            found[key] = found.get(key, 0.0) + amount
    return sorted((Link(*key, amount) for key, amount in found.items()), key=lambda link: -link.amount)


def assumed_part(ties: Ties) -> float:
    """Share of all amounts that are a choice of the modeller."""
    return float(ties.amount[ties.assumed].sum()) / max(float(ties.amount.sum()), 1e-12)


def _part(payer, receiver, family: str, begun, amount, assumed) -> tuple[np.ndarray, ...]:
    size = np.size(payer)
    return (
        np.asarray(payer, int), np.asarray(receiver, int), np.full(size, FAMILIES.index(family)),
        np.broadcast_to(np.asarray(begun, bool), size), np.asarray(amount, float),
        np.broadcast_to(np.asarray(assumed, bool), size),
    )  # fmt: skip


def _claims(ecosystem: Ecosystem, value: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    claims = ecosystem.claims
    stakes, debt, promises = claims.of("equity"), claims.of(*DEBT_LAYERS), claims.of("lease", "take_or_pay")
    share = np.nan_to_num(claims.share[stakes])
    marked = (share > 0.0) & ~claims.carried_at_cost[stakes]
    worth = np.where(marked, share * value[claims.target[stakes]], claims.drawn[stakes])
    # A lease runs from lessor to lessee, its rent the other way.
    rent = claims.layer[promises] == LAYERS.index("lease")
    payer = np.where(rent, claims.target[promises], claims.source[promises])
    receiver = np.where(rent, claims.source[promises], claims.target[promises])
    quarters = np.where(np.isnan(claims.term[promises]), YEAR, claims.term[promises])
    stated = claims.committed[promises]
    promised = np.where(stated > 0.0, stated, claims.due[promises] * quarters)
    grade = claims.grade == _ASSUMED
    return [
        _part(claims.source[stakes], claims.target[stakes], "ownership", claims.active[stakes], worth, grade[stakes]),
        _part(claims.source[debt], claims.target[debt], "debt", claims.active[debt],
              np.where(claims.active[debt], claims.drawn[debt], claims.committed[debt]), grade[debt]),
        _part(payer, receiver, "compute", claims.active[promises], promised, grade[promises]),
    ]  # fmt: skip


def _chips(ecosystem: Ecosystem) -> tuple[np.ndarray, ...]:
    """A year's planned purchases, or the orders of the pair where those are larger (they overlap)."""
    supply = chip_supply(Drawn(ecosystem), Parameters(ecosystem))
    found: dict[tuple[int, int, bool], tuple[float, bool]] = {}
    for buyer, seller, amount in zip(supply.buyer.tolist(), supply.seller.tolist(), supply.amount[:, 0], strict=True):
        mix = ecosystem.mixes.get(ecosystem.mix_of("chips", buyer) or "", {})
        guessed = max((grade for *_, grade in mix.values()), default=_ASSUMED) == _ASSUMED
        found[buyer, seller, True] = YEAR * amount, guessed
    claims, orders = ecosystem.claims, {}
    for each in claims.of("order_book"):
        key = int(claims.source[each]), int(claims.target[each]), bool(claims.active[each])
        amount, guessed = orders.get(key, (0.0, False))
        orders[key] = amount + claims.committed[each], guessed or claims.grade[each] == _ASSUMED
    for key, order in orders.items():
        found[key] = max(found.get(key, (0.0, False)), order)
    keys = np.array(list(found), int).reshape(-1, 3)
    amounts = np.array([amount for amount, _ in found.values()], float)
    return _part(keys[:, 0], keys[:, 1], "chips", keys[:, 2] > 0, amounts, [each for _, each in found.values()])


def _users(ecosystem: Ecosystem) -> tuple[np.ndarray, ...]:
    """What end users pay labs, owners of products and clouds in a year; nothing where no demand is stated."""
    outside, split = ecosystem.rest_of_world, ecosystem.mixes.get("end_demand_split", {})
    spending = np.zeros(len(ecosystem))
    for part, group in {"labs": "lab_revenue", "own_products": "own_products", "enterprise": "enterprise"}.items():
        shares = ecosystem.shares(group)
        if part in split and shares is not None:
            spending += YEAR * ecosystem.stock("end_demand")[outside] * split[part][0] * shares
    paid = np.flatnonzero(spending > 0.0)
    assumed = any(grade == _ASSUMED for *_, grade in split.values())
    return _part(np.full(paid.size, outside), paid, "users", True, spending[paid], assumed)
