"""What a run and its data say about each target: one function per target, a value per world.

A measure takes a `Baseline` and returns floats `(worlds,)` in the target's unit; one read off the data has one value.
Measures of single firms know the worlds that are kept firm by firm. What cannot be measured raises `NotMeasured`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from abm.errors import BadInput
from abm.words import part_of
from experiments.yearly import SOURCES

if TYPE_CHECKING:
    from abm.ecosystem.tables import Table
    from abm.parameters import Parameters
    from abm.results import RunResult

_RESALE_QUARTERS = 5  # chips bought at the opening or in one of the four quarters after it
_FIRST_QUARTERS = 8
_EXTERNAL_QUARTERS = 16
_CALM_QUARTERS = 40
_FAILED = ("reorganised", "wound_up")  # columns that count failures, by how they end
_SMALLEST = 1e-6  # USD bn: less than this is rounding
_LOANS = ("bonds_issued", "high_yield_issued", "private_credit_drawn", "bank_loans_drawn", "facilities_drawn")
# Kinds of money in forecasts of funding, beside private credit and securitisation.
_KINDS_OF_MONEY = {
    "corporate_debt": ("bonds_issued", "high_yield_issued", "bank_loans_drawn", "facilities_drawn"),
    "equity_sovereign": ("equity_raised", "owner_money", "vendor_money"),
}


@dataclass(frozen=True)
class Baseline:
    """A run in which nothing strikes, the parameters it ran with, the tables of its data and its opening state."""

    result: RunResult
    parameters: Parameters
    tables: Mapping[str, Table]

    @property
    def ecosystem(self):
        """Opening state of the run."""
        return self.result.ecosystem


class NotMeasured(Exception):
    """Why a target has no value in this run, in words."""


# -- reading a run -------------------------------------------------------------------------------------
def _system(base: Baseline, name: str) -> np.ndarray:
    """A series of the whole, (worlds, quarters)."""
    if name not in base.result.names:
        raise NotMeasured(f"{name} is not recorded")
    return base.result.system(name).to_numpy()


def _firm(base: Baseline, who: str, *names: str) -> np.ndarray:
    """Columns of a firm or kind, added up, (kept worlds, quarters)."""
    _rows(base, who)
    try:
        return sum(base.result.firm(who, each).to_numpy() for each in names)
    except BadInput:
        raise NotMeasured(f"{', '.join(names)} not recorded by firm") from None


def _rows(base: Baseline, who: str) -> np.ndarray:
    try:
        return base.ecosystem.rows(who)
    except BadInput:
        raise NotMeasured(f"no {who.replace('_', ' ')} in {base.ecosystem.name}") from None


def _first(values: np.ndarray, count: int) -> np.ndarray:
    """The first `count` quarters of `values`."""
    if values.shape[1] < count:
        raise NotMeasured(f"the run is shorter than {count} quarters")
    return values[:, :count]


def _between(base: Baseline, values: np.ndarray, first: str, last: str) -> np.ndarray:
    """The quarters `first` to `last` of `values`; the run must have all of them."""
    span = base.result.quarters
    if first not in span or last not in span:
        raise NotMeasured(f"the run does not have {first} to {last}")
    return values[:, span.index(first) : span.index(last) + 1]


def _year(base: Baseline, values: np.ndarray, year: int, opening: float | None = None) -> np.ndarray:
    """A flow over a calendar year: quarters that were run, and `opening` for the opening quarter if it is one."""
    span, wanted = base.result.quarters, [f"{year}Q{each}" for each in range(1, 5)]
    run = [span.index(each) for each in wanted if each in span]
    opened = base.ecosystem.opening in wanted and opening is not None
    if len(run) + opened < len(wanted):
        raise NotMeasured(f"the run does not have all of {year}")
    return values[:, run].sum(axis=1) + (opening if opened else 0.0)


def _part(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """A share of sums over quarters, per world; 0 of nothing."""
    return part_of(part.sum(axis=1), whole.sum(axis=1))


def _stock(base: Baseline, who: str, item: str) -> float:
    return float(base.ecosystem.stock(item)[_rows(base, who)].sum())


def _given(value: float) -> np.ndarray:
    return np.array([value])


# -- compute and chips ---------------------------------------------------------------------------------
def hyperscaler_capacity_share(base: Baseline) -> np.ndarray:
    """Hyperscalers' share of what compute could be sold for, their vehicles included, mean of quarters 1 to 8."""
    own, whole = (_firm(base, who, "compute_capacity") for who in ("hyperscaler", "all"))
    return _first(part_of(own, whole), _FIRST_QUARTERS).mean(axis=1)


