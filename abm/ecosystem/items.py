"""What opening.csv, parameters.csv and series.csv may speak of: each name once, with unit, range and meaning."""

from __future__ import annotations

from dataclasses import dataclass

from abm.ecosystem.schema import LARGEST

USD, FLOW, POWER, POWER_FLOW = "USD bn", "USD bn per quarter", "GW", "GW per quarter"
YEARLY, QUARTERLY = "decimal per year", "decimal per quarter"

# Only these scale with size: a member of a split group has its share of them, and the whole of everything else.
SPLIT_UNITS = (USD, FLOW, POWER, POWER_FLOW)

ANY, NOT_NEGATIVE, SHARE = (-LARGEST, LARGEST), (0.0, LARGEST), (0.0, 1.0)


@dataclass(frozen=True)
class Item:
    """A named number: its one unit, the range outside which it is refused, and what it means."""

    name: str
    unit: str
    range: tuple[float, float]
    meaning: str


def _named(*items: tuple[str, str, tuple[float, float], str]) -> dict[str, Item]:
    return {each[0]: Item(*each) for each in items}


ITEMS = _named(
    ("cash", USD, NOT_NEGATIVE, "deposits; of a lender: lendable money"),
    ("securities", USD, NOT_NEGATIVE, "treasury bills and the like"),
    ("chips_book", USD, NOT_NEGATIVE, "book value of chips in service"),
    ("shells_book", USD, NOT_NEGATIVE, "book value of buildings and networks in service"),
    ("chips_cost_surviving", USD, NOT_NEGATIVE, "cost of the chips that still work"),
    ("chips_tax_basis", USD, NOT_NEGATIVE, "tax value of chips"),
    ("shells_tax_basis", USD, NOT_NEGATIVE, "tax value of shells"),
    ("chips_unenergised", USD, NOT_NEGATIVE, "chips bought and not yet in service"),
    ("chip_inventory", USD, NOT_NEGATIVE, "unsold stock of a chipmaker"),
    ("trade_receivable", USD, NOT_NEGATIVE, "due next quarter from buyers"),
    *((f"pipeline_q{n}", USD, NOT_NEGATIVE, f"shell work completing {n} quarter(s) ahead") for n in range(1, 7)),
    ("ai_capacity", USD, NOT_NEGATIVE, "chips and shells in current-vintage value"),
    ("power_energised", POWER, NOT_NEGATIVE, "power in service"),
    ("power_quota_US", POWER_FLOW, NOT_NEGATIVE, "new power in the United States"),
    ("power_quota_EU", POWER_FLOW, NOT_NEGATIVE, "new power in the European Union"),
    ("power_quota_other", POWER_FLOW, NOT_NEGATIVE, "new power elsewhere"),
    ("capex_total", FLOW, NOT_NEGATIVE, "purchases of plant in the last quarter"),
    # Above one where finance leases come on top of cash capex.
    ("ai_share_of_capex", "share", (0.0, 1.5), "part of capex_total in this sector"),
    ("ai_capex", FLOW, NOT_NEGATIVE, "purchases of plant of this sector in the last quarter"),
    ("ai_revenue", FLOW, NOT_NEGATIVE, "sector revenue in the last quarter"),
    ("ai_revenue_run_rate", FLOW, NOT_NEGATIVE, "sector revenue at the end of the last quarter"),
    ("core_cash_flow", FLOW, ANY, "cash flow outside the sector"),
    ("operating_cash_flow", FLOW, ANY, "reported operating cash flow, for reference"),
    ("free_cash_flow", FLOW, ANY, "reported free cash flow, for reference"),
    ("core_business_value", USD, NOT_NEGATIVE, "value of the business outside the listed assets"),
    ("distributions", FLOW, NOT_NEGATIVE, "dividends and buybacks"),
    ("liquidity_buffer", USD, NOT_NEGATIVE, "cash the firm wants to keep"),
    ("growth_expectation", "log per quarter", (-2.0, 2.0), "expected growth"),
    ("loss_carry_forward", USD, NOT_NEGATIVE, "tax losses not yet used"),
    ("cash_burn", FLOW, ANY, "cash used by a lab, for reference"),
    ("training_budget", FLOW, NOT_NEGATIVE, "wanted training compute of a lab"),
    ("fixed_rd_cost", FLOW, NOT_NEGATIVE, "research cost of a lab that does not vary"),
    ("private_valuation", USD, NOT_NEGATIVE, "value of a lab at its last round"),
    ("chip_capacity", FLOW, NOT_NEGATIVE, "possible sales of a chipmaker in the next quarter"),
    ("order_backlog", USD, NOT_NEGATIVE, "carried orders of a chipmaker"),
    ("vendor_equity_allowed", "flag", SHARE, "0 where a chipmaker lends and buys no equity"),
    ("backlog_rpo", USD, NOT_NEGATIVE, "undelivered contracted revenue, for reference"),
    ("debt_due_4q", USD, NOT_NEGATIVE, "part of drawn debt due within four quarters"),
    ("useful_life_servers", "quarters", (1.0, 400.0), "book life of chips a firm publishes"),
    ("covenant_ltv_limit", "share", (0.0, 100.0), "loan-to-value limit"),
    ("covenant_dscr_limit", "ratio", (-100.0, 100.0), "debt-service-cover limit"),
    ("covenant_holiday_until", "quarter", ANY, "no covenant test up to and including this quarter"),
    ("absorption_per_quarter", FLOW, NOT_NEGATIVE, "what the market of a lender can place"),
    ("absorption_growth", QUARTERLY, (-1.0, 1.0), "trend growth of absorption"),
    ("base_spread", YEARLY, SHARE, "calm spread over the base rate"),
    ("single_name_share", "share", SHARE, "most of one borrower in a lender's portfolio"),
    ("capital", USD, NOT_NEGATIVE, "loss-absorbing capital of a lender"),
    ("outside_book", USD, NOT_NEGATIVE, "assets of a lender outside the sector"),
    ("invests_equity_only", "flag", SHARE, "1 = grants no loans"),
    ("end_demand", FLOW, NOT_NEGATIVE, "end-user spending now"),
    ("end_demand_previous", FLOW, NOT_NEGATIVE, "end-user spending a quarter ago"),
    ("internal_need_total", FLOW, NOT_NEGATIVE, "first-party compute need"),
    ("base_rate", YEARLY, SHARE, "risk-free rate"),
    ("cash_ceiling", USD, NOT_NEGATIVE, "liquidity above which a firm pays its owners more"),
    ("leverage_limit", "years", NOT_NEGATIVE, "debt over yearly margin that lenders accept without a charge"),
    ("outside_owner_share", "share", SHARE, "part of its funding gap that owners outside the network fill"),
    ("confidence", "index", SHARE, "confidence of lenders"),
    ("frontier_price_index", "index", (0.0, 100.0), "price of frontier compute"),
    ("corporate_tax_rate", "share", SHARE, "statutory rate"),
    ("effective_tax_rate", "share", SHARE, "rate after deductions"),
    ("bonus_depreciation", "share", SHARE, "share of purchases expensed at once"),
    ("subsidy_envelope_digital", "EUR bn", NOT_NEGATIVE, "digital programme"),
    ("subsidy_envelope_gigafactories", "EUR bn", NOT_NEGATIVE, "gigafactory programme"),
    ("subsidy_spent_share", "share", SHARE, "part of the envelopes already spent"),
    ("eur_usd", "USD per EUR", (0.1, 10.0), "exchange rate"),
)
# Rows named so are checks and notes of the data: read, shown, not loaded.
MEMO = "memo_"

