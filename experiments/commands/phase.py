"""`cloudcity phase`: how likely an outcome is, over two parameters or sizes of shocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.commands import options, over

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from experiments.blocks import Ensemble


def phase(
    outcome: over.Outcome,
    over_: over.Over = None,
    scenario: options.Scenario = "shortfall",
    worlds: over.Worlds = 64,
    quarters: options.Quarters = 40,
    seed: options.Seed = 1,
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    cluster: options.Cluster = None,
    figures: options.Figures = True,
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """How likely an outcome is over two axes, as a table and a map: the share of worlds in which it comes about.

    Ended at any time and started again, it runs only what is missing.
    """
    from experiments import output, phases
    from experiments.axes import parse_axes
    from experiments.outcomes import Condition

    condition, held = Condition.parse(outcome), options.parse_settings(settings)
    axes = parse_axes(over_ or [], held, 2)
    ensemble = over.ensemble_of(scenario, ecosystem, worlds, quarters, seed, held)
    asks = phases.question(ensemble, axes, condition)
    folder = out or output.named("phase", asks)
    with options.progress("blocks of worlds", quiet) as show:
        facts = phases.phase(ensemble, axes, condition, folder, jobs=jobs, cluster=cluster, progress=show)
    if figures:
        draw(facts, ensemble, folder / "phase.png")
    options.tell(facts, print_phase, as_json, quiet, f"Tables{' and map' if figures else ''}: {folder}")


def print_phase(facts: dict, out: Console) -> None:
    """Probabilities as a grid, the first axis to the right and the second upwards, and how sure they are."""
    from rich.table import Table

    (across, columns), (up, rows) = facts["over"].items()
    found = {tuple(each["at"].values()): each["probability"] for each in facts["cells"]}
    said = facts["condition"]
    out.print(over.heading(facts, f"{facts['scenario']['id']}: probability that {said['in_words']}"))
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in (f"{up} \\ {across}", *(f"{each:g}" for each in sorted(columns))):
        table.add_column(name, justify="right")
    for row in sorted(rows, reverse=True):
        table.add_row(f"{row:g}", *(f"{found[column, row]:.0%}" for column in sorted(columns)))
    out.print(table)
    reach = max((each["high"] - each["low"]) / 2 for each in facts["cells"])
    out.print(f"Share of worlds in which {said['asked']} ({said['meaning']}; {said['unit']}) from {facts['from']} to "
              f"{facts['to']}. {facts['sure']:.0%} intervals reach {100 * reach:.0f} points to either side at "
              "most; probabilities.csv has them.")  # fmt: skip
    out.print(over.foot(facts))


def draw(facts: dict, ensemble: Ensemble, path: Path) -> None:
    """Write the map of probabilities."""
    from experiments import figures
    from experiments.figures.case import evidence
    from experiments.pairs import Frame
    from experiments.phases import table
    from experiments.placing import label
    from experiments.story import assumed_share

    frame = Frame(ensemble.ecosystem, ensemble.worlds, ensemble.quarters, ensemble.seed)
    rests = evidence({"assumptions": assumed_share(frame, ensemble.scenario)})
    parts = [f"Ecosystem {facts['ecosystem']}", f"scenario: {facts['scenario']['id']}",
             f"{facts['worlds']:,} worlds, the same in each cell", f"seed {facts['seed']}", rests,
             "illustrative, not a forecast"]  # fmt: skip
    even = {each["probability"] >= 0.5 for each in facts["cells"]}
    line = " On the dark side of the thick line: half of worlds or more." if len(even) > 1 else ""
    figure = figures.phase(
        table(facts), *facts["over"], "probability", title=f"How likely is it that {facts['condition']['in_words']}?",
        told=f"Share of worlds, {facts['from']} to {facts['to']}.{line}", caption="; ".join(parts) + ".",
        names=(*(label(each, ensemble.scenario) for each in facts["over"]), "share of worlds"),
    )  # fmt: skip
    figures.save(figure, path)
