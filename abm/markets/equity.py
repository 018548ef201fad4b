"""New equity and suppliers' money: the circle closes here. See `docs/quarters.md`."""

from __future__ import annotations

import numpy as np

from abm.words import part_of
from cython_ext import row_sums, total


def invest(model) -> None:
    """Suppliers, then owners outside, fill labs' rounds and part of clouds' gaps.

    A supplier spreads its budget by what comes back to it from each customer, fills no more than a part of any
    gap and holds no more than a limit. Committed equity is paid in first.
    """
    living, ledger, eco, parameters = model.living, model.ledger, model.ecosystem, model.parameters
    stakes, n = living.stakes, len(eco)
    lab = living.of("ai_lab")[stakes.issuer]
    gap = np.where(living.of("ai_lab"), ledger.column("raise_plan"),
                   living.now.cloud_gap)  # fmt: skip
    committed = row_sums(stakes.undrawn, stakes.issuer, n)[stakes.issuer]
    drawn = np.minimum(stakes.undrawn, part_of(stakes.undrawn, committed)
                       * gap[stakes.issuer])  # fmt: skip
    stakes.undrawn = stakes.undrawn - drawn
    gap = np.maximum(0.0, gap - row_sums(drawn, stakes.issuer, n))  # rounding leaves less than nothing

    supplier = living.of("chipmaker", "hyperscaler")[stakes.holder] & ~stakes.old[:, None]
    value = np.maximum(ledger.column("firm_value"), 1e-9)
    back = np.where(supplier, living.round_trips.returns(model), 0.0)
    pull = gap[stakes.issuer] * back
    spread = part_of(pull, row_sums(pull, stakes.holder, n)[stakes.holder])
    offer = np.minimum(ledger.column("ecosystem_plan")[stakes.holder] * spread,
                       parameters.of("ecosystem_gap_share")[stakes.holder] * gap[stakes.issuer])  # fmt: skip
    # All suppliers together fill no more than the gap.
    offer = offer * np.minimum(1.0, part_of(gap, row_sums(offer, stakes.issuer, n)))[stakes.issuer]
    lend = np.where(lab, 0.0, parameters.of("vendor_loan_share")[stakes.holder])
    lend = np.where(~lab & (ledger.column("vendor_equity_allowed")[stakes.holder] == 0.0) & model.states_vendor_equity,
                    1.0, lend)  # fmt: skip
    held = row_sums(stakes.share, living.pair_of_stake, living.pairs)[living.pair_of_stake]
    limit = parameters.of("ecosystem_stake_limit")[stakes.holder]
    room = np.maximum(0.0, (limit - held) / np.maximum(1.0 - limit, 1e-9)) * value[stakes.issuer]
    bought = np.minimum(offer * (1.0 - lend), room)
    living.now.vendor_loan = offer * lend
    gap = np.maximum(0.0, gap - row_sums(bought + living.now.vendor_loan, stakes.issuer, n))

    # Owners outside the suppliers: equity funds, as far as the round and what they can place allow.
    funds = np.zeros(n, bool)
    funds[living.equity_funds] = True
    fund = (funds[stakes.holder] & ~stakes.old)[:, None] & lab
    outside = np.minimum(gap, model.ask("outside_equity", "ai_lab"))
    free = ledger.column("absorption_plan")[living.equity_funds]
    part = np.minimum(1.0, part_of(total(free), total(outside)))
    weight = np.zeros((n, part.size))
    weight[living.equity_funds] = part_of(free, total(free))
    placed = np.where(fund, (outside * part)[stakes.issuer] * weight[stakes.holder], 0.0)
    living.payments["stakes"] = drawn + bought + placed
    living.now.supplier_money = row_sums(bought + living.now.vendor_loan, stakes.holder, n)
    living.now.back = back
    record(model, living.now.vendor_loan)


def record(model, lent: np.ndarray) -> None:
    """Note whose money each firm gets: stakes that are to be paid, and what suppliers lend, `lent` (stakes, worlds)."""
    living, ledger, n = model.living, model.ledger, len(model.ecosystem)
    stakes, paid = living.stakes, living.payments["stakes"]
    supplier = living.of("chipmaker", "hyperscaler")[stakes.holder] & ~stakes.old[:, None]
    living.now.given = np.where(supplier, paid, 0.0) + lent
    ledger.record("vendor_money", row_sums(living.now.given, stakes.issuer, n))
    ledger.record("equity_raised", row_sums(np.where(supplier, 0.0, paid), stakes.issuer, n))
