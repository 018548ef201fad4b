"""The settlement of a quarter inside a running model: seniority, gates, covenants, switches, and worlds apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import abm
import abm.clearing as clearing
from abm.chronicle import BREACHED, UNPAID, WORTHLESS
from abm.dated import Dated
from abm.links import COMMITTED_FUNDING, MARKET_FUNDING, SECURED_FUNDING
from abm.scenario import load_scenario
from abm.switches import OF_SETTLEMENT
from cython_ext import FLAGS, HARD, PRIORITIES, Settled, reference, row_sums, settle

FAILED, BREACH, WITHDRAWN = range(len(FLAGS))
TIE = 1e-9
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def open_model(scenario: str = "baseline", **options) -> tuple[abm.EcosystemModel, Dated]:
    story = load_scenario(scenario)
    settings = story.settings(options.pop("parameters", None))
    switches = story.settlement_switches() | options.pop("switches", {})
    model = abm.EcosystemModel(parameters=settings, switches=switches, **options)
    model.begin()
    return model, Dated(model, story.changes())


def lived(scenario: str, quarters: int, force: Callable | None = None, **options) -> abm.EcosystemModel:
    """A model after some quarters; `force(model, quarter)` is called before each."""
    model, dated = open_model(scenario, **options)
    for quarter in range(1, quarters + 1):
        dated.strike(quarter)
        if force is not None:
            force(model, quarter)
        model.step()
    model.release()
    return model


def fail(model: abm.EcosystemModel, *who: str) -> None:
    """These firms fail in the next quarter, in every world."""
    forced = np.zeros((len(model.ecosystem), model.ledger.worlds), bool)
    for each in who:
        forced[model.ecosystem.rows(each)] = True
    model.living.forced_default = forced


def state_of(model: abm.EcosystemModel, worlds: slice | int = slice(None)) -> dict[str, np.ndarray]:
    ledger, health = model.ledger, model.living.health
    found = {name: each[:, worlds].copy() for name, each in (ledger._balances | ledger._facts).items()}
    found |= {name: getattr(health, name)[:, worlds].copy()
              for name in ("failed", "breached", "withdrawn", "alive", "reorganised_in")}  # fmt: skip
    return found | {"claims": ledger.amounts[:, worlds].copy()}


def some_fail(model: abm.EcosystemModel, quarter: int) -> None:
    fail(model, *{3: ["CRWV"], 5: ["OAI"], 8: ["TAIL2", "lender"]}.get(quarter, []))


@pytest.fixture(scope="module")
def crises() -> list[tuple[clearing.Loop, np.ndarray, np.ndarray]]:
    """Loops of running models in trouble, with who was forced to fail and what was paid in the end; NaN where what is
    paid is found anew after the loop: running costs of chips that were not made, and what funds hand on."""
    found = []
    for scenario, options, force in (
        ("shortfall_50", {"worlds": 6, "parameters": {"promised_growth_weight": 1.0, "take_or_pay_floor": 1.0}}, None),
        ("baseline", {"worlds": 4, "parameters": {"end_demand_ceiling": 100.0, "leverage_limit": 7.0}}, None),
        ("no_vendor_investment", {"worlds": 3, "draw_assumed": True}, some_fail),
    ):
        model, dated = open_model(scenario, **options)
        for quarter in range(1, 21):
            dated.strike(quarter)
            if force is not None:
                force(model, quarter)
            model.step()
            loop = model.living.now.loop
            if loop is not None and loop.state.flags.any():
                amounts = model.living.payments.amount.copy()
                for name in ("running", "pass_through"):
                    amounts[model.living.payments.blocks[name].place] = np.nan
                amounts = amounts[loop.links][:, loop.worlds]
                found.append((loop, model.living.forced_default[:, loop.worlds].copy(), amounts))
        model.release()
    assert sum(loop.state.flags[FAILED].sum() for loop, *_ in found) > 30
    assert sum(loop.state.missed.sum() for loop, *_ in found) > 10
    return found


def start_of(forced: np.ndarray) -> Settled:
    start = Settled.untouched(*forced.shape)
    start.flags[FAILED] = start.raised[FAILED] = forced
    return start


@pytest.mark.parametrize(("scenario", "first"), [("baseline", 1), ("shortfall_50", 7)])
def test_worlds_that_need_no_loop_come_out_of_it_as_they_went_in(monkeypatch, scenario, first):
    """One quarter from the same state by the shortcut and through the loop: no other flag, and money alike.

    A payer that spends its last cent may pay a last bit less, so bits differ where money runs out: by some 1e-15.
    """
    model, dated = open_model(scenario, worlds=8)
    usual, calm, worst = clearing._troubled, 0, 0.0
    for quarter in range(1, first + 16):
        dated.strike(quarter)
        if quarter < first:
            model.step()
            continue
        twin = model.fork()
        model.step()
        loop = model.living.now.loop
        calm += 8 - (0 if loop is None else loop.worlds.size)
        monkeypatch.setattr(clearing, "_troubled", lambda model, here: np.ones(model.ledger.worlds, bool))
        twin.step()
        monkeypatch.setattr(clearing, "_troubled", usual)
        assert twin.living.now.loop.worlds.size == 8
        short, long = state_of(model), state_of(twin)
        for name, values in short.items():
            if values.dtype != np.float64:
                assert np.array_equal(values, long[name]), name
                continue
            apart = np.abs(values - long[name]) / np.maximum(1.0, np.abs(values))
            assert np.nanmax(apart) <= 1e-12, (quarter, name)
            worst = max(worst, np.nanmax(apart))
        twin.release()
    model.release()
    assert calm > 40
    assert worst < 1e-13


@pytest.mark.parametrize("force", [None, some_fail], ids=["by itself", "forced"])
def test_world_seventeen_is_the_same_bytes_in_any_company_through_failures(force):
    alone = lived("shortfall_50", 24, force, worlds=1, first_world=17)
    expected = state_of(alone, 0)
    health = alone.living.health
    assert (health.reorganised_in > 0).any() or not health.alive.all()
    for worlds in (20, 64):
        other = state_of(lived("shortfall_50", 24, force, worlds=worlds), 17)
        assert not [name for name in expected if expected[name].tobytes() != other[name].tobytes()], worlds


def test_the_order_of_those_who_decide_changes_nothing_in_a_crisis():
    class Giant(abm.Hyperscaler):
        pass

    class Cloud(abm.Operator):
        pass

    class Lab(abm.AILab):
        pass

    own = {"MSFT": Giant, "META": Giant, "CRWV": Cloud, "CRUS": Cloud, "ANT": Lab}

    def shuffle(model, quarter):
        some_fail(model, quarter)
        order = np.random.default_rng(quarter).permutation(list(model.deciders))
        model.deciders = {kind: model.deciders[kind][::-1] for kind in order}

    straight, shuffled = (
        state_of(lived("shortfall_50", 16, each, worlds=3, agents=own)) for each in (some_fail, shuffle)
    )
    assert not [name for name in straight if straight[name].tobytes() != shuffled[name].tobytes()]


def test_the_compiled_loop_is_its_twin_on_problems_of_a_running_model(crises):
    for loop, forced, _ in crises:
        twin = reference.settle(loop.problem, start_of(forced))
        whole = settle(loop.problem, start_of(forced))
        for name in ("flags", "raised", "sweeps"):
            np.testing.assert_array_equal(getattr(loop.state, name), getattr(twin, name), name)
            np.testing.assert_array_equal(getattr(loop.state, name), getattr(whole, name), name)
        for name in ("paid", "left", "value", "late", "recovery", "price"):
            np.testing.assert_allclose(getattr(loop.state, name), getattr(twin, name), **CLOSE, err_msg=name)


def test_who_misses_a_due_pays_nothing_that_ranks_behind_it_and_all_of_one_rank_alike(crises):
    misses = partial = 0
    for loop, _, amounts in crises:
        problem, state = loop.problem, loop.state
        paid = np.where(loop.closed, 0.0, problem.due * state.paid[problem.priority, problem.debtor])
        np.testing.assert_allclose(np.where(np.isnan(amounts), paid, amounts), paid, **CLOSE)
        by = [[row_sums(values * (problem.priority == each)[:, None], problem.debtor, problem.firms)
               for each in range(len(PRIORITIES))] for values in (problem.due, paid)]  # fmt: skip
        owed, got = np.array(by)
        for rank in range(HARD):
            missed = got[rank] < owed[rank] * (1.0 - TIE) - TIE
            behind = got[rank + 1 :].sum(axis=0)
            assert (behind[missed] <= TIE * np.maximum(1.0, owed.sum(axis=0)[missed])).all()
            assert state.flags[FAILED][missed].all()
            misses += missed.sum()
        fraction = np.where(problem.due > 1e-6, paid / np.where(problem.due > 1e-6, problem.due, 1.0), np.nan)
        for key in np.unique(problem.debtor * len(PRIORITIES) + problem.priority):
            own = (problem.debtor == key // len(PRIORITIES)) & (problem.priority == key % len(PRIORITIES))
            parts = np.where(loop.closed[own], np.nan, fraction[own])
            known = ~np.isnan(parts).all(axis=0)
            low, high = np.nanmin(parts[:, known], axis=0), np.nanmax(parts[:, known], axis=0)
            np.testing.assert_allclose(low, high, rtol=1e-12)
            partial += ((low > 1e-6) & (high < 1.0 - 1e-6)).sum()
        # All that a firm pays comes out of what it has.
        receipts = row_sums(paid, problem.creditor, problem.firms)
        outgo = row_sums(paid, problem.debtor, problem.firms)
        tested = problem.exempt == 0
        assert (outgo - problem.cash - receipts)[tested].max() <= 1e-9
    assert misses > 10
    assert partial > 10


def test_new_money_reaches_and_leaves_nobody_it_must_not(crises):
    """Nobody lends to or is paid by one that failed; breach stops secured money, withdrawal what is given freely."""
    stopped = np.zeros(3)
    for loop, _, amounts in crises:
        problem = loop.problem
        failed, breach, withdrawn = loop.state.flags > 0
        gate, payer, taker = problem.gate[:, None], problem.debtor, problem.creditor
        for place, rule in enumerate((
            (gate > 0) & (failed[payer] | failed[taker]),
            (gate == SECURED_FUNDING) & breach[taker],
            ((gate == MARKET_FUNDING) & withdrawn[taker]) | ((gate > 0) & (gate != COMMITTED_FUNDING)
                                                            & withdrawn[payer]),
        )):  # fmt: skip
            assert not np.nan_to_num(amounts[rule], nan=1.0).any()
            stopped[place] += problem.due[rule].sum()
    assert (stopped > 1e-3).all(), stopped


@pytest.mark.parametrize("who", [("lender",), ("hyperscaler",), ("operator", "ai_lab")], ids=lambda each: each[0])
def test_what_is_not_paid_is_not_delivered_built_lent_or_made(who):
    model = lived("baseline", 4, worlds=3)
    living, ledger = model.living, model.ledger
    undrawn = living.debts.undrawn.copy(), living.stakes.undrawn.copy()
    fail(model, *who)
    model.step()
    payments, loop, n = living.payments, living.now.loop, len(model.ecosystem)
    planned = payments.amount.copy()
    planned[loop.links] = loop.problem.due
    place = {name: block.place for name, block in payments.blocks.items()}
    now, links = living.now, living.chips
    assert (planned - payments.amount).max() > 0.1
    # Chips.
    np.testing.assert_allclose(now.delivered * (1.0 - living.invoiced_part), payments["chips"], **CLOSE)
    np.testing.assert_allclose(now.delivered * living.invoiced_part, now.invoiced, **CLOSE)
    came = row_sums(now.delivered, links.buyer, n)
    np.testing.assert_allclose(ledger.column("chips_delivered"), came, **CLOSE)
    sold = row_sums(now.delivered, links.seller, n)
    sold[-1] = 0.0
    np.testing.assert_allclose(ledger.column("chip_sales"), sold, **CLOSE)
    np.testing.assert_allclose(
        now.orders_before + now.orders_placed, now.delivered + links.late + now.orders_cancelled, **CLOSE
    )
    # Sites, and what a chip that is not sold would have cost to make.
    np.testing.assert_allclose(ledger.column("shells_started"), payments["building"], **CLOSE)
    np.testing.assert_allclose(ledger.column("capex"), payments["building"] + came, **CLOSE)
    lost = planned[place["chips"]] / (1.0 - living.invoiced_part) - now.delivered
    unsold = row_sums(lost, links.seller, n)
    unsold[-1] = 0.0
    healthy = living.of("chipmaker") & ~living.health.failed
    saved = planned[place["running"]] - payments["running"]
    np.testing.assert_allclose(saved[healthy], (unsold * living.chip_cost_share)[healthy], rtol=1e-9, atol=1e-11)
    # Facilities that were not paid out stay open, of those who live on.
    for before, owner, name, debtor in (
        (undrawn[0], living.debts, "loans", living.debts.debtor), (undrawn[1], living.stakes, "stakes",
                                                                   living.stakes.issuer)):  # fmt: skip
        alive = living.health.alive[debtor] & living.health.alive[owner.holder] & owner.old[:, None]
        np.testing.assert_allclose(owner.undrawn[alive], (before - payments[name])[alive], rtol=1e-9, atol=1e-11)
    unpaid = planned[place["loans"]] - payments["loans"]
    if who == ("lender",):
        assert unpaid[living.debts.old].max() > 0.01
    # Sales of compute are what was paid for.
    sales = payments.received("contracts", "compute", "spill", "backstop")
    np.testing.assert_allclose(ledger.column("compute_sales"), sales, **CLOSE)


def test_the_opening_raises_no_flag_and_nobody_young_is_tested():
    model, dated = open_model("baseline", worlds=64, draw_assumed=True)
    young = model.ledger.column("margin_average") <= 0.0
    dated.strike(1)
    model.step()
    health, holiday = model.living.health, model.ledger.column("covenant_holiday_until")
    assert not health.failed.any()
    assert not health.breached.any()
    assert young.any()
    assert (health.free_until[young] >= 4.0).all()
    assert (health.free_until >= holiday).all()
    assert holiday.max() > 4.0
    # Nobody free is ever tested, however little stands behind its debt.
    health.loan_limit, health.cover_limit = np.full_like(health.loan_limit, -1.0), np.full_like(holiday, 1e6)
    for quarter in range(2, 5):
        free = health.free_until >= quarter
        model.step()
        assert not (health.breached & free).any()
        assert health.breached.any()
    model.release()


def test_a_breach_takes_both_tests_and_two_running_are_a_failure():
    """Worlds: both limits missed; only the loan; only the cover; both on holiday; both, but not twice running."""
    model = lived("baseline", 2, worlds=5, parameters={"demand_noise": 0.0})
    health, row = model.living.health, model.ecosystem.row["IREN"]
    usual = health.loan_limit[row].copy()
    health.free_until = health.free_until.copy()
    health.free_until[row] = [0.0, 0.0, 0.0, 40.0, 0.0]
    health.loan_limit, health.cover_limit = health.loan_limit.copy(), health.cover_limit.copy()
    loose = health.cover_limit[row].copy()
    tight, seen, gone = np.array([True, True, False, True, True]), [], []
    for fifth in (True, False, True, True):
        tight[4] = fifth
        health.loan_limit[row] = np.where(tight, 1e-3, usual * 10.0)
        health.cover_limit[row] = np.where([True, False, True, True, fifth], 1e3, -np.abs(loose) - 10.0)
        model.step()
        seen.append(health.breached[row].copy())
        gone.append(model.living.now.reorganised[row] | model.living.now.wound_up[row])
    np.testing.assert_array_equal(np.array(seen)[:2, 0], [True, True])
    assert not np.array(seen)[2:, 0].any()  # a firm that was reorganised is given a year
    assert not np.array(seen)[:, 1:4].any()
    np.testing.assert_array_equal(np.array(seen)[:, 4], [True, False, True, True])
    np.testing.assert_array_equal(np.array(gone)[:, 0], [False, True, False, False])
    np.testing.assert_array_equal(np.array(gone)[:, 4], [False, False, False, True])
    assert not np.array(gone)[:, 1:4].any()
    causes = [(int(world), int(quarter), claim) for world, quarter, _, channel, claim, source, *_ in
              zip(*(np.concatenate(each) for each in zip(*model.living.chronicle.rows, strict=True)), strict=True)
              if channel == "default" and source == row]  # fmt: skip
    assert causes[0] == (0, 4, BREACHED)
    assert [each[:2] for each in causes] == [(0, 4), (4, 6)]


@pytest.mark.parametrize("switch", OF_SETTLEMENT)
def test_a_switch_turns_off_its_mechanism_and_nothing_else(switch):
    calm = [state_of(lived("baseline", 6, worlds=3, switches={switch: value})) for value in (True, False)]
    for name, values in calm[0].items():
        np.testing.assert_array_equal(values, calm[1][name], name)
    seen = {}
    for value in (True, False):
        model, dated = open_model("no_vendor_investment", worlds=4, draw_assumed=True, switches={switch: value},
                                  parameters={"operator.leverage_limit": 7.0, "promised_growth_weight": 1.0})
        price, withheld = 1.0, 0.0
        breaches, cost = 0.0, 0.0
        for quarter in range(1, 31):
            dated.strike(quarter)
            fail(model, *{6: ["CRWV"], 9: ["OAI"]}.get(quarter, []))
            model.step()
            price, loop = min(price, model.living.now.fire_price.min()), model.living.now.loop
            breaches += model.ledger.column("breaches").sum()
            cost += model.ledger.column("default_cost").sum()
            if loop is None:
                continue
            problem, failed = loop.problem, loop.state.flags[FAILED] > 0
            alive = (problem.gate > 0)[:, None] & ~failed[problem.debtor] & ~failed[problem.creditor]
            withheld += problem.due[alive & loop.closed].sum()
        causes = {claim for event in model.living.chronicle.rows if event[3][0] == "default" for claim in event[4]}
        seen[value] = {"fire_sale": price < 1.0, "default_costs": cost > 0.0, "covenants": breaches > 0.0,
                       "funding_withdrawal": withheld > 0.0, "insolvency": WORTHLESS in causes}  # fmt: skip
        assert UNPAID in causes
        model.release()
    if switch != "equity_links":
        assert seen[True][switch]
        assert not seen[False][switch]
    assert all(seen[True].values()), seen[True]


def test_without_equity_links_owners_do_not_feel_that_a_lab_failed():
    """What an owner is worth in the loop falls with the value of the lab it owns, or not at all.

    The loop takes only the cost of failing, 0.15, off a failed lab's value; the rest is lost when it is wound up.
    """
    drops = {}
    for value in (True, False):
        found = []
        for who in ("MIS", "OAI"):
            model = lived("baseline", 2, worlds=1, switches={"equity_links": value})
            fail(model, who)
            model.step()
            loop = model.living.now.loop
            found.append(loop.state.value[:, 0])
            assert bool(loop.problem.share.any()) == value
        drops[value] = found[0] - found[1]
        model = lived("baseline", 2, worlds=1)
        held = np.zeros(len(model.ecosystem))
        lab = model.living.stakes.issuer == model.ecosystem.row["OAI"]
        np.add.at(held, model.living.stakes.holder[lab], model.ledger.amounts[model.living.stakes.place[lab], 0])
    for who in ("MSFT", "SOFTB"):
        row = model.ecosystem.row[who]
        assert held[row] > 20.0
        assert drops[False][row] < 0.01 * held[row]
        assert drops[True][row] - drops[False][row] > 0.14 * held[row]
