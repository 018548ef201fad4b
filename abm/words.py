"""The few words rules are written in, elementwise over firms and worlds."""

from __future__ import annotations

import numpy as np

at_most = np.minimum
at_least = np.maximum
when = np.where


def between(low, value, high):
    """`value`, but no less than `low` and no more than `high`."""
    return np.minimum(np.maximum(value, low), high)


def part_of(amount, whole):
    """amount / whole; zero where the whole is zero."""
    amount, whole = np.asarray(amount), np.asarray(whole)
    wide = amount.shape if amount.shape == whole.shape else np.broadcast_shapes(amount.shape, whole.shape)
    return np.divide(amount, whole, out=np.zeros(wide), where=whole != 0.0)
