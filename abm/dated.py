"""Dated shocks strike a running model: before each quarter, whatever is in force is set anew.

Every effect is a factor, a sum or an event beside what the model has of its own, so that a shock that is over leaves
nothing behind but what it has caused, and no shock changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from abm.ecosystem.vocabulary import MARKETS, REGIONS
from abm.errors import BadInput, shown
from abm.scenario import DatedShock
from abm.scenario.whom import markets_of, regions_of, rows_of
from cython_ext.markets import exp, log

_PRICE_QUARTERS = 4  # over which prices follow a jump of hardware


class Dated:
    """The dated shocks of one run; call `strike(quarter)` before each quarter, after `model.begin()`."""

    def __init__(self, model, shocks: Sequence[DatedShock]):
        worlds, self.model = model.ledger.worlds, model
        for each in shocks:
            for key in ("size", "factor"):
                given = getattr(each, key)
                if given is not None and np.size(given) not in (1, worlds):
                    raise BadInput(each.fault(key, shown(f"{np.size(given)} sizes"), f"1 or {worlds}, one per world"))
        self.of_kind = {what: [each for each in shocks if each.what == what] for what in {each.what for each in shocks}}
        changed = {each.parameter for each in shocks if each.what == "parameter"}
        self.before = {name: model.parameters.of(name) for name in changed}

    def strike(self, quarter: int) -> None:
        """Set what is in force in `quarter`."""
        for what, shocks in self.of_kind.items():
            _EFFECTS[what](self, shocks, quarter)

    # -- shares that are lost ----------------------------------------------------------------------
    def end_demand(self, shocks: list[DatedShock], quarter: int) -> None:
        lost = np.zeros(self.model.ledger.worlds)
        for each in shocks:
            lost = lost + each.now(quarter) * (1.0 - lost)
        self.model.living.economy.shortfall = lost

    def firms_lose(self, attribute: str, shocks: list[DatedShock], quarter: int) -> None:
        """Set `living.ATTRIBUTE`, what each firm keeps of something, `(firms, worlds)`."""
        kept = np.ones((len(self.model.ecosystem), self.model.ledger.worlds))
        for each in shocks:
            kept[rows_of(each, self.model.ecosystem)] *= 1.0 - each.now(quarter)
        setattr(self.model.living, attribute, kept)

    def power_quota(self, shocks: list[DatedShock], quarter: int) -> None:
        kept = np.ones((len(REGIONS), self.model.ledger.worlds))
        for each in shocks:
            kept[regions_of(each)] *= 1.0 - each.now(quarter)
        self.model.living.quota_kept = kept

    # -- what is added -----------------------------------------------------------------------------
    def spread(self, shocks: list[DatedShock], quarter: int) -> None:
        added = {market: np.zeros(self.model.ledger.worlds) for market in MARKETS}
        for each in shocks:
            for market in markets_of(each):
                added[market] = added[market] + each.now(quarter)
        self.model.living.spread_added = added

    def demand_pause(self, shocks: list[DatedShock], quarter: int) -> None:
        behind = np.zeros(self.model.ledger.worlds)
        for each in shocks:  # time goes from t to max(t0, t - d), t0 being the last quarter before the pause
            behind = behind + np.clip(quarter - (each.at - 1), 0.0, each.size)
        self.model.living.economy.quarters_behind = behind

    # -- what happens once -------------------------------------------------------------------------
    def hardware_jump(self, shocks: list[DatedShock], quarter: int) -> None:
        economy = self.model.living.economy
        for each in shocks:
            if quarter == each.at:
                economy.throughput = economy.throughput * each.size
            if each.at <= quarter < each.at + _PRICE_QUARTERS:
                cheaper = exp(-log(each.size * np.ones_like(economy.price)) / _PRICE_QUARTERS)
                economy.price, economy.trend_price = economy.price * cheaper, economy.trend_price * cheaper

    def subsidy_envelope(self, shocks: list[DatedShock], quarter: int) -> None:
        for each in shocks:
            if quarter == each.at:
                self.model.living.envelope = self.model.living.envelope * each.size

    def maturity_wall(self, shocks: list[DatedShock], quarter: int) -> None:
        debts = self.model.living.debts
        pulled = np.zeros((debts.place.size, self.model.ledger.worlds))
        for each in shocks:
            if quarter == each.at:
                of_them = np.isin(debts.debtor, rows_of(each, self.model.ecosystem))
                pulled[of_them] = 1.0 - (1.0 - pulled[of_them]) * (1.0 - each.size)
        debts.pulled_forward = np.where(quarter > debts.rests_until, pulled, 0.0)  # creditors agreed to wait

    def default(self, shocks: list[DatedShock], quarter: int) -> None:
        forced = np.zeros((len(self.model.ecosystem), self.model.ledger.worlds), bool)
        for each in shocks:
            if quarter == each.at:
                forced[rows_of(each, self.model.ecosystem)] = True
        self.model.living.forced_default = forced

    # -- parameters --------------------------------------------------------------------------------
    def parameter(self, shocks: list[DatedShock], quarter: int) -> None:
        worlds = self.model.ledger.worlds
        for name in {each.parameter for each in shocks}:
            value = np.array(np.broadcast_to(self.before[name], (len(self.model.ecosystem), worlds)))
            for each in shocks:
                if each.parameter == name:
                    rows, level = rows_of(each, self.model.ecosystem), each.level(quarter)
                    old = value[rows]
                    new = each.size + 0.0 * old if each.factor is None else old * each.factor
                    value[rows] = new if level == 1.0 else old + level * (new - old)
            self.model.parameters.replace(name, value)


def _loses(attribute: str) -> Callable[[Dated, list[DatedShock], int], None]:
    return lambda dated, shocks, quarter: dated.firms_lose(attribute, shocks, quarter)


_EFFECTS: dict[str, Callable[[Dated, list[DatedShock], int], None]] = {
    "end_demand": Dated.end_demand, "demand_pause": Dated.demand_pause, "power_quota": Dated.power_quota,
    "absorption": _loses("absorption_kept"), "chip_capacity": _loses("chip_capacity_kept"),
    "single_name": _loses("single_name_kept"), "spread": Dated.spread, "hardware_jump": Dated.hardware_jump,
    "subsidy_envelope": Dated.subsidy_envelope, "maturity_wall": Dated.maturity_wall, "default": Dated.default,
    "parameter": Dated.parameter,
}  # fmt: skip
