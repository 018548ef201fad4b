"""Crises of all shipped scenarios and at the edges of parameters: the books balance, and more trouble is no help."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import abm
from abm.columns import COLUMNS
from abm.dated import Dated
from abm.ecosystem.vocabulary import KINDS
from abm.estates import Estate
from abm.scenario import load_scenario
from abm.statement import LINES
from cython_ext import FLAGS, Problem, Settled, settle

FAILED = FLAGS.index("default")
# Signed by nature; all else is an amount of something.
SIGNED = ("net_worth", "core_business_value", "margin", "internal_funds", "core_inflow", "margin_average",
          "free_cash_average", "own_core_average", "growth_expectation", "seen_growth", "margin_call",
          *LINES)  # fmt: skip


def audit(model: abm.EcosystemModel, quarter: int) -> None:
    """Nothing private is negative or no number, in the state that a quarter starts from."""
    ledger, living, eco = model.ledger, model.living, model.ecosystem
    private = ~np.isin(np.arange(len(eco)), eco.of_kind("government", "rest_of_world"))
    values = {name: each[private] for name, each in (ledger._balances | ledger._facts).items()
              if name in COLUMNS and COLUMNS[name].sort != "fact"}  # fmt: skip
    fleet, contracts = living.fleet, living.contracts
    values |= {"claims": ledger.amounts, "payments": living.payments.amount, "shares": living.stakes.share}
    values |= {name: getattr(fleet, name)
               for name in ("cost", "book", "idle", "power", "power_left", "basis", "queue", "waiting")}  # fmt: skip
    values |= {name: getattr(contracts, name) for name in ("due", "units", "arrears", "arrears_units", "share")}
    values |= {name: getattr(living, name) for name in ("lab_share", "enterprise_share", "guarantee_left",
                                                        "backstop_left", "envelope")}  # fmt: skip
    for name, each in values.items():
        assert np.isfinite(each).all(), (name, quarter - 1)
        assert name in SIGNED or not each.size or each.min() >= -1e-9, (name, quarter - 1, each.min())


def checked(scenario: str = "baseline", *, quarters: int = 40, worlds: int = 4, **options) -> abm.RunResult:
    """A run whose identities hold, with nothing negative and no payment left open, quarter by quarter."""
    run = abm.run(scenario=scenario, quarters=quarters, worlds=worlds, before=audit, **options)
    assert 0.0 < run.worst_residual <= 1e-9
    assert run.system("cash_shortfall").to_numpy().max() < 1e-6
    for name in ("end_demand", "price", "confidence", "capex", "net_worth"):
        assert np.isfinite(run.system(name).to_numpy()).all(), name
    return run


@pytest.mark.parametrize("scenario", abm.scenarios())
def test_the_books_balance_in_every_shipped_scenario(scenario):
    checked(scenario)


@pytest.mark.parametrize("scenario", ["baseline", "city_in_the_clouds", "shortfall_50", "rescue", "vendor_cap"])
def test_they_do_with_openings_that_are_drawn(scenario):
    run = checked(scenario, draw_assumed=True)
    assert (run.system("defaults").to_numpy().sum() > 0.0) == (scenario != "rescue")  # nobody on the list fails


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in {
        "customer_substitution": (0.0, 1.0), "confidence_loss": (0.0, 5.0), "fire_sale_price_impact": (0.0, 5.0),
        "default_asset_recovery": (0.0, 1.0), "take_or_pay_floor": (0.0, 1.0), "reorganised_asset_cover": (1.0, 10.0),
        "machines_that_survive_a_sale": (0.0, 1.0),
    }.items() for value in values],
)  # fmt: skip
def test_they_do_at_the_edges_of_parameters(name, value):
    more = {"default_receipt_recovery": value} if name == "default_asset_recovery" else {}
    run = checked("shortfall_50", quarters=26, worlds=2, draw_assumed=True, parameters={name: value} | more)
    assert run.system("defaults").to_numpy().sum() > 0.0


def test_they_do_with_a_tenth_of_the_capital():
    city = abm.load("ai_2026")
    city.stocks["capital"].value[city.of_kind("lender")] *= 0.1
    checked("shortfall_50", worlds=2, draw_assumed=True, ecosystem=city)


@pytest.mark.parametrize("kinds", [("operator",), ("ai_lab",), ("vehicle",), ("lender",), ("hyperscaler", "chipmaker"),
                                   ("operator", "ai_lab", "vehicle", "lender", "hyperscaler", "chipmaker")],
                         ids=lambda each: each[0] if len(each) < 3 else "all")  # fmt: skip
def test_they_do_when_all_of_a_kind_fail_at_once_and_again(kinds):
    def strike(model: abm.EcosystemModel, quarter: int) -> None:
        audit(model, quarter)
        forced = np.zeros((len(model.ecosystem), model.ledger.worlds), bool)
        forced[model.ecosystem.of_kind(*kinds)] = quarter in (4, 9)
        model.living.forced_default = forced

    run = abm.run(quarters=14, worlds=2, before=strike, parameters={"default_asset_recovery": 0.3})
    assert run.worst_residual <= 1e-9
    # Lenders go on, but those to whom they do not lend may not.
    assert run.system("defaults").to_numpy().sum() > 0.0


def test_a_lender_can_be_rescued():
    checked(quarters=6, draw_assumed=True, parameters={"rescued": 1.0})


def test_nobody_fails_whom_the_state_stands_behind_unless_it_is_made_to():
    """CoreWeave fails in nearly every world of the plain run, for want of money that others withdrew."""
    plain = checked("shortfall_50", worlds=6)
    backed = checked("shortfall_50", worlds=6, parameters={"CRWV.rescued": 1.0})
    half = checked("shortfall_50", worlds=6, parameters={"CRWV.rescued": 0.5})
    failed = [run.firm("CRWV", "reorganised") + run.firm("CRWV", "wound_up") for run in (plain, backed, half)]
    assert (failed[0].sum(axis=1) > 0).sum() > 4 and not failed[1].to_numpy().any()
    assert (failed[2].sum(axis=1) > 0).any()
    paid = [run.firm("CRWV", "rescue").sum(axis=1) for run in (plain, backed, half)]
    assert not paid[0].any() and (paid[1] > 0.1).all()
    assert (plain.firm("NVDA", "rescue") == 0.0).all(axis=None)

    def strike(model: abm.EcosystemModel, quarter: int) -> None:
        model.living.forced_default = np.zeros((len(model.ecosystem), model.ledger.worlds), bool)
        model.living.forced_default[model.ecosystem.row["CRWV"]] = quarter == 3

    forced = abm.run(quarters=3, worlds=2, before=strike, parameters={"CRWV.rescued": 1.0})
    assert (forced.firm("CRWV", "reorganised") + forced.firm("CRWV", "wound_up")).iloc[:, 2].all()


def test_a_rescue_pays_what_is_lacking_and_old_owners_keep_a_fifth():
    """Half of a cloud's loans fall due at once and nobody lends: the state pays what income does not, and no more."""
    city = abm.load("ai_2026")
    city.stocks["absorption_per_quarter"].value[:] = 0.0
    alone = {"CRWV.rescued": 1.0, "ecosystem_investment_share": 0.0, "demand_noise": 0.0}
    model = abm.EcosystemModel(city, worlds=2, parameters=alone)
    model.begin()
    row, living, ledger = model.ecosystem.row["CRWV"], model.living, model.ledger
    living.debts.pulled_forward = np.where((living.debts.debtor == row)[:, None], 0.5, 0.0)
    living.debts.undrawn[:] = 0.0
    owned = living.stakes.share[living.stakes.issuer == row].copy()
    model.step()
    paid = ledger.column("rescue")[row]
    due = ledger.column("interest")[row] + ledger.column("principal")[row]
    assert (paid > 5.0).all() and (paid < due).all()
    assert not living.health.failed[row].any()
    assert (ledger.column("cash")[row] < 1e-6).all()  # all it had went first
    assert owned.any()
    np.testing.assert_allclose(living.stakes.share[living.stakes.issuer == row], 0.2 * owned, rtol=1e-12)
    model.release()


