"""The opening of the peer: the same firms, balances, links and rules as a begun `EcosystemModel` of one world."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from abm import EcosystemModel
from abm.columns import COLUMNS
from abm.contracts import HORIZON
from abm.ecosystem.vocabulary import KINDS as KIND_NAMES
from abm.ecosystem.vocabulary import REGIONS
from abm.fleet import VINTAGES
from abm.trade import ENTERPRISE, FIRST_PARTY, LAB, OWN_PRODUCTS
from benchmarks.mesa_peer.city import City
from benchmarks.mesa_peer.firms import KINDS, Builder, Chipmaker, Firm, Lender
from benchmarks.mesa_peer.tape import Given, loan_key, terms_of
from benchmarks.mesa_peer.things import Backstop, ChipLink, ComputeLink, Lease, Promise, Site

GROUPS = {LAB: "lab", FIRST_PARTY: "first_party", ENTERPRISE: "enterprise", OWN_PRODUCTS: "own_products"}
MIX = {"lab": "labs", "first_party": "first_party", "enterprise": "enterprise", "own_products": "own_products"}
RULES = (
    "hardware_progress_rate", "demand_noise_persistence", "demand_noise", "end_demand_ceiling", "end_demand_growth",
    "take_or_pay_floor", "chip_share_of_capex", "revenue_per_capacity", "chip_failure_rate", "expensing_share",
    "power_per_chip_value", "build_quarters", "power_quota_growth", "impairment_threshold", "valuation_quarters",
    "valuation_discount_rate", "frontier_age_quarters", "second_tier_quality", "price_slack_limit",
    "price_excess_limit", "price_response", "confidence_dead_band", "confidence_noise_band", "confidence_loss",
    "confidence_recovery", "confidence_floor", "demand_expectation_speed", "contract_lead_quarters",
    "contract_term_quarters", "default_asset_recovery", "default_receipt_recovery", "frontier_share_labs",
    "frontier_share_first_party", "frontier_share_own_products", "frontier_share_enterprise",
)  # fmt: skip
ECONOMY = ("end_demand", "opening_demand", "expected_demand_growth", "confidence", "price", "trend_price",
           "throughput", "tightness")  # fmt: skip


def city_of(model: EcosystemModel, tape: list[Given], seed: int = 1) -> City:
    """The peer at the opening. `model` has one world, has begun, and has not taken a step; `tape` may be filled later.

    `seed` is that of the order in which agents act, which changes no number beyond rounding.
    """
    living, fleet, names = model.living, model.living.fleet, model.ecosystem.id
    rules = SimpleNamespace(**{name: _value(model, name, -1) for name in RULES})
    city = City(rules, {name: float(getattr(living.economy, name)[0]) for name in ECONOMY}, tape, seed)
    city.quota = {region: float(fleet.quota[place, 0]) for place, region in enumerate(REGIONS)}
    city.throughput_by_age = [float(fleet.throughput[(fleet.slot - age) % VINTAGES, 0]) for age in range(VINTAGES)]
    firms = [_firm(model, city, row) for row in range(len(names))]
    for number, row in enumerate(fleet.owners):
        _settle_in(model, firms, number, row)
    for number, row in enumerate(living.vehicle_rows):
        if number in living.first_vehicle:
            firms[living.sponsor_of[number]].vehicle = firms[row]
    _trade(model, city, firms)
    _claims(model, city, firms)
    city.open(dict(zip(names, firms, strict=True)))
    return city


def _value(model, name: str, row: int) -> float:
    """A parameter or a column of one firm; what the data leave blank is nothing."""
    values = model.parameters.of(name) if name in model.parameters else model.ledger.column(name)
    return float(np.nan_to_num(values[row, 0]))


def _firm(model, city: City, row: int) -> Firm:
    living, eco = model.living, model.ecosystem
    kind = KINDS[KIND_NAMES[eco.kind[row]]]
    opening = {name: _value(model, name, row) for name in kind.numbers if name in model.parameters or name in COLUMNS}
    for share in ("lab_share", "own_share", "enterprise_share"):
        opening[share] = float(getattr(living, share)[row, 0])
    opening["demand_before"] = float(living.demand_before[row, 0])
    if kind is Chipmaker:
        opening["chip_cost_share"] = float(living.chip_cost_share[row, 0])
    if kind is Lender:
        opening |= {"hands_back": row in living.funder_lenders, "own_cash": opening["cash"]}
    return kind(city, eco.id[row], opening)


def _settle_in(model, firms: list[Firm], number: int, row: int) -> None:
    """Sites and machines of one owner, and whom they serve."""
    fleet, owner = model.living.fleet, firms[row]
    assert isinstance(owner, Builder)
    firms[model.living.serves[number]].estates.append(owner)
    owner.life = float(fleet.life[number, 0])
    owner.frontier_age_quarters = _value(model, "frontier_age_quarters", row)
    slots = [(fleet.slot - age) % VINTAGES for age in range(VINTAGES)]
    for place, region in enumerate(REGIONS):
        share = float(fleet.region[number, place, 0])
        if share > 0.0:
            site = Site(
                owner.model, region, share, power=float(fleet.power[number, place, 0]),
                idle=float(fleet.idle[number, place, 0]), queue=fleet.queue[:, number, place, 0].tolist(),
                cost=fleet.cost[number, place, slots, 0].tolist(), book=fleet.book[number, place, slots, 0].tolist(),
            )  # fmt: skip
            site.run(owner.frontier_age_quarters)
            owner.sites.append(site)


def _trade(model, city: City, firms: list[Firm]) -> None:
    living, contracts, ledger = model.living, model.living.contracts, model.ledger
    links = living.compute
    for number, group in enumerate(links.group):
        name = GROUPS[int(group)]
        link = ComputeLink(
            firms[links.buyer[number]], firms[links.provider[number]], name, float(links.share[number, 0]),
            getattr(city.rules, f"frontier_share_{MIX[name]}"),
        )  # fmt: skip
        city.links.append(link)
        link.buyer.links.append(link)
    for number, link in enumerate(living.link_of_contract):
        dues, units = contracts.due[number, :, 0], contracts.units[number, :, 0]
        assert dues[0] == 0.0  # of the ring of HORIZON quarters
        mix = city.rules.frontier_share_labs if contracts.lab[number] else city.rules.frontier_share_first_party
        promise = Promise(
            firms[contracts.customer[number]], firms[contracts.provider[number]], mix,
            float(contracts.share[number, 0]),
            {quarter: float(dues[quarter]) for quarter in range(1, HORIZON) if dues[quarter]},
            {quarter: float(units[quarter]) for quarter in range(1, HORIZON) if dues[quarter]},
        )  # fmt: skip
        city.promises.append(promise)
        promise.customer.promises.append(promise)
        if isinstance(promise.provider, Builder):
            promise.provider.sold.append(promise)
        if link >= 0:
            city.links[link].promises.append(promise)
    chips = living.chips
    for number, (buyer, seller) in enumerate(zip(chips.buyer, chips.seller, strict=True)):
        known = chips.receivable[number]
        link = ChipLink(
            firms[buyer], firms[seller], float(chips.share[number, 0]), float(living.invoiced_part[number, 0]),
            float(ledger.amounts[known, 0]) if known >= 0 else 0.0,
        )  # fmt: skip
        city.chip_links.setdefault(link.seller, []).append(link)
        link.buyer.orders.append(link)
    for number, (lessee, lessor) in enumerate(zip(living.rent_lessee, living.rent_lessor, strict=True)):
        city.leases.append(Lease(firms[lessee], firms[lessor], living.rent_due[number, :, 0].tolist()))
    for number, by in enumerate(living.backstop_by):
        city.backstops.append(Backstop(
            firms[by], firms[living.backstop_of[number]], float(living.backstop_start[number]),
            float(living.backstop_end[number]), float(living.backstop_left[number, 0]),
            _value(model, "backstop_honoured", by),
        ))  # fmt: skip


def _claims(model, city: City, firms: list[Firm]) -> None:
    """Loans that there are or that were agreed; who owns a part of whom."""
    debts, stakes, by_name = model.living.debts, model.living.stakes, {each.name: each for each in firms}
    for number in np.flatnonzero(debts.old):
        holder, debtor, key = loan_key(model, number)
        city.claims.add_edge(
            by_name[holder], by_name[debtor], key, balance=float(model.ledger.amounts[debts.place[number], 0]),
            rate=float(debts.rate[number, 0]), principal=0.0, terms=terms_of(debts, number),
        )  # fmt: skip
    for holder, issuer, share in zip(stakes.holder, stakes.issuer, stakes.share[:, 0], strict=True):
        if share > 0.0:
            city.favourites.add((firms[holder], firms[issuer]))
