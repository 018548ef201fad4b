"""A stress result in words and plain numbers: what tables, JSON and the story are made of."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from abm.stress_result import StressResult

NOTE = (
    "Illustrative: parameters start from public figures, behaviour is the rule of a firm's kind. "
    "Not a forecast of any named firm."
)
CHANNEL_WORDS = {
    "direct": "money that does not come",
    "valuation": "own business and assets worth less",
    "orders": "orders cancelled by customers",
    "payments": "promises broken by customers or debtors",
    "loans": "loans written down",
    "stakes": "stakes marked down",
    "collateral": "forced sales of chips",
    "earnings": "going concern worth less",
    "failure": "cost of failing",
}
_BAND = (0.05, 0.5, 0.95)


def band(values: np.ndarray) -> list[float]:
    """5%, 50% and 95% quantiles over worlds."""
    return [float(each) for each in np.quantile(values, _BAND)]


def hits(result: StressResult, most: int = 15) -> list[dict]:
    """The firms that lose most, largest mean loss first: how much, through what, from whom, in which sweep."""
    from abm.attribution import CHANNELS
    from abm.stress_result import mean
    from cython_ext import FLAGS

    loss = mean(result.loss)
    before = mean(result.value_before)
    rows = [row for row in np.argsort(-loss, kind="stable") if loss[row] > 1e-3 or result.raised[:, row].any()][:most]
    found = []
    for row in rows:
        parts = {each: float(mean(result.lost[each][row : row + 1])[0]) for each in CHANNELS}
        main = max(parts, key=parts.get)
        sweep, source = _first_hit(result, result.ecosystem.id[row], main)
        flags = {
            flag: {
                "worlds": float((result.raised[place, row] > 0).mean()),
                "first_sweep": _first(result.raised[place, row]),
            }
            for place, flag in enumerate(FLAGS)
        }
        found.append({
            "firm": result.ecosystem.id[row], "name": result.ecosystem.title[row],
            "value_before": float(before[row]), "loss": float(loss[row]), "loss_band": band(result.loss[row]),
            "share": float(loss[row] / before[row]) if before[row] > 0.0 else None,
            "through": parts, "main_channel": main, "main_source": source, "first_sweep": sweep, "flags": flags,
        })  # fmt: skip
    return found


def _first(sweeps: np.ndarray) -> int | None:
    raised = sweeps[sweeps > 0]
    return int(raised.min()) if raised.size else None


def _first_hit(result: StressResult, firm: str, channel: str) -> tuple[int | None, str | None]:
    """The sweep in which a firm is first hit, and from whom its largest hit of `channel` comes (first traced world)."""
    events = result.events
    mine = (events.target == firm) & (events.amount > 0.0) & (events.channel != "funding")
    if not mine.any():
        return None, None
    mine &= events.world == events.world[0]
    if not mine.any():
        return None, None
    sweep = int(events.sweep[mine].min())
    of_channel = mine & (events.channel == channel) & (events.source != firm)
    if not of_channel.any():
        return sweep, None
    return sweep, str(events.source[of_channel][np.argmax(events.amount[of_channel])])


def summary(result: StressResult, most: int = 15) -> dict:
    """Everything a reader needs, as plain numbers and words (USD bn); quantiles are 5%, 50% and 95%."""
    one = result.worlds.size == 1

    def number(values: np.ndarray):
        return float(values[0]) if one else band(values)

    defaults = result.flagged("default")
    return {
        "ecosystem": result.ecosystem.name,
        "shocks": list(result.shocks),
        "quarters": result.span,
        "worlds": int(result.worlds.size),
        "seed": result.seed,
        "draw_assumed": result.draw_assumed,
        "note": NOTE,
        "struck": number(result.struck),
        "amplification": number(result.amplification) if (np.abs(result.struck) > 0.0).all() else None,
        "arose": {each.name: number(getattr(result.balance, each.name)) for each in fields(result.balance)[:6]},
        "borne": {each.name: number(getattr(result.balance, each.name)) for each in fields(result.balance)[6:]},
        "failures": number(defaults.sum(axis=0).astype(float)),
        "breaches": number(result.flagged("covenant").sum(axis=0).astype(float)),
        "withdrawals": number(result.flagged("withdrawal").sum(axis=0).astype(float)),
        "worlds_with_failures": float(defaults.any(axis=0).mean()),
        "sweeps": int(result.sweeps.max()),
        "price_of_chips": number(result.price),
        "assumed_share": number(result.assumed[0]),
        "assumed_or_estimated_share": number(result.assumed[1]),
        "worst_residual": float(result.balance.residual.max()),
        "hits": hits(result, most),
    }
