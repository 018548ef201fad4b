"""Settlement: payments by priority, pro rata inside one, on a graph; the greatest payments that fit together.

Eisenberg & Noe (2001), with default costs as in Rogers & Veraart (2013). Who misses a due of the first three
priorities fails; purchases and investment are given up. Funding flows neither to nor from a firm that failed.
"""

from __future__ import annotations

from benchmarks.mesa_peer.firms import COMMITTED, INVESTMENT

TOLERANCE, TIE, ROUNDING = 1e-13, 1e-10, 1e-9


def clear(city) -> None:
    """Find out who can pay what: `firm.paid` by priority, `city.short`, `city.failed`."""
    money = {firm: firm.cash + firm.securities + firm.certain for firm in city.payers}
    left = dict(money)
    for debtor, creditor, due in city.dues.edges(data="due"):
        if not debtor.always_pays:
            left[debtor] -= due
        if not creditor.always_pays:
            left[creditor] += due
    city.short = {firm for firm, rest in left.items() if rest < -ROUNDING}
    city.failed = {city.firms[name] for name in city.given.failing}
    for firm in city.payers:
        firm.paid = [1.0] * 5
    if not city.short and not city.failed:
        return
    owed = {firm: [0.0] * 5 for firm in city.payers}
    for firm, dues in owed.items():
        for _, _, data in city.dues.out_edges(firm, data=True):
            dues[data["priority"]] += data["due"]
    while True:
        pay(city, money, owed)
        fresh = {firm for firm in city.payers if firm not in city.failed and misses(firm, owed[firm])}
        if not fresh:
            return
        city.failed |= fresh


def misses(firm, owed: list[float]) -> bool:
    """Whether it leaves a hard due unpaid."""
    hard = sum(owed[: COMMITTED + 1])
    missed = sum(due * (1.0 - paid) for due, paid in zip(owed[: COMMITTED + 1], firm.paid, strict=False))
    return missed > TIE * max(1.0, hard)


def flows(city, firm) -> float:
    """What reaches a firm when everybody pays what they pay."""
    return sum(
        data["due"] * debtor.paid[data["priority"]]
        for debtor, _, data in city.dues.in_edges(firm, data=True)
        if not (data["funding"] and (firm in city.failed or debtor in city.failed))
    )


def pay(city, money: dict, owed: dict) -> None:
    """Lower payments until they fit what each firm has."""
    rules, change = city.rules, 1.0
    while change > TOLERANCE:
        change = 0.0
        receipts = {firm: flows(city, firm) for firm in city.payers}
        for firm in city.payers:
            rest = money[firm] + receipts[firm]
            if firm in city.failed:
                rest = rules.default_asset_recovery * money[firm] + rules.default_receipt_recovery * receipts[firm]
            for priority, due in enumerate(owed[firm]):
                payment = min(due, rest)
                share = payment / due if due > 0.0 else 1.0
                rest -= payment
                change = max(change, abs(share - firm.paid[priority]))
                firm.paid[priority] = share


def book(city) -> None:
    """Money moves, loans change with the money paid for them, short cash is made up."""
    for firm in city.payers:
        firm.cash += firm.certain
    for debtor, creditor, data in city.dues.edges(data=True):
        amount = data["due"] * debtor.paid[data["priority"]]
        debtor.cash -= amount
        creditor.cash += amount
    for _, _, loan in city.claims.edges(data=True):
        loan["balance"] -= loan["principal"]
        loan["principal"] = 0.0
    sold = []
    for key, trust_key, amount in city.given.resold:
        amount *= city.firms[trust_key[0]].paid[INVESTMENT]
        loan_of(city, key)["balance"] -= amount
        sold.append((key, trust_key, amount))
    for key, terms, amount, rate in city.given.loans:
        lend(loan_of(city, key, terms), amount * city.firms[key[0]].paid[INVESTMENT], rate)
    for key, (holder, debtor, number, terms), amount in sold:
        lend(loan_of(city, (holder, debtor, number), terms), amount, loan_of(city, key)["rate"])
    for owner, owned in city.given.stakes:
        city.favourites.add((city.firms[owner], city.firms[owned]))
    city.payers.do("close")


def loan_of(city, key: tuple, terms=None) -> dict:
    """The loan of a holder to a debtor with this number; a new one where there is none."""
    holder, debtor, number = city.firms[key[0]], city.firms[key[1]], key[2]
    loan = city.claims.get_edge_data(holder, debtor, number)
    if loan is None:
        city.claims.add_edge(holder, debtor, number, balance=0.0, rate=0.0, principal=0.0, terms=terms)
        loan = city.claims.get_edge_data(holder, debtor, number)
    return loan


def lend(loan: dict, amount: float, rate: float) -> None:
    """New money joins a balance: the rate becomes the average of both."""
    if amount > 0.0:
        whole = loan["balance"] + amount
        loan["rate"] = (loan["balance"] * loan["rate"] + amount * rate) / whole
        loan["balance"] = whole
