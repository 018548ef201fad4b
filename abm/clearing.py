"""What the quarter owes, settled: who cannot pay, whom that brings down, and what is left of every plan.

"When money is not there" in `docs/quarters.md`. All plans and funding are fixed before; the loop can only take away. A
world in which everybody can pay, and no test is near its limit, needs no loop: its answer is that all is paid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.agenda import CERTAIN, SALES
from abm.chronicle import note_loop
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.links import COMMITTED_FUNDING, ORDINARY
from abm.markets import equity, funding
from abm.standing import Standing, stand
from abm.words import part_of
from cython_ext import HARD, RANKS, Problem, Settled, row_sums, settle

_ROUNDING = 1e-9  # USD bn: less is not missing
_BOUND_ROUNDS = 3  # of a lower bound of values
_UNTESTED = 1e12  # a limit that nobody reaches
_RESCUES = 5  # times that the state looks again in a quarter


@dataclass(frozen=True)
class Loop:
    """What the loop did in the worlds that needed it: `links` are places in the list of payments, `paid` what they
    paid, `closed` says which of them were shut off."""

    worlds: np.ndarray
    links: np.ndarray
    problem: Problem
    state: Settled
    paid: np.ndarray
    closed: np.ndarray


def clear(model) -> None:
    """Run the loop in the worlds that need it, and cut payments to what is paid."""
    living = model.living
    plan_pass_through(model)
    _even_out(model)
    here = stand(model)
    health = living.health
    if health.loan_limit is None:
        _set_limits(model, here)
    shape = here.left.shape
    health.failed, health.breached, health.withdrawn = (np.zeros(shape, bool) for _ in range(3))
    living.now.default_cost, living.now.fire_price = np.zeros(shape), np.ones(shape[1])
    living.now.funding_lost, living.now.purchases_cut = np.zeros(shape), np.zeros(shape)
    living.now.loop = None
    worlds = np.flatnonzero(_troubled(model, here))
    if worlds.size:
        planned = living.payments.amount.take(worlds, axis=1)  # much faster than [:, worlds]
        loop = _loop(model, here, worlds, planned)
        for _ in range(_RESCUES):
            lacking = _lacking(model, loop)
            if not lacking.any():
                break
            living.payments.replace(loop.links, worlds, planned[loop.links])  # as it was planned, and settled anew
            _rescue(model, lacking)
            here, planned = stand(model), living.payments.amount.take(worlds, axis=1)
            loop = _loop(model, here, worlds, planned)
        living.now.loop = loop
        note_loop(model, planned)
        _realise(model, planned)
    model.ledger.record("rescue", living.payments["rescue"])


def plan_pass_through(model) -> None:
    """Funds hand on what they earn; banks and the trust pay their funders the base rate and keep the margin."""
    living, ledger = model.living, model.ledger
    lenders = living.lender_rows
    earned = row_sums(living.payments["interest"], living.debts.holder, len(model.ecosystem))[lenders]
    base = model.parameters.system("base_rate") / 4.0
    bound = model.bound_by_capital[lenders]
    cost = np.minimum(earned, base * ledger.held(*DEBT_LAYERS)[lenders])
    living.payments["pass_through"] = np.where(bound > 0.0, cost, earned)


def _even_out(model) -> None:
    """Sponsors put up what their vehicles lack; funders what their lenders have agreed to lend."""
    living, ledger, payments = model.living, model.ledger, model.living.payments
    for name in ("calls", "rescue"):
        payments[name] = np.zeros_like(payments[name])
    left = ledger.column("cash") + ledger.column("securities") + payments.net()
    lacking = np.maximum(0.0, -left[living.vehicle_rows])
    payments["sponsor_rent"] = payments["sponsor_rent"] + np.where(lacking > 0.0, lacking + _ROUNDING, 0.0)
    hard = payments.paid(*(name for name, block in payments.blocks.items() if block.priority < HARD))
    coming = left + payments.paid(*payments.blocks)  # what there is before anything is paid
    _rescue(model, np.maximum(0.0, hard - coming))
    # Lenders keep their own cash: what they lend is placed with their funders.
    short = np.maximum(0.0, living.lender_cash - left[living.funder_lenders])
    payments["calls"] = np.where(short > 0.0, short, 0.0)


def _rescue(model, lacking: np.ndarray) -> None:
    """The state pays in what firms on its list lack for all they must pay, `(firms, worlds)`; owners are diluted."""
    living, payments = model.living, model.living.payments
    needed = model.parameters.of("rescued") * np.where(living.exempt[:, None], 0.0, lacking)
    first = (needed > 0.0) & (payments["rescue"] == 0.0)
    payments["rescue"] = payments["rescue"] + np.where(needed > 0.0, needed + _ROUNDING, 0.0)
    kept = np.where(first, model.parameters.of("rescue_dilution"), 1.0)
    living.stakes.share *= kept[living.stakes.issuer]


def _lacking(model, loop: Loop) -> np.ndarray:
    """What firms on the state's list that failed in the loop lacked for all they must pay, `(firms, worlds)`: others'
    failures, and money that was withdrawn, show only there. Nobody on the list is taken to fail."""
    problem, worlds, shape = loop.problem, loop.worlds, model.living.forced_default.shape
    listed = np.broadcast_to(model.parameters.of("rescued") > 0.0, shape)[:, worlds]
    failed, breached, withdrawn = loop.state.flags > 0
    saved = failed & listed & ~model.living.forced_default[:, worlds]
    found = np.zeros(shape)
    if saved.any():
        hard = (problem.priority < HARD)[:, None]
        part = loop.state.paid[problem.priority, problem.debtor]
        paid = problem.due * np.where(hard & saved[problem.debtor], 1.0, part)
        paid = np.where(problem.closed(failed & ~saved, breached, withdrawn), 0.0, paid)
        due = row_sums(np.where(hard, problem.due, 0.0), problem.debtor, problem.firms)
        have = problem.cash + row_sums(paid, problem.creditor, problem.firms)
        found[:, worlds] = np.where(saved, np.maximum(0.0, due - have), 0.0)
    return found


def _set_limits(model, here: Standing) -> None:
    """Covenants as agreed; a borrower whose opening figures would breach them has been given some room."""
    health, ledger, parameters, eco = model.living.health, model.ledger, model.parameters, model.ecosystem
    room = parameters.of("covenant_headroom")
    stated = eco.has("covenant_ltv_limit")[:, None]
    loan = np.where(stated, ledger.column("covenant_ltv_limit"), parameters.of("loan_to_value_limit"))
    stated = eco.has("covenant_dscr_limit")[:, None]
    cover = np.where(stated, ledger.column("covenant_dscr_limit"), parameters.of("service_cover_limit"))
    backing = here.collateral + here.covered_assets
    opening_loan = part_of(here.secured_debt, backing) * (1.0 + room)
    opening_cover = part_of(here.income + here.sales, here.secured_service)
    opening_cover = opening_cover - np.abs(opening_cover) * room
    health.loan_limit = np.where(here.secured_debt > 0.0, np.maximum(loan, opening_loan), loan)
    health.cover_limit = np.where(here.secured_service > 0.0, np.minimum(cover, opening_cover), cover)
    # Leases of a hyperscaler's vehicle are written to this cover: a covenant above would be broken by the lease itself.
    leased = np.zeros((len(eco), 1), bool)
    leased[model.living.vehicle_rows] = True
    lease_cover = parameters.of("rent_cover") * (1.0 - room)
    health.cover_limit = np.where(leased, np.minimum(health.cover_limit, lease_cover), health.cover_limit)
    # Who has no margin yet is given a year.
    young = ledger.column("margin_average") <= 0.0
    health.free_until = np.maximum(ledger.column("covenant_holiday_until"), np.where(young, 4.0, 0.0))
    # Who opens without any worth is not tested for it.
    health.worth_tested &= (_least_values(model, here) > 0.0)


def _limits(model) -> tuple[np.ndarray, np.ndarray]:
    """Limits of this quarter, `(firms, worlds)`; none during a holiday."""
    living = model.living
    health = living.health
    free = (health.free_until >= living.economy.quarter) | (not living.switches["covenants"])
    return np.where(free, _UNTESTED, health.loan_limit), np.where(free, -_UNTESTED, health.cover_limit)


def _troubled(model, here: Standing) -> np.ndarray:
    """Worlds that need the loop, bool `(worlds,)`: somebody may be short, in breach, without worth, or is made to
    fail. Values are bounded from below, so that no world is left out."""
    living = model.living
    tested = ~living.exempt[:, None]
    loan, cover = _limits(model)
    breach = (here.secured_debt > loan * (here.collateral + here.covered_assets)) & (
        here.income + here.sales < cover * here.secured_service
    )
    value = _least_values(model, here)
    trouble = (here.left < -_ROUNDING) | breach | living.forced_default
    trouble |= (here.principal > 0.0) & (value <= 0.0) & living.switches["insolvency"]
    trouble |= (value < here.value_floor) | (here.left < here.cash_floor - _ROUNDING)
    return (trouble & tested).any(axis=0)


def _least_values(model, here: Standing) -> np.ndarray:
    """A lower bound of each firm's equity value if all is paid, `(firms, worlds)`: rounds from worthless claims up."""
    living, held, n = model.living, model.living.holdings, len(model.ecosystem)
    going = np.maximum(here.collateral + here.property, here.enterprise + here.multiple * here.sales)
    soft = [name for name, block in living.payments.blocks.items() if block.priority >= HARD and name not in CERTAIN]
    gated = [name for name, block in living.payments.blocks.items() if block.gate.any()]
    base = here.left + going + here.franchise + living.payments.paid(*soft) - living.payments.received(*gated)
    debt = np.stack([row_sums(here.balance[held.rank == each], held.borrower[held.rank == each], n)
                     for each in range(len(RANKS))])  # fmt: skip
    owed = debt[0] + debt[1] + debt[2]
    claims, value = np.zeros_like(base), np.zeros_like(base)
    for _ in range(_BOUND_ROUNDS):
        left, part = base + claims, np.ones_like(debt)
        for rank in range(len(RANKS)):
            part[rank] = np.where(debt[rank] > 0.0, part_of(np.clip(left, 0.0, debt[rank]), debt[rank]), 1.0)
            left = left - debt[rank]
        value = np.maximum(0.0, base + claims - owed)
        claims = row_sums(here.balance * part[held.rank, held.borrower], held.holder, n)
        claims = claims + (living.stakes.held(value, n) if living.switches["equity_links"] else 0.0)
    return np.maximum(0.0, base + claims - owed)


