"""What would have helped: a shortfall with and without policies."""

from __future__ import annotations

import json

import pytest

from abm.scenario import load_scenario
from experiments.pairs import Frame
from experiments.policies import AS_IT_IS, POLICIES, policies, under


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    names = ("the state stands behind labs and clouds", "suppliers' money is banned")
    return policies(Frame(worlds=4), sizes=(0.5,), names=names)


def test_a_policy_is_in_force_and_end_users_are_the_scenarios_own():
    fall, calm = load_scenario("shortfall").resized(0.2), load_scenario("baseline")
    for name in POLICIES.values():
        policy = load_scenario(name)
        for scenario in (fall, calm):
            found = under(policy, scenario)
            assert found.parameters == policy.parameters and found.switches == policy.switches
            assert [each for each in found.shocks if each.what == "end_demand"] == list(scenario.shocks)
            own = [each for each in policy.shocks if each.what != "end_demand"]
            assert [each for each in found.shocks if each.what != "end_demand"] == own
    assert any(each != AS_IT_IS and load_scenario(name).shocks for each, name in POLICIES.items())


def test_the_plain_row_comes_first_and_spares_nothing(rows):
    assert [row["policy"] for row in rows] == [AS_IT_IS, "the state stands behind labs and clouds",
                                               "suppliers' money is banned"]  # fmt: skip
    assert rows[0]["spared"] == [0.0, 0.0, 0.0] and rows[0]["capex_in_calm"] == 0.0
    assert all(row["worst_residual"] < 1e-9 and row["losses"][1] > 1.0 for row in rows)


def test_a_rescue_costs_the_public_and_no_creditor_while_a_ban_fells_more(rows):
    plain, rescue, ban = rows
    assert plain["failed"] > 1.0 and plain["creditors"] > 1.0
    assert rescue["failed"] == rescue["creditors"] == 0.0 and rescue["public"] > plain["public"] + 5.0
    assert ban["failed"] > plain["failed"] + 1.0 and ban["failed_in_calm"] > plain["failed_in_calm"] + 1.0
    assert rescue["spared"] != [0.0, 0.0, 0.0] and ban["capex_in_calm"] != 0.0


def test_the_command_prints_a_table_a_size_and_writes_it(command, tmp_path):
    order = ("study", "policies", "--quick", "--worlds", "1", "--quarters", "10", "--jobs", "1")
    code, out, _ = command(*order, "--out", "told")
    assert code == 0 and "users pay 50% less" in out and all(each in out for each in POLICIES)
    code, out, _ = command(*order, "--out", "again", "--json")
    assert code == 0 and [row["policy"] for row in json.loads(out)["rows"]] == list(POLICIES)
    told, again = ((tmp_path / each / "study.csv").read_text() for each in ("told", "again"))
    assert told == again
