"""Every behavioural parameter, declared once; values for all, a kind, a firm, or world by world.

An address is `name`, `kind.name`, `GROUP.name` or `FIRM.name`; the last of these that is set wins,
and `all.name` is `name`. Only `name` addresses what a whole world shares (`Parameter.system`). Numbers
that belong to an ecosystem (asset lives, cost shares, ...) stand in its own parameters.csv and answer
to the same addresses; those of technology (`items.SHARED`) are one value for all. A range is what
designs and sliders draw from; only the hard limits refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from abm.declaration import Parameter
from abm.declared_contagion import CONTAGION
from abm.declared_finance import FINANCE
from abm.declared_markets import MARKETS
from abm.ecosystem import Ecosystem
from abm.ecosystem.items import FACTS, PARAMETERS, SHARED
from abm.ecosystem.vocabulary import KINDS
from abm.errors import BadInput, Fault, nearest, shown

DECLARED: dict[str, Parameter] = {each.name: each for each in (*MARKETS, *FINANCE, *CONTAGION)}


class Parameters:
    """Values of all parameters for one ecosystem: `parameters.of("name")` is float64 `(firms, 1 or worlds)`.

    `settings` maps addresses to a number or an array over worlds; `worlds` is how many there are (None:
    as many as the first array has). Raises `BadInput` listing every address that names no parameter or firm,
    and every value outside its hard limits.
    """

    def __init__(
        self,
        ecosystem: Ecosystem,
        settings: Mapping[str, float | np.ndarray] | None = None,
        worlds: int | None = None,
    ):
        self.ecosystem, self.worlds = ecosystem, worlds
        self.settings = dict(settings or {})
        self._values: dict[str, np.ndarray] = {}
        self._wide: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
        self._data: dict[tuple[str, float], tuple[np.ndarray | None, np.ndarray]] = {}
        faults: list[Fault] = []
        ordered = sorted(self.settings.items(), key=lambda each: self._specificity(each[0]))
        for address, value in ordered:
            faults += self._set(address, value)
        if faults:
            raise BadInput(faults)

    def fork(self) -> Parameters:
        """The same values with their own arrays."""
        twin = Parameters(self.ecosystem, self.settings, self.worlds)
        twin._values = {name: value.copy() for name, value in self._values.items()}
        return twin

    def __contains__(self, name: str) -> bool:
        return name in DECLARED or (name in self.ecosystem.parameters and name not in FACTS)

    def names(self) -> list[str]:
        return [*DECLARED, *(each for each in self.ecosystem.parameters if each not in FACTS)]

    @property
    def width(self) -> int:
        """1, or the number of worlds if any parameter differs by world."""
        return max((each.shape[1] for each in self._values.values()), default=1)

    def of(self, name: str) -> np.ndarray:
        """Value of `name` by firm (and world, where it was set so)."""
        if name not in self._values:
            self._values[name] = self._default(name)[:, None]
        return self._values[name]

    def wide(self, name: str, worlds: int) -> np.ndarray:
        """Value of `name` as a read-only `(firms, worlds)` array."""
        value = self.of(name)
        kept = self._wide.get((name, worlds))
        if kept is None or kept[0] is not value:  # rules read the same views quarter after quarter
            kept = self._wide[name, worlds] = value, np.broadcast_to(value, (len(self.ecosystem), worlds))
        return kept[1]

    def assign(self, rows: int | slice, name: str, value: float | np.ndarray, world: int | None = None) -> None:
        """Set a parameter for some rows, to a number or one per world; or to a number in one `world` (its column).

        Raises `BadInput`.
        """
        for row in np.atleast_1d(np.arange(len(self.ecosystem))[rows]):
            given = value
            if world is not None:
                given = self.wide(name, self.worlds or 1)[row].copy()
                try:
                    given[world] = value
                except (TypeError, ValueError):
                    raise BadInput(Fault("parameters", shown(value), f"one number for {name} in a world")) from None
            faults = self._set(f"{self.ecosystem.id[row]}.{name}", given)
            if faults:
                raise BadInput(faults)

    def replace(self, name: str, values: np.ndarray) -> None:
        """Put `values` `(firms, 1 or worlds)` in the place of what `of(name)` gave."""
        self._values[name] = values

    def data(self, name: str, default: float) -> np.ndarray:
        """Read-only value by firm of a parameter that belongs to the ecosystem; `default` where it states none."""
        value = self.of(name) if name in self.ecosystem.parameters else None
        kept = self._data.get((name, default))
        if kept is None or kept[0] is not value:  # asked for many times a quarter
            filled = np.full((len(self.ecosystem), 1), default)
            if value is not None:
                filled = np.where(np.isnan(value), default, value)
            filled.flags.writeable = False
            kept = self._data[name, default] = value, filled
        return kept[1]

    def shared(self, name: str, default: float) -> np.ndarray:
        """Read-only value, float64 `(1 or worlds,)`, of a parameter of the ecosystem that is one for all."""
        return self.data(name, default)[-1]

    def system(self, name: str) -> np.ndarray:
        """Value of a parameter that one whole world shares, float64 `(1 or worlds,)`: that of the last row."""
        return self.of(name)[-1]

    def _default(self, name: str) -> np.ndarray:
        if name not in DECLARED:
            return self.ecosystem.parameter(name)
        declared, eco = DECLARED[name], self.ecosystem
        value = eco.parameter(name, declared.default)
        for kind, default in declared.by_kind.items():
            value[eco.of_kind(kind)] = default
        stated = eco.has(declared.item) if declared.item else np.zeros(len(eco), bool)
        if declared.of_all and stated.any():
            return np.full(len(eco), eco.stock(declared.item)[stated][0])
        return np.where(stated, eco.stock(declared.item), value)

    def _specificity(self, address: str) -> int:
        """0 for all, 1 for a kind, 2 for a group that was split, 3 for a firm."""
        who = _parts(address)[0].casefold()
        if not who or who in KINDS:
            return int(bool(who))
        return 3 if who in self._firms else 2

    @cached_property
    def _firms(self) -> set[str]:
        return {each.casefold() for each in (*self.ecosystem.id, *self.ecosystem.title)}

    def _set(self, address: str, value: float | np.ndarray) -> list[Fault]:
        where, name = _parts(address)
        if name not in self.names():
            return [Fault("parameters", shown(address), "a parameter", nearest=nearest(name, self.names()))]
        try:
            given = np.atleast_1d(np.asarray(value, np.float64))
        except (TypeError, ValueError):
            return [Fault("parameters", shown(value), f"a number for {address}")]
        declared = DECLARED.get(name)
        if where and (name in SHARED or (declared and declared.system)):
            return [Fault("parameters", shown(address), f"{name!r}: one value for the whole system")]
        if given.ndim != 1 or not np.isfinite(given).all():
            return [Fault("parameters", shown(value), f"a finite number, or one per world, for {address}")]
        if given.size not in (1, self.worlds or max(given.size, 1)):
            return [Fault("parameters", f"{given.size} values", f"{self.worlds or 1} for {address}, one per world")]
        least, most = (declared.least, declared.most) if declared else PARAMETERS[name].range
        if given.min() < least or given.max() > most:
            return [Fault("parameters", shown(value), f"{address} between {least:g} and {most:g}")]
        try:
            rows = self.ecosystem.rows(where) if where else slice(None)
        except BadInput as refused:
            return list(refused.faults)
        if given.size > 1:
            self.worlds = given.size
        current = self.of(name)
        wide = np.repeat(current, given.size, axis=1) if given.size > current.shape[1] else current.copy()
        wide[rows] = given
        self._values[name] = wide
        self.settings.pop(address, None)  # what is set last stands last
        self.settings[address] = value
        return []


def _parts(address: str) -> tuple[str, str]:
    """Who is addressed ("" = everybody) and the name of the parameter."""
    where, _, name = address.rpartition(".")
    return "" if where.casefold() == "all" else where, name
