"""What one quarter remembers of others: old losses, growth in a year, money that came, owners who want theirs back."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from cython_ext import row_sums

CLOSE = {"rtol": 1e-10, "atol": 1e-10}
CALM = {"demand_noise": 0.0}


def test_losses_of_old_are_taken_off_profit_until_they_are_used_up():
    taxes, left = [], []
    for old in (0.0, 1.0, 1e4):
        eco = abm.load("ai_2026")
        row = eco.row["NVDA"]
        eco.stocks["loss_carry_forward"].value[row] = old
        model = abm.EcosystemModel(eco, parameters=CALM)
        model.step()
        taxes.append(model.ledger.column("tax")[row, 0])
        left.append(model.ledger.column("loss_carry_forward")[row, 0])
        rate = model.parameters.system("tax_rate")[0]
        model.release()
    profit = taxes[0] / rate
    assert profit > 5.0
    np.testing.assert_allclose(taxes, [rate * profit, rate * (profit - 1.0), 0.0], **CLOSE)
    np.testing.assert_allclose(left, [0.0, 0.0, 1e4 - profit], **CLOSE)


def test_a_lab_is_worth_a_multiple_that_rises_with_its_growth_in_four_quarters():
    run = abm.run(quarters=12, worlds=3)
    for lab in ("OAI", "ANT", "XAI", "MIS"):
        revenue, value = (run.firm(lab, name).to_numpy() for name in ("user_revenue", "firm_value"))
        growth = revenue[:, 4:] / revenue[:, :-4] - 1.0
        expected = (4.0 + 31.0 * np.clip(growth, 0.0, 1.0)) * 4.0 * revenue[:, 4:]
        np.testing.assert_allclose(value[:, 4:], expected, **CLOSE)


def test_owners_of_a_fund_that_lost_much_take_some_of_it_out_and_it_places_so_much_less(failed):
    """The most they can take is a share of what they have in it; what was lost, where that is less."""
    plans, redeemed = {}, None
    for gate in (0.0, 0.05, 0.0001):
        terms = {"redemption_threshold": 1e-5, "redemption_gate": gate, "default_asset_recovery": 0.1,
                 "confidence_loss": 0.0, "confidence_writeoff_response": 0.0}  # fmt: skip
        case = failed("CRWV", 3, goes_on=False, parameters=terms)
        living, funds = case.living, case.living.funder_lenders
        bound = case.model.bound_by_capital[funds, 0] > 0.0
        lost = case.now.loan_losses[funds]
        most = np.minimum(gate * case.before.claims[living.funder_places], lost)
        large = lost > 1e-5 * (case.ledger.held()[funds] + lost)
        redeemed = np.where(large & ~bound[:, None], most, 0.0)
        np.testing.assert_allclose(living.health.redeemed[funds], redeemed, rtol=1e-6, atol=1e-9)
        case.model.step()
        plans[gate] = case.ledger.column("absorption_plan")[funds].copy()
        if gate:
            np.testing.assert_allclose(np.maximum(0.0, plans[0.0] - redeemed), plans[gate], rtol=1e-6, atol=1e-9)
            assert (redeemed > 1e-4).any()


@pytest.mark.parametrize(("requirement", "stops"), [(0.08, False), (0.5, True)])
def test_a_bank_below_its_capital_requirement_lends_only_what_it_has_agreed_to(requirement, stops):
    eco = abm.load("ai_2026")
    eco.stocks["absorption_per_quarter"].value[np.array(eco.market) == "PC"] = 0.0  # who asks funds asks the bank
    model = abm.EcosystemModel(eco, worlds=2, parameters=CALM | {"capital_requirement": requirement})
    model.begin()
    model.living.health.capital_ratio = np.full_like(model.living.health.capital_ratio, np.inf)  # no allowance
    living, bank, lent = model.living, model.ecosystem.row["BANK"], np.zeros(2)
    clouds = np.isin(living.debts.debtor, model.ecosystem.of_kind("operator"))  # loans to a giant's vehicle are agreed
    new = (living.debts.holder == bank) & ~living.debts.old & clouds
    for _ in range(3):
        model.step()
        assert (living.health.withdrawn[bank] == stops).all()
        lent = lent + living.payments["loans"][new].sum(axis=0)
    assert (lent == 0.0).all() if stops else (lent > 0.1).all()
    model.release()


def test_recorded_money_is_the_money_that_came():
    """Also where the settlement withheld some of what was planned."""
    bold = {"promised_growth_weight": 1.0, "take_or_pay_floor": 1.0}
    model = abm.EcosystemModel("ai_2026", worlds=4, draw_assumed=True, parameters=bold)
    model.begin()
    living, ledger, n = model.living, model.ledger, len(model.ecosystem)
    debts, stakes, withheld = living.debts, living.stakes, 0.0
    for _ in range(30):
        remembered = ledger.column("money_raised_average").copy()
        model.step()
        paid = living.payments
        shares = row_sums(paid["stakes"], stakes.issuer, n)
        vendors = row_sums(paid["loans"][living.vendor_place], debts.debtor[living.vendor_place], n)
        raised = ledger.column("equity_raised") + ledger.column("vendor_money")
        np.testing.assert_allclose(raised, shares + vendors, **CLOSE)
        np.testing.assert_allclose(ledger.column("owner_money"), paid["owners"], **CLOSE)
        np.testing.assert_allclose(ledger.column("securitised"), row_sums(paid["resale"], debts.debtor, n), **CLOSE)
        borrowed = sum(ledger.column(each) for each in ("bonds_issued", "private_credit_drawn", "bank_loans_drawn",
                                                        "high_yield_issued", "facilities_drawn"))  # fmt: skip
        lent = row_sums(paid["loans"], debts.debtor, n) - vendors
        np.testing.assert_allclose(borrowed.sum(axis=0), lent.sum(axis=0), rtol=1e-9, atol=1e-9)
        labs = model.ecosystem.of_kind("ai_lab")
        part = model.parameters.wide("raised_money_memory", 4)[labs]
        alive = living.health.alive[labs]
        expected = remembered[labs] + part * (raised[labs] - remembered[labs])
        np.testing.assert_allclose(ledger.column("money_raised_average")[labs][alive], expected[alive], **CLOSE)
        withheld += living.now.funding_lost.sum()
    assert withheld > 10.0
    model.release()
