"""Promises to buy compute: dated dollars, the throughput they buy, and what is undelivered.

A contract is throughput at a locked price: its dollars `due` and the units they stand for are dated by
quarter in a ring. "The equations" in `docs/quarters.md`. Arrays are `(contracts, worlds)`.
"""

from __future__ import annotations

import numpy as np

from abm.drawn import Drawn
from abm.parameters import Parameters
from cython_ext.markets import exp

HORIZON = 64  # quarters ahead that a contract can reach
_HALVINGS = 50  # of the search for a schedule's growth: as fine as its floating-point numbers
_FLAT = 1e-12  # growth per quarter below which a schedule is level


class Contracts:
    """All contracts between customers and providers, old and possible."""

    def __init__(self, drawn: Drawn, parameters: Parameters, links: np.ndarray, plan: np.ndarray, flow: np.ndarray,
                 progress: np.ndarray):  # fmt: skip
        """`links` (k, 2) are pairs of lab and provider that may sign; `plan` (firms, worlds) the labs' opening
        compute plans; `flow` (k, worlds) what each link carries of them; `progress` is g_e/4 `(worlds,)`."""
        eco, claims = drawn.ecosystem, drawn.ecosystem.claims
        worlds = plan.shape[1]
        found = claims.of("take_or_pay")
        size = drawn.claim("committed")
        found = found[(size[found] > 0.0).any(axis=1) | (claims.due[found] > 0.0)]
        signed = {(int(a), int(b)) for a, b in zip(claims.source[found], claims.target[found], strict=True)}
        fresh = np.array([pair for pair in links.tolist() if tuple(pair) not in signed], np.int32).reshape(-1, 2)
        self.customer = np.concatenate([claims.source[found], fresh[:, 0]]).astype(np.int32)
        self.provider = np.concatenate([claims.target[found], fresh[:, 1]]).astype(np.int32)
        self.id = [claims.id[each] for each in found]
        self.id += [f"new_take_or_pay_{eco.id[a]}_{eco.id[b]}" for a, b in fresh]
        count = self.customer.size
        self.due = np.zeros((count, HORIZON, worlds))
        self.units = np.zeros((count, HORIZON, worlds))
        self.arrears = np.zeros((count, worlds))
        self.arrears_units = np.zeros((count, worlds))
        self.margin = np.zeros((count, worlds))  # what custodians hold of the customer for the provider
        lab = np.isin(self.customer, eco.of_kind("ai_lab"))
        # New volume goes to the first contract of each pair; its share of the lab's signing is the pair's share.
        carried = {tuple(pair): place for place, pair in enumerate(links.tolist())}
        self.share = np.zeros((count, worlds))
        seen: set[tuple[int, int]] = set()
        theta = parameters.of("take_or_pay_floor")
        length = np.broadcast_to(parameters.system("opening_contract_quarters"), worlds)
        lock = parameters.of("price_lock")
        for each in range(count):
            pair = int(self.customer[each]), int(self.provider[each])
            opening = np.zeros(worlds)
            if pair in carried and lab[each]:
                opening = theta[pair[0]] * flow[carried[pair]]
                if pair not in seen:
                    total_plan = plan[pair[0]]
                    self.share[each] = np.divide(flow[carried[pair]], total_plan, out=np.zeros(worlds),
                                                 where=total_plan > 0.0)  # fmt: skip
                    seen.add(pair)
            if each >= found.size:
                continue
            claim = found[each]
            start = max(1, int(np.nan_to_num(claims.start[claim])))
            whole, first = (np.broadcast_to(values[claim], worlds) for values in (size, drawn.claim("due")))
            known = not np.isnan(claims.term[claim])
            for ends in [claims.term[claim]] if known else np.unique(length):
                chosen = np.arange(worlds) if known else np.flatnonzero(length == ends)
                last = min(HORIZON - 1, max(start, int(ends) if known or claims.active[claim] else start + int(ends)))
                quarters = np.arange(start, last + 1)
                schedule = _rising if lab[each] and (opening > 0.0).any() else _ramp
                begin = opening if schedule is _rising else first
                dues = schedule(begin[chosen], whole[chosen], quarters.size)
                self.due[each, quarters[:, None], chosen] = dues
            locked = exp((1.0 - lock[pair[0]]) * progress * (np.arange(HORIZON) - 1.0)[:, None])
            self.units[each] = self.due[each] * locked
        self.lab = lab

    @property
    def backlog(self) -> np.ndarray:
        """Contracted and undelivered, by contract, USD bn; arrears included."""
        return self.backlog_of(slice(None))

    def backlog_of(self, contracts: np.ndarray | slice) -> np.ndarray:
        """The same of some contracts, `(of them, worlds)`."""
        result = self.arrears[contracts].copy()
        for quarter in range(HORIZON):
            result += self.due[contracts, quarter]
        return result

    def end(self, contracts: np.ndarray, worlds: np.ndarray) -> None:
        """Some contracts end in some worlds: nothing is due any more, and nothing new is signed."""
        for each in contracts:
            self.due[each][:, worlds] = 0.0
            self.units[each][:, worlds] = 0.0
        for array in (self.arrears, self.arrears_units, self.share):
            array[np.ix_(contracts, worlds)] = 0.0

    def fork(self) -> Contracts:
        """The same promises, with their own arrays."""
        twin = object.__new__(Contracts)
        twin.__dict__ = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.__dict__.items()
        }
        return twin


def _rising(first: np.ndarray, whole: np.ndarray, quarters: int) -> np.ndarray:
    """Dues that start at `first`, grow at one rate and add up to `whole`, `(quarters, worlds)`.

    The rate is found by halving; a promise below the flat schedule is used up early at `first`.
    """
    low, high = np.zeros_like(whole), np.full_like(whole, 1.0)
    ahead = np.arange(quarters)[:, None]
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        growth = exp(middle)
        flat = growth - 1.0 < _FLAT
        terms = np.where(flat, quarters, (exp(quarters * middle) - 1.0) / np.where(flat, 1.0, growth - 1.0))
        over = first * terms > whole  # the geometric sum
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    path = first * exp(0.5 * (low + high) * ahead)
    left = np.array(whole)
    result = np.empty_like(path)
    for place in range(quarters):  # never more than was promised
        result[place] = np.minimum(path[place], left)
        left = left - result[place]
    result[-1] += left
    return result


def _ramp(first: np.ndarray, whole: np.ndarray, quarters: int) -> np.ndarray:
    """Dues that start at `first`, move in a straight line and add up to `whole`, `(quarters, worlds)`."""
    mean = whole / quarters
    start = np.where(first > 0.0, np.minimum(first, 2.0 * mean), 0.0)
    step = np.where(start > 0.0, 0.0, 1.0)
    ahead = np.arange(quarters)[:, None] / max(quarters - 1, 1)
    line = start + 2.0 * (mean - start) * ahead
    # A contract that is yet to begin comes up over four quarters and then stays level.
    level = np.minimum(1.0, (np.arange(quarters)[:, None] + 1.0) / 4.0)
    summed = level.sum(axis=0)
    return np.where(step > 0.0, whole * level / summed, line)
