"""Sums over firms, claims or links, in one fixed order, for any number of worlds.

Every sum adds in the order of its input: each world's sum has the same last bit whatever the number of worlds, which
NumPy's pairwise sums do not promise. Functions that are given indices return the position of the first one out of range, where
they stopped, or -1.
"""

from cython_ext._rows cimport is_empty


def add_by_row(const double[:, ::1] values, const int[::1] rows, double[:, ::1] total):
    """Add `values[k]` to `total[rows[k]]` in the order of k."""
    cdef Py_ssize_t k, w, worlds = total.shape[1], wrong = -1
    cdef int row
    with nogil:
        for k in range(values.shape[0]):
            row = rows[k]
            if row < 0 or row >= total.shape[0]:
                wrong = k
                break
            if is_empty(&values[k, 0], worlds):
                continue
            for w in range(worlds):
                total[row, w] += values[k, w]
    return wrong


def add_all(const double[:, ::1] values, double[::1] total):
    """Add every `values[k]` to `total` in the order of k."""
    cdef Py_ssize_t k, w
    with nogil:
        for k in range(values.shape[0]):
            if is_empty(&values[k, 0], total.shape[0]):
                continue
            for w in range(total.shape[0]):
                total[w] += values[k, w]


def add_chosen(const double[:, ::1] values, const Py_ssize_t[::1] places, const int[::1] rows, double[:, ::1] total):
    """Add `values[places[k]]` to `total[rows[k]]` in the order of k."""
    cdef Py_ssize_t k, w, place, worlds = total.shape[1], wrong = -1
    cdef int row
    with nogil:
        for k in range(places.shape[0]):
            row, place = rows[k], places[k]
            if row < 0 or row >= total.shape[0] or place < 0 or place >= values.shape[0]:
                wrong = k
                break
            if is_empty(&values[place, 0], worlds):
                continue
            for w in range(worlds):
                total[row, w] += values[place, w]
    return wrong


def add_flows(
    const double[:, ::1] values, const int[::1] payer, const int[::1] payee,  # IN  link x world; link
    double[:, ::1] paid, double[:, ::1] received,                             # INOUT firm x world
):
    """Add `values[k]` to `paid[payer[k]]` and `received[payee[k]]` in the order of k, in one reading of `values`."""
    cdef Py_ssize_t k, w, worlds = paid.shape[1], wrong = -1
    cdef int giver, taker
    with nogil:
        for k in range(values.shape[0]):
            giver, taker = payer[k], payee[k]
            if giver < 0 or giver >= paid.shape[0] or taker < 0 or taker >= paid.shape[0]:
                wrong = k
                break
            if is_empty(&values[k, 0], worlds):
                continue
            for w in range(worlds):
                paid[giver, w] += values[k, w]
            for w in range(worlds):
                received[taker, w] += values[k, w]
    return wrong


def add_by_block(
    const double[:, ::1] values, const int[:, ::1] blocks, const int[::1] rows,  # IN link x world; first, end; link
    double[:, ::1] sums, double[:, ::1] total,                                   # room of total's size; INOUT
):
    """Add to `total` the sums by row of each block of links, one block after the other: what a block comes to is
    summed by itself first."""
    cdef Py_ssize_t b, k, w, n, worlds = total.shape[1], wrong = -1
    cdef int row
    with nogil:
        for b in range(blocks.shape[0]):
            if wrong >= 0 or blocks[b, 0] < 0 or blocks[b, 1] > values.shape[0]:
                wrong = max(wrong, blocks[b, 0], 0)
                break
            for n in range(total.shape[0]):
                for w in range(worlds):
                    sums[n, w] = 0.0
            for k in range(blocks[b, 0], blocks[b, 1]):
                row = rows[k]
                if row < 0 or row >= total.shape[0]:
                    wrong = k
                    break
                if is_empty(&values[k, 0], worlds):
                    continue
                for w in range(worlds):
                    sums[row, w] += values[k, w]
            for n in range(total.shape[0]):
                for w in range(worlds):
                    total[n, w] += sums[n, w]
    return wrong
