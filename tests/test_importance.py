"""DebtRank and intercentrality against published and constructed cases, networkx and each other."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import numpy as np
import pytest

from abm.errors import BadInput
from experiments.importance import debtrank, intercentrality, knockouts, leverage, spectral_radius

CASES = Path(__file__).parent / "cases"


def case(name: str) -> dict:
    return json.loads((CASES / f"{name}.json").read_text())


def network(held, net_worth) -> networkx.MultiDiGraph:
    """Row i holds claims on column j, each in two parts."""
    graph = networkx.MultiDiGraph()
    for node, own in enumerate(net_worth):
        graph.add_node(node, net_worth=own)
    for (i, j), amount in np.ndenumerate(np.array(held, float)):
        if amount:
            graph.add_edge(i, j, amount=0.25 * amount)
            graph.add_edge(i, j, amount=0.75 * amount)
    return graph


def test_seven_banks_fail_one_at_a_time():
    said = case("debtrank_furfine_md7")
    graph = network(said["inputs"]["A"], said["inputs"]["buffer"])
    for firm, expected in said["expected"]["single_default"].items():
        shock = dict.fromkeys(graph, 0.1) if firm == "uniform_0.1" else {int(firm): 1.0}
        assert debtrank(graph, shock)["part"].tolist() == pytest.approx(expected["debtrank_h"], abs=1e-10)
    assert spectral_radius(leverage(graph)) == pytest.approx(said["expected"]["spectral_radius_Lambda"], abs=1e-10)


def test_a_ring_that_a_small_shock_wipes_out():
    said = case("debtrank_linear_ring")
    graph = network(np.array(said["inputs"]["L_interbank"]).T, said["inputs"]["equity_before"])
    assert np.allclose(leverage(graph), said["expected"]["Lambda"], atol=1e-12)
    for size in ("full_shock", "small_shock"):
        expected = said["expected"][size]
        found = debtrank(graph, dict(enumerate(expected["h1"])))
        assert found["part"].tolist() == pytest.approx(expected["h_inf"], abs=1e-10)
        assert found["loss"].sum() == pytest.approx(sum(said["inputs"]["equity_before"]))


def test_passing_on_once_or_until_still():
    said = case("debtrank_single_hit_vs_cyclic")
    graph = network(said["inputs"]["A"], said["inputs"]["E"])
    for name, shock in (("default_of_0", {0: 1.0}), ("stress_0_30pct", {0: 0.3})):
        for single_hit, key in ((True, "h_single_hit"), (False, "h_cyclic")):
            found = debtrank(graph, shock, single_hit=single_hit)["part"].tolist()
            assert found == pytest.approx(said["expected"][name][key], abs=1e-10)


def test_the_key_player_is_not_always_the_most_central():
    said = case("key_player_intercentrality")
    graph = networkx.Graph(said["inputs"]["undirected_edges"])
    for decay in said["inputs"]["deltas"]:
        found, expected = intercentrality(graph, decay), said["expected"][f"delta_{decay}"]
        for column, key in (("katz", "katz_bonacich"), ("intercentrality", "intercentrality")):
            for name, value in expected[key].items():
                assert found[column][int(name[-1])] == pytest.approx(value, abs=1e-10)


def test_intercentrality_is_the_drop_of_a_directed_graph_too_and_katz_that_of_networkx():
    chance = np.random.default_rng(2)
    held = np.where(chance.random((7, 7)) < 0.4, chance.random((7, 7)), 0.0)
    graph = network(held, np.ones(7))
    plain = networkx.DiGraph()
    plain.add_nodes_from(graph)
    plain.add_weighted_edges_from((i, j, held[i, j]) for i, j in zip(*np.nonzero(held), strict=True))
    decay = 0.6 / spectral_radius(held)
    found = intercentrality(graph, decay)
    katz = networkx.katz_centrality_numpy(plain, decay, normalized=False, weight="weight")
    assert found["katz"].to_dict() == pytest.approx(katz)
    whole = np.linalg.inv(np.eye(7) - decay * held).sum()
    for node in graph:
        kept = [each for each in graph if each != node]
        without = np.linalg.inv(np.eye(6) - decay * held[np.ix_(kept, kept)]).sum()
        assert found["intercentrality"][node] == pytest.approx(whole - without)


def test_knockouts_leave_the_own_loss_out_and_a_firm_without_net_worth_loses_nothing():
    graph = network([[0, 3, 0], [0, 0, 8], [0, 0, 0]], [6.0, 4.0, 5.0])
    assert knockouts(graph)["lost_by_others"].tolist() == pytest.approx([0.0, 3.0, 7.0])
    graph.nodes[1]["net_worth"] = -4.0
    assert knockouts(graph, [2])["lost_by_others"].tolist() == [0.0]
    assert debtrank(graph, {1: 1.0})["loss"].tolist() == pytest.approx([3.0, 0.0, 0.0])


def test_what_means_nothing_is_refused():
    graph = network([[0, 2], [2, 0]], [1.0, 1.0])
    with pytest.raises(BadInput, match=r"below 0\.5"):
        intercentrality(graph, 0.5)
    with pytest.raises(BadInput, match="nodes of the graph"):
        debtrank(graph, {"nobody": 1.0})
    del graph.nodes[1]["net_worth"]
    with pytest.raises(BadInput, match="no net_worth of '1'"):
        debtrank(graph, {0: 1.0})
