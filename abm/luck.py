"""Random draws. Luck is an input: a draw depends on (seed, stream, world, quarter) and on nothing else.

So world 17 is the same world in a run of 1, of 20 and of 20,000, whatever the blocks or workers, and
a scenario shares its luck with its baseline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from cython_ext.markets import standard_normal

_PER_STEP = 4  # doubles that one step of the counter yields


def uniforms(seed: int, stream: str, worlds: Iterable[int], count: int, quarter: int = 0) -> np.ndarray:
    """`count` uniform draws in [0, 1) for each of `worlds` (their numbers), float64 `(count, worlds)`.

    Counter-based (Philox 4x64, Salmon et al. 2011): seed and stream make the key; each world has its
    own stretch of the counter, each quarter its own high word. Consecutive worlds are drawn in one go.
    """
    digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
    key = np.frombuffer(digest[:16], np.uint64)
    steps = -(-count // _PER_STEP)
    numbers = np.fromiter(worlds, np.int64)
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
    parts = []
    for run in runs:
        if run.size:
            counter = np.array([int(run[0]) * steps, quarter, 0, 0], np.uint64)
            draws = np.random.Generator(np.random.Philox(key=key, counter=counter)).random(
                (run.size, steps * _PER_STEP)
            )
            parts.append(draws[:, :count])
    return np.concatenate(parts).T if parts else np.empty((count, 0))


def normals(seed: int, stream: str, worlds: Iterable[int], quarter: int) -> np.ndarray:
    """One standard normal draw for each of `worlds`, float64 `(worlds,)`."""
    first, second = uniforms(seed, stream, worlds, 2, quarter)
    return standard_normal(first, second)


def triangular(uniform: np.ndarray, low: np.ndarray, mode: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Turn uniform draws into triangular ones by inversion; all arguments broadcast; low <= mode <= high."""
    width = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        peak = np.where(width > 0.0, (mode - low) / width, 0.0)
        rising = low + np.sqrt(uniform * width * (mode - low))
        falling = high - np.sqrt((1.0 - uniform) * width * (high - mode))
    return np.where(width > 0.0, np.where(uniform < peak, rising, falling), mode)
