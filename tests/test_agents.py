"""Agents are views of the ledger's rows: arrays for all worlds, plain numbers for one."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import mesa
import networkx as nx
import numpy as np
import pytest
from mesa.datacollection import DataCollector

import abm
from abm.ecosystem.vocabulary import KINDS
from abm.parameters import Parameters


@pytest.fixture(scope="module")
def model():
    return abm.EcosystemModel("ai_2026", worlds=20, draw_assumed=True)


def test_there_is_a_class_for_every_kind_and_an_agent_for_every_firm(model):
    from abm.agents import CLASSES

    assert tuple(CLASSES) == KINDS
    assert [each.id for each in model.agents] == list(model.ecosystem.id)
    assert len(model.agents.select(agent_type=abm.Hyperscaler)) == 5


def test_one_class_answers_for_a_firm_and_for_its_kind(model):
    all_five, one = model.kind("hyperscaler"), model.firm("meta platforms")
    assert type(all_five) is type(one) is abm.Hyperscaler
    assert all_five.cash.shape == (5, 20)
    assert one.cash.shape == (20,)
    np.testing.assert_array_equal(all_five.cash[all_five.id.index("META")], one.cash)
    assert all_five.enterprise_multiple.shape == (5, 20)


def test_attributes_are_the_ledger_and_follow_it(model):
    fork = model.fork()
    before = fork.firm("NVDA").cash.copy()
    rows = model.ecosystem.row
    fork.ledger.transfer("cash", np.array([rows["NVDA"]]), np.array([rows["OAI"]]), np.full((1, 20), 2.0))
    np.testing.assert_allclose(fork.firm("NVDA").cash, before - 2.0)
    np.testing.assert_array_equal(model.firm("NVDA").cash, before)
    assert fork.ledger.check() < 1e-9


def test_undeclared_and_protected_names_are_refused(model):
    nvidia = model.firm("NVDA")
    with pytest.raises(AttributeError, match="did you mean 'cash'"):
        _ = nvidia.cahs
    with pytest.raises(AttributeError, match=r"post it to model\.ledger"):
        nvidia.cash = 1.0
    with pytest.raises(AttributeError, match="ecosystem's data"):
        nvidia.ai_revenue = 1.0
    with pytest.raises(AttributeError, match="did you mean 'enterprise_multiple'"):
        nvidia.enterprise_multipel = 1.0
    with pytest.raises(TypeError, match="not be removed"):
        nvidia.remove()


def test_parameters_are_set_for_one_a_kind_or_each_world(model):
    fork = model.fork()
    fork.firm("CRWV").enterprise_multiple = 5.0
    assert fork.firm("CRWV").enterprise_multiple.tolist() == [5.0] * 20
    assert fork.firm("NBIS").enterprise_multiple.tolist() == [6.0] * 20
    fork.kind("operator").enterprise_multiple = np.linspace(4.0, 8.0, 20)
    assert fork.firm("NBIS").enterprise_multiple[-1] == 8.0
    with pytest.raises(abm.BadInput, match="between"):
        fork.firm("CRWV").enterprise_multiple = -1.0
    with pytest.raises(abm.BadInput, match="found 7 values; expected 20"):
        fork.firm("CRWV").enterprise_multiple = np.full(7, 5.0)
    with pytest.raises(abm.BadInput, match="found 3 values; expected 5"):
        abm.EcosystemModel("ai_2026", worlds=5, parameters={"enterprise_multiple": np.full(3, 5.0)})


def test_what_is_set_in_a_world_stays_in_it(model):
    fork = model.fork()
    world = fork.world(3)
    world.agents.set("enterprise_multiple", 4.0)
    world.agents_by_row[fork.ecosystem.row["CRWV"]].enterprise_multiple = 7.0
    fork.world(5).agents.set("covenant_headroom", 0.2)
    expected = [7.0 if each == 3 else 6.0 for each in range(20)]
    assert fork.firm("CRWV").enterprise_multiple.tolist() == expected
    assert fork.firm("NVDA").enterprise_multiple.tolist() == [4.0 if each == 3 else 6.0 for each in range(20)]
    assert set(world.agents.get("enterprise_multiple")) == {4.0, 7.0}
    assert set(fork.world(4).agents.get("enterprise_multiple")) == {6.0}
    # The settings that a stress test of the model is run with say the same.
    again = Parameters(fork.ecosystem, fork.parameters.settings, 20)
    for name in ("enterprise_multiple", "covenant_headroom"):
        np.testing.assert_array_equal(again.wide(name, 20), fork.parameters.wide(name, 20))
    with pytest.raises(abm.BadInput, match="one number"):
        world.agents_by_row[0].enterprise_multiple = np.full(20, 5.0)
    with pytest.raises(abm.BadInput, match="between"):
        world.agents_by_row[0].enterprise_multiple = -1.0


def test_a_parameter_goes_before_a_column_of_its_name(model):
    fork = model.fork()
    for name, value in (("cash_ceiling", 120.0), ("leverage_limit", 3.0), ("outside_owner_share", 0.5)):
        setattr(fork.firm("NVDA"), name, value)
        assert getattr(fork.firm("NVDA"), name).tolist() == [value] * 20
    assert fork.firm("NVDA").base_rate.tolist() == fork.parameters.wide("base_rate", 20)[0].tolist()


@pytest.mark.parametrize("who", ["all", "CRWV", "TAIL1", "operators"])
def test_only_a_kind_is_a_kind(model, who):
    with pytest.raises(abm.BadInput, match=f"found '{who}'; expected a kind of firm of this ecosystem: hyperscaler, "):
        model.kind(who)
    assert model.kind("Operator").kind == "operator"


@pytest.mark.parametrize("worlds", [0, -1, 2.0, True, "2"])
def test_a_model_has_at_least_one_world(worlds):
    with pytest.raises(abm.BadInput, match=r"expected a whole number of worlds, at least 1"):
        abm.EcosystemModel("ai_2026", worlds=worlds)


@pytest.mark.parametrize("seed", [-1, 1.0, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(abm.BadInput, match="expected a whole number not below zero"):
        abm.EcosystemModel("ai_2026", seed=seed)


def test_numbers_of_numpy_and_paths_will_do():
    model = abm.EcosystemModel(Path("ai_2026"), worlds=np.int64(2), seed=np.int64(1))
    assert model.firm("NVDA").cash.shape == (2,)


def test_what_an_agent_was_told_reaches_a_stress_test():
    model = abm.EcosystemModel("ai_2026")
    plain = model.stress(["all:revenue:0.5"])
    model.firm("CRWV").enterprise_multiple = 10.0
    row = model.ecosystem.row["CRWV"]
    assert model.stress(["all:revenue:0.5"]).value_before[row, 0] > plain.value_before[row, 0]


def test_a_model_of_later_worlds_is_stressed_in_them():
    first = abm.EcosystemModel("ai_2026", worlds=4, draw_assumed=True).stress("all:revenue:0.1..0.5")
    later = abm.EcosystemModel("ai_2026", worlds=2, first_world=2, draw_assumed=True).stress("all:revenue:0.1..0.5")
    assert later.worlds.tolist() == [2, 3]
    assert later.value_after.tobytes() == np.ascontiguousarray(first.value_after[:, 2:]).tobytes()


def test_a_world_gives_plain_numbers_to_mesas_verbs(model):
    world = model.world(17)
    assert isinstance(world, mesa.Model)
    assert all(isinstance(each, float) for each in world.agents.get("cash"))
    assert world.agents.agg("cash", sum) == pytest.approx(0.0, abs=1e-9)
    heavy = world.agents.select(lambda firm: firm.debt > 100.0)
    assert {"ORCL", "AMZN"} <= set(heavy.get("id"))
    largest = world.agents.select(agent_type=abm.Lender).sort("net_worth", ascending=False)
    assert largest.get("id")[0] == "SWF"
    assert world.agents.get("cash")[0] == model.firm("AMZN").cash[17]


def test_mesas_data_collector_works_on_a_world(model):
    world = model.world(3)
    collector = DataCollector(agent_reporters={"debt": "debt", "kind": "kind"})
    collector.collect(world)
    frame = collector.get_agent_vars_dataframe()
    assert len(frame) == len(model.ecosystem)
    assert frame["debt"].sum() == pytest.approx(
        model.ledger.owed("bond", "loan", "gpu_loan", "abs", "vendor_loan")[:, 3].sum()
    )


def test_the_graph_of_a_world_is_its_claims(model):
    graph = model.graph(world=5)
    assert isinstance(graph, nx.MultiDiGraph)
    amount = sum(data["amount"] for _, _, data in graph.edges(data=True))
    assert amount == pytest.approx(model.ledger.amounts[:, 5].sum())
    assert graph["MSFT"]["OAI"]["equity_01"]["layer"] == "equity"


def test_a_world_outside_the_range_is_refused(model):
    with pytest.raises(IndexError, match="expected 0 to 19"):
        model.world(20)


def test_a_released_model_is_freed():
    model = abm.EcosystemModel("ai_2026", worlds=2)
    model.world(1)
    watch = weakref.ref(model)
    model.release()
    del model
    gc.collect()
    assert watch() is None