def made_to_fail(who: str, quarter: int, goes_on: bool, monkeypatch, parameters: dict) -> abm.EcosystemModel:
    """Two worlds right after a firm was made to fail, whether or not its creditors would have it go on."""
    monkeypatch.setattr(Estate, "goes_on", lambda estate: np.full(estate.worlds.size, goes_on))
    model = abm.EcosystemModel("ai_2026", worlds=2, parameters=parameters)
    model.begin()
    for each in range(1, quarter + 1):
        model.living.forced_default = np.zeros((len(model.ecosystem), 2), bool)
        model.living.forced_default[model.ecosystem.row[who]] = each == quarter
        model.step()
    model.release()
    return model


def test_a_guarantor_pays_what_creditors_lose_in_a_reorganisation_too(monkeypatch):
    model = made_to_fail("TAIL1_1", 8, True, monkeypatch, {"default_asset_recovery": 0.05})
    living = model.living
    assert living.now.reorganised[model.ecosystem.row["TAIL1_1"]].all()
    lost = living.now.loan_losses.sum(axis=0)
    paid = living.aftermath["guarantees"][model.ecosystem.row["GOOG"]]
    assert (lost > 0.0).all()
    np.testing.assert_allclose(paid, np.minimum(0.1377952 + 0.0602854, paid + lost), rtol=1e-6)