OPENING_QUARTER = "opening_quarter"
BUILD_SLOTS = 8  # quarters ahead that building work is told apart
_LIFE, _UNIT_SHARE = (1.0, 1000.0), SHARE
PARAMETERS = _named(
    (OPENING_QUARTER, "quarter", ANY, "the balance sheets stand at its end"),
    ("quarters_to_run", "count", _LIFE, "length of a run"),
    ("hardware_progress_rate", "log per year", (0.0, 5.0), "throughput per dollar"),
    ("chip_failure_rate", QUARTERLY, SHARE, "chips that fail"),
    ("chip_life_quarters", "quarters", _LIFE, "book life of chips"),
    ("shell_life_quarters", "quarters", _LIFE, "book life of shells"),
    ("chip_tax_life_quarters", "quarters", _LIFE, "tax life of chips"),
    ("shell_tax_life_quarters", "quarters", _LIFE, "tax life of shells"),
    ("shell_upkeep_rate", QUARTERLY, SHARE, "upkeep, share of shell cost"),
    ("chip_share_of_capex", "share", _UNIT_SHARE, "chips in capex"),
    ("power_per_chip_value", "GW per USD bn", (0.0, 10.0), "power drawn by a dollar of chips"),
    ("build_quarters", "quarters", (1.0, float(BUILD_SLOTS)), "from shell spending to completion"),
    ("revenue_per_capacity", QUARTERLY, (0.0, 10.0), "revenue of a dollar of capacity in full use"),
    ("second_tier_quality", "ratio", (0.0, 10.0), "earning power of old chips"),
    ("frontier_age_quarters", "quarters", _LIFE, "age up to which chips are frontier"),
    # Entrants may cost more than they earn.
    ("operating_cost_share", "share", (0.0, 5.0), "operating cost in revenue"),
    ("chipmaker_cost_of_sales", "share", _UNIT_SHARE, "cost of sales in chip sales"),
    ("chipmaker_operating_cost", "share", _UNIT_SHARE, "other cost in chip sales"),
    ("receivable_share", "share", _UNIT_SHARE, "part of invoices paid a quarter later"),
    ("compute_share_of_lab_revenue", "share", _UNIT_SHARE, "compute bought per lab revenue"),
    ("compute_share_of_own_product_revenue", "share", _UNIT_SHARE, "compute used per own-product revenue"),
    ("gpu_loan_spread", YEARLY, SHARE, "spread of chip-secured loans"),
    ("vendor_loan_spread", YEARLY, SHARE, "spread of vendor loans"),
)

# One technology and one convention for all: no firm or kind can have its own.
SHARED = frozenset({
    OPENING_QUARTER, "quarters_to_run", "hardware_progress_rate", "chip_failure_rate", "chip_share_of_capex",
    "power_per_chip_value", "build_quarters", "revenue_per_capacity", "second_tier_quality", "frontier_age_quarters",
    "chip_tax_life_quarters", "gpu_loan_spread",
})  # fmt: skip
# What a set of data says of itself; nothing that a model could be given another value of.
FACTS = frozenset({OPENING_QUARTER, "quarters_to_run"})

SERIES = {"capex_total": FLOW, "S_realised": FLOW, "S_expected": FLOW, "bonus_depreciation": "share"}
FREE_SERIES = (MEMO, "event_")
