"""What a run leaves behind: series of the whole system in every world, and of every firm in the first worlds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from abm.chronicle import FULL_WORLDS, Chronicle
from abm.columns import COLUMNS
from abm.economy import SERIES
from abm.ecosystem.quarters import quarter_number, quarter_text
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.errors import BadInput, Fault, nearest, shown
from abm.opening import AT_COST
from abm.words import part_of
from cython_ext import total

if TYPE_CHECKING:
    import pandas

_SUMMED = (
    *(name for name, column in COLUMNS.items() if column.sort == "flow"),
    "fleet_value", "capex_plan", "distribution_plan", "cash", "securities", "core_business_value", "chip_capacity",
    "other_capex", "firm_value", "net_worth",
)  # fmt: skip
_OF_ECONOMY = tuple(name for name, *_ in SERIES)


@dataclass
class Recorder:
    """Collects a model's quarters; `firms` and `system` hold one array a quarter."""

    system: dict[str, list[np.ndarray]] = field(default_factory=dict)
    firms: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def record(self, model) -> None:
        """Take the quarter that has just ended."""
        economy = model.living.economy
        for name in _OF_ECONOMY:
            self.system.setdefault(name, []).append(getattr(economy, name).copy())
        for name in _SUMMED:
            column = model.ledger.column(name)
            self.system.setdefault(name, []).append(total(column[:-1]))  # all but the rest of the world
            self.firms.setdefault(name, []).append(column[:, :FULL_WORLDS].copy())
        for name, values in (model.network_metrics() | failures(model)).items():
            self.system.setdefault(name, []).append(values)


def failures(model) -> dict[str, np.ndarray]:
    """Failures of the quarter, `(worlds,)`: their number, what creditors of each rank got of a dollar owed (NaN where
    nobody failed), and what lenders lost of what they had lent."""
    now = model.living.now
    found = {"defaults": (now.reorganised | now.wound_up).sum(axis=0).astype(float)}
    names = ("recovery_secured", "recovery_unsecured")
    for rank, name in enumerate(names):
        found[name] = np.where(now.claimed[rank] > 0.0, part_of(now.recovered[rank], now.claimed[rank]), np.nan)
    lenders = model.living.lender_rows
    lost, lent = total(now.loan_losses[lenders]), total(model.ledger.held(*DEBT_LAYERS, AT_COST)[lenders])
    found["lender_loss_rate"] = part_of(lost, lent + lost)
    claimed, got = total(now.claimed), total(now.recovered)
    return found | {"recovery_firmwide": np.where(claimed > 0.0, part_of(got, claimed), np.nan)}


def _taken(series: dict[str, list[np.ndarray]], axis: int) -> dict[str, np.ndarray]:
    """All quarters of each series as one array. The list of quarters is emptied on the way: both whole at once would be
    the most memory that a run needs."""
    return {name: np.stack(series.pop(name), axis=axis) for name in list(series)}


class RunResult:
    """A finished run; it takes over what its recorder has collected. `system(name)` and `firm(who, name)` are pandas
    frames, a row a world, a column a quarter."""

    def __init__(self, ecosystem, recorder: Recorder, worlds: list[int], seed: int, worst_residual: float,
                 scenario: str = "baseline", chronicle: Chronicle | None = None):  # fmt: skip
        self._chronicle = chronicle or Chronicle()
        self.ecosystem, self.worlds, self.seed, self.scenario = ecosystem, worlds, seed, scenario
        self.worst_residual = worst_residual
        self._system, self._firms = _taken(recorder.system, 1), _taken(recorder.firms, 2)

    def _repr_html_(self) -> str:
        from abm.display import as_html

        return as_html(self)

    @cached_property
    def quarters(self) -> list[str]:
        """Calendar quarters that were run."""
        opening = quarter_number(self.ecosystem.opening)
        count = next(iter(self._system.values())).shape[1]
        return [quarter_text(opening + each) for each in range(1, count + 1)]

    @cached_property
    def events(self) -> pandas.DataFrame:
        """Who failed and why, in every world, and who hit whom, when and through what, in the first worlds; columns as
        in `abm.chronicle`."""
        return self._chronicle.frame(self.ecosystem, self.worlds, self.quarters)

    @property
    def names(self) -> list[str]:
        """Series there are."""
        return list(self._system)

    def arrays(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """All series by name: of the system `(worlds, quarters)`, and of firms `(rows, first worlds, quarters)`."""
        return dict(self._system), dict(self._firms)

    def system(self, name: str) -> pandas.DataFrame:
        """A series of the economy, or a column summed over all firms but the rest of the world. Raises `BadInput`."""
        import pandas

        self._know(name, self._system)
        return pandas.DataFrame(
            self._system[name], index=pandas.Index(self.worlds, name="world"), columns=self.quarters
        )

    def firm(self, who: str, name: str) -> pandas.DataFrame:
        """A column of one firm, or summed over a group or kind, in the first worlds. Raises `BadInput`."""
        import pandas

        self._know(name, self._firms)
        rows = self.ecosystem.rows(who)
        values = total(self._firms[name][rows].reshape(rows.size, -1)).reshape(self._firms[name].shape[1:])
        index = pandas.Index(self.worlds[: values.shape[0]], name="world")
        return pandas.DataFrame(values, index=index, columns=self.quarters)

    def against(self, baseline: RunResult) -> RunResult:
        """This run less another of the same worlds, world by world: they share their luck. Raises `BadInput`."""
        if (self.worlds, self.seed, self.quarters) != (baseline.worlds, baseline.seed, baseline.quarters):
            raise BadInput(Fault("against", "a run of other worlds, seed or quarters", "a baseline of the same"))
        twin = object.__new__(RunResult)
        twin._chronicle = self._chronicle
        twin.scenario = self.scenario
        twin.ecosystem, twin.worlds, twin.seed, twin.worst_residual = (
            self.ecosystem, self.worlds, self.seed, max(self.worst_residual, baseline.worst_residual)
        )  # fmt: skip
        twin._system = {name: each - baseline._system[name] for name, each in self._system.items()}
        twin._firms = {name: each - baseline._firms[name] for name, each in self._firms.items()}
        return twin

    def _know(self, name: str, among: dict) -> None:
        if name not in among:
            raise BadInput(Fault("result", shown(name), "a series of a run", nearest=nearest(name, list(among))))
