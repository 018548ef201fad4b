"""`cloudcity design`: a table of parameter values, one world a row, as an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options
from experiments.commands.options import Quarters, Scenario

if TYPE_CHECKING:
    from rich.console import Console

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV: addresses in the first row, then one world a row.")]


def design(
    file: File,
    scenario: Scenario = "baseline",
    quarters: Quarters = 40,
    seed: options.Seed = 1,
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    cluster: options.Cluster = None,
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run a design of your own: each row of a CSV file is a world with these values of parameters.

    Ended at any time and started again, it runs only the blocks of worlds that are missing.
    """
    from abm.scenario import load_scenario
    from experiments import designs, output
    from experiments.blocks import Ensemble

    values, held = designs.read_design(file), options.parse_settings(settings)
    designs.require_apart(values, held)
    worlds = len(next(iter(values.values())))
    ensemble = Ensemble(load_scenario(scenario), str(ecosystem), worlds, quarters, seed, {**held, **values})
    folder = out or output.named("design", ensemble.question())
    with options.progress("blocks of worlds", quiet) as show:
        facts = designs.run_design(ensemble, folder, jobs=jobs, cluster=cluster, progress=show)
    options.tell(facts, print_design, as_json, quiet, f"Tables: {folder}")


def print_design(facts: dict, out: Console) -> None:
    """A row an outcome: its band over worlds, and what it moves with."""
    from rich.table import Table
    from rich.text import Text

    out.print(Text.assemble((facts["scenario"], "bold"), f" on {facts['ecosystem']}: {facts['worlds']:,} worlds of a "
                            f"design, four quarters to {facts['last_quarter']}, seed {facts['seed']}"))  # fmt: skip
    out.print()
    table = Table("outcome", "unit", "median (10% to 90%)", "moves with (rank correlation)", box=None, pad_edge=False,
                  header_style="bold")  # fmt: skip
    for each in facts["outcomes"].values():
        low, median, high = each["bands"]
        known = {name: value for name, value in each["rank_correlation"].items() if value is not None}
        first = sorted(known, key=lambda name, known=known: -abs(known[name]))[:3]
        table.add_row(each["meaning"], each["unit"], f"{median:,.4g} ({low:,.4g} to {high:,.4g})",
                      ", ".join(f"{name} {known[name]:+.2f}" for name in first) or "-")  # fmt: skip
    out.print(table)
    out.print("Each world has its own luck, too: in a few worlds a correlation can be chance. Three largest are shown.")
    out.print(f"Books balance in every world and quarter: worst relative residual {facts['worst_residual']:.1e}.")
    out.print(facts["note"])
