"""Who is alive, in breach, shut out of funding or failed, and the limits each was tested against."""

from __future__ import annotations

import copy

import numpy as np


class Health:
    """Arrays are `(firms, worlds)`.

    `failed`, `breached`, `withdrawn` are the flags of the quarter; `breached_before` those of the last; a firm that is
    not `alive` has been wound up for good. `reorganised_in` is the quarter of a firm's last reorganisation, 0 = never.
    """

    def __init__(self, firms: int, worlds: int):
        shape = firms, worlds
        self.alive = np.ones(shape, bool)
        self.any_dead = False
        self.failed, self.breached, self.withdrawn = (np.zeros(shape, bool) for _ in range(3))
        self.breached_before = np.zeros(shape, bool)
        self.reorganised_in = np.zeros(shape, np.int32)
        self.worth_tested = np.ones(shape, bool)  # for having no worth left
        self.redeemed = np.zeros(shape)  # USD bn that owners took out of a fund after losses, in the last quarter
        # Covenants and capital, known once the first quarter is planned.
        self.loan_limit = self.cover_limit = self.free_until = self.capital_ratio = None
        # Users of labs that were wound up, on their way to others: quarters ahead, labs, worlds.
        self.moving_users = np.zeros((0, *shape))

    def fork(self) -> Health:
        """The same, with its own arrays."""
        return copy.deepcopy(self)
