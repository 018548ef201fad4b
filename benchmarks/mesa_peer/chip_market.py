"""Chips: orders, shipments where capacity is short, invoices."""

from __future__ import annotations

from benchmarks.mesa_peer.firms import COMMITTED, INVESTMENT, OPERATING


def pay_invoices(city) -> None:
    for links in city.chip_links.values():
        for link in links:
            city.owe(link.buyer, link.seller, link.invoice, COMMITTED)


def clear(city) -> None:
    """Builders order for their budgets; chipmakers ship what they can, more to those they own parts of."""
    for seller, links in city.chip_links.items():
        for link in links:
            link.wanted = link.buyer.chip_part * link.buyer.budget * link.share + link.late
        orders = sum(link.wanted for link in links)
        limited = seller is not city.outside
        if limited and orders > seller.chip_capacity:
            ration(city, seller, links)
        else:
            for link in links:
                link.delivered = link.wanted
        for link in links:
            missing = link.wanted - link.delivered
            shrinking = link.buyer.capex_plan < link.buyer.capex_before
            link.late = missing * (1.0 - link.buyer.cancellable_order_share) if shrinking else missing
            city.owe(link.buyer, seller, link.delivered * (1.0 - link.on_account), INVESTMENT)
        if limited:
            seller.chip_sales = sum(link.delivered for link in links)
            seller.next_capacity = seller.plan_capacity(orders)
            city.owe(seller, city.outside, seller.chip_sales * seller.chip_cost_share, OPERATING)


def ration(city, seller, links: list) -> None:
    """Fill orders in proportion to weight and size, none beyond itself: raise the level until capacity is used."""
    pull = {link: 1.0 + seller.favoured_customer_weight * ((seller, link.buyer) in city.favourites) for link in links}
    left, open_links = seller.chip_capacity, list(links)
    while True:
        weighed = sum(pull[link] * link.wanted for link in open_links)
        level = left / weighed if weighed > 0.0 else 0.0
        full = [link for link in open_links if level * pull[link] >= 1.0]
        if not full:
            break
        for link in full:
            link.delivered = link.wanted
            left -= link.wanted
            open_links.remove(link)
    for link in open_links:
        link.delivered = level * pull[link] * link.wanted


def deliver(city) -> None:
    """What was not paid for is not delivered, and a chip that is not sold is not made."""
    for builder in city.builders:
        builder.chips_bought = 0.0
    for seller, links in city.chip_links.items():
        for link in links:
            link.delivered *= link.buyer.paid[INVESTMENT]
            link.invoice = link.delivered * link.on_account
            link.buyer.chips_bought += link.delivered
        if seller is not city.outside:
            seller.chip_sales, planned = sum(link.delivered for link in links), seller.chip_sales
            seller.cash += (planned - seller.chip_sales) * seller.chip_cost_share
            seller.chip_capacity = seller.next_capacity
