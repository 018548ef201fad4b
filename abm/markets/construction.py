"""Sites: work in a queue, connection to power by a quota per region, chips that wait for a place.

"The quarter" in `docs/quarters.md`.
"""

from __future__ import annotations

import numpy as np

from abm.ecosystem.vocabulary import REGIONS
from abm.fleet import VINTAGES, total_over
from abm.markets.chips import building_budgets
from abm.words import part_of
from cython_ext import row_sums, total
from cython_ext.markets import exp


def order(model) -> None:
    """Plan what is spent on new sites."""
    spent = (1.0 - model.ledger.column("chip_part")) * building_budgets(model)
    builds = np.zeros(spent.shape[0], bool)
    builds[model.living.fleet.owners] = True
    spent[~builds] = 0.0
    model.living.payments["building"] = spent


def build(model) -> None:
    """Start the sites that were paid for, finish old ones, connect what the quota allows, put last quarter's chips in
    service."""
    living, ledger, parameters, fleet = model.living, model.ledger, model.parameters, model.living.fleet
    owners, quarter = fleet.owners, living.economy.quarter
    chip_share = parameters.shared("chip_share_of_capex", 1.0)
    spent = living.payments["building"].copy()
    ledger.record("shells_started", spent)
    ledger.record("capex", spent + ledger.column("chips_delivered"))

    finished = fleet.queue[0]
    fleet.queue = np.concatenate([fleet.queue[1:], np.zeros_like(finished)[None]])
    lasts = np.broadcast_to(parameters.shared("build_quarters", 6.0), spent.shape[1:]).round().astype(int)
    started = _regions(model) * spent[owners][:, None]
    for quarters in np.unique(lasts):
        fleet.queue[quarters - 1] += np.where(lasts == quarters, started, 0.0)
    per_site = fleet.power_per_cost * chip_share / (1.0 - chip_share)
    fleet.waiting = fleet.waiting + finished * per_site
    for region in range(len(REGIONS)):
        asked = total(fleet.waiting[:, region])
        part = np.minimum(1.0, part_of(fleet.quota[region] * living.quota_kept[region], asked))
        connected = fleet.waiting[:, region] * part
        fleet.power[:, region] += connected
        fleet.waiting[:, region] -= connected
    fleet.quota = fleet.quota * (1.0 + parameters.system("power_quota_growth"))
    done = np.zeros_like(spent)
    done[owners] = total_over(finished)
    ledger.record("shells_completed", done)

    # Chips bought a quarter ago enter service; those bought now wait where there is free power.
    slot = quarter % VINTAGES
    living.now.scrapped = total_over(fleet.book[:, :, slot])
    fleet.cost[:, :, slot], fleet.book[:, :, slot] = fleet.idle, fleet.idle
    scrapped_basis = fleet.basis[:, slot].copy()  # of machines bought old
    fleet.basis[:, slot] = living.now.new_basis + scrapped_basis
    fleet.throughput[slot] = living.economy.throughput * exp(-living.economy.progress)
    living.now.placed = total_over(fleet.idle)
    fleet.slot = slot
    fleet.share_power(living.serves, spent.shape[0])
    bought = row_sums(living.now.delivered, living.chips.buyer, spent.shape[0])[owners]
    coming = fleet.power_left + fleet.power_per_cost * 1e-9 * fleet.region
    fleet.idle = part_of(coming, total_over(coming)[:, None]) * bought[:, None]


def _regions(model) -> np.ndarray:
    """Where new sites go: the firm's own mix, tilted to the region that is subsidised."""
    fleet = model.living.fleet
    tilt = np.ones_like(fleet.region)
    tilt[:, REGIONS.index("EU")] = exp(
        model.parameters.of("subsidy_response")[fleet.owners] * model.living.now.subsidy_rate
    )
    weight = fleet.region * tilt
    return part_of(weight, total_over(weight)[:, None])
