"""What the loops over rows of worlds share."""


cdef inline bint is_empty(const double* values, Py_ssize_t count) noexcept nogil:
    """Whether all of a row is zero. Half of the rows of links, claims and vintages are, and to read one is cheaper
    than to add it: adding nothing to a sum that began at nothing changes no bit, whatever other worlds hold."""
    cdef Py_ssize_t w
    for w in range(count):
        if values[w] != 0.0:
            return False
    return True
