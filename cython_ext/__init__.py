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

__all__ = [
    "FLAGS", "GATES", "HARD", "PRIORITIES", "RANKS", "Problem", "Settled", "block_sums", "chosen_sums", "flow_sums",
    "row_sums", "settle", "total",
]  # fmt: skip


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


def chosen_sums(values: np.ndarray, places: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """`row_sums(values[places], rows, count)` without the copy: `places` (k,) are rows of `values`, `rows` (k,) where
    each goes. Raises `ValueError` for either out of range or of another length."""
    values = np.ascontiguousarray(values, np.float64)
    places, rows = np.ascontiguousarray(places, np.intp), np.ascontiguousarray(rows, np.int32)
    if values.ndim != 2 or rows.shape != places.shape:
        raise ValueError(f"expected values (m, worlds), places (k,) and rows (k,), found {values.shape}, "
                         f"{places.shape} and {rows.shape}")  # fmt: skip
    sums = np.zeros((count, values.shape[1]))
    if _sums.add_chosen(values, places, rows, sums) >= 0:
        raise ValueError(f"rows must lie in 0..{count - 1} and places in 0..{values.shape[0] - 1}")
    return sums


def flow_sums(values: np.ndarray, payer: np.ndarray, payee: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`row_sums` of `values` (k, W) by `payer` and by `payee` (k,) in one reading: paid and received, (count, W) each.

    Raises `ValueError` like `row_sums`.
    """
    values = np.ascontiguousarray(values, np.float64)
    payer, payee = np.ascontiguousarray(payer, np.int32), np.ascontiguousarray(payee, np.int32)
    if values.ndim != 2 or not payer.shape == payee.shape == values.shape[:1]:
        raise ValueError(f"expected values (k, worlds), payer (k,) and payee (k,), found {values.shape}, "
                         f"{payer.shape} and {payee.shape}")  # fmt: skip
    paid, received = np.zeros((count, values.shape[1])), np.zeros((count, values.shape[1]))
    if _sums.add_flows(values, payer, payee, paid, received) >= 0:
        raise ValueError(f"rows must lie in 0..{count - 1}")
    return paid, received


def block_sums(values: np.ndarray, blocks: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Sums by row of blocks of `values` (k, W), added up block by block: (count, W).

    `blocks` (b, 2) are the first row of each and the one behind its last, `rows` (k,) where each of `values` goes.
    Raises `ValueError` for a block or row out of range.
    """
    values, blocks = np.ascontiguousarray(values, np.float64), np.ascontiguousarray(blocks, np.int32)
    rows = np.ascontiguousarray(rows, np.int32)
    if values.ndim != 2 or blocks.ndim != 2 or rows.shape != values.shape[:1]:
        raise ValueError(f"expected values (k, worlds), blocks (b, 2) and rows (k,), found {values.shape}, "
                         f"{blocks.shape} and {rows.shape}")  # fmt: skip
    sums, room = np.zeros((count, values.shape[1])), np.empty((count, values.shape[1]))
    if _sums.add_by_block(values, blocks, rows, room, sums) >= 0:
        raise ValueError(f"rows must lie in 0..{count - 1} and blocks in 0..{values.shape[0]}")
    return sums


def total(values: np.ndarray) -> np.ndarray:
    """Sum `values` (k, W) over its rows into (W,), in the order of the rows whatever the number of worlds."""
    values = np.ascontiguousarray(values, np.float64)
    sums = np.zeros(values.shape[1])
    _sums.add_all(values, sums)
    return sums
