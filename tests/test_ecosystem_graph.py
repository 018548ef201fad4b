"""Ecosystems as networkx graphs and GraphML files, and graphs as ecosystems."""

from __future__ import annotations

import os
from fractions import Fraction

import networkx
import numpy as np
import pytest
from ecosystems import assert_same

from abm.drawn import Drawn
from abm.ecosystem import from_graph, load, read_graphml, synthetic, write_graphml
from abm.ecosystem.schema import LARGEST
from abm.ecosystem.vocabulary import AMORTISATIONS, KINDS, LAYERS, SENIORITIES
from abm.errors import BadInput
from abm.ledger import TOLERANCE
from abm.opening import open_ledger
from abm.parameters import Parameters
from abm.stress_testing import stress


@pytest.fixture(scope="module")
def city():
    return load("ai_2026")


def small(**loan):
    """A bank, a cloud and a lab: a loan, a stake and a contract."""
    graph = networkx.MultiDiGraph()
    graph.add_node("BANK", kind="lender", cash=5.0)
    graph.add_node("CLOUD", kind="operator", cash=2, chips_book=np.float64(9.5), region="US", name="A cloud")
    graph.add_node("LAB", kind="ai_lab")
    graph.add_edge("BANK", "CLOUD", **{"layer": "loan", "amount": 4.0, **loan})
    graph.add_edge("CLOUD", "LAB", layer="equity", amount=1.0, share=0.2)
    graph.add_edge("LAB", "CLOUD", key="deal", layer="take_or_pay", amount=0.5, term_quarters=8)
    return graph


def faults_of(graph):
    with pytest.raises(BadInput) as caught:
        from_graph(graph, "mine")
    return caught.value.faults


def test_a_graph_keeps_everything(city):
    graph = city.graph()
    assert isinstance(graph, networkx.MultiDiGraph)
    assert graph.nodes["AMZN"]["kind"] == "hyperscaler"
    assert graph.nodes["AMZN"]["capex_total"] == 44.2
    assert "sponsor" not in graph.nodes["AMZN"]
    edge = graph.edges["OAI", "CRWV", "take_or_pay_04"]
    assert (edge["layer"], edge["amount"], edge["committed"]) == ("take_or_pay", 0.415, 22.4)
    assert graph.edges["IREN", "NVDA", "order_book_02"]["amount"] == 5.8
    assert graph.edges["BANK", "V_ORCL", "loan_03"]["amount"] == 13.3
    assert_same(city, from_graph(graph))


def test_a_synthetic_network_survives_the_graph():
    network = synthetic(200, seed=5)
    assert_same(network, from_graph(network.graph()))


def test_a_small_graph_needs_little():
    network = from_graph(small(), "mine")
    assert network.name == "mine"
    assert network.id == ("CLOUD", "LAB", "BANK", "ROW")
    assert KINDS[network.kind[network.rest_of_world]] == "rest_of_world"
    assert network.title[0] == "A cloud"
    assert network.region == ("US", "other", "other", "other")
    assert network.stock("cash").tolist() == [2, 0, 5, 0]
    assert network.has("cash").tolist() == [True, False, True, False]
    claims = network.claims
    loan, stake, deal = (claims.id.index(name) for name in ("loan_1", "equity_1", "deal"))
    assert (claims.drawn[loan], claims.committed[loan]) == (4, 4)
    assert SENIORITIES[claims.seniority[loan]] == "senior_secured"
    assert np.isnan(claims.rate[loan])
    assert (claims.drawn[stake], claims.share[stake], claims.carried_at_cost[stake]) == (1, 0.2, False)
    assert (claims.due[deal], claims.committed[deal], claims.term[deal]) == (0.5, 4, 8)
    assert claims.active.all()
    assert network.id[claims.source[deal]] == "LAB"


