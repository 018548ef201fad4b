"""The columns of the ledger, declared once: sort, unit, stock or flow, meaning.

Balances are moved by postings only. Facts are opening items that stay as they are. Memory is what a
firm carries from quarter to quarter, plans are what a rule returned, flows what happened in the
quarter: these three are written by the phases of the quarter. Units and meanings of opening items
come from `abm.ecosystem.items`.
"""

from __future__ import annotations

from dataclasses import dataclass

from abm.ecosystem.items import FLOW, ITEMS, USD

# Money and claims on somebody: what one holds, another owes.
FINANCIAL = ("cash", "securities", "outside_book", "margin_account")
# Real things: nobody owes them.
REAL = (
    "chips_book", "chips_unenergised", "chip_inventory", "shells_book",
    *(f"pipeline_q{each}" for each in range(1, 7)),
    "core_business_value",
)  # fmt: skip
# Opening items that go on to live.
_REMEMBERED = ("growth_expectation", "loss_carry_forward", "chip_capacity")


@dataclass(frozen=True)
class Column:
    """One column: its name, sort (balance, fact, memory, plan, flow), unit, whether it is a stock, its meaning."""

    name: str
    sort: str
    unit: str
    stock: bool
    meaning: str


def _of_item(name: str) -> Column:
    item = ITEMS[name]
    sort = "balance" if name in (*FINANCIAL, *REAL) else "memory" if name in _REMEMBERED else "fact"
    return Column(name, sort, item.unit, "per" not in item.unit, item.meaning)


