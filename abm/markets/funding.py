"""How investment is paid for: own money, committed loans, then markets that each absorb only so much.

See `docs/quarters.md`. The order for hyperscalers: bonds and, through vehicles, private credit; what one
market refuses goes to the other. For clouds: committed loans, private credit, banks, high yield, suppliers, owners.
"""

from __future__ import annotations

import numpy as np

from abm.ecosystem.vocabulary import MARKETS
from abm.words import part_of
from cython_ext import row_sums, total
from cython_ext.markets import fill_in_order

_PAID_FIRST = (
    "running", "other_capex", "tax", "interest", "principal", "rent", "sponsor_rent", "contracts", "margin_call",
    "payables", "compute", "spill", "backstop",
)  # fmt: skip
_LENT = ("bond", "loan", "gpu_loan", "abs")
_BORROWED = {"bonds_issued": "IG", "private_credit_drawn": "PC", "bank_loans_drawn": "BK", "high_yield_issued": "HY"}
_RECEIPTS = ("users", "core", "rent", "sponsor_rent", "contracts", "margin_bills", "margin_returned", "payables",
             "compute", "spill", "backstop", "subsidy")  # fmt: skip


def assess(model) -> None:
    """Own funds of every firm, and what investment would ask of others."""
    living, ledger, parameters, eco = model.living, model.ledger, model.parameters, model.ecosystem
    n = len(eco)
    late_share = parameters.data("receivable_share", 0.0)
    made = living.of("chipmaker")
    # A chipmaker counts on last quarter's sales: this quarter's are not cleared yet.
    chips = np.where(made, ledger.column("chip_sales") * (1.0 - late_share - living.chip_cost_share), 0.0)
    interest = row_sums(living.payments["interest"], living.debts.holder, n)
    flow = (
        living.payments.received(*_RECEIPTS)
        + chips
        + np.where(made, interest, 0.0)
        - living.payments.paid(*_PAID_FIRST)
    )
    giants = living.of("hyperscaler")
    # Liquidity below the buffer is built up again before anything is invested.
    liquid = ledger.column("cash") + ledger.column("securities")
    missing = np.maximum(0.0, ledger.column("liquidity_buffer") - liquid) * living.health.alive
    spare = np.maximum(0.0, liquid - ledger.column("liquidity_buffer"))
    own = flow + np.where(giants, parameters.of("liquidity_use"), 1.0) * spare
    own = own - parameters.of("buffer_rebuild_share") * missing
    ledger.record("internal_funds", own)
    chip_share = ledger.column("chip_part")
    fill = ledger.column("chip_fill")
    # Of a dollar of capex, so much is paid in the quarter: part of the chips comes late or is invoiced.
    links = living.chips
    later = row_sums(links.share * living.invoiced_part, links.buyer, n)
    living.now.paid_now = (1.0 - chip_share) + chip_share * fill * (1.0 - later)
    living.now.cash_plan = living.now.paid_now * ledger.column("capex_plan")
    living.now.first_dividends = parameters.of("dividend_share") * ledger.column("distribution_plan")
    need = np.maximum(0.0, living.now.cash_plan + living.now.first_dividends - own)
    living.now.cloud_gap = np.where(living.is_self_funded, need, 0.0)


