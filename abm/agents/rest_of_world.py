"""End users, outside investors, energy and deposits; always pays."""

from __future__ import annotations

from abm.agents.firm import Firm
from abm.words import at_least
from cython_ext.markets import exp, log

_LEAST = 1e-9  # USD bn; growth is taken in logs


class RestOfWorld(Firm):
    """End users, outside investors, energy and deposits; always pays."""

    kind = "rest_of_world"

    def spend(self):
        """What end users pay for AI: the trend, the luck of the world, a shock, and the price of compute."""
        economy = self.model.living.economy
        dearness = log(economy.price / economy.trend_price)
        answer = exp(economy.noise + (1.0 - self.demand_price_elasticity) * dearness)
        return at_least(_LEAST, economy.trend_demand() * answer * (1.0 - economy.shortfall))
