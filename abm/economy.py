"""What the whole economy shares: the calendar, hardware progress, end-user spending, prices, confidence.

All arrays are `(worlds,)`. "The equations" in `docs/quarters.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abm.drawn import Drawn
from abm.luck import normals
from abm.parameters import Parameters
from abm.words import at_least, at_most, between
from cython_ext.markets import exp, log

_YEAR = 4.0  # quarters

# What a run records of the economy: name, unit, meaning.
SERIES = (
    ("end_demand", "USD bn per quarter", "what end users spend on AI"),
    ("demand_growth", "log per quarter", "growth of end-user spending"),
    ("price", "index", "price of compute, 1 at the opening"),
    ("tightness", "ratio", "demand for compute over capacity"),
    ("unmet_demand", "USD bn per quarter", "compute that was wanted and not served"),
    ("confidence", "index", "confidence of lenders"),
)


class Economy:
    """State of the economy in every world; `quarter` counts from the opening (0)."""

    def __init__(self, drawn: Drawn, parameters: Parameters, worlds: Sequence[int], seed: int):
        self.parameters, self.seed, self.worlds = parameters, seed, list(worlds)
        width, row = len(self.worlds), drawn.ecosystem.rest_of_world

        def of_row(item: str) -> np.ndarray:
            return np.array(np.broadcast_to(drawn.stock(item)[row], width))

        self.quarter = 0
        self.end_demand = of_row("end_demand")
        self.opening_demand = self.end_demand.copy()
        self.demand_growth = log(self.end_demand / of_row("end_demand_previous"))
        self.expected_demand_growth = self.demand_growth.copy()
        self.noise = np.zeros(width)
        self.shortfall = np.zeros(width)  # share of end-user spending that is lost to a shock
        self.quarters_behind = np.zeros(width)  # for which the path of end-user spending has stood still
        self.confidence = of_row("confidence")
        self.price, self.trend_price = of_row("frontier_price_index"), of_row("frontier_price_index")
        self.throughput = np.ones(width)  # of a dollar of chips bought now, 1 at the opening
        self.tightness = np.ones(width)
        self.unmet_demand = np.zeros(width)
        self.written_off = np.zeros(width)  # USD bn of loans lost in the quarter

    # -- what the calendar moves -------------------------------------------------------------------
    def advance(self) -> None:
        """A quarter passes: new machines do more per dollar, and the noise in demand takes its next step."""
        self.quarter += 1
        self.written_off = np.zeros_like(self.end_demand)
        self.throughput = self.throughput * exp(self.progress)
        persistence, spread = self._of("demand_noise_persistence"), self._of("demand_noise")
        step = normals(self.seed, "end demand", self.worlds, self.quarter)
        self.noise = persistence * self.noise + spread * step

    @property
    def progress(self) -> np.ndarray:
        """Growth of throughput per dollar, log per quarter (g_e / 4)."""
        return self.parameters.shared("hardware_progress_rate", 0.0) / _YEAR

    def trend_demand(self) -> np.ndarray:
        """End-user spending on the logistic path through the opening value, USD bn per quarter."""
        ceiling, growth = self._of("end_demand_ceiling"), self._of("end_demand_growth")
        ceiling = at_least(ceiling, 1.01 * self.opening_demand)
        to_come = ceiling / self.opening_demand - 1.0
        return ceiling / (1.0 + to_come * exp(-growth * (self.quarter - self.quarters_behind)))

    def set_demand(self, spending: np.ndarray) -> None:
        """End users spend this much; the disappointment of lenders is measured against what they expected."""
        self.demand_growth = log(spending / self.end_demand)
        self.end_demand = spending

    # -- what the quarter leaves behind ------------------------------------------------------------
    def set_price(self, tightness: np.ndarray) -> None:
        """The price of compute falls with hardware progress and rises with tightness."""
        self.tightness = tightness
        excess = between(-self._of("price_slack_limit"), tightness - 1.0, self._of("price_excess_limit"))
        self.price = self.price * exp(-self.progress + self._of("price_response") * excess)
        self.trend_price = self.trend_price * exp(-self.progress)

    def learn(self, capital: np.ndarray) -> None:
        """Lenders lose confidence when spending grows less than expected, or when loans are written off.

        `capital` is the capital of the lending institutions, USD bn `(worlds,)`.
        """
        persistence, spread = self._of("demand_noise_persistence"), self._of("demand_noise")
        band = self._of("confidence_dead_band") + self._of("confidence_noise_band") * spread * np.sqrt(
            2.0 / (1.0 + persistence)
        )
        surprise = at_least(0.0, self.expected_demand_growth - self.demand_growth - band)
        losses = np.divide(self.written_off, capital, out=np.zeros_like(capital), where=capital > 0.0)
        loss = self._of("confidence_loss") * surprise + self._of("confidence_writeoff_response") * losses
        confidence = self.confidence * exp(-loss) + self._of("confidence_recovery") * (1.0 - self.confidence)
        self.confidence = at_most(at_least(confidence, self._of("confidence_floor")), 1.0)
        speed = self._of("demand_expectation_speed")
        self.expected_demand_growth = self.expected_demand_growth + speed * (
            self.demand_growth - self.expected_demand_growth
        )

    def _of(self, name: str) -> np.ndarray:
        return self.parameters.system(name)

    def fork(self, parameters: Parameters) -> Economy:
        """The same state with its own arrays."""
        twin = object.__new__(Economy)
        twin.__dict__ = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.__dict__.items()
        }
        twin.parameters = parameters
        return twin
