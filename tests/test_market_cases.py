"""Whole quarters with answers that are known: growth, prices, promises, chips, shares, loans, subsidies, power.

Each test runs the model as it stands and compares what it did with a formula on paper; nothing is stubbed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import abm
from abm.ecosystem.vocabulary import DEBT_LAYERS, MARKETS, REGIONS
from abm.markets.chips import building_budgets

NEAR = {"rtol": 1e-11, "atol": 1e-11}
PROGRESS = 0.25 / 4.0  # of hardware in `ai_2026`, log per quarter
EUROPE = REGIONS.index("EU")
WIDE = {"spread_per_absorption": 0.0, "spread_per_leverage": 0.0, "leverage_limit": 50.0, "spread_limit": 1.0,
        "demand_noise": 0.0, "outside_owner_share": 0.0, "V_XAI.outside_owner_share": 1.0}  # fmt: skip
CALM = {"covenants": False, "insolvency": False, "funding_withdrawal": False}  # markets alone, nobody is judged


def city(**stocks: tuple[str, float]) -> abm.Ecosystem:
    """`ai_2026` with some opening numbers of a firm, group or kind replaced: `item=(who, value)`."""
    eco = abm.load("ai_2026")
    for item, (who, value) in stocks.items():
        eco.stocks[item].value[eco.rows(who)] = value
    return eco


def wide_city(**stocks: tuple[str, float]) -> abm.Ecosystem:
    """A city whose lenders refuse nothing."""
    return city(absorption_per_quarter=("lender", 1e5), single_name_share=("lender", 1.0), capital=("lender", 1e6),
                **stocks)  # fmt: skip


def without_promises(eco: abm.Ecosystem) -> abm.Ecosystem:
    """The same without contracts for compute at the opening."""
    found = eco.claims.of("take_or_pay")
    eco.claims.committed[found] = eco.claims.due[found] = 0.0
    return eco


def quarters(count: int, ecosystem: abm.Ecosystem | str = "ai_2026", **options) -> Iterator[abm.EcosystemModel]:
    """A model before its first quarter, and after each of `count` quarters."""
    model = abm.EcosystemModel(ecosystem, **options)
    model.begin()
    yield model
    for _ in range(count):
        model.step()
        yield model
    model.release()


def of_kind(model: abm.EcosystemModel, name: str, *kinds: str) -> np.ndarray:
    """A copy of a column for the firms of some kinds."""
    return model.ledger.column(name)[model.ecosystem.of_kind(*kinds)].copy()


def lent_in(model: abm.EcosystemModel, market: str, name: str) -> np.ndarray:
    """A column summed over the lenders of a market, `(worlds,)`."""
    return model.ledger.column(name)[np.array(model.ecosystem.market) == market].sum(axis=0)


@pytest.mark.parametrize(("roomy", "speed"), [(True, 1.0), (False, 0.3)])
def test_on_a_path_of_constant_growth_capex_and_use_tend_to_their_closed_forms(roomy, speed):
    """All demand grows at g, nothing limits funding, chips, power or plans, and hardware stands still.

    Chips bought now work in the fleet K two quarters on, c = 1 - f of it is left each quarter and all is scrapped
    after n = 32: K" = c K' + I less what is scrapped. If K grows at g this gives
        i = I / K = exp(g) (exp(g) - c) / (1 - (c exp(-g))**n).
    Here I counts what new machines and places for all of them would cost, s of it machines. Sites are built for the
    part m that will have no place: all places Q are to be, in chips at cost, what is left in six quarters of the chips
    S of today and of those that were bought a quarter ago at a pace B, and six quarters at that pace more. So
        m B = S + (1 + 6) B - Q,  Q' = Q + m B exp(g),  B = s I exp(-g);  growing at g:  m = Q (1 - exp(-g)) / B.
    In a roomy city there are places without end, and m is 0. Capex is I (s + (1 - s) m).
    Work under way is six quarters of sites, (1 - s) m, and one of chips, s: P / K = i times their sum at growth g.
    The rule I = (D exp(L g) / (u* e) - r K - P) / T + f K, with r = exp(-L f), solved for use D / (e K), gives
        u = u* exp(-L g) (T (v i - f) + r + P / K),  v = exp(-g) + (1 - exp(-g)) / k,
    which is u* where nothing grows or fails; k is the speed at which capex follows the rule, and the g of this line is
    what builders expect, g up to terms in g**2. What the opening leaves behind fades by more than a tenth a quarter, so
    that 80 quarters leave less than 1e-5 of it; places that stand empty take 130.
    """
    growth, failure, share, target, lead, closing = np.array([0.02, 0.03, 0.06]), 0.15, 0.6, 0.9, 4.0, 4.0
    parameters = WIDE | {
        "end_demand_ceiling": 1e5, "end_demand_growth": growth, "need_growth_response": 1.0,
        "training_floor_share": 1.0, "training_growth_limit": 1.0, "first_party_growth_limit": 1.0,
        "take_or_pay_floor": 0.0, "price_response": 0.0, "hardware_progress_rate": 0.0,
        "chip_failure_rate": failure, "second_tier_quality": 1.0, "core_growth": growth,
        "frontier_age_quarters": 32.0, "power_per_chip_value": 1e-7 if roomy else 0.03,
        "scarcity_response": 0.0, "arms_race_weight": 0.0,
        "expensing_response": 0.0, "capex_spread_response": 0.0, "capex_adjustment_speed": speed,
        "gap_closing_quarters": closing, "expectation_speed": 1.0,
        "capex_growth_limit": 10.0, "profitability_threshold": 0.0, "confidence_loss": 0.0,
        "operator.outside_owner_share": 1.0,
    }  # fmt: skip
    power = {f"power_quota_{each}": ("ROW", 1e6) for each in REGIONS}
    eco = without_promises(wide_city(chip_capacity=("chipmaker", 1e7), cash=("ai_lab", 1e6), **power))
    model = abm.EcosystemModel(eco, worlds=3, parameters=parameters, switches=CALM)
    model.begin()
    opening = model.living.economy.end_demand.copy()
    for quarter in range(1, 81 if roomy else 131):
        # The logistic path bends a little below its ceiling: a negative shortfall makes it exactly exponential.
        logistic = 1e5 / (1.0 + (1e5 / opening - 1.0) * np.exp(-growth * quarter))
        model.living.economy.shortfall[:] = 1.0 - opening * np.exp(growth * quarter) / logistic
        model.step()
        assert model.ledger.column("funding_gap").max() < 1e-9
    kept = 1.0 - failure
    pace = np.exp(growth) * (np.exp(growth) - kept) / (1.0 - (kept * np.exp(-growth)) ** 32)
    bought = share * pace * np.exp(-growth)
    young = sum(kept**age * np.exp(-growth * (age + 2)) for age in range(26))
    left = share * pace * kept * np.exp(-6.0 * failure) * young
    places = (left + 7.0 * bought) / (2.0 - np.exp(-growth))
    lacking = 0.0 if roomy else places * (1.0 - np.exp(-growth)) / bought
    sites = (1.0 - share) * lacking
    work = pace * (sites * sum(np.exp(-growth * age) for age in range(1, 7)) + share * np.exp(-growth))
    seen = of_kind(model, "growth_expectation", "hyperscaler")
    assert (seen >= growth - 1e-9).all() and (seen <= np.exp(growth) - 1.0 + 1e-9).all()
    wish = pace * (np.exp(-growth) + (1.0 - np.exp(-growth)) / speed)
    use = target * np.exp(-lead * seen) * (closing * (wish - failure) + np.exp(-lead * failure) + work)
    fleet, capex, demand, able = (of_kind(model, each, "hyperscaler") for each in (
        "fleet_value", "capex_budget", "compute_demand", "compute_capacity"))  # fmt: skip
    np.testing.assert_allclose(capex / fleet, np.broadcast_to(pace * (share + sites), fleet.shape), rtol=1e-5)
    np.testing.assert_allclose(demand / able, use, rtol=1e-5)
    model.release()


@pytest.mark.parametrize("progress", [0.0, 0.25])
def test_the_price_follows_its_formula_in_every_quarter_and_world(progress):
    """p' = p exp(-g_e / 4 + phi (tightness - 1)), tightness within its limits, from 1 at the opening."""
    result = abm.run(
        quarters=12, worlds=20, draw_assumed=True,
        parameters={"hardware_progress_rate": progress, "chip_failure_rate": 0.0, "price_response": 0.3},
    )  # fmt: skip
    price, tightness = result.system("price").to_numpy(), result.system("tightness").to_numpy()
    assert tightness.min() < 1.0 < tightness.max()
    steps = -progress / 4.0 + 0.3 * np.clip(tightness - 1.0, -0.3, 0.5)
    np.testing.assert_allclose(price, np.exp(np.cumsum(steps, axis=1)), rtol=1e-12)


