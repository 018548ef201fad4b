"""The planned horizon: it adds up, it is funded, and it follows the data."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import abm
from abm.drawn import Drawn
from abm.links import PURPOSES
from abm.parameters import Parameters
from abm.plan import make_plan
from abm.settlement import Settlement


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


def plan_of(ecosystem, quarters=4, settings=None, worlds=None):
    return make_plan(Drawn(ecosystem, worlds, 1), Parameters(ecosystem, settings), quarters)


def amount(plan, purpose, debtor=None, creditor=None):
    links, row = plan.links, plan.ecosystem.row
    chosen = links.purpose == PURPOSES.index(purpose)
    if debtor is not None:
        chosen &= links.debtor == row[debtor]
    if creditor is not None:
        chosen &= links.creditor == row[creditor]
    return links.amount[chosen].sum()


@pytest.mark.parametrize("quarters", [1, 4, 8, 12])
def test_every_plan_is_paid_for(city, quarters):
    plan = plan_of(city, quarters)
    state = Settlement(plan).state
    assert not state.flags.any()
    assert np.abs(state.paid - 1.0).max() < 1e-12
    assert (state.left >= -1e-9).all()
    assert state.sweeps[0] == 1


def test_the_plan_of_every_drawn_world_is_paid_for(city):
    state = Settlement(plan_of(city, worlds=range(200))).state
    assert not state.flags.any()
    assert np.abs(state.paid - 1.0).max() < 1e-9


def test_known_flows_come_from_the_data(city):
    plan = plan_of(city)
    # Four quarters of a promise, of a rent, of interest; a sixtieth of a bond each quarter.
    assert amount(plan, "take-or-pay compute", "OAI", "MSFT") == pytest.approx(4 * 2.803)
    assert amount(plan, "rent", "CRWV", "APLD") == pytest.approx(4 * 0.03)
    assert amount(plan, "interest", "MSFT") == pytest.approx(40.26 * 0.0454)
    assert amount(plan, "principal", "MSFT") == pytest.approx(40.26 * 4 / 60)
    assert amount(plan, "funding", "SOFTB", "OAI") == pytest.approx(30.0)
    # End users pay labs 45% of 32 a quarter; the variable half of 25% running cost is netted.
    labs = plan.outside.revenue[city.of_kind("ai_lab"), 0].sum()
    assert labs == pytest.approx(4 * 32 * 0.45 * (1 - 0.5 * 0.25), rel=1e-5)


def test_chip_purchases_come_near_reported_sales(city):
    plan = plan_of(city)
    row = city.row["NVDA"]
    links = plan.links
    chips = (links.creditor == row) & (links.purpose == PURPOSES.index("chips"))
    sold = links.amount[chips].sum() / 0.75 + amount(plan, "trade payable", creditor="NVDA")
    assert sold / 4 == pytest.approx(0.9 * 75.246, rel=0.02)  # see the data's README


@pytest.mark.parametrize(
    "settings", [{"chipmaker_cost_of_sales": 1.0}, {"variable_cost_share": 1.0, "operating_cost_share": 1.0},
                 {"variable_cost_share": 1.0, "operating_cost_share": 5.0}],
)  # fmt: skip
def test_sales_without_a_margin_pass_on_whole(city, settings):
    plan = plan_of(city, settings=settings)
    assert np.isfinite(plan.links.amount).all()
    assert (plan.links.amount >= 0.0).all()
    assert not Settlement(plan).state.flags.any()
    # What buyers pay stays what they pay, whoever gets it.
    assert amount(plan, "supply cost", "OAI") + amount(plan, "spot compute", "OAI") == pytest.approx(
        amount(plan_of(city), "supply cost", "OAI") + amount(plan_of(city), "spot compute", "OAI")
    )


def test_nobody_but_owners_pays_for_the_own_use_cloud(city):
    plan = plan_of(city)
    assert amount(plan, "funding", "ROW", "TAIL2") == pytest.approx(amount(plan, "funding", creditor="TAIL2"))
    assert amount(plan, "funding", creditor="TAIL2") > 0.0


def test_a_market_that_absorbs_nothing_cuts_the_plan(city):
    free = plan_of(city, 8)
    stocks = dict(city.stocks)
    numbers = stocks["absorption_per_quarter"]
    value = numbers.value.copy()
    value[city.rows("IG")] *= 0.001
    stocks["absorption_per_quarter"] = type(numbers)(value, numbers.low, numbers.high, numbers.grade)
    short = plan_of(replace(city, stocks=stocks), 8)
    assert amount(short, "chips", "ORCL") < 0.8 * amount(free, "chips", "ORCL")
    assert not Settlement(short).state.flags.any()


def test_a_users_network_needs_only_kinds_and_amounts():
    graph = nx.MultiDiGraph()
    graph.add_node("lab", kind="ai_lab", cash=5.0, ai_revenue=1.0)
    graph.add_node("cloud", kind="operator", cash=1.0)
    graph.add_node("bank", kind="lender")
    graph.add_edge("lab", "cloud", layer="take_or_pay", amount=2.0)
    graph.add_edge("bank", "cloud", layer="loan", amount=4.0, rate=0.08, term_quarters=4, amortisation="bullet")
    network = abm.from_graph(graph)
    plan = plan_of(network)
    assert amount(plan, "take-or-pay compute", "lab", "cloud") == pytest.approx(8.0)
    assert amount(plan, "principal", "cloud", "bank") == pytest.approx(4.0)
    result = abm.stress(network, ["lab:cash:1", "lab:revenue:1"])
    cloud = network.row["cloud"]
    assert result.flagged("default")[network.row["lab"], 0]
    assert result.loss[cloud, 0] > 1.0
    assert result.balance.residual[0] < 1e-12


def test_no_firm_is_judged_for_what_it_already_was():
    graph = nx.MultiDiGraph()
    graph.add_node("cloud", kind="operator")  # owes without owning anything
    graph.add_node("bank", kind="lender")
    graph.add_edge("bank", "cloud", layer="gpu_loan", amount=4.0, rate=0.08, term_quarters=8, amortisation="linear")
    result = abm.stress(abm.from_graph(graph), ["all:revenue:0"])
    assert not result.raised.any()
    assert not result.loss.any()


def network(nodes, edges, **more):
    graph = nx.MultiDiGraph(**more)
    for firm, items in nodes.items():
        graph.add_node(firm, **items)
    for source, target, layer, items in edges:
        graph.add_edge(source, target, layer=layer, **items)
    return abm.from_graph(graph)


def facility(drawn, committed):
    return {"amount": drawn, "drawn": drawn, "committed": committed, "rate": 0.1, "term_quarters": 8.0}


LENDERS = {"Bank": {"kind": "lender", "market": "BK"}, "Fund": {"kind": "lender"}, "Trust": {"kind": "lender"}}
LAB = {"Lab": {"kind": "ai_lab", "private_valuation": 60.0}}
STAKE = ("Fund", "Lab", "equity", {"amount": 5.0, "drawn": 5.0, "committed": 35.0, "share": 0.1})
PENNILESS = {
    "a lender draws on another that lends to a vehicle": (
        LENDERS | LAB | {"Cloud": {"kind": "operator"}, "V": {"kind": "vehicle"}},
        [("Bank", "Fund", "loan", facility(1.0, 30.0)), STAKE, ("Bank", "V", "loan", facility(10.0, 20.0))]),
    "a chain of lenders, listed from its end": (
        LENDERS | LAB,
        [("Trust", "Bank", "loan", facility(1.0, 20.0)), ("Bank", "Fund", "loan", facility(1.0, 25.0)), STAKE]),
    "lenders draw on each other": (
        LENDERS | LAB,
        [("Bank", "Fund", "loan", facility(1.0, 30.0)), ("Fund", "Bank", "loan", facility(1.0, 30.0)), STAKE]),
    "a cloud draws on its supplier": (
        {"Vendor": {"kind": "chipmaker"}, "Cloud": {"kind": "operator", "ai_capex": 2.0}},
        [("Vendor", "Cloud", "vendor_loan", facility(1.0, 5.0))]),
    "a plan that is cut leaves a supplier without its sales": (
        {"Maker": {"kind": "chipmaker", "fixed_rd_cost": 2.0}, "Cloud": {"kind": "operator", "ai_capex": 9.0},
         "Bank": {"kind": "lender", "market": "BK", "cash": 9.0, "absorption_per_quarter": 0.1}},
        [("Bank", "Cloud", "loan", facility(1.0, 1.0))]),
}  # fmt: skip


@pytest.mark.parametrize("case", PENNILESS)
def test_what_others_draw_is_paid_for_too(case):
    nodes, edges = PENNILESS[case]
    ecosystem = network({"Maker": {"kind": "chipmaker"}} | nodes, edges, mixes={"chips:operator": {"Maker": 1.0}},
                        parameters={"chip_share_of_capex": 1.0})  # fmt: skip
    for quarters in (1, 4):
        state = Settlement(plan_of(ecosystem, quarters)).state
        assert not state.flags.any()
        assert np.abs(state.paid - 1.0).max() < 1e-12
    assert not abm.stress(ecosystem, ["all:revenue:0"]).loss.any()


def test_lenders_draw_on_each_other_before_others_pay():
    ecosystem = network(*PENNILESS["a chain of lenders, listed from its end"])
    plan = plan_of(ecosystem)
    assert amount(plan, "funding", "Bank", "Fund") == pytest.approx(24.0)  # all that it has been promised
    assert amount(plan, "funding", "Trust", "Bank") == pytest.approx(19.0)
    assert amount(plan, "funding", "ROW", "Trust") > 18.0


def test_the_shipped_network_is_funded_without_any_cash(city):
    cash = city.stocks["cash"]
    poor = replace(city, stocks=dict(city.stocks) | {"cash": replace(cash, value=np.zeros_like(cash.value))})
    for quarters in (1, 4, 12):
        state = Settlement(plan_of(poor, quarters)).state
        assert not state.flags.any()
        assert np.abs(state.paid - 1.0).max() < 1e-12


def test_what_cannot_be_paid_is_refused_by_name(city):
    plan = plan_of(city)
    dear = (plan.links.debtor == city.row["CRWV"]) & (plan.links.purpose == PURPOSES.index("interest"))
    amounts = np.where(dear[:, None], 1e3 * plan.links.amount, plan.links.amount)
    broke = replace(plan, links=replace(plan.links, amount=amounts))
    with pytest.raises(abm.BadInput, match="CRWV"):
        Settlement(broke)
