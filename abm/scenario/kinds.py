"""The kinds of dated shocks: whom each may strike, what its size means, and whether it lasts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind: its `size` lies between `least` and `most` (`sized` False: it has none).

    `whom` says what `who` names (empty: `who` has no place here); without a `who` all are struck, unless `must`.
    A kind that `lasts` may have `quarters` and a `shape`; any other happens at its date.
    """

    name: str
    meaning: str
    least: float = 0.0
    most: float = 1.0
    sized: bool = True
    whom: str = ""
    must: bool = False
    lasts: bool = True


KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        Kind("end_demand", "share of end users' spending that is lost"),
        Kind("demand_pause", "quarters for which the path of end users' spending stands still", most=40.0, lasts=False),
        Kind("absorption", "share lost of the new money that lenders can place", whom="lender"),
        Kind("spread", "added to the spreads of a market, decimal per year", most=0.5, whom="market"),
        Kind("single_name", "share lost of the most that lenders put into one name", whom="lender"),
        Kind(
            "hardware_jump", "how many times as much new chips do per dollar; prices follow in four quarters",
            least=1.0, most=10.0, lasts=False,
        ),
        Kind("chip_capacity", "share lost of what a chipmaker can ship", whom="chipmaker", must=True),
        Kind("power_quota", "share lost of the power that is newly connected", whom="region"),
        Kind("subsidy_envelope", "how many times as much is left of European subsidies", most=1000.0, lasts=False),
        Kind("maturity_wall", "share of the debt that is owed falls due at once", whom="firm", lasts=False),
        Kind("default", "the firm fails", sized=False, whom="firm", must=True, lasts=False),
        Kind("parameter", "new value of the parameter; or `factor`, a multiple of the old one", -1e9, 1e9, whom="firm"),
    )
}  # fmt: skip
SHAPES = {
    "step": "the whole size, for `quarters` quarters or for good",
    "ramp": "grows in equal parts over `quarters` quarters, then stays",
    "pulse": "the whole size at once, fading in equal parts over `quarters` quarters",
}
# Parameters that only the opening reads: a later change would change nothing.
OPENING_ONLY = (
    "opening_tightness", "opening_contract_quarters", "chip_return_floor", "bond_amortisation",
    "high_yield_amortisation", "gpu_loan_amortisation", "chip_life_quarters", "power_per_chip_value",
)  # fmt: skip
