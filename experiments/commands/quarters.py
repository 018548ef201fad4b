"""`cloudcity quarters`: let the economy live, quarter by quarter, in the baseline or in a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.commands import options

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from abm.results import RunResult

Worlds = options.worlds_up_to(10_000, "How many worlds; 1,000 take about 0.3 GB.")
_EACH_WORLD = 64  # up to so many worlds are written one by one
_FIRM_WORLDS = 4  # worlds whose firms are written


def quarters(
    quarters: options.Quarters = 40,
    worlds: Worlds = 1,
    draw_assumed: options.DrawAssumed = False,
    ecosystem: options.Ecosystem = "ai_2026",
    scenario: options.Scenario = "baseline",
    seed: options.Seed = 1,
    settings: options.Settings = None,
    out: options.Out = None,
    figures: options.Figures = True,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run quarters of a living economy: spending, capex, prices, who pays for it all, and what is stranded.

    In this process; for thousands of worlds, or a cluster, see `design` and `compare`.
    """
    from abm.ecosystem import load
    from abm.running import run
    from abm.scenario import load_scenario
    from experiments import output
    from experiments.commands.scenarios import print_changes
    from experiments.scenario_words import changes
    from experiments.yearly import facts_of

    parameters = options.parse_settings(settings)
    story = load_scenario(scenario)
    inputs = {"ecosystem": str(ecosystem), "quarters": quarters, "worlds": worlds, "seed": seed,
              "draw_assumed": draw_assumed, "settings": parameters, "scenario": story.as_dict()}  # fmt: skip
    folder = out or output.named("quarters", inputs)
    output.require_free(folder)
    network = load(ecosystem)
    if story.id != "baseline" and not as_json:
        print_changes(story, network, quarters)
    with options.progress("living quarters", quiet) as show:
        result = run(
            network, story, quarters=quarters, worlds=worlds, seed=seed, parameters=parameters,
            draw_assumed=draw_assumed,
            progress=None if show is None else lambda done: show(done, quarters),
        )  # fmt: skip
    said = {"scenario": result.scenario, "changes": changes(story, network), "draw_assumed": draw_assumed,
            "settings": parameters}  # fmt: skip
    facts = facts_of(result, said)
    output.write(folder, lambda path: write_run(path, result, facts, figures))
    why = [f"Why: cloudcity explain {folder} {each['firm']}" for each in facts["failures"][:1]]
    options.tell(facts, print_years, as_json, quiet, f"Tables{' and figure' if figures else ''}: {folder}", *why)


def print_years(facts: dict, out: Console) -> None:
    """The table by calendar year and what must be known to read it."""
    from rich.table import Table
    from rich.text import Text

    from experiments.failures import failure_line

    count = facts["worlds"]
    worlds = "one world" if count == 1 else f"median of {count:,} worlds"
    span = f", {facts['first_quarter']} to {facts['last_quarter']}, {worlds}, seed {facts['seed']}"
    out.print(Text.assemble((facts["ecosystem"], "bold"), span))
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("year", vertical="bottom")
    for name in (
        "end users\nspend on AI", "hyperscalers'\nAI capex", "their capex\nin all", "demand/\ncapacity",
        "price of\ncompute", "paid by\nothers", "not\nfunded", "circular\nchip sales", "stranded",
    ):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True, vertical="bottom")
    for year, row in facts["years"].items():
        middle = {key: each[1] for key, each in row.items() if key != "quarters"}
        table.add_row(
            year + ("" if row["quarters"] == 4 else "*"),
            *(f"{middle[key]:,.0f}" for key in ("end_user_spending", "ai_capex", "all_capex")),
            *(f"{middle[key]:.2f}" for key in ("tightness", "price")),
            f"{middle['external_share']:.0%}", f"{middle['funding_gap']:,.1f}", f"{middle['circularity']:.1%}",
            f"{middle['stranded']:,.0f}",
        )  # fmt: skip
    out.print(table)
    out.print("USD bn a year. Paid by others: new money from outside the firm over AI capex and what labs burn. "
              "Circular: chip sales that the chipmakers' own money paid for.")  # fmt: skip
    partial = [f"{year}: {row['quarters']}" for year, row in facts["years"].items() if row["quarters"] < 4]
    if partial:
        out.print(f"* Not all quarters were run ({', '.join(partial)} of 4); flows at their yearly rate.")
    if count > facts["worlds_kept_by_firm"]:
        out.print(f"Hyperscalers' capex: the first {facts['worlds_kept_by_firm']} worlds only.")
    out.print()
    out.print(f"Books balance in every world and quarter: worst relative residual {facts['worst_residual']:.1e}.")
    out.print(failure_line(facts))
    out.print(facts["note"])


def write_run(folder: Path, result: RunResult, facts: dict, figures: bool) -> None:
    """summary.json, system.csv, firms.csv, events.csv, traced.csv and, if asked for, quarters.png."""
    import json

    from experiments import traced

    (folder / "summary.json").write_text(json.dumps(facts, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    _system(result).to_csv(folder / "system.csv", index=False)
    _firms(result).to_csv(folder / "firms.csv", index=False)
    traced.write(folder, result)
    if figures:
        from experiments.figures.quarters import quarters as draw
        from experiments.figures.saving import save

        save(draw(result, facts["draw_assumed"]), folder / "quarters.png")


def _system(result: RunResult):
    """World, quarter, name, value; of many worlds the bands p10, median and p90 in the place of worlds."""
    import pandas

    parts = []
    for name in result.names:
        frame = result.system(name)
        if len(frame) > _EACH_WORLD:
            frame = frame.quantile([0.1, 0.5, 0.9]).set_axis(["p10", "median", "p90"])
        long = frame.rename_axis("world").reset_index().melt("world", var_name="quarter")
        parts.append(long.assign(name=name)[["world", "quarter", "name", "value"]])
    return pandas.concat(parts, ignore_index=True)


def _firms(result: RunResult):
    """World, quarter, firm and a column for each series, in the first worlds."""
    import numpy as np
    import pandas

    from abm.columns import COLUMNS
    from abm.economy import SERIES
    from experiments.yearly import firm, kept

    shared, ids = {name for name, *_ in SERIES}, [str(each) for each in result.ecosystem.id]
    names = [each for each in result.names if each in COLUMNS and each not in shared]
    worlds, span = min(_FIRM_WORLDS, kept(result)), result.quarters
    index = pandas.MultiIndex.from_product([ids, result.worlds[:worlds], span], names=["firm", "world", "quarter"])
    values = {
        name: np.concatenate([firm(result, row, name)[:worlds].ravel() for row in range(len(ids))]) for name in names
    }
    frame = pandas.DataFrame(values, index=index).reset_index()
    return frame[["world", "quarter", "firm", *names]]
