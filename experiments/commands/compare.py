"""`cloudcity compare`: two scenarios in the same worlds, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options, outcomes

if TYPE_CHECKING:
    from rich.console import Console

First = Annotated[str, typer.Argument(metavar="FIRST", help="A shipped scenario or a TOML file.")]
Second = Annotated[str, typer.Argument(metavar="SECOND", help="Likewise; what differs is this one less the first.")]
_MOST = 12  # firms in the table of failures


def compare(
    first: First,
    second: Second,
    worlds: options.Worlds = 200,
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
    """Two scenarios in the same worlds: what differs year by year, and who fails under which.

    Ended at any time and started again, it runs only the blocks of worlds that are missing.
    """
    from abm.scenario import load_scenario
    from experiments import comparing, output
    from experiments.blocks import Ensemble

    before, after = load_scenario(first), load_scenario(second)
    ensemble = Ensemble(before, str(ecosystem), worlds, quarters, seed, options.parse_settings(settings))
    folder = out or output.named("compare", comparing.question(ensemble, after))
    with options.progress("blocks of worlds", quiet) as show:
        facts = comparing.compare(ensemble, after, folder, jobs=jobs, cluster=cluster, progress=show)
    options.tell(facts, print_comparison, as_json, quiet, f"Tables: {folder}")


def print_comparison(facts: dict, out: Console) -> None:
    """What differs by year, who fails, and how to read both."""
    from rich.text import Text

    names = [facts[each]["id"] for each in ("first", "second")]
    one = facts["worlds"] == 1
    worlds = "one world" if one else f"{facts['worlds']:,} worlds, each under both"
    span = f": {facts['ecosystem']}, {facts['first_quarter']} to {facts['last_quarter']}, {worlds}"
    out.print(Text.assemble((f"{names[1]} less {names[0]}", "bold"), f"{span}, seed {facts['seed']}"))
    out.print()
    out.print(_years(facts))
    out.print(f"USD bn a year, median over worlds of the difference{'' if one else '; below it 10% to 90% of them'}. "
              f"In brackets: part of what {names[0]} has.")  # fmt: skip
    partial = [f"{year}: {row['quarters']}" for year, row in facts["years"].items() if row["quarters"] < 4]
    if partial:
        out.print(f"* Not all quarters were run ({', '.join(partial)} of 4); money at its yearly rate.")
    out.print()
    if facts["failures"]:
        out.print(_failures(facts, names))
        more = len(facts["failures"]) - _MOST
        if more > 0:
            out.print(f"and {more} more in failures.csv")
        out.print("Shares of worlds. By the second: fails there, and not by then under the first.")
    else:
        out.print("No firm fails under either.")
    out.print(f"Books balance in every world and quarter: worst relative residual {facts['worst_residual']:.1e}.")
    out.print(facts["note"])


def _years(facts: dict):
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("year", vertical="bottom")
    for name, _ in outcomes.PRINTED.values():
        table.add_column(name, justify="right", no_wrap=True)
    for year, row in facts["years"].items():
        star = "*" if row["quarters"] < 4 else ""
        cells = (outcomes.cell(key, row[key]["difference"], row[key]["part"], facts["worlds"] > 1)
                 for key in outcomes.PRINTED)  # fmt: skip
        table.add_row(year + star, *cells)
    return table


def _failures(facts: dict, names: list[str]):
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("firm", f"fails: {names[0]}", f"fails: {names[1]}", "by the second", "only in the first",
                 "median quarter", "mostly because"):  # fmt: skip
        table.add_column(name, justify="left" if name in ("firm", "mostly because") else "right")
    for each in facts["failures"][:_MOST]:
        shares = (f"{each[key]:.1%}" for key in ("fails_in_baseline", "fails", "by_shock", "spared"))
        table.add_row(each["firm"], *shares, each["quarters"][1] if each["quarters"] else "-", each["cause"] or "-")
    return table
