"""Sums over firms, claims or links, in one fixed order, for any number of worlds."""

def add_by_row(const double[:, ::1] values, const int[::1] rows, double[:, ::1] total):
    """Add `values[k]` to `total[rows[k]]` in the order of k: each world's sum has the same last bit
    whatever the number of worlds, which NumPy's pairwise sums do not promise. Returns the position of the
    first row outside `total`, where it stopped, or -1."""
    cdef Py_ssize_t k, w, worlds = total.shape[1], wrong = -1
    cdef int row
    with nogil:
        for k in range(values.shape[0]):
            row = rows[k]
            if row < 0 or row >= total.shape[0]:
                wrong = k
                break
            for w in range(worlds):
                total[row, w] += values[k, w]
    return wrong
