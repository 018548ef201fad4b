"""Mechanisms that can be turned off one by one, to see what each carries.

Some are a matter of parameters: from the first quarter on these take the value at which the mechanism does nothing.
The others belong to the settlement of what is owed; it reads them from `Scenario.settlement_switches`.
"""

from __future__ import annotations

# Name: what is gone without it, and the addresses with the values that turn it off.
BY_PARAMETER: dict[str, tuple[str, dict[str, float]]] = {
    "vendor_investment": (
        "chipmakers and hyperscalers put no new money into their customers",
        {"chipmaker.ecosystem_investment_share": 0.0, "hyperscaler.ecosystem_investment_share": 0.0},
    ),
    "arms_race": ("hyperscalers build for their own need, whatever rivals do", {"arms_race_weight": 0.0}),
    "take_or_pay": ("nobody promises new purchases of compute in advance", {"take_or_pay_floor": 0.0}),
    "expensing": (
        "purchases are deducted from tax over their lives, not at once",
        {"expensing_share": 0.0},
    ),
    "hidden_leases": (
        "lenders count all debt of a firm's vehicles as its own",
        {"off_balance_sheet_visibility": 1.0},
    ),
    "confidence": (
        "lenders keep their confidence, whatever happens",
        {"confidence_loss": 0.0, "confidence_writeoff_response": 0.0},
    ),
}
OF_SETTLEMENT: dict[str, str] = {
    "equity_links": "a fall in the value of one firm does not lower that of its owners",
    "fire_sale": "forced sales do not lower the price of used chips",
    "covenants": "nobody tests covenants",
    "funding_withdrawal": "planned funding comes, whoever gets into trouble",
    "insolvency": "firms fail for lack of cash only, not of worth",
    "default_costs": "failing costs nothing",
}
SWITCHES: dict[str, str] = {name: each[0] for name, each in BY_PARAMETER.items()} | OF_SETTLEMENT
