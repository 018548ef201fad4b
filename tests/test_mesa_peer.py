"""The Mesa peer of the benchmark arrives at the numbers of `abm` by itself, on the part of the rules that it has."""

from __future__ import annotations

import pytest

import abm
from abm.scenario import DatedShock
from benchmarks import mesa_loop
from benchmarks.mesa_peer.agreement import TOLERANCE, gaps
from benchmarks.mesa_peer.opening import city_of
from benchmarks.mesa_peer.tape import SWITCHES, record


def lived(quarters: int, *shocks: DatedShock, seed: int = 1, **rules: float):
    """Live both side by side: after each quarter the peer, what `abm` saw, and the gaps."""
    model, tape = abm.EcosystemModel("ai_2026", seed=7, switches=SWITCHES), []
    model.begin()
    city = city_of(model, tape, seed)
    vars(city.rules).update(rules)
    for given, seen in record(model, quarters, shocks):
        tape.append(given)
        city.step()
        yield city, seen, gaps(city, seen)
    model.release()


def names(firms) -> set[str]:
    return {each.name for each in firms}


@pytest.mark.parametrize("seed, shocks", [(1, ()), (2, (DatedShock(what="end_demand", size=0.3, at=4),))])
def test_the_peer_agrees_quarter_by_quarter(seed, shocks):
    """Whatever the order, by `seed`, in which its agents act."""
    compared, short = set(), set()
    for city, seen, found in lived(20, *shocks, seed=seed):
        assert max(found.values()) < TOLERANCE, (city.quarter, found)
        assert names(city.short) == seen.short and not city.failed and not seen.failed
        compared |= found.keys()
        short |= seen.short
    assert {"end_demand", "price", "tightness", "capex_plan", "chips_book", "fleet_value", "chip_sales",
            "compute_served", "paid", "received", "cash", "debt"} <= compared  # fmt: skip
    assert city.quarter == 20
    assert shocks or short  # in calm times somebody cuts what was planned


@pytest.mark.parametrize("struck, falls", [("CRWV", set()), ("lender", {"V_AMZN"})])
def test_the_settlement_agrees_when_firms_are_made_to_fail(struck, falls):
    *_, (city, seen, found) = lived(5, DatedShock(what="default", who=struck, at=5))
    assert names(city.failed) == seen.failed
    assert names(city.failed) - set(city.given.failing) == falls
    assert found.keys() == {"paid", "received"} and max(found.values()) < TOLERANCE
    assert not city.running


def test_the_comparison_sees_a_rule_that_is_slightly_different():
    *_, (_, _, found) = lived(3, chip_failure_rate=0.0151)
    assert found["chips_book"] > 1e-6 and found["fleet_value"] > 1e-6


def test_the_benchmark_prints_its_table(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["mesa_loop", "--worlds", "1", "3", "--quarters", "2", "--repeats", "1"])
    mesa_loop.main()
    out = capsys.readouterr().out
    assert "3 worlds" in out and "leaves out" in out and "floor 50" in out