def test_without_progress_a_price_that_sees_no_tightness_stays_where_it_is():
    still = {"hardware_progress_rate": 0.0, "price_excess_limit": 0.0, "price_slack_limit": 0.0}
    assert (abm.run(quarters=8, worlds=3, parameters=still).system("price").to_numpy() == 1.0).all()


def test_a_promise_costs_more_than_its_units_by_what_the_lock_keeps():
    """Labs sign in the first quarter only, `lead` ahead, for four quarters; the price then falls with progress.

    A dollar buys exp((1 - lock) lead g) / p units, so k quarters into the contract they are worth
    exp(-g (lock lead + k)) dollars at the price of the day. In full it was paid for in every quarter.
    """
    lock, lead, term = np.array([0.0, 0.5, 1.0]), 3, 4
    parameters = {"price_lock": lock, "price_response": 0.0, "contract_lead_quarters": lead, "demand_noise": 0.0,
                  "contract_term_quarters": term}  # fmt: skip
    ran = quarters(lead + term + 1, without_promises(city()), worlds=3, parameters=parameters)
    next(ran)
    model = next(ran)
    model.assign(slice(None), "take_or_pay_floor", 0.0)
    for quarter in range(2, lead + term + 2):
        price = model.living.economy.price.copy()
        np.testing.assert_allclose(price, np.exp(-PROGRESS * (quarter - 1)), **NEAR)
        next(ran)
        contracts = model.living.contracts
        paid, worth = model.living.payments["contracts"], contracts.units_now * price
        if not 1 + lead <= quarter < 1 + lead + term:
            assert not paid.any()
            continue
        assert (paid.sum(axis=0) > 1.0).all()
        np.testing.assert_allclose(paid, worth * np.exp(PROGRESS * (lock * lead + quarter - 1 - lead)), **NEAR)
        np.testing.assert_allclose(model.ledger.column("promised").sum(axis=0), paid.sum(axis=0), **NEAR)
    assert not contracts.backlog.any()


