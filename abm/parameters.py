"""Every behavioural parameter, declared once; values for all, a kind, a firm, or world by world.

An address is `name`, `kind.name` or `FIRM.name`; the most specific wins. Numbers that belong to an
ecosystem (asset lives, cost shares, ...) stand in its own parameters.csv and answer to the same
addresses. A range is what designs and sliders draw from; only the hard limits refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS
from abm.errors import BadInput, Fault, nearest, shown


@dataclass(frozen=True)
class Parameter:
    """One declaration: `default`, range `low`..`high`, hard limits, unit, meaning, symbol, source, grade."""

    name: str
    default: float
    low: float
    high: float
    unit: str
    symbol: str
    meaning: str
    source: str
    grade: str = "assumed"
    least: float = 0.0
    most: float = 1.0


_JUDGEMENT = "judgement; swept over its range"

DECLARED = {
    each.name: each
    for each in (
        Parameter("default_asset_recovery", 0.85, 0.6, 1.0, "share", "alpha",
                  "what is left of a failed firm's cash and assets after the cost of failing",
                  "bankruptcy costs of 10-20% of value (Rogers & Veraart 2013 for the rule)"),
        Parameter("default_receipt_recovery", 0.85, 0.6, 1.0, "share", "beta",
                  "what is left of a failed firm's receipts after the cost of failing",
                  "as default_asset_recovery"),
        Parameter("fire_sale_price_impact", 0.8, 0.3, 1.5, "log price per share of fleet sold", "eta_q",
                  "fall of the price of used AI chips when the whole fleet of the network is put on sale",
                  "judgement; telecom gear resold near scrap in 2001", most=20.0),
        Parameter("fire_sale_price_floor", 0.3, 0.1, 0.5, "share of price", "q_min",
                  "price that forced sales cannot push below", _JUDGEMENT),
        Parameter("breach_sale_share", 0.3, 0.0, 0.5, "share of fleet", "",
                  "part of its chips that a firm in breach of covenants offers for sale", _JUDGEMENT),
        Parameter("variable_cost_share", 0.5, 0.0, 1.0, "share of running cost", "",
                  "part of a firm's running cost that falls away with a lost sale within the horizon; the "
                  "cost of chips themselves is always variable", _JUDGEMENT),
        Parameter("lab_operating_cost_share", 0.25, 0.15, 0.4, "share of revenue", "",
                  "running cost of an AI lab other than compute and research", _JUDGEMENT),
        Parameter("own_product_margin", 0.6, 0.4, 0.8, "share of revenue", "own_margin",
                  "cash margin of a hyperscaler's own AI products", _JUDGEMENT),
        Parameter("enterprise_multiple", 6.0, 4.0, 8.0, "years of margin", "m_EV",
                  "value of a cloud as a going concern, per yearly operating margin", _JUDGEMENT, most=50.0),
        Parameter("shell_resale_share", 0.8, 0.6, 1.0, "share of cost", "",
                  "what buildings and building work fetch when sold", _JUDGEMENT),
        Parameter("shell_lending_value", 0.6, 0.4, 0.8, "share of cost", "",
                  "what buildings and building work count for in a loan-to-value test", _JUDGEMENT),
        Parameter("loan_to_value_limit", 0.8, 0.6, 0.9, "ratio", "LTV_max",
                  "covenant: secured debt over the value behind it", "advance rates of 50-70% on GPU-backed loans",
                  most=10.0),
        Parameter("service_cover_limit", 1.2, 1.1, 1.4, "ratio", "DSCR_min",
                  "covenant: operating margin over interest and principal of secured debt", _JUDGEMENT, most=10.0),
        Parameter("covenant_headroom", 0.1, 0.05, 0.3, "share", "",
                  "room left to a borrower whose opening figures would already breach both covenants", _JUDGEMENT),
        Parameter("capital_requirement", 0.1, 0.06, 0.15, "share of assets", "k_min",
                  "capital below which a bank or securitisation trust stops lending", "Basel-style ratio"),
        Parameter("closing_multiple", 6.0, 3.0, 10.0, "years of revenue", "",
                  "an AI lab valued below this many years of planned revenue cannot raise equity if also short "
                  "of cash", _JUDGEMENT, most=100.0),
        Parameter("closing_runway", 4.0, 2.0, 8.0, "quarters", "",
                  "cash, in quarters of planned burn, below which such a lab cannot raise equity", _JUDGEMENT,
                  most=40.0),
        Parameter("valuation_elasticity", 1.0, 0.5, 3.0, "percent per percent", "",
                  "fall of an AI lab's valuation per fall of its revenue; 1 = constant multiple of revenue",
                  _JUDGEMENT, most=10.0),
        Parameter("liquidity_use", 0.1, 0.03, 0.3, "share per quarter", "lambda_M",
                  "part of its liquidity above the buffer that a hyperscaler spends in a quarter before it borrows",
                  _JUDGEMENT),
        Parameter("firm_order_share", 0.5, 0.2, 0.8, "share", "",
                  "part of an open chip order that the buyer cannot cancel before other investment", _JUDGEMENT),
        Parameter("drawdown_quarters", 4.0, 2.0, 8.0, "quarters", "",
                  "time over which committed equity is paid in", "SoftBank to OpenAI: three tranches in 2026",
                  least=1.0, most=40.0),
    )
}  # fmt: skip


class Parameters:
    """Values of all parameters for one ecosystem: `parameters.of("name")` is float64 `(firms, 1 or worlds)`.

    `settings` maps addresses to a number or an array over worlds. Raises `BadInput` listing every
    address that names no parameter or firm, and every value outside its hard limits.
    """

    def __init__(self, ecosystem: Ecosystem, settings: Mapping[str, float | np.ndarray] | None = None):
        self.ecosystem = ecosystem
        self.settings = dict(settings or {})
        self._values: dict[str, np.ndarray] = {}
        faults: list[Fault] = []
        ordered = sorted(self.settings.items(), key=lambda each: self._specificity(each[0]))
        for address, value in ordered:
            faults += self._set(address, value)
        if faults:
            raise BadInput(faults)

    def fork(self) -> Parameters:
        """The same values with their own arrays."""
        twin = Parameters(self.ecosystem, self.settings)
        twin._values = {name: value.copy() for name, value in self._values.items()}
        return twin

    def __contains__(self, name: str) -> bool:
        return name in DECLARED or name in self.ecosystem.parameters

    def names(self) -> list[str]:
        return [*DECLARED, *self.ecosystem.parameters]

    def of(self, name: str) -> np.ndarray:
        """Value of `name` by firm (and world, where it was set so)."""
        if name not in self._values:
            self._values[name] = self._default(name)[:, None]
        return self._values[name]

    def wide(self, name: str, worlds: int) -> np.ndarray:
        """Value of `name` as a read-only `(firms, worlds)` array."""
        return np.broadcast_to(self.of(name), (len(self.ecosystem), worlds))

    def assign(self, rows: int | slice, name: str, value: float | np.ndarray) -> None:
        """Set a parameter for some rows, to a number or one per world. Raises `BadInput`."""
        chosen = self.ecosystem.id[rows]
        for firm in (chosen,) if isinstance(chosen, str) else chosen:
            faults = self._set(f"{firm}.{name}", value)
            if faults:
                raise BadInput(faults)

    def data(self, name: str, default: float) -> np.ndarray:
        """Value by firm of a parameter that belongs to the ecosystem; `default` where it states none."""
        if name not in self.ecosystem.parameters:
            return np.full((len(self.ecosystem), 1), default)
        value = self.of(name)
        return np.where(np.isnan(value), default, value)

    def system(self, name: str) -> np.ndarray:
        """Value of a parameter that one whole world shares, float64 `(1 or worlds,)`: that of the last row."""
        return self.of(name)[-1]

    def _default(self, name: str) -> np.ndarray:
        if name not in DECLARED:
            return self.ecosystem.parameter(name)
        declared = DECLARED[name]
        return self.ecosystem.parameter(name, declared.default)

    def _specificity(self, address: str) -> int:
        where = address.rpartition(".")[0]
        return 0 if not where else 1 if where.casefold() in KINDS else 2

    def _set(self, address: str, value: float | np.ndarray) -> list[Fault]:
        where, _, name = address.rpartition(".")
        if name not in self.names():
            return [Fault("parameters", shown(address), "a parameter", nearest=nearest(name, self.names()))]
        try:
            given = np.atleast_1d(np.asarray(value, np.float64))
        except (TypeError, ValueError):
            return [Fault("parameters", shown(value), f"a number for {address}")]
        declared = DECLARED.get(name)
        if given.ndim != 1 or not np.isfinite(given).all():
            return [Fault("parameters", shown(value), f"a finite number, or one per world, for {address}")]
        if declared and (given.min() < declared.least or given.max() > declared.most):
            return [Fault("parameters", shown(value), f"{address} between {declared.least:g} and {declared.most:g}")]
        try:
            rows = self.ecosystem.rows(where) if where else slice(None)
        except BadInput as refused:
            return list(refused.faults)
        current = self.of(name)
        if current.shape[1] > 1 and given.size > 1 and current.shape[1] != given.size:
            return [Fault("parameters", f"{given.size} values", f"{current.shape[1]} for {address}, one per world")]
        wide = np.repeat(current, given.size, axis=1) if given.size > current.shape[1] else current.copy()
        wide[rows] = given
        self._values[name] = wide
        self.settings[address] = value
        return []
