"""The market for compute: promises first, then own use, then what is free to choose; who is short goes elsewhere.

"The equations" in `docs/quarters.md`. Amounts are USD bn per quarter at this quarter's price of compute.
"""

from __future__ import annotations

import numpy as np

from abm import margining
from abm.contracts import HORIZON
from abm.ecosystem.vocabulary import REGIONS
from abm.trade import ENTERPRISE, FIRST_PARTY, LAB, OWN_PRODUCTS
from abm.words import part_of
from cython_ext import row_sums, total
from cython_ext.markets import exp, serve

_FRONTIER = {LAB: "frontier_share_labs", FIRST_PARTY: "frontier_share_first_party",
             OWN_PRODUCTS: "frontier_share_own_products", ENTERPRISE: "frontier_share_enterprise"}  # fmt: skip
PROMISED, OWN, FREE = range(3)  # the order in which a provider serves


def fall_due(model) -> None:
    """What contracts demand this quarter, with a part of what was not delivered before."""
    living, contracts = model.living, model.living.contracts
    slot = living.economy.quarter % HORIZON
    catch_up = 1.0 / model.parameters.of("arrears_quarters")[contracts.customer]
    contracts.due_now = contracts.due[:, slot] + contracts.arrears * catch_up
    contracts.units_now = contracts.units[:, slot] + contracts.arrears_units * catch_up
    model.ledger.record("promised", row_sums(contracts.due_now, contracts.customer, len(model.ecosystem)))
    brought = row_sums(contracts.units_now, contracts.customer, len(model.ecosystem))
    model.ledger.record("promised_compute", brought * living.economy.price)


def clear(model) -> None:
    """Serve demand, plan payments, set the price, and let labs sign new promises."""
    living, ledger, contracts, links = model.living, model.ledger, model.living.contracts, model.living.compute
    n, price = len(model.ecosystem), living.economy.price
    need = _needs(model)
    promised = contracts.units_now * price
    wanted = _wanted(model, need, promised)

    frontier_share = np.stack([np.broadcast_to(model.parameters.system(_FRONTIER[each]), price.shape)
                               for each in sorted(_FRONTIER)])  # fmt: skip
    share = frontier_share[links.group]
    lab_contract = np.where(contracts.lab[:, None], frontier_share[LAB], frontier_share[FIRST_PARTY])
    theta = model.parameters.of("take_or_pay_floor")[-1]
    enterprise = (links.group == ENTERPRISE)[:, None]
    stage_of = np.where(links.buyer == links.provider, OWN, FREE)
    amounts = {PROMISED: np.where(enterprise, theta * wanted, 0.0)}
    for stage in (OWN, FREE):
        amounts[stage] = np.where((stage_of == stage)[:, None], wanted, 0.0) - (
            amounts[PROMISED] if stage == FREE else 0.0
        )
    high, low = np.zeros((3, n, price.size)), np.zeros((3, n, price.size))
    for stage, amount in amounts.items():
        high[stage] = row_sums(amount * share, links.provider, n)
        low[stage] = row_sums(amount * (1.0 - share), links.provider, n)
    high[PROMISED] += row_sums(promised * lab_contract, contracts.provider, n)
    low[PROMISED] += row_sums(promised * (1.0 - lab_contract), contracts.provider, n)

    owners = living.fleet.owners
    power = living.earning_power(model.parameters)
    quality = model.parameters.data("second_tier_quality", 1.0)[owners]
    top = row_sums(power * living.fleet.frontier, living.serves, n)
    old = row_sums(power * quality * living.fleet.commodity, living.serves, n)
    part_high, part_low, top_left, old_left = serve(high, low, top, old)

    def served(amount: np.ndarray, provider: np.ndarray, stage: int, mix: np.ndarray) -> np.ndarray:
        return amount * (mix * part_high[stage, provider] + (1.0 - mix) * part_low[stage, provider])

    delivered = sum(served(amounts[stage], links.provider, stage, share) for stage in amounts)
    contract_part = part_of(served(promised, contracts.provider, PROMISED, lab_contract), promised)
    contract_part = np.where(promised > 0.0, contract_part, 1.0)
    spill = _spill(model, amounts, share, part_high, part_low, top_left, old_left)
    _post(model, wanted, delivered, contract_part, spill, promised)
    margining.pay_bills(model)
    demand = row_sums(wanted, links.provider, n) + row_sums(promised, contracts.provider, n)
    sold_elsewhere = living.payments.received("spill")
    living.now.enterprise_served = row_sums(np.where(enterprise, delivered, 0.0), links.provider, n)
    _call_backstops(model, np.maximum(0.0, top + old - (
        row_sums(delivered, links.provider, n) + sold_elsewhere
        + row_sums(promised * contract_part, contracts.provider, n))))  # fmt: skip
    sales = living.payments.received("contracts", "margin_bills", "compute", "spill", "backstop")
    ledger.record("compute_demand", demand)
    ledger.record("compute_capacity", top + old)
    ledger.record("compute_served", row_sums(delivered, links.provider, n) + sold_elsewhere
                  + row_sums(promised * contract_part, contracts.provider, n))  # fmt: skip
    ledger.record("compute_sales", sales)
    bought = living.payments.paid("contracts", "compute", "spill", "backstop")
    ledger.record("compute_bought", bought + margining.used_by_customer(model))
    whole = total(demand)
    living.economy.unmet_demand = np.maximum(0.0, whole - total(ledger.column("compute_served")))
    living.tightness_now = whole / np.maximum(total(top + old), 1e-12)


