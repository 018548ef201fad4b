"""How an estate reads the ledger and posts to it: one firm, in the worlds in which it failed."""

from __future__ import annotations

import numpy as np

from abm.chronicle import BREACHED


class Books:
    """Firm `row` in `worlds`. Amounts are `(worlds,)` of the estate, or `(links, worlds)` of it."""

    def __init__(self, model, row: int, worlds: np.ndarray):
        self.model, self.row, self.worlds = model, row, worlds
        self.living, self.ledger = model.living, model.ledger

    def value(self, name: str) -> np.ndarray:
        return self.ledger.column(name)[self.row, self.worlds]

    def parameter(self, name: str) -> np.ndarray:
        return self.model.parameters.wide(name, self.ledger.worlds)[self.row, self.worlds]

    # -- what is told ------------------------------------------------------------------------------
    def _tell(self, what: str, amount: np.ndarray) -> None:
        """Note what becomes of the firm, and a failure that no flag of this quarter explains."""
        living = self.living
        quarter, add = living.economy.quarter, living.chronicle.add
        silent = np.flatnonzero(~living.health.failed[self.row, self.worlds])
        add(quarter, 1, "default", [BREACHED], [self.row], [self.row], np.zeros((1, silent.size)),
            self.worlds[silent], always=True)  # fmt: skip
        add(quarter, 99, what, [what], [self.row], [self.row], amount[None], self.worlds, always=True)

    def _hit(self, channel: str, claims, source, target, amount: np.ndarray) -> None:
        self.living.chronicle.add(
            self.living.economy.quarter, 99, channel, claims, source, target, amount, self.worlds
        )

    # -- postings ----------------------------------------------------------------------------------
    def _wide(self, values: np.ndarray) -> np.ndarray:
        return self._wide_row(self.row, values)

    def _wide_row(self, row: int, values: np.ndarray) -> np.ndarray:
        result = np.zeros((len(self.model.ecosystem), self.ledger.worlds))
        result[row, self.worlds] = values
        return result

    def _bid(self, amount: np.ndarray, name: str = "bids") -> None:
        """Others pay `amount` (firms, all worlds) into the sale."""
        self._move(name, amount)

    def _receive(self, amount: np.ndarray) -> None:
        """The estate receives what its goods brought."""
        self._move("proceeds", self._wide(amount))

    def _pay(self, name: str, places: np.ndarray, amount: np.ndarray) -> None:
        """Pay `amount` (places, worlds) on some links of a block."""
        more = np.zeros((places.size, self.ledger.worlds))
        more[:, self.worlds] = amount
        block = self.living.aftermath.blocks[name]
        self.living.aftermath.increase(name, places, more)
        self.ledger.transfer("cash", block.debtor[places], block.creditor[places], more)

    def _move(self, name: str, amount: np.ndarray) -> None:
        """Pay `amount` (firms, all worlds) in a block that has a link for each firm."""
        rows = np.flatnonzero(amount.any(axis=1))
        self._pay(name, rows, amount[rows][:, self.worlds])

    def _post(self, account: str, row: int, amount: np.ndarray) -> None:
        self.ledger.post(account, np.array([row]), self._wide_row(row, amount)[[row]])

    def _record(self, name: str, value: float) -> None:
        column = self.ledger.column(name).copy()
        column[self.row, self.worlds] = value
        self.ledger.record(name, column)

    def _change(self, places: np.ndarray, amount: np.ndarray) -> None:
        change = np.zeros((places.size, self.ledger.worlds))
        change[:, self.worlds] = amount
        self.ledger.change_claims(places, change)

    def _settle_margin(self) -> None:
        """What custodians hold goes to providers for the promises that end with their customer, as far as these go, and
        back to customers of a provider that is gone."""
        w, contracts = self.worlds, self.living.contracts
        mine = np.flatnonzero((contracts.customer == self.row) | (contracts.provider == self.row))
        held = contracts.margin[mine][:, w]
        if not held.any():
            return
        ended = (contracts.customer[mine] == self.row)[:, None]
        seized = np.where(ended, np.minimum(held, contracts.backlog_of(mine)[:, w]), 0.0)
        self._pay("margin_seized", mine, seized)
        self._pay("margin_freed", mine, held - seized)
        less = np.zeros_like(contracts.margin)
        less[np.ix_(mine, w)] = held
        outside = np.full(contracts.customer.size, self.model.ecosystem.rest_of_world)
        self.ledger.transfer("margin_account", contracts.customer, outside, less)
        contracts.margin[np.ix_(mine, w)] = 0.0
