"""Who buys chips from whom: last quarter's purchases, split over vendors, and what is still unpaid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.drawn import Drawn
from abm.parameters import Parameters
from cython_ext import row_sums


@dataclass(frozen=True)
class Supply:
    """Purchases of plant per quarter, USD bn, and the invoices still open at the opening.

    `chips`, `shells` (firms, 1 or worlds) by buyer; `buyer`, `seller` (k,) and `amount`, `unpaid`
    (k, 1 or worlds) by pair. What a chipmaker is owed is spread over its buyers by their purchases.
    """

    chips: np.ndarray
    shells: np.ndarray
    buyer: np.ndarray
    seller: np.ndarray
    amount: np.ndarray
    unpaid: np.ndarray


def chip_supply(drawn: Drawn, parameters: Parameters) -> Supply:
    """Read the supply network off the opening data; buyers without a chips mix buy from the rest of the world."""
    eco = drawn.ecosystem
    capex = drawn.stock("ai_capex")
    share = parameters.data("chip_share_of_capex", 0.0)
    bought = np.where(eco.has("chips_unenergised")[:, None], drawn.stock("chips_unenergised"), capex * share)
    chips = np.minimum(bought, capex)
    width = max(drawn.width, parameters.width)
    buyers, sellers, amounts = [], [], []
    for buyer in np.flatnonzero((chips > 0.0).any(axis=1)):
        group = eco.mix_of("chips", buyer)
        shares = None if group is None else drawn.shares(group)
        chosen = [eco.rest_of_world] if shares is None else np.flatnonzero((shares > 0.0).any(axis=1))
        for seller in chosen:
            buyers.append(buyer)
            sellers.append(seller)
            amounts.append(np.broadcast_to(chips[buyer] * (1.0 if shares is None else shares[seller]), width))
    buyer, seller = np.array(buyers, np.int32), np.array(sellers, np.int32)
    amount = np.array(amounts).reshape(buyer.size, width)
    sold = row_sums(amount, seller, len(eco))[seller]
    weight = np.divide(amount, sold, out=np.zeros_like(amount), where=sold > 0.0)
    return Supply(chips, capex - chips, buyer, seller, amount, drawn.stock("trade_receivable")[seller] * weight)
