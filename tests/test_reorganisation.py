"""A firm that goes on: what its creditors leave it, on which terms, and what a breach of covenants takes first."""

from __future__ import annotations

import numpy as np
import pytest
from estate_case import CLOSE, average_margin, owed, snapshot

import abm
import abm.resolution as resolution
from abm.holdings import PREFERRED, SECURED, UNSECURED
from abm.ledger import LedgerBreach


@pytest.mark.parametrize(("who", "quarter"), [("CRWV", 3), ("IREN", 10), ("LAMB", 4), ("AMD", 5), ("META", 6)])
def test_a_reorganised_firm_keeps_what_debt_it_can_carry_and_its_owners_what_creditors_leave(failed, who, quarter):
    case = failed(who, quarter, goes_on=True, parameters={"default_asset_recovery": 0.3})
    living, before, row, parameters = case.living, case.before, case.row, case.model.parameters
    work = sum(getattr(before, f"pipeline_q{each}")[row] for each in range(1, 7))
    going = parameters.wide("shell_resale_share", 2)[row] * work + before.chips_unenergised[row]
    average = average_margin(case)
    going = going + parameters.wide("enterprise_multiple", 2)[row] * np.maximum(0.0, 4.0 * average)
    worth = 0.3 * (going + before.core_business_value[row]) + np.maximum(0.0, before.cash[row] + before.securities[row])
    rank, old, new = living.rank_of_debt[case.debts], owed(case, before), owed(case, case.after)
    room = worth / 1.2
    for each in (SECURED, UNSECURED, PREFERRED):
        whole, kept = old[rank == each].sum(axis=0), new[rank == each].sum(axis=0)
        np.testing.assert_allclose(kept, np.minimum(whole, room), rtol=1e-9, atol=1e-9)
        room = room - kept
    assert (new.sum(axis=0) <= worth / 1.2 + 1e-9).all()
    cut = old.sum(axis=0) - new.sum(axis=0)
    paid = case.got["equity_sold"][case.debts].sum(axis=0)
    np.testing.assert_allclose(paid, np.minimum(np.maximum(0.0, worth - new.sum(axis=0)), cut), rtol=1e-9, atol=1e-9)
    claims = case.ledger.claims
    at_cost = before.claims[(claims.layer == "equity_at_cost") & (claims.debtor == row)].sum(axis=0)
    lost = (case.now.loan_losses + case.now.vendor_losses).sum(axis=0)
    equity = worth - new.sum(axis=0)
    keep = np.maximum(0.0, equity - paid) / equity
    np.testing.assert_allclose(lost, cut - paid + at_cost * (1.0 - keep), **CLOSE)
    if who == "CRWV":
        assert (cut > 1.0).all()
    # Old owners have what is left, the firm goes on and is given a year.
    stakes = living.stakes
    mine = stakes.issuer == row
    np.testing.assert_allclose(case.after.shares[mine], keep * before.shares[mine], **CLOSE)
    assert ((keep > 1e-12) == (equity > cut + 1e-9)).all()
    assert (keep > 0.5).all() or who not in ("LAMB", "AMD")
    assert living.health.alive[row].all()
    assert (living.health.free_until[row] == quarter + 4.0).all()
    for _ in range(3):
        case.model.step()
        assert not living.health.breached[row].any()
    assert (case.ledger.column("compute_served" if who != "AMD" else "chip_sales")[row] > 0.0).all()


def test_debt_that_a_reorganisation_leaves_can_be_served_rests_and_then_falls_due_at_a_new_pace(failed):
    terms = {"reorganised_amortisation": 0.03, "reorganised_holiday_quarters": 2.0, "reorganised_service_cover": 1.5}
    case = failed("CRWV", 6, goes_on=True, parameters=terms)
    debts, quarter = case.living.debts, case.living.economy.quarter
    left, before = owed(case, case.after), owed(case, case.before)
    assert (left.sum(axis=0) > 0.0).all() and (left.sum(axis=0) < before.sum(axis=0)).all()
    rate = (before * debts.rate[case.debts]).sum(axis=0) / before.sum(axis=0)
    service = left.sum(axis=0) * (rate / 4.0 + 0.03)
    assert (1.5 * service <= average_margin(case) * (1.0 + 1e-9)).all()
    balance = case.ledger.amounts[debts.place]
    for ahead, share in ((1, 0.0), (2, 0.0), (3, 0.03), (30, 0.03)):
        due = debts.principal_due(balance, quarter + ahead)[case.debts]
        np.testing.assert_allclose(due, share * balance[case.debts], **CLOSE)
        assert not debts.balloons(balance, quarter + ahead)[case.debts].any()


def test_who_breaches_its_covenants_pays_its_secured_lenders_what_it_has_above_its_buffer(monkeypatch):
    model = abm.EcosystemModel("ai_2026", worlds=2, parameters={"demand_noise": 0.0})
    row, usual, seen = model.ecosystem.row["CRWV"], resolution.resolve, {}

    def in_breach(model):
        model.living.health.breached[row, 1] = True
        model.ledger.transfer("cash", np.array([model.ecosystem.rest_of_world]), np.array([row]), np.full((1, 2), 3.0))
        seen["before"] = snapshot(model)
        usual(model)
        seen["after"] = snapshot(model)

    for _ in range(4):
        model.step()
    monkeypatch.setattr(resolution, "resolve", in_breach)
    with pytest.raises(LedgerBreach):  # of the money that is given here
        model.step()
    model.release()
    before, after, living = seen["before"], seen["after"], model.living
    spare = before.cash[row] - model.ledger.column("liquidity_buffer")[row]
    assert spare[1] >= 3.0 - 1e-9
    np.testing.assert_allclose(before.cash[row] - after.cash[row], [0.0, spare[1]], **CLOSE)
    debts = living.debts
    cut = (before.claims - after.claims)[debts.place]
    secured = (debts.debtor == row) & (living.rank_of_debt == SECURED)
    np.testing.assert_allclose(cut[secured].sum(axis=0), [0.0, spare[1]], **CLOSE)
    assert not cut[~secured].any()
    owed_before = before.claims[debts.place][secured, 1]
    np.testing.assert_allclose(cut[secured, 1], owed_before * spare[1] / owed_before.sum(), **CLOSE)
