"""Compiled kernels: arrays in, arrays out. They know no economics and import nothing of the model."""

from __future__ import annotations

import numpy as np

from cython_ext.problem import FLAGS, GATES, HARD, PRIORITIES, RANKS, Problem, Settled

try:
    from cython_ext import _settle, _sums
except ImportError as missing:
    raise ImportError(
        f"the compiled kernels of cloudcity cannot be loaded ({missing}). In a source tree, build them with: "
        "python -m pip install -e .   (or: python setup.py build_ext --inplace)"
    ) from missing

__all__ = ["FLAGS", "GATES", "HARD", "PRIORITIES", "RANKS", "Problem", "Settled", "row_sums", "settle", "total"]


def settle(
    problem: Problem, state: Settled | None = None, *, max_sweeps: int | None = None, threads: int = 1
) -> Settled:
    """Run the contagion loop in every world until no firm is pushed over another edge.

    One sweep: (1) the price at which forced sellers' machines change hands; (2) the greatest vector of
    payments in five priorities, with recoveries alpha and beta in default (Eisenberg & Noe 2001;
    Rogers & Veraart 2013; layers as in Elsinger 2009); (3) the greatest equity values and recoveries
    under cross-holdings (Suzuki 2002; Elsinger 2009): an estate pays new money first, then the dues of
    the horizon that it missed, by priority, then its secured, unsecured and preferred claims, then its
    owners; (4) new flags: default, covenant breach, funding withdrawn.

    Dues come before balances so that money which arrives late goes where it would have gone in time.
    With that, each of the four maps is monotone: more flags or less money never raise a payment, a
    price, a value, a recovery, or what a creditor takes in all. Flags only rise, so the loop ends in the least
    closed set of flags after at most 3 n + 1 sweeps, whatever the order of firms and links.

    `state` continues an earlier call, whose arrays are changed in place; without it the loop starts
    from "all paid". `max_sweeps` stops earlier (`converged` then stays 0). Worlds are independent and
    are spread over `threads`, so results are the same to the last bit for any number of threads.

    Raises `ArithmeticError` if an inner iteration does not settle, `ValueError` for threads < 1 and for a
    `state` of another size.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, found {threads}")
    state = Settled.untouched(problem.firms, problem.worlds) if state is None else state
    state.check_size(problem.firms, problem.worlds)
    limit = 3 * problem.firms + 1 if max_sweeps is None else max_sweeps
    if problem.firms and problem.worlds:
        _settle.settle(problem, state, limit, min(threads, problem.worlds))
    if (state.converged < 0).any():
        worlds = np.flatnonzero(state.converged < 0)
        raise ArithmeticError(f"payments or values did not converge in {worlds.size} worlds, first {worlds[0]}")
    return state


def row_sums(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Sum `values` (k, W) by `rows` (k,) into (count, W), in the order of k whatever the number of worlds.

    Raises `ValueError` for rows outside 0..count-1 or shapes that do not fit.
    """
    values = np.ascontiguousarray(values, np.float64)
    rows = np.ascontiguousarray(rows, np.int32)
    if values.ndim != 2 or rows.shape != values.shape[:1]:
        raise ValueError(f"expected values (k, worlds) and rows (k,), found {values.shape} and {rows.shape}")
    total = np.zeros((count, values.shape[1]))
    if _sums.add_by_row(values, rows, total) >= 0:
        raise ValueError(f"rows must lie in 0..{count - 1}, found {rows.min()}..{rows.max()}")
    return total


def total(values: np.ndarray) -> np.ndarray:
    """Sum `values` (k, W) over its rows into (W,), in the order of the rows whatever the number of worlds."""
    return row_sums(values, np.zeros(values.shape[0], np.int32), 1)[0]
