"""The stress test on the shipped network: nothing from nothing, sums that add up, the same bytes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.attribution import CHANNELS
from abm.declared_contagion import CONTAGION
from abm.ecosystem.items import FACTS
from abm.parameters import DECLARED, Parameters
from abm.settlement import Switches
from abm.shocks import Shock

MILD = ["all:revenue:0.3"]
HARD = ["all:revenue:0.9", "operator:cash:1", "all:gpu_price:0.8", "lender:funding:1", "ORCL:cash:1"]
DRAWN = ["all:revenue:0..0.9", "operator:cash:0..1", "all:gpu_price:0..0.9", "lender:funding:0..1", "OAI:cash:0..1"]


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


def test_no_shock_no_flag_no_loss_to_the_last_bit(city):
    for quarters in (1, 4, 8):
        result = abm.stress(city, ["all:revenue:0", "all:cash:0", "all:gpu_price:0"], quarters=quarters)
        assert not result.raised.any()
        assert not result.loss.any()
        assert not any(result.lost[each].any() for each in CHANNELS)
        assert not len(result.events)
        assert result.sweeps[0] == 1


def test_no_shock_no_loss_in_drawn_worlds(city):
    result = abm.stress(city, ["all:revenue:0"], worlds=100, draw_assumed=True)
    assert not result.raised.any()
    assert not result.loss.any()


@pytest.mark.parametrize("quarters", [1, 4, 12])
@pytest.mark.parametrize("shocks", [MILD, HARD, ["OAI:claim:0.5", "bond_15:claim:0.4", "equity_01:claim:0.3"]])
def test_what_arose_is_what_is_borne(city, shocks, quarters):
    result = abm.stress(city, shocks, quarters=quarters)
    assert result.balance.residual.max() <= 1e-12
    assert np.abs(result.balance.arose).max() > 0.1


def test_without_costs_fire_sales_and_withdrawals_losses_are_conserved(city):
    switches = Switches(default_costs=False, fire_sale=False, funding_withdrawal=False)
    result = abm.stress(city, HARD, quarters=8, switches=switches)
    balance = result.balance
    assert result.flagged("default").any()
    assert balance.collateral[0] == 0.0
    assert balance.residual[0] <= 1e-12


def test_channels_add_up_to_the_loss_of_net_worth(city):
    result = abm.stress(city, DRAWN, worlds=60, quarters=8)
    assert result.flagged("default").any()
    net = sum(result.lost[each] for each in CHANNELS)
    solvent = (result.value_after > 0.0) & (result.value_before > 0.0)
    gap = np.abs(net - result.loss) / np.maximum(1.0, result.value_before)
    assert gap[solvent].max() <= 1e-12
    # Where limited liability bites, creditors bear what owners do not.
    assert (result.creditors_share[~solvent & (net > 0)] >= -1e-9).all()


def test_events_add_up_to_the_losses(city):
    result = abm.stress(city, HARD, quarters=8)
    log = result.events.frame()
    for channel in CHANNELS:
        by_firm = log[log.channel == channel].groupby("target").amount.sum()
        for firm, row in city.row.items():
            assert by_firm.get(firm, 0.0) == pytest.approx(result.lost[channel][row, 0], abs=0.02)
    failed = {city.id[row] for row in np.flatnonzero(result.flagged("default")[:, 0])}
    assert set(log[log.channel == "default"].target) == failed


def test_a_harder_shock_never_helps(city):
    harder = [abm.stress(city, [f"all:revenue:{size}", f"operator:cash:{size}", f"all:gpu_price:{size}"], quarters=8)
              for size in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]  # fmt: skip
    for milder, worse in pairwise(harder):
        assert (worse.value_after <= milder.value_after + 1e-9).all()
        assert (worse.raised[milder.raised > 0] > 0).all()
        assert worse.price[0] <= milder.price[0] + 1e-12


def _bytes(result):
    return [result.value_after.tobytes(), result.raised.tobytes(), result.sweeps.tobytes(),
            *(result.lost[each].tobytes() for each in CHANNELS), result.balance.arose.tobytes()]  # fmt: skip


def test_the_same_bytes_for_any_threads_blocks_and_worlds(city):
    whole = abm.stress(city, DRAWN, worlds=512, draw_assumed=True, threads=1)
    assert _bytes(abm.stress(city, DRAWN, worlds=512, draw_assumed=True, threads=2)) == _bytes(whole)
    assert _bytes(abm.stress(city, DRAWN, worlds=512, draw_assumed=True, block=16)) == _bytes(whole)
    for count in (1, 2, 16):
        few = abm.stress(city, DRAWN, worlds=count, draw_assumed=True) if count > 1 else abm.stress(
            city, DRAWN, worlds=[0], draw_assumed=True)  # fmt: skip
        assert few.value_after.tobytes() == np.ascontiguousarray(whole.value_after[:, :count]).tobytes()
    alone = abm.stress(city, DRAWN, worlds=[17], draw_assumed=True)
    assert alone.value_after[:, 0].tobytes() == np.ascontiguousarray(whole.value_after[:, 17]).tobytes()
    assert alone.events.frame().equals(whole.events.frame().query("world == 17").reset_index(drop=True))


def test_another_seed_is_another_luck(city):
    one, other = (abm.stress(city, DRAWN, worlds=5, seed=seed) for seed in (1, 2))
    assert (one.value_after[0] != other.value_after[0]).all()


def test_each_switch_turns_its_mechanism_off(city):
    hard = [*HARD, "TAIL1:revenue:1"]
    everything = abm.stress(city, hard, quarters=12)
    assert everything.flagged("default").any()
    assert everything.price[0] < 1.0
    quiet = abm.stress(city, hard, quarters=12, switches=Switches(fire_sale=False))
    assert quiet.price[0] == 1.0
    assert not abm.stress(city, hard, quarters=12, switches=Switches(covenants=False)).flagged("covenant").any()
    costless = abm.stress(city, hard, quarters=12, switches=Switches(default_costs=False))
    assert costless.balance.borne[0] < everything.balance.borne[0]


def test_parameters_reach_the_loop(city):
    soft = abm.stress(
        city, HARD, quarters=8, parameters={"default_asset_recovery": 1.0, "default_receipt_recovery": 1.0}
    )
    hard = abm.stress(
        city, HARD, quarters=8, parameters={"default_asset_recovery": 0.6, "default_receipt_recovery": 0.6}
    )
    assert hard.balance.borne[0] > soft.balance.borne[0]
    by_world = abm.stress(city, MILD, worlds=3, parameters={"valuation_elasticity": np.array([1.0, 2.0, 3.0])})
    oai = by_world.loss[city.row["OAI"]]
    assert oai[0] < oai[1] < oai[2]


def test_assumed_shares_are_shares(city):
    result = abm.stress(city, MILD)
    assumed, loose = result.assumed[:, 0]
    assert 0.0 < assumed <= loose <= 1.0


def test_events_of_only_the_first_worlds_are_kept(city):
    result = abm.stress(city, ["all:revenue:0.1..0.5"], worlds=200, block=50)
    assert set(result.events.world) == set(range(64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quarters": 0}, "1 to 12 quarters"),
        ({"quarters": 13}, "1 to 12 quarters"),
        ({"quarters": 2.5}, "found '2.5'; expected a whole number, 1 to 12 quarters"),
        ({"quarters": True}, "1 to 12 quarters"),
        ({"worlds": 2.0}, "at least one world"),
        ({"worlds": True}, "at least one world"),
        ({"worlds": "17"}, "at least one world"),
        ({"worlds": [0, 1.5]}, "at least one world"),
        ({"seed": 1.0}, "a whole number not below zero"),
        ({"seed": True}, "a whole number not below zero"),
        ({"worlds": 0}, "at least one world"),
        ({"worlds": [-1]}, "at least one world"),
        ({"worlds": 5}, "would all be the same"),
        ({"parameters": {"nothing": 1.0}}, "a parameter"),
        ({"worlds": 10, "parameters": {"enterprise_multiple": np.full(7, 5.0)}}, "found 7 values; expected 10"),
        ({"worlds": 1, "parameters": {"enterprise_multiple": np.full(7, 5.0)}}, "found 7 values; expected 1"),
        ({"worlds": 8, "block": 4, "parameters": {"enterprise_multiple": np.full(4, 5.0)}}, "expected 8"),
        ({"worlds": 5, "parameters": {"enterprise_multiple": np.full(1, 5.0)}}, "would all be the same"),
    ],
)
def test_meaningless_questions_are_refused(city, arguments, message):
    with pytest.raises(abm.BadInput, match=message):
        abm.stress(city, MILD, **arguments)


@pytest.mark.parametrize(
    "shock",
    ["guarantee_05:claim:1", "backstop_01:claim:1", "warrant_01:claim:1", "lease_01:claim:1", "CRWV:claim:1",
     "order_book_02:claim:1", "ROW:cash:1", "government:cash:0.1..0.5", "PC:gpu_price:0.1", "NVDA:funding:1"],
)  # fmt: skip
def test_a_shock_on_what_nothing_depends_on_is_refused(city, shock):
    with pytest.raises(abm.BadInput, match=f"found '{shock}', which nothing in the horizon depends on"):
        abm.stress(city, ["all:revenue:0.3", shock])
    with pytest.raises(abm.BadInput, match="nothing in the horizon depends on"):
        abm.stress(city, [shock, "all:revenue:0.3"], worlds=5, draw_assumed=True)


@pytest.mark.parametrize(
    "shock", ["take_or_pay_01:claim:0.1", "bond_15:claim:0.1", "equity_01:claim:0.1", "OAI:claim:0.1", "PC:funding:0.1",
              "CRWV:revenue:0.1", "NVDA:assets:0.1", "CRWV:gpu_price:0.1", "bank:cash:0.1"],
)  # fmt: skip
def test_a_shock_on_what_counts_is_not(city, shock):
    assert abm.stress(city, [shock], quarters=1).loss.any()


def test_a_shock_of_nothing_asks_for_the_plan_alone(city):
    assert not abm.stress(city, ["government:cash:0"]).loss.any()


def test_numbers_of_numpy_paths_and_a_single_shock_will_do(city):
    plain = abm.stress(city, ["all:revenue:0.1..0.5"], worlds=3, quarters=2, seed=5)
    three, two, five = np.int64(3), np.int32(2), np.int64(5)
    other = abm.stress(Path("ai_2026"), "all:revenue:0.1..0.5", worlds=three, quarters=two, seed=five)
    assert _bytes(other) == _bytes(plain)
    assert (other.shocks, type(other.quarters)) == (plain.shocks, int)
    third = abm.stress(city, Shock.parse("all:revenue:0.1..0.5"), worlds=np.arange(3), quarters=2, seed=5)
    assert _bytes(third) == _bytes(plain)


@pytest.mark.parametrize(
    "name", [*(each.name for each in CONTAGION), *sorted(abm.load("ai_2026").parameters.keys() - FACTS)]
)
def test_any_parameter_may_differ_by_world(city, name):
    given = np.nanmax(Parameters(city).of(name))
    least = DECLARED[name].least if name in DECLARED else 0.0
    values = np.maximum(least, np.array([given, 0.9 * given, 0.8 * given]))
    together = abm.stress(city, MILD, worlds=3, parameters={name: values})
    for world, value in enumerate(values):
        alone = abm.stress(city, MILD, parameters={name: value})
        assert together.value_after[:, world].tobytes() == np.ascontiguousarray(alone.value_after[:, 0]).tobytes()
        assert together.balance.arose[world] == alone.balance.arose[0]
    model = abm.EcosystemModel(city, worlds=3, parameters={name: values})
    assert model.firm("NVDA").cash.shape == (3,)