@pytest.mark.parametrize("cancellable", [0.0, 0.5])
def test_rationed_chips_go_out_to_the_last_one_and_more_of_them_to_favoured_customers(cancellable):
    """At half their capacity makers ship all they can: w_i o_i C / sum(w o) while that fills no order, with
    weight 1 + favour for customers in whom they hold a stake. The rest waits; who plans less cancels a part of it."""
    parameters = {"favoured_customer_weight": 0.4, "cancellable_order_share": cancellable}
    ran = quarters(4, worlds=4, parameters=parameters)
    model = next(ran)
    chips, stakes, favoured, waiting = model.living.chips, model.living.stakes, 0, 0.0
    makers = model.ecosystem.of_kind("chipmaker")
    for _ in range(4):
        model.ledger.record("chip_capacity", 0.5 * model.ledger.column("chip_capacity"))
        capacity, late = model.ledger.column("chip_capacity").copy(), chips.late.copy()
        owned = {(a, b): stakes.share[(stakes.holder == a) & (stakes.issuer == b)].sum(axis=0)
                 for a, b in zip(stakes.holder.tolist(), stakes.issuer.tolist(), strict=True)}  # fmt: skip
        last = model.ledger.column("capex_budget").copy()
        next(ran)
        ledger = model.ledger
        # What was shipped is paid for, or owed at the end of the quarter.
        owed = np.where(chips.receivable[:, None] >= 0, ledger.amounts[chips.receivable], 0.0)
        shipped = model.living.payments["chips"] + owed
        stopping = ledger.column("capex_plan") < last
        spent = ledger.column("chip_part") * building_budgets(model)
        for maker in makers:
            own = np.flatnonzero(chips.seller == maker)
            orders = late[own] + spent[chips.buyer[own]] * chips.share[own]
            rationed = orders.sum(axis=0) > capacity[maker]
            np.testing.assert_allclose(ledger.column("chip_orders")[maker], orders.sum(axis=0), **NEAR)
            limited = np.minimum(orders.sum(axis=0), capacity[maker])
            np.testing.assert_allclose(ledger.column("chip_sales")[maker], limited, **NEAR)
            stake = np.array([owned.get((maker, buyer), np.zeros(4)) > 0.0 for buyer in chips.buyer[own]])
            pull = (1.0 + 0.4 * stake) * orders
            part = pull * capacity[maker] / pull.sum(axis=0)
            simple = rationed & (part <= orders).all(axis=0)
            np.testing.assert_allclose(shipped[own][:, simple], part[:, simple], **NEAR)
            missing = orders - shipped[own]
            kept = np.where(stopping[chips.buyer[own]], 1.0 - cancellable, 1.0) * missing
            np.testing.assert_allclose(chips.late[own], kept, **NEAR)
            favoured, waiting = favoured + (stake & simple & (orders > 0.0)).sum(), waiting + missing.sum()
    assert favoured > 10
    assert waiting > 10.0


