"""The ledger: both sides of every posting, identities that can fail, forks that do not share."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import abm
from abm import opening as opening_module
from abm.drawn import Drawn
from abm.ecosystem.vocabulary import GRADES
from abm.ledger import ClaimTable, Ledger, LedgerBreach
from abm.opening import open_ledger
from abm.parameters import Parameters


@pytest.fixture
def small() -> Ledger:
    """Two firms and the rest of the world; the first has lent to the second. Three worlds."""
    table = ClaimTable(("loan",), np.array(["loan"]), np.array([0], np.int32), np.array([1], np.int32))
    return Ledger.empty(("A", "B", "ROW"), 3, table)


def test_each_posting_keeps_both_sides(small):
    small.transfer("cash", np.array([2]), np.array([0]), np.array([[10.0, 20.0, 30.0]]))
    small.change_claims(np.array([0]), np.array([[4.0, 5.0, 6.0]]))
    small.transfer("cash", np.array([0]), np.array([1]), np.array([[4.0, 5.0, 6.0]]))
    small.post("chips_book", np.array([1]), np.array([[3.0, 3.0, 3.0]]))
    assert small.column("cash").tolist() == [[6.0, 15.0, 24.0], [4.0, 5.0, 6.0], [-10.0, -20.0, -30.0]]
    # A loan swaps cash for a claim: nobody is richer for it.
    assert small.column("net_worth").tolist() == [[10.0, 20.0, 30.0], [3.0, 3.0, 3.0], [-10.0, -20.0, -30.0]]
    assert small.check() == 0.0


@pytest.mark.parametrize(
    ("tamper", "name"),
    [
        (lambda ledger: ledger._balances["cash"].__setitem__((0, 1), 7.0), "cash held = cash owed"),
        (lambda ledger: ledger._balances["chips_book"].__setitem__((1, 2), 7.0), "assets = liabilities"),
        (lambda ledger: ledger._amounts.__setitem__((0, 1), 7.0), "assets = liabilities"),
        (lambda ledger: ledger._balances["net_worth"].__setitem__((1, 0), 7.0), "assets = liabilities"),
        (lambda ledger: ledger._balances["cash"].__setitem__((0, 2), np.nan), "cash held"),
    ],
)
def test_a_wrong_posting_is_caught_and_named(small, tamper, name):
    tamper(small)
    with pytest.raises(LedgerBreach, match=name):
        small.check()


def test_a_breach_names_firm_and_world(small):
    small._balances["chips_book"][1, 2] = 7.0
    with pytest.raises(LedgerBreach, match="B, world 2"):
        small.check()


def test_only_the_right_door_opens_an_account(small):
    with pytest.raises(KeyError, match="transfer"):
        small.post("cash", np.array([0]), np.ones((1, 3)))
    with pytest.raises(KeyError, match="post"):
        small.transfer("chips_book", np.array([0]), np.array([1]), np.ones((1, 3)))
    with pytest.raises(KeyError, match="did you mean 'chips_book'"):
        small.column("chips_bok")
    with pytest.raises(ValueError, match="read-only"):
        small.column("cash")[0, 0] = 1.0


def test_a_fork_does_not_touch_its_origin(small):
    twin = small.fork()
    twin.post("chips_book", np.array([1]), np.ones((1, 3)))
    assert small.column("chips_book").sum() == 0.0
    assert twin.column("chips_book").sum() == 3.0


@pytest.fixture(scope="module")
def opening() -> Ledger:
    city = abm.load("ai_2026")
    return open_ledger(Drawn(city), Parameters(city))


def test_the_opening_balances(opening):
    assert opening.check() <= 1e-9
    assert len(opening.identities()) >= 12


def test_drawn_openings_balance_in_every_world():
    city = abm.load("ai_2026")
    assert open_ledger(Drawn(city, range(100), 3), Parameters(city)).check() <= 1e-9


def test_both_sides_of_the_debt_equal_the_data(opening):
    city = abm.load("ai_2026")
    debt = city.claims.of("bond", "loan", "gpu_loan", "abs", "vendor_loan")
    drawn = city.claims.drawn[debt][city.claims.active[debt]].sum()
    layers = ("bond", "loan", "gpu_loan", "abs", "vendor_loan")
    assert opening.held(*layers).sum() == pytest.approx(drawn, rel=1e-12)
    assert opening.owed(*layers).sum() == pytest.approx(drawn, rel=1e-12)


def test_lenders_open_with_their_stated_capital(opening):
    city = abm.load("ai_2026")
    lenders = np.flatnonzero(city.has("capital"))
    worth, capital = opening.column("net_worth")[lenders, 0], city.stock("capital")[lenders]
    funded = opening.owed("funders")[lenders, 0] > 0.0
    np.testing.assert_allclose(worth[funded], capital[funded], rtol=1e-12)
    assert funded.sum() >= 9


def test_a_stake_is_worth_its_share_of_the_valuation(opening):
    city = abm.load("ai_2026")
    place = opening.claims.id.index("equity_01")
    assert opening.amounts[place, 0] == pytest.approx(0.231 * 852, rel=1e-12)
    worth = opening.column("net_worth") + opening.owed("equity")
    assert worth[city.row["OAI"], 0] == pytest.approx(852, rel=1e-12)


def _owning_each_other(share: float):
    graph = nx.MultiDiGraph()
    for firm in ("A", "B"):
        graph.add_node(firm, kind="operator", cash=1.0)
    for owner, issuer in (("A", "B"), ("B", "A")):
        graph.add_edge(owner, issuer, layer="equity", amount=1.0, share=share)
    return abm.from_graph(graph)


def test_stakes_in_a_circle_are_worth_what_they_own():
    network = _owning_each_other(0.9)
    opening = open_ledger(Drawn(network), Parameters(network))
    # Each has 1 and nine tenths of the other.
    np.testing.assert_allclose(opening.owed("equity")[:2, 0], 0.9 * 10.0, rtol=1e-12)


def test_a_circle_that_never_settles_ends(monkeypatch):
    monkeypatch.setattr(opening_module, "_ROUNDS", 1000)
    network = _owning_each_other(0.9)
    closed = replace(network.claims, share=np.full(2, 1.0 - 1e-9))
    network = replace(network, claims=closed)
    with pytest.raises(ArithmeticError, match="stakes are worth did not settle"):
        open_ledger(Drawn(network), Parameters(network))


def test_a_world_opens_the_same_alone_and_among_others():
    network = _owning_each_other(0.5)
    cash = network.stocks["cash"]
    ranged = replace(cash, low=0.1 * cash.value, high=9.0 * cash.value, grade=np.full(3, GRADES.index("assumed")))
    network = replace(network, stocks=dict(network.stocks) | {"cash": ranged})
    among = open_ledger(Drawn(network, range(50), 1), Parameters(network)).amounts
    for world in range(50):
        alone = open_ledger(Drawn(network, [world], 1), Parameters(network)).amounts
        assert alone[:, 0].tobytes() == np.ascontiguousarray(among[:, world]).tobytes()