def test_owners_get_nothing_before_an_estate_has_paid_what_it_missed(monkeypatch):
    model = made_to_fail("V_XAI", 8, False, monkeypatch, {"default_receipt_recovery": 0.0})
    row, loop = model.ecosystem.row["V_XAI"], model.living.now.loop
    # Principal and invoices stay in balances; running costs, tax, interest and rent are claims of their own.
    own = (loop.problem.debtor == row) & (model.living.due_of_link[loop.links] >= 0)
    missed = (loop.problem.due[own] * (1.0 - loop.state.paid[loop.problem.priority[own], row])).sum(axis=0)
    assert (missed > 0.1).all()
    assert model.living.aftermath["estate_rest"][row].min() > 0.0
    np.testing.assert_allclose(model.living.aftermath["estate_dues"].sum(axis=0), missed, rtol=1e-9)


def test_in_calm_times_no_giant_fails_whatever_the_noise():
    run = checked(worlds=8)
    kind = {name: KINDS[each] for name, each in zip(run.ecosystem.id, run.ecosystem.kind, strict=True)}
    failures = run.events[run.events["channel"] == "default"]
    assert not {kind[each] for each in failures["target"]} & {"hyperscaler", "chipmaker", "lender"}
    for each in ("hyperscaler", "chipmaker"):
        assert not run.firm(each, "reorganised").to_numpy().any()
        assert not run.firm(each, "wound_up").to_numpy().any()


def test_a_fork_in_a_crisis_lives_the_same_life():
    story = load_scenario("shortfall_50")
    model = abm.EcosystemModel("ai_2026", worlds=3, parameters=story.settings(None))
    model.begin()
    dated = Dated(model, story.changes())
    row = model.ecosystem.row["OAI"]
    for quarter in range(1, 13):
        dated.strike(quarter)
        model.living.forced_default = np.zeros((len(model.ecosystem), 3), bool)
        model.living.forced_default[row, 1] = quarter == 11
        model.step()
    assert model.living.health.moving_users.any()
    twin = model.fork()
    for _ in range(8):
        twin.step()
    assert model.living.health.moving_users.any()
    for _ in range(8):
        model.step()
    pairs = zip((model.ledger._balances | model.ledger._facts).items(),
                (twin.ledger._balances | twin.ledger._facts).values(), strict=True)  # fmt: skip
    assert not [name for (name, one), other in pairs if one.tobytes() != other.tobytes()]
    assert model.ledger.amounts.tobytes() == twin.ledger.amounts.tobytes()
    assert len(model.living.chronicle.rows) == len(twin.living.chronicle.rows)
    for each in (model, twin):
        each.release()


