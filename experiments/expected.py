"""What theory expects of each quantity that is raised, written down before it was measured.

Signs hold for means over worlds in forty quarters. "?" means that theory does not say, or says a curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WINDOWS = {"all": slice(None), "early": slice(0, 12), "late": slice(12, None), "after": slice(7, None)}
MEASURES = ("capex", "defaults", "gap", "stranded", "AF")
_SHORTFALL = 0.3
_VENDORS = ("chipmaker.ecosystem_investment_share", "hyperscaler.ecosystem_investment_share")


@dataclass(frozen=True)
class Variant:
    """A setting of the model: `parameters` from the start, further `shocks` (arguments of `DatedShock`), and the size
    of the shortfall that strikes it."""

    parameters: Mapping[str, float] = field(default_factory=dict)
    shocks: tuple[Mapping[str, object], ...] = ()
    size: float = _SHORTFALL

    @property
    def key(self) -> str:
        """Equal for equal settings."""
        return repr((sorted(self.parameters.items()), [sorted(each.items()) for each in self.shocks], self.size))


@dataclass(frozen=True)
class Quantity:
    """What is raised from `low` to `high`, in `words`; measures are taken in the baseline or, `after_shock`, in the
    shortfall. `expected` maps a measure to pairs of a window and a sign."""

    name: str
    words: str
    low: Variant
    high: Variant
    expected: Mapping[str, tuple[tuple[str, str], ...]]
    after_shock: bool = False


def _all(*signs: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Signs of `MEASURES`, each over the whole run or, as in "+ early, 0 late", over parts of it."""
    found = {}
    for measure, said in zip(MEASURES, signs, strict=True):
        parts = (each.partition(" ") for each in said.split(", "))
        found[measure] = tuple((when or "all", sign) for sign, _, when in parts)
    return found


def _parameter(address: str, value: float) -> Variant:
    return Variant({address: value})


def _shock(what: str, size: float, at: int, who: str = "") -> Variant:
    return Variant(shocks=({"what": what, "size": size, "at": at, "who": who},))


_AS_IT_IS = Variant()
QUANTITIES = (
    Quantity("x", "shortfall 20% to 40%", Variant(size=0.2), Variant(size=0.4),
             _all("- after", "+ after", "? after", "+ after", "?"), after_shock=True),
    Quantity("g_e", "hardware progress 0.25 to 0.375 a year", _AS_IT_IS, _parameter("hardware_progress_rate", 0.375),
             _all("+", "+", "+", "+", "?")),
    Quantity("A", "what lenders can place, 70% to 100%", _shock("absorption", 0.3, 1), _AS_IT_IS,
             _all("+", "?", "?", "?", "?")),
    Quantity("bonus", "expensing 0 to 100%", _parameter("expensing_share", 0.0), _parameter("expensing_share", 1.0),
             _all("+ early, 0 late", "- early", "?", "?", "?")),
    Quantity("psi", "arms race 0.35 to 0.6", _AS_IT_IS, _parameter("arms_race_weight", 0.6),
             _all("+", "?", "+", "+", "?")),
    Quantity("theta", "take-or-pay floor 0.7 to 1", _AS_IT_IS, _parameter("take_or_pay_floor", 1.0),
             _all("+ early", "?", "?", "+", "?")),
    Quantity("omega", "suppliers' money doubled", _AS_IT_IS, Variant(dict(zip(_VENDORS, (0.5, 0.2), strict=True))),
             _all("+", "?", "-", "+", "?")),
    Quantity("sigma", "users who move on, 0.5 to 1", _AS_IT_IS, _parameter("customer_substitution", 1.0),
             _all("?", "-", "?", "-", "-")),
    Quantity("k_s", "loss of confidence 3 to 5", _AS_IT_IS, _parameter("confidence_loss", 5.0),
             _all("- after", "? after", "+ after", "- after", "+"), after_shock=True),
    Quantity("-Q", "NVIDIA ships 30% less from quarter 8", _AS_IT_IS, _shock("chip_capacity", 0.3, 8, "NVDA"),
             _all("- after", "? after", "- after", "- after", "-")),
    Quantity("-P", "30% less new power from quarter 8", _AS_IT_IS, _shock("power_quota", 0.3, 8),
             _all("- after", "? after", "- after", "- after", "-")),
    Quantity("w", "hidden leases seen in full", _AS_IT_IS, _parameter("off_balance_sheet_visibility", 1.0),
             _all("-", "- late", "+ early", "-", "-")),
)  # fmt: skip
