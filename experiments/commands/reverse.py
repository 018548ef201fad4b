"""`cloudcity reverse`: the smallest shock, or value of a parameter, that tips an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options, over

if TYPE_CHECKING:
    from rich.console import Console

Range = Annotated[
    list[str] | None,
    typer.Option("--over", metavar="ADDRESS=FROM:TO",
                 help="What is varied, from where to where: an address as for --set, or `shock`, the size of the "
                 "scenario's shock. By default that, from the least to the most it can be."),
]  # fmt: skip
Probability = Annotated[float, typer.Option("--probability", help="Share of worlds that have to tip.")]
Tolerance = Annotated[
    float | None, typer.Option("--tolerance", help="How far off the answer may be; else a hundredth of the range.")
]
Points = Annotated[int, typer.Option("--points", min=2, max=100, help="Even points that are looked at first.")]


def reverse(
    outcome: over.Outcome,
    over_: Range = None,
    probability: Probability = 0.5,
    tolerance: Tolerance = None,
    points: Points = 5,
    scenario: options.Scenario = "shortfall",
    worlds: over.Worlds = 64,
    quarters: options.Quarters = 40,
    seed: options.Seed = 1,
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    cluster: options.Cluster = None,
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """The smallest shock at which an outcome comes about in a given share of worlds, and how sure that is.

    Ended at any time and started again, it runs only what is missing.
    """
    from experiments import output, reversing
    from experiments.axes import parse_range
    from experiments.outcomes import Condition

    condition, held = Condition.parse(outcome), options.parse_settings(settings)
    ensemble = over.ensemble_of(scenario, ecosystem, worlds, quarters, seed, held)
    name, start, end = parse_range(over_ or [], ensemble.scenario, held)
    search = reversing.Search(start, end, probability, tolerance, points)
    folder = out or output.named("reverse", reversing.question(ensemble, name, search, condition))
    with options.progress("blocks of worlds, at most", quiet) as show:
        facts = reversing.reverse(ensemble, name, search, condition, folder, jobs=jobs, cluster=cluster, progress=show)
    options.tell(facts, print_reverse, as_json, quiet, f"Tables: {folder}")


def print_reverse(facts: dict, out: Console) -> None:
    """The answer, how sure it is, every point that was looked at, and whether there may be more than one answer."""
    from rich.table import Table

    name, said = next(iter(facts["over"])), facts["condition"]
    out.print(over.heading(facts, f"{facts['scenario']['id']}: where is it that {said['in_words']} in "
                           f"{facts['probability']:.0%} of worlds?"))  # fmt: skip
    out.print()
    for line in (_answer(facts, name), _interval(facts, name), *_not_monotone(facts)):
        out.print(line)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in (name, "worlds", "share", f"{facts['sure']:.0%} interval", ""):
        table.add_column(head, justify="right" if head else "left")
    for each in facts["sampled"]:
        table.add_row(f"{each['value']:g}", f"{each['worlds']}", f"{each['probability']:.0%}",
                      f"{each['low']:.0%} to {each['high']:.0%}",
                      "enough" if each["probability"] >= facts["probability"] else "")  # fmt: skip
    out.print(table)
    out.print(f"Worlds in which {said['asked']} ({said['meaning']}; {said['unit']}) from {facts['from']} to "
              f"{facts['to']}.")  # fmt: skip
    out.print(over.foot(facts))


def _answer(facts: dict, name: str) -> str:
    share = {each["value"]: each["probability"] for each in facts["sampled"]}
    start, end = facts["over"][name]
    if facts["status"] == "never":
        return f"Never tips from {start:g} to {end:g}: at no point in more than {max(share.values()):.0%} of worlds."
    at, above = facts["at"], facts["above"]
    if facts["status"] == "already":
        return f"Tips already at {name} = {at:g}, where the search starts: in {share[at]:.0%} of worlds."
    return f"Tips at {name} = {at:g}: in {share[at]:.0%} of worlds; at {above:g} in {share[above]:.0%}."


def _interval(facts: dict, name: str) -> str:
    start, end = facts["over"][name]
    low, high = facts["interval"]
    first = f"before {start:g}" if low is None else f"{low:g}"
    last = f"beyond {end:g}" if high is None else f"{high:g}"
    where = last if low == end else f"{first} or at it" if high == start else f"{first} to {last}"
    return f"{facts['sure']:.0%} interval of the answer, for the luck of {facts['worlds']:,} worlds: {where}."


def _not_monotone(facts: dict) -> list[str]:
    if not facts["back"]:
        return []
    falls = ", ".join(f"from {each['from']:g} ({each['probability'][0]:.0%}) to {each['to']:g} "
                      f"({each['probability'][1]:.0%})" for each in facts["back"])  # fmt: skip
    return [f"Not monotone: the share falls {falls}; there may be other answers. In {facts['worlds_back']:.0%} of "
            "worlds it comes about at some point and not at a later one."]  # fmt: skip
