"""Forty quarters: the books balance, the same world is the same bytes, rules can be overridden."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from abm.errors import BadInput
from abm.ledger import LedgerBreach
from cython_ext import row_sums

ROWS = np.array([0, 1])  # two hyperscalers


def everything(model: abm.EcosystemModel, world: int) -> dict[str, np.ndarray]:
    ledger = model.ledger
    columns = {**ledger._balances, **ledger._facts}
    return {name: each[:, world].copy() for name, each in columns.items()} | {"claims": ledger.amounts[:, world].copy()}


def ran(quarters: int, **options) -> abm.EcosystemModel:
    model = abm.EcosystemModel("ai_2026", **options)
    for _ in range(quarters):
        model.step()
    model.release()
    return model


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> None:
    assert left.keys() == right.keys()
    assert not [name for name in left if not np.array_equal(left[name], right[name])]


@pytest.fixture(scope="module")
def baseline() -> abm.RunResult:
    return abm.run(worlds=1, parameters={"demand_noise": 0.0})


def test_the_books_balance_in_every_world_and_quarter():
    result = abm.run(worlds=40, draw_assumed=True)
    assert 0.0 < result.worst_residual <= 1e-9


def test_a_wrong_posting_is_caught_and_named(monkeypatch):
    model = abm.EcosystemModel("ai_2026", worlds=2)
    model.step()
    row = model.ecosystem.row["CRWV"]
    model.ledger._balances["cash"][row, 1] += 0.01  # money from nowhere
    with pytest.raises(LedgerBreach, match=r"cash.*world 1"):
        model.step()
    model.release()


def own_too_much(model: abm.EcosystemModel) -> None:
    """Stakes in a lab that add up to more than the whole."""
    model.living.switches["equity_links"] = False  # the loop itself refuses to value such a circle
    stakes = model.living.stakes
    lab = stakes.issuer == model.ecosystem.row["OAI"]
    stakes.share[lab] *= 1.2 / stakes.share[lab].sum(axis=0)


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("books of machines", lambda model: model.living.fleet.book.__setitem__((0, 0, 5, 1), 1.0)),
        ("stakes <= the whole", lambda model: own_too_much(model)),
        ("backlog before", lambda model: model.living.contracts.due.__setitem__((0, 40), 9.0)),
        ("tax basis before", lambda model: model.living.fleet.basis.__setitem__((0, 5), 1.0)),
        ("cash before", lambda model: model.ledger.transfer("cash", ROWS[:1], ROWS[1:], np.full((1, 2), 0.1))),
        ("capital of lenders", lambda model: model.ledger.change_claims(model.living.funder_places, np.ones((10, 2)))),
    ],
)
def test_a_stock_that_moves_without_a_flow_is_caught_and_named(what, wrong):
    model = abm.EcosystemModel("ai_2026", worlds=2)
    model.step()
    wrong(model)
    with pytest.raises(LedgerBreach, match=f"{what}.*world .*quarter 2"):
        model.step()
    model.release()


def test_the_baseline_is_stable(baseline):
    for name in baseline.names:
        if name.startswith("recovery_"):
            continue  # of nobody, if nobody failed
        assert np.isfinite(baseline.system(name).to_numpy()).all(), name
    for kind in ("hyperscaler", "chipmaker", "ai_lab", "operator"):
        assert baseline.firm(kind, "cash_shortfall").to_numpy().max() < 1e-9
    capex = baseline.firm("hyperscaler", "capex").to_numpy()[0]
    assert capex.min() > 80.0
    assert capex.max() < 400.0
    assert baseline.system("tightness").to_numpy().max() < 1.4


def test_world_seventeen_is_the_same_world_in_any_company():
    alone = everything(ran(6, worlds=1, first_world=17, draw_assumed=True), 0)
    for first, worlds in ((0, 20), (16, 16), (10, 64)):
        same(alone, everything(ran(6, worlds=worlds, first_world=first, draw_assumed=True), 17 - first))


def test_a_world_does_not_see_the_parameters_of_another():
    lead, term, length = np.array([4.0, 12.0]), np.array([30.0, 12.0]), np.array([20.0, 28.0])
    names = ("contract_lead_quarters", "contract_term_quarters", "opening_contract_quarters")
    both = ran(6, worlds=2, parameters=dict(zip(names, (lead, term, length), strict=True)))
    for world in (0, 1):
        values = dict(zip(names, (lead[world], term[world], length[world]), strict=True))
        alone = ran(6, worlds=1, first_world=world, parameters=values)
        same(everything(alone, 0), everything(both, world))


def test_the_order_of_those_who_decide_changes_nothing():
    straight = abm.EcosystemModel("ai_2026", worlds=3)
    shuffled = abm.EcosystemModel("ai_2026", worlds=3)
    for quarter in range(5):
        straight.step()
        if shuffled.living is not None:
            order = np.random.default_rng(quarter).permutation(list(shuffled.deciders))
            shuffled.deciders = {kind: shuffled.deciders[kind][::-1] for kind in order}
        shuffled.step()
    same(everything(straight, 2), everything(shuffled, 2))
    straight.release()
    shuffled.release()


def test_a_class_of_its_own_that_changes_nothing_changes_no_bit():
    class Same(abm.Hyperscaler):
        pass

    class SameLab(abm.AILab):
        pass

    plain = everything(ran(5, worlds=2), 1)
    same(plain, everything(ran(5, worlds=2, agents={"GOOG": Same, "ANT": SameLab}), 1))


def test_a_class_for_another_kind_is_refused():
    with pytest.raises(BadInput, match="found AILab for META; expected a class derived from Hyperscaler"):
        abm.run(quarters=1, agents={"META": abm.AILab})


def test_a_firm_can_follow_a_rule_of_its_own():
    class Cautious(abm.Hyperscaler):
        def plan_capex(self):
            return 0.5 * super().plan_capex()

    usual = abm.run(quarters=6).firm("META", "capex_plan")
    own = abm.run(quarters=6, agents={"META": Cautious}).firm("META", "capex_plan")
    assert (own.iloc[0] < usual.iloc[0]).all()


def test_a_fork_lives_on_by_itself():
    model = ran(3, worlds=2)
    twin = model.fork()
    before = everything(model, 0)
    twin.living.economy.shortfall[:] = 0.5
    for _ in range(3):
        twin.step()
    same(before, everything(model, 0))
    for _ in range(3):
        model.step()
    assert twin.living.economy.end_demand[0] < model.living.economy.end_demand[0]
    twin.release()
    model.release()


def test_more_worlds_keep_first_worlds_and_pairs_share_their_luck():
    def shortfall(model, quarter):
        if quarter == 3:
            model.living.economy.shortfall[:] = 0.3

    base = abm.run(quarters=6, worlds=5, seed=3)
    fall = abm.run(quarters=6, worlds=5, seed=3, before=shortfall)
    difference = fall.against(base).system("end_demand")
    assert (difference.iloc[:, :2] == 0.0).all().all()
    np.testing.assert_allclose(difference.iloc[:, 2], -0.3 * base.system("end_demand").iloc[:, 2], rtol=1e-12)
    with pytest.raises(BadInput, match="other worlds"):
        fall.against(abm.run(quarters=6, worlds=4, seed=3))


def test_what_cannot_live_is_refused():
    with pytest.raises(BadInput, match="end_demand_split"):
        abm.run(abm.synthetic(firms=50, seed=1), quarters=1)
    with pytest.raises(BadInput, match="quarters"):
        abm.run(quarters=0)


def test_data_in_which_chips_do_not_pay_are_refused_but_not_what_a_user_asks_for():
    from dataclasses import replace

    city = abm.load("ai_2026")
    poor = replace(city, parameters={**city.parameters, "revenue_per_capacity": {"": 0.06}})
    with pytest.raises(BadInput, match=r"a chip that earns 0\.7.* of its cost"):
        abm.run(poor, quarters=1)
    abm.run(city, quarters=1, parameters={"revenue_per_capacity": 0.06})
    abm.run(poor, quarters=1, parameters={"chip_return_floor": 0.5})
    with pytest.raises(BadInput, match=r"expected at least 1\.5"):
        abm.run(city, quarters=1, parameters={"chip_return_floor": 1.5})


def test_expensing_moves_tax_in_time_only():
    """Deductions add up to cost either way: basis left plus deductions taken, over the whole run."""
    for share in (0.0, 1.0):
        model = abm.EcosystemModel("ai_2026", parameters={"expensing_share": share, "demand_noise": 0.0})
        model.step()
        for _ in range(3):
            before = model.living.fleet.basis.sum() + model.ledger.column("shells_basis").sum()
            coming = model.living.fleet.idle.sum() + model.living.fleet.queue[0].sum()
            waiting = model.living.tax_deduction.sum()
            model.step()
            left = model.living.fleet.basis.sum() + model.ledger.column("shells_basis").sum()
            # Chips are deducted as they age, at the end of the quarter; what they give is used in the next.
            now = model.living.now.deducted.sum() - waiting
            assert before + coming - left == pytest.approx(now + model.living.tax_deduction.sum(), rel=1e-9)
        model.release()


def test_without_suppliers_money_nothing_comes_back():
    quiet = abm.run(quarters=8, parameters={"ecosystem_investment_share": 0.0})
    assert (quiet.system("circularity").to_numpy() == 0.0).all()
    assert (quiet.system("circularity_of_paths").to_numpy() == 0.0).all()
    assert (abm.run(quarters=8).system("circularity").to_numpy() > 0.0).any()


def test_a_chip_pays_back_when_its_earnings_add_up_to_its_cost():
    model = ran(2)
    economy = model.living.economy
    earned, quarters = 0.0, 0
    margin = 0.1 / 0.6 * 0.65 * economy.price[0] * economy.throughput[0]
    while earned < 1.0:
        earned += margin * (np.exp(-0.25 / 4.0) * 0.99) ** quarters
        quarters += 1
    assert quarters - 1 < model.network_metrics()["payback_quarters"][0] <= quarters
    poor = ran(1, parameters={"revenue_per_capacity": 0.02})
    assert poor.network_metrics()["payback_quarters"][0] == 26.0


def test_with_unlimited_markets_no_plan_goes_unfunded():
    wide = {"spread_per_absorption": 0.0, "spread_per_leverage": 0.0, "leverage_limit": 50.0, "spread_limit": 1.0,
            "demand_noise": 0.0, "V_XAI.outside_owner_share": 1.0}  # fmt: skip
    city = abm.load("ai_2026")
    lenders = city.of_kind("lender")
    for item, value in (("absorption_per_quarter", 1e5), ("single_name_share", 1.0), ("capital", 1e6)):
        city.stocks[item].value[lenders] = value
    result = abm.run(city, quarters=16, parameters=wide)
    assert result.system("funding_gap").to_numpy().max() < 1e-6


def test_without_progress_and_failures_nothing_is_stranded():
    still = {"hardware_progress_rate": 0.0, "chip_failure_rate": 0.0, "demand_noise": 0.0}
    result = abm.run(quarters=12, parameters=still)
    assert result.system("impairment").to_numpy().max() == pytest.approx(0.0, abs=1e-9)


def test_backlogs_roll_forward():
    model = abm.EcosystemModel("ai_2026", worlds=2)
    model.step()
    for _ in range(6):
        contracts = model.living.contracts
        before = contracts.backlog
        model.step()
        after = contracts.backlog
        np.testing.assert_allclose(after, before + contracts.signed - contracts.recognised, rtol=1e-9, atol=1e-9)
    model.release()


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_labs_promise_a_floor_under_the_plan_that_a_part_of_expected_growth_leads_to(weight):
    model = ran(6, worlds=2, parameters={"promised_growth_weight": weight})
    living, labs = model.living, model.ecosystem.of_kind("ai_lab")
    contracts, ledger = living.contracts, model.ledger
    ahead = (living.economy.quarter + 8) % contracts.due.shape[1]
    due = row_sums(contracts.due[:, ahead], contracts.customer, len(model.ecosystem))[labs]
    plan = np.maximum(ledger.column("compute_need"), ledger.column("promised"))[labs]
    floor = 0.7 * plan * np.exp(8.0 * weight * ledger.column("growth_expectation")[labs])
    signed = row_sums(contracts.signed, contracts.customer, len(model.ecosystem))[labs] > 0.0
    np.testing.assert_allclose(due[signed], floor[signed], rtol=1e-12)
    assert (due[~signed] >= floor[~signed]).all() and signed.any()


def test_what_europe_buys_at_home_comes_from_others_and_is_no_more_than_before():
    from abm.markets.compute import _enterprise_shares

    plain, asked = (ran(2, parameters={"european_preference": each}) for each in (0.0, 0.2))
    before, after = plain.living.enterprise_share, _enterprise_shares(asked)
    eco, fleet = asked.ecosystem, asked.living.fleet
    home = np.array([each == "EU" for each in eco.region])
    assert after.sum() == pytest.approx(before.sum(), rel=1e-12)
    microsoft, owner = eco.row["MSFT"], int(np.flatnonzero(fleet.owners == eco.row["MSFT"])[0])
    lost = before[microsoft, 0] - after[microsoft, 0]
    assert lost == pytest.approx(0.2 * fleet.region[owner, 1, 0] * before[microsoft, 0], rel=1e-12)
    assert after[home, 0].sum() - before[home, 0].sum() == pytest.approx((before - after)[~home, 0].sum(), rel=1e-9)
    demand = (each.ledger.column("compute_demand")[eco.row["NBIS"], 0] for each in (asked, plain))
    assert next(demand) > 1.2 * next(demand)


def test_the_opening_bounds_how_far_labs_extrapolate():
    """What `docs/quarters.md` says: due in the ninth quarter by schedule, and by the rule at several weights."""
    model = abm.EcosystemModel("ai_2026", parameters={"demand_noise": 0.0})
    model.begin()
    labs = [model.ecosystem.row[each] for each in ("OAI", "ANT")]
    contracts, ledger = model.living.contracts, model.ledger
    held = row_sums(contracts.due[:, 9], contracts.customer, len(model.ecosystem))[labs].sum()
    assert held == pytest.approx(17, abs=0.5)
    model.step()
    plan = np.maximum(ledger.column("compute_need"), ledger.column("promised"))[labs, 0]
    expected = ledger.column("growth_expectation")[labs, 0]
    asked = [(0.7 * plan * np.exp(8.0 * weight * expected)).sum() for weight in (0.25, 0.5, 1.0)]
    assert asked == pytest.approx([14, 20, 41], abs=0.5)
    model.release()


def test_lenders_count_promises_to_a_cloud_as_if_a_part_of_them_were_earned():
    def borrowed(weight):
        model = ran(4, parameters={"promise_lending_weight": weight, "demand_noise": 0.0})
        return model.ledger.owed("gpu_loan", "loan")[model.ecosystem.row["CRWV"], 0]

    assert borrowed(1.0) > borrowed(0.5) + 0.5 > borrowed(0.0) + 1.0


def test_a_cloud_is_lent_what_falls_due_and_to_grow_no_more_than_stands_behind_it():
    """Four years of margin, or three quarters of the margin in undelivered promises, whichever is more."""
    model = abm.EcosystemModel("ai_2026", worlds=3)
    model.begin()
    living, ledger, clouds = model.living, model.ledger, model.ecosystem.of_kind("operator")
    lender = np.isin(living.debts.holder, model.ecosystem.of_kind("lender"))[:, None]
    bound = 0
    for _ in range(12):
        margin = ledger.column("margin_average").copy()
        owed = ledger.owed("bond", "loan", "gpu_loan", "abs", "vendor_loan")
        model.step()
        new = row_sums(np.where(lender, living.payments["loans"], 0.0), living.debts.debtor, len(model.ecosystem))
        promised = 0.65 * ledger.column("promised_sales")
        room = np.maximum(0.0, np.maximum(4.0 * 4.0 * margin, 0.75 * promised) - owed) + ledger.column("principal")
        assert (new[clouds] <= room[clouds] * (1.0 + 1e-9) + 1e-9).all()
        bound += np.isclose(new[clouds], room[clouds], rtol=1e-9).sum()
    assert bound > 5
    model.release()


@pytest.mark.parametrize(("power", "part"), [(100.0, 1.0), (0.0, 0.6)])
def test_sites_are_built_for_machines_that_will_have_no_place(power, part):
    eco = abm.load("ai_2026")
    row = eco.row["NBIS"]
    eco.stocks["power_energised"].value[row] = power
    for each in range(1, 7):
        eco.stocks[f"pipeline_q{each}"].value[row] = 0.0
    model = abm.EcosystemModel(eco, worlds=2)
    model.step()
    budget, sites = model.ledger.column("capex_budget")[row], model.ledger.column("shells_started")[row]
    np.testing.assert_allclose(sites, (1.0 - part) * budget, rtol=1e-12, atol=1e-12)
    assert (budget > 0.5).all()
    model.release()


def test_a_giants_vehicle_runs_its_machines_where_the_giant_has_power():
    model = ran(8, worlds=2)
    living, fleet = model.living, model.living.fleet
    mixed = 0
    for vehicle, sponsor in zip(living.vehicle_rows, living.sponsor_of, strict=True):
        pair = [int(np.flatnonzero(fleet.owners == row)[0]) for row in (sponsor, vehicle)]
        machines, power = fleet.cost[pair].sum(axis=2), fleet.power[pair]
        shared = (machines > 1e-3).all(axis=0)  # both have some in the region
        part = np.divide(power, machines, out=np.zeros_like(power), where=machines > 0.0)
        np.testing.assert_allclose(part[0][shared], part[1][shared], rtol=1e-9)
        mixed += int(shared.sum())
    assert mixed > 4


def test_orders_are_delivered_carried_or_cancelled():
    model = ran(5, worlds=2)
    living = model.living
    np.testing.assert_allclose(
        living.now.orders_before + living.now.orders_placed,
        living.now.delivered + living.chips.late + living.now.orders_cancelled, rtol=1e-12, atol=1e-12,
    )  # fmt: skip


def test_books_of_machines_and_sites_are_those_of_the_ledger():
    model = ran(9, worlds=2)
    fleet, ledger = model.living.fleet, model.ledger
    rows = fleet.owners
    np.testing.assert_allclose(fleet.book.sum(axis=(1, 2)), ledger.column("chips_book")[rows], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fleet.idle.sum(axis=1), ledger.column("chips_unenergised")[rows], rtol=1e-9, atol=1e-9)
    work = sum(ledger.column(f"pipeline_q{each}")[rows] for each in range(1, 7))
    np.testing.assert_allclose(fleet.building, work, rtol=1e-9, atol=1e-9)
    used = fleet.power - fleet.power_left
    assert (used >= -1e-12).all() and (used <= fleet.power + 1e-12).all()


def test_no_more_is_served_than_wanted_or_possible_and_stakes_stay_below_the_whole():
    model = ran(12, worlds=4)
    ledger, stakes = model.ledger, model.living.stakes
    served = ledger.column("compute_served")
    assert (served <= ledger.column("compute_capacity") * (1.0 + 1e-12) + 1e-12).all()
    held = np.zeros_like(served)
    np.add.at(held, stakes.issuer, stakes.share)
    assert (held <= 1.0).all()
    assert (stakes.share >= 0.0).all()
