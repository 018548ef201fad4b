"""How far the peer is from `abm` after a quarter, number by number."""

from __future__ import annotations

from collections import defaultdict

from benchmarks.mesa_peer.city import City
from benchmarks.mesa_peer.tape import Seen

TOLERANCE = 1e-9
_SMALL = 1e-3  # USD bn: of less, the gap counts as a part of this


def gaps(city: City, seen: Seen) -> dict[str, float]:
    """The largest relative gap by number, over all firms that can fail; of payments only, when somebody has failed."""
    found: dict[str, float] = defaultdict(float)

    def compare(name: str, mine: float, other: float) -> None:
        found[name] = max(found[name], abs(mine - other) / max(abs(other), _SMALL))

    paid, received = payments(city)
    for firm in city.payers:
        compare("paid", paid[firm], seen.paid[firm.name])
        compare("received", received[firm], seen.received[firm.name])
    if city.failed:
        return dict(found)
    for name, other in seen.economy.items():
        compare(name, getattr(city, name), other)
    for firm in city.payers:
        own = vars(firm) | {"debt": debt_of(city, firm), "chips_book": book_of(firm)}
        for name, other in seen.firms[firm.name].items():
            if name in own:
                compare(name, own[name], other)
    return dict(found)


def payments(city: City) -> tuple[dict, dict]:
    """What each firm pays and receives in the settlement."""
    paid, received = dict.fromkeys(city.agents, 0.0), {firm: firm.certain for firm in city.agents}
    for debtor, creditor, data in city.dues.edges(data=True):
        if data["funding"] and (debtor in city.failed or creditor in city.failed):
            continue
        amount = data["due"] * debtor.paid[data["priority"]]
        paid[debtor] += amount
        received[creditor] += amount
    return paid, received


def debt_of(city: City, firm) -> float:
    return sum(loan["balance"] for _, _, loan in city.claims.in_edges(firm, data=True))


def book_of(firm) -> float:
    """Book value of machines in service."""
    return sum(sum(site.book) for site in getattr(firm, "sites", ()))