def test_new_shares_go_to_those_who_pay_and_dilute_all_others():
    """An investor of x gets x / (V + F) at a value V before all new money F; what others hold is V / (V + F) of it."""
    ran = quarters(8, worlds=3, switches=CALM)
    model, issued = next(ran), 0
    stakes, n = model.living.stakes, len(model.ecosystem)

    def by_issuer(values: np.ndarray) -> np.ndarray:
        result = np.zeros((n, 3))
        np.add.at(result, stakes.issuer, values)
        return result

    for _ in range(8):
        share, value = stakes.share.copy(), np.maximum(model.ledger.column("firm_value"), 1e-9)
        next(ran)
        paid, owners = model.living.payments["stakes"], model.living.payments["owners"]
        fresh = by_issuer(paid) + owners
        whole = value + fresh
        expected = (share * value[stakes.issuer] + paid) / whole[stakes.issuer]
        bought = ~np.isin(stakes.issuer, model.living.warrants.issuer)  # warrants vest for nothing
        np.testing.assert_allclose(stakes.share[bought], expected[bought], **NEAR)
        outside = (1.0 - by_issuer(share)) * value + owners
        firms = ~np.isin(np.arange(n), model.living.warrants.issuer)
        np.testing.assert_allclose(1.0 - by_issuer(stakes.share)[firms], (outside / whole)[firms], **NEAR)
        marked = stakes.share * model.ledger.column("firm_value")[stakes.issuer]
        np.testing.assert_allclose(model.ledger.amounts[stakes.place], marked, **NEAR)
        raised = of_kind(model, "equity_raised", "ai_lab") + of_kind(model, "vendor_money", "ai_lab")
        np.testing.assert_allclose(fresh[model.ecosystem.of_kind("ai_lab")], raised, **NEAR)
        issued += (fresh > 0.1).sum()
    assert issued > 20


@pytest.mark.parametrize("pressure", [0.0, 0.006])
def test_a_market_asks_its_calm_spread_and_the_square_of_what_it_placed(pressure):
    """chi times the square of last quarter's issues over what the market could place; without chi, the calm spread."""
    ran = quarters(6, worlds=3, draw_assumed=True, parameters={"spread_per_absorption": pressure})
    model, seen = next(ran), 0
    for _ in range(6):
        next(ran)
        for market, issues in (("IG", "bonds_issued"), ("PC", "private_credit_drawn"), ("BK", "bank_loans_drawn"),
                               ("HY", "high_yield_issued")):  # fmt: skip
            first = model.ecosystem.market.index(market)
            # Private credit also places what the trust takes off its books.
            debts = model.living.debts
            freed = model.living.now.resold[debts.of("PC")].sum(axis=0) if market == "PC" else 0.0
            used = model.ledger.column(issues).sum(axis=0) / (lent_in(model, market, "absorption_plan") + freed)
            assert (used <= 1.0 + 1e-12).all()
            expected = model.ledger.column("base_spread")[first] + pressure * used**2
            loop = model.living.now.loop
            calm = np.setdiff1d(np.arange(3), loop.worlds if loop else [])  # all was paid as it was granted
            np.testing.assert_allclose(model.market_spread(market)[calm], expected[calm], **NEAR)
            seen += calm.size
    assert seen > 30


class Spender(abm.Hyperscaler):
    """Builds far more than it earns."""

    def plan_capex(self):
        return 80.0 + 0.0 * self.cash