def quarters_with_unmet_demand(base: Baseline) -> np.ndarray:
    """Quarters of the first eight in which somebody wanted compute and got none."""
    return (_first(_system(base, "unmet_demand"), _FIRST_QUARTERS) > _SMALLEST).sum(axis=1).astype(float)


def chip_residual_value(base: Baseline, age: int) -> np.ndarray:
    """What a chip of `age` quarters earns over what it earned when it was new: price of compute then over now.

    A chip does the same work all its life, so its earning power moves with the price of a unit of compute, which
    falls as newer chips do more for a dollar; past `frontier_age_quarters` it earns `second_tier_quality` of that.
    Chips that broke are left out: they have no resale price. Mean over chips bought at the opening and in the four
    quarters after it.
    """
    price = _first(_system(base, "price"), _RESALE_QUARTERS - 1 + age)
    price = np.hstack([np.full((len(price), 1), _opening_price(base)), price])
    bought = np.arange(_RESALE_QUARTERS)
    quality = base.parameters.shared("second_tier_quality", 1.0)
    frontier = base.parameters.shared("frontier_age_quarters", np.inf)
    kept = (price[:, bought + age] / price[:, bought]).mean(axis=1)
    return kept * np.where(age > frontier, quality, 1.0)


def _opening_price(base: Baseline) -> float:
    return float(base.ecosystem.stock("frontier_price_index")[base.ecosystem.rest_of_world])


def opening_tightness(base: Baseline) -> np.ndarray:
    """Demand over capacity at the opening: a parameter."""
    return base.parameters.system("opening_tightness")


def nvidia_share_to_hyperscalers(base: Baseline) -> np.ndarray:
    """Part of what builders buy of NVIDIA at opening capex and mixes that hyperscalers buy."""
    eco, maker = base.ecosystem, _rows(base, "NVDA")[0]
    bought = np.zeros(len(eco))
    for row in eco.of_kind("hyperscaler", "operator", "vehicle"):
        mix = eco.mix_of("chips", int(row))
        bought[row] = 0.0 if mix is None else eco.shares(mix)[maker] * eco.stock("ai_capex")[row]
    if not bought.any():
        raise NotMeasured("the data says nothing of who buys NVIDIA's chips")
    return _given(float(bought[eco.of_kind("hyperscaler")].sum() / bought.sum()))


# -- capex ---------------------------------------------------------------------------------------------
def hyperscaler_capex(base: Baseline, year: int) -> np.ndarray:
    """Capex in all on hyperscalers' own books, USD bn: what vehicles build is not in what companies guide to."""
    return _year(base, _firm(base, "hyperscaler", "capex", "other_capex"), year,
                 _stock(base, "hyperscaler", "capex_total"))  # fmt: skip


def firm_capex(base: Baseline, who: str, year: int) -> np.ndarray:
    """AI capex of one firm, USD bn."""
    return _year(base, _firm(base, who, "capex"), year, _stock(base, who, "ai_capex"))


def cumulative_ai_datacentre_spend(base: Baseline) -> np.ndarray:
    """AI capex of everybody from the opening to the end of 2030, USD bn."""
    return _between(base, _system(base, "capex"), base.result.quarters[0], "2030Q4").sum(axis=1)


def capex_per_year_2030(base: Baseline) -> np.ndarray:
    """AI capex of everybody in 2030, USD bn."""
    return _year(base, _system(base, "capex"), 2030)


def quarterly_capex_growth_mean(base: Baseline) -> np.ndarray:
    """Mean growth of the four firms' capex in series.csv that companies reported, log per quarter."""
    spent: dict[str, float] = {}
    table = base.tables.get("series")
    for _, name, grade, quarter, value in table.rows("name", "grade", "quarter", "value") if table else ():
        if name == "capex_total" and grade == "reported":
            spent[quarter] = spent.get(quarter, 0.0) + value
    if len(spent) < 2:
        raise NotMeasured("the data has no series of capex")
    ordered = sorted(spent)
    return _given(float(np.log(spent[ordered[-1]] / spent[ordered[0]]) / (len(ordered) - 1)))


