"""The contagion loop as one would write it with networkx: a graph, attributes, loops over neighbours.

The same clearing as `cython_ext.settle`, written from its definition and not from its code; the
benchmark's peer, and an independent answer for the tests. One world at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import networkx as nx

from cython_ext import HARD, PRIORITIES, RANKS, Problem

SECURED_FUNDING, MARKET_FUNDING, COMMITTED_FUNDING = 1, 2, 3
TOLERANCE = 1e-13
TIE = 1e-10
FIRM = (
    "cash", "fleet", "collateral", "property", "enterprise", "multiple", "franchise", "principal",
    "secured_debt", "secured_service", "covered_assets", "income", "loan_to_value_limit",
    "service_cover_limit", "value_floor", "cash_floor",
)  # fmt: skip
SYSTEM = ("asset_recovery", "receipt_recovery", "price_impact", "price_floor", "breach_sale")


@dataclass(frozen=True)
class City:
    """One world: `dues` from debtor to creditor, `stakes` from owner to issuer, `loans` from holder to borrower."""

    dues: nx.MultiDiGraph
    stakes: nx.MultiDiGraph
    loans: nx.MultiDiGraph


@dataclass(frozen=True)
class Outcome:
    """Final flags (sets of firms), equity values by firm, and by firm and priority or rank: payments, what
    missed dues and loans fetch."""

    default: set[int]
    breach: set[int]
    withdrawn: set[int]
    paid: dict[tuple[int, int], float]
    value: dict[int, float]
    late: dict[tuple[int, int], float]
    recovery: dict[tuple[int, int], float]
    price: float
    sweeps: int


def city_of(problem: Problem, world: int) -> City:
    """Build the graphs of one world."""
    dues = nx.MultiDiGraph(**{name: float(getattr(problem, name)[world]) for name in SYSTEM})
    for firm in range(problem.firms):
        amounts = {name: float(getattr(problem, name)[firm, world]) for name in FIRM}
        dues.add_node(firm, exempt=bool(problem.exempt[firm]), **amounts)
    stakes, loans = nx.MultiDiGraph(), nx.MultiDiGraph()
    stakes.add_nodes_from(dues)
    loans.add_nodes_from(dues)
    columns = (problem.debtor, problem.creditor, problem.due[:, world], problem.priority, problem.gate, problem.sale)
    for debtor, creditor, due, priority, gate, sale in zip(*(each.tolist() for each in columns), strict=True):
        dues.add_edge(debtor, creditor, due=due, priority=priority, gate=gate, sale=sale)
    for owner, issuer, share in zip(
        problem.owner.tolist(), problem.issuer.tolist(), problem.share[:, world].tolist(), strict=True
    ):
        stakes.add_edge(owner, issuer, share=share)
    columns = (problem.holder, problem.borrower, problem.balance[:, world], problem.rank)
    for holder, borrower, balance, rank in zip(*(each.tolist() for each in columns), strict=True):
        loans.add_edge(holder, borrower, balance=balance, rank=rank)
    return City(dues, stakes, loans)


def settle(city: City) -> Outcome:
    """Sweep until no firm is pushed over another edge."""
    graph = city.dues
    default, breach, withdrawn = set(), set(), set()
    paid = {(firm, layer): 1.0 for firm in graph for layer in range(len(PRIORITIES))}
    late = {(firm, layer): 1.0 for firm in graph for layer in range(HARD)}
    recovery = {(firm, rank): 1.0 for firm in graph for rank in range(len(RANKS))}
    value = None
    sweeps = 0
    while True:
        sweeps += 1
        price = _price(graph, default, breach)
        through = [
            (debtor, creditor, data)
            for debtor, creditor, data in graph.edges(data=True)
            if not _closed(debtor, creditor, data["gate"], default, breach, withdrawn)
        ]
        open_dues = nx.MultiDiGraph()
        open_dues.add_nodes_from(graph)
        open_dues.add_edges_from(through)
        left = _clear(graph, open_dues, paid, default)
        if value is None:
            value = _highest_values(city, open_dues, paid, left, price, default)
        sales = {
            firm: sum(data["due"] * paid[debtor, data["priority"]]
                      for debtor, _, data in open_dues.in_edges(firm, data=True) if data["sale"])
            for firm in graph
        }  # fmt: skip
        _appraise(city, open_dues, paid, left, price, default, sales, value, late, recovery)
        before = len(default) + len(breach) + len(withdrawn)
        for firm, data in graph.nodes(data=True):
            if data["exempt"]:
                continue
            owed = [(due["due"], paid[firm, due["priority"]]) for _, _, due in graph.out_edges(firm, data=True)
                    if due["priority"] < HARD]  # fmt: skip
            missed = sum(due * (1.0 - share) for due, share in owed)
            debts = sum(map(sum, _debts(city, paid, firm)))
            worthless = data["principal"] > 0.0 and value[firm] <= TIE * max(1.0, debts)
            if missed > TIE * max(1.0, sum(due for due, _ in owed)) or worthless:
                default.add(firm)
            backing = price * data["collateral"] + data["covered_assets"]
            if (
                data["secured_debt"] > 0.0
                and data["secured_debt"] > data["loan_to_value_limit"] * backing * (1.0 + TIE)
                and data["secured_service"] > 0.0
                and data["income"] + sales[firm]
                < data["service_cover_limit"] * data["secured_service"] * (1.0 - TIE)
            ):
                breach.add(firm)
            if value[firm] < data["value_floor"] * (1.0 - TIE) or left[firm] < data["cash_floor"] * (1.0 - TIE):
                withdrawn.add(firm)
        if len(default) + len(breach) + len(withdrawn) == before:
            return Outcome(default, breach, withdrawn, paid, value, late, recovery, price, sweeps)


def _price(graph: nx.MultiDiGraph, default: set[int], breach: set[int]) -> float:
    rules = graph.graph
    fleet = nx.get_node_attributes(graph, "fleet")
    sold = sum(fleet[firm] for firm in default) + rules["breach_sale"] * sum(fleet[firm] for firm in breach - default)
    total = sum(fleet.values())
    return max(rules["price_floor"], exp(-rules["price_impact"] * (sold / total if total > 0.0 else 0.0)))


def _closed(debtor: int, creditor: int, gate: int, default: set[int], breach: set[int], withdrawn: set[int]) -> bool:
    """Whether a link is funding that the flags of its ends shut off."""
    return gate > 0 and (
        debtor in default
        or creditor in default
        or (gate == SECURED_FUNDING and creditor in breach)
        or (gate == MARKET_FUNDING and creditor in withdrawn)
        or (gate != COMMITTED_FUNDING and debtor in withdrawn)
    )


def _clear(
    graph: nx.MultiDiGraph, open_dues: nx.MultiDiGraph, paid: dict[tuple[int, int], float], default: set[int]
) -> dict[int, float]:
    """Lower `paid` to the greatest payments; returns what every firm has left."""
    rules = graph.graph
    owed = dict.fromkeys(paid, 0.0)
    for debtor, _, data in graph.edges(data=True):
        owed[debtor, data["priority"]] += data["due"]
    left = dict.fromkeys(graph, 0.0)
    change = 1.0
    while change > TOLERANCE:
        change = 0.0
        receipts = {
            firm: sum(data["due"] * paid[debtor, data["priority"]]
                      for debtor, _, data in open_dues.in_edges(firm, data=True))
            for firm in graph
        }  # fmt: skip
        for firm, data in graph.nodes(data=True):
            if data["exempt"]:
                continue
            remaining = data["cash"] + receipts[firm]
            if firm in default:
                remaining = rules["asset_recovery"] * data["cash"] + rules["receipt_recovery"] * receipts[firm]
            for layer in range(len(PRIORITIES)):
                due = owed[firm, layer]
                payment = min(due, remaining)
                share = payment / due if due > 0.0 else 1.0
                remaining -= payment
                change = max(change, abs(share - paid[firm, layer]))
                paid[firm, layer] = share
            left[firm] = remaining
    return left


def _own(city: City, open_dues: nx.MultiDiGraph, paid: dict, left: dict, price: float, default: set[int], firm: int,
         sold: float) -> float:  # fmt: skip
    """What a firm has other than claims on others: cash, purchases at cost, assets, less new money."""
    data, rules = city.dues.nodes[firm], city.dues.graph
    bought = sum(due["due"] * paid[firm, due["priority"]]
                 for _, _, due in city.dues.out_edges(firm, data=True) if due["priority"] >= HARD)  # fmt: skip
    borrowed = sum(due["due"] * paid[debtor, due["priority"]]
                   for debtor, _, due in open_dues.in_edges(firm, data=True) if due["gate"])  # fmt: skip
    saleable = price * data["collateral"] + data["property"]
    if firm in default:
        assets = rules["asset_recovery"] * (saleable + data["franchise"])
    else:
        assets = max(saleable, data["enterprise"] + data["multiple"] * sold) + data["franchise"]
    return left[firm] + bought - borrowed + assets


def _debts(city: City, paid: dict, firm: int) -> tuple[list[float], list[float]]:
    """What an estate owes, in its order: missed dues by priority, then balances by rank."""
    missed, balances = [0.0] * HARD, [0.0] * len(RANKS)
    for _, _, data in city.dues.out_edges(firm, data=True):
        if data["priority"] < HARD:
            missed[data["priority"]] += data["due"] * (1.0 - paid[firm, data["priority"]])
    for _, _, data in city.loans.in_edges(firm, data=True):
        balances[data["rank"]] += data["balance"]
    return missed, balances


def _claims(
    city: City, paid: dict, default: set[int], late: dict, recovery: dict, value: dict, firm: int
) -> float:
    """What a firm's loans, late receipts and stakes are worth to it; a failed one realises a part of it."""
    loans = sum(data["balance"] * recovery[borrower, data["rank"]]
                for _, borrower, data in city.loans.out_edges(firm, data=True))  # fmt: skip
    due = sum(data["due"] * (1.0 - paid[debtor, data["priority"]]) * late[debtor, data["priority"]]
               for debtor, _, data in city.dues.in_edges(firm, data=True) if data["priority"] < HARD)  # fmt: skip
    stakes = sum(data["share"] * value[issuer] for _, issuer, data in city.stakes.out_edges(firm, data=True))
    return (loans + due + stakes) * (city.dues.graph["receipt_recovery"] if firm in default else 1.0)


