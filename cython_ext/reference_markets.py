"""The kernels of fleets and rationing in plain NumPy: the specification, and the tests' oracle.

Same names, arguments and arrays as in `_fleet.pyx` and `_ration.pyx`; nothing of the product falls back on it.
"""

from __future__ import annotations

import numpy as np


def capacity(cost, power, throughput, power_per_cost, frontier_age, newest, frontier, commodity, installed, left):
    """Newest machines run first, until the power of their region is used."""
    slots = cost.shape[2]
    frontier[:], commodity[:], installed[:], left[:] = 0.0, 0.0, 0.0, power
    for region in range(cost.shape[1]):
        for age_now in range(slots):
            slot = (newest - age_now) % slots
            machines = cost[:, region, slot]
            draw = machines * power_per_cost
            able = left[:, region].copy()
            with np.errstate(invalid="ignore", divide="ignore"):
                running = np.where(draw <= able, machines, machines * (able / draw))
            left[:, region] = np.where(draw <= able, able - draw, 0.0)
            installed += machines * throughput[slot]
            young = age_now <= frontier_age
            frontier += np.where(young, running * throughput[slot], 0.0)
            commodity += np.where(young, 0.0, running * throughput[slot])


def age(cost, book, basis, failure, life, tax_life, unit_value, margin, threshold, lost, newest,
        depreciation, impairment, by_demand, deduction):  # fmt: skip
    """One quarter of failures, straight-line depreciation, write-downs to value in use, and tax deductions."""
    slots = cost.shape[2]
    depreciation[:], impairment[:], by_demand[:], deduction[:] = 0.0, 0.0, 0.0, 0.0
    for age_now in range(slots):
        slot = (newest - age_now) % slots
        part = basis[:, slot] / np.maximum(tax_life - age_now, 1.0)
        basis[:, slot] -= part
        deduction += part
        for region in range(cost.shape[1]):
            cost[:, region, slot] *= 1.0 - failure
            part = book[:, region, slot] / np.maximum(life - age_now, 1.0)
            rest = book[:, region, slot] - part
            depreciation += part
            value = cost[:, region, slot] * unit_value[slot] * margin
            low = value < threshold * rest
            impairment += np.where(low, rest - value, 0.0)
            saved = np.where(value + value * lost < threshold * rest, value * lost, rest - value)
            by_demand += np.where(low, saved, 0.0)
            book[:, region, slot] = np.where(low, value, rest)


def fill_in_order(request, price, limit, granted):
    """Grant requests from the lowest price up until the limit is used."""
    for world in range(request.shape[1]):
        left = limit[world]
        for row in np.argsort(price[:, world], kind="stable"):
            granted[row, world] = max(0.0, min(request[row, world], left))
            left -= granted[row, world]


def share_out(order, weight, start, capacity, filled):
    """Fill orders in proportion to weight * order, none beyond itself: raise the level until capacity is used."""
    for seller in range(capacity.shape[0]):
        own = slice(start[seller], start[seller + 1])
        for world in range(capacity.shape[1]):
            wanted, pull, left = order[own, world], weight[own, world], capacity[seller, world]
            if wanted.sum() <= left:
                filled[own, world] = wanted
                continue
            full = np.zeros(wanted.size, bool)
            while True:
                open_orders = (pull * wanted)[~full].sum()
                level = (left - wanted[full].sum()) / open_orders if open_orders > 0.0 else 0.0
                more = ~full & (level * pull >= 1.0)
                if not more.any():
                    break
                full |= more
            filled[own, world] = np.where(full, wanted, level * pull * wanted)


def serve(frontier_demand, commodity_demand, frontier, commodity, frontier_part, commodity_part):
    """Stage by stage: frontier machines for frontier demand and for what commodity demand old machines cannot run."""
    for stage, (high, low) in enumerate(zip(frontier_demand, commodity_demand, strict=True)):
        old = np.minimum(low, commodity)
        wanted = high + (low - old)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(wanted <= frontier, 1.0, frontier / wanted)
            commodity_part[stage] = np.where(low > 0.0, (old + part * (low - old)) / low, 1.0)
        frontier_part[stage] = part
        commodity -= old
        frontier[:] = np.where(wanted <= frontier, frontier - wanted, 0.0)
