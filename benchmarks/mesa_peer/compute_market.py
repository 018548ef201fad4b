"""The market for compute: promises first, then own use, then what is free to choose; who is short goes elsewhere."""

from __future__ import annotations

from collections import defaultdict

from benchmarks.mesa_peer.firms import COMMITTED, PURCHASES

PROMISED, OWN, FREE = range(3)  # the order in which a provider serves


def clear(city) -> None:
    """Serve demand and plan the payments for it."""
    for link in city.links:
        link.wanted = 0.0
    for firm in city.agents:
        choose(firm)
    asked = demand_of(city)
    parts, left = {}, {}
    for provider in city.providers:
        parts[provider], left[provider] = serve(provider, asked[provider], city.price)
    unmet = defaultdict(lambda: [0.0, 0.0])  # by buyer: frontier, commodity
    for link in city.links:
        buy(city, link, parts[link.provider], unmet)
    for promise in city.promises:
        part = 1.0
        amount = promise.units_now * city.price
        if amount > 0.0:
            high, low = parts[promise.provider][PROMISED]
            part = promise.mix * high + (1.0 - promise.mix) * low
            promise.provider.compute_served += amount * part
        promise.provider.compute_sales += promise.due_now * part
        city.owe(promise.customer, promise.provider, promise.due_now * part, COMMITTED)
        promise.deliver(part)
    spill(city, unmet, left)
    for backstop in city.backstops:
        city.owe(backstop.by, backstop.of, call(city, backstop), COMMITTED)
    wanted = sum(each.compute_demand for each in city.providers)
    city.tightness_now = wanted / max(sum(each.compute_capacity for each in city.providers), 1e-12)


def choose(buyer) -> None:
    """What a firm still needs beyond its promises, where it has promised less than its share."""
    city = buyer.model
    promised = sum(each.units_now for each in buyer.promises) * city.price
    lacking = {}
    for link in buyer.links:
        if link.group in ("lab", "first_party"):
            covered = sum(each.units_now for each in link.promises) * city.price
            lacking[link] = max(0.0, link.share * buyer.compute_need - covered)
        elif link.group == "enterprise":
            link.wanted = link.provider.enterprise_share * city.end_demand
        else:
            link.wanted = buyer.compute_share_of_own_product_revenue * buyer.own_share * city.end_demand
    listed = sum(lacking.values())
    scale = min(1.0, max(0.0, buyer.compute_need - promised) / listed) if listed > 0.0 else 0.0
    for link, amount in lacking.items():
        link.wanted = amount * scale


def stages(city, link) -> tuple[tuple[int, float], ...]:
    """When a link's demand is served, and how much of it."""
    if link.buyer is link.provider:
        return ((OWN, link.wanted),)
    if link.group == "enterprise":
        promised = city.rules.take_or_pay_floor * link.wanted
        return ((PROMISED, promised), (FREE, link.wanted - promised))
    return ((FREE, link.wanted),)


def demand_of(city) -> dict:
    """Of each provider, by stage: demand for frontier machines and for any."""
    asked = {provider: [[0.0, 0.0] for _ in range(3)] for provider in city.providers}
    for provider in city.providers:
        provider.compute_demand = provider.compute_served = provider.compute_sales = 0.0
    for link in city.links:
        link.provider.compute_demand += link.wanted
        for stage, amount in stages(city, link):
            asked[link.provider][stage][0] += amount * link.mix
            asked[link.provider][stage][1] += amount * (1.0 - link.mix)
    for promise in city.promises:
        amount = promise.units_now * city.price
        promise.provider.compute_demand += amount
        asked[promise.provider][PROMISED][0] += amount * promise.mix
        asked[promise.provider][PROMISED][1] += amount * (1.0 - promise.mix)
    return asked


def serve(provider, asked: list[list[float]], price: float) -> tuple[list[tuple[float, float]], list[float]]:
    """Parts of each stage that are served, and what is left of frontier and old machines."""
    city = provider.model
    rate = city.rules.revenue_per_capacity / city.rules.chip_share_of_capex * price
    frontier = sum(site.frontier for owner in provider.estates for site in owner.sites) * rate
    quality = city.rules.second_tier_quality * rate
    old = sum(site.commodity for owner in provider.estates for site in owner.sites) * quality
    provider.compute_capacity = frontier + old
    parts = []
    for high, low in asked:
        on_old = min(low, old)
        wanted = high + (low - on_old)
        part = 1.0 if wanted <= frontier else frontier / wanted
        parts.append((part, (on_old + part * (low - on_old)) / low if low > 0.0 else 1.0))
        old -= on_old
        frontier = max(0.0, frontier - wanted)
    return parts, [frontier, old]


def buy(city, link, parts: list[tuple[float, float]], unmet: dict) -> None:
    """A link gets its part; the rest looks elsewhere, unless it was promised."""
    served = 0.0
    for stage, amount in stages(city, link):
        high, low = parts[stage]
        served += amount * (link.mix * high + (1.0 - link.mix) * low)
        if stage != PROMISED:
            unmet[link.buyer][0] += amount * link.mix * (1.0 - high)
            unmet[link.buyer][1] += amount * (1.0 - link.mix) * (1.0 - low)
    link.provider.compute_served += served
    if link.buyer is not link.provider:
        link.provider.compute_sales += served
        city.owe(link.buyer, link.provider, served, PURCHASES)


def spill(city, unmet: dict, left: dict) -> None:
    """Unmet demand goes to providers with slack, pro rata."""
    all_high, all_low = (sum(each[kind] for each in unmet.values()) for kind in (0, 1))
    top, old = (sum(each[kind] for each in left.values()) for kind in (0, 1))
    take_high, take_old = min(all_high, top), min(all_low, old)
    take_new = min(all_low - take_old, top - take_high)
    taken = take_high + take_old + take_new
    if taken <= 0.0:
        return
    shares = {
        provider: (part_of(rest[0], top) * (take_high + take_new) + part_of(rest[1], old) * take_old) / taken
        for provider, rest in left.items()
    }
    for buyer, (high, low) in unmet.items():
        bought = part_of(high, all_high) * take_high + part_of(low, all_low) * (take_old + take_new)
        if bought <= 0.0:
            continue
        for provider, share in shares.items():
            if share > 0.0:
                provider.compute_served += bought * share
                provider.compute_sales += bought * share
                city.owe(buyer, provider, bought * share, PURCHASES)


def call(city, backstop) -> float:
    """What a backstop pays for capacity that its cloud did not sell."""
    cloud = backstop.of
    if not backstop.start <= city.quarter <= backstop.end:
        return 0.0
    amount = min(max(0.0, cloud.compute_capacity - cloud.compute_served), backstop.left) * backstop.honoured
    backstop.left -= amount
    cloud.compute_sales += amount
    return amount


def part_of(amount: float, whole: float) -> float:
    return amount / whole if whole > 0.0 else 0.0