# -- more trouble is no help: on the loops of running models ------------------------------------------
@pytest.fixture(scope="module")
def loops() -> list[tuple[Problem, np.ndarray]]:
    """Problems that came up in a falling market, and who was made to fail in them."""
    found = []
    for scenario, worlds, parameters in (("shortfall_50", 4, {}), ("vendor_cap", 3, {}),
                                         ("baseline", 3, {"end_demand_ceiling": 100.0})):  # fmt: skip
        story = load_scenario(scenario)
        model = abm.EcosystemModel("ai_2026", worlds=worlds, draw_assumed=True, parameters=story.settings(parameters))
        model.begin()
        dated = Dated(model, story.changes())
        for quarter in range(1, 25):
            dated.strike(quarter)
            model.step()
            loop = model.living.now.loop
            if loop is not None and quarter > 6:
                found.append((loop.problem, model.living.forced_default[:, loop.worlds].copy()))
        model.release()
    assert len(found) > 20
    return found


def solved(problem: Problem, forced: np.ndarray) -> tuple[Settled, np.ndarray]:
    """The end of the loop, and all payments that are made."""
    start = Settled.untouched(problem.firms, problem.worlds)
    start.flags[FAILED] = forced
    state = settle(problem, start)
    closed = problem.closed(*(state.flags > 0))
    return state, np.where(closed, 0.0, problem.due * state.paid[problem.priority, problem.debtor])


def smaller(problem: Problem, forced: np.ndarray, what: str) -> tuple[Problem, np.ndarray]:
    """The same with less of something, or with more trouble."""
    rng = np.random.default_rng(5)
    some = rng.uniform(size=problem.cash.shape) < 0.3
    if what == "failures":
        return problem, forced | (some & (problem.exempt == 0)[:, None] & (rng.uniform(size=some.shape) < 0.2))
    if what == "impact":
        return replace(problem, price_impact=3.0 * problem.price_impact, price_floor=0.2 * problem.price_floor), forced
    if what == "some cash":
        return replace(problem, cash=np.where(some, 0.2, 1.0) * problem.cash), forced
    factor = 0.5 if what in ("asset_recovery", "receipt_recovery") else 0.7
    return replace(problem, **{what: factor * getattr(problem, what)}), forced


@pytest.mark.parametrize("what", [
    "cash", "some cash", "failures", "asset_recovery", "receipt_recovery", "collateral", "franchise", "impact",
    "property",
])  # fmt: skip
def test_more_trouble_raises_no_value_payment_or_price_and_lowers_no_flag(loops, what):
    worse = 0
    for problem, forced in loops:
        (usual, paid), (hit, less) = solved(problem, forced), solved(*smaller(problem, forced, what))
        assert (hit.flags >= usual.flags).all()
        assert (hit.price <= usual.price + 1e-12).all()
        scale = np.maximum(1.0, np.abs(usual.value))
        assert ((hit.value - usual.value) / scale).max() <= 1e-9
        assert (less - paid).max() <= 1e-9
        worse += (hit.flags > usual.flags).sum() + (hit.value < usual.value - 1e-6).sum()
    assert worse > 0


def test_less_new_money_raises_no_value_and_lowers_no_flag(loops):
    """Money that the market gives freely is withdrawn from everybody."""
    raised = 0
    for problem, forced in loops:
        start = Settled.untouched(problem.firms, problem.worlds)
        start.flags[FAILED] = forced
        start.flags[FLAGS.index("withdrawal")] = problem.exempt[:, None] == 0
        usual, _ = solved(problem, forced)
        hit = settle(problem, start)
        assert (hit.flags >= usual.flags).all()
        assert (hit.value <= usual.value + 1e-9 * np.maximum(1.0, usual.value)).all()
        raised += (hit.flags[FAILED] > usual.flags[FAILED]).sum()
    assert raised > 0
