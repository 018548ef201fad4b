"""Fleets, rationing and elementwise functions: the checked doors to the compiled loops.

Arrays are float64 with worlds last. What a kernel returns is new unless its docstring says that it changes an
argument. All of them give each world the same bits, whatever other worlds stand beside it.
"""

from __future__ import annotations

import numpy as np

from cython_ext import _elementwise, _fleet, _ration


def exp(values: np.ndarray) -> np.ndarray:
    """e to the power of each value, any shape."""
    return _through(_elementwise.exp_into, values)


def log(values: np.ndarray) -> np.ndarray:
    """Natural logarithm of each value, any shape; values must be positive."""
    return _through(_elementwise.log_into, values)


def standard_normal(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One standard normal draw from each pair of uniform draws in [0, 1), any shape (Box & Muller 1958)."""
    first, second = np.ascontiguousarray(first, np.float64), np.ascontiguousarray(second, np.float64)
    result = np.empty_like(first)
    _elementwise.normal_into(first.reshape(-1), second.reshape(-1), result.reshape(-1))
    return result


def _through(function, values: np.ndarray) -> np.ndarray:
    values = np.ascontiguousarray(values, np.float64)
    result = np.empty_like(values)
    function(values.reshape(-1), result.reshape(-1))
    return result


def fleet_capacity(
    cost: np.ndarray, power: np.ndarray, throughput: np.ndarray, power_per_cost: np.ndarray,
    frontier_age: np.ndarray, newest: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Throughput of fleets whose newest machines run first until the power of a region is used.

    `cost` (owners, regions, vintages, worlds) at cost; `power` (owners, regions, worlds);
    `throughput` per cost (vintages, worlds); `power_per_cost` (worlds,); machines up to `frontier_age`
    (owners, worlds) quarters old are frontier; vintage of age a in slot (newest - a) % vintages.
    Returns frontier, commodity and installed throughput, each (owners, worlds), and power left over.
    """
    owners, regions, slots, worlds = cost.shape
    _same("power", power, (owners, regions, worlds))
    _same("throughput", throughput, (slots, worlds))
    frontier, commodity, installed = (np.empty((owners, worlds)) for _ in range(3))
    left = np.empty((owners, regions, worlds))
    _fleet.capacity(cost, power, throughput, _wide(power_per_cost, (worlds,)), _wide(frontier_age, (owners, worlds)),
                    newest, frontier, commodity, installed, left)  # fmt: skip
    return frontier, commodity, installed, left


def age_fleet(
    cost: np.ndarray, book: np.ndarray, basis: np.ndarray, *, failure: np.ndarray, life: np.ndarray,
    tax_life: np.ndarray, unit_value: np.ndarray, margin: np.ndarray, threshold: np.ndarray, lost: np.ndarray,
    newest: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """One quarter of a fleet; changes `cost`, `book` (owners, regions, vintages, worlds) and the tax value
    `basis` (owners, vintages, worlds) in place.

    `failure` is the share of machines that fail, `life` the book life in quarters, `margin` what of a
    machine's value in use its owner keeps, each (owners, worlds); `tax_life`, `threshold` (worlds,);
    `unit_value` (vintages, worlds) per cost; `lost` (worlds,), not below 0, is what weak demand took from value in
    use, as a part of what is left. A book above value in use, by more than the threshold allows, is written down to
    it. Returns depreciation, impairment, the part of it that is due to demand, tax deduction, each (owners, worlds).
    """
    owners, _, slots, worlds = cost.shape
    _same("book", book, cost.shape)
    _same("basis", basis, (owners, slots, worlds))
    _same("unit_value", unit_value, (slots, worlds))
    parts = tuple(np.empty((owners, worlds)) for _ in range(4))
    wide = (owners, worlds)
    _fleet.age(cost, book, basis, _wide(failure, wide), _wide(life, wide), _wide(tax_life, (worlds,)), unit_value,
               _wide(margin, wide), _wide(threshold, (worlds,)), _wide(lost, (worlds,)), newest, *parts)  # fmt: skip
    return parts


def fill_in_order(request: np.ndarray, price: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Grant `request` (k, worlds) from the lowest `price` (k, worlds) up until `limit` (worlds,) is used.

    Ties go to the lower row. Returns what is granted, (k, worlds).
    """
    _same("price", price, request.shape)
    granted = np.empty(request.shape)
    _ration.fill_in_order(_wide(request, request.shape), _wide(price, request.shape),
                          _wide(limit, request.shape[1:]), granted)  # fmt: skip
    return granted


def share_out(order: np.ndarray, weight: np.ndarray, seller: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Fill `order` (m, worlds) of sellers with `capacity` (n, worlds) in proportion to `weight` * order.

    `seller` (m,) must not decrease; `weight` (m, worlds) is positive. No order is filled beyond itself,
    what that leaves goes to the others. Returns what is delivered, (m, worlds).
    """
    seller = np.asarray(seller)
    if (np.diff(seller) < 0).any():
        raise ValueError("orders must stand in the order of their sellers")
    _same("weight", weight, order.shape)
    start = np.searchsorted(seller, np.arange(capacity.shape[0] + 1)).astype(np.int32)
    filled = np.empty(order.shape)
    _ration.share_out(_wide(order, order.shape), _wide(weight, order.shape), start, np.ascontiguousarray(capacity),
                      filled)  # fmt: skip
    return filled


def serve(
    frontier_demand: np.ndarray, commodity_demand: np.ndarray, frontier: np.ndarray, commodity: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Serve demand (stages, providers, worlds) from two tiers of capacity (providers, worlds), stage by stage.

    Frontier demand runs on frontier machines only; commodity demand on old machines first, then pro rata
    beside frontier demand on frontier machines. Returns the parts served of either demand (1 where
    there is none), and the frontier and commodity capacity that is left.
    """
    _same("commodity_demand", commodity_demand, frontier_demand.shape)
    left = tuple(np.array(each, np.float64, order="C") for each in (frontier, commodity))
    parts = tuple(np.empty(frontier_demand.shape) for _ in range(2))
    _ration.serve(np.ascontiguousarray(frontier_demand), np.ascontiguousarray(commodity_demand), *left, *parts)
    return *parts, *left


def _wide(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.ascontiguousarray(np.broadcast_to(values, shape), np.float64)


def _same(name: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if values.shape != tuple(shape):
        raise ValueError(f"{name} has shape {values.shape}, expected {tuple(shape)}")
