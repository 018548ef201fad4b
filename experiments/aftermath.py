"""What followed a failure: what became of the firm, who lost how much, and who fell after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.strain import bn, step

if TYPE_CHECKING:
    import pandas

    from experiments.explain import Case

_NAMED = 3
_AFTER = 8  # quarters in which a firm that was hit and fails counts as fallen after it


def missed(events: pandas.DataFrame, firm: str, quarter: str) -> dict | None:
    """What it did not pay in a quarter, USD bn: in all, by claim and by creditor, largest first; None if nothing."""
    mine = events[(events["source"] == firm) & (events["quarter"] == quarter) & (events["channel"] == "payments")]
    if mine.empty:
        return None
    return {"amount": float(mine["amount"].sum()), "claims": _by(mine, "claim"), "creditors": _by(mine, "target")}


def aftermath(case: Case, series: pandas.DataFrame) -> list[dict]:
    """What became of it in the quarter of its failure, who bore it, and what came later."""
    events, when = case.events, case.quarter
    mine = events[(events["source"] == case.firm) & (events["quarter"] == when)]
    steps = [*_outcome(mine, when)]
    for channel, words in (
        ("loans", "creditors lose {amount} of loans: {who}"),
        ("customers", "promises to buy {amount} are void: {who}"),
        ("orders", "it gives up orders of {amount}: {who}"),
    ):
        part = mine[(mine["channel"] == channel) & (mine["amount"] > 0.0)]
        if len(part):
            steps.append(_loss(part, channel, words, when))
    return [*steps[:1], *_owners(mine, series, when), *steps[1:], *_later(case)]


def _outcome(mine: pandas.DataFrame, when: str) -> list[dict]:
    for channel, words in (
        ("reorganised", "it is reorganised: debt is cut to what it can carry; as it runs it is worth {}"),
        ("wound up", "it is wound up: its goods are sold; {} is left when creditors are paid"),
    ):
        found = mine[mine["channel"] == channel]
        if len(found):
            worth = float(found["amount"].iloc[0])
            left = bn(worth) if worth >= 0.005 else "nothing"
            return [step("after", when, when, words.format(left), outcome=channel, worth=worth)]
    return []


def _owners(mine: pandas.DataFrame, series: pandas.DataFrame, when: str) -> list[dict]:
    """Owners lose what their shares were last worth, those in the network among them."""
    stakes = mine[(mine["channel"] == "stakes") & (mine["amount"] > 0.0)]
    place = series.index.get_loc(when)
    worth = float(series["firm_value"].iloc[place - 1]) if place else 0.0
    if stakes.empty and worth < 0.005:
        return []
    named = f"; stakes of {_who(stakes)}" if len(stakes) else ""
    text = f"owners lose all; a quarter before, their shares were worth {bn(worth)}{named}"
    return [step("after", when, when, text, channel="stakes", worth_before=worth, by=_by(stakes, "target"))]


def _loss(part: pandas.DataFrame, channel: str, words: str, when: str) -> dict:
    amount = float(part["amount"].sum())
    return step("after", when, when, words.format(amount=bn(amount), who=_who(part)), channel=channel, amount=amount,
                by=_by(part, "target"))  # fmt: skip


def _later(case: Case) -> list[dict]:
    """When it fails again, and who fails that it has hit."""
    events, steps = case.events, []
    again = events[(events["channel"] == "default") & (events["source"] == case.firm)]
    again = [each for each in again["quarter"].unique() if each > case.quarter]
    if again:
        times = f"in {' and '.join(again)}" if len(again) < 3 else f"{len(again)} more times until {again[-1]}"
        steps.append(step("after", again[0], again[-1], f"it fails again {times}", quarters=again))
    quarters = case.record.quarters
    last = quarters[min(len(quarters) - 1, quarters.index(case.quarter) + _AFTER)]
    struck = events[(events["source"] == case.firm) & (events["quarter"] >= case.quarter) & (events["amount"] > 0.0)]
    fell = case.failures[case.failures.index.isin(struck["target"]) & (case.failures.index != case.firm)]
    fell = fell[(fell["quarter"] >= case.quarter) & (fell["quarter"] <= last)].sort_values("quarter")
    if len(fell):
        named = ", ".join(f"{firm} in {quarter}" for firm, quarter in fell["quarter"].head(_NAMED).items())
        more = f" and {len(fell) - _NAMED} more" if len(fell) > _NAMED else ""
        steps.append(step("after", fell["quarter"].iloc[0], fell["quarter"].iloc[-1],
                          f"of those it hit there fail {named}{more}", firms=fell["quarter"].to_dict()))  # fmt: skip
    return steps


def _by(events: pandas.DataFrame, column: str) -> dict[str, float]:
    """Amounts by claim or firm, largest first."""
    sums = events.groupby(column)["amount"].sum()
    order = np.argsort(-sums.to_numpy(), kind="stable")
    return {str(name): float(amount) for name, amount in sums.iloc[order].items()}


def _who(events: pandas.DataFrame) -> str:
    by = _by(events, "target")
    named = [f"{firm} {bn(amount)}" for firm, amount in list(by.items())[:_NAMED]]
    return ", ".join(named) + (f" and {len(by) - _NAMED} more" if len(by) > _NAMED else "")
