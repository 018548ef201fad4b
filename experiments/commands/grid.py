"""`cloudcity grid`: a scenario over parameters and sizes of its shock, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.commands import options, outcomes, over

if TYPE_CHECKING:
    from rich.console import Console


def grid(
    over_: over.Over = None,
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
    """A scenario over parameters and sizes of its shock: in each cell what differs from a baseline of the same worlds.

    Ended at any time and started again, it runs only what is missing.
    """
    from experiments import gridding, output
    from experiments.axes import parse_axes

    held = options.parse_settings(settings)
    axes = parse_axes(over_ or [], held)
    ensemble = over.ensemble_of(scenario, ecosystem, worlds, quarters, seed, held)
    folder = out or output.named("grid", gridding.question(ensemble, axes))
    with options.progress("blocks of worlds", quiet) as show:
        facts = gridding.grid(ensemble, axes, folder, jobs=jobs, cluster=cluster, progress=show)
    options.tell(facts, print_grid, as_json, quiet, f"Tables: {folder}")


def print_grid(facts: dict, out: Console) -> None:
    """A row a cell, and how to read it."""
    from rich.table import Table

    less = facts["compares"] == "difference"
    many = facts["worlds"] > 1
    name = facts["scenario"]["id"]
    out.print(over.heading(facts, f"{name} less its baseline, cell by cell" if less else f"{name}, cell by cell"))
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in facts["over"]:
        table.add_column(name, justify="right", vertical="bottom")
    for name, _ in outcomes.PRINTED.values():
        table.add_column(name, justify="right", no_wrap=True)
    for cell in facts["cells"]:
        found = cell["outcomes"]
        values = (outcomes.cell(key, found[key]["difference"], found[key]["part"], many) if less else
                  outcomes.cell(key, found[key]["scenario"], None, many) for key in outcomes.PRINTED)  # fmt: skip
        table.add_row(*(f"{each:g}" for each in cell["at"].values()), *values)
    out.print(table)
    what = "of the difference to the baseline of the same world and parameters" if less else "of the level"
    out.print(f"Median over worlds {what}{'; below it 10% to 90% of them' if many else ''}. "
              "Spending, sales and capex: USD bn a year; price: mean, 1 at the opening; losses: USD bn in all; firms "
              "count once." + (" In brackets: part of what the baseline has." if less else ""))  # fmt: skip
    out.print(over.foot(facts))