@pytest.mark.parametrize("binding", ["request", "limit", "room"])
def test_one_borrower_gets_the_least_of_request_limit_and_room_at_base_rate_and_quote(binding):
    """Only META may sell bonds (all others are above their leverage limit), and it wants nothing else."""
    absorption, single = {"request": (500.0, 1.0), "limit": (7.0, 1.0), "room": (500.0, 0.008)}[binding]
    eco = city(absorption_per_quarter=("lender", absorption), single_name_share=("lender", single))
    only = {"leverage_limit": 0.0, "META.leverage_limit": 50.0, "market_choice_scale": 1e-4,
            "off_balance_sheet_benefit": 0.0, "demand_noise": 0.0}  # fmt: skip
    ran = quarters(2, eco, parameters=only, agents={"META": Spender})
    model = next(ran)
    ledger, debts, borrower = model.ledger, model.living.debts, model.ecosystem.row["META"]
    lenders = np.flatnonzero(np.array(eco.market) == "IG")
    behind = [borrower, model.ecosystem.row["V_META"]]  # lenders look through a vehicle to its sponsor
    claims = ledger.claims
    known = np.isin(claims.holder, lenders) & np.isin(claims.debtor, behind) & np.isin(claims.layer, DEBT_LAYERS)
    exposure = ledger.amounts[known].sum()
    whole = (ledger.held("bond", "loan", "gpu_loan", "abs") + ledger.column("outside_book"))[lenders].sum()
    next(ran)
    options = {
        "request": ledger.column("funding_need")[borrower, 0], "limit": lent_in(model, "IG", "absorption_plan")[0],
        "room": max(0.0, single * whole - exposure),
    }  # fmt: skip
    assert min(options, key=options.get) == binding
    assert ledger.column("bonds_issued").sum() == ledger.column("bonds_issued")[borrower, 0]
    assert ledger.column("bonds_issued")[borrower, 0] == pytest.approx(options[binding], rel=1e-12)
    new = np.flatnonzero([claims.id[each].startswith("new_bond_IG") and claims.debtor[each] == borrower
                          for each in debts.place])  # fmt: skip
    balance = ledger.amounts[debts.place[new], 0].copy()
    assert balance.sum() == pytest.approx(options[binding], rel=1e-12)
    rate = 0.0364 + ledger.column("spread_plan")[borrower, 0]
    np.testing.assert_allclose(debts.rate[new, 0], rate, **NEAR)
    next(ran)
    np.testing.assert_allclose(model.living.payments["interest"][new, 0], balance * rate / 4.0, **NEAR)
    np.testing.assert_allclose(model.living.payments["principal"][new, 0], 0.0125 * balance, **NEAR)


@pytest.mark.parametrize("notes", [0.5, 1e3])
def test_the_trust_buys_seasoned_loans_as_far_as_it_places_notes_and_frees_private_credit(notes):
    """It buys min(what it can place, seasoned loans less what is repaid); where private credit lends all it can,
    that is what it places by itself and what was taken off its hands."""
    eco = city(absorption_per_quarter=("PC_1", 1.0))
    for who, value in (("PC_2", 1.0), ("PC_3", 1.0), ("ABS", notes)):
        eco.stocks["absorption_per_quarter"].value[eco.row[who]] = value
    eco.stocks["capital"].value[eco.row["ABS"]] = 1e4  # never what binds
    eager = {"off_balance_sheet_benefit": 0.05, "spread_per_absorption": 0.0}
    ran = quarters(5, eco, worlds=2, parameters=eager, agents={"hyperscaler": Spender})
    model = next(ran)
    ledger, debts = model.ledger, model.living.debts
    trust, private = model.ecosystem.row["ABS"], debts.market == MARKETS.index("PC")
    for _ in range(5):
        before, seasoned = ledger.amounts[debts.place].copy(), debts.seasoned.copy()
        held = ledger.held("abs")[trust].copy()
        next(ran)
        due, sold = model.living.payments["principal"], model.living.payments["resale"]
        ready = np.maximum(0.0, np.minimum(seasoned, before) - due)[debts.can_be_sold].sum(axis=0)
        bought = np.minimum(lent_in(model, "ABS", "absorption_plan"), ready)
        assert (bought > 0.1).all()
        assert ((bought < ready) == (notes < 1.0)).all()
        np.testing.assert_allclose(ledger.column("securitised").sum(axis=0), bought, **NEAR)
        repaid = due[debts.holder == trust].sum(axis=0)
        np.testing.assert_allclose(ledger.held("abs")[trust], held + bought - repaid, **NEAR)
        drawn = ledger.column("private_credit_drawn").sum(axis=0)
        np.testing.assert_allclose(drawn, lent_in(model, "PC", "absorption_plan") + sold[private].sum(axis=0), **NEAR)


