"""Money that changes hands in one quarter, between kinds of firms, as a run records it. Numbers only, no drawing."""

from __future__ import annotations

from dataclasses import dataclass

from abm.ecosystem.vocabulary import KINDS
from abm.results import RunResult

CLOUDS = ("hyperscaler", "operator", "vehicle")
FUNDING = ("bonds_issued", "high_yield_issued", "private_credit_drawn", "bank_loans_drawn", "facilities_drawn",
           "equity_raised", "owner_money")  # fmt: skip
SERVICE = ("interest", "principal")
USERS, INVESTORS, OWN, LABS, CLOUD, MAKERS, COSTS, OTHERS = (
    "End users", "Lenders and\ninvestors", "Clouds' other\nbusiness, cash", "AI labs", "Clouds", "Chipmakers",
    "Running costs", "Sites, other\nchips, owners"
)  # fmt: skip


@dataclass(frozen=True)
class Flow:
    """USD bn from `source` to `target`; `back` where a supplier's money goes to its customers."""

    source: str
    target: str
    amount: float
    back: bool = False


def flows_of(run: RunResult, quarter: str) -> list[Flow]:
    """Flows of the quarter, mean of the worlds that are kept by firm; those that are nothing are left out.

    Clouds are hyperscalers, operators and vehicles. What they pay out beyond what is recorded to come in is their
    other business and cash. Compute that clouds sell to each other stays among them.
    """
    there = {KINDS[kind] for kind in run.ecosystem.kind}

    def sums(kinds: tuple[str, ...], *columns: str) -> float:
        return sum(float(run.firm(kind, each)[quarter].mean()) for kind in kinds if kind in there for each in columns)

    labs, clouds = ("ai_lab",), CLOUDS
    enterprise = sums(("rest_of_world",), "compute_bought")
    chips = sums(("chipmaker",), "chip_sales")
    paid = {
        COSTS: sums(clouds, "running_cost", "rent"),
        OTHERS: sums(clouds, "chips_delivered", "shells_started") - chips + sums(clouds, "distributions_paid", "tax"),
        MAKERS: chips,
        INVESTORS: sums(clouds, *SERVICE),
    }  # fmt: skip
    found = [
        Flow(USERS, LABS, sums(labs, "user_revenue")),
        Flow(LABS, COSTS, sums(labs, "running_cost")),
        Flow(LABS, CLOUD, sums(labs, "compute_bought")),
        Flow(USERS, CLOUD, sums(clouds, "user_revenue") + enterprise),
        Flow(INVESTORS, LABS, sums(labs, *FUNDING)),
        Flow(INVESTORS, CLOUD, sums(clouds, *FUNDING) - paid.pop(INVESTORS)),
        *(Flow(CLOUD, target, amount) for target, amount in paid.items()),
        Flow(MAKERS, LABS, sums(labs, "vendor_money"), back=True),
        Flow(MAKERS, CLOUD, sums(clouds, "vendor_money"), back=True),
    ]
    out = sum(each.amount for each in found if each.source == CLOUD)
    found.insert(6, Flow(OWN, CLOUD, out - sum(each.amount for each in found if each.target == CLOUD)))
    turned = [each if each.amount >= 0.0 else Flow(each.target, each.source, -each.amount) for each in found]
    return [each for each in turned if each.amount > 1e-6]