def _loop(model, here: Standing, worlds: np.ndarray, planned: np.ndarray) -> Loop:
    """Settle the troubled worlds; write what is paid over what was `planned` in them, `(links, troubled worlds)`."""
    living, payments, parameters, held = model.living, model.living.payments, model.parameters, model.living.holdings
    on, width = living.switches, model.ledger.worlds
    certain = np.zeros(payments.debtor.size, bool)
    for name in CERTAIN:
        certain[payments.blocks[name].place] = True
    links = np.flatnonzero(~certain & (planned > 0.0).any(axis=1)
                           & (payments.debtor != payments.creditor))  # fmt: skip
    stakes, owned = living.stakes, ~living.exempt[living.stakes.issuer]
    loan, cover = (np.broadcast_to(each, here.left.shape) for each in _limits(model))
    gate = payments.gate[links]
    shared = living.stakes.share if on["equity_links"] else np.zeros_like(living.stakes.share)
    franchise = here.franchise if on["equity_links"] else here.franchise + model.ledger.held("equity")

    def system(name: str, switch: str, neutral: float) -> np.ndarray:
        value = parameters.system(name) if on[switch] else np.array([neutral])
        return np.broadcast_to(value, width)[worlds]

    def of(values: np.ndarray) -> np.ndarray:
        return values.take(worlds, axis=1)

    firms = {
        name: np.where(living.exempt[:, None], 0.0, of(np.broadcast_to(getattr(here, name), here.left.shape)))
        for name in ("cash", "collateral", "property", "enterprise", "multiple", "principal", "secured_debt",
                     "secured_service", "covered_assets", "income", "value_floor", "cash_floor")
    }  # fmt: skip
    for name in firms.keys() - {"enterprise", "income"}:  # what rounding left
        firms[name] = np.maximum(0.0, firms[name])
    firms["principal"] = firms["principal"] * on["insolvency"]
    problem = Problem(
        debtor=payments.debtor[links], creditor=payments.creditor[links], priority=payments.priority[links],
        gate=gate if on["funding_withdrawal"] else np.where(gate > 0, COMMITTED_FUNDING, ORDINARY),
        sale=payments.sale[links], owner=stakes.holder[owned], issuer=stakes.issuer[owned],
        holder=held.holder, borrower=held.borrower, rank=held.rank, exempt=living.exempt.astype(np.int32),
        due=np.maximum(0.0, planned[links]), share=of(shared[owned]),
        balance=of(here.balance),
        fleet=firms["collateral"],
        # A lab that is worth less than its money has no franchise.
        franchise=np.where(living.exempt[:, None], 0.0, np.maximum(0.0, of(franchise))),
        loan_to_value_limit=of(loan), service_cover_limit=of(cover),
        asset_recovery=system("default_asset_recovery", "default_costs", 1.0),
        receipt_recovery=system("default_receipt_recovery", "default_costs", 1.0),
        price_impact=system("fire_sale_price_impact", "fire_sale", 0.0),
        price_floor=system("fire_sale_price_floor", "fire_sale", 0.0),
        breach_sale=system("breach_sale_share", "fire_sale", 0.0), **firms,
    )  # fmt: skip
    start = Settled.untouched(problem.firms, worlds.size)
    start.flags[0] = living.forced_default[:, worlds]
    start.raised[0] = start.flags[0]
    state = settle(problem, start)
    flags = state.flags > 0
    closed = problem.closed(*flags)
    paid = np.where(closed, 0.0, problem.due * state.paid[problem.priority, problem.debtor])
    changed = np.flatnonzero((paid != planned[links]).any(axis=1))
    payments.replace(links[changed], worlds, paid[changed])
    health = living.health
    health.failed[:, worlds], health.breached[:, worlds], health.withdrawn[:, worlds] = flags
    receipts = row_sums(paid, problem.creditor, problem.firms)
    cost = (1.0 - problem.asset_recovery) * problem.cash + (1.0 - problem.receipt_recovery) * receipts
    living.now.default_cost[:, worlds] = np.where(flags[0], cost, 0.0)
    living.now.fire_price[worlds] = state.price
    return Loop(worlds, links, problem, state, paid, closed)