@pytest.mark.parametrize(("layer", "source", "target", "column", "rank"), [
    ("bond", "BANK", "CLOUD", "drawn", "senior_unsecured"), ("loan", "BANK", "CLOUD", "drawn", "senior_secured"),
    ("gpu_loan", "BANK", "CLOUD", "drawn", "senior_secured"), ("abs", "BANK", "LAB", "drawn", "senior_secured"),
    ("vendor_loan", "MAKER", "CLOUD", "drawn", "senior_unsecured"), ("equity", "MAKER", "LAB", "drawn", "equity"),
    ("lease", "CLOUD", "LAB", "due", "executory"), ("take_or_pay", "LAB", "CLOUD", "due", "contract"),
    ("order_book", "CLOUD", "MAKER", "committed", "order"), ("guarantee", "MAKER", "CLOUD", "committed", "contingent"),
    ("backstop", "MAKER", "CLOUD", "committed", "contingent"), ("warrant", "MAKER", "LAB", "committed", "equity"),
    ("subsidy", "STATE", "CLOUD", "committed", "grant"),
])  # fmt: skip
def test_the_amount_of_an_edge_fills_the_column_of_its_layer(layer, source, target, column, rank):
    graph = networkx.DiGraph()
    kinds = {"BANK": "lender", "CLOUD": "operator", "LAB": "ai_lab", "MAKER": "chipmaker", "STATE": "government"}
    for node, kind in kinds.items():
        graph.add_node(node, kind=kind)
    graph.add_edge(source, target, layer=layer, amount=3.0)
    network = from_graph(graph)
    assert getattr(network.claims, column).tolist() == [3.0]
    assert SENIORITIES[network.claims.seniority[0]] == rank
    assert network.claims.carried_at_cost[0] == (layer == "equity")
    assert LAYERS[network.claims.layer[0]] == layer
    assert network.graph().edges[source, target, f"{layer}_1"]["amount"] == 3.0


def test_columns_of_claims_go_before_the_amount():
    graph = small(committed=10.0, rate=0.08, term_quarters=12, amortisation="linear", seniority="senior_unsecured",
                  start="2025Q4", cancellable=1, low=3, high=5, grade="press")
    network = from_graph(graph)
    loan = network.claims.id.index("loan_1")
    claims = network.claims
    assert (claims.drawn[loan], claims.committed[loan], claims.rate[loan]) == (4, 10, 0.08)
    assert (claims.term[loan], claims.start[loan], claims.cancellable[loan]) == (12, -1, 1)
    assert AMORTISATIONS[claims.amortisation[loan]] == "linear"
    assert (claims.low[loan], claims.high[loan], claims.grade[loan]) == (3, 5, 2)


def test_mixes_parameters_and_opening_come_from_the_graph():
    graph = small()
    graph.graph.update(
        opening="1999Q4", name="telecom", mixes={"enterprise": {"CLOUD": 1.0}},
        parameters={"chip_life_quarters": 20, "operating_cost_share": {"operator": 0.4}},
    )
    network = from_graph(graph)
    assert (network.name, network.opening) == ("telecom", "1999Q4")
    assert network.shares("enterprise").tolist() == [1, 0, 0, 0]
    assert network.parameter("chip_life_quarters")[0] == 20
    assert network.parameter("operating_cost_share")[0] == 0.4


def test_undirected_edges_run_the_way_their_layer_allows():
    graph = networkx.Graph()
    graph.add_node("CLOUD", kind="operator")
    graph.add_node("BANK", kind="lender")
    graph.add_node("SITE", kind="vehicle")
    graph.add_edge("CLOUD", "BANK", layer="loan", amount=1.0)
    network = from_graph(graph)
    assert network.id[network.claims.source[0]] == "BANK"
    graph.add_edge("CLOUD", "SITE", layer="lease", amount=1.0)
    [fault] = faults_of(graph)
    assert "'CLOUD' -> 'SITE'" in fault.file
    assert "DiGraph" in fault.expected


def test_nodes_may_be_numbers():
    graph = networkx.DiGraph()
    graph.add_node(1, kind="lender")
    graph.add_node(2, kind="operator")
    graph.add_edge(1, 2, layer="loan", amount=1)
    assert from_graph(graph).id == ("2", "1", "ROW")


@pytest.mark.parametrize("item", ["cash", "core_business_value"])
def test_the_books_balance_with_the_largest_number_there_may_be(city, item):
    graph = city.graph()
    graph.graph.pop("ranges")
    graph.nodes["NVDA"][item] = LARGEST
    result = stress(from_graph(graph), ["all:revenue:0.3"])
    assert result.balance.residual.max() < TOLERANCE


