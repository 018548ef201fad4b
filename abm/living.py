"""Everything a living ecosystem carries beside its ledger, and how the opening data fill it.

What the data leave open is closed here, before the rest of the world closes
the balances: cash flows outside the sector before interest and tax, first-party need of compute, the
enterprise part of backlogs, a lab's growth that its valuation implies.
"""

from __future__ import annotations

import numpy as np

from abm.agenda import lay_out, lay_out_aftermath
from abm.chronicle import Chronicle
from abm.contracts import Contracts
from abm.debts import Debts
from abm.drawn import Drawn
from abm.economy import Economy
from abm.ecosystem import Ecosystem
from abm.ecosystem.quarters import quarter_number
from abm.ecosystem.vocabulary import MARKETS, REGIONS
from abm.errors import BadInput, Fault
from abm.fleet import Fleet, total_over
from abm.health import Health
from abm.holdings import holdings_of
from abm.ledger import Ledger
from abm.links import PURPOSES
from abm.opening import FUNDERS
from abm.parameters import Parameters
from abm.potential import equity_investors
from abm.round_trips import RoundTrips
from abm.stakes import Stakes
from abm.statement import line_of_link
from abm.switches import OF_SETTLEMENT
from abm.this_quarter import ThisQuarter
from abm.trade import (
    FIRST_PARTY,
    LAB,
    OWN_PRODUCTS,
    ChipLinks,
    chip_links,
    compute_links,
    machines_serve,
    rents,
)
from abm.warrants import Warrants
from cython_ext import row_sums, total
from cython_ext.markets import exp, log

ENVELOPE_ENDS = "2027Q4"  # of the Digital Europe programme
_FORKED = ("fleet", "debts", "stakes", "contracts", "payments", "aftermath", "now", "health", "chronicle", "warrants")
_NEEDED = ("end_demand_split", "lab_revenue", "enterprise")


