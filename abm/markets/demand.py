"""End users spend; labs, owners of AI products and clouds for enterprises receive. See `docs/quarters.md`."""

from __future__ import annotations

import numpy as np

from cython_ext.markets import exp


def grow(model) -> None:
    """End users spend, and everybody's own needs of compute grow with what they spend."""
    living, economy = model.living, model.living.economy
    economy.set_demand(model.ask("spend", "rest_of_world")[model.ecosystem.rest_of_world])
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
