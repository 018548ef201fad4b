"""Who is left with a loss: by bearer, from what a run records and from its events.

What adds up: `books` does, over kinds of firms to the fall of all net worth, to rounding; `claims` does, lenders and
suppliers to all that was lost in failures (what banks and what funds lost comes from events, which leave out hits below
0.001 USD bn). What does not: `values`, since a stake counts at the firm and at its owner, and no series tells how much
of it the network itself holds; and `promises`, since a promise that ends is no money, and others may buy the compute.
The groups overlap - a loan lost also lowers net worth - so they must not be added to each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.ecosystem.vocabulary import KINDS
from abm.results import RunResult
from experiments.amplification import WINDOW, band, flow, window

GROUPS = {
    "claims": "lost on loans and invoices of firms that failed, recoveries taken off",
    "promises": "of buyers of compute, to those who sell it",
    "values": "fall of the value of firms at the end of the window, at their marks",
    "public purse": "",
    "outside": "creditors in the rest of the world",
    "books": "fall of net worth at the end of the window: what outside owners have, by kind of firm",
}
ADDS_UP = ("claims", "books")
_OWN_CAPITAL = ("BK", "ABS")  # markets of lenders that bear losses themselves; funds pass them on


@dataclass(frozen=True)
class Burden:
    """`loss` is USD bn, `(worlds,)`, shocked run less baseline (below 0: a gain). What is told from events or from
    single firms covers the first worlds only, so `loss` may be shorter."""

    group: str
    bearer: str
    meaning: str
    loss: np.ndarray

    def facts(self) -> dict:
        """Plain numbers: 10th, 50th and 90th percentile, mean, and over how many worlds."""
        return {"group": self.group, "bearer": self.bearer, "meaning": self.meaning, "worlds": int(self.loss.size),
                "band": band(self.loss), "mean": float(self.loss.mean())}  # fmt: skip


def who_bears(
    shocked: RunResult, baseline: RunResult, first_quarter: int, quarters: int = WINDOW
) -> list[Burden]:
    """Every bearer's part of the loss in `quarters` from `first_quarter` on. Raises `BadInput` as
    `experiments.amplification.revenue_amplification` does."""
    span = window(baseline, first_quarter, quarters)
    difference = shocked.against(baseline)
    return [
        *_claims(shocked, baseline, difference, span),
        *_promises(shocked, baseline, span),
        Burden("values", "owners of all firms", "what firms are worth; a stake also at its owner",
               -difference.system("firm_value").to_numpy()[:, span.stop - 1]),
        Burden("public purse", "states", "tax that does not come in", -flow(difference, "tax", span)),
        Burden("public purse", "states", "subsidies and rescues paid more",
               flow(difference, "subsidy", span) + flow(difference, "rescue", span)),
        *_books(difference, span),
    ]  # fmt: skip


def _claims(shocked, baseline, difference, span) -> list[Burden]:
    eco = shocked.ecosystem
    banks = [eco.id[each] for each in eco.of_kind("lender") if eco.market[each] in _OWN_CAPITAL]
    lenders = [eco.id[each] for each in eco.of_kind("lender")]
    own = _hits(shocked, baseline, span, "loans", target=banks)
    lent = _hits(shocked, baseline, span, "loans", target=lenders)
    return [
        Burden("claims", "lenders", "loans lost, in all", flow(difference, "written_off", span)),
        Burden("claims", "suppliers", "loans and invoices lost", flow(difference, "lost_by_suppliers", span)),
        Burden("claims", "of it banks and trusts", "with capital of their own", own),
        Burden("claims", "of it those whose money funds lend", "households, insurers, states outside the network",
               lent - own),
    ]  # fmt: skip


def _promises(shocked, baseline, span) -> list[Burden]:
    outside = shocked.ecosystem.id[shocked.ecosystem.rest_of_world]
    return [
        Burden("promises", "contract partners", "take-or-pay payments that were missed",
               _hits(shocked, baseline, span, "payments", claim="take-or-pay compute")),
        Burden("promises", "contract partners", "backlog that ended with its customer; can be sold again",
               _hits(shocked, baseline, span, "customers")),
        Burden("outside", "rest of the world", "rents and bills that were missed",
               _hits(shocked, baseline, span, "payments", target=[outside])),
    ]  # fmt: skip


def _books(difference, span) -> list[Burden]:
    present = [kind for number, kind in enumerate(KINDS) if number in np.unique(difference.ecosystem.kind)]
    return [
        Burden("books", kind, "net worth", -difference.firm(kind, "net_worth").to_numpy()[:, span.stop - 1])
        for kind in present if kind != "rest_of_world"
    ]  # fmt: skip


def _hits(shocked, baseline, span, channel: str, target=None, claim: str | None = None) -> np.ndarray:
    """Amounts of some events in a window, shocked run less baseline, in the worlds that are kept hit by hit."""
    quarters, worlds = set(shocked.quarters[span]), shocked.worlds[: len(shocked.firm("all", "net_worth"))]

    def summed(result: RunResult) -> np.ndarray:
        events = result.events
        chosen = (events["channel"] == channel) & events["quarter"].isin(quarters)
        if target is not None:
            chosen &= events["target"].isin(target)
        if claim is not None:
            chosen &= events["claim"] == claim
        return events[chosen].groupby("world")["amount"].sum().reindex(worlds, fill_value=0.0).to_numpy(float)

    return summed(shocked) - summed(baseline)