def _call_backstops(model, unsold: np.ndarray) -> None:
    """Who promised to buy what a cloud does not sell pays for it, until the promise is used up or ends."""
    living, quarter = model.living, model.living.economy.quarter
    open_ = (living.backstop_start <= quarter) & (quarter <= living.backstop_end)
    honoured = model.parameters.of("backstop_honoured")[living.backstop_by]
    amount = np.minimum(unsold[living.backstop_of], living.backstop_left) * honoured * open_[:, None]
    living.backstop_left = living.backstop_left - amount
    living.payments["backstop"] = amount


def _needs(model) -> np.ndarray:
    """Compute that each buyer needs: labs for users and training, owners for themselves."""
    living, ledger, demand = model.living, model.ledger, model.living.economy.end_demand
    usage = model.parameters.data("compute_share_of_lab_revenue", 0.0) * living.lab_share * demand
    ledger.record("compute_need", usage + ledger.column("training_plan") + ledger.column("first_party_need"))
    return ledger.column("compute_need")


def _wanted(model, need: np.ndarray, promised: np.ndarray) -> np.ndarray:
    """Compute beyond promises, link by link: what the buyer still needs, where it has promised less than its share."""
    living, contracts, links = model.living, model.living.contracts, model.living.compute
    n, demand = need.shape[0], living.economy.end_demand
    known = living.link_of_contract >= 0
    covered = row_sums(promised[known], living.link_of_contract[known], links.buyer.size)
    share = links.share * need[links.buyer]
    open_need = np.maximum(0.0, share - covered)
    chooses = ((links.group == LAB) | (links.group == FIRST_PARTY))[:, None]
    left = np.maximum(0.0, need - row_sums(promised, contracts.customer, n))
    listed = row_sums(np.where(chooses, open_need, 0.0), links.buyer, n)
    scale = np.minimum(1.0, part_of(left, listed))
    own = model.parameters.data("compute_share_of_own_product_revenue", 0.0) * living.own_share * demand
    enterprise = _enterprise_shares(model) * demand
    return np.where(
        chooses, open_need * scale[links.buyer],
        np.where((links.group == ENTERPRISE)[:, None], enterprise[links.provider], own[links.provider]),
    )  # fmt: skip


def _enterprise_shares(model) -> np.ndarray:
    """Share of end users' spending that enterprises spend at each cloud, `(firms, worlds)`. What they need in Europe is
    taken to follow clouds' sites; a preference moves a part of it from others to clouds that are at home there."""
    living, eco = model.living, model.ecosystem
    share, preference = living.enterprise_share, model.parameters.system("european_preference")
    if not preference.any():
        return share
    in_europe = np.zeros_like(share)
    in_europe[living.fleet.owners] = living.fleet.region[:, REGIONS.index("EU")]
    home = np.array([each == "EU" for each in eco.region])[:, None]
    there = total(np.where(home, share, 0.0))
    moved = np.where(home | (there <= 0.0), 0.0, preference * in_europe * share)
    return share - moved + np.where(home, part_of(share, there) * total(moved), 0.0)


