"""Each mechanism of the stress test alone, in the smallest network that shows it."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import abm
from abm import stress_testing
from abm.drawn import Drawn
from abm.links import PURPOSES
from abm.parameters import Parameters
from abm.plan import make_plan
from abm.settlement import Settlement


def network(nodes: dict[str, dict], edges: list[tuple], name: str = "small"):
    graph = nx.MultiDiGraph()
    for firm, items in nodes.items():
        graph.add_node(firm, **items)
    for source, target, layer, amount, *more in edges:
        graph.add_edge(source, target, layer=layer, amount=amount, **(more[0] if more else {}))
    return abm.from_graph(graph, name=name)


def flagged(result, flag, firm):
    return bool(result.flagged(flag)[result.ecosystem.row[firm], 0])


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


# -- the plan ---------------------------------------------------------------------------------------
def test_invoices_of_last_quarter_are_due(city):
    plan = make_plan(Drawn(city), Parameters(city), 4)
    owed = (plan.links.purpose == PURPOSES.index("trade payable")) & (plan.links.creditor == city.row["NVDA"])
    assert plan.links.amount[owed].sum() == pytest.approx(37.623)


def test_committed_facilities_are_drawn_before_the_market_is_asked(city):
    plan = make_plan(Drawn(city), Parameters(city), 4)
    links = plan.links
    money = (links.creditor == city.row["IREN"]) & (links.purpose == PURPOSES.index("funding"))
    by_claim = {city.claims.id[claim] if claim >= 0 else "market": amount for claim, amount in
                zip(links.claim[money], links.amount[money, 0], strict=True)}  # fmt: skip
    assert by_claim["gpu_loan_06"] == pytest.approx(3.6)
    assert by_claim["market"] < 0.2


def test_a_lenders_worth_starts_from_its_capital(city):
    result = abm.stress(city, ["all:revenue:0"])
    # A year of interest on about 26 of loans comes on top.
    assert result.value_before[city.row["BANK"], 0] == pytest.approx(134.4, abs=4.0)


def test_claims_on_those_who_always_pay_are_sound():
    nodes = {"Bank": {"kind": "lender", "cash": 1.0}, "World": {"kind": "rest_of_world"}}
    result = abm.stress(network(nodes, [("Bank", "World", "loan", 7.0)]), ["all:cash:1"])
    row = result.ecosystem.row["Bank"]
    assert result.value_before[row, 0] == pytest.approx(8.0)
    assert result.value_after[row, 0] == pytest.approx(7.0)


# -- what a shock does ------------------------------------------------------------------------------
def test_fewer_users_need_less_compute_and_only_the_cloud_loses_it(city):
    plain = abm.stress(city, ["OAI:revenue:0.3"])
    plan = make_plan(Drawn(city), Parameters(city), 4)
    row = city.row["OAI"]
    unused = 0.3 * plan.outside.usage[row, 0]
    assert unused == pytest.approx(0.3 * 0.45 * 24, rel=1e-4)
    # The lab loses valuation and net revenue, but keeps what the compute would have cost ...
    taken = 0.3 * (plan.backing.lab_franchise[row, 0] + plan.outside.revenue[row, 0])
    assert plain.loss[row, 0] == pytest.approx(taken - unused)
    # ... which its clouds and their suppliers do not get.
    assert plain.balance.orders[0] == pytest.approx(unused)
    assert sum(plain.lost["orders"])[0] == pytest.approx(unused)


def test_compute_that_is_promised_is_paid_for_users_or_not(city):
    plan = make_plan(Drawn(city), Parameters(city), 4)
    spot = plan.links.purpose == PURPOSES.index("spot compute")
    free = plan.links.amount[spot & (plan.links.debtor == city.row["OAI"])].sum()
    lost = abm.stress(city, ["OAI:revenue:1"]).lost["orders"][city.of_kind("hyperscaler", "operator")].sum()
    assert lost <= free + 1e-9
    assert not abm.stress(city, ["OAI:revenue:1"]).lost["payments"].any()


def test_a_funding_shock_leaves_what_is_committed():
    nodes = {"Fund": {"kind": "lender", "market": "PC", "cash": 50.0, "absorption_per_quarter": 9.0},
             "Cloud": {"kind": "operator", "ai_capex": 4.0, "cash": 1.0}}  # fmt: skip
    facility = network(nodes, [("Fund", "Cloud", "gpu_loan", 1.0, {"committed": 6.0, "drawn": 1.0})])
    # Plans of 8 against 1 of cash: 5 are committed and come, the 2 of the market do not.
    assert abm.stress(facility, ["Fund:funding:1"], quarters=2).balance.orders[0] == pytest.approx(2.0)
    assert abm.stress(network(nodes, []), ["Fund:funding:1"], quarters=2).balance.orders[0] == pytest.approx(7.0)


def test_a_revenue_shock_lowers_a_going_concern_by_its_multiple():
    nodes = {"Cloud": {"kind": "operator", "ai_revenue": 2.0, "cash": 1.0}}
    result = abm.stress(network(nodes, []), ["Cloud:revenue:0.5"], parameters={"enterprise_multiple": 5.0})
    row = result.ecosystem.row["Cloud"]
    assert result.lost["direct"][row, 0] == pytest.approx(4.0)
    assert result.lost["valuation"][row, 0] == pytest.approx(5.0 * 4.0)


# -- flags ------------------------------------------------------------------------------------------
SECURED = {"rate": 0.1, "term_quarters": 8, "amortisation": "linear"}


def leveraged(chips: float, revenue: float):
    nodes = {"Fund": {"kind": "lender", "cash": 50.0}, "Maker": {"kind": "chipmaker", "cash": 1.0},
             "Cloud": {"kind": "operator", "ai_revenue": revenue, "cash": 2.0, "chips_book": chips,
                       "core_business_value": 50.0, "ai_capex": 1.0}}  # fmt: skip
    return network(nodes, [("Fund", "Cloud", "gpu_loan", 12.0, SECURED)])


def test_a_covenant_needs_both_of_its_tests_to_fail():
    # Opening: loan to value 6/12, cover 12/(6 + 1.2).
    assert not flagged(abm.stress(leveraged(12.0, 3.0), ["all:gpu_price:0.6"]), "covenant", "Cloud")
    assert not flagged(abm.stress(leveraged(12.0, 3.0), ["Cloud:revenue:0.5"]), "covenant", "Cloud")
    both = abm.stress(leveraged(12.0, 3.0), ["all:gpu_price:0.6", "Cloud:revenue:0.5"])
    assert flagged(both, "covenant", "Cloud")
    assert both.price[0] < 1.0


def test_a_borrower_in_breach_from_the_start_gets_headroom():
    # Opening: loan to value 6/3, cover 4/7.2: both beyond their limits. Headroom is a tenth of each.
    poor = leveraged(3.0, 1.0)
    assert not flagged(abm.stress(poor, ["all:revenue:0"]), "covenant", "Cloud")
    assert not flagged(abm.stress(poor, ["all:gpu_price:0.08", "Cloud:revenue:0.08"]), "covenant", "Cloud")
    assert not flagged(abm.stress(poor, ["all:gpu_price:0.08", "Cloud:revenue:0.12"]), "covenant", "Cloud")
    assert not flagged(abm.stress(poor, ["all:gpu_price:0.12", "Cloud:revenue:0.08"]), "covenant", "Cloud")
    assert flagged(abm.stress(poor, ["all:gpu_price:0.12", "Cloud:revenue:0.12"]), "covenant", "Cloud")


def test_a_bank_short_of_capital_stops_lending():
    nodes = {"Bank": {"kind": "lender", "market": "BK", "cash": 100.0, "capital": 12.0, "absorption_per_quarter": 9.0},
             "Fund": {"kind": "lender", "market": "PC", "cash": 100.0, "capital": 12.0},
             "Risky": {"kind": "operator", "core_business_value": 30.0, "cash": 9.0},
             "Other": {"kind": "operator", "ai_capex": 2.0, "cash": 0.0}, "Maker": {"kind": "chipmaker"}}  # fmt: skip
    edges = [("Bank", "Risky", "loan", 25.0), ("Fund", "Risky", "loan", 25.0)]
    result = abm.stress(network(nodes, edges), ["Risky:assets:1"])
    assert flagged(result, "withdrawal", "Bank")
    assert not flagged(result, "withdrawal", "Fund")  # funds pass losses on, they have no capital test
    log = result.events.frame()
    withheld = log[(log.channel == "funding") & (log.target == "Other")]
    assert set(withheld.source) == {"Bank"}
    assert withheld.sweep.min() == 2


def test_a_cheap_lab_short_of_cash_cannot_raise_equity():
    nodes = {"Investor": {"kind": "lender", "cash": 90.0, "invests_equity_only": 1.0, "absorption_per_quarter": 9.0},
             "Lab": {"kind": "ai_lab", "ai_revenue": 1.0, "fixed_rd_cost": 3.0, "cash": 2.0,
                     "liquidity_buffer": 1.0, "private_valuation": 30.0}}  # fmt: skip
    result = abm.stress(network(nodes, []), ["Lab:revenue:0.4"], parameters={"lab_operating_cost_share": 0.0})
    assert flagged(result, "withdrawal", "Lab")  # worth less than six years of planned revenue
    assert flagged(result, "default", "Lab")  # and research has to be paid
    rich = abm.stress(network(nodes, []), ["Lab:revenue:0.05"], parameters={"lab_operating_cost_share": 0.0})
    assert not rich.raised.any()


# -- draws ------------------------------------------------------------------------------------------
def test_drawn_shares_of_a_mix_still_sum_to_one(city):
    drawn = Drawn(city, range(50), 1)
    for group in ("internal_need", "chips:AMZN", "compute:OAI"):
        shares = drawn.shares(group)
        assert shares.std(axis=1).max() > 0.0
        np.testing.assert_allclose(shares.sum(axis=0), 1.0, atol=1e-12)


def test_drawn_stakes_never_own_a_firm_twice(city):
    claims = city.claims
    wide = replace(claims, high=np.where(claims.id.index("equity_07") == np.arange(len(claims)), 5.0, claims.high))
    greedy = replace(city, claims=wide)
    drawn = Drawn(greedy, range(200), 1).claim("share")
    held = np.zeros((len(city), 200))
    stakes = np.flatnonzero(~np.isnan(drawn[:, 0]))
    np.add.at(held, claims.target[stakes], drawn[stakes])
    assert held.max() == pytest.approx(0.99)
    calm = Drawn(city, range(200), 1).claim("share")[claims.id.index("equity_07")]
    assert 0.14 <= calm.min() < 0.16 < calm.max() <= 0.19
    assert Settlement(make_plan(Drawn(greedy, range(20), 1), Parameters(greedy), 4)).state.converged.all()


def test_drawn_numbers_stay_in_their_range_and_reported_ones_stay_put(city):
    drawn = Drawn(city, range(300), 1)
    cash, numbers = drawn.stock("cash"), city.stocks["cash"]
    for firm, row in city.row.items():
        if np.isfinite(numbers.low[row]) and numbers.grade[row] == 4:
            assert numbers.low[row] <= cash[row].min() < cash[row].max() <= numbers.high[row], firm
        else:
            assert (cash[row] == numbers.value[row]).all(), firm
    # Members of a split group move together: they are one number of the data.
    tail = drawn.stock("cash")[city.rows("TAIL1")]
    assert np.ptp(tail / tail[:, :1], axis=0).max() < 1e-12


# -- guards -----------------------------------------------------------------------------------------
def test_a_run_that_loses_money_stops_and_says_where(city, monkeypatch):
    honest = stress_testing.balance

    def cheat(*states):
        found = honest(*states)
        return replace(found, owners=found.owners + np.where(np.arange(found.owners.size) == 3, 1.0, 0.0))

    monkeypatch.setattr(stress_testing, "balance", cheat)
    with pytest.raises(ArithmeticError, match="world 3: losses that arose and losses borne differ by 1"):
        abm.stress(city, ["all:revenue:0.1..0.5"], worlds=6)


def test_parameters_by_world_survive_blocks(city):
    settings = {"valuation_elasticity": np.linspace(1.0, 2.0, 7)}
    whole = abm.stress(city, ["all:revenue:0.3"], worlds=7, parameters=settings)
    cut = abm.stress(city, ["all:revenue:0.3"], worlds=7, parameters=settings, block=3)
    np.testing.assert_array_equal(whole.value_after, cut.value_after)


def test_treasury_bills_are_owed_by_the_government(city):
    from abm.opening import open_ledger

    ledger = open_ledger(Drawn(city), Parameters(city))
    bills = ledger.column("securities")[:, 0]
    assert bills[city.row["US"]] == pytest.approx(-bills[bills > 0].sum())
    assert bills[city.rest_of_world] == 0.0
