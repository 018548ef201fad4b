"""What becomes of firms that failed: reorganised by their creditors, or wound up and sold.

"When money is not there" in `docs/quarters.md`. A firm fails when it missed what it must pay, was left without worth
while debt fell due, or breached its covenants twice running. Money moves through blocks of the aftermath, so that it
is logged.
"""

from __future__ import annotations

import numpy as np

from abm.closing import move
from abm.estates import Estate
from abm.holdings import SECURED
from abm.words import part_of
from cython_ext import row_sums


def resolve(model) -> None:
    """Deal with all that failed in the quarter, then let lenders' funders bear what they bear."""
    living, health = model.living, model.living.health
    shape, before = health.alive.shape, model.ledger.column("net_worth").copy()
    for name in ("estate_debts", "estate_trade", "estate_promises", "estate_dues", "estate_owners",
                 "equity_sold", "bids", "proceeds", "guarantees", "swept",
                 "margin_seized", "margin_freed",
                 "estate_rest"):  # fmt: skip
        living.aftermath[name] = np.zeros_like(living.aftermath[name])
    now = living.now
    now.loan_losses, now.funders_bore, now.vendor_losses, now.book_lost = (np.zeros(shape) for _ in range(4))
    now.reorganised, now.wound_up = np.zeros(shape, bool), np.zeros(shape, bool)
    now.backlog_left = np.zeros(shape[1])
    now.recovered, now.claimed = np.zeros((3, shape[1])), np.zeros((3, shape[1]))
    _move_users(living)
    backed = model.parameters.of("rescued") >= 1.0  # lenders are paid: they wait
    event = health.failed | (health.breached & health.breached_before & ~backed)
    event &= health.alive & ~living.exempt[:, None]
    health.breached_before = health.breached & ~event
    if health.breached_before.any():
        _sweep(model, health.breached_before & health.alive)
    if event.any():
        lenders = living.of("lender")[:, 0]
        for row in np.flatnonzero(event.any(axis=1) & ~lenders):
            estate = Estate(model, int(row), np.flatnonzero(event[row]), event)
            going = estate.goes_on()
            if going.any():
                estate.within(going).reorganise()
            if not going.all():
                estate.within(~going).wind_up()
        health.any_dead = bool((~health.alive).any())
    if health.any_dead:  # what still flows to a firm that is gone belongs to its owners
        rest = np.where(health.alive, 0.0, np.maximum(0.0, model.ledger.column("cash")))
        move(model, "estate_rest", rest)
    _pass_losses(model)
    now.failures_took = model.ledger.column("net_worth") - before
    for column, values in (
        ("written_off", now.loan_losses), ("lost_by_suppliers", now.vendor_losses), ("wound_up", now.wound_up),
        ("book_lost", now.book_lost),
        ("reorganised", now.reorganised), ("breaches", health.breached), ("default_cost", now.default_cost),
        ("funding_lost", now.funding_lost), ("purchases_cut", now.purchases_cut),
    ):  # fmt: skip
        model.ledger.record(column, values)


def _sweep(model, breached: np.ndarray) -> None:
    """Who is in breach and goes on pays its secured lenders all cash above its buffer."""
    ledger, debts = model.ledger, model.living.debts
    secured = (model.living.rank_of_debt == SECURED)[:, None] & breached[debts.debtor]
    owed = np.where(secured, ledger.amounts[debts.place], 0.0)
    whole = row_sums(owed, debts.debtor, len(model.ecosystem))
    spare = np.maximum(0.0, ledger.column("cash") - ledger.column("liquidity_buffer"))
    paid = owed * part_of(np.minimum(spare, whole), whole)[debts.debtor]
    move(model, "swept", paid)
    ledger.change_claims(debts.place, -paid)


def _move_users(living) -> None:
    """Users of labs that are gone arrive at others, a part each quarter."""
    moving = living.health.moving_users
    if moving.shape[0]:
        living.lab_share = living.lab_share + moving[0]
        living.health.moving_users = moving[1:]


def _pass_losses(model) -> None:
    """Funds pass losses on to those whose money they manage, who then take some of it out; a bank or trust bears them
    with its capital first."""
    living, ledger, health = model.living, model.ledger, model.living.health
    places, lenders = living.funder_places, living.funder_lenders
    lost = np.maximum(0.0, living.now.loan_losses[lenders])
    claim = ledger.amounts[places]
    bound = model.bound_by_capital[lenders] > 0.0
    beyond = np.maximum(0.0, -ledger.column("net_worth")[lenders])
    borne = np.minimum(claim, np.where(bound, beyond, lost))
    health.redeemed = np.zeros_like(health.redeemed)
    if not borne.any():
        return
    ledger.change_claims(places, -borne)
    living.now.funders_bore = row_sums(borne, lenders, len(model.ecosystem))
    assets = ledger.held()[lenders] + lost
    large = lost > model.parameters.of("redemption_threshold")[lenders] * assets
    gate = model.parameters.of("redemption_gate")[lenders] * claim
    health.redeemed[lenders] = np.where(large & ~bound, np.minimum(gate, lost), 0.0)
