"""What becomes of a firm that failed: who gets what, who loses what, and that nothing is left of it or lost on the way.

Firms are made to fail one by one; what the estate did is read off the ledger before and after `resolution.resolve`.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from estate_case import CLOSE, FLEET, owed

import abm
import abm.resolution as resolution
from abm.columns import COLUMNS
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.estates import _GOODS
from abm.holdings import PREFERRED, SECURED, UNSECURED
from abm.statement import LINES
from cython_ext import row_sums

RUINED = {"default_asset_recovery": 0.1}
# Signed by nature; all else is an amount of something.
SIGNED = ("net_worth", "core_business_value", "margin", "internal_funds", "core_inflow", "margin_average",
          "free_cash_average", "own_core_average", "growth_expectation", "seen_growth", "margin_call",
          *LINES)  # fmt: skip


@pytest.mark.parametrize(
    ("who", "quarter", "parameters"),
    [("V_AMZN", 8, {}), ("V_META", 8, {}), ("IREN", 6, RUINED), ("CRWV", 3, RUINED), ("NBIS", 9, RUINED)],
)
def test_lenders_lose_balance_less_recovery_and_a_bank_that_much_of_its_capital(failed, who, quarter, parameters):
    case = failed(who, quarter, parameters=parameters | {"confidence_loss": 0.0})
    model, living, now = case.model, case.living, case.now
    assert now.wound_up[case.row].all()
    balance = owed(case, case.before)
    assert not owed(case, case.after).any()
    recovered = (case.got["estate_debts"] + case.got["equity_sold"])[case.debts]
    lost = row_sums(balance - recovered, living.debts.holder[case.debts], len(model.ecosystem))
    lender = living.of("lender")
    assert lost[lender[:, 0]].sum(axis=0).min() > 0.5
    np.testing.assert_allclose(now.loan_losses, np.where(lender, lost, 0.0), **CLOSE)
    capital = case.after.net_worth - case.before.net_worth
    np.testing.assert_allclose(capital[lender[:, 0]], (now.funders_bore - lost)[lender[:, 0]], **CLOSE)
    bound = (model.bound_by_capital > 0.0) & lender & (case.before.net_worth > lost)
    assert not now.funders_bore[bound].any()
    if who in ("CRWV", "NBIS", "V_AMZN"):
        assert (lost[bound] > 0.0).any()
    # Funds pass all of it on to those whose money they manage.
    fund = lender & (model.bound_by_capital == 0.0)
    assert fund.any()
    np.testing.assert_allclose(now.funders_bore[fund[:, 0]], lost[fund[:, 0]], **CLOSE)
    places, lenders = living.funder_places, living.funder_lenders
    np.testing.assert_allclose(
        case.after.claims[places], case.before.claims[places] - now.funders_bore[lenders], **CLOSE
    )
    # What is told, and what lenders make of it.
    np.testing.assert_allclose(case.ledger.column("written_off"), np.where(lender, lost, 0.0), **CLOSE)
    whole = np.where(lender, lost, 0.0).sum(axis=0)
    np.testing.assert_allclose(living.economy.written_off, whole, **CLOSE)
    respond, recover = (model.parameters.system(f"confidence_{each}") for each in ("writeoff_response", "recovery"))
    worth = case.ledger.column("net_worth")[living.lending].sum(axis=0)
    expected = case.start * np.exp(-respond * whole / worth) + recover * (1.0 - case.start)
    np.testing.assert_allclose(living.economy.confidence, np.minimum(1.0, expected), rtol=1e-10)


@pytest.mark.parametrize(
    ("who", "quarter", "parameters"),
    [("V_AMZN", 8, {}), ("TAIL2", 8, {}), ("IREN", 6, RUINED), ("CRWV", 3, RUINED), ("APLD", 7, RUINED),
     ("CRWV", 12, RUINED)],
)  # fmt: skip
def test_secured_creditors_come_first_up_to_their_security_then_all_alike(failed, who, quarter, parameters):
    case = failed(who, quarter, parameters=parameters)
    living, got, row = case.living, case.got, case.row
    rank = living.rank_of_debt[case.debts]
    balance, paid = owed(case, case.before), got["estate_debts"][case.debts]
    whole = np.array([balance[rank == each].sum(axis=0) for each in (SECURED, UNSECURED, PREFERRED)])
    claims = case.ledger.claims
    invoices = case.before.claims[(claims.layer == "trade_receivable") & (claims.debtor == row)].sum(axis=0)
    brought = got["proceeds"][row] - case.before.securities[row]
    pool = np.maximum(0.0, case.before.cash[row]) + got["proceeds"][row]
    first = np.minimum(np.minimum(whole[SECURED], brought), pool)
    alike = whole[SECURED] - first + whole[UNSECURED] + invoices
    part = np.minimum(1.0, (pool - first) / np.where(alike > 0.0, alike, 1.0))
    expected = {SECURED: first + (whole[SECURED] - first) * part, UNSECURED: whole[UNSECURED] * part}
    for each, amount in expected.items():
        np.testing.assert_allclose(paid[rank == each].sum(axis=0), amount, **CLOSE)
        own = (rank == each)[:, None] & (balance > 1e-6)
        share = np.where(own, paid / np.where(own, balance, 1.0), np.nan)
        if own.any():
            np.testing.assert_allclose(np.nanmin(share, axis=0), np.nanmax(share, axis=0), rtol=1e-9)
    trade = living.chips.buyer == row
    np.testing.assert_allclose(got["estate_trade"][trade].sum(axis=0), invoices * part, **CLOSE)
    # Everything there was is paid out, and the rest goes to the owners.
    spent = paid.sum(axis=0) + sum(got[each].sum(axis=0) for each in ("estate_trade", "estate_promises", "estate_dues"))
    left = got["estate_rest"][row] + got["estate_owners"].sum(axis=0)
    np.testing.assert_allclose(left, pool - spent, **CLOSE)
    np.testing.assert_allclose(case.after.cash.sum(axis=0), case.before.cash.sum(axis=0), atol=1e-9)
    assert np.abs(case.after.cash[row]).max() < 1e-9


@pytest.mark.parametrize(("who", "parameters"), [
    ("TAIL2", {}), ("CRWV", RUINED), ("V_XAI", {"bid_share": 0.002}), ("V_AMZN", {"bid_share": 0.01}),
])  # fmt: skip
def test_machines_are_sold_or_scrapped_and_the_estate_gets_the_price_less_the_cost_of_failing(failed, who, parameters):
    case = failed(who, 8, parameters=parameters)
    fleet, eco, row = case.living.fleet, case.model.ecosystem, case.row
    me = int(np.flatnonzero(fleet.owners == row)[0])
    others = np.delete(np.arange(fleet.owners.size), me)
    old, new = case.before.fleet, case.after.fleet
    for name in FLEET:
        assert not new[name][me].any(), name
    survive, price = 0.8, case.now.fire_price
    moved = (new["cost"] - old["cost"])[others].sum(axis=0)
    sold = moved.sum(axis=(0, 1)) / (survive * old["cost"][me].sum(axis=(0, 1)))
    assert (sold > 0.0).all()
    assert (sold <= 1.0 + 1e-12).all()
    np.testing.assert_allclose(moved, sold * survive * old["cost"][me], **CLOSE)
    margin = 1.0 - case.model.parameters.data("operating_cost_share", 0.0)[row]
    paid = price * survive * sold * old["cost"][me] * case.now.unit_value[None] * margin
    np.testing.assert_allclose((new["book"] - old["book"])[others].sum(axis=0), paid, **CLOSE)
    waiting = price * survive * sold * old["idle"][me]
    np.testing.assert_allclose((new["idle"] - old["idle"])[others].sum(axis=0), waiting, **CLOSE)
    bids = case.got["bids"]
    np.testing.assert_allclose(bids.sum(axis=0), paid.sum(axis=(0, 1)) + waiting.sum(axis=0), **CLOSE)
    buyers = np.isin(np.arange(len(eco)), eco.of_kind("hyperscaler", "operator"))
    assert not bids[~buyers].any()
    # Nobody bids more than a part of what it has to spare, and all the same part.
    liquid = case.before.cash + case.before.securities - case.ledger.column("liquidity_buffer")
    spare = np.where(buyers[:, None], np.maximum(0.0, np.minimum(liquid, case.before.cash)), 0.0)
    spare[row] = 0.0
    part = bids.sum(axis=0) / spare.sum(axis=0)
    assert (part <= parameters.get("bid_share", 0.5) + 1e-12).all()
    np.testing.assert_allclose(bids, part * spare, **CLOSE)
    np.testing.assert_allclose((case.after.cash - case.before.cash)[buyers & (np.arange(len(eco)) != row)],
                               -bids[buyers & (np.arange(len(eco)) != row)], **CLOSE)  # fmt: skip
    assert (case.after.cash[buyers] >= -1e-9).all()
    sites = case.before.shells_book[row] + sum(getattr(case.before, f"pipeline_q{each}")[row] for each in range(1, 7))
    resale = case.model.parameters.wide("shell_resale_share", 2)[row]
    kept = parameters.get("default_asset_recovery", 0.85)
    brought = kept * (bids.sum(axis=0) + resale * sites) + case.before.securities[row]
    np.testing.assert_allclose(case.got["proceeds"][row], brought, **CLOSE)
    goods = sum(getattr(case.before, each)[row] for each in _GOODS)
    fetched = brought - case.before.securities[row]
    np.testing.assert_allclose(case.ledger.column("book_lost")[row], np.maximum(0.0, goods - fetched), **CLOSE)
    assert (goods > fetched).all()


def what_is_left(case: SimpleNamespace, flows: bool) -> dict[str, float]:
    """Everything of a firm that is not zero, in all worlds; `flows` of the quarter, too."""
    ledger, living, row = case.ledger, case.living, case.row
    found = {}
    for name, values in (ledger._balances | ledger._facts).items():
        sort = COLUMNS[name].sort if name in COLUMNS else ""
        # Demand that comes to a door that is shut goes elsewhere.
        if sort == "balance" or (flows and sort in ("flow", "plan") and name != "compute_demand"):
            found[name] = np.abs(values[row]).max()
    for block in living.payments.blocks if flows else ():
        ends = living.payments.blocks[block]
        own = (ends.debtor == row) | (ends.creditor == row)
        found[f"payments {block}"] = np.abs(living.payments[block][own]).sum()
    claims, contracts = ledger.claims, living.contracts
    found["claims owed"] = ledger.amounts[claims.debtor == row].sum()
    found["claims held"] = ledger.amounts[claims.holder == row].sum()
    found["promises"] = contracts.backlog[(contracts.customer == row) | (contracts.provider == row)].sum()
    found["users"] = (living.lab_share + living.enterprise_share + living.own_share)[row].sum()
    found["users on their way"] = living.health.moving_users[:, row].sum()
    found["late orders"] = living.chips.late[living.chips.buyer == row].sum()
    found["stakes"] = living.stakes.share[living.stakes.issuer == row].sum()
    found["facilities"] = living.debts.undrawn[living.debts.debtor == row].sum()
    return {name: float(value) for name, value in found.items() if not abs(value) <= 1e-9}




@pytest.mark.parametrize("who", [
    "TAIL2", "CRUS", "ANT", "XAI", "MIS", "V_XAI", "OAI",
    "APLD", "V_AMZN", "V_ORCL",
])  # fmt: skip
def test_a_firm_that_is_gone_stays_at_zero(failed, who):
    case = failed(who, 5)
    assert not case.living.health.alive[case.row].any()
    assert what_is_left(case, flows=False) == {}
    case.model.step()
    assert what_is_left(case, flows=False) == {}
    for _ in range(11):
        case.model.step()
        assert what_is_left(case, flows=True) == {}
    assert not case.living.health.alive[case.row].any()


def test_machines_of_a_dead_cloud_serve_it_no_more(failed):
    case = failed("TAIL2", 5)
    case.model.step()
    assert case.ledger.column("compute_capacity")[case.row].max() <= 1e-9


def test_owners_in_the_network_get_their_part_of_what_an_estate_leaves(failed):
    case = failed("OAI", 6)
    stakes = case.living.stakes
    share = case.before.shares[stakes.issuer == case.row].sum(axis=0)
    inside, outside = case.got["estate_owners"].sum(axis=0), case.got["estate_rest"][case.row]
    assert (inside > 5.0).all() and (share > 0.3).all()
    np.testing.assert_allclose(inside, share * (inside + outside), rtol=1e-9)


def test_what_is_promised_ends_with_who_promised_or_was_promised_and_all_of_it_is_told(failed):
    case = failed("CRWV", 5)
    contracts, before = case.living.contracts, case.before.enterprises[case.row]
    told = {name: values[-1] for name, values in case.model.recorder.system.items() if name.startswith("backlog")}
    ended = case.before.backlog[contracts.provider == case.row].sum(axis=0) + before
    assert (before > 5.0).all()
    np.testing.assert_allclose(told["backlog_cancelled"], ended, **CLOSE)


def test_lenders_cannot_lose_more_than_they_had_lent_stakes_at_cost_included(failed):
    case = failed("LAMB", 4, parameters=RUINED)
    claims, lender = case.ledger.claims, case.living.of("lender")[:, 0]
    lent = np.isin(claims.layer, (*DEBT_LAYERS, "equity_at_cost")) & lender[claims.holder]
    lost = case.now.loan_losses[lender].sum(axis=0)
    told = case.model.recorder.system["lender_loss_rate"][-1]
    assert (lost > 1.0).all()
    np.testing.assert_allclose(told, lost / (case.after.claims[lent].sum(axis=0) + lost), **CLOSE)


def test_a_stake_at_cost_is_a_stake(failed):
    case = failed("ORCL", 4)
    claims = case.ledger.claims
    assert not case.after.claims[(claims.layer == "equity_at_cost") & (claims.debtor == case.row)].any()


@pytest.mark.parametrize("stay", [0.0, 0.5, 1.0])
def test_users_of_a_lab_that_failed_move_within_a_year_or_are_lost_and_its_contracts_end(failed, stay):
    case = failed("ANT", 4, parameters={"customer_substitution": stay})
    living, contracts = case.living, case.living.contracts
    own = contracts.customer == case.row
    assert case.before.backlog[own].sum() > 50.0
    assert not case.after.backlog[own].any()
    np.testing.assert_allclose(contracts.cancelled[own], case.before.backlog[own], **CLOSE)
    np.testing.assert_allclose(case.after.backlog[~own], case.before.backlog[~own], **CLOSE)
    users, left = case.before.users[case.row], case.before.users.copy()
    left[case.row] = 0.0
    for quarter in range(1, 7):
        case.model.step()
        moved = stay * users * min(quarter, 4) / 4.0
        expected = left + left / left.sum(axis=0) * moved
        np.testing.assert_allclose(living.lab_share, expected, rtol=1e-12, atol=1e-15)
        # What is paid in a quarter goes by who was a user when it began.
        paying = left.sum(axis=0) + stay * users * min(quarter - 1, 4) / 4.0 + living.own_share.sum(axis=0)
        paid = living.payments["users"].sum(axis=0)
        np.testing.assert_allclose(paid, paying * living.economy.end_demand, rtol=1e-12)
    assert not living.health.moving_users.any()


@pytest.mark.parametrize(("who", "by", "quarter", "cap"), [
    ("CRUS", "AMD", 14, 0.3), ("V_META", "META", 8, 0.0), ("V_META", "META", 13, 28.0),
])  # fmt: skip
def test_a_guarantor_pays_what_is_missing_up_to_its_cap_from_the_start_of_its_promise(failed, who, by, quarter, cap):
    rich = abm.load("ai_2026")
    rich.stocks["cash"].value[rich.rows(by)] += 300.0
    case = failed(who, quarter, ecosystem=rich, parameters=RUINED)
    guarantor = case.model.ecosystem.row[by]
    missing = (owed(case, case.before) - case.got["estate_debts"][case.debts]).sum(axis=0)
    assert (missing > 0.35).all()
    paid = np.minimum(cap, missing)
    np.testing.assert_allclose(case.got["guarantees"][guarantor], paid, **CLOSE)
    flows = (case.got.received("estate_trade", "estate_debts", "equity_sold") - case.got.paid("bids"))[guarantor]
    spent = case.before.cash[guarantor] + flows - case.after.cash[guarantor]
    np.testing.assert_allclose(spent, paid, **CLOSE)
    np.testing.assert_allclose((case.before.guaranteed - case.after.guaranteed).sum(axis=0), paid, **CLOSE)
    np.testing.assert_allclose(case.got["equity_sold"][case.debts].sum(axis=0), paid, **CLOSE)
    assert (case.now.loan_losses.sum(axis=0) <= missing - paid + 1e-9).all()


def test_a_guarantor_with_securities_but_no_cash_pays_too(failed, monkeypatch):
    usual = resolution.resolve

    def invest(model) -> None:
        """The guarantor puts all its cash into securities before estates are settled."""
        eco, cover = model.ecosystem, model.living.aftermath.blocks["cover"]
        row, amount = eco.row["META"], np.zeros((len(eco), model.ledger.worlds))
        amount[row] = model.ledger.column("cash")[row]
        model.living.aftermath["cover"] = model.living.aftermath["cover"] - amount
        model.ledger.transfer("cash", cover.creditor, cover.debtor, amount)
        model.ledger.transfer("securities", cover.debtor, cover.creditor, amount)
        usual(model)

    monkeypatch.setattr(resolution, "resolve", invest)
    case = failed("V_META", 13, parameters=RUINED)
    missing = (owed(case, case.before) - case.got["estate_debts"][case.debts]).sum(axis=0)
    guarantor = case.model.ecosystem.row["META"]
    np.testing.assert_allclose(case.got["guarantees"][guarantor], np.minimum(28.0, missing), rtol=1e-9)


def test_whoever_fails_the_books_balance_and_nothing_turns_negative():
    """Each firm that can fail does so in a world of its own, and again three quarters later."""
    eco = abm.load("ai_2026")
    private = np.flatnonzero(~np.isin(np.arange(len(eco)), eco.of_kind("government", "rest_of_world")))
    worlds = np.arange(private.size)
    model = abm.EcosystemModel(eco, worlds=private.size, parameters={"default_receipt_recovery": 0.5})
    model.begin()
    living, ledger, ended = model.living, model.ledger, 0
    for quarter in range(1, 8):
        forced = np.zeros((len(eco), private.size), bool)
        forced[private, worlds] = quarter in (2, 5)
        living.forced_default = forced
        model.step()
        ended += living.now.reorganised[private, worlds].sum() + living.now.wound_up[private, worlds].sum()
        arrays = {name: each[private] for name, each in (ledger._balances | ledger._facts).items()
                  if name in COLUMNS and COLUMNS[name].sort != "fact"}  # fmt: skip
        arrays |= {"claims": ledger.amounts, "payments": living.payments.amount, "shares": living.stakes.share}
        arrays |= {name: getattr(living.fleet, name) for name in (*FLEET, "queue", "waiting", "power_left")}
        arrays |= {name: getattr(living.contracts, name) for name in ("due", "units", "arrears", "share")}
        for name, values in arrays.items():
            assert np.isfinite(values).all(), (name, quarter)
            assert name in SIGNED or values.min() >= -1e-9, (name, quarter)
    assert model.worst_residual <= 1e-9
    lenders = eco.of_kind("lender").size
    assert ended > 1.5 * (private.size - lenders)
    model.release()