_SHARE, _RATE = "share", "decimal per year"
_LIVING = (
    # -- carried from quarter to quarter -----------------------------------------------------------
    ("capex_budget", "memory", FLOW, "AI capex that was planned and funded"),
    ("chip_fill", "memory", _SHARE, "part of the chips wanted that were delivered last quarter"),
    ("core_inflow", "memory", FLOW, "cash flow of the business outside the sector, before interest and tax"),
    ("other_capex", "memory", FLOW, "capex outside the sector"),
    ("first_party_need", "memory", FLOW, "own need of compute: training, ranking, advertising, own clouds"),
    ("wanted_training", "memory", FLOW, "training compute that a lab would use if money were no limit"),
    ("money_raised_average", "memory", FLOW, "new equity of a lab, average that forgets"),
    ("margin_average", "memory", FLOW, "earnings before interest, tax and depreciation, average of about a year"),
    ("free_cash_average", "memory", FLOW, "cash flow after interest, tax and own capex, average of about a year"),
    ("own_core_average", "memory", FLOW, "cash flow outside the sector after interest and tax, average of a year"),
    ("shells_cost", "memory", USD, "cost of sites in service"),
    ("shells_basis", "memory", USD, "tax value of sites in service"),
    ("seen_growth", "memory", "log per quarter", "growth of own demand in the last quarter"),
    ("base_spread_of_market", "memory", _RATE, "calm spread of the market a firm turns to first"),
    ("fleet_value", "memory", USD, "chips and sites in current-vintage value, vehicles included"),
    ("chip_part", "memory", _SHARE, "part of capex that buys chips: more than usual where sites have room for them"),
    ("pipeline_work", "memory", USD, "sites under way, chips not in service and unfilled orders, vehicles included"),
    ("contracted_demand", "memory", FLOW, "what contracts call on when what is planned now serves, at this price"),
    ("promised_sales", "memory", USD, "what contracts are still to pay"),
    ("vehicle_debt", "memory", USD, "debt of the vehicles behind a firm"),
    ("firm_value", "memory", USD, "equity value at the last mark"),
    # -- what rules returned -----------------------------------------------------------------------
    ("training_plan", "plan", FLOW, "training compute that a lab wants to buy"),
    ("capex_plan", "plan", FLOW, "AI capex before funding"),
    ("raise_plan", "plan", FLOW, "new equity that a lab asks for"),
    ("ecosystem_plan", "plan", FLOW, "money a supplier is ready to put into its customers"),
    ("distribution_plan", "plan", FLOW, "dividends and buybacks before funding"),
    ("chip_capacity_plan", "plan", FLOW, "chips that a chipmaker can ship next quarter"),
    ("absorption_plan", "plan", FLOW, "new money that a lender can place"),
    ("bond_share_plan", "plan", _SHARE, "part of its borrowing that a hyperscaler seeks as bonds"),
    ("spread_plan", "plan", _RATE, "spread over the base rate, before the market's own part"),
    # -- what happened in the quarter --------------------------------------------------------------
    ("user_revenue", "flow", FLOW, "what end users pay for labs' and own AI products"),
    ("compute_need", "flow", FLOW, "compute that a buyer wants, at this quarter's price"),
    ("compute_demand", "flow", FLOW, "compute wanted from a provider, at this quarter's price"),
    ("compute_capacity", "flow", FLOW, "revenue of a provider at full use"),
    ("compute_served", "flow", FLOW, "compute that a provider delivered, own use included"),
    ("compute_sales", "flow", FLOW, "compute that a provider sold to others"),
    ("compute_bought", "flow", FLOW, "compute that a buyer paid others for"),
    ("margin_call", "flow", FLOW, "margin on promises paid in, less given back and used for bills"),
    ("promised_compute", "flow", FLOW, "compute that promises bring a buyer, at this quarter's price"),
    ("promised", "flow", FLOW, "compute that a buyer must pay for in any case"),
    ("chip_sales", "flow", FLOW, "chips that a chipmaker delivered in the network"),
    ("chip_orders", "flow", FLOW, "chips that buyers wanted now of a chipmaker"),
    ("chips_delivered", "flow", FLOW, "chips that a builder received"),
    ("shells_started", "flow", FLOW, "spending on sites"),
    ("capex", "flow", FLOW, "chips delivered and spending on sites"),
    ("running_cost", "flow", FLOW, "cost of running what was sold, upkeep and research"),
    ("margin", "flow", FLOW, "earnings before interest, tax and depreciation"),
    ("interest", "flow", FLOW, "interest due"),
    ("principal", "flow", FLOW, "repayments due"),
    ("rent", "flow", FLOW, "rent paid"),
    ("tax", "flow", FLOW, "tax paid"),
    ("subsidy", "flow", FLOW, "subsidies received"),
    ("internal_funds", "flow", FLOW, "own money for investment: receipts less what must be paid, and spare liquidity"),
    ("funding_need", "flow", FLOW, "money asked of others"),
    ("bonds_issued", "flow", FLOW, "new investment-grade bonds"),
    ("private_credit_drawn", "flow", FLOW, "new private credit"),
    ("bank_loans_drawn", "flow", FLOW, "new bank loans"),
    ("high_yield_issued", "flow", FLOW, "new high-yield bonds"),
    ("facilities_drawn", "flow", FLOW, "committed loans that were drawn"),
    ("securitised", "flow", FLOW, "loans of a borrower that went to the securitisation trust"),
    ("vendor_money", "flow", FLOW, "money of suppliers: stakes and loans"),
    ("equity_raised", "flow", FLOW, "new equity from others than suppliers"),
    ("owner_money", "flow", FLOW, "money of owners outside the network"),
    ("worth_from_trade", "flow", FLOW, "net worth from sales less running costs; what lasts counts at cost"),
    ("worth_from_other_capex", "flow", FLOW, "net worth from capex outside the sector, which counts as spent"),
    ("worth_from_interest", "flow", FLOW, "net worth from interest, less what lenders hand on to their funders"),
    ("worth_from_state", "flow", FLOW, "net worth from tax, subsidy and rescue"),
    ("worth_from_owners", "flow", FLOW, "net worth from money of outside owners, less distributions"),
    ("worth_from_wear", "flow", FLOW, "net worth from depreciation"),
    ("worth_from_write_downs", "flow", FLOW, "net worth from writing chips down to value in use"),
    ("worth_from_failures", "flow", FLOW, "net worth from failures: loans lost, debt forgiven, costs of failing"),
    ("worth_from_marks", "flow", FLOW, "net worth from marks on stakes held and owed, and on what labs are worth"),
    ("distributions_paid", "flow", FLOW, "dividends and buybacks"),
    ("funding_gap", "flow", FLOW, "capex that was planned and not funded"),
    ("depreciation", "flow", FLOW, "book value written off on schedule"),
    ("impairment", "flow", FLOW, "book value written down to value in use: stranded"),
    ("impairment_by_demand", "flow", FLOW, "part of it that would not be at the trend of prices and full use"),
    ("shells_completed", "flow", FLOW, "sites finished"),
    ("securities_sold", "flow", FLOW, "securities sold to cover payments"),
    ("cash_shortfall", "flow", FLOW, "payments that rounding left open and the rest of the world covered"),
    ("written_off", "flow", FLOW, "loans that lenders lost, recoveries taken off"),
    ("lost_by_suppliers", "flow", FLOW, "loans and invoices that suppliers lost, recoveries taken off"),
    ("book_lost", "flow", FLOW, "book value of machines and sites of who is wound up, less what they fetched"),
    ("default_cost", "flow", FLOW, "what failing takes of a firm's money"),
    ("funding_lost", "flow", FLOW, "planned funding that did not come"),
    ("purchases_cut", "flow", FLOW, "planned purchases that were given up for lack of money"),
    ("rescue", "flow", FLOW, "what the state paid in so that a firm could pay what it must"),
    ("breaches", "flow", "count", "firms in breach of their covenants"),
    ("reorganised", "flow", "count", "failed firms that go on under their creditors"),
    ("wound_up", "flow", "count", "failed firms that are gone"),
)  # fmt: skip

COLUMNS = {name: _of_item(name) for name in ITEMS} | {
    "net_worth": Column("net_worth", "balance", USD, True,
                        "assets less liabilities, stakes held by the network included; what outside owners have"),
    "margin_account": Column("margin_account", "balance", USD, True, "margin on promises that a custodian holds"),
} | {
    name: Column(name, sort, unit, unit == USD, meaning) for name, sort, unit, meaning in _LIVING
}  # fmt: skip
