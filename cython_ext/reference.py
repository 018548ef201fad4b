"""Each kernel again in plain NumPy: the specification, and the oracle of the tests. Never a fallback."""

from __future__ import annotations

import numpy as np

from cython_ext.problem import HARD, PRIORITIES, RANKS, Problem, Settled

TOLERANCE = 1e-13  # of the inner iterations, relative
TIE = 1e-10  # a payment or limit missed by less than this, relative, is met; less value, relative to debts, is none
MAX_ROUNDS = 100_000


def row_sums(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Sum `values` (k, W) by `rows` (k,) into (count, W), adding in the order of the input."""
    result = np.zeros((count, values.shape[1]))
    for k, row in enumerate(rows):
        result[row] += values[k]
    return result


def chosen_sums(values: np.ndarray, places: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Sum the rows of `values` at `places` (k,) by `rows` (k,)."""
    return row_sums(values[places], rows, count)


def flow_sums(values: np.ndarray, payer: np.ndarray, payee: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of `values` (k, W) by who pays and by who receives."""
    return row_sums(values, payer, count), row_sums(values, payee, count)


def block_sums(values: np.ndarray, blocks: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Sum each block of rows of `values` by `rows`, then the blocks in their order."""
    return sum((row_sums(values[first:end], rows[first:end], count) for first, end in blocks),
               np.zeros((count, values.shape[1])))  # fmt: skip


def _sum(rows: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(rows, values, count).astype(np.float64)  # counts, if there is nothing to add


def settle(problem: Problem, state: Settled | None = None, max_sweeps: int | None = None) -> Settled:
    """The contagion loop, world by world. See `cython_ext.settle` for the mathematics."""
    state = Settled.untouched(problem.firms, problem.worlds) if state is None else state
    state.check_size(problem.firms, problem.worlds)
    limit = 3 * problem.firms + 1 if max_sweeps is None else max_sweeps
    for world in range(problem.worlds):
        _World(problem, state, world).run(limit)
    return state


class _World:
    def __init__(self, problem: Problem, state: Settled, world: int):
        self.problem, self.state, self.world = problem, state, world
        self.n = problem.firms
        self.slot = problem.debtor * len(PRIORITIES) + problem.priority
        self.due = problem.due[:, world]
        self.owed = _sum(self.slot, self.due, self.n * len(PRIORITIES))
        self.debt = _sum(
            problem.borrower * len(RANKS) + problem.rank, problem.balance[:, world], self.n * len(RANKS)
        ).reshape(self.n, len(RANKS))
        self.tested = problem.exempt == 0

    def of(self, name: str) -> np.ndarray:
        return getattr(self.problem, name)[..., self.world]

    def run(self, limit: int) -> None:
        state, world = self.state, self.world
        for _ in range(limit):
            if state.converged[world]:
                return
            state.sweeps[world] += 1
            self.price()
            self.open_links()
            self.clear()
            self.appraise()
            if not self.raise_flags():
                state.converged[world] = 1

    def price(self) -> None:
        default, breach = self.state.flags[0, :, self.world] > 0, self.state.flags[1, :, self.world] > 0
        fleet = self.of("fleet")
        total = _sum(np.zeros(self.n, int), fleet, 1)[0]
        weight = np.where(default, 1.0, np.where(breach, self.of("breach_sale"), 0.0))
        sold = _sum(np.zeros(self.n, int), fleet * weight, 1)[0]
        share = sold / total if total > 0.0 else 0.0
        self.state.price[self.world] = max(self.of("price_floor"), np.exp(-self.of("price_impact") * share))

    def open_links(self) -> None:
        default, breach, withdrawn = self.state.flags[:, :, [self.world]] > 0
        self.closed = self.problem.closed(default, breach, withdrawn)[:, 0]
        self.flow = np.where(self.closed, 0.0, self.due)

    def clear(self) -> None:
        """Greatest payments: from the last sweep's (all paid, at first) downward."""
        state, w = self.state, self.world
        paid = np.ascontiguousarray(state.paid[:, :, w].T)  # (n, priorities)
        owed = self.owed.reshape(self.n, len(PRIORITIES))
        default = state.flags[0, :, w] > 0
        for _ in range(MAX_ROUNDS):
            receipts = _sum(self.problem.creditor, self.flow * paid.ravel()[self.slot], self.n)
            remaining = np.where(
                default,
                self.of("asset_recovery") * self.of("cash") + self.of("receipt_recovery") * receipts,
                self.of("cash") + receipts,
            )
            change = 0.0
            for layer in range(len(PRIORITIES)):
                payment = np.minimum(owed[:, layer], remaining)
                with np.errstate(invalid="ignore", divide="ignore"):
                    ratio = np.where((owed[:, layer] > 0.0) & self.tested, payment / owed[:, layer], 1.0)
                remaining = np.where(self.tested, remaining - payment, remaining)
                change = max(change, np.abs(ratio - paid[:, layer]).max(initial=0.0))
                paid[:, layer] = ratio
            state.rounds[w] += 1
            if change <= TOLERANCE:
                break
        else:
            raise ArithmeticError(f"payments of world {w} did not converge in {MAX_ROUNDS} rounds")
        state.residual[w] = change
        state.paid[:, :, w] = paid.T
        state.left[:, w] = np.where(self.tested, remaining, 0.0)
        self.payment = self.due * paid.ravel()[self.slot]
        self.receipt = np.where(self.closed, 0.0, self.payment)

    def appraise(self) -> None:
        """Equity values and recoveries: greatest fixed point, from full recovery downward."""
        p, state, w = self.problem, self.state, self.world
        soft = p.priority >= HARD
        kept = _sum(p.debtor[soft], self.payment[soft], self.n)  # goods, stakes and loans bought, or cash kept
        funded = _sum(p.creditor[p.gate > 0], self.receipt[p.gate > 0], self.n)
        sales = _sum(p.creditor[p.sale > 0], self.receipt[p.sale > 0], self.n)
        self.sales = sales
        default = state.flags[0, :, w] > 0
        saleable = state.price[w] * self.of("collateral") + self.of("property")
        fixed = np.where(
            default,
            self.of("asset_recovery") * (saleable + self.of("franchise")),
            np.maximum(saleable, self.of("enterprise") + self.of("multiple") * sales) + self.of("franchise"),
        )
        base = state.left[:, w] + fixed + kept - funded
        realised = np.where(default, self.of("receipt_recovery"), 1.0)
        # What an estate owes, in its order: missed dues by priority, then the claims on its balance.
        unpaid = np.where(soft, 0.0, self.due - self.payment)
        rank_of = np.where(soft, 0, p.priority)
        missed = _sum(p.debtor * HARD + rank_of, unpaid, self.n * HARD).reshape(self.n, HARD)
        owed = np.concatenate([missed, self.debt], axis=1)
        self.whole = np.add.accumulate(owed, axis=1)[:, -1]

        def claims(shares: np.ndarray, value: np.ndarray) -> np.ndarray:
            late = _sum(p.creditor, unpaid * shares[p.debtor, rank_of], self.n)
            held = _sum(p.holder, p.balance[:, w] * shares[p.borrower, HARD + p.rank], self.n)
            stakes = _sum(p.owner, p.share[:, w] * value[p.issuer], self.n)
            return base + realised * (held + late + stakes)

        shares = np.concatenate([state.late[:, :, w].T, state.recovery[:, :, w].T], axis=1)
        value = state.value[:, w].copy()
        if np.isnan(value).any():
            # An upper bound to start from: every claim at face. A contraction, since owners hold less than all.
            value = np.zeros(self.n)
            for _ in range(MAX_ROUNDS):
                new = np.where(self.tested, np.maximum(0.0, claims(np.ones_like(shares), value) - self.whole), 0.0)
                change = (np.abs(new - value) / np.maximum(1.0, np.abs(value))).max(initial=0.0)
                value = new
                if change <= TOLERANCE:
                    break
        for _ in range(MAX_ROUNDS):
            available = claims(shares, value)
            change = 0.0
            for rank in range(HARD + len(RANKS)):
                part = np.minimum(np.maximum(available, 0.0), owed[:, rank])
                with np.errstate(invalid="ignore", divide="ignore"):
                    new = np.where((owed[:, rank] > 0.0) & self.tested, part / owed[:, rank], 1.0)
                change = max(change, np.abs(new - shares[:, rank]).max(initial=0.0))
                shares[:, rank] = new
                available = available - owed[:, rank]
            new = np.where(self.tested, np.maximum(0.0, available), 0.0)
            change = max(change, (np.abs(new - value) / np.maximum(1.0, np.abs(value))).max(initial=0.0))
            value = new
            state.rounds[w] += 1
            if change <= TOLERANCE:
                break
        else:
            raise ArithmeticError(f"values of world {w} did not converge in {MAX_ROUNDS} rounds")
        state.residual[w] = max(state.residual[w], change)
        state.value[:, w] = value
        state.late[:, :, w] = shares[:, :HARD].T
        state.recovery[:, :, w] = shares[:, HARD:].T

    def raise_flags(self) -> bool:
        state, w = self.state, self.world
        owed = self.owed.reshape(self.n, len(PRIORITIES))
        hard, missed = np.zeros(self.n), np.zeros(self.n)
        for layer in range(HARD):
            hard += owed[:, layer]
            missed += owed[:, layer] * (1.0 - state.paid[layer, :, w])
        value, left = state.value[:, w], state.left[:, w]
        worthless = (self.of("principal") > 0.0) & (value <= TIE * np.maximum(1.0, self.whole))
        lacking = missed > TIE * np.maximum(1.0, hard)
        default = lacking | worthless
        backing = state.price[w] * self.of("collateral") + self.of("covered_assets")
        service = self.of("secured_service")
        breach = (
            (self.of("secured_debt") > 0.0)
            & (self.of("secured_debt") > self.of("loan_to_value_limit") * backing * (1.0 + TIE))
            & (service > 0.0)
            & (self.of("income") + self.sales < self.of("service_cover_limit") * service * (1.0 - TIE))
        )
        withdrawal = (value < self.of("value_floor") * (1.0 - TIE)) | (left < self.of("cash_floor") * (1.0 - TIE))
        fresh = False
        for flag, now in enumerate((default, breach, withdrawal)):
            new = now & self.tested & (state.flags[flag, :, w] == 0)
            if flag == 0:
                state.missed[new, w] = lacking[new]
            state.flags[flag, new, w] = 1
            state.raised[flag, new, w] = state.sweeps[w]
            fresh = fresh or bool(new.any())
        return fresh
