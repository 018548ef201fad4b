"""The opening state as a ledger, closed with the rest of the world.

Deposits and other outside assets are claims on the rest of the world, treasury bills on the government.
What a lender has beyond its capital it owes to its own funders outside. A stake is worth its share of
the issuer's private valuation where there is one, else of what the issuer has after its debts; where a
valuation exceeds the listed assets of a lab, the rest is its franchise.
"""

from __future__ import annotations

import numpy as np

from abm.columns import COLUMNS, REAL
from abm.drawn import Drawn
from abm.ecosystem.vocabulary import DEBT_LAYERS, LAYERS
from abm.ledger import ClaimTable, Ledger
from abm.parameters import Parameters
from abm.supply import chip_supply
from cython_ext import row_sums

# Layers of the ledger beyond those of the data.
RECEIVABLE, FUNDERS, AT_COST = "trade_receivable", "funders", "equity_at_cost"
_SETTLED = 1e-14
_ROUNDS = 100_000  # as many as the contagion loop takes


def open_ledger(drawn: Drawn, parameters: Parameters) -> Ledger:
    """Post the opening state, world by world; every identity holds before anything has happened."""
    eco = drawn.ecosystem
    n, width = len(eco), max(drawn.width, parameters.width)
    supply = chip_supply(drawn, parameters)
    claims, amount = _claims(drawn, width, supply.buyer, supply.seller, supply.unpaid)
    facts = {name: drawn.stock(name) for name in eco.stocks if COLUMNS[name].sort == "fact"}
    ledger = Ledger.empty(eco.id, width, claims, facts)
    everyone, row = np.arange(n), eco.rest_of_world
    for item in REAL:
        ledger.post(item, everyone, np.broadcast_to(drawn.stock(item), (n, width)))
    governments = eco.of_kind("government")
    treasury = governments[0] if governments.size else row
    for item, issuer in (("cash", row), ("outside_book", row), ("securities", treasury)):
        ledger.transfer(item, np.full(n, issuer), everyone, np.broadcast_to(drawn.stock(item), (n, width)))
    listed = claims.layer != FUNDERS
    listed &= claims.layer != "equity"
    ledger.change_claims(np.flatnonzero(listed), amount[listed])
    _mark_stakes(drawn, ledger)
    _fund_lenders(drawn, ledger)
    return ledger


def _claims(
    drawn: Drawn, width: int, buyer: np.ndarray, seller: np.ndarray, unpaid: np.ndarray
) -> tuple[ClaimTable, np.ndarray]:
    """All claims with the amounts known from the data; stakes and funders are posted later."""
    eco, claims = drawn.ecosystem, drawn.ecosystem.claims
    debt = claims.of(*DEBT_LAYERS)
    debt = debt[claims.active[debt]]
    equity = claims.of("equity")
    equity = equity[claims.active[equity]]
    known = ~claims.carried_at_cost[equity] & (np.nan_to_num(drawn.claim("share")[equity]) > 0.0).any(axis=1)
    stakes, at_cost = equity[known], equity[~known]
    lenders = np.flatnonzero(eco.has("capital"))
    outside = np.full(lenders.size, eco.rest_of_world)
    parts = (
        ([claims.id[each] for each in debt], [LAYERS[each] for each in claims.layer[debt]],
         claims.source[debt], claims.target[debt], drawn.claim("drawn")[debt]),
        ([claims.id[each] for each in stakes], ["equity"] * stakes.size,
         claims.source[stakes], claims.target[stakes], drawn.claim("share")[stakes]),
        ([claims.id[each] for each in at_cost], [AT_COST] * at_cost.size,
         claims.source[at_cost], claims.target[at_cost], drawn.claim("drawn")[at_cost]),
        ([f"receivable_{eco.id[a]}_{eco.id[b]}" for a, b in zip(seller, buyer, strict=True)],
         [RECEIVABLE] * buyer.size, seller, buyer, unpaid),
        ([f"funders_{eco.id[each]}" for each in lenders], [FUNDERS] * lenders.size, outside, lenders,
         np.zeros((lenders.size, 1))),
    )  # fmt: skip
    ids, layers, holders, debtors, amounts = zip(*parts, strict=True)
    table = ClaimTable(
        id=tuple(each for part in ids for each in part),
        layer=np.array([each for part in layers for each in part], dtype=object).astype(str),
        holder=np.concatenate(holders).astype(np.int32),
        debtor=np.concatenate(debtors).astype(np.int32),
    )
    return table, np.concatenate([np.broadcast_to(each, (each.shape[0], width)) for each in amounts])


def _mark_stakes(drawn: Drawn, ledger: Ledger) -> None:
    """Post what stakes are worth; cross-holdings make this a contraction, solved by repetition.

    Raises `ArithmeticError` where firms own each other so nearly wholly that it hardly contracts.
    """
    eco, claims = drawn.ecosystem, ledger.claims
    n = len(eco)
    places = np.flatnonzero(claims.layer == "equity")
    share = drawn.claim("share")[[eco.claims.id.index(claims.id[each]) for each in places]]
    holder, issuer = claims.holder[places], claims.debtor[places]
    mark = drawn.stock("private_valuation")
    marked = eco.has("private_valuation")[:, None]
    worth = ledger.column("net_worth").copy()
    value = np.zeros_like(worth)
    live = np.ones(ledger.worlds, bool)  # a world stops by itself, so that it does not depend on the others
    for _ in range(_ROUNDS):
        stakes = row_sums(np.broadcast_to(share * value[issuer], (places.size, ledger.worlds)), holder, n)
        new = np.where(live, np.where(marked, mark, np.maximum(0.0, worth + stakes)), value)
        live &= ~(np.abs(new - value) <= _SETTLED * np.maximum(1.0, np.abs(value))).all(axis=0)
        value = new
        if not live.any():
            break
    else:
        raise ArithmeticError(f"what stakes are worth did not settle in {_ROUNDS} rounds: firms own each other wholly")
    ledger.change_claims(places, np.broadcast_to(share * value[issuer], (places.size, ledger.worlds)))
    # A valuation that a lab's other assets do not explain is its franchise.
    lab = np.isin(np.arange(n), eco.of_kind("ai_lab"))[:, None]
    listed = ledger.column("net_worth") + ledger.owed("equity")
    franchise = np.where(marked & lab, np.maximum(0.0, mark - listed), 0.0)
    ledger.post("core_business_value", np.arange(n), franchise)


def _fund_lenders(drawn: Drawn, ledger: Ledger) -> None:
    """Outside funders own what a lender has beyond its capital."""
    places = np.flatnonzero(ledger.claims.layer == FUNDERS)
    lenders = ledger.claims.debtor[places]
    beyond = ledger.column("net_worth")[lenders] - drawn.stock("capital")[lenders]
    ledger.change_claims(places, np.maximum(0.0, beyond))