def clear(model) -> None:
    """Draw facilities, ask the markets in order, ration, and cut plans to the money there is."""
    living, ledger, parameters, eco, debts = (
        model.living, model.ledger, model.parameters, model.ecosystem, model.living.debts
    )  # fmt: skip
    n, width = len(eco), ledger.worlds
    giants = living.of("hyperscaler")
    makers = living.of("chipmaker")
    clouds = living.is_self_funded
    own = ledger.column("internal_funds")
    need = living.now.cash_plan + living.now.first_dividends + living.now.supplier_money - own
    # A hyperscaler's vehicle asks for balloons that its rent does not cover.
    need = np.where(clouds, need - ledger.column("vendor_money"), need)
    vehicles = np.zeros((n, 1), bool)
    vehicles[living.vehicle_rows] = True
    need = np.where(giants | makers | clouds | vehicles, np.maximum(0.0, need), 0.0)
    ledger.record("funding_need", need)

    absorbs = ledger.column("absorption_plan")
    limit = row_sums(absorbs, debts.market_of, len(MARKETS) + 1)  # the last: of those who lend in no market
    can = limit.copy()
    resale = _securitise(model, limit)
    limit[MARKETS.index("PC")] += resale
    quote = {each: model.market_quote(each) for each in ("IG", "PC", "BK", "HY")}
    portfolios = ledger.held(*_LENT) + ledger.column("outside_book")
    room = {each: _room(model, each, portfolios) for each in quote}
    given = {each: np.zeros((n, width)) for each in quote}

    # A request of a sponsor for private credit is its vehicle's; facilities of that vehicle are drawn first.
    # Who has no vehicle, or none any more, borrows on its own books only.
    through = np.zeros((n, width), bool)
    through[living.sponsor_of] = living.health.alive[living.vehicle_rows]
    hidden = ~giants | through
    share = np.where(hidden, ledger.column("bond_share_plan"), 1.0)
    bonds = np.where(giants, share * need, np.where(makers, need, 0.0))
    # Owners who stand behind a cloud fill their part of what it needs; for the rest it turns to others.
    outside = parameters.of("outside_owner_share")
    behind = np.where(clouds, outside * need, 0.0)
    private = np.where(giants, need - bonds, np.where(clouds | vehicles, need - behind, 0.0))
    # Whose debt is above what stands behind it is lent what falls due, and nothing to grow on; the rest is for owners.
    earned = np.maximum(0.0, ledger.column("margin_average"))
    promised = (1.0 - parameters.data("operating_cost_share", 0.0)) * ledger.column("promised_sales")
    behind_it = parameters.of("leverage_limit") * 4.0 * earned
    behind_it = np.maximum(behind_it, parameters.of("promise_lending_weight") * promised)
    growth = np.maximum(0.0, behind_it - ledger.owed(*_LENT, "vendor_loan"))
    beyond = np.where(clouds, np.maximum(0.0, private - ledger.column("principal") - growth), 0.0)
    private = private - beyond
    facility = row_sums(debts.undrawn, debts.debtor, n)
    of_sponsor = row_sums(facility[living.vehicle_rows], living.sponsor_of, n)
    available = np.where(giants, of_sponsor, facility)
    drawn = np.minimum(private, available)
    private = private - drawn
    ask_market = outside < 1.0

    def go(market: str, request: np.ndarray) -> np.ndarray:
        """What `market` refuses of `request`; what it grants is added to `given`."""
        place = MARKETS.index(market)
        serves = ask_market & (quote[market] <= parameters.of("spread_limit") + 1e-12)
        wanted = np.where(serves & (hidden | (market == "IG")), request, 0.0)
        wanted = np.minimum(wanted, np.maximum(0.0, room[market] - given[market]))
        granted = fill_in_order(wanted, quote[market], limit[place])
        limit[place] = limit[place] - total(granted)
        given[market] += granted
        return request - granted

    refused_bonds = go("IG", bonds)
    refused_private = go("PC", private)
    refused_private = np.where(giants, go("IG", np.where(giants, refused_private, 0.0)), refused_private)
    refused_bonds = go("PC", np.where(giants, refused_bonds, 0.0)) + np.where(giants, 0.0, refused_bonds)
    still = go("BK", refused_bonds + refused_private)
    still = np.where(clouds, go("HY", np.where(clouds, still, 0.0)), still)

    still = still + beyond
    # What nobody lends a vehicle its sponsor puts up, as rent in advance.
    living.payments["sponsor_rent"] = living.payments["sponsor_rent"] + still[living.vehicle_rows]
    _lend(model, given, drawn, facility, quote, absorbs, can)
    can[MARKETS.index("PC")] += resale
    _note_use(model, given, can)
    # The market for shares takes a little of what is still missing.
    shares = np.minimum(
        still, parameters.of("equity_issue_share") * ledger.column("firm_value") * living.economy.confidence
    )
    owners = behind + np.where(clouds & ask_market, shares, 0.0)
    living.payments["owners"] = owners
    ledger.record("owner_money", owners)
    raised = drawn + sum(given.values()) + owners + np.where(clouds, ledger.column("vendor_money"), 0.0)
    _fix_budgets(model, own, raised, given, drawn)


