"""What `abm` did in each quarter of one world: what the peer is given, and what it has to arrive at by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from abm import EcosystemModel, clearing, closing
from abm.agenda import CERTAIN
from abm.dated import Dated
from abm.luck import normals
from abm.scenario import DatedShock
from benchmarks.mesa_peer.things import Terms

# Payments that the peer plans by itself; all others are given.
OWN = frozenset({
    "users", "core", "running", "other_capex", "interest", "principal", "rent", "contracts", "payables", "compute",
    "spill", "backstop", "chips", "building",
})  # fmt: skip
# Mechanisms of the settlement that the peer leaves out are off in the run it is compared with.
SWITCHES = {"insolvency": False, "covenants": False, "funding_withdrawal": False}
COLUMNS = (
    "user_revenue", "training_plan", "compute_need", "promised", "compute_demand", "compute_capacity",
    "compute_served", "growth_expectation", "capex_plan", "capex_budget", "fleet_value", "pipeline_work",
    "chip_sales", "chip_capacity", "shells_cost", "running_cost", "compute_sales", "impairment",
    "wanted_training", "cash", "securities",
)  # fmt: skip
ECONOMY = ("end_demand", "demand_growth", "price", "tightness", "confidence", "expected_demand_growth")


@dataclass(frozen=True)
class Given:
    """One quarter of what the peer leaves out; firms by name, loans by (holder, debtor, number)."""

    luck: float
    shortfall: float
    failing: list[str]
    spreads: dict[str, float]
    funded: dict[str, float]
    through_vehicle: dict[str, float]
    subsidy_rate: float
    raised: dict[str, float]
    payments: list[tuple[str, str, float, int, bool]]
    certain: dict[str, float]
    loans: list[tuple[tuple, Terms, float, float]]
    resold: list[tuple[tuple, tuple, float]]
    stakes: list[tuple[str, str]]


@dataclass(frozen=True)
class Seen:
    """How `abm` came out: the economy, firms, payments after the settlement, who was short and who failed."""

    economy: dict[str, float]
    firms: dict[str, dict[str, float]]
    paid: dict[str, float]
    received: dict[str, float]
    short: set[str]
    failed: set[str]


def record(model: EcosystemModel, quarters: int, shocks: Sequence[DatedShock] = ()) -> Iterator[tuple[Given, Seen]]:
    """Run a model of one world that has begun, and tell of each quarter."""
    dated = Dated(model, shocks)
    for quarter in range(1, quarters + 1):
        dated.strike(quarter)
        with _listening(model) as heard:
            model.step()
        yield _given(model, heard), _seen(model, heard)


@contextmanager
def _listening(model) -> Iterator[dict]:
    """Note what was planned before the settlement, and what was paid after it."""
    heard, stand, settle = {}, clearing.stand, closing.settle

    def before(whole):
        answer = stand(whole)
        heard["planned"] = whole.living.payments.amount[:, 0].copy()
        heard["left"] = answer.left[:, 0].copy()
        return answer

    def after(whole):
        loop, heard["paid"] = whole.living.now.loop, heard["planned"].copy()
        if loop is not None:
            heard["paid"][loop.links] = loop.paid[:, 0]
        heard["rate"] = whole.living.now.new_rate[:, 0].copy()
        settle(whole)

    clearing.stand, closing.settle = before, after
    try:
        yield heard
    finally:
        clearing.stand, closing.settle = stand, settle


def _given(model, heard: dict) -> Given:
    living, ledger, names = model.living, model.ledger, model.ecosystem.id
    blocks, debts, now = living.payments.blocks, living.debts, living.now
    planned = {name: heard["planned"][block.place] for name, block in blocks.items()}

    def each(column: str) -> dict[str, float]:
        return {name: float(value) for name, value in zip(names, ledger.column(column)[:, 0], strict=True) if value}

    payments, certain = [], {}
    for name in blocks.keys() - OWN:
        block = blocks[name]
        for place in np.flatnonzero(planned[name] > 0.0):
            debtor, creditor = names[block.debtor[place]], names[block.creditor[place]]
            amount = float(planned[name][place])
            if name in CERTAIN:
                certain[creditor] = certain.get(creditor, 0.0) + amount
            else:
                payments.append((debtor, creditor, amount, block.priority, bool(block.gate[place])))
    plan, budget = ledger.column("capex_plan")[:, 0], ledger.column("capex_budget")[:, 0]
    stakes = blocks["stakes"]
    raised = ledger.column("equity_raised") + ledger.column("vendor_money")
    sold = np.flatnonzero(planned["resale"] > 0.0)
    return Given(
        luck=float(normals(model.seed, "end demand", model.world_numbers, living.economy.quarter)[0]),
        shortfall=float(living.economy.shortfall[0]),
        failing=[names[row] for row in np.flatnonzero(living.forced_default[:, 0])],
        spreads=each("spread_plan"),
        funded={names[row]: float(budget[row] / plan[row]) for row in np.flatnonzero(plan > 0.0)},
        through_vehicle={names[row]: float(now.vehicle_part[row, 0]) for row in np.flatnonzero(now.vehicle_part[:, 0])},
        subsidy_rate=float(now.subsidy_rate[0]),
        raised={names[row]: float(raised[row, 0]) for row in np.flatnonzero(raised[:, 0])},
        payments=payments,
        certain=certain,
        loans=[
            (loan_key(model, k), terms_of(debts, k), float(planned["loans"][k]), float(heard["rate"][k]))
            for k in np.flatnonzero(planned["loans"] > 0.0)
        ],
        resold=[
            (loan_key(model, k), (*loan_key(model, debts.sold_to[k]), terms_of(debts, debts.sold_to[k])),
             float(planned["resale"][k]))
            for k in sold
        ],
        stakes=[(names[stakes.debtor[k]], names[stakes.creditor[k]]) for k in np.flatnonzero(planned["stakes"] > 0.0)],
    )  # fmt: skip


def _seen(model, heard: dict) -> Seen:
    living, ledger, names = model.living, model.ledger, model.ecosystem.id
    payments, rows = living.payments, range(len(names))
    others = np.flatnonzero(~living.exempt)
    between = payments.debtor != payments.creditor
    chips = ledger.column("chips_book")[:, 0]
    owed = ledger.owed("bond", "loan", "gpu_loan", "abs", "vendor_loan")[:, 0]
    firms = {
        names[row]: {column: float(ledger.column(column)[row, 0]) for column in COLUMNS}
        | {"chips_book": float(chips[row]), "debt": float(owed[row])}
        for row in rows
    }

    def total(side: np.ndarray) -> dict[str, float]:
        sums = np.bincount(side[between], heard["paid"][between], len(names))
        return {names[row]: float(sums[row]) for row in others}

    return Seen(
        economy={name: float(getattr(living.economy, name)[0]) for name in ECONOMY},
        firms=firms, paid=total(payments.debtor), received=total(payments.creditor),
        short={names[row] for row in others if heard["left"][row] < -1e-9},
        failed={names[row] for row in np.flatnonzero(living.health.failed[:, 0])},
    )  # fmt: skip


def loan_key(model, number: int) -> tuple[str, str, int]:
    """Holder, debtor and number of a debt."""
    debts, names = model.living.debts, model.ecosystem.id
    return names[debts.holder[number]], names[debts.debtor[number]], int(number)


def terms_of(debts, number: int) -> Terms:
    if not debts.old[number]:
        return Terms("pace", pace=float(debts.pace[number, 0]))
    if not debts.linear[number] and not debts.bullet[number]:
        return Terms("pace")
    kind = "linear" if debts.linear[number] else "bullet"
    return Terms(kind, first=float(debts.first[number]), term=float(debts.term[number]))