def _winding_down(kind: type) -> type:
    """A builder that spends the same whatever the tax, for three quarters, and then no more."""

    class Winding(kind):
        def plan_capex(self):
            return 0.0 * self.cash + (2.0 if self.model.living.economy.quarter <= 3 else 0.0)

    return Winding


def test_expensing_changes_when_tax_is_paid_and_not_how_much():
    """The same purchases are deducted at once or over four quarters; firms that always earn pay the same in all.

    The switch is turned after the opening, whose reported cash flows are taken to be after tax with expensing. Oracle
    gets cash enough to build on its own books, so that tax does not decide where machines stand.
    """
    taxes, kinds = [], {"hyperscaler": abm.Hyperscaler, "operator": abm.Operator, "V_XAI": abm.Vehicle}
    parameters = WIDE | {"chip_tax_life_quarters": 4.0, "shell_tax_life_quarters": 4.0,
                         "ecosystem_investment_share": 0.0, "hyperscaler.ecosystem_investment_share": 0.0}  # fmt: skip
    for share in (0.0, 1.0):
        result = abm.run(
            wide_city(cash=("ORCL", 300.0)), abm.Scenario("calm", "Calm", switches=CALM), quarters=16,
            parameters=parameters,
            agents={who: _winding_down(kind) for who, kind in kinds.items()},
            before=lambda model, quarter, share=share: model.parameters.of("expensing_share").fill(share),
        )  # fmt: skip
        taxes.append(np.stack([result.firm(each, "tax").to_numpy()[0] for each in ("GOOG", "MSFT", "META")]))
        assert taxes[-1].min() > 0.0
    assert np.abs(taxes[0] - taxes[1]).max() > 0.1
    np.testing.assert_allclose(taxes[0].sum(axis=1), taxes[1].sum(axis=1), rtol=1e-11)


@pytest.mark.parametrize("limit", [0.02, 1.0])
def test_subsidies_stay_within_envelope_limit_and_date(limit):
    """Each quarter until 2027Q4, the seventh, gives an equal part of what is left, or the most a project may get.

    Where that limit does not bind the envelope is spent in full, and never more than it.
    """
    ran = quarters(10, worlds=5, draw_assumed=True, parameters={"subsidy_rate_limit": limit})
    model, paid = next(ran), np.zeros(5)
    fleet, envelope = model.living.fleet, model.living.envelope.copy()
    for quarter in range(1, 11):
        completed = (fleet.idle[:, EUROPE] + fleet.queue[0][:, EUROPE]).sum(axis=0)
        next(ran)
        subsidy = of_kind(model, "subsidy", "hyperscaler", "operator", "vehicle").sum(axis=0)
        most = np.minimum(limit * completed, (envelope - paid) / max(8 - quarter, 1))
        np.testing.assert_allclose(subsidy, most if quarter <= 7 else 0.0, **NEAR)
        assert (subsidy > 0.0).all() == (quarter <= 7)
        paid += subsidy
    assert ((paid < 0.99 * envelope) == (limit < 1.0)).all()
    assert (paid <= envelope * (1.0 + 1e-12)).all()


def test_power_is_connected_by_quota_and_up_to_it_where_enough_waits():
    """In each region min(quota, GW of finished sites that wait); the quota grows by its rate and is never saved up."""
    ran = quarters(10, city(power_quota_EU=("ROW", 0.05)), worlds=3,
                   parameters={"power_quota_growth": np.array([-0.1, 0.0, 0.08])})  # fmt: skip
    model = next(ran)
    fleet, seen = model.living.fleet, set()
    for quarter in range(1, 11):
        quota = fleet.quota.copy()
        np.testing.assert_allclose(quota[EUROPE], 0.05 * np.array([0.9, 1.0, 1.08]) ** (quarter - 1), **NEAR)
        power = fleet.power.sum(axis=0)
        asked = (fleet.waiting + fleet.queue[0] * fleet.power_per_cost * 0.6 / 0.4).sum(axis=0)
        next(ran)
        np.testing.assert_allclose(fleet.power.sum(axis=0) - power, np.minimum(quota, asked), **NEAR)
        np.testing.assert_allclose(fleet.waiting.sum(axis=0), np.maximum(0.0, asked - quota), **NEAR)
        seen |= set((asked > quota).ravel().tolist())
    assert seen == {False, True}