# -- who pays ------------------------------------------------------------------------------------------
def external_funding_share(base: Baseline) -> np.ndarray:
    """Others' new money over AI capex and what labs burn, all of the first 16 quarters."""
    raised = _firm(base, "all", *(each for _, columns in SOURCES for each in columns))
    labs = [str(base.ecosystem.id[row]) for row in base.ecosystem.of_kind("ai_lab")]
    burnt = sum(np.maximum(0.0, _outflow(base, each)) for each in labs)
    spent = _firm(base, "all", "capex") + burnt
    return _part(*(_first(each, _EXTERNAL_QUARTERS) for each in (raised, spent)))


def external_mix(base: Baseline, kind: str) -> np.ndarray:
    """One kind of others' new money over all of it, from the opening to the end of 2028.

    What the securitisation trust took over is counted with its investors and no more with private credit. Committed
    and bank loans count as corporate debt, suppliers' money as equity.
    """
    trust, lent = _system(base, "securitised"), _system(base, "private_credit_drawn")
    money = {name: sum(_system(base, each) for each in columns) for name, columns in _KINDS_OF_MONEY.items()}
    whole = lent + sum(money.values())
    parts = {"private_credit": lent - trust, "securitised": trust, **money}
    span = base.result.quarters[0], "2028Q4"
    return _part(_between(base, parts[kind], *span), _between(base, whole, *span))


def hyperscaler_borrowing_2026(base: Baseline) -> np.ndarray:
    """Bonds and loans of the hyperscalers and through their vehicles in 2026, notes of the opening quarter included."""
    eco, claims = base.ecosystem, base.ecosystem.claims
    notes = [each for each in claims.of("bond") if claims.start[each] == 0.0]
    ours = [each for each in notes if claims.target[each] in eco.of_kind("hyperscaler")]
    return _year(base, _firm(base, "hyperscaler", *_LOANS), 2026, float(claims.drawn[ours].sum()))


def operator_interest_over_revenue(base: Baseline) -> np.ndarray:
    """Interest over compute sold to others, all operators, 2026Q2 to 2028Q1."""
    interest, sales = (_firm(base, "operator", each) for each in ("interest", "compute_sales"))
    return _part(*(_between(base, each, "2026Q2", "2028Q1") for each in (interest, sales)))


def market_absorption(base: Baseline, market: str, quarters: float) -> np.ndarray:
    """What a market can place in so many quarters at the pace of the opening, USD bn: the input behind a target."""
    rows = np.array([each == market for each in base.ecosystem.market])
    if not rows.any():
        raise NotMeasured(f"no market {market} in {base.ecosystem.name}")
    return _given(float(base.ecosystem.stock("absorption_per_quarter")[rows].sum()) * quarters)


# -- promises and labs ---------------------------------------------------------------------------------
def rpo_four_clouds(base: Baseline) -> np.ndarray:
    """Backlogs that the hyperscalers report, USD bn."""
    return _given(_stock(base, "hyperscaler", "backlog_rpo"))


def rpo_two_labs_share(base: Baseline) -> np.ndarray:
    """Part of those backlogs that the two labs with the largest contracts promised."""
    eco, claims = base.ecosystem, base.ecosystem.claims
    backlog = eco.stock("backlog_rpo") * np.isin(np.arange(len(eco)), eco.of_kind("hyperscaler"))
    if not backlog.any():
        raise NotMeasured("the data has no backlogs")
    theirs = [each for each in claims.of("take_or_pay") if backlog[claims.target[each]] > 0.0]
    by_lab = np.bincount(claims.source[theirs], claims.committed[theirs], len(eco))[eco.of_kind("ai_lab")]
    return _given(float(np.sort(by_lab)[-2:].sum() / backlog.sum()))


def lease_commitments_not_commenced(base: Baseline) -> np.ndarray:
    """Leases that hyperscalers and operators signed and that begin later, USD bn."""
    eco, claims = base.ecosystem, base.ecosystem.claims
    lessees = eco.of_kind("hyperscaler", "operator")
    later = [each for each in claims.of("lease") if not claims.active[each] and claims.target[each] in lessees]
    return _given(float(claims.headline[later].sum()))


def openai_burn_2026(base: Baseline) -> np.ndarray:
    """Cash that OpenAI's business takes in 2026, USD bn: costs, interest, repayments and tax less revenue."""
    return _year(base, _outflow(base, "OAI"), 2026, _stock(base, "OAI", "cash_burn"))


def anthropic_revenue_2026_second_quarter(base: Baseline) -> np.ndarray:
    """What users pay Anthropic in 2026Q2, USD bn."""
    return _between(base, _firm(base, "ANT", "user_revenue"), "2026Q2", "2026Q2")[:, 0]