def _securitise(model, limit: np.ndarray) -> np.ndarray:
    """The trust buys seasoned loans of private-credit funds and banks, as far as it can place notes."""
    living, ledger, debts = model.living, model.ledger, model.living.debts
    rows = debts.sellable
    seasoned = np.minimum(debts.seasoned[rows], ledger.amounts[debts.place[rows]])
    seasoned = np.maximum(0.0, seasoned - living.payments["principal"][rows])
    whole = total(seasoned)
    bought = np.minimum(limit[MARKETS.index("ABS")], whole)
    limit[MARKETS.index("ABS")] = limit[MARKETS.index("ABS")] - bought
    sold = np.zeros_like(debts.seasoned)
    sold[rows] = seasoned * part_of(bought, whole)
    living.now.resold = sold
    living.payments["resale"] = sold
    ledger.record("securitised", row_sums(sold, debts.debtor, len(model.ecosystem)))
    private = debts.market == MARKETS.index("PC")
    return total(sold[private]) if private.any() else np.zeros(sold.shape[1])


def _room(model, market: str, portfolios: np.ndarray) -> np.ndarray:
    """What lenders of a market may still lend to each name: a share of their whole portfolio."""
    living, ledger, eco, debts = model.living, model.ledger, model.ecosystem, model.living.debts
    n = len(eco)
    chosen = debts.of(market)
    exposure = row_sums(ledger.amounts[debts.place[chosen]], debts.debtor[chosen], n)
    rows = living.vehicle_rows
    if rows.size:  # lenders look through a vehicle to its sponsor
        exposure = exposure + row_sums(exposure[rows], living.sponsor_of, n)
    lenders = debts.lenders[market]
    if not lenders.size:
        return np.zeros_like(exposure)
    most = ledger.column("single_name_share") * living.single_name_kept
    limit = total(portfolios[lenders] * most[lenders])
    room = np.maximum(0.0, limit - exposure)
    if market == "IG":  # a firm whose debt is above the limit is not bought
        margin = np.maximum(4.0 * ledger.column("margin_average"), 1e-9)
        owed = ledger.owed(*_LENT, "vendor_loan")
        owed = owed + model.parameters.of("off_balance_sheet_visibility") * ledger.column("vehicle_debt")
        room = np.where(owed / margin < model.parameters.of("leverage_limit"), room, 0.0)
    return room


def _lend(model, given, drawn, facility, quote, absorbs, can) -> None:
    """Spread what markets granted over their lenders and, for sponsors, onto their vehicles; plan the payments."""
    living, ledger, debts = model.living, model.ledger, model.living.debts
    amount = np.zeros((debts.place.size, ledger.worlds))
    rate = np.zeros_like(amount)
    base = model.parameters.system("base_rate")
    weight = part_of(absorbs, can[debts.market_of])  # of each lender in its market
    for market, granted in given.items():
        by_borrower, price = granted, quote[market]
        if market in ("PC", "BK") and living.vehicle_rows.size:
            by_borrower, price = granted.copy(), quote[market].copy()
            first = living.first_vehicle  # a sponsor with several vehicles builds through the first
            by_borrower[living.vehicle_rows[first]] += granted[living.sponsor_of[first]]
            by_borrower[living.sponsor_of] = 0.0
            price[living.vehicle_rows] = price[living.sponsor_of]
        rows = debts.new[market]
        amount[rows] = by_borrower[debts.debtor[rows]] * weight[debts.holder[rows]]
        rate[rows] = base + price[debts.debtor[rows]]
    on_debtor = drawn.copy()
    if living.vehicle_rows.size:
        rows, sponsors = living.vehicle_rows, living.sponsor_of
        whole = row_sums(facility[rows], sponsors, len(model.ecosystem))
        on_debtor[rows] += drawn[sponsors] * part_of(facility[rows], whole[sponsors])
        on_debtor[living.sponsor_of] = 0.0
    used = debts.undrawn * part_of(on_debtor, facility)[debts.debtor]
    debts.undrawn = np.maximum(0.0, debts.undrawn - used)
    vendor = living.vendor_place
    if vendor.size:
        amount[vendor] = living.now.vendor_loan[living.vendor_stake]
        rate[vendor] = base + model.parameters.data("vendor_loan_spread", 0.05)[debts.debtor[vendor]]
    living.now.new_rate = np.where(used > 0.0, debts.rate, rate)
    living.payments["loans"] = amount + used
    for column, market in _BORROWED.items():
        ledger.record(column, given[market])
    ledger.record("facilities_drawn", drawn)


