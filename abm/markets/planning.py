"""Builders plan; suppliers set aside money for customers; labs ask for equity. Sections 3.6, 3.9, 3.10."""

from __future__ import annotations

import numpy as np

from abm.contracts import HORIZON
from abm.fleet import total_over
from abm.words import part_of
from cython_ext import row_sums


def measure(model) -> None:
    """What builders know of themselves: fleet in current-vintage value, work under way, debt of their vehicles."""
    living, ledger, n = model.living, model.ledger, len(model.ecosystem)
    fleet, economy = living.fleet, living.economy
    chips = model.parameters.shared("chip_share_of_capex", 1.0)
    current = fleet.installed / economy.throughput / chips
    ledger.record("fleet_value", row_sums(current, living.serves, n))
    late = row_sums(living.chips.late, living.chips.buyer, n)[fleet.owners]
    idle = fleet.idle[:, 0] + fleet.idle[:, 1] + fleet.idle[:, 2]
    ledger.record("pipeline_work", row_sums(fleet.building + idle + late, living.serves, n))
    ledger.record("chip_part", _chip_part(model))
    owed = ledger.owed(*("bond", "loan", "gpu_loan", "abs", "vendor_loan"))
    behind = np.zeros_like(owed)
    if living.vehicle_rows.size:
        behind = row_sums(owed[living.vehicle_rows], living.sponsor_of, n)
    ledger.record("vehicle_debt", behind)
    contracts = living.contracts
    ledger.record("contracted_demand", _when_it_serves(model, contracts.units) * economy.price)
    ledger.record("promised_sales", row_sums(contracts.backlog, contracts.provider, n) + living.enterprise_backlog)


def _chip_part(model) -> np.ndarray:
    """Part of a builder's capex that buys chips, `(firms, worlds)`: the usual one, more where there is room for them.

    A site outlives several generations of machines. One begun now is done in b quarters, `build_quarters`; by then
    machines have failed or grown too old, and new ones have come. At a budget B each quarter that are m = c B /
    (c + (1 - c) s), if sites are built for the part s of them and c is the usual part of chips. What has no place by
    then is built now, s m = short + b m: solved for s.
    """
    living, ledger, parameters, n = model.living, model.ledger, model.parameters, len(model.ecosystem)
    fleet, usual = living.fleet, parameters.shared("chip_share_of_capex", 1.0)
    ahead = parameters.shared("build_quarters", 6.0).round()
    late = row_sums(living.chips.late, living.chips.buyer, n)[fleet.owners]
    places = part_of(total_over(fleet.power) + total_over(fleet.waiting), fleet.power_per_cost)
    places = places + part_of(usual * fleet.building, 1.0 - usual)
    stay = fleet.staying(ahead, parameters.shared("chip_failure_rate", 0.0)) + total_over(fleet.idle) + late
    short, budget = row_sums(stay - places, living.serves, n), ledger.column("capex_budget")
    need, left = usual * (short + ahead * budget), usual * budget - (1.0 - usual) * short
    lacking = np.where(need >= left, 1.0, np.maximum(0.0, part_of(need, left)))
    part = usual / (usual + (1.0 - usual) * lacking)
    part[living.vehicle_rows] = part[living.sponsor_of]
    return part


def _when_it_serves(model, dated: np.ndarray) -> np.ndarray:
    """What contracts hold of `dated` (contracts, quarters, worlds) for each provider in the quarter in which what it
    plans now is in service, `(firms, worlds)`."""
    contracts, n = model.living.contracts, len(model.ecosystem)
    ahead = np.rint(model.parameters.of("planning_quarters"))
    found = np.zeros((n, dated.shape[2]))
    for each in np.unique(ahead).astype(int).tolist():
        then = dated[:, (model.living.economy.quarter + each) % HORIZON]
        found = np.where(ahead == each, row_sums(then, contracts.provider, n), found)
    return found


def plan(model) -> None:
    """Everybody states what they would do if money were no limit."""
    ledger = model.ledger
    ledger.record("growth_expectation", model.ask("expect_growth", "hyperscaler", "operator", "vehicle", "ai_lab"))
    ledger.record("spread_plan", model.ask("quote_spread", "hyperscaler", "operator", "vehicle", "chipmaker"))
    ledger.record("capex_plan", model.ask("plan_capex", "hyperscaler", "operator", "vehicle"))
    ledger.record("bond_share_plan", model.ask("choose_bonds", "hyperscaler"))
    ledger.record("distribution_plan", model.ask("plan_distribution", "hyperscaler", "chipmaker"))
    ledger.record("ecosystem_plan", model.ask("plan_ecosystem_investment", "hyperscaler", "chipmaker"))
    ledger.record("absorption_plan", model.ask("plan_absorption", "lender"))
    ledger.record("raise_plan", model.ask("plan_raise", "ai_lab"))
