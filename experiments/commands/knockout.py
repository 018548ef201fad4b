"""`cloudcity knockout`: fail each firm in turn, and see what the others lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

Firm = Annotated[list[str] | None, typer.Option("--firm", help="Only this firm, group or kind. Repeatable.")]
Worlds = options.worlds_up_to(64, "How many worlds each failure has.")
At = Annotated[int, typer.Option("--at", min=1, max=200, help="The quarter in which the firm fails.")]
_MOST = 15  # firms in the table
_HOW_TO_READ = (
    "USD bn from the failure to the end of the run, median and 10% to 90% of worlds; less than nothing is a gain, as "
    "of rivals. Lost by others: net worth but for marks. Marked down: stakes and labs valued anew, an opinion, not "
    "cash. DebtRank: lost by others on the opening network where claims on it are lost whole, at once; nobody answers. "
    "Intercentrality: of the claims a firm holds and owes, relative to holders' net worth; 1 where it has none."
)


def knockout(
    firm: Firm = None,
    worlds: Worlds = 8,
    at: At = 2,
    quarters: options.Quarters = 14,
    seed: options.Seed = 1,
    scenario: options.Scenario = "baseline",
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    cluster: options.Cluster = None,
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Which firm matters: each fails alone, and what others lose stands beside DebtRank and intercentrality.

    Ended at any time and started again, it runs only the failures that are missing.
    """
    from abm.scenario import load_scenario
    from experiments import asked, output
    from experiments.knocking import agreement, firms_to_fail, knock_out
    from experiments.pairs import Frame
    from experiments.pieces import Workplace
    from experiments.summary import NOTE

    frame = Frame(str(ecosystem), worlds, quarters, seed, options.parse_settings(settings))
    story = load_scenario(scenario)
    inputs = {"firms": firm or [], "at": at, **frame.question(story)}
    firms_to_fail(frame, firm or (), at, story)
    folder = out or output.named("knockout", inputs)
    asked.begin(folder, inputs)
    with options.progress("failures", quiet) as show:
        rows = knock_out(frame, firm or (), at, story, Workplace(folder, jobs, cluster, show))
    facts = inputs | {
        "note": NOTE, "worst_residual": max(each["worst_residual"] for each in rows),
        "rank_correlation": agreement(rows), "firms": rows,
    }  # fmt: skip
    _write(folder, facts)
    options.tell(facts, print_knockouts, as_json, quiet, f"Tables: {folder}")


def print_knockouts(facts: dict, out: Console) -> None:
    """A row a firm, whether the measures agree, and how to read it."""
    from rich.table import Table
    from rich.text import Text

    worlds = "one world" if facts["worlds"] == 1 else f"{facts['worlds']} worlds"
    span = f": each firm fails alone in quarter {facts['at']} of {facts['quarters']}, {worlds}, seed {facts['seed']}"
    story = "" if facts["scenario"]["id"] == "baseline" else f", {facts['scenario']['id']}"
    out.print(Text.assemble((facts["ecosystem"] + story, "bold"), span))
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    heads = ("firm", "lost by others", "marked down", "its own loss", "capex less", "others\nfail", "DebtRank",
             "inter-\ncentrality")  # fmt: skip
    for name in heads:
        table.add_column(name, justify="left" if name == "firm" else "right", no_wrap=True, vertical="bottom",
                         min_width=max(map(len, name.split("\n"))))  # fmt: skip
    for each in facts["firms"][:_MOST]:
        bands = (_band(each[key]) for key in ("lost_by_others", "marked_down", "lost", "capex_less"))
        table.add_row(each["firm"], *bands, f"{each['others_fail']:+.2f}", f"{each['debtrank']:,.1f}",
                      f"{each['intercentrality']:.2f}")  # fmt: skip
    out.print(table)
    if len(facts["firms"]) > _MOST:
        out.print(f"and {len(facts['firms']) - _MOST} more, in firms.csv")
    said = [f"{name} {value:+.2f}" for name, value in facts["rank_correlation"].items() if value is not None]
    if said:
        out.print(f"Rank correlation with what others lose: {', '.join(said)}.")
    out.print(_HOW_TO_READ)
    out.print(f"Books balance in every world and quarter: worst relative residual {facts['worst_residual']:.1e}.")
    out.print(facts["note"])


def _band(found: list[float]) -> str:
    low, median, high = (f"{each:,.0f}" if abs(each) >= 100.0 else f"{round(each, 1) + 0.0:.1f}" for each in found)
    return f"{median} ({low} to {high})"


def _write(folder: Path, facts: dict) -> None:
    """firms.csv, in which bands have three columns each, and summary.json."""
    import pandas

    from experiments.asked import as_json, put

    flat = []
    for each in facts["firms"]:
        row = {}
        for key, value in each.items():
            if isinstance(value, list):
                row |= dict(zip((f"{key}_p10", f"{key}_median", f"{key}_p90"), value, strict=True))
            else:
                row[key] = value
        flat.append(row)
    put(folder / "firms.csv", pandas.DataFrame(flat).to_csv(index=False))
    put(folder / "summary.json", as_json(facts))
