"""`cloudcity attribution`: where the loss comes from, by line, firm, quarter and mechanism, in parts that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console

Worlds = options.worlds_up_to(64, "How many worlds each of 16 pairs of runs has.")
_FIRMS = 12  # with the largest losses, in the table
_WORDS = {
    "worth_from_trade": "trade", "worth_from_other_capex": "other capex", "worth_from_interest": "interest",
    "worth_from_state": "tax", "worth_from_owners": "owners", "worth_from_wear": "wear",
    "worth_from_write_downs": "write-downs", "worth_from_failures": "failures", "worth_from_marks": "marks",
}  # fmt: skip
_HOW_TO_READ = (
    "Above zero is a loss. Trade: sales less running costs; owners: money of outside owners less what is paid to them; "
    "marks: stakes and labs valued anew, an opinion, not cash. Less wear is machines that were not bought. Mechanisms: "
    "Shapley values, each off in both runs; they add up to the loss."
)


def attribution(
    scenario: options.Scenario = "shortfall",
    worlds: Worlds = 16,
    quarters: options.Quarters = 20,
    seed: options.Seed = 1,
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    cluster: options.Cluster = None,
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Where the loss of net worth comes from, firm by firm and line by line, and which mechanism carries how much.

    In the 12 quarters from the shock on; lines add up to what balance sheets lose, mechanisms to the whole loss.
    Ended at any time and started again, it runs only the pairs of runs that are missing.
    """
    from abm.scenario import load_scenario
    from experiments import asked, output
    from experiments import attribution as parts
    from experiments.pairs import Frame, pair, strikes_at
    from experiments.pieces import Workplace
    from experiments.summary import NOTE

    frame = Frame(str(ecosystem), worlds, quarters, seed, options.parse_settings(settings))
    story = load_scenario(scenario)
    frame.check(story)
    first, inputs = strikes_at(story, quarters), frame.question(story)
    folder = out or output.named("attribution", inputs)
    asked.begin(folder, inputs)
    with options.progress("pairs of runs", quiet) as show:
        mechanisms = parts.by_mechanism(frame, story, place=Workplace(folder, jobs, cluster, show))
    shocked, baseline = pair(frame, story)
    kinds, firms = parts.by_kind(shocked, baseline, first), parts.by_firm(shocked, baseline, first)
    facts = {
        **inputs, "note": NOTE, "struck_in": shocked.quarters[first - 1],
        "worst_residual": float(max(shocked.worst_residual, baseline.worst_residual)), **kinds,
        "mechanisms": mechanisms,
    }  # fmt: skip
    asked.put(folder / "attribution.csv", firms.to_csv(index=False))  # firm, quarter, line and its band
    asked.put(folder / "summary.json", asked.as_json(facts))
    options.tell(facts, lambda facts, console: _print(facts, firms, console), as_json, quiet, f"Tables: {folder}")


def _print(facts: dict, firms, out: Console) -> None:
    from rich.text import Text

    worlds = f"{facts['worlds']} worlds" if facts["worlds"] > 1 else "one world"
    told = f", from {facts['struck_in']} on: lost in 12 quarters, USD bn, means of {worlds}, seed {facts['seed']}."
    out.print(Text.assemble((facts["scenario"]["title"], "bold"), told))
    out.print()
    by_kind = {kind.replace("_", " "): row for kind, row in facts["kinds"].items()}
    out.print(_table("kind of firm", by_kind))
    out.print()
    by_name = firms.groupby(["firm", "line"])["mean"].sum().unstack(fill_value=0.0)
    by_name["total"] = by_name.sum(axis=1)
    largest = by_name.sort_values("total", ascending=False).head(_FIRMS)
    out.print(_table("most is lost at", largest.to_dict("index")))
    out.print()
    out.print(_mechanisms(facts["mechanisms"]))
    out.print()
    out.print(_HOW_TO_READ)
    missed = max(each["residual"] for each in facts["mechanisms"].values())
    out.print(f"Lines miss what balance sheets lose by {facts['residual']:.0e} (relative), mechanisms the whole loss "
              f"by {missed:.0e}.")  # fmt: skip
    out.print(facts["note"])


def _table(heading: str, rows: dict[str, dict]):
    from rich.table import Table

    lines = [line for line in _WORDS if any(abs(row.get(line, 0.0)) >= 0.05 for row in rows.values())]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(heading)
    for line in (*lines, "total"):
        table.add_column(_WORDS.get(line, line), justify="right", no_wrap=True)
    for name, row in rows.items():
        table.add_row(name, *(f"{round(row.get(line, 0.0), 1) + 0.0:,.1f}" for line in (*lines, "total")))
    return table


def _mechanisms(mechanisms: dict):
    from rich.table import Table

    from experiments.pairs import NAMES

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("mechanism")
    for name in ("sales lost", "10% to 90%", "net worth lost", "10% to 90%"):
        table.add_column(name, justify="right", no_wrap=True)
    sales, worth = mechanisms["sales"], mechanisms["worth"]
    for name in sales["means"]:
        cells = []
        for measure in (sales, worth):
            low, _, high = measure["parts"][name]
            cells += [f"{measure['means'][name]:,.1f}", f"{low:,.0f} to {high:,.0f}"]
        table.add_row(NAMES.get(name, name), *cells)
    table.add_row("all", f"{sales['whole']:,.1f}", "", f"{worth['whole']:,.1f}", "")
    return table