def _highest_values(city: City, open_dues: nx.MultiDiGraph, paid: dict, left: dict, price: float,
                    default: set[int]) -> dict[int, float]:  # fmt: skip
    """Equity values if every claim were worth its face: a bound from above to start from."""
    full = {(firm, layer): 1.0 for firm in city.dues for layer in range(max(HARD, len(RANKS)))}
    value = dict.fromkeys(city.dues, 0.0)
    own, owed = {}, {}
    for firm in city.dues:
        sold = sum(data["due"] * paid[debtor, data["priority"]]
                   for debtor, _, data in open_dues.in_edges(firm, data=True) if data["sale"])  # fmt: skip
        own[firm] = _own(city, open_dues, paid, left, price, default, firm, sold)
        owed[firm] = sum(sum(debts) for debts in _debts(city, paid, firm))
    change = 1.0
    while change > TOLERANCE:
        new = {
            firm: 0.0 if data["exempt"]
            else max(0.0, own[firm] + _claims(city, paid, default, full, full, value, firm) - owed[firm])
            for firm, data in city.dues.nodes(data=True)
        }  # fmt: skip
        change = max((abs(new[firm] - value[firm]) / max(1.0, abs(value[firm])) for firm in new), default=0.0)
        value = new
    return value


def _appraise(city: City, open_dues: nx.MultiDiGraph, paid: dict, left: dict, price: float, default: set[int],
              sales: dict[int, float], value: dict[int, float], late: dict, recovery: dict) -> None:  # fmt: skip
    """Lower `value`, `late` and `recovery` to the greatest ones that fit together."""
    tested = [firm for firm, data in city.dues.nodes(data=True) if not data["exempt"]]
    own = {firm: _own(city, open_dues, paid, left, price, default, firm, sales[firm]) for firm in tested}
    debts = {firm: _debts(city, paid, firm) for firm in tested}
    change = 1.0
    while change > TOLERANCE:
        change = 0.0
        available = {firm: own[firm] + _claims(city, paid, default, late, recovery, value, firm) for firm in tested}
        for firm in tested:
            remaining = available[firm]
            for fetched, owed in zip((late, recovery), debts[firm], strict=True):
                for rank, debt in enumerate(owed):
                    share = min(max(remaining, 0.0), debt) / debt if debt > 0.0 else 1.0
                    change = max(change, abs(share - fetched[firm, rank]))
                    fetched[firm, rank] = share
                    remaining -= debt
            remaining = max(0.0, remaining)
            change = max(change, abs(remaining - value[firm]) / max(1.0, abs(value[firm])))
            value[firm] = remaining
