"""The agenda of a quarter: every payment it can hold, by purpose and priority."""

from __future__ import annotations

import numpy as np

from abm.links import (
    COMMITTED,
    COMMITTED_FUNDING,
    INVESTMENT,
    MARKET_FUNDING,
    OPERATING,
    ORDINARY,
    PURCHASES,
    SECURED_FUNDING,
    SERVICE,
)
from abm.payments import Payments

# Blocks that are revenue of the creditor, and those whose debtor always pays.
SALES = ("contracts", "compute", "spill", "backstop", "rent", "sponsor_rent")
CERTAIN = ("users", "core", "subsidy", "calls", "rescue", "margin_bills", "margin_returned")


def lay_out(living, firms: int, worlds: int) -> Payments:
    """All payments that a quarter can hold, in the priorities of section 2 of `docs/model.md`."""
    eco, debts, stakes, contracts, links = (
        living.ecosystem, living.debts, living.stakes, living.contracts, living.compute
    )  # fmt: skip
    everyone, row = np.arange(firms), eco.rest_of_world
    grants = [int(each) for each in eco.of_kind("government") if eco.region[each] == "EU"]
    outside = links.buyer != links.provider
    lenders = eco.of_kind("lender")
    buyers, providers = np.meshgrid(living.spill_buyers, living.spill_providers, indexing="ij")
    payments = Payments(firms, worlds)
    # Old claims can only be drawn on as agreed, and loans to a hyperscaler's vehicle are delayed-draw commitments
    # against its lease; who stands behind a firm goes on to; all else can be withdrawn.
    vendor = debts.layer == "vendor_loan"
    agreed = debts.old | np.isin(debts.debtor, living.vehicle_rows)
    lent = np.where(agreed, COMMITTED_FUNDING, np.where(vendor, MARKET_FUNDING, SECURED_FUNDING))
    bought = np.where(stakes.old, COMMITTED_FUNDING, MARKET_FUNDING)
    owned = np.where(living.is_backed, COMMITTED_FUNDING, MARKET_FUNDING)
    gates = {"loans": lent, "stakes": bought, "owners": owned, "resale": MARKET_FUNDING}
    for name, purpose, priority, debtor, creditor in (
        ("users", "end-user spending", PURCHASES, row, everyone),
        ("core", "core business", OPERATING, row, everyone),
        ("running", "running cost", OPERATING, everyone, row),
        ("other_capex", "other investment", OPERATING, everyone, row),
        ("tax", "tax", OPERATING, everyone, living.treasury),
        ("interest", "interest", SERVICE, debts.debtor, debts.holder),
        ("principal", "principal", SERVICE, debts.debtor, debts.holder),
        ("rent", "rent", SERVICE, living.rent_lessee, living.rent_lessor),
        ("sponsor_rent", "rent", SERVICE, living.sponsor_of, living.vehicle_rows),
        ("contracts", "take-or-pay compute", COMMITTED, contracts.customer, contracts.provider),
        ("margin_call", "take-or-pay compute", COMMITTED, contracts.customer, row),
        ("margin_bills", "take-or-pay compute", COMMITTED, row, contracts.provider),
        ("margin_returned", "take-or-pay compute", COMMITTED, row, contracts.customer),
        ("payables", "trade payable", COMMITTED, living.chips.buyer, living.chips.seller),
        ("compute", "spot compute", PURCHASES, links.buyer[outside], links.provider[outside]),
        ("spill", "spot compute", PURCHASES, buyers.reshape(-1), providers.reshape(-1)),
        ("backstop", "take-or-pay compute", COMMITTED, living.backstop_by, living.backstop_of),
        ("rescue", "funding", INVESTMENT, living.treasury, everyone),
        ("chips", "chips", INVESTMENT, living.chips.buyer, living.chips.seller),
        ("building", "building", INVESTMENT, everyone, row),
        ("subsidy", "subsidy", INVESTMENT, grants[0] if grants else row, everyone),
        ("stakes", "stake", INVESTMENT, stakes.holder, stakes.issuer),
        ("owners", "stake", INVESTMENT, row, everyone),
        ("loans", "funding", INVESTMENT, debts.holder, debts.debtor),
        ("resale", "funding", INVESTMENT, debts.abs_buyer, debts.holder),
        ("calls", "funding", INVESTMENT, row, living.funder_lenders),
        ("distributions", "distribution", INVESTMENT, everyone, row),
        ("pass_through", "distribution", INVESTMENT, lenders, row),
    ):
        payments.add(
            name, purpose, priority, debtor, creditor, gate=gates.get(name, ORDINARY), sale=name in SALES
        )
    return payments


def lay_out_aftermath(living, firms: int, worlds: int) -> Payments:
    """What moves once the quarter is paid: funders, sponsors, buyers of securities even out what is left or missing."""
    eco = living.ecosystem
    everyone, row = np.arange(firms), eco.rest_of_world
    payments = Payments(firms, worlds)
    for name, purpose, debtor, creditor in (
        ("handed_back", "distribution", living.funder_lenders, row),
        ("default_costs", "running cost", everyone, row),
        ("securities", "funding", row, everyone),
        ("bids", "chips", everyone, row),
        ("proceeds", "chips", row, everyone),
        ("guarantees", "principal", everyone, row),
        ("equity_sold", "principal", row, living.debts.holder),
        ("swept", "principal", living.debts.debtor, living.debts.holder),
        ("estate_debts", "principal", living.debts.debtor, living.debts.holder),
        ("estate_trade", "trade payable", living.chips.buyer, living.chips.seller),
        ("margin_seized", "take-or-pay compute", row, living.contracts.provider),
        ("margin_freed", "take-or-pay compute", row, living.contracts.customer),
        ("estate_promises", "take-or-pay compute", living.contracts.customer, living.contracts.provider),
        ("estate_dues", "running cost", living.due_debtor, living.due_creditor),
        ("estate_owners", "stake", living.stakes.issuer, living.stakes.holder),
        ("estate_rest", "distribution", everyone, row),
        ("cover", "funding", row, everyone),
    ):
        payments.add(name, purpose, INVESTMENT, debtor, creditor)
    return payments
