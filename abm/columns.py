"""The columns of the ledger, declared once: what is a balance, what a fact of the opening, what a parameter.

Balances are moved by postings only. The other opening items are facts (flows of the last quarter,
limits, policies) that stay as they are. Units and meanings come from `abm.ecosystem.items`.
"""

from __future__ import annotations

from dataclasses import dataclass

from abm.ecosystem.items import ITEMS

# Money and claims on somebody: what one holds, another owes.
FINANCIAL = ("cash", "securities", "outside_book")
# Real things: nobody owes them.
REAL = (
    "chips_book", "chips_unenergised", "chip_inventory", "shells_book",
    *(f"pipeline_q{each}" for each in range(1, 7)),
    "core_business_value",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: its name, sort (balance, fact), unit, whether it is a stock or a flow, and its meaning."""

    name: str
    sort: str
    unit: str
    stock: bool
    meaning: str


def _of_item(name: str) -> Column:
    item = ITEMS[name]
    sort = "balance" if name in (*FINANCIAL, *REAL) else "fact"
    return Column(name, sort, item.unit, "per" not in item.unit, item.meaning)


COLUMNS = {name: _of_item(name) for name in ITEMS} | {
    "net_worth": Column("net_worth", "balance", "USD bn", True,
                        "assets less liabilities, stakes held by the network included; what outside owners have"),
}  # fmt: skip