@pytest.mark.parametrize("share", [0.995, 0.9951, 0.999999999])
def test_firms_that_own_each_other_have_values_or_are_refused(share):
    graph = networkx.DiGraph()
    graph.add_nodes_from(["A", "B"], kind="operator", cash=5.0)
    graph.add_edge("A", "B", layer="equity", amount=1.0, share=share)
    graph.add_edge("B", "A", layer="equity", amount=1.0, share=share)
    if share <= 0.995:
        network = from_graph(graph)
        assert open_ledger(Drawn(network), Parameters(network)).check() < TOLERANCE
    else:
        assert [fault.file for fault in faults_of(graph)] == ["mine, edge 'A' -> 'B'", "mine, edge 'B' -> 'A'"]


NODE, EDGE = "mine, node 'LAB'", "mine, edge 'BANK' -> 'CLOUD'"


@pytest.mark.parametrize(("attributes", "place", "words"), [
    ({"kind": "ai_lap"}, NODE, "did you mean 'ai_lab'"),
    ({"kind": None}, NODE, "a blank"),
    ({"kind": 3}, NODE, "one of hyperscaler"),
    ({"cahs": 1.0}, NODE, "did you mean 'cash'"),
    ({7: 1.0}, NODE, "a known attribute"),
    ({"region": "Mars"}, NODE, "one of US"),
    ({"name": "a cloud"}, NODE, "the name of CLOUD"),
    ({"group": "CLOUD"}, NODE, "the id of CLOUD"),
    ({"cash": -1.0}, f"{NODE}, cash", "not below zero"),
    ({"cash": float("nan")}, f"{NODE}, cash", "'nan'"),
    ({"cash": float("inf")}, f"{NODE}, cash", "'inf'"),
    ({"cash": "much"}, f"{NODE}, cash", "'much'"),
    ({"cash": 10**400}, f"{NODE}, cash", "a number of more than 308 digits"),
    ({"cash": -(10**5000)}, f"{NODE}, cash", "a number of more than 308 digits"),
    ({"cash": Fraction(10**400, 3)}, f"{NODE}, cash", "at most 1e+09"),
    ({"cash": [1]}, f"{NODE}, cash", "'[1]'"),
    ({"cash": 1j}, f"{NODE}, cash", "'1j'"),
])  # fmt: skip
def test_a_wrong_node_is_named(attributes, place, words):
    graph = small()
    graph.nodes["LAB"].update(attributes)
    named = [fault for fault in faults_of(graph) if fault.file == place and words in str(fault)]
    assert named


@pytest.mark.parametrize(("attributes", "words"), [
    ({"layer": "loans"}, "did you mean 'loan'"),
    ({"layer": None}, "one of equity"),
    ({"amount": None}, "the drawn of a loan"),
    ({"amount": -1}, "not below zero"),
    ({"amount": 10**400}, "308 digits"),
    ({"start": 10**400}, "308 digits"),
    ({"amount": float("nan")}, "'nan'"),
    ({"amount": float("-inf")}, "'-inf'"),
    ({"amount": "lots"}, "'lots'"),
    ({"ammount": 1}, "did you mean 'amount'"),
    ({"weight": 1}, "a known attribute"),
    ({"layer": "vendor_loan"}, "a lender"),
    ({"seniority": "junior"}, "one of senior_secured"),
    ({"rate": 8}, "from 0 to 1"),
    ({"term_quarters": 2.5}, "a whole number"),
    ({"amortisation": "linear"}, "linear needs one"),
    ({"start": 3}, "by 2026Q1"),
    ({"start": 0.5}, "YYYYQn"),
    ({"status": "future"}, "this claim is future"),
    ({"id": "deal"}, "a second time"),
    ({"grade": "sure"}, "one of reported"),
])  # fmt: skip
def test_a_wrong_edge_is_named(attributes, words):
    faults = faults_of(small(**attributes))
    named = [fault for fault in faults if words in str(fault)]
    assert named, faults
    assert named[0].file.startswith((EDGE, "mine, edge 'LAB' -> 'CLOUD' ('deal')"))


