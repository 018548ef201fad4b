"""How a customer's spending reaches a supplier that owns part of it: directly, or through the clouds it buys from."""

from __future__ import annotations

import numpy as np

from abm.words import part_of
from cython_ext import row_sums


class RoundTrips:
    """Links between the parties of each stake, found once: who trades with whom never changes.

    `chips` and `compute` `(stakes,)` are the positions of the issuer's link to the holder, -1 where there is none;
    `stake`, `first`, `cloud`, `second` `(trips,)` the trips of a lab's money through a cloud to a chipmaker: the
    position of the stake, of the lab's compute link, the row of the cloud, the position of its chip link.
    """

    def __init__(self, living):
        stakes, compute, chips = living.stakes, living.compute, living.chips
        bought = _places(compute.buyer, compute.provider)
        ordered = _places(chips.buyer, chips.seller)
        pairs = list(zip(stakes.issuer.tolist(), stakes.holder.tolist(), strict=True))
        self.lab, self.maker = living.of("ai_lab")[stakes.issuer], living.of("chipmaker")[stakes.holder]
        self.chips = np.array([ordered.get(pair, -1) for pair in pairs], np.intp)
        self.compute = np.array([bought.get(pair, -1) for pair in pairs], np.intp)
        trips = [
            (stake, bought[customer, cloud], cloud, ordered[cloud, supplier])
            for cloud in living.spill_providers.tolist()
            for stake, (customer, supplier) in enumerate(pairs)
            if (customer, cloud) in bought and (cloud, supplier) in ordered
        ]
        self.stake, self.first, self.cloud, self.second = np.array(trips, np.int32).reshape(-1, 4).T

    def returns(self, model) -> np.ndarray:
        """Part of a customer's marginal spending that comes back to a supplier, by stake `(stakes, worlds)`.

        A cloud's chips come from the chipmaker directly; a lab's compute reaches a chipmaker through its clouds'
        purchases, and a hyperscaler directly.
        """
        living, ledger = model.living, model.ledger
        ordered = ledger.column("chip_part")[living.chips.buyer] * living.chips.share  # of capex
        bought = living.compute.share
        intensity = np.minimum(1.0, part_of(ledger.column("capex_budget"), ledger.column("compute_served")))
        through = row_sums(bought[self.first] * intensity[self.cloud] * ordered[self.second], self.stake, self.lab.size)
        return np.where(self.lab, np.where(self.maker, through, _at(bought, self.compute)), _at(ordered, self.chips))


def _places(buyer: np.ndarray, seller: np.ndarray) -> dict[tuple[int, int], int]:
    """The position of each pair's link; the last, where a pair has several."""
    return {pair: place for place, pair in enumerate(zip(buyer.tolist(), seller.tolist(), strict=True))}


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of `values` at `places`, zeros where a place is -1."""
    found = np.zeros((places.size, values.shape[1]))
    known = places >= 0
    found[known] = values[places[known]]
    return found