class Living:
    """State of a living ecosystem: economy, fleet, contracts, debts, stakes, and the quarter's payments."""

    def __init__(self, drawn: Drawn, parameters: Parameters, ledger: Ledger, worlds: list[int], seed: int):
        eco = drawn.ecosystem
        check_alive(eco)
        check_returns(eco, float(parameters.system("chip_return_floor").max()))
        self.ecosystem, self.parameters = eco, parameters
        self._masks: dict[tuple[str, ...], np.ndarray] = {}
        n, width = len(eco), len(worlds)
        self.economy = Economy(drawn, parameters, worlds, seed)
        self.fleet = Fleet(drawn, parameters, width)
        self.serves = machines_serve(eco)  # the row that runs each owner's machines
        giants, vehicles = eco.of_kind("hyperscaler"), eco.of_kind("vehicle")
        self.vehicle_rows = vehicles[np.isin(eco.sponsor[vehicles], giants)]
        self.sponsor_of = eco.sponsor[self.vehicle_rows]
        self.debts = Debts(drawn, parameters, ledger)
        self.stakes = Stakes(drawn, ledger)
        # -- end users and their split
        split = {each: np.broadcast_to(drawn.share_of("end_demand_split", each, 0.0), width)
                 for each in ("labs", "own_products", "enterprise")}  # fmt: skip

        def shares(group: str) -> np.ndarray:
            found = drawn.shares(group)
            return np.zeros((n, width)) if found is None else np.array(np.broadcast_to(found, (n, width)))

        self.lab_share = shares("lab_revenue") * split["labs"]
        self.own_share = shares("own_products") * split["own_products"]
        self.enterprise_share = shares("enterprise") * split["enterprise"]
        self.compute = compute_links(drawn, self.enterprise_share, self.own_share, width)
        self.chips = chip_links(drawn, ledger, self.fleet.owners, width)
        self._open_need(drawn, parameters, ledger, width)
        labs = self.compute.group == LAB
        pairs = np.stack([self.compute.buyer[labs], self.compute.provider[labs]], axis=1)
        flow = self.compute.share[labs] * self.opening_plan[self.compute.buyer[labs]]
        progress = np.broadcast_to(self.economy.progress, width)
        self.contracts = Contracts(drawn, parameters, pairs, self.opening_plan, flow, progress)
        self.link_of_contract = self._link_of_contract()
        self.enterprise_backlog = self._enterprise_backlog(drawn, width)
        self.rent_lessor, self.rent_lessee, self.rent_due = rents(drawn, width)
        self.spill_buyers = np.unique(self.compute.buyer[self.compute.group != OWN_PRODUCTS])
        self.spill_providers = np.unique(self.serves)
        self.round_trips = RoundTrips(self)
        self._roles(drawn, ledger, width)
        states = eco.of_kind("government")
        self.treasury = int(states[0]) if states.size else eco.rest_of_world  # who levies the taxes
        self._backstops(drawn, width)
        self.payments = lay_out(self, n, width)
        self.line_of_link = line_of_link(self.payments)
        self._dues()
        self.aftermath = lay_out_aftermath(self, n, width)
        self.payment_purpose = np.concatenate([
            np.full(each.debtor.size, PURPOSES.index(each.purpose)) for each in self.payments.blocks.values()
        ])  # fmt: skip
        self.chronicle = Chronicle()
        self.warrants = Warrants(drawn, self.stakes, width)
        self.now, self.health = ThisQuarter(), Health(n, width)
        self.holdings = holdings_of(self, ledger)
        self.rank_of_debt = np.full(self.debts.place.size, -1)
        known = self.holdings.debt >= 0
        self.rank_of_debt[self.holdings.debt[known]] = self.holdings.rank[known]
        self._guarantees(drawn, width)
        self.lender_rows = eco.of_kind("lender")
        self.switches = dict.fromkeys(OF_SETTLEMENT, True)
        self._remember(drawn, parameters, ledger, width)

    def of(self, *kinds: str) -> np.ndarray:
        """Whether each firm is of any of `kinds`, bool `(firms, 1)`."""
        if kinds not in self._masks:
            rows = self.ecosystem.of_kind(*kinds)
            self._masks[kinds] = np.isin(np.arange(len(self.ecosystem)), rows)[:, None]
        return self._masks[kinds]

    def _roles(self, drawn: Drawn, ledger: Ledger, width: int) -> None:
        """Rows with a part to play, and what the first quarter finds in place of a last one."""
        eco, n = self.ecosystem, len(self.ecosystem)
        vehicles = eco.of_kind("vehicle")
        independent = vehicles[~np.isin(vehicles, self.vehicle_rows)]
        active = independent[eco.stock("ai_capex")[independent] > 0.0]
        self.self_funded = np.sort(np.concatenate([eco.of_kind("operator"), active]))
        self.is_self_funded = np.isin(np.arange(n), self.self_funded)[:, None]
        self.is_planner = self.is_self_funded | self.of("hyperscaler")
        self.is_backed = (self.parameters.of("outside_owner_share") > 0.0).any(axis=1)
        self.exempt = self.of("government", "rest_of_world")[:, 0]  # they always pay and are never tested
        _, self.first_vehicle = np.unique(self.sponsor_of, return_index=True)
        self.equity_funds = equity_investors(eco, eco.stock("invests_equity_only"))
        self.lending = np.setdiff1d(eco.of_kind("lender"), self.equity_funds)  # the others own shares only
        pairs = {}
        stakes = zip(self.stakes.holder.tolist(), self.stakes.issuer.tolist(), strict=True)
        self.pair_of_stake = np.array([pairs.setdefault(each, len(pairs)) for each in stakes], np.int32)
        self.pairs = len(pairs)
        chips = zip(self.chips.seller.tolist(), self.chips.buyer.tolist(), strict=True)
        self.stake_pair_of_chips = np.array([pairs.get(each, -1) for each in chips], np.int32)
        number = {
            (int(a), int(b)): k
            for k, (a, b) in enumerate(zip(self.stakes.holder, self.stakes.issuer, strict=True))
            if not self.stakes.old[k]
        }
        vendor = np.flatnonzero((self.debts.layer == "vendor_loan") & ~self.debts.old)
        self.vendor_place = vendor
        self.vendor_stake = np.array(
            [number[int(self.debts.holder[each]), int(self.debts.debtor[each])] for each in vendor], np.int64
        )
        self.funder_places = np.flatnonzero(ledger.claims.layer == FUNDERS)
        self.funder_lenders = ledger.claims.debtor[self.funder_places]
        self.lender_cash = ledger.column("cash")[self.funder_lenders].copy()
        # Of what a securitisation trust places, the first part to bear losses is equity; the rest are notes.
        trusts = (self.debts.market_of[self.funder_lenders] == MARKETS.index("ABS"))[:, None]
        first_loss = self.parameters.of("equity_tranche_share")[self.funder_lenders]
        self.owners_part = np.where(trusts, first_loss, 0.0)
        self.use = {}
        self._unstruck(n, width)
        outside = (self.chips.seller == eco.rest_of_world)[:, None]
        self.invoiced_part = np.where(outside, 0.0, self.parameters.data("receivable_share", 0.0)[self.chips.seller])
        self.tightness_now = self.economy.tightness.copy()
        # What the books of the opening will be deducted in the first quarter is no longer left for later ones.
        share = 1.0 / self.parameters.data("chip_tax_life_quarters", 20.0)[self.fleet.owners]
        self.tax_deduction = total_over(self.fleet.basis) * share
        self.fleet.basis = self.fleet.basis * (1.0 - share[:, None])
        self.demand_before = np.zeros((n, width))
        union = [row for row in eco.of_kind("government") if eco.region[row] == "EU"]
        self.subsidises = np.isin(np.arange(n), union[:1]).astype(float)[:, None]
        euros = sum(drawn.stock(f"subsidy_envelope_{each}") for each in ("digital", "gigafactories"))
        left = euros * drawn.stock("eur_usd") * (1.0 - drawn.stock("subsidy_spent_share"))
        self.envelope = np.array(np.broadcast_to(left[union[0]] if union else np.zeros(1), width))
        self.envelope_quarters = quarters_to(eco.opening, ENVELOPE_ENDS)

    def subsidy_budget(self) -> np.ndarray:
        """What the European envelope has for this quarter, `(worlds,)`: what is left in equal parts until it ends."""
        left = self.envelope_quarters - self.economy.quarter + 1.0
        return self.envelope / left if left >= 1.0 else np.zeros_like(self.envelope)

    def _dues(self) -> None:
        """Payments that, when missed, are claims on an estate and stand in no balance: where each is among them."""
        blocks = [self.payments.blocks[each] for each in ("running", "other_capex", "tax", "interest", "rent")]
        self.due_debtor = np.concatenate([each.debtor for each in blocks])
        self.due_creditor = np.concatenate([each.creditor for each in blocks])
        self.due_of_link = np.full(self.payments.debtor.size, -1)
        places = np.concatenate([np.arange(self.payments.debtor.size)[each.place] for each in blocks])
        self.due_of_link[places] = np.arange(places.size)

    def _backstops(self, drawn: Drawn, width: int) -> None:
        """Who buys what of whose capacity stays unsold, up to what, and when."""
        claims = self.ecosystem.claims
        found = claims.of("backstop")
        found = found[(drawn.claim("committed")[found] > 0.0).any(axis=1)]
        self.backstop_by, self.backstop_of = claims.source[found], claims.target[found]
        self.backstop_start = np.nan_to_num(claims.start[found])
        self.backstop_end = np.where(np.isnan(claims.term[found]), np.inf, claims.term[found])
        self.backstop_left = np.array(np.broadcast_to(drawn.claim("committed")[found], (found.size, width)))

    def _guarantees(self, drawn: Drawn, width: int) -> None:
        """Who pays for whose debt, up to what, and from which quarter on."""
        claims = self.ecosystem.claims
        found = claims.of("guarantee")
        found = found[(drawn.claim("committed")[found] > 0.0).any(axis=1)]
        self.guarantee_by, self.guarantee_debtor = claims.source[found], claims.target[found]
        self.guarantee_start = np.nan_to_num(claims.start[found])
        self.guarantee_left = np.array(np.broadcast_to(drawn.claim("committed")[found], (found.size, width)))

    @property
    def chip_cost_share(self) -> np.ndarray:
        """Of a chipmaker's sales, what making and running costs, `(firms, 1 or worlds)`; it costs in the quarter of the
        sale."""
        data = self.parameters.data
        return data("chipmaker_cost_of_sales", 0.0) + data("chipmaker_operating_cost", 0.0)

    def _unstruck(self, n: int, width: int) -> None:
        """What dated shocks take away or add, before any comes: they set these anew each quarter (`abm/dated.py`)."""
        self.absorption_kept, self.single_name_kept = np.ones((n, 1)), np.ones((n, 1))
        self.chip_capacity_kept, self.quota_kept = np.ones((n, 1)), np.ones((len(REGIONS), 1))
        self.spread_added = {each: np.zeros(width) for each in MARKETS}
        self.forced_default = np.zeros((n, width), bool)

    # -- who buys what from whom -------------------------------------------------------------------
    def _link_of_contract(self) -> np.ndarray:
        """The compute link that each contract supplies, -1 where its customer has no need that would use it."""
        links = self.compute
        chosen = np.flatnonzero(np.isin(links.group, (LAB, FIRST_PARTY)))
        number = {(int(links.buyer[each]), int(links.provider[each])): int(each) for each in chosen}
        pairs = zip(self.contracts.customer.tolist(), self.contracts.provider.tolist(), strict=True)
        return np.array([number.get(pair, -1) for pair in pairs], np.int32)

    # -- what the data leave open ------------------------------------------------------------------
    def _open_need(self, drawn: Drawn, parameters: Parameters, ledger: Ledger, width: int) -> None:
        """First-party need is what makes opening demand exceed capacity by the stated tightness."""
        demand, n = self.economy.end_demand, len(self.ecosystem)
        usage = parameters.data("compute_share_of_lab_revenue", 0.0) * self.lab_share * demand
        self.opening_plan = np.broadcast_to(usage + drawn.stock("training_budget"), (n, width))
        own = parameters.data("compute_share_of_own_product_revenue", 0.0) * self.own_share * demand
        others = total(self.opening_plan) + total(np.broadcast_to(own, (n, width))) + total(
            self.enterprise_share * demand)  # fmt: skip
        first_party = drawn.shares("internal_need")
        first_party = np.zeros((n, 1)) if first_party is None else first_party
        capacity = total(self.capacity(parameters))
        whole = np.maximum(0.0, parameters.system("opening_tightness") * capacity - others)
        ledger.record("first_party_need", first_party * whole)
        self.economy.tightness = (others + whole) / capacity

    def capacity(self, parameters: Parameters) -> np.ndarray:
        """Revenue of each provider at full use and today's price, `(firms, worlds)`."""
        quality = parameters.data("second_tier_quality", 1.0)[self.fleet.owners]
        throughput = self.fleet.frontier + quality * self.fleet.commodity
        return row_sums(self.earning_power(parameters) * throughput, self.serves, len(self.ecosystem))

    def earning_power(self, parameters: Parameters) -> np.ndarray:
        """Revenue per quarter of a dollar of current chips at full use, times price, `(owners or 1, worlds)`."""
        rate = parameters.shared("revenue_per_capacity", 0.0) / parameters.shared("chip_share_of_capex", 1.0)
        return np.broadcast_to(rate * self.economy.price, self.fleet.frontier.shape)

    def _enterprise_backlog(self, drawn: Drawn, width: int) -> np.ndarray:
        """What reported backlogs hold beyond the contracts in the network: promises of the rest of the world."""
        n = len(self.ecosystem)
        inside = row_sums(self.contracts.backlog, self.contracts.provider, n)
        return np.maximum(0.0, np.broadcast_to(drawn.stock("backlog_rpo"), (n, width)) - inside)

    def _remember(self, drawn: Drawn, parameters: Parameters, ledger: Ledger, width: int) -> None:
        """Memory columns at the opening."""
        eco, n = self.ecosystem, len(self.ecosystem)

        def wide(values: np.ndarray) -> np.ndarray:
            return np.array(np.broadcast_to(values, (n, width)))

        builder = np.isin(np.arange(n), self.fleet.owners)[:, None]
        ledger.record("capex_budget", wide(np.where(builder, drawn.stock("ai_capex"), 0.0)))
        ledger.record("chip_fill", np.ones((n, width)))
        ledger.record("chip_part", wide(parameters.shared("chip_share_of_capex", 1.0)))
        ledger.record("chip_capacity", wide(drawn.stock("chip_capacity")))
        ledger.record("growth_expectation", wide(drawn.stock("growth_expectation")))
        ledger.record("seen_growth", wide(drawn.stock("growth_expectation")))  # until there is news
        ledger.record("loss_carry_forward", wide(drawn.stock("loss_carry_forward")))
        ledger.record("wanted_training", wide(drawn.stock("training_budget")))
        ledger.record("money_raised_average", wide(drawn.stock("cash_burn")))
        ledger.record("shells_cost", wide(drawn.stock("shells_book")))
        ledger.record("shells_basis", wide(drawn.stock("shells_tax_basis")))
        giants = np.isin(np.arange(n), eco.of_kind("hyperscaler", "chipmaker"))[:, None]
        core = wide(drawn.stock("core_cash_flow"))
        interest = row_sums(
            self.debts.rate * ledger.amounts[self.debts.place] / 4.0, self.debts.debtor, n
        )  # the opening quarter's
        other = np.where(giants, np.maximum(0.0, drawn.stock("capex_total") - drawn.stock("ai_capex")), 0.0)
        cost_of_sales = parameters.data("chipmaker_cost_of_sales", 0.0) + parameters.data(
            "chipmaker_operating_cost", 0.0
        )
        maker = np.isin(np.arange(n), eco.of_kind("chipmaker"))[:, None]
        served = np.where(maker, 1.0 - cost_of_sales, 1.0 - parameters.data("operating_cost_share", 0.0))
        sector = wide(drawn.stock("ai_revenue") * np.nan_to_num(served, nan=1.0))
        sector = np.where(np.isin(np.arange(n), eco.of_kind("ai_lab"))[:, None], 0.0, sector)
        rate = parameters.system("tax_rate") * bool(eco.of_kind("government").size)
        expensed = parameters.system("expensing_share") * (
            drawn.stock("chips_unenergised") + parameters.of("shell_expensing_share") * drawn.stock("pipeline_q1")
        )
        # Reported cash flow is after tax: tax = rate * (flow + tax + sector margin - deductions), solved for the tax.
        taxed = np.maximum(0.0, core + sector - other - expensed)
        tax = np.where(giants, rate / (1.0 - rate) * taxed, 0.0)
        ledger.record("core_inflow", np.where(giants, core + interest + tax, core))
        ledger.record("other_capex", wide(other))
        ledger.record("margin_average", np.where(giants, core + interest + tax, core) + sector)
        ledger.record(
            "free_cash_average",
            wide(
                np.where(
                    eco.has("free_cash_flow")[:, None],
                    drawn.stock("free_cash_flow"),
                    np.maximum(0.0, core + sector - tax),
                )
            ),
        )
        ledger.record("own_core_average", core)
        spreads = {each: eco.stock("base_spread")[row] for row, each in enumerate(eco.market) if each}
        first = np.zeros((n, width))
        first[eco.of_kind("hyperscaler", "chipmaker")] = spreads.get("IG", 0.0)
        first[eco.of_kind("operator", "vehicle")] = spreads.get("PC", 0.0)
        ledger.record("base_spread_of_market", first)
        ledger.record("interest", interest)
        ledger.record("chip_sales", wide(np.where(maker, drawn.stock("ai_revenue"), 0.0)))
        self._open_labs(drawn, parameters, ledger, width)

    def _open_labs(self, drawn: Drawn, parameters: Parameters, ledger: Ledger, width: int) -> None:
        """Revenue of the last four quarters of each lab, newest first, such that its growth explains its value."""
        n = len(self.ecosystem)
        revenue = self.lab_share * self.economy.end_demand
        value = np.broadcast_to(drawn.stock("private_valuation"), (n, width))
        yearly = np.where(revenue > 0.0, 4.0 * revenue, 1.0)
        multiple = value / yearly - parameters.of("valuation_multiple_floor")
        implied = np.clip(multiple / parameters.of("valuation_multiple_range"), 0.0, 1.0)
        expected = exp(4.0 * drawn.stock("growth_expectation")) - 1.0
        growth = np.clip(np.maximum(implied, expected), 0.0, 1.0)
        self.demand_before = revenue
        self.past_revenue = np.stack([revenue * exp(-age / 4.0 * log(1.0 + growth)) for age in range(4)])
        ledger.record("firm_value", value)

    def fork(self, parameters: Parameters) -> Living:
        """The same state with its own arrays."""
        twin = object.__new__(Living)
        twin.__dict__ = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.__dict__.items()
        }
        twin.parameters = parameters
        twin.economy = self.economy.fork(parameters)
        for name in _FORKED:
            setattr(twin, name, getattr(self, name).fork())
        twin.switches = dict(self.switches)
        twin.chips = ChipLinks(self.chips.buyer, self.chips.seller, self.chips.share, self.chips.late.copy(),
                               self.chips.receivable)  # fmt: skip
        return twin