@pytest.mark.parametrize(("change", "words"), [
    (lambda graph: graph.add_edge("LAB", "LAB", layer="lease", amount=1), "another firm than the source"),
    (lambda graph: graph.add_edge("BANK", "LAB", layer="equity", amount=1, share=0.8), "sum to 1;"),
    (lambda graph: graph.add_edge("BANK", "NEW", layer="loan", amount=1), "node 'NEW', kind: found a blank"),
    (lambda graph: graph.add_node("ROW", kind="operator"), "or another id for this firm"),
    (lambda graph: graph.add_nodes_from(["A", "B"], kind="rest_of_world"), "2 firms of kind rest_of_world"),
    (lambda graph: graph.add_node("cloud", kind="operator"), "the id of CLOUD"),
    (lambda graph: graph.add_node(("a", 1), kind="operator"), "letters, digits"),
    (lambda graph: graph.add_node("", kind="operator"), "a blank"),
    (lambda graph: graph.graph.update(opening="soon"), "a quarter as YYYYQn"),
    (lambda graph: graph.graph.update(mixes=[1]), "a list as the graph attribute mixes"),
    (lambda graph: graph.graph.update(mixes={"enterprise": 1}), "a dict of item to share"),
    (lambda graph: graph.graph.update(mixes={"enterprise": {"CLOUD": "x"}}), "'x'"),
    (lambda graph: graph.graph.update(mixes={"enterprise": {"CLOUD": 0.5}}), "sum to 0.5"),
    (lambda graph: graph.graph.update(parameters={"chip_life": 3}), "did you mean 'chip_life_quarters'"),
    (lambda graph: graph.graph.update(parameters=7), "a int as the graph attribute parameters"),
    (lambda graph: graph.graph.update(ranges={"CLOUD": {"cash": ["assumed", 5, 6]}}), "2 with low 5 and high 6"),
    (lambda graph: graph.graph.update(ranges={"CLOUD": {"cash": [[], None, None]}}), "one of reported"),
])  # fmt: skip
def test_a_wrong_graph_is_refused(change, words):
    graph = small()
    change(graph)
    assert any(words in str(fault) for fault in faults_of(graph)), faults_of(graph)


def test_nonsense_beside_the_network_does_no_harm():
    graph = small()
    graph.graph.update(order=5, ranges={"CLOUD": 3}, mixes=None, parameters={})
    assert len(from_graph(graph).claims) == 3
    graph.graph.update(order=[[1], "deal"])
    assert from_graph(graph).claims.id[0] == "deal"


def test_something_else_is_no_graph():
    for each in (None, 3, {"A": "B"}, np.eye(3)):
        with pytest.raises(BadInput, match="a networkx graph"):
            from_graph(each)


def test_graphml_keeps_everything(city, tmp_path):
    path = tmp_path / "city.graphml"
    write_graphml(city, path)
    assert_same(city, read_graphml(path))
    assert_same(city, load(str(path)))
    write_graphml(from_graph(small()), path)  # replaces
    assert len(load(path)) == 4
    assert [each.name for each in tmp_path.iterdir()] == ["city.graphml"]


def test_graphml_of_others_is_read(tmp_path):
    path = tmp_path / "plain.GraphML"
    networkx.write_graphml(small(), path)
    assert len(load(path).claims) == 3


def test_graphml_that_cannot_be_written_leaves_nothing(city, tmp_path, monkeypatch):
    with pytest.raises(BadInput):
        write_graphml(city, tmp_path / "none" / "city.graphml")
    (tmp_path / "taken.graphml").mkdir()
    with pytest.raises(BadInput):
        write_graphml(city, tmp_path / "taken.graphml")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(networkx, "write_graphml_xml", fail)
    with pytest.raises(BadInput, match="disk full"):
        write_graphml(city, tmp_path / "city.graphml")
    assert [each.name for each in tmp_path.iterdir()] == ["taken.graphml"]


HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
KEYS = (
    '<key id="k" for="node" attr.name="kind" attr.type="string"/>'
    '<key id="c" for="node" attr.name="cash" attr.type="double"/>'
)
_LEVELS = "".join(f'<!ENTITY {name} "{f"&{last};" * 10}">' for last, name in zip("abcdefgh", "bcdefghi", strict=True))
BOMB = f'<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa">{_LEVELS}]>'
FILES = [
    ("", "no well-formed XML"),
    ("firm,item\nA,cash\n", "no well-formed XML"),
    ("\x7fELF\x00\x01", "no well-formed XML"),
    ("<html><body/></html>", "the root element 'html'"),
    (HEAD, "no well-formed XML"),
    (HEAD + "<graph edgedefault='directed'><node id='A'></graph></graphml>", "no well-formed XML"),
    (HEAD + "</graphml>", "nodes and edges"),
    (BOMB + HEAD + "<graph edgedefault='directed'><node id='&i;'/></graph></graphml>", "a document type"),
    ('<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + HEAD + "<graph><node id='&x;'/></graph></graphml>",
     "a document type"),
    ('<!DOCTYPE graphml SYSTEM "http://127.0.0.1:9/x.dtd">' + HEAD + "</graphml>", "a document type"),
    (HEAD + "&x;</graphml>", "no well-formed XML"),
    (HEAD + "<graph>" * 30 + "</graph>" * 30 + "</graphml>", "nested more than"),
    (HEAD + "<graph edgedefault='directed'><node/></graph></graphml>", "node 'None', kind: found a blank"),
    (HEAD + "<graph edgedefault='directed'><node id='A'/><edge source='A'/></graph></graphml>", "edge 'A' -> 'None'"),
    (HEAD + "<graph edgedefault='directed'><hyperedge/></graph></graphml>", "nodes and edges"),
    (HEAD + "<graph edgedefault='directed'><node id='A'><data key='z'>1</data></node></graph></graphml>",
     "node 'A', line 1: found the key 'z'; expected the id of a key element"),
    (HEAD + KEYS + "<graph edgedefault='directed'><node id='A'/></graph></graphml>", "node 'A', kind: found a blank"),
    (HEAD + KEYS + "<graph edgedefault='directed'><node id='A'><data key='k'>operator</data><data key='c'>NaN</data>"
     "</node></graph></graphml>", "node 'A', cash, value: found 'nan'"),
    (HEAD + '<key id="m" for="graph" attr.name="mixes" attr.type="string"/>'
     "<graph edgedefault='directed'><data key='m'>{</data></graph></graphml>", "not JSON"),
    (HEAD + '<key id="m" for="graph" attr.name="mixes" attr.type="string"/>'
     "<graph edgedefault='directed'><data key='m'>" + "[" * 100_000 + "</data></graph></graphml>", "not JSON"),
]  # fmt: skip


KEY = '<key id="{}" for="node" attr.name="{}" attr.type="{}"/>'.format
VALUES = [
    (KEY("c", "cash", "double"), "lots", "found 'lots'; expected a double"),
    (KEY("c", "cash", "float"), "1,5", "found '1,5'; expected a float"),
    (KEY("c", "cash", "int"), "1.5", "found '1.5'; expected an int"),
    (KEY("c", "cash", "long"), "9" * 400, f"found '9{'9' * 55}...'; expected a long"),
    (KEY("c", "cash", "long"), "9" * 5000, f"found '9{'9' * 55}...'; expected a long"),
    (KEY("c", "cash", "boolean"), "yes", "found 'yes'; expected a boolean"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "words"), VALUES, ids=range(len(VALUES)))
def test_a_value_of_another_type_is_named(tmp_path, key, value, words):
    path = tmp_path / "mine.graphml"
    element = f"\n<data key='c'>{value}</data>\n"
    path.write_text(
        f"{HEAD}\n{key}\n<graph edgedefault='directed'>\n<node id='A'>{element}</node>\n"
        f"<edge id='e' source='A' target='B'>{element}</edge>{element}</graph></graphml>"
    )
    with pytest.raises(BadInput) as caught:
        load(path)
    assert list(map(str, caught.value.faults)) == [
        f"mine.graphml, node 'A', line 5, cash: {words}",
        f"mine.graphml, edge 'A' -> 'B' ('e'), line 8, cash: {words}",
        f"mine.graphml, graph, line 10, cash: {words}",
    ]


