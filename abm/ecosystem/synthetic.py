"""Made-up ecosystems of any size, for tests of speed and of theory: columns drawn at once, no graph in between."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np

from abm.ecosystem.ecosystem import Ecosystem, Numbers
from abm.ecosystem.synthetic_links import Links, draw_links
from abm.ecosystem.vocabulary import GRADES, KINDS, MARKETS, REGIONS
from abm.errors import BadInput, Fault, shown

# Of the firms other than the one government and the rest of the world.
KIND_SHARES = {
    "hyperscaler": 0.03, "operator": 0.37, "chipmaker": 0.05, "ai_lab": 0.20, "vehicle": 0.10, "lender": 0.25,
}
# Median assets by kind, USD bn.
TYPICAL_SIZE = {
    "hyperscaler": 200.0, "operator": 4.0, "chipmaker": 100.0, "ai_lab": 10.0, "vehicle": 5.0, "lender": 100.0,
}
# Assets of a firm that is no lender, as shares of its size; cash is drawn around its share.
ASSETS = {"cash": 0.10, "chips_book": 0.45, "shells_book": 0.25, "core_business_value": 0.20}
REGION_SHARES = (0.7, 0.2, 0.1)
OPENING = "2026Q1"
DEGREES = ("heavy", "poisson")
_COMPANIES = ("hyperscaler", "operator", "chipmaker", "ai_lab", "vehicle")


def synthetic(
    firms: int = 1000,
    seed: int = 1,
    mean_degree: float = 10.0,
    degrees: str = "heavy",
    exponent: float = 2.5,
    sigma: float = 1.0,
) -> Ecosystem:
    """A random ecosystem of `firms` firms (10 to 1,000,000) and `firms * mean_degree` claims, the same for each `seed`.

    - Kinds: `KIND_SHARES`, at least one of each, one government, one rest of the world.
    - Sizes: lognormal with parameter `sigma` around the median of the kind. Assets of a company are split as in
      `ASSETS`, its cash uniform on 0.5 to 1.5 times that share; a lender has an outside book of its size.
    - Links: shares of layers and the kinds at both ends as in `synthetic_links.LINKS`. Each end of a link is drawn in
      proportion to the attractiveness of the firms of its kinds: all equal for `degrees` = "poisson" (degrees are then
      Poisson within a kind), Pareto for "heavy" (the tail of degrees falls with `exponent` > 2 in its density).
      A pair may be joined by several claims.
    - Debt of a company that borrows is 20 to 60 percent of its size, split over its lenders at random; rates are
      uniform on 4 to 10 percent a year, terms on 8 to 40 quarters, all debt amortises in equal parts.
    - Take-or-pay dues are 10 percent of a lab's size a quarter, rents 3 percent of a lessee's; both for 8 to 40
      quarters. Stakes in an issuer sum to between 5 and 60 percent and are carried at that share of its book equity.
    - AI revenue is 0.95 to 1.3 times the dues of the quarter plus 2 percent of size, so that cash and revenue always
      cover interest, principal, rents and take-or-pay. Every opening balance sheet is solvent without its stakes.

    All amounts are USD bn, flows per quarter, and graded assumed. Raises `BadInput` for arguments out of range.
    """
    _check(firms, seed, mean_degree, degrees, exponent, sigma)
    firms, seed = int(firms), int(seed)  # numbers of numpy would wrap around
    generator = np.random.Generator(np.random.Philox(seed))
    kind = _kinds(firms)
    median = np.array([TYPICAL_SIZE.get(each, 0.0) for each in KINDS])
    size = median[kind] * np.exp(sigma * generator.standard_normal(firms))
    attraction = np.ones(firms)
    if degrees == "heavy":
        # At most the largest value to be expected of so many draws, so that worlds of one size are alike.
        tail = 1.0 / (exponent - 1.0)
        attraction = np.minimum((1.0 - generator.random(firms)) ** -tail, firms**tail)
    links = draw_links(generator, kind, size, attraction, round(firms * mean_degree))
    ids = tuple([f"F{row:07d}" for row in range(1, firms)] + ["ROW"])
    lender = kind == KINDS.index("lender")
    markets = np.where(lender, generator.integers(1, len(MARKETS) + 1, firms), 0)
    hyperscalers = np.flatnonzero(kind == KINDS.index("hyperscaler"))
    sponsor = np.where(kind == KINDS.index("vehicle"), generator.choice(hyperscalers, firms), -1)
    return Ecosystem(
        name=f"synthetic-{firms}-{seed}",
        opening=OPENING,
        id=ids,
        title=ids,
        kind=kind,
        region=tuple(np.array(REGIONS)[generator.choice(len(REGIONS), firms, p=REGION_SHARES)].tolist()),
        market=tuple(np.array(("", *MARKETS))[markets].tolist()),
        sponsor=sponsor.astype(np.int32),
        group=ids,
        stocks=_stocks(generator, kind, size, links),
        claims=links.claims,
    )


def _check(firms: int, seed: int, mean_degree: float, degrees: str, exponent: float, sigma: float) -> None:
    wanted = (
        ("firms", firms, _whole(firms) and 10 <= firms <= 1_000_000, "a whole number from 10 to 1,000,000"),
        ("seed", seed, _whole(seed) and 0 <= seed < 2**64, "a whole number not below zero"),
        ("mean_degree", mean_degree, _between(mean_degree, 1.0, 1000.0), "a number from 1 to 1000"),
        ("degrees", degrees, degrees in DEGREES, " or ".join(DEGREES)),
        ("exponent", exponent, _between(exponent, 2.0, 10.0) and exponent > 2, "a number above 2 and up to 10"),
        ("sigma", sigma, _between(sigma, 0.0, 4.0), "a number from 0 to 4"),
    )
    faults = [Fault("synthetic", shown(value), want, column=name) for name, value, fine, want in wanted if not fine]
    if faults:
        raise BadInput(faults)


def _whole(value: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _between(value: float, low: float, high: float) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high


def _kinds(firms: int) -> np.ndarray:
    """Kind codes in row order: shares of `KIND_SHARES` by cumulative rounding, each kind at least once."""
    spread = firms - 2 - len(KIND_SHARES)
    edges = np.round(np.cumsum(list(KIND_SHARES.values())) * spread).astype(int)
    counts = np.diff(edges, prepend=0) + 1
    codes = [KINDS.index(each) for each in KIND_SHARES]
    order = [*np.repeat(codes, counts), KINDS.index("government"), KINDS.index("rest_of_world")]
    return np.array(order, np.int8)


def _stocks(generator: np.random.Generator, kind: np.ndarray, size: np.ndarray, links: Links) -> dict[str, Numbers]:
    firms = len(kind)
    company = np.isin(kind, [KINDS.index(each) for each in _COMPANIES])
    builder = np.isin(kind, [KINDS.index("hyperscaler"), KINDS.index("operator")])
    lender = kind == KINDS.index("lender")
    world = kind == KINDS.index("rest_of_world")
    unknown = np.full(firms, np.nan)

    def held(value: np.ndarray, where: np.ndarray) -> Numbers:
        grade = np.where(where, GRADES.index("assumed"), 0).astype(np.int8)
        return Numbers(np.where(where, value, 0.0), unknown, unknown, grade)

    cash = size * ASSETS["cash"] * generator.uniform(0.5, 1.5, firms)
    revenue = links.dues * generator.uniform(0.95, 1.3, firms) + 0.02 * size
    chips, shells = ASSETS["chips_book"] * size, ASSETS["shells_book"] * size
    demand = np.full(firms, revenue[company].sum())
    return {
        "cash": held(cash, company | lender),
        "chips_book": held(chips, company),
        "shells_book": held(shells, company),
        "core_business_value": held(ASSETS["core_business_value"] * size, company),
        "chips_cost_surviving": held(1.4 * chips, company),
        "chips_tax_basis": held(0.5 * chips, company),
        "shells_tax_basis": held(shells, company),
        "ai_capacity": held(chips + shells, company),
        "ai_revenue": held(revenue, company),
        "ai_capex": held(0.05 * size, builder),
        "liquidity_buffer": held(0.05 * size, company),
        "capital": held(0.12 * (size + links.lent), lender),
        "outside_book": held(size, lender),
        "end_demand": held(demand, world),
        "end_demand_previous": held(0.95 * demand, world),
        "base_rate": held(np.full(firms, 0.04), world),
        "confidence": held(np.ones(firms), world),
        "frontier_price_index": held(np.ones(firms), world),
    }
