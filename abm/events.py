"""The event log: who was hit, by whom, in which sweep, through which channel, by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.attribution import Worth, planned_sales, worth
from abm.ecosystem import Ecosystem
from abm.links import PURPOSES
from abm.plan import Plan
from abm.settlement import Settlement
from cython_ext import FLAGS, HARD, Problem, Settled, settle

SMALLEST = 1e-4  # USD bn: hits below this are left out of the log


@dataclass(frozen=True)
class Events:
    """One row an event, ordered by world and sweep; sweep 0 is the shock itself.

    `channel` is one of `attribution.CHANNELS`, "funding" (liquidity lost, not worth), or one of
    `cython_ext.FLAGS`; `claim` is a claim id or what a payment was for; the hit travels from `source`
    to `target` (the same firm for its own assets and flags); `amount` is USD bn, for a flag the equity
    value left.
    """

    world: np.ndarray
    quarter: np.ndarray
    sweep: np.ndarray
    channel: np.ndarray
    claim: np.ndarray
    source: np.ndarray
    target: np.ndarray
    amount: np.ndarray

    def __len__(self) -> int:
        return self.world.size

    def frame(self):
        """The log as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(vars(self))

    @classmethod
    def join(cls, parts: list[Events]) -> Events:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))


class _Log:
    def __init__(self, ecosystem: Ecosystem, worlds: np.ndarray, quarter: str):
        self.ids = np.array(ecosystem.id, object)
        self.worlds, self.quarter = worlds, quarter
        self.rows: list[tuple[np.ndarray, ...]] = []

    def add(self, sweep: int, channel: str, claim: np.ndarray, source, target, amount: np.ndarray) -> None:
        """Log `amount` (k, W) where it matters; `claim`, `source` and `target` are (k,)."""
        place, world = np.nonzero(np.abs(amount) > SMALLEST)
        if place.size:
            count = place.size
            self.rows.append((
                world, np.full(count, self.quarter, object), np.full(count, sweep), np.full(count, channel, object),
                np.asarray(claim, object)[place], self.ids[np.asarray(source)[place]],
                self.ids[np.asarray(target)[place]], amount[place, world],
            ))  # fmt: skip

    def close(self) -> Events:
        if not self.rows:
            empty = np.zeros(0, object)
            return Events(np.zeros(0, int), empty, np.zeros(0, int), empty, empty, empty, empty, np.zeros(0))
        columns = [np.concatenate(each) for each in zip(*self.rows, strict=True)]
        order = np.lexsort((-np.abs(columns[-1]), columns[2], columns[0]))
        columns[0] = self.worlds[columns[0]]
        return Events(*(each[order] for each in columns))


def quarter_span(opening: str, quarters: int) -> str:
    """The quarters that follow the opening, as 2026Q2-2027Q1."""
    first = int(opening[:4]) * 4 + int(opening[5]) - 1

    def name(number: int) -> str:
        return f"{number // 4}Q{number % 4 + 1}"

    return f"{name(first + 1)}-{name(first + quarters)}"


def trace(plan: Plan, settlement: Settlement, problem: Problem, chosen: slice, worlds: np.ndarray) -> Events:
    """Settle the `chosen` worlds of a struck `problem` again, sweep by sweep, and log every hit.

    `worlds` are the numbers of all worlds of the problem. The loop continues from its own state, so
    the sweeps end in the same bits as one call.
    """
    log = _Log(plan.ecosystem, worlds[chosen], quarter_span(plan.ecosystem.opening, plan.quarters))
    problem = problem.select(chosen)
    if not problem.worlds:
        return log.close()
    base, rest = settlement.problem, settlement.state
    wide = np.arange(worlds.size)[chosen] if base.worlds > 1 else np.zeros(problem.worlds, int)
    sales = planned_sales(base)[:, wide]
    before = worth(base.select(wide), rest.select(wide), sales)
    names = _Names(plan, settlement)
    state = Settled.untouched(problem.firms, problem.worlds)
    sweep = 0
    while not state.converged.all():
        sweep += 1
        settle(problem, state, max_sweeps=1, threads=settlement.threads)
        after = worth(problem, state, sales, sweep)
        if sweep == 1:
            for channel, hit in (("direct", before.money - after.money), ("valuation", before.assets - after.assets)):
                log.add(0, channel, names.shock, names.firm, names.firm, hit)
        _log_sweep(log, names, problem, sweep, before, after)
        for flag, name in enumerate(FLAGS):
            rose = state.raised[flag] == sweep
            left = np.where(rose, np.maximum(state.value, 2 * SMALLEST), 0.0)
            log.add(sweep, name, names.firm_id, names.firm, names.firm, left)
        before = after
    return log.close()


class _Names:
    """What to call each link, holding and stake in the log."""

    def __init__(self, plan: Plan, settlement: Settlement):
        ids = np.array([*plan.ecosystem.claims.id, "deposits"], object)
        purposes = np.array(PURPOSES, object)
        links = plan.links
        self.link = np.where(links.claim >= 0, ids[links.claim], purposes[links.purpose])
        self.holding = ids[plan.holdings.claim[settlement.risky]]
        self.stake = ids[plan.stakes.claim[settlement.owned]]
        self.firm_id = np.array(plan.ecosystem.id, object)
        self.firm = np.arange(self.firm_id.size)
        self.shock = np.full(self.firm_id.size, "shock", object)


def _log_sweep(log: _Log, names: _Names, problem: Problem, sweep: int, before: Worth, after: Worth) -> None:
    lost = before.received - after.received
    soft = problem.priority >= HARD
    for channel, chosen in (("orders", soft), ("payments", ~soft)):
        log.add(sweep, channel, names.link[chosen], problem.debtor[chosen], problem.creditor[chosen], lost[chosen])
    funds = problem.gate > 0
    log.add(sweep, "funding", names.link[funds], problem.debtor[funds], problem.creditor[funds],
            before.funding[funds] - after.funding[funds])  # fmt: skip
    log.add(sweep, "loans", names.holding, problem.borrower, problem.holder, before.loan - after.loan)
    log.add(sweep, "stakes", names.stake, problem.issuer, problem.owner, before.stake - after.stake)
    for channel in ("collateral", "earnings", "failure"):
        hit = getattr(before, channel) - getattr(after, channel)
        log.add(sweep, channel, names.firm_id, names.firm, names.firm, hit)
