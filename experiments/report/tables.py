"""Numbers of the summary as rows of words: what stands out, mechanisms one by one, who bears the loss."""

from __future__ import annotations

from experiments.figures.words import money
from experiments.story_words import NAMES, percent, ratio, spread


def headlines(facts: dict) -> list[dict]:
    """Four numbers that say it all: number, what it is, and the other side of it."""
    now, sales = facts["happened"], facts["amplification"]
    per = sales["per_dollar"]
    hit, calm = facts["failures"]["firms_failed"]
    span = f"{facts['struck_in']} to {facts['window_ends']}"
    spent, built = (money(abs(now[each][1])) for each in ("end_demand_less", "capex_less"))
    return [
        _less(now["end_demand_less_share"], "is spent by end users", f"{spent} USD bn, {span}"),
        _less(now["capex_less_share"], "is built", f"{built} USD bn of AI capex, {span}"),
        {"number": ratio(per[1]), "what": "dollars of sales lost",
         "more": "for each dollar that users do not spend"} if per else
        {"number": money(sales["lost"][1]), "what": "USD bn of sales lost", "more": span},
        {"number": f"{hit:.1f}", "what": "firms fail in the average world",
         "more": f"until {facts['last_quarter']}; {calm:.1f} without the shock"},
    ]  # fmt: skip


def _less(shares: list[float], what: str, more: str) -> dict:
    share = shares[1]
    return {"number": percent(abs(share)), "what": f"{'less' if share >= 0 else 'more'} {what}", "more": more}


def mechanisms(facts: dict) -> list[dict]:
    """A row a mechanism that is off: lost sales and losses (per dollar where there are such), capex, failures."""
    rows = facts["mechanisms"]
    per = bool(rows) and rows[0]["revenue"]["per_dollar"] is not None
    return [
        {"name": NAMES[each["name"]] if each["name"] else "nothing: as it is",
         "cells": [*(spread(each[which]["per_dollar"], ratio) if per else spread(each[which]["lost"])
                     for which in ("revenue", "losses")),
                   percent(each["capex_less_share"][1]), *(f"{count:.2f}" for count in each["firms_failed"])]}
        for each in rows
    ]  # fmt: skip


def bearers(facts: dict) -> list[dict]:
    """Groups of those who bear the loss, with the loss in the window and until the end."""
    later = {(each["group"], each["bearer"], each["meaning"]): each for each in facts["bearers_until_the_end"]}
    found: dict[str, list[dict]] = {}
    for each in facts["bearers"]:
        end = later[each["group"], each["bearer"], each["meaning"]]
        found.setdefault(each["group"], []).append({
            "bearer": each["bearer"].replace("_", " ").replace("ai lab", "AI lab"), "meaning": each["meaning"],
            "cells": [spread(each["band"]), money(each["mean"]), spread(end["band"]), money(end["mean"])],
        })  # fmt: skip
    return [
        {"name": group, "meaning": facts["bearer_groups"].get(group, ""), "rows": rows,
         "adds_up": group in facts["bearer_groups_that_add_up"]}
        for group, rows in found.items()
    ]  # fmt: skip