def _spill(model, amounts, share, part_high, part_low, top_left, old_left) -> np.ndarray:
    """Unmet demand of the later stages goes to providers with slack, pro rata: USD bn (buyers x providers, worlds)."""
    links, n = model.living.compute, len(model.ecosystem)
    unmet_high = sum(amounts[s] * share * (1.0 - part_high[s, links.provider]) for s in (OWN, FREE))
    unmet_low = sum(amounts[s] * (1.0 - share) * (1.0 - part_low[s, links.provider]) for s in (OWN, FREE))
    high, low = row_sums(unmet_high, links.buyer, n), row_sums(unmet_low, links.buyer, n)
    all_high, all_low, top, old = total(high), total(low), total(top_left), total(old_left)
    take_high = np.minimum(all_high, top)
    take_old = np.minimum(all_low, old)
    take_new = np.minimum(all_low - take_old, top - take_high)
    bought = part_of(high, all_high) * take_high + part_of(low, all_low) * (take_old + take_new)
    sold = part_of(top_left, top) * (take_high + take_new) + part_of(old_left, old) * take_old
    buyers, providers = model.living.spill_buyers, model.living.spill_providers
    shares = part_of(sold, total(sold))
    return (bought[buyers][:, None] * shares[providers][None]).reshape(-1, high.shape[1])


def _post(model, wanted, delivered, contract_part, spill, promised) -> None:
    """Plan the payments; dollars and units that were not delivered wait as arrears."""
    living, contracts, links, payments = (
        model.living,
        model.living.contracts,
        model.living.compute,
        model.living.payments,
    )
    slot = living.economy.quarter % HORIZON
    payments["contracts"] = contracts.due_now * contract_part
    outside = links.buyer != links.provider
    payments["compute"] = delivered[outside]
    payments["spill"] = spill
    catch_up = 1.0 / model.parameters.of("arrears_quarters")[contracts.customer]
    missed = 1.0 - contract_part
    contracts.arrears = contracts.arrears * (1.0 - catch_up) + contracts.due_now * missed
    contracts.arrears_units = contracts.arrears_units * (1.0 - catch_up) + contracts.units_now * missed
    contracts.due[:, slot], contracts.units[:, slot] = 0.0, 0.0
    contracts.recognised = contracts.due_now * contract_part


def sign(model) -> None:
    """Labs promise, some quarters ahead, a floor under the plan they expect by then; enterprises promise anew."""
    living, contracts, economy = model.living, model.living.contracts, model.living.economy
    of, width = model.parameters.of, economy.price.size
    trust = 1.0 - of("confidence_weight_in_plans") * (1.0 - economy.confidence)
    plan = np.maximum(model.ledger.column("compute_need"), model.ledger.column("promised"))
    customer, share = contracts.customer, contracts.share
    lock = np.broadcast_to(of("price_lock"), plan.shape)[customer]
    contracts.signed = np.zeros_like(contracts.arrears)
    contracts.cancelled = np.zeros_like(contracts.arrears)
    growing = of("promised_growth_weight") * model.ledger.column("growth_expectation")
    for lead, term, worlds in _dates(model, width):
        growth = exp(lead * growing[:, worlds])
        floor = np.broadcast_to(of("take_or_pay_floor") * trust, plan.shape)[:, worlds] * plan[:, worlds] * growth
        slots = [(economy.quarter + lead + later) % HORIZON for later in range(term)]
        ahead = row_sums(contracts.due[:, slots[0]][:, worlds], contracts.customer, plan.shape[0])
        volume = np.maximum(0.0, floor - ahead)[customer] * share[:, worlds]
        cheaper = exp((1.0 - lock[:, worlds]) * np.broadcast_to(economy.progress, width)[worlds] * lead)
        units = volume * cheaper / economy.price[worlds]
        for slot in slots:
            contracts.due[:, slot, worlds] += volume
            contracts.units[:, slot, worlds] += units
        contracts.signed[:, worlds] = volume * term
    # Enterprises promise anew what they will use, at today's growth, as far ahead as labs sign.
    lead = model.parameters.system("contract_lead_quarters")
    backlog = living.enterprise_backlog
    used = np.minimum(backlog, of("take_or_pay_floor")[-1] * living.now.enterprise_served)
    fresh = used * exp(lead * economy.demand_growth) * trust
    living.enterprise_backlog = backlog - used + fresh


def _dates(model, width: int):
    """Lead, term, and the worlds that sign so: worlds may differ, and none may look at another."""
    lead = np.broadcast_to(model.parameters.system("contract_lead_quarters"), width).astype(int)
    term = np.broadcast_to(model.parameters.system("contract_term_quarters"), width).astype(int)
    if (lead == lead[0]).all() and (term == term[0]).all():
        yield int(lead[0]), int(term[0]), slice(None)
        return
    for pair in np.unique(np.stack([lead, term]), axis=1).T.tolist():
        yield *pair, np.flatnonzero((lead == pair[0]) & (term == pair[1]))