TWICE = [
    ("<node id='A'/>\n<node id='B'/>\n<node id='A'/>",
     "mine.graphml, line 5: found the node 'A' a second time; expected one for each id, and line 3 has it"),
    ("<edge id='x' source='A' target='B'/><edge id='x' source='A' target='C'/>\n<edge id='x' source='A' target='B'/>",
     "mine.graphml, line 4: found the edge 'A' -> 'B' ('x') a second time; "
     "expected one for each id, and line 3 has it"),
    ("<node id='A'>\n<data key='c'>1</data><data key='c'>2</data></node>",
     "mine.graphml, node 'A', line 4, cash: found a second value; expected one"),
    ("<node id='A'>\n<data key='c'>1</data><data key='again'>2</data></node>",
     "mine.graphml, node 'A', line 4, cash: found a second value; expected one"),
    ("</graph>\n<graph edgedefault='directed'><node id='Z'/>",
     "mine.graphml, line 4: found a second graph; expected one, and line 2 has it"),
    ("<node id='A'><graph edgedefault='directed'/></node>",
     "mine.graphml, line 3: found a second graph; expected one, and line 2 has it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), TWICE, ids=range(len(TWICE)))
def test_what_stands_twice_is_refused_with_both_lines(tmp_path, text, message):
    path = tmp_path / "mine.graphml"
    keys = KEY("c", "cash", "double") + KEY("again", "cash", "double")
    path.write_text(f"{HEAD}{keys}\n<graph edgedefault='directed'>\n{text}</graph></graphml>")
    with pytest.raises(BadInput) as caught:
        load(path)
    assert str(caught.value) == message


def test_undirected_edges_of_one_id_are_one_edge(tmp_path):
    path = tmp_path / "mine.graphml"
    edges = "<edge id='x' source='A' target='B'/>\n<edge id='x' source='B' target='A'/>"
    path.write_text(f"{HEAD}<graph edgedefault='undirected'>\n{edges}</graph></graphml>")
    with pytest.raises(BadInput, match=r"line 3: found the edge 'B' -> 'A' \('x'\) a second time"):
        load(path)


def test_parallel_edges_and_edges_back_are_read(tmp_path):
    graph = small()
    graph.add_edge("BANK", "CLOUD", layer="bond", amount=1.0)
    graph.add_edge("CLOUD", "LAB", layer="lease", amount=1.0)
    graph.add_edge("LAB", "CLOUD", layer="take_or_pay", amount=1.0)
    path = tmp_path / "mine.graphml"
    networkx.write_graphml(graph, path)
    assert len(load(path).claims) == 6


KEYS_AT_FAULT = [
    (KEY("c", "cash", "decimal"), "line 2, attr.type of cash: found 'decimal'; expected one of boolean, int, integer"),
    (KEY("c", "cash", "Double"), "(did you mean 'double'?)"),
    (KEY("c", "cash", "double") + "\n" + KEY("c", "kind", "string"),
     "line 3: found the key 'c' a second time; expected one for each id, and line 2 has it"),
    ('<key id="c" for="node" attr.name="cash" attr.type="double"><default>much</default></key>',
     "key 'c', line 2, cash: found 'much'; expected a double"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "words"), KEYS_AT_FAULT, ids=range(len(KEYS_AT_FAULT)))
def test_a_wrong_key_is_named(tmp_path, keys, words):
    path = tmp_path / "mine.graphml"
    path.write_text(f"{HEAD}\n{keys}\n<graph edgedefault='directed'><node id='A'/></graph></graphml>")
    with pytest.raises(BadInput) as caught:
        load(path)
    assert len(caught.value.faults) == 1
    assert words in str(caught.value)


@pytest.mark.parametrize(("text", "words"), FILES, ids=range(len(FILES)))
def test_hostile_graphml_is_refused(tmp_path, text, words):
    path = tmp_path / "mine.graphml"
    path.write_bytes(text.encode())
    with pytest.raises(BadInput, match=r"mine\.graphml") as caught:
        read_graphml(path)
    assert words in str(caught.value)
    assert all(fault.file.startswith("mine.graphml") for fault in caught.value.faults)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.graphml"]


def test_graphml_in_another_encoding_hides_nothing(tmp_path):
    path = tmp_path / "mine.graphml"
    path.write_bytes(('<?xml version="1.0" encoding="utf-16"?>' + BOMB + HEAD + "</graphml>").encode("utf-16"))
    with pytest.raises(BadInput, match="a document type"):
        read_graphml(path)


def test_graphml_that_cannot_be_read_is_named(city, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    write_graphml(city, tmp_path / "mine.graphml")
    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(BadInput, match="Permission denied"):
        read_graphml(tmp_path / "mine.graphml")


def test_graphml_must_be_a_file_of_moderate_size(tmp_path):
    path = tmp_path / "mine.graphml"
    with pytest.raises(BadInput, match="no such file"):
        read_graphml(path)
    with pytest.raises(BadInput):
        read_graphml("x\0.graphml")
    path.touch()
    os.truncate(path, 200_000_001)
    with pytest.raises(BadInput, match="at most 200,000,000 bytes"):
        read_graphml(path)
    (tmp_path / "folder.graphml").mkdir()
    with pytest.raises(BadInput, match="a folder or device"):
        read_graphml(tmp_path / "folder.graphml")
