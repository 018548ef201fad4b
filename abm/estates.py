"""The estate of one failed firm in the worlds in which it failed: what it fetches, and who gets it.

Secured creditors come first, up to what their security fetched; then all others alike, suppliers with unpaid invoices
and promises among them; owners get what is left (Elsinger 2009 for the order). Arrays are `(worlds,)` of the estate.
"""

from __future__ import annotations

import numpy as np

from abm.ecosystem.vocabulary import KINDS
from abm.estate_books import Books
from abm.holdings import PREFERRED, SECURED, UNSECURED
from abm.opening import AT_COST
from abm.words import part_of
from cython_ext import row_sums, total

_RANKS = (SECURED, UNSECURED, PREFERRED)
_GOODS = ("chips_book", "chips_unenergised", "shells_book", "chip_inventory",
          *(f"pipeline_q{each}" for each in range(1, 7)))  # fmt: skip
_ALWAYS_GOES_ON = ("hyperscaler", "chipmaker")  # their other business is worth more than the sector's machines


class Estate(Books):
    """Firm `row` in `worlds`; `failing` (firms, all worlds) says who else fails in the quarter."""

    def __init__(self, model, row: int, worlds: np.ndarray, failing: np.ndarray):
        super().__init__(model, row, worlds)
        self.failing = failing
        self.kind = KINDS[model.ecosystem.kind[row]]
        found = np.flatnonzero(self.living.fleet.owners == row)
        self.owner = int(found[0]) if found.size else None
        self.debts = np.flatnonzero(self.living.debts.debtor == row)
        rank = self.living.rank_of_debt[self.debts]
        self.debts_of = {each: self.debts[rank == each] for each in _RANKS}
        claims = self.ledger.claims
        self.invoices = np.flatnonzero((claims.layer == "trade_receivable") & (claims.debtor == row))

    def within(self, chosen: np.ndarray) -> Estate:
        """The same firm in some of its worlds, `chosen` (worlds,) bool."""
        return Estate(self.model, self.row, self.worlds[chosen], self.failing)

    # -- what there is -----------------------------------------------------------------------------
    def shared(self, name: str, switch: str) -> np.ndarray:
        if not self.living.switches[switch]:
            return np.ones(self.worlds.size)
        return np.broadcast_to(self.model.parameters.system(name), self.ledger.worlds)[self.worlds]

    def owed(self, debts: np.ndarray) -> np.ndarray:
        """Balances of some debts, `(debts, worlds)`."""
        return self.ledger.amounts[self.living.debts.place[debts]][:, self.worlds]

    def going_concern(self) -> np.ndarray:
        """What the firm is worth as it runs, after the cost of failing."""
        work = sum(self.value(f"pipeline_q{each}") for each in range(1, 7))
        earning = self.parameter("enterprise_multiple") * np.maximum(0.0, 4.0 * self.value("margin_average"))
        going = earning + self.parameter("shell_resale_share") * work + self.value("chips_unenergised")
        return self.shared("default_asset_recovery", "default_costs") * (going + self.value("core_business_value"))

    def machines(self) -> np.ndarray:
        """Value in use of its machines by region and vintage, `(regions, vintages, worlds)`."""
        cost = self.living.fleet.cost[self.owner][..., self.worlds]
        margin = 1.0 - self.model.parameters.data("operating_cost_share", 0.0)[self.row]
        return cost * self.living.now.unit_value[:, self.worlds][None] * margin

    def sites(self) -> np.ndarray:
        work = sum(self.value(f"pipeline_q{each}") for each in range(1, 7))
        return self.value("shells_book") + work

    def break_up(self) -> np.ndarray:
        """What its machines and sites would fetch at the price of the quarter, after the cost of failing."""
        if self.owner is None:
            return np.zeros(self.worlds.size)
        price = self.living.now.fire_price[self.worlds]
        machines = self.machines().sum(axis=(0, 1)) if self.worlds.size else 0.0
        goods = price * (machines + self.value("chips_unenergised"))
        goods = goods + self.parameter("shell_resale_share") * self.sites()
        return self.shared("default_asset_recovery", "default_costs") * goods

    def goes_on(self) -> np.ndarray:
        """Whether creditors are better off if the firm goes on."""
        if self.kind in _ALWAYS_GOES_ON:
            return np.ones(self.worlds.size, bool)
        if self.kind != "operator":
            return np.zeros(self.worlds.size, bool)
        return self.going_concern() > self.break_up()

    # -- going on ----------------------------------------------------------------------------------
    def reorganise(self) -> None:
        """Debt is cut to what the firm can carry; creditors get shares for it, and sell them outside at their worth."""
        living, now = self.living, self.living.now
        worth = self.going_concern() + np.maximum(0.0, self.value("cash") + self.value("securities"))
        owed = {rank: self.owed(self.debts_of[rank]) for rank in _RANKS}
        room = np.minimum(worth / self.parameter("reorganised_asset_cover"), self._serviceable())
        cut = []
        for rank in _RANKS:
            whole = total(owed[rank])
            kept = part_of(np.minimum(whole, room), whole)
            room = room - np.minimum(whole, room)
            cut.append(owed[rank] * (1.0 - kept))
        debts = np.concatenate([self.debts_of[rank] for rank in _RANKS])
        lost = np.concatenate(cut)
        whole = total(np.concatenate([owed[rank] for rank in _RANKS]))
        shares = np.minimum(np.maximum(0.0, worth - (whole - total(lost))), total(lost))
        paid = lost * part_of(shares, total(lost))
        self._pay("equity_sold", debts, paid)
        paid = paid + self._call_guarantees(debts, lost - paid)
        self._note(owed, debts, lost - paid)
        self._write_off(debts, lost, lost - paid)
        equity = worth - (whole - total(lost))
        self._dilute_owners(part_of(np.maximum(0.0, equity - shares), equity))
        self._tell("reorganised", worth)
        living.health.reorganised_in[self.row, self.worlds] = living.economy.quarter
        until = living.economy.quarter + self.parameter("reorganised_holiday_quarters")
        living.health.free_until[self.row, self.worlds] = until
        living.debts.renew(debts, self.worlds, self.parameter("reorganised_amortisation"), until)
        now.reorganised[self.row, self.worlds] = True

    def _serviceable(self) -> np.ndarray:
        """Debt whose interest and principal the firm's margin covers, at the rates it pays and on the new terms."""
        owed = self.owed(self.debts)
        rate = part_of(total(owed * self.living.debts.rate[np.ix_(self.debts, self.worlds)]), total(owed))
        service = rate / 4.0 + self.parameter("reorganised_amortisation")
        margin = np.maximum(0.0, self.value("margin_average"))
        return part_of(margin / self.parameter("reorganised_service_cover"), service)

    # -- the end -----------------------------------------------------------------------------------
    def wind_up(self) -> None:
        """Machines are sold to others or scrapped, creditors are paid in their order, promises end."""
        living, now = self.living, self.living.now
        self._settle_margin()
        secured_assets = self._sell()
        self._sell_securities()
        pool = np.maximum(0.0, self.value("cash"))
        owed = {rank: self.owed(self.debts_of[rank]) for rank in _RANKS}
        first = np.minimum(np.minimum(total(owed[SECURED]), secured_assets), pool)
        pool = pool - first
        invoices = self.ledger.amounts[self.invoices][:, self.worlds]
        contracts = np.flatnonzero(living.contracts.customer == self.row)
        paid_for = living.payments["contracts"] + living.payments["margin_bills"]
        due = (living.contracts.recognised - paid_for)[contracts][:, self.worlds]
        due = np.maximum(0.0, due)
        dues, missed = self._missed_dues()
        rest = total(owed[SECURED]) - first
        alike = rest + total(owed[UNSECURED]) + total(invoices) + total(due) + total(missed)
        part = part_of(np.minimum(alike, pool), alike)
        pool = pool - alike * part
        junior = part_of(np.minimum(total(owed[PREFERRED]), pool), total(owed[PREFERRED]))
        paid = {SECURED: owed[SECURED] * part_of(first + rest * part, total(owed[SECURED])),
                UNSECURED: owed[UNSECURED] * part, PREFERRED: owed[PREFERRED] * junior}  # fmt: skip
        debts = np.concatenate([self.debts_of[rank] for rank in _RANKS])
        amount = np.concatenate([owed[rank] for rank in _RANKS])
        fetched = np.concatenate([paid[rank] for rank in _RANKS])
        self._pay("estate_debts", debts, fetched)
        self._pay("estate_promises", contracts, due * part)
        self._pay("estate_dues", dues, missed * part)
        trade = np.flatnonzero(np.isin(living.chips.receivable, self.invoices))
        order = np.searchsorted(self.invoices, living.chips.receivable[trade])
        self._pay("estate_trade", trade, (invoices * part)[order])
        guaranteed = self._call_guarantees(debts, amount - fetched)
        self._note(owed, debts, amount - fetched - guaranteed)
        self._write_off(debts, amount, amount - fetched - guaranteed)
        claims = self.ledger.claims
        names = [claims.id[each] for each in self.invoices]
        self._hit("loans", names, claims.debtor[self.invoices], claims.holder[self.invoices], invoices * (1.0 - part))
        self._change(self.invoices, -invoices)
        makers = self.ledger.claims.holder[self.invoices]
        now.vendor_losses[:, self.worlds] += row_sums(invoices * (1.0 - part), makers, len(self.model.ecosystem))
        self._pay_owners(pool - total(owed[PREFERRED]) * junior)
        self._tell("wound up", pool)
        self._end()
        now.wound_up[self.row, self.worlds] = True

    def _missed_dues(self) -> tuple[np.ndarray, np.ndarray]:
        """Running costs, tax, interest and rents that it missed in the quarter: links of `estate_dues`, amounts."""
        living, loop = self.living, self.living.now.loop
        mine = np.flatnonzero((loop.problem.debtor == self.row) & (living.due_of_link[loop.links] >= 0))
        columns = np.searchsorted(loop.worlds, self.worlds)
        missed = (loop.problem.due - loop.paid)[mine][:, columns]
        return living.due_of_link[loop.links[mine]], np.maximum(0.0, missed)

    def _pay_owners(self, surplus: np.ndarray) -> None:
        """Owners in the network get their part of what creditors leave; the rest goes to owners outside."""
        stakes = self.living.stakes
        owned = np.flatnonzero(stakes.issuer == self.row)
        self._pay("estate_owners", owned, stakes.share[np.ix_(owned, self.worlds)] * np.maximum(0.0, surplus))

    def _sell(self) -> np.ndarray:
        """Machines go to clouds with money to spare, in proportion to it, the rest is scrapped; sites go outside.

        Returns what machines and sites brought in."""
        if self.owner is None:
            return np.zeros(self.worlds.size)
        living, ledger, fleet, w, me = self.living, self.ledger, self.living.fleet, self.worlds, self.owner
        health, eco = living.health, self.model.ecosystem
        price = living.now.fire_price[w]
        worth = self.machines()
        idle = fleet.idle[me][..., w]
        survive = self.parameter("machines_that_survive_a_sale")
        asked = price * survive * (worth.sum(axis=(0, 1)) + idle.sum(axis=0))
        buyers = np.flatnonzero(np.isin(fleet.owners, eco.of_kind("hyperscaler", "operator")))
        rows = fleet.owners[buyers]
        spare = ledger.column("cash")[rows][:, w] + ledger.column("securities")[rows][:, w]
        spare = np.maximum(0.0, np.minimum(spare - ledger.column("liquidity_buffer")[rows][:, w],
                                           ledger.column("cash")[rows][:, w]))  # fmt: skip
        spare = np.where((self.failing | ~health.alive)[rows][:, w], 0.0, spare)
        able = total(spare)
        sold = np.minimum(1.0, part_of(able * self.parameter("bid_share"), asked))
        share = part_of(spare, able)  # of each buyer
        bids = np.zeros((len(eco), ledger.worlds))
        for place, buyer in enumerate(buyers):
            if not share[place].any():
                continue
            part = sold * share[place]
            paid = part * price * survive * worth
            fleet.cost[buyer][..., w] += part * survive * fleet.cost[me][..., w]
            fleet.book[buyer][..., w] += paid
            bought = paid.sum(axis=(0, 1))
            fleet.basis[buyer][:, w] += paid.sum(axis=0)
            waiting = part * price * survive * idle
            fleet.idle[buyer][..., w] += waiting
            for array in (fleet.power, fleet.power_left):
                array[buyer][..., w] += part * array[me][..., w]
            for array in (fleet.frontier, fleet.commodity, fleet.installed):
                array[buyer][w] += part * survive * array[me][w]
            living.now.depreciable[rows[place], w] += bought
            self._post("chips_book", int(rows[place]), bought)
            self._post("chips_unenergised", int(rows[place]), waiting.sum(axis=0))
            bids[rows[place], w] = bought + waiting.sum(axis=0)
        self._bid(bids)
        # What is not sold is worth nothing; what sites and machines bring is less by the cost of failing.
        left = self.parameter("shell_resale_share") * self.sites()
        brought = bids[:, w].sum(axis=0) + left
        brought = self.shared("default_asset_recovery", "default_costs") * brought
        self._receive(brought)
        living.now.deducted[self.row, w] += fleet.basis[me][:, w].sum(axis=0) + self.value("shells_basis")
        living.now.deducted[self.row, w] += living.tax_deduction[me, w]
        living.now.book_lost[self.row, w] = np.maximum(0.0, sum(map(self.value, _GOODS)) - brought)
        for account in _GOODS:
            self._post(account, self.row, -self.value(account))
        for array in (fleet.cost, fleet.book, fleet.idle, fleet.power, fleet.waiting):
            array[me][..., w] = 0.0
        for array in (fleet.frontier, fleet.commodity, fleet.installed):
            array[me][w] = 0.0
        fleet.power_left[me][:, w] = 0.0
        fleet.basis[me][:, w] = 0.0
        fleet.queue[:, me][..., w] = 0.0
        living.tax_deduction[me, w] = 0.0
        for name in ("shells_cost", "shells_basis"):
            self._record(name, 0.0)
        return brought

    def _sell_securities(self) -> None:
        """Bills, and the stakes it holds, go to buyers outside at what they are worth."""
        self._sell_bills(self.row, np.maximum(0.0, self.value("securities")))
        stakes, held = self.living.stakes, np.flatnonzero(self.living.stakes.holder == self.row)
        self._receive(total(self.ledger.amounts[stakes.place[held]][:, self.worlds]))
        self._change(stakes.place[held], -self.ledger.amounts[stakes.place[held]][:, self.worlds])
        stakes.share[np.ix_(held, self.worlds)] = 0.0

    def _sell_bills(self, row: int, amount: np.ndarray) -> None:
        outside = np.array([self.model.ecosystem.rest_of_world])
        self.ledger.transfer("securities", np.array([row]), outside, self._wide_row(row, amount)[[row]])
        self._move("securities", self._wide_row(row, amount))

    def _call_guarantees(self, debts: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """Who guaranteed pays what is missing, up to the cap and to the money there is; `(debts, worlds)` received."""
        living, got = self.living, np.zeros_like(missing)
        for number in np.flatnonzero(living.guarantee_debtor == self.row):
            guarantor = int(living.guarantee_by[number])
            if living.economy.quarter < living.guarantee_start[number]:
                continue
            cash, bills = (
                np.maximum(0.0, self.ledger.column(each)[guarantor, self.worlds]) for each in ("cash", "securities")
            )
            able = np.where(self.failing[guarantor, self.worlds], 0.0, cash + bills)
            open_ = missing - got
            cap = living.guarantee_left[number, self.worlds]
            paid = np.minimum(np.minimum(cap, able), total(open_))
            living.guarantee_left[number, self.worlds] = cap - paid
            self._sell_bills(guarantor, np.maximum(0.0, paid - cash))
            self._bid(self._wide_row(guarantor, paid), "guarantees")
            part = open_ * part_of(paid, total(open_))
            self._pay("equity_sold", debts, part)
            got = got + part
        return got

    def _end(self) -> None:
        """Nobody works for it any more, and it works for nobody."""
        living, w, row = self.living, self.worlds, self.row
        contracts, links = living.contracts, living.chips
        ended = np.flatnonzero((contracts.customer == row) | (contracts.provider == row))
        customers = np.flatnonzero((contracts.customer == row) & (contracts.provider != row))
        self._hit("customers", "backlog of promises", contracts.customer[customers], contracts.provider[customers],
                  contracts.backlog_of(customers)[:, w])  # fmt: skip
        contracts.cancelled[np.ix_(ended, w)] += contracts.backlog_of(ended)[:, w]
        contracts.end(ended, w)
        late = np.flatnonzero(links.buyer == row)
        living.now.orders_cancelled[np.ix_(late, w)] += links.late[np.ix_(late, w)]
        links.late[np.ix_(late, w)] = 0.0
        gone = np.flatnonzero((living.rent_lessee == row) | (living.rent_lessor == row))
        for each in gone:
            living.rent_due[each][:, w] = 0.0
        self._dilute_owners(np.zeros(self.worlds.size))
        for owner, who in ((living.stakes, living.stakes.issuer), (living.stakes, living.stakes.holder),
                           (living.debts, living.debts.debtor), (living.debts, living.debts.holder)):  # fmt: skip
            owner.undrawn[np.ix_(who == row, w)] = 0.0
        living.now.backlog_left[w] += living.enterprise_backlog[row, w]
        living.enterprise_backlog[row, w] = 0.0
        self._move_enterprises()
        if self.kind == "ai_lab":
            self._move_users()
        self._post("core_business_value", row, -self.value("core_business_value"))
        for name in ("core_inflow", "other_capex", "capex_budget", "first_party_need", "wanted_training",
                     "margin_average", "free_cash_average", "money_raised_average", "seen_growth"):  # fmt: skip
            self._record(name, 0.0)
        living.health.alive[row, w] = False

    def _move_enterprises(self) -> None:
        """Enterprises take their needs to other clouds, in proportion to what these serve."""
        share, w = self.living.enterprise_share, self.worlds
        moved = share[self.row, w].copy()
        share[self.row, w] = 0.0
        whole = total(share[:, w])
        share[:, w] += share[:, w] * part_of(moved, whole)

    def _move_users(self) -> None:
        """A part of a lab's users goes to other labs within a year; what the others spent is lost to the sector."""
        living, w, health = self.living, self.worlds, self.living.health
        labs = np.flatnonzero(living.of("ai_lab")[:, 0])
        users = living.lab_share[self.row, w].copy()
        for ahead in range(health.moving_users.shape[0]):  # those on their way to it go elsewhere with the rest
            users = users + health.moving_users[ahead, self.row, w]
            health.moving_users[ahead, self.row, w] = 0.0
        living.lab_share[self.row, w] = 0.0
        others = np.where((self.failing | ~health.alive)[labs][:, w], 0.0, living.lab_share[labs][:, w])
        quarters = 4
        short = quarters - health.moving_users.shape[0]
        more = np.zeros((short, *health.alive.shape))
        health.moving_users = np.concatenate([health.moving_users, more])
        arriving = self.parameter("customer_substitution") * users / quarters * part_of(others, total(others))
        for ahead in range(quarters):
            health.moving_users[ahead][np.ix_(labs, w)] += arriving

    def _dilute_owners(self, keep: np.ndarray) -> None:
        """Owners are left the part `keep` (worlds,) of their shares: what creditors do not need."""
        stakes, keep = self.living.stakes, np.clip(keep, 0.0, 1.0)
        chosen = np.flatnonzero(stakes.issuer == self.row)
        names = [self.ledger.claims.id[each] for each in stakes.place[chosen]]
        worth = self.ledger.amounts[stakes.place[chosen]][:, self.worlds] * (1.0 - keep)
        self._hit("stakes", names, stakes.issuer[chosen], stakes.holder[chosen], worth)
        stakes.share[np.ix_(chosen, self.worlds)] *= keep
        claims = self.ledger.claims
        at_cost = np.flatnonzero((claims.layer == AT_COST) & (claims.debtor == self.row))
        worth = self.ledger.amounts[at_cost][:, self.worlds] * (1.0 - keep)
        names = [claims.id[each] for each in at_cost]
        self._hit("stakes", names, claims.debtor[at_cost], claims.holder[at_cost], worth)
        self._change(at_cost, -worth)
        lost = row_sums(np.ascontiguousarray(worth), claims.holder[at_cost], len(self.model.ecosystem))
        self.living.now.loan_losses[:, self.worlds] += np.where(self.living.of("lender"), lost, 0.0)

    # -- losses ------------------------------------------------------------------------------------
    def _write_off(self, debts: np.ndarray, amount: np.ndarray, lost: np.ndarray) -> None:
        """Take `amount` (debts, worlds) off balances; `lost` of it is a loss of the holder."""
        living, now, n = self.living, self.living.now, len(self.model.ecosystem)
        self._change(living.debts.place[debts], -amount)
        names = [self.ledger.claims.id[each] for each in living.debts.place[debts]]
        self._hit("loans", names, living.debts.debtor[debts], living.debts.holder[debts], lost)
        by_holder = row_sums(np.ascontiguousarray(lost), living.debts.holder[debts], n)
        lender = living.of("lender")
        now.loan_losses[:, self.worlds] += np.where(lender, by_holder, 0.0)
        now.vendor_losses[:, self.worlds] += np.where(lender, 0.0, by_holder)
        living.economy.written_off[self.worlds] += total(np.where(lender, by_holder, 0.0))

    def _note(self, owed: dict[int, np.ndarray], debts: np.ndarray, lost: np.ndarray) -> None:
        """Remember what creditors of each rank were owed and got, for rates of recovery."""
        now, start = self.living.now, 0
        for rank in _RANKS:
            count = owed[rank].shape[0]
            claimed = total(owed[rank])
            now.claimed[rank, self.worlds] += claimed
            now.recovered[rank, self.worlds] += claimed - total(np.ascontiguousarray(lost[start : start + count]))
            start += count

