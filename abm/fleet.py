"""Chips by owner, region and vintage, the sites they stand in, and the power that reaches them.

Arrays are `(owners, ..., worlds)`; `owners` are the rows of
firms that can hold chips. Books here are the sub-ledger of the accounts chips_book, shells_book and pipeline.
"""

from __future__ import annotations

import numpy as np

from abm.drawn import Drawn
from abm.ecosystem.items import BUILD_SLOTS
from abm.ecosystem.vocabulary import REGIONS
from abm.parameters import Parameters
from abm.words import part_of
from cython_ext import row_sums
from cython_ext.markets import exp, fleet_capacity

# Older chips than this are scrapped: their slot in the ring goes to new ones. Longer than any book life.
VINTAGES = 32
_DATED = 6  # quarters of building work that the opening data tells apart


class Fleet:
    """Physical state of all builders. Money in USD bn at cost or at book, power in GW."""

    def __init__(self, drawn: Drawn, parameters: Parameters, worlds: int):
        eco = drawn.ecosystem
        self.owners = eco.of_kind("hyperscaler", "operator", "vehicle")
        self.worlds, self.slot = worlds, 0
        count = self.owners.size
        self.region = self._mixes(drawn, eco, "region", REGIONS)  # owners, regions, worlds

        def stock(item: str) -> np.ndarray:
            return np.array(np.broadcast_to(drawn.stock(item)[self.owners], (count, worlds)))

        ages = [f"age_{age}q" for age in range(1, VINTAGES + 1)]
        vintage = self._mixes(drawn, eco, "vintage", ages)  # owners, ages, worlds
        # Slot of age a at quarter t: (t - a) mod VINTAGES; at the opening age_1q was bought a quarter ago and serves.
        order = [(1 - age) % VINTAGES for age in range(1, VINTAGES + 1)]
        cost, book, basis = stock("chips_cost_surviving"), stock("chips_book"), stock("chips_tax_basis")
        life = parameters.data("chip_life_quarters", 22.0)[self.owners]
        stated = eco.has("useful_life_servers")[self.owners, None]
        self.life = np.array(np.broadcast_to(np.where(stated, drawn.stock("useful_life_servers")[self.owners], life),
                                             (count, worlds)))  # fmt: skip
        ages_now = np.arange(VINTAGES)[None, :, None]
        young = vintage * np.maximum(
            self.life[:, None, :] - ages_now, 0.0
        )  # book follows cost and what is left of life
        tax_life = parameters.data("chip_tax_life_quarters", 20.0)[self.owners][:, None, :]
        taxed = vintage * np.maximum(tax_life - ages_now, 0.0)
        self.cost = np.zeros((count, len(REGIONS), VINTAGES, worlds))
        self.book = np.zeros_like(self.cost)
        self.basis = np.zeros((count, VINTAGES, worlds))
        share = part_of(young, total_over(young)[:, None, :])
        self.cost[:, :, order] = self.region[:, :, None, :] * (vintage * cost[:, None, :])[:, None]
        self.book[:, :, order] = self.region[:, :, None, :] * (share * book[:, None, :])[:, None]
        self.basis[:, order] = part_of(taxed, total_over(taxed)[:, None, :]) * basis[:, None, :]
        progress = np.broadcast_to(parameters.shared("hardware_progress_rate", 0.0) / 4.0, worlds)
        self.throughput = np.zeros((VINTAGES, worlds))
        for age, slot in enumerate(order):
            self.throughput[slot] = exp(-progress * (age + 1.0))

        self.power_per_cost = np.array(np.broadcast_to(parameters.shared("power_per_chip_value", 0.0), worlds))
        self.power = self.region * stock("power_energised")[:, None, :]
        self.waiting = np.zeros_like(self.power)  # GW of finished sites without a connection
        self.queue = np.stack(
            [self.region * stock(f"pipeline_q{each}")[:, None, :] for each in range(1, _DATED + 1)]
            + [np.zeros_like(self.power)] * (BUILD_SLOTS - _DATED)
        )  # quarters ahead, owners, regions, worlds
        self.idle = self.region * stock("chips_unenergised")[:, None, :]  # bought, in service from next quarter
        self.quota = np.array(np.broadcast_to(
            [drawn.stock(f"power_quota_{each}")[-1] for each in REGIONS], (len(REGIONS), worlds)))  # fmt: skip
        self.measure(parameters, worlds)

    def _mixes(self, drawn: Drawn, eco, prefix: str, items) -> np.ndarray:
        """Mix `prefix` of each owner, `(owners, items, worlds)`; an owner without one has all in the first item."""
        found = np.zeros((self.owners.size, len(items), self.worlds))
        for place, row in enumerate(self.owners):
            group = eco.mix_of(prefix, int(row))
            if group is None:
                found[place, 0] = 1.0
                continue
            for number, item in enumerate(items):
                found[place, number] = drawn.share_of(group, item, 0.0)
        return found

    def measure(self, parameters: Parameters, worlds: int) -> None:
        """What the fleet can do now: frontier, commodity and installed throughput, and power left over."""
        frontier = parameters.data("frontier_age_quarters", 8.0)[self.owners]
        self.frontier, self.commodity, self.installed, self.power_left = fleet_capacity(
            self.cost, self.power, self.throughput, self.power_per_cost,
            np.broadcast_to(frontier, (self.owners.size, worlds)), self.slot,
        )  # fmt: skip

    def share_power(self, works_for: np.ndarray, firms: int) -> None:
        """A giant and its vehicles run their machines wherever one of them has power; `works_for` (owners,) says for
        which of `firms` rows an owner's machines work."""
        several = np.flatnonzero(np.bincount(works_for, minlength=firms)[works_for] > 1)
        group = works_for[several]
        for region in range(len(REGIONS)):
            machines, power = total_over(self.cost[several, region]), self.power[several, region]
            whole, pool = (row_sums(each, group, firms)[group] for each in (machines, power))
            self.power[several, region] = np.where(whole > 0.0, pool * part_of(machines, whole), power)

    def staying(self, quarters: np.ndarray, failing: np.ndarray) -> np.ndarray:
        """Machines at cost that are neither broken nor scrapped after `quarters` (worlds,), `(owners, worlds)`.

        `failing` is the share that breaks in a quarter."""
        left = np.zeros_like(self.installed)
        for age in range(VINTAGES - int(quarters.min())):
            cost, stays = total_over(self.cost[:, :, (self.slot - age) % VINTAGES]), age + quarters < VINTAGES
            left += cost if stays.all() else np.where(stays, cost, 0.0)
        return left * exp(-quarters * failing)

    @property
    def building(self) -> np.ndarray:
        """Work on unfinished sites, USD bn `(owners, worlds)`."""
        return total_over(total_over_first(self.queue))

    def fork(self) -> Fleet:
        """The same machines, sites and power, with their own arrays."""
        twin = object.__new__(Fleet)
        twin.__dict__ = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.__dict__.items()
        }
        return twin


def total_over(values: np.ndarray) -> np.ndarray:
    """Sum over the second axis, in its order, of `(a, b, worlds)`."""
    result = values[:, 0].copy()
    for place in range(1, values.shape[1]):
        result += values[:, place]
    return result


def total_over_first(values: np.ndarray) -> np.ndarray:
    """Sum over the first axis, in its order."""
    result = values[0].copy()
    for each in values[1:]:
        result += each
    return result
