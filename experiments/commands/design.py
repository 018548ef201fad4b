"""`cloudcity design`: a table of parameter values, one world a row, as an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV: addresses in the first row, then one world a row.")]
Scenario = Annotated[str, typer.Option("--scenario", metavar="ID_OR_FILE", help="A shipped scenario or a TOML file.")]
Quarters = Annotated[int, typer.Option("--quarters", min=1, max=200, help="How many quarters to run.")]


def design(
    file: File,
    scenario: Scenario = "baseline",
    quarters: Quarters = 40,
    seed: options.Seed = 1,
    ecosystem: options.Ecosystem = "ai_2026",
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run a design of your own: each row of a CSV file is a world with these values of parameters."""
    import json

    from abm.ecosystem import load
    from abm.running import run
    from abm.scenario import load_scenario
    from experiments import designs, output, store, tables

    values, story = designs.read_design(file), load_scenario(scenario)
    inputs = {"design": {name: each.tolist() for name, each in values.items()}, "scenario": story.as_dict(),
              "quarters": quarters, "seed": seed, "ecosystem": str(ecosystem)}  # fmt: skip
    folder = out or output.named("design", inputs)
    output.require_free(folder)
    with options.progress("living quarters", quiet) as show:
        result = run(
            load(ecosystem), story, quarters=quarters, worlds=len(next(iter(values.values()))), seed=seed,
            parameters=values, progress=None if show is None else lambda done: show(done, quarters),
        )  # fmt: skip
    facts = designs.facts_of(result, values)

    def fill(path: Path) -> None:
        store.save({"run": (result, story.with_parameters(values))}, path)
        designs.by_world(result, values).to_csv(path / "worlds.csv", index=False)
        (path / "summary.json").write_text(json.dumps(facts, indent=2, allow_nan=False) + "\n", encoding="utf-8")

    output.write(folder, fill)
    if as_json:
        typer.echo(json.dumps(facts, indent=2, allow_nan=False))
    else:
        print_design(facts, tables.console())
    if not quiet:
        typer.echo(f"Tables: {folder}", err=as_json)


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
