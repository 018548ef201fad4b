"""End users spend; labs, owners of AI products and clouds for enterprises receive. Section 3.1 of `docs/model.md`."""

from __future__ import annotations

import numpy as np

from cython_ext.markets import exp, log


def grow(model) -> None:
    """Spending follows its path, the noise of the world, a shock, and the price of compute."""
    living, economy = model.living, model.living.economy
    elasticity = economy._of("demand_price_elasticity")
    dearness = log(economy.price / economy.trend_price)
    spending = economy.trend_demand() * exp(economy.noise + (1.0 - elasticity) * dearness) * (1.0 - economy.shortfall)
    economy.set_demand(np.maximum(spending, 1e-9))
    labs, own = living.lab_share * economy.end_demand, living.own_share * economy.end_demand
    model.ledger.record("user_revenue", labs + own)
    living.payments["users"] = labs + own
    response, floor = model.parameters.of("need_growth_response"), model.parameters.of("need_growth_floor")
    wish = np.maximum(response * economy.demand_growth, floor)
    for column, limit in (
        ("wanted_training", "training_growth_limit"), ("first_party_need", "first_party_growth_limit")
    ):  # fmt: skip
        growth = exp(np.minimum(wish, model.parameters.of(limit)))
        model.ledger.record(column, model.ledger.column(column) * growth)
