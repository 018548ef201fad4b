"""Rules as tables: what one firm answers, without a run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import abm
from abm.agents import Government, RestOfWorld
from abm.agents.builder import Builder


def firm(economy=None, **columns):
    """A stand-in that has what a rule reads."""
    shared = {"tightness": np.ones(1), "price": np.ones(1), "throughput": np.ones(1), "confidence": np.ones(1),
              "demand_growth": np.zeros(1), "quarter": 1} | (economy or {})  # fmt: skip
    model = SimpleNamespace(living=SimpleNamespace(economy=SimpleNamespace(**shared)))
    return SimpleNamespace(model=model, **{name: np.array([value]) for name, value in columns.items()})


@pytest.mark.parametrize("growth", [-0.02, 0.0, 0.03, 0.1])
def test_a_builder_on_a_path_of_constant_growth_stays_on_it(growth):
    """Capex over fleet is exp(g) - a, where a is what a quarter leaves of a fleet: the fleet then grows at g.

    On that path the gap is T (exp(g) - 1) K, so the demand that goes with a fleet K can be solved for.
    """
    progress, failure, lead, closing, use, earning = 0.25, 0.01, 4.0, 4.0, 0.9, 0.1
    kept = np.exp(-progress / 4.0) * (1.0 - failure)
    fleet, pipeline = 100.0, 30.0
    later = np.exp(-lead * (progress / 4.0 + failure))
    needed = closing * (np.exp(growth) - 1.0) * fleet + fleet * later + pipeline
    demand = use * earning * needed * np.exp(-lead * growth)
    me = firm(
        compute_demand=demand, planning_quarters=lead, growth_expectation=growth, scarcity_response=0.5,
        revenue_per_capacity=earning, hardware_progress_rate=progress, chip_failure_rate=failure,
        target_utilisation=use, fleet_value=fleet, pipeline_work=pipeline, gap_closing_quarters=closing,
        contracted_demand=0.0,
    )  # fmt: skip
    assert Builder.needed_capex(me)[0] / fleet == pytest.approx(np.exp(growth) - kept, rel=1e-12)


def test_a_glut_suspends_replacement():
    me = firm(
        compute_demand=1.0, planning_quarters=4.0, growth_expectation=0.0, scarcity_response=0.5,
        revenue_per_capacity=0.1, hardware_progress_rate=0.25, chip_failure_rate=0.01, target_utilisation=0.9,
        fleet_value=100.0, pipeline_work=30.0, gap_closing_quarters=4.0, contracted_demand=0.0,
    )  # fmt: skip
    assert Builder.needed_capex(me)[0] == 0.0


def test_who_has_promised_more_than_it_expects_builds_for_its_promises():
    """A contract counts from when what is planned now would serve it; below what is expected it adds nothing."""
    options = {
        "planning_quarters": 4.0, "growth_expectation": 0.05, "scarcity_response": 0.5, "revenue_per_capacity": 0.1,
        "hardware_progress_rate": 0.25, "chip_failure_rate": 0.01, "target_utilisation": 0.9, "fleet_value": 100.0,
        "pipeline_work": 30.0, "gap_closing_quarters": 4.0,
    }  # fmt: skip

    def needed(demand, contracted):
        return Builder.needed_capex(firm(compute_demand=demand, contracted_demand=contracted, **options))[0]

    expected = 10.0 * np.exp(4.0 * 0.05)
    assert needed(10.0, 0.9 * expected) == needed(10.0, 0.0) > 0.0
    more = 6.0
    assert needed(10.0, expected + more) - needed(10.0, 0.0) == pytest.approx(more / (0.9 * 0.1) / 4.0)


def test_a_lab_expects_what_it_saw_of_its_own_revenue_and_of_all_spending():
    economy = {"demand_growth": np.array([0.04])}
    options = {"growth_expectation": 0.1, "expectation_speed": 0.5, "expected_growth_limit": 0.3}
    for seen, expected in ((0.2, 0.11), (5.0, 0.3), (-5.0, -0.3)):
        assert abm.AILab.expect_growth(firm(economy, seen_growth=seen, **options))[0] == pytest.approx(expected)


def test_capex_moves_a_part_of_the_way_within_limits_of_speed():
    options = {"capex_adjustment_speed": 0.3, "capex_floor_share": 0.6, "capex_growth_limit": 0.2}
    for wanted, expected in ((10.0, 10.0), (12.0, 10.6), (100.0, 12.0), (0.0, 7.0), (-100.0, 6.0)):
        me = firm(capex_budget=10.0, **options)
        me.wanted_capex = lambda wanted=wanted: np.array([wanted])
        assert Builder.plan_capex(me)[0] == pytest.approx(expected)


def test_what_is_cheaper_gets_more_and_equal_costs_split_evenly():
    options = {"private_credit_cost": 0.03, "off_balance_sheet_benefit": 0.01, "market_choice_scale": 0.006}
    assert abm.Hyperscaler.choose_bonds(firm(bond_cost=0.02, **options))[0] == pytest.approx(0.5)
    assert abm.Hyperscaler.choose_bonds(firm(bond_cost=0.01, **options))[0] > 0.8


def test_a_lab_trains_no_less_than_its_floor_and_no_more_than_it_wants():
    options = {
        "compute_share_of_lab_revenue": 0.45, "promised": 0.0, "promised_compute": 0.0, "liquidity_buffer": 1.0,
        "cash_use_quarters": 6.0,
        "lab_operating_cost_share": 0.25, "fixed_rd_cost": 1.0, "money_raised_average": 0.0,
        "training_floor_share": 0.3, "wanted_training": 5.0, "margin_call": 0.0,
    }  # fmt: skip
    for revenue, cash, expected in ((0.0, 1.0, 1.5), (10.0, 1.0, 2.0), (10.0, 7.0, 3.0), (100.0, 100.0, 5.0)):
        me = firm(user_revenue=revenue, cash=cash, **options)
        assert abm.AILab.plan_training(me)[0] == pytest.approx(expected)
    # Ten that were promised for compute worth four leave less for training than ten for compute worth ten.
    options |= {"promised": 10.0, "user_revenue": 40.0, "cash": 1.0, "wanted_training": 50.0,
                "training_floor_share": 0.0}  # fmt: skip
    dear, fair = (abm.AILab.plan_training(firm(**options | {"promised_compute": worth}))[0] for worth in (4.0, 10.0))
    assert (dear, fair) == (pytest.approx(30.0 - 1.0 - 24.0), pytest.approx(30.0 - 1.0 - 18.0))


def test_a_lab_raises_only_when_its_runway_is_short():
    options = {"runway_floor": 4.0, "runway_target": 6.0}
    for cash, expected in ((20.0, 0.0), (8.0, 0.0), (7.0, 5.0)):
        me = firm(cash=cash, principal=0.0, **options)
        me.burn = lambda: np.array([2.0])
        assert abm.AILab.plan_raise(me)[0] == pytest.approx(expected)
    me = firm(cash=20.0, principal=14.0, **options)  # a loan is repaid once
    me.burn = lambda: np.array([2.0])
    assert abm.AILab.plan_raise(me)[0] == pytest.approx(6.0)


def test_chip_capacity_grows_with_orders_and_shrinks_more_slowly():
    options = {"chip_capacity": 100.0, "chip_capacity_comfort": 0.8, "chip_capacity_response": 3.0,
               "chip_capacity_cut": 0.3, "chip_capacity_growth": 0.06}  # fmt: skip
    for orders, expected in ((80.0, 100.0), (200.0, 106.0), (0.0, 98.2), (90.0, 101.8)):
        assert abm.Chipmaker.plan_capacity(firm(chip_orders=orders, **options))[0] == pytest.approx(expected)


def test_what_a_lender_places_follows_confidence_and_where_it_binds_capital():
    options = {"absorption_growth": 0.0, "absorption_confidence_elasticity": 2.0, "absorption_per_quarter": 10.0,
               "capital_requirement": 0.1, "lent_and_held": 100.0, "absorption_kept": 1.0,
               "redeemed": 0.0}  # fmt: skip
    half = {"confidence": np.full(1, 0.5)}
    fund = firm(half, net_worth=1.0, bound_by_capital=0.0, **options)
    bank = firm(None, net_worth=5.0, bound_by_capital=1.0, **options)
    assert abm.Lender.plan_absorption(fund)[0] == pytest.approx(2.5)
    assert abm.Lender.plan_absorption(bank)[0] == pytest.approx(5.0)


def test_users_spend_more_when_compute_is_cheap_and_demand_elastic():
    economy = {"noise": np.zeros(1), "price": np.array([0.5]), "trend_price": np.array([1.0]),
               "shortfall": np.array([0.2]), "trend_demand": lambda: np.array([10.0])}  # fmt: skip
    for elasticity, expected in ((1.0, 8.0), (2.0, 16.0), (0.0, 4.0)):
        assert RestOfWorld.spend(firm(economy, demand_price_elasticity=elasticity))[0] == pytest.approx(expected)


def test_a_government_spreads_its_envelope_up_to_a_limit():
    for budget, eligible, expected in ((1.0, 10.0, 0.1), (5.0, 10.0, 0.2), (1.0, 0.0, 0.0), (0.0, 10.0, 0.0)):
        me = firm(subsidy_rate_limit=0.2, subsidises=1.0)
        me.model.living.now = SimpleNamespace(eligible=np.array([eligible]))
        me.model.living.subsidy_budget = lambda budget=budget: np.array([budget])
        assert Government.plan_subsidy(me)[0] == pytest.approx(expected)