def _realise(model, planned: np.ndarray) -> None:
    """What was not paid for is not delivered, lent or bought; `planned` are the links' amounts in the worlds of the
    loop, and nothing changes in others."""
    living, ledger, payments, n = model.living, model.ledger, model.living.payments, len(model.ecosystem)
    now, links, worlds = living.now, living.chips, living.now.loop.worlds

    def less(name: str, amount: np.ndarray) -> None:
        values = ledger.column(name).copy()
        values[:, worlds] -= amount
        ledger.record(name, values)

    before = planned[payments.blocks["chips"].place]
    part = np.where(before > 0.0, part_of(payments["chips"].take(worlds, axis=1), before), 1.0)
    lost = now.delivered[:, worlds] * (1.0 - part)
    for array in (now.delivered, now.invoiced):
        array[:, worlds] *= part
    now.orders_cancelled[:, worlds] += lost
    maker = np.arange(n)[:, None] != model.ecosystem.rest_of_world
    unsold = np.where(maker, row_sums(lost, links.seller, n), 0.0)
    less("chip_sales", unsold)
    less("chips_delivered", row_sums(lost, links.buyer, n))
    # A chip that is not sold is not made.
    running, cost = payments["running"].copy(), np.broadcast_to(living.chip_cost_share, (n, ledger.worlds))
    running[:, worlds] = np.maximum(0.0, running[:, worlds] - unsold * cost[:, worlds])
    payments["running"] = running
    amount, _, seller = _missing(payments, planned, worlds, *SALES)
    ledger.record("compute_sales", payments.received("contracts", "margin_bills", "compute", "spill", "backstop"))
    less("margin", row_sums(amount, seller, n))
    # Facilities that were not paid out stay open.
    for owner, name in ((living.debts, "loans"), (living.stakes, "stakes")):
        unpaid = planned[payments.blocks[name].place] - payments[name].take(worlds, axis=1)
        owner.undrawn[:, worlds] += np.where(owner.old[:, None], unpaid, 0.0)
    amount, _, receiver = _missing(payments, planned, worlds, "loans", "stakes", "owners")
    now.funding_lost[:, worlds] = row_sums(amount, receiver, n)
    amount, payer, _ = _missing(payments, planned, worlds, "chips", "building", "compute", "spill")
    now.purchases_cut[:, worlds] = row_sums(amount, payer, n)
    now.resold = payments["resale"].copy()
    lent = np.zeros_like(now.vendor_loan)
    lent[living.vendor_stake] = payments["loans"][living.vendor_place]
    equity.record(model, lent)
    loans = payments["loans"].copy()
    loans[:, worlds] = planned[payments.blocks["loans"].place]
    funding.count_what_came(model, loans)
    plan_pass_through(model)


def _missing(payments, planned: np.ndarray, worlds: np.ndarray, *names: str) -> tuple[np.ndarray, ...]:
    """What was planned and not paid in these blocks, by link: amounts, who was to pay, who was to receive."""
    places = [payments.blocks[name].place for name in names]
    amount = np.concatenate([planned[each] - payments.amount[each].take(worlds, axis=1) for each in places])
    return amount, *(np.concatenate([side[each] for each in places]) for side in (payments.debtor, payments.creditor))
