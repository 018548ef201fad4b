"""Who trades with whom: compute, chips, rents, and whose machines serve whom. Read once from the opening data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem import Ecosystem
from abm.ledger import Ledger
from abm.opening import RECEIVABLE

LAB, FIRST_PARTY, ENTERPRISE, OWN_PRODUCTS = range(4)


@dataclass
class ComputeLinks:
    """Who buys compute from whom: `share` `(links, worlds)` of the buyer's need; `group` is the kind of need."""

    buyer: np.ndarray
    provider: np.ndarray
    group: np.ndarray
    share: np.ndarray


@dataclass
class ChipLinks:
    """Who buys chips from whom, in the order of sellers: `share` `(links, worlds)` of the buyer's purchases,
    `late` orders that were not filled, `receivable` the position of the claim on the invoice."""

    buyer: np.ndarray
    seller: np.ndarray
    share: np.ndarray
    late: np.ndarray
    receivable: np.ndarray


def compute_links(drawn: Drawn, enterprise_share: np.ndarray, own_share: np.ndarray, width: int) -> ComputeLinks:
    """Links of labs, of first parties, of enterprises and of own products, in that order."""
    eco = drawn.ecosystem
    rows: list[tuple[int, int, int]] = []
    parts: list[np.ndarray] = []

    def add(buyer: int, provider: int, group: int, share: np.ndarray) -> None:
        if (share > 0.0).any():
            rows.append((buyer, provider, group))
            parts.append(np.broadcast_to(share, width))

    need = drawn.shares("internal_need")
    for prefix, group, buyers in (
        ("compute", LAB, eco.of_kind("ai_lab")),
        ("internal", FIRST_PARTY, np.array([]) if need is None else np.flatnonzero((need > 0.0).any(axis=1))),
    ):
        for buyer in buyers:
            name = eco.mix_of(prefix, int(buyer))
            mix = None if name is None else drawn.shares(name)
            if mix is None:
                add(int(buyer), int(buyer) if group == FIRST_PARTY else eco.rest_of_world, group, np.ones(1))
                continue
            for provider in np.flatnonzero((mix > 0.0).any(axis=1)):
                add(int(buyer), int(provider), group, mix[provider])
    for provider in np.flatnonzero((enterprise_share > 0.0).any(axis=1)):
        add(eco.rest_of_world, int(provider), ENTERPRISE, np.ones(1))
    for owner in np.flatnonzero((own_share > 0.0).any(axis=1)):
        add(int(owner), int(owner), OWN_PRODUCTS, np.ones(1))
    table = np.array(rows, np.int32).reshape(-1, 3)
    return ComputeLinks(table[:, 0], table[:, 1], table[:, 2], np.array(parts).reshape(len(rows), width))


def chip_links(drawn: Drawn, ledger: Ledger, owners: np.ndarray, width: int) -> ChipLinks:
    """Links of all builders, sorted by seller."""
    eco = drawn.ecosystem
    place = {each: position for position, each in enumerate(ledger.claims.id)}
    rows, parts = [], []
    for buyer in owners:
        name = eco.mix_of("chips", int(buyer))
        mix = None if name is None else drawn.shares(name)
        if mix is None:
            rows.append((eco.rest_of_world, int(buyer)))
            parts.append(np.ones(width))
            continue
        for seller in np.flatnonzero((mix > 0.0).any(axis=1)):
            rows.append((int(seller), int(buyer)))
            parts.append(np.broadcast_to(mix[seller], width))
    order = sorted(range(len(rows)), key=lambda each: rows[each])
    table = np.array([rows[each] for each in order], np.int32).reshape(-1, 2)
    claim = [place.get(f"{RECEIVABLE.removeprefix('trade_')}_{eco.id[a]}_{eco.id[b]}", -1) for a, b in table]
    share = np.array([parts[each] for each in order]).reshape(len(rows), width)
    return ChipLinks(table[:, 1], table[:, 0], share, np.zeros_like(share), np.array(claim))


def machines_serve(eco: Ecosystem) -> np.ndarray:
    """The row whose customers each owner's machines serve: a hyperscaler's vehicles work for it."""
    owners = eco.of_kind("hyperscaler", "operator", "vehicle")
    giants, vehicles = eco.of_kind("hyperscaler"), eco.of_kind("vehicle")
    sponsored = np.isin(owners, vehicles) & np.isin(eco.sponsor[owners], giants)
    return np.where(sponsored, eco.sponsor[owners], owners).astype(np.int32)


def rents(drawn: Drawn, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leases by quarter: straight from the first due so that all of it is paid; a future one level from its start.

    A lease of a vehicle's sponsor that has not begun is paid as its site is financed (`rent_cover`), not here.
    """
    eco, claims = drawn.ecosystem, drawn.ecosystem.claims
    found = claims.of("lease")
    own = (eco.sponsor[claims.source[found]] == claims.target[found]) & ~claims.active[found]
    found = found[~own & (claims.committed[found] > 0.0)]
    horizon = 80
    due = np.zeros((found.size, horizon, width))
    whole, first = drawn.claim("committed")[found], drawn.claim("due")[found]
    for place, each in enumerate(found):
        start = max(1, int(np.nan_to_num(claims.start[each])))
        term = claims.term[each]
        count = max(1, int(term if not np.isnan(term) else 60) - (0 if not np.isnan(term) else start) + 1)
        count = min(count, horizon - start)
        mean = whole[place] / max(count, 1)
        opening = np.where(first[place] > 0.0, np.minimum(first[place], 2.0 * mean), mean)
        ahead = np.arange(count)[:, None] / max(count - 1, 1)
        due[place, start : start + count] = opening + 2.0 * (mean - opening) * ahead
    return claims.source[found], claims.target[found], due
