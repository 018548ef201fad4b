"""`DatedShock`: what strikes whom, how hard, from which quarter on, for how long."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from abm.scenario.place import Place


@dataclass(frozen=True)
class DatedShock:
    """`what` (a name of `kinds.KINDS`) happens to `who` from quarter `at` (1 = first simulated quarter).

    `size` is a number, or one per world; its meaning and limits stand with the kind. `quarters` is how long it lasts
    (None = for good), `shape` how it comes and goes (`kinds.SHAPES`). `who` "" stands for all that can be struck.
    A shock on a `parameter` sets it to `size`, or multiplies it by `factor`.
    """

    what: str
    at: int
    size: float | np.ndarray | None = None
    who: str = ""
    quarters: int | None = None
    shape: str = "step"
    parameter: str = ""
    factor: float | np.ndarray | None = None
    place: Place = field(default_factory=Place, compare=False, repr=False)

    def level(self, quarter: int) -> float:
        """Part of its size that is in force in `quarter`, 0 to 1."""
        since = quarter - self.at
        if since < 0:
            return 0.0
        if self.shape == "ramp":
            return min(1.0, (since + 1) / self.quarters)
        if self.shape == "pulse":
            return max(0.0, 1.0 - since / self.quarters)
        return 1.0 if self.quarters is None or since < self.quarters else 0.0

    def now(self, quarter: int) -> float | np.ndarray:
        """Its size in `quarter`: none before it comes and after it has gone."""
        return self.size * self.level(quarter)

    def fault(self, key: str, found: str, expected: str, nearest: str | None = None):
        """A fault of this shock at one of its keys."""
        return self.place.fault(key, found, expected, nearest)
