"""What a stress test leaves behind: losses by firm, channel and world, the balance, the event log."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from abm.attribution import CHANNELS, Balance
from abm.ecosystem import Ecosystem
from abm.events import Events, quarter_span
from cython_ext import FLAGS, total


@dataclass(frozen=True)
class StressResult:
    """Arrays are float64 with the worlds last, USD bn unless said otherwise.

    `value_before`, `value_after` (firms, worlds): equity value without and with the shock; `lost[c]`
    (firms, worlds): loss of net worth through channel c, adding up to the loss of net worth;
    `held_inside` (firms, worlds): share of each firm's equity that firms of the network hold; `raised`
    (flags, firms, worlds): sweep in which a flag rose, 0 = never; `sweeps`, `rounds`, `price` (worlds,);
    `assumed` (2, worlds): share of the loss that passed through numbers graded assumed, and assumed or
    estimated; `balance`: where the loss arose and who bears it; `events`: of the first worlds.
    """

    ecosystem: Ecosystem
    shocks: tuple[str, ...]
    quarters: int
    seed: int
    draw_assumed: bool
    worlds: np.ndarray
    value_before: np.ndarray
    value_after: np.ndarray
    lost: dict[str, np.ndarray]
    held_inside: np.ndarray
    raised: np.ndarray
    sweeps: np.ndarray
    rounds: np.ndarray
    price: np.ndarray
    balance: Balance
    assumed: np.ndarray
    events: Events

    @property
    def span(self) -> str:
        """The quarters that were cleared as one, as 2026Q2-2027Q1."""
        return quarter_span(self.ecosystem.opening, self.quarters)

    @property
    def loss(self) -> np.ndarray:
        """Loss of equity value by firm and world; a firm's owners cannot lose more than all."""
        return self.value_before - self.value_after

    @property
    def creditors_share(self) -> np.ndarray:
        """The part of a firm's loss of net worth that its creditors bear, by firm and world."""
        net = sum(self.lost[each] for each in CHANNELS)
        return net - self.loss

    @property
    def struck(self) -> np.ndarray:
        """What the shock itself took, before any contagion: money and valuations, (worlds,)."""
        return self.balance.direct + self.balance.valuation

    @property
    def amplification(self) -> np.ndarray:
        """All losses (owners, rest of the world, new lenders) over what the shock took, (worlds,); NaN without one."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.abs(self.struck) > 0.0, self.balance.borne / self.struck, np.nan)

    @property
    def owners_loss(self) -> np.ndarray:
        """Loss of equity counted once, by firm and world: the part whose owners are not themselves in the network."""
        return (1.0 - self.held_inside) * self.loss

    def flagged(self, flag: str) -> np.ndarray:
        """Whether a firm was flagged "default", "covenant" or "withdrawal", bool (firms, worlds)."""
        return self.raised[FLAGS.index(flag)] > 0

    def firms(self):
        """One row a firm, ordered by mean loss: a pandas DataFrame."""
        import pandas

        table = {
            "firm": self.ecosystem.id,
            "value before": mean(self.value_before),
            "loss": mean(self.loss),
            **{each: mean(self.lost[each]) for each in CHANNELS},
            "borne by creditors": mean(self.creditors_share),
            **{each: mean(self.flagged(each).astype(float)) for each in FLAGS},
        }
        return pandas.DataFrame(table).sort_values("loss", ascending=False, kind="stable", ignore_index=True)


def mean(values: np.ndarray) -> np.ndarray:
    """Mean over worlds."""
    return total(np.ascontiguousarray(values.T, np.float64)) / values.shape[1]


def join(parts: list[StressResult]) -> StressResult:
    """Blocks of worlds as one result."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    joined = {}
    for each in fields(StressResult):
        values = [getattr(part, each.name) for part in parts]
        if isinstance(values[0], np.ndarray):
            joined[each.name] = np.concatenate(values, axis=-1)
        elif each.name == "lost":
            joined[each.name] = {name: np.concatenate([value[name] for value in values], axis=-1) for name in CHANNELS}
        elif isinstance(values[0], Balance):
            joined[each.name] = Balance(
                *(np.concatenate([getattr(value, part.name) for value in values]) for part in fields(Balance))
            )
        elif isinstance(values[0], Events):
            joined[each.name] = Events.join(values)
        else:
            joined[each.name] = getattr(first, each.name)
    return StressResult(**joined)
