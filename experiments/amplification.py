"""How much of a loss the circle adds: measures on a run and a baseline of the same worlds, world by world.

`revenue_amplification` counts sales. Lost revenue is `user_revenue` + `compute_sales` + `chip_sales` of all firms but
the rest of the world, baseline less shocked run, summed over a window. A dollar that a user does not pay to a lab, the
lab not to a cloud and the cloud not to a chipmaker is counted three times: it is what passes through, not what is gone.
Not counted: sales of builders, power and software (the rest of the world's), interest, and money that is raised.

`asset_amplification` counts losses: what lenders (`written_off`) and suppliers (`lost_by_suppliers`) lose on loans and
invoices, recoveries taken off; chips written down (`impairment`); what failing takes of money (`default_cost`); and
cash flow that does not come (`margin`, all firms together, so that what one buys of another cancels; chipmakers' with a
quarter's delay, as it is recorded). It is meant for what existed at the date of the shock. The series do not know the
date at which a thing was bought, so they also hold the cash flow of machines that are not built any more: a share that
grows with the window. Not counted: marks on stakes and labs, sites that fail to find a buyer, promises that end. A
write-down answers to cash flow expected later; what of it falls into the window is in `margin` too. Read the parts.

Both are divided by the direct shortfall, what end users spend less in the window. Neither is monotone in the size of a
shock: the loss grows with it, but so does the shortfall. Where a shock does not cut end demand there is nothing to
divide by: `Amplification.per_dollar` is False and the lost amount stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abm.errors import BadInput, Fault, shown
from abm.results import RunResult
from abm.words import part_of
from experiments.yearly import QUANTILES

WINDOW = 12  # quarters over which a shock is followed
SALES = ("user_revenue", "compute_sales", "chip_sales")
LOSSES = {"written_off": 1.0, "lost_by_suppliers": 1.0, "impairment": 1.0, "default_cost": 1.0, "margin": -1.0}
_CUT = 0.01  # of baseline spending: with less of a shortfall in any world, a shock does not cut end demand


@dataclass(frozen=True)
class Amplification:
    """Arrays are `(worlds,)`, USD bn over the window: `lost` (less than nothing where more is earned) and its `parts`,
    `direct` what end users spend less, `sales` the baseline's revenue, `spending` of the baseline's end users."""

    lost: np.ndarray
    direct: np.ndarray
    sales: np.ndarray
    spending: np.ndarray
    parts: Mapping[str, np.ndarray]

    @property
    def per_dollar(self) -> bool:
        """Whether the shock cuts end demand, so that `ratio` means something."""
        return bool((self.direct > _CUT * self.spending).all())

    @property
    def ratio(self) -> np.ndarray:
        """Lost per dollar that end users spend less. Raises `ValueError` where the shock does not cut end demand."""
        if not self.per_dollar:
            raise ValueError("end users do not spend less: a loss per dollar has no meaning, read `lost` and `share`")
        return self.lost / self.direct

    @property
    def share(self) -> np.ndarray:
        """Lost over the baseline's revenue; 0 without revenue."""
        return part_of(self.lost, self.sales)

    def facts(self) -> dict:
        """Percentiles 10, 50 and 90 over worlds, as plain numbers; `per_dollar` is None where it has no meaning."""
        return {
            "per_dollar": band(self.ratio) if self.per_dollar else None,
            "lost": band(self.lost), "share_of_baseline_revenue": band(self.share), "direct": band(self.direct),
            "parts": {name: band(values) for name, values in self.parts.items()},
        }  # fmt: skip


def revenue_amplification(
    shocked: RunResult, baseline: RunResult, first_quarter: int, quarters: int = WINDOW
) -> Amplification:
    """Lost revenue of agents, in all and per dollar of the direct shortfall, in `quarters` from `first_quarter` on.

    1 is the first simulated quarter; a run that ends before the window does is taken as far as it goes. Raises
    `BadInput` for runs of other worlds or a window outside them.
    """
    return _amplification(shocked, baseline, dict.fromkeys(SALES, -1.0), first_quarter, quarters)


def asset_amplification(
    shocked: RunResult, baseline: RunResult, first_quarter: int, quarters: int = WINDOW
) -> Amplification:
    """Losses on assets and claims, in all and per dollar of the direct shortfall; arguments as above."""
    return _amplification(shocked, baseline, LOSSES, first_quarter, quarters)


def _amplification(shocked, baseline, signs: Mapping[str, float], first: int, quarters: int) -> Amplification:
    difference, span = shocked.against(baseline), window(baseline, first, quarters)
    parts = {name: sign * flow(difference, name, span) for name, sign in signs.items()}
    return Amplification(
        lost=sum(parts.values()),
        direct=-flow(difference, "end_demand", span),
        sales=sum(flow(baseline, name, span) for name in SALES),
        spending=flow(baseline, "end_demand", span),
        parts=parts,
    )


def window(result: RunResult, first_quarter: int, quarters: int = WINDOW) -> slice:
    """Columns of a window; 1 is the first simulated quarter. Raises `BadInput` where a run has none of it."""
    count = len(result.quarters)
    for name, value, most in (("first_quarter", first_quarter, count), ("quarters", quarters, None)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < 1 or (most is not None and value > most):
            expected = "a whole number of at least 1" if most is None else f"a quarter of the run, 1 to {most}"
            raise BadInput(Fault(name, shown(value), expected))
    return slice(int(first_quarter) - 1, min(count, int(first_quarter) - 1 + int(quarters)))


def flow(result: RunResult, name: str, span: slice) -> np.ndarray:
    """A series summed over a window, `(worlds,)`."""
    return result.system(name).to_numpy()[:, span].sum(axis=1)


def band(values: np.ndarray) -> list[float]:
    """10th, 50th and 90th percentile over worlds."""
    return [float(each) for each in np.quantile(values, QUANTILES)]
