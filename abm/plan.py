"""`Plan`: everything the contagion loop needs to know about the horizon, before any shock.

The opening network's planned payments (`operations`, `finance`) and what stands behind each firm:
chips, sites, going-concern value, covenants, capital. Section 2 of `docs/model.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import SENIORITIES
from abm.finance import Finance
from abm.links import Gatherer, Links
from abm.operations import Operations, Outside
from abm.parameters import Parameters
from cython_ext import row_sums

SECURED, UNSECURED, PREFERRED = range(3)
_YEAR = 4  # quarters

# Claims rank by their seniority; stakes of unknown share are held at cost, behind all debt.
_RANK = {"senior_secured": SECURED, "preferred": PREFERRED, "equity": PREFERRED}


@dataclass(frozen=True)
class Holdings:
    """Claims on a balance that stay after the planned repayments: `balance` is USD bn `(holdings, 1 or worlds)`."""

    holder: np.ndarray
    borrower: np.ndarray
    rank: np.ndarray
    claim: np.ndarray  # position in the ecosystem's claims, -1 = liabilities of a lender to its own funders
    balance: np.ndarray


@dataclass(frozen=True)
class Stakes:
    """Equity links: `share` is a fraction of the issuer `(stakes, 1 or worlds)`."""

    owner: np.ndarray
    issuer: np.ndarray
    claim: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Backing:
    """What stands behind a firm, USD bn `(firms, 1 or worlds)`; names as in `cython_ext.Problem`."""

    liquid: np.ndarray
    fleet: np.ndarray
    collateral: np.ndarray
    idle_chips: np.ndarray  # bought, not in service; part of `property`
    property: np.ndarray
    enterprise: np.ndarray
    multiple: np.ndarray
    franchise: np.ndarray
    lab_franchise: np.ndarray  # part of `franchise` that follows a lab's revenue
    covered_assets: np.ndarray
    fixed_cost: np.ndarray


@dataclass(frozen=True)
class Plan:
    """One ecosystem's planned `quarters`, ready to be struck.

    `width` is 1, or the number of worlds if numbers are drawn or parameters differ.
    """

    ecosystem: Ecosystem
    parameters: Parameters
    drawn: Drawn
    quarters: int
    outside: Outside
    links: Links
    holdings: Holdings
    stakes: Stakes
    backing: Backing

    @property
    def width(self) -> int:
        return self.links.amount.shape[1]


def make_plan(drawn: Drawn, parameters: Parameters, quarters: int) -> Plan:
    """Plan `quarters` of the opening network at its run rates. See the module's docstring."""
    eco = drawn.ecosystem
    gather = Gatherer(len(eco), max(drawn.width, parameters.width))
    operations = Operations(drawn, parameters, quarters, gather)
    outside = operations.plan()
    sales = gather.received()
    finance = Finance(drawn, parameters, quarters, gather, outside)
    finance.plan()
    backing = _backing(drawn, parameters, quarters, outside, operations.fixed_cost, finance, sales)
    stakes, at_cost = _stakes(drawn)
    holdings = _holdings(drawn, finance, at_cost, stakes, backing)
    return Plan(eco, parameters, drawn, quarters, outside, gather.links(), holdings, stakes, backing)


def _stakes(drawn: Drawn) -> tuple[Stakes, np.ndarray]:
    """Stakes with a known share; and the positions of those held at cost."""
    claims = drawn.ecosystem.claims
    found = claims.of("equity")
    found = found[claims.active[found]]
    share = drawn.claim("share")[found]
    known = ~claims.carried_at_cost[found] & (np.nan_to_num(share) > 0.0).any(axis=1)
    listed, at_cost = found[known], found[~known]
    return Stakes(claims.source[listed], claims.target[listed], listed, share[known]), at_cost


def _holdings(drawn: Drawn, finance: Finance, at_cost: np.ndarray, stakes: Stakes, backing: Backing) -> Holdings:
    eco = drawn.ecosystem
    claims = eco.claims
    chosen = np.concatenate([finance.debt, at_cost])
    width = drawn.width
    balance = np.concatenate([
        np.broadcast_to(finance.remaining_debt(), (finance.debt.size, width)),
        np.broadcast_to(drawn.claim("drawn")[at_cost], (at_cost.size, width)),
    ])  # fmt: skip
    rank = np.array([_RANK.get(SENIORITIES[each], UNSECURED) for each in claims.seniority[chosen]], np.int32)
    holder, borrower = claims.source[chosen], claims.target[chosen]
    # A lender owes its own funders whatever its assets exceed its capital by.
    lenders = np.flatnonzero(eco.has("capital"))
    held = row_sums(drawn.claim("drawn")[chosen], holder, len(eco))
    marks = drawn.stock("private_valuation")[stakes.issuer] * stakes.share
    held = held + row_sums(marks, stakes.owner, len(eco)) + backing.liquid + backing.franchise
    owed = np.maximum(0.0, held - drawn.stock("capital") - row_sums(drawn.claim("drawn")[chosen], borrower, len(eco)))
    return Holdings(
        holder=np.concatenate([holder, np.full(lenders.size, eco.rest_of_world)]).astype(np.int32),
        borrower=np.concatenate([borrower, lenders]).astype(np.int32),
        rank=np.concatenate([rank, np.full(lenders.size, UNSECURED)]).astype(np.int32),
        claim=np.concatenate([chosen, np.full(lenders.size, -1)]).astype(np.int32),
        balance=np.concatenate([balance, np.broadcast_to(owed[lenders], (lenders.size, width))]),
    )


def _backing(
    drawn: Drawn, parameters: Parameters, quarters: int, outside: Outside, fixed_cost: np.ndarray, finance: Finance,
    sales: np.ndarray,
) -> Backing:  # fmt: skip
    eco = drawn.ecosystem
    of_kind = {
        each: np.isin(np.arange(len(eco)), eco.of_kind(each))[:, None] for each in ("ai_lab", "operator", "hyperscaler")
    }
    building = sum(drawn.stock(f"pipeline_q{each}") for each in range(1, 7))
    sites = drawn.stock("shells_book") + building
    idle = drawn.stock("chips_unenergised")
    resale = parameters.of("shell_resale_share")
    liquid = drawn.stock("cash") + drawn.stock("securities")
    # A going concern is worth a multiple of its yearly margin, plus what it is still building.
    yearly = parameters.of("enterprise_multiple") * _YEAR / quarters
    multiple = np.where(of_kind["operator"] | of_kind["hyperscaler"], yearly, 0.0)
    enterprise = np.where(multiple > 0.0, multiple * (outside.revenue - fixed_cost) + resale * building + idle, 0.0)
    franchise = drawn.stock("core_business_value") + drawn.stock("outside_book")
    owed = row_sums(finance.drawn_debt, eco.claims.target[finance.debt], len(eco))
    lab = np.where(of_kind["ai_lab"], np.maximum(0.0, drawn.stock("private_valuation") - liquid + owed), 0.0)
    return Backing(
        liquid=liquid,
        fleet=np.where(
            eco.has("chips_cost_surviving")[:, None], drawn.stock("chips_cost_surviving"), drawn.stock("chips_book")
        ),
        collateral=drawn.stock("chips_book"),
        idle_chips=idle,
        property=idle + drawn.stock("chip_inventory") + resale * sites,
        enterprise=enterprise,
        multiple=multiple,
        franchise=franchise + lab,
        lab_franchise=lab,
        covered_assets=idle + parameters.of("shell_lending_value") * sites,
        fixed_cost=fixed_cost,
    )  # fmt: skip
