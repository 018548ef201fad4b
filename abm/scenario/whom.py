"""Whom a shock strikes: rows of firms, names of markets or numbers of regions."""

from __future__ import annotations

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS as KINDS_OF_FIRM
from abm.ecosystem.vocabulary import MARKETS, REGIONS
from abm.errors import BadInput, nearest, shown
from abm.scenario.kinds import KINDS
from abm.scenario.shock import DatedShock

_ALL = ("", "all")


def markets_of(shock: DatedShock) -> tuple[str, ...]:
    """Markets for debt that a shock strikes. Raises `BadInput`."""
    return _chosen(shock, MARKETS, "a market")


def regions_of(shock: DatedShock) -> list[int]:
    """Positions of the regions that a shock strikes. Raises `BadInput`."""
    return [REGIONS.index(each) for each in _chosen(shock, REGIONS, "a region")]


def rows_of(shock: DatedShock, ecosystem: Ecosystem) -> np.ndarray:
    """Rows of the firms that a shock strikes. Raises `BadInput`."""
    who, whom = shock.who.casefold(), KINDS[shock.what].whom
    if whom == "lender":
        lends = ecosystem.of_kind("lender")
        if who in _ALL:
            return lends
        in_market = np.array([each.casefold() == who for each in ecosystem.market])
        return np.flatnonzero(in_market) if in_market.any() else _only(shock, ecosystem, "lender")
    if whom == "chipmaker":
        return _only(shock, ecosystem, "chipmaker")
    if who in _ALL:  # a parameter is set for the rest of the world too
        return np.arange(len(ecosystem)) if shock.what == "parameter" else ecosystem.rows("all")
    rows = ecosystem.rows(shock.who)
    kinds = {KINDS_OF_FIRM[each] for each in ecosystem.kind[rows]}
    if shock.what == "default" and kinds & {"government", "rest_of_world"}:
        raise BadInput(shock.fault("who", shown(shock.who), "a firm that can fail"))
    return rows


def _only(shock: DatedShock, ecosystem: Ecosystem, kind: str) -> np.ndarray:
    """The rows of `who`, all of which must be of `kind`."""
    rows = ecosystem.rows(shock.who)
    if not np.isin(rows, ecosystem.of_kind(kind)).all():
        firms = [ecosystem.id[row] for row in ecosystem.of_kind(kind)]
        more = f", a market ({', '.join(MARKETS)})" if kind == "lender" else ""
        raise BadInput(shock.fault("who", shown(shock.who), f"a {kind}: {', '.join(firms)}{more}"))
    return rows


def _chosen(shock: DatedShock, names: tuple[str, ...], noun: str) -> tuple[str, ...]:
    if shock.who.casefold() in _ALL:
        return names
    found = tuple(each for each in names if each.casefold() == shock.who.casefold())
    if not found:
        expected = f"{noun}: {', '.join(names)} or all"
        raise BadInput(shock.fault("who", shown(shock.who), expected, nearest(shock.who, names)))
    return found
