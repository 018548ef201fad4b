"""Margin on promises: what a custodian holds, pays and gives back, and who gets it in a failure."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from abm.contracts import HORIZON
from cython_ext import row_sums

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def living_with(quarters_of_margin: float, quarters: int, **options) -> abm.EcosystemModel:
    model = abm.EcosystemModel("ai_2026", worlds=2, parameters={"take_or_pay_margin_quarters": quarters_of_margin},
                               **options)  # fmt: skip
    for _ in range(quarters):
        model.step()
    return model


@pytest.mark.parametrize("held_for", [1.0, 2.5])
def test_a_custodian_holds_the_bills_of_the_quarters_to_come_and_pays_those_of_now(held_for):
    model = living_with(held_for, 4)
    contracts, payments, now = model.living.contracts, model.living.payments, model.living.economy.quarter
    weights = (1.0, 1.0, 0.5) if held_for > 1.0 else (1.0,)
    wanted = sum(part * contracts.due[:, (now + ahead) % HORIZON] for ahead, part in enumerate(weights, 1))
    # What labs sign now falls due later than margin reaches. Where less was delivered than was due, more is left.
    delivered = contracts.recognised >= contracts.due_now
    np.testing.assert_allclose(contracts.margin[delivered], wanted[delivered], **CLOSE)
    assert (contracts.margin >= wanted - 1e-9).all() and delivered.mean() > 0.8 and wanted.sum() > 1.0
    np.testing.assert_allclose(payments["contracts"] + payments["margin_bills"], contracts.recognised, **CLOSE)
    assert payments["margin_bills"].sum() > 0.99 * contracts.recognised.sum()
    held = row_sums(contracts.margin, contracts.customer, len(model.ecosystem))
    account = model.ledger.column("margin_account").copy()
    account[model.ecosystem.rest_of_world] = 0.0
    np.testing.assert_allclose(account, held, **CLOSE)
    model.release()


def test_margin_that_is_not_needed_any_more_is_given_back():
    model = living_with(2.0, 3)
    model.parameters.of("take_or_pay_margin_quarters")[:] = 0.0
    before = model.living.contracts.margin.copy()
    model.step()
    payments = model.living.payments
    undelivered = model.living.contracts.margin.copy()
    np.testing.assert_allclose(payments["margin_returned"] + payments["margin_bills"] + undelivered, before, **CLOSE)
    assert (undelivered <= model.living.contracts.due_now).all() and not payments["margin_call"].any()
    for _ in range(3):
        model.step()
    assert not model.living.contracts.margin.any()
    assert not any(payments[each].any() for each in ("margin_call", "margin_bills", "margin_returned"))
    model.release()


def test_a_lab_burns_the_money_that_leaves_it_and_bills_that_margin_pays_leave_it_once():
    model = living_with(1.0, 8)
    labs, payments = model.ecosystem.of_kind("ai_lab"), model.living.payments
    used = row_sums(payments["margin_bills"], model.living.contracts.customer, len(model.ecosystem))
    assert used[model.ecosystem.row["OAI"]].min() > 5.0
    out = payments.paid(*(name for name in payments.blocks if name not in ("stakes", "loans", "owners", "principal")))
    gone = np.maximum(0.0, out - payments.received("users", "core", "margin_returned"))
    np.testing.assert_allclose(model.kind("ai_lab").burn(), gone[labs], **CLOSE)
    held = model.ledger.column("margin_account")[labs]
    model.step()
    np.testing.assert_allclose(model.ledger.column("margin_account")[labs] - held,
                               model.ledger.column("margin_call")[labs], **CLOSE)  # fmt: skip
    model.release()


@pytest.mark.parametrize("off", [False, True])
def test_what_stands_behind_a_customer_is_the_margin_that_is_left_when_the_quarter_is_paid(off, monkeypatch):
    from abm import clearing

    usual, seen = clearing.stand, {}

    def watched(model):
        seen["here"] = usual(model)
        return seen["here"]

    monkeypatch.setattr(clearing, "stand", watched)
    model = living_with(2.0, 3 if off else 0)
    model.parameters.replace("closing_multiple", np.full((1, 1), 1e3))  # all labs are cheap
    if off:
        model.parameters.of("take_or_pay_margin_quarters")[:] = 0.0
    model.step()
    ledger, row = model.ledger, model.ecosystem.row["META"]
    other = ledger.column("core_business_value")[row] + ledger.column("outside_book")[row]
    held, changed = ledger.column("margin_account")[row], ledger.column("margin_call")[row]
    assert (changed < -0.1).all() if off else (changed > 0.1).all()
    np.testing.assert_allclose(seen["here"].franchise[row], other + held, **CLOSE)
    labs = model.ecosystem.of_kind("ai_lab")
    runway = model.parameters.wide("closing_runway", 2)[labs]
    np.testing.assert_allclose(seen["here"].cash_floor[labs], runway * model.kind("ai_lab").burn(), **CLOSE)
    model.release()


@pytest.mark.parametrize("who", ["OAI", "CRWV"])
def test_in_a_failure_providers_get_the_margin_of_their_customer_and_customers_theirs_back(who, monkeypatch):
    from abm.estates import Estate

    monkeypatch.setattr(Estate, "goes_on", lambda estate: np.zeros(estate.worlds.size, bool))
    model = living_with(1.0, 5)
    row, contracts = model.ecosystem.row[who], model.living.contracts
    model.living.forced_default = np.zeros((len(model.ecosystem), 2), bool)
    model.living.forced_default[row] = True
    usual, seen = Estate._settle_margin, {}

    def watched(estate):
        seen["margin"], seen["backlog"] = contracts.margin.copy(), contracts.backlog
        usual(estate)

    monkeypatch.setattr(Estate, "_settle_margin", watched)
    model.step()
    mine = (contracts.customer == row) | (contracts.provider == row)
    assert seen["margin"][mine].sum() > 0.1
    seized = np.where((contracts.customer == row)[:, None], np.minimum(seen["margin"], seen["backlog"]), 0.0)
    after = model.living.aftermath
    np.testing.assert_allclose(after["margin_seized"], seized, **CLOSE)
    np.testing.assert_allclose(after["margin_freed"], np.where(mine[:, None], seen["margin"] - seized, 0.0), **CLOSE)
    assert (seized.sum() > 0.1) == (who == "OAI")
    assert not contracts.margin[mine].any() and contracts.margin[~mine].any()
    model.release()