def count_what_came(model, planned: np.ndarray) -> None:
    """Take from what was raised what the settlement withheld; `planned` (debts, worlds) are the loans before it."""
    living, ledger, debts, n = model.living, model.ledger, model.living.debts, len(model.ecosystem)
    paid = living.payments["loans"]

    def came(rows: np.ndarray) -> np.ndarray:
        """Of each borrower: the part of these loans that was paid out, to a sponsor what was to its vehicle."""
        asked = row_sums(planned[rows], debts.debtor[rows], n)
        part = np.where(asked > 0.0, part_of(row_sums(paid[rows], debts.debtor[rows], n), asked), 1.0)
        through = asked[living.vehicle_rows] > 0.0
        part[living.sponsor_of] = np.where(through, part[living.vehicle_rows], part[living.sponsor_of])
        return part

    for column, market in _BORROWED.items():
        granted, left = ledger.column(column), ledger.column(column) * came(debts.new[market])
        ledger.record(column, left)
        placed = total(granted)
        living.use[market] = living.use[market] * np.where(placed > 0.0, part_of(total(left), placed), 1.0)
    ledger.record("facilities_drawn", ledger.column("facilities_drawn") * came(np.flatnonzero(debts.old)))
    ledger.record("owner_money", living.payments["owners"])
    ledger.record("securitised", row_sums(living.payments["resale"], debts.debtor, n))


def _note_use(model, given, can) -> None:
    """How much of what each market can absorb it was given: next quarter's spreads answer to it."""
    lenders = model.living.debts.lenders
    model.living.use = {
        each: part_of(total(granted), can[MARKETS.index(each)] if lenders[each].size else 1.0)
        for each, granted in given.items()
    }


def _fix_budgets(model, own, raised, given, drawn) -> None:
    """Capex is what own money and funding pay for; the rest of the plan is the funding gap. Buybacks come last."""
    living, ledger = model.living, model.ledger
    free = own + raised - living.now.supplier_money - living.now.first_dividends
    budget = np.minimum(ledger.column("capex_plan"), np.maximum(0.0, free) / living.now.paid_now)
    budget = np.where(living.is_planner, budget, 0.0)
    ledger.record("funding_gap", np.maximum(0.0, ledger.column("capex_plan") - budget))
    living.now.capex_before = ledger.column("capex_budget").copy()
    ledger.record("capex_budget", budget)
    through = given["PC"] + given["BK"] + drawn  # of a sponsor: what its vehicles build
    living.now.vehicle_part = np.minimum(1.0, part_of(through, living.now.paid_now * budget))
    left = np.maximum(0.0, free - living.now.paid_now * budget)
    dividends = np.minimum(living.now.first_dividends, np.maximum(0.0, own + raised - living.now.supplier_money))
    paid = dividends + np.minimum(left, ledger.column("distribution_plan") - living.now.first_dividends)
    living.payments["distributions"] = paid
    ledger.record("distributions_paid", paid)
