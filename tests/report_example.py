"""A pair of runs as `cloudcity report` reads it, and the same with names that want to break out of the page."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache

import numpy as np
from figure_example import example as drawn

from abm.results import RunResult
from experiments.pairs import ABLATIONS

HOSTILE = "</script><script>document.title='broken'</script>"
ATTRIBUTE = "\" onfocus=\"document.title='broken'\" x=\"{{ 7 * 7 }}<img src=x onerror=\"document.title='broken'\">"


@cache
def example() -> tuple[RunResult, RunResult, dict]:
    """Shocked, baseline and facts as they come back from a file, with a row for each mechanism."""
    shocked, baseline, facts = drawn()
    rows = [facts["mechanisms"][0] | {"name": each} for each in ABLATIONS]
    return shocked, baseline, json.loads(json.dumps(facts | {"mechanisms": rows}, default=np.ndarray.tolist))


@cache
def busy_world() -> int:
    """The world in which most happens."""
    return int(example()[0].events["world"].mode()[0])


@cache
def hostile() -> tuple[RunResult, RunResult, dict]:
    """The same study of firms, and of a scenario, with names that are markup."""
    shocked, baseline, facts = example()
    titles = [f"{title} {(HOSTILE, ATTRIBUTE)[row % 2]}" for row, title in enumerate(shocked.ecosystem.title)]
    city = replace(shocked.ecosystem, title=tuple(titles), name="of a user")
    runs = []
    for each in (shocked, baseline):
        run = copy.copy(each)
        run.ecosystem = city
        runs.append(run)
    named = {each["firm"]: {"name": titles[city.row[each["firm"]]]} for each in facts["failures"]["by_firm"]}
    failures = facts["failures"] | {
        which: [each | named[each["firm"]] for each in facts["failures"][which]] for which in ("by_firm", "first")
    }
    said = facts["scenario"] | {"id": f"mine {HOSTILE}", "title": HOSTILE, "story": ATTRIBUTE}
    return *runs, facts | {"failures": failures, "scenario": said}