def check_returns(eco: Ecosystem, floor: float) -> None:
    """Refuse data in which a chip cannot earn back `floor` of its cost; what a user sets is taken as it is. Raises
    `BadInput`.

    Earnings of a dollar of chips at full use over what a quarter takes of them: progress, failures, interest.
    """
    parameters = Parameters(eco)
    margin = 1.0 - parameters.data("operating_cost_share", 0.0)[eco.of_kind("hyperscaler", "operator")]
    earned = parameters.shared("revenue_per_capacity", 0.0) / parameters.shared("chip_share_of_capex", 1.0)
    taken = parameters.shared("hardware_progress_rate", 0.0) / 4.0 + parameters.shared("chip_failure_rate", 0.0)
    back = earned * margin.mean() / (taken + parameters.system("valuation_discount_rate"))
    if back[0] < floor:
        raise BadInput(
            Fault(
                f"{eco.name}: parameters.csv",
                f"a chip that earns {back[0]:.2f} of its cost",
                f"at least {floor:g}, from revenue_per_capacity, operating_cost_share, hardware_progress_rate and "
                "chip_failure_rate",
            )
        )


def quarters_to(opening: str, end: str) -> int:
    """Quarters from the opening to `end`."""
    return quarter_number(end) - quarter_number(opening)


def check_alive(eco: Ecosystem) -> None:
    """Refuse an ecosystem that says too little to live: it can be stressed, but not run. Raises `BadInput`."""
    faults = [Fault(eco.name, f"no mix {each!r}", "the split of end users' spending, to run quarters")
              for each in _NEEDED if each not in eco.mixes]  # fmt: skip
    row = eco.rest_of_world
    faults += [Fault(eco.name, f"no {item} of the rest of the world", "a number above zero, to run quarters")
               for item in ("end_demand", "end_demand_previous") if not eco.stock(item)[row] > 0.0]  # fmt: skip
    names = ("hardware_progress_rate", "revenue_per_capacity", "chip_share_of_capex", "power_per_chip_value")
    faults += [Fault(eco.name, f"no parameter {each!r}", "its value in parameters.csv, to run quarters")
               for each in names if each not in eco.parameters]  # fmt: skip
    if faults:
        raise BadInput(faults)
