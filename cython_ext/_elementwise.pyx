"""exp and log, one element at a time through the C library.

NumPy chooses among implementations by processor and array length; these give each number the same
last bit whatever stands beside it.
"""

from libc.math cimport cos as c_cos, exp as c_exp, log as c_log, sqrt as c_sqrt

cdef double TURN = 6.283185307179586


def exp_into(const double[::1] values, double[::1] result):
    """result[k] = exp(values[k])."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(values.shape[0]):
            result[k] = c_exp(values[k])


def log_into(const double[::1] values, double[::1] result):
    """result[k] = log(values[k])."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(values.shape[0]):
            result[k] = c_log(values[k])


def normal_into(const double[::1] first, const double[::1] second, double[::1] result):
    """Standard normal draws from two uniform ones in [0, 1) each (Box & Muller 1958)."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(first.shape[0]):
            result[k] = c_sqrt(-2.0 * c_log(1.0 - first[k])) * c_cos(TURN * second[k])