def _outflow(base: Baseline, who: str) -> np.ndarray:
    return _firm(base, who, "interest", "principal", "tax") - _firm(base, who, "margin")


# -- failures ------------------------------------------------------------------------------------------
def failed(base: Baseline, *kinds: str) -> np.ndarray:
    """Whether each firm of `kinds` failed in 40 quarters, bool (firms, worlds)."""
    rows = base.ecosystem.of_kind(*kinds)
    if not rows.size:
        raise NotMeasured(f"no {' or '.join(kinds)} in {base.ecosystem.name}")
    each = [_first(_firm(base, str(base.ecosystem.id[row]), *_FAILED), _CALM_QUARTERS) for row in rows]
    return np.stack([seen.sum(axis=1) > 0.0 for seen in each])


def defaults_hyperscalers_chipmakers(base: Baseline) -> np.ndarray:
    """How many hyperscalers and chipmakers fail."""
    return failed(base, "hyperscaler", "chipmaker").sum(axis=0).astype(float)


def defaults_operators(base: Baseline) -> np.ndarray:
    """Share of operators that fail, by count."""
    return failed(base, "operator").mean(axis=0)


def recovery(base: Baseline, name: str) -> np.ndarray:
    """What creditors get back, as a share of what they were owed: mean over the failures of a world, NaN where none."""
    seen = _system(base, name)
    known = np.isfinite(seen)
    if not known.any():
        raise NotMeasured("nobody failed in this run")
    count = known.sum(axis=1)
    found = np.full(len(seen), np.nan)
    return np.divide(np.where(known, seen, 0.0).sum(axis=1), count, out=found, where=count > 0)


def _never(base: Baseline, why: str) -> np.ndarray:
    raise NotMeasured(why)


MEASURES: dict[str, Callable[[Baseline], np.ndarray]] = {
    "hyperscaler_capacity_share": hyperscaler_capacity_share,
    "opening_tightness": opening_tightness,
    "quarters_with_unmet_demand": quarters_with_unmet_demand,
    "capex_over_operating_cash_flow_2025": partial(_never, why="2025 lies before the opening and is not in the data"),
    "external_funding_share": external_funding_share,
    "external_mix_private_credit": partial(external_mix, kind="private_credit"),
    "external_mix_corporate_debt": partial(external_mix, kind="corporate_debt"),
    "external_mix_equity_sovereign": partial(external_mix, kind="equity_sovereign"),
    "external_mix_securitised": partial(external_mix, kind="securitised"),
    "hyperscaler_capex_2026": partial(hyperscaler_capex, year=2026),
    "hyperscaler_capex_2027": partial(hyperscaler_capex, year=2027),
    "cumulative_ai_datacentre_spend": cumulative_ai_datacentre_spend,
    "rpo_four_clouds": rpo_four_clouds,
    "rpo_two_labs_share": rpo_two_labs_share,
    **{f"chip_residual_value_{age}q": partial(chip_residual_value, age=age) for age in (4, 8, 12)},
    "operator_interest_over_revenue": operator_interest_over_revenue,
    "nvidia_share_to_hyperscalers": nvidia_share_to_hyperscalers,
    "defaults_hyperscalers_chipmakers": defaults_hyperscalers_chipmakers,
    "defaults_operators": defaults_operators,
    "capex_per_year_2030": capex_per_year_2030,
    "lease_commitments_not_commenced": lease_commitments_not_commenced,
    "hyperscaler_bonds_2026_jan_may": partial(market_absorption, market="IG", quarters=5.0 / 3.0),
    "hyperscaler_borrowing_2026": hyperscaler_borrowing_2026,
    "datacentre_securitisation": partial(market_absorption, market="ABS", quarters=4.0),
    "recovery_loans_ultimate": partial(recovery, name="recovery_secured"),
    "recovery_senior_unsecured": partial(recovery, name="recovery_unsecured"),
    "recovery_firmwide": partial(recovery, name="recovery_firmwide"),
    "quarterly_capex_growth_mean": quarterly_capex_growth_mean,
    "openai_burn_2026": openai_burn_2026,
    "anthropic_revenue_2026Q2": anthropic_revenue_2026_second_quarter,
    "coreweave_capex_2026": partial(firm_capex, who="CRWV", year=2026),
    "nebius_capex_2026": partial(firm_capex, who="NBIS", year=2026),
    "obbba_cash_benefit_first_year": partial(_never, why="it takes a second run, without full expensing"),
}
