"""Who falls and why: shares of worlds by firm, and for those that fall most often the chain of one world."""

from __future__ import annotations

import re

from abm.results import RunResult
from experiments.explain import explain
from experiments.story_words import percent
from experiments.traced import of_result

_ROWS, _CHAINS = 15, 6


def fallen_of(shocked: RunResult, facts: dict) -> dict:
    """Rows of a table, how many firms are left out of it, and chains (headline, steps, the ids they use)."""
    groups = dict(zip(shocked.ecosystem.id, shocked.ecosystem.group, strict=True))
    everybody = [each for each in facts["failures"]["by_firm"] if each["fails"] or each["fails_in_baseline"]]
    found: dict[tuple, list[str]] = {}  # members of a group that was split often fare the same
    for each in everybody:
        found.setdefault((groups[each["firm"]], *_cells(each).items()), []).append(each["name"])
    rows = [{"name": f"{names[0]} and {len(names) - 1} like it" if len(names) > 1 else names[0], **dict(cells)}
            for (_, *cells), names in found.items()]  # fmt: skip
    chosen = {groups[each["firm"]]: each["firm"] for each in reversed(everybody) if each["fails"]}
    record = of_result(shocked, []) if chosen else None
    chained = [each["firm"] for each in everybody if chosen.get(groups[each["firm"]]) == each["firm"]]
    return {"rows": rows[:_ROWS], "more": max(len(rows) - _ROWS, 0),
            "chains": [_chain(explain(record, each)) for each in chained[:_CHAINS]]}  # fmt: skip


def _cells(firm: dict) -> dict[str, str]:
    return {
        "fails": percent(firm["fails"]), "baseline": percent(firm["fails_in_baseline"]),
        "by_shock": percent(firm["by_shock"]), "spared": percent(firm["spared"]),
        "when": firm["quarters"][1] if firm["quarters"] else "", "cause": firm["cause"] or "",
    }  # fmt: skip


def _chain(told: dict) -> dict:
    """One firm in one world, step by step."""
    steps = [
        {"when": each["first"] if each["first"] == each["last"] else f"{each['first']} to {each['last']}",
         "text": each["text"], "failure": each["part"] == "failure"}
        for each in told["chain"]
    ]  # fmt: skip
    return {"name": told["name"], "firm": told["firm"], "world": told["world"], "failed": told["failed"],
            "steps": steps}  # fmt: skip


def ids_in(chain: dict, names: dict[str, str]) -> list[tuple[str, str]]:
    """Ids that a chain mentions, and the names that they stand for."""
    words = set(re.findall(r"[\w.&-]+", " ".join(each["text"] for each in chain["steps"])))
    return [(firm, name) for firm, name in names.items() if firm in words and firm != name]
