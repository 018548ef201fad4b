"""`cloudcity run`: the main experiment - ten years with and without a shortfall, in the same worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.commands import options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rich.console import Console

    from abm.results import RunResult
    from abm.scenario import Scenario

Worlds = options.worlds_up_to(10_000, "How many worlds; 1,000 take about 1 GB.")
_SMALL = 40  # worlds in which mechanisms are turned off, at most
_CHOSEN = (
    "end_demand", "user_revenue", "compute_sales", "chip_sales", "capex", "price", "tightness", "confidence",
    "margin", "impairment", "written_off", "lost_by_suppliers", "default_cost", "funding_gap", "funding_lost",
    "purchases_cut", "defaults", "tax", "firm_value", "net_worth",
)  # fmt: skip


def run(
    scenario: options.Scenario = "shortfall",
    worlds: Worlds = 200,
    quarters: options.Quarters = 40,
    seed: options.Seed = 1,
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    out: options.Out = None,
    figures: options.Figures = True,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """End users pay 30% less for AI from 2028 on: what happens, who falls, what the circle adds, who bears it.

    Runs the scenario and a baseline in the same worlds, then both again without one mechanism at a time, in processes
    of this machine; for thousands of worlds, or a cluster, see `compare`.
    """
    from abm.scenario import load_scenario
    from experiments import output, pairs
    from experiments.story import assumed_share, facts_of
    from experiments.working import in_order

    story, calm = load_scenario(scenario), load_scenario("baseline")
    whole = pairs.Frame(str(ecosystem), worlds, quarters, seed, options.parse_settings(settings))
    whole.check(story)
    first, inputs = pairs.strikes_at(story, quarters), whole.question(story)
    folder = out or output.named("run", inputs)
    output.require_free(folder)
    small = replace(whole, worlds=min(worlds, _SMALL))
    work_on = [("run", whole, story), ("run", whole, calm)]
    work_on += [("mechanism", small, story, first, each) for each in pairs.ABLATIONS]
    with options.progress("runs of quarters", quiet) as show:
        shocked, baseline, *mechanisms = in_order(work, work_on, jobs, show)
    facts = facts_of(shocked, baseline, story, first, mechanisms, assumed_share(whole, story))
    facts["settings"] = inputs["settings"]
    told = [replace(each, parameters=each.settings(whole.parameters)) for each in (story, calm)]
    with options.progress("figures", quiet or not figures) as show:
        output.write(folder, lambda path: _write(path, (shocked, baseline), told, facts, figures, show))
    page = f"The story as one page, with a player of the cascade: {folder / 'report.html'}"
    why = f"Why a firm failed, or did not: cloudcity explain {folder} CRWV"
    film = f"For print, or as a film: cloudcity figures {folder} --format pdf --film"
    options.tell(facts, print_story, as_json, quiet, *([page, film] if figures else []), why,
                 f"Tables{' and figures' if figures else ''}: {folder}")  # fmt: skip


def work(what: str, frame, *rest):
    """One job of the command, in whatever process."""
    if what == "run":
        return frame.run(*rest)
    from experiments.story import mechanism

    return mechanism(frame, *rest)


def print_story(facts: dict, out: Console) -> None:
    """The story, and the table of mechanisms within it."""
    from rich.text import Text

    from experiments.story_words import told, wrapped

    count = facts["worlds"]
    worlds = "one world" if count == 1 else f"{count:,} worlds, each with and without it"
    span = f"{facts['ecosystem']}, {facts['first_quarter']} to {facts['last_quarter']}"
    span += "".join(f", {name} {value:g}" for name, value in facts["settings"].items())
    out.print(Text.assemble((facts["scenario"]["title"], "bold"), f", from {facts['struck_in']} on: {span}, {worlds}, "
                            f"seed {facts['seed']}."))  # fmt: skip
    out.print("USD bn; medians over worlds, 10% to 90% of them in brackets.")
    for heading, sentences in told(facts):
        if not sentences:
            continue
        out.print()
        out.print(Text(heading, "bold"))
        for line in wrapped(sentences):
            out.print(line)
        if heading == "Does the network amplify?":
            out.print(mechanism_table(facts))


def mechanism_table(facts: dict):
    """One row a mechanism that is off: loss per dollar, capex, firms that fail."""
    from rich.table import Table

    from experiments.figures.words import money
    from experiments.pairs import NAMES
    from experiments.story_words import percent, ratio, spread

    per = facts["mechanisms"][0]["revenue"]["per_dollar"] is not None
    unit = ", per dollar" if per else ""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("without")
    for name in (f"lost sales{unit}", f"lost for good{unit}", "capex less", "firms that fail", "in its baseline"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in facts["mechanisms"]:
        measures = [spread(row[which]["per_dollar"], ratio) if per else spread(row[which]["lost"], money)
                    for which in ("revenue", "losses")]  # fmt: skip
        name = NAMES[row["name"]] if row["name"] else "(nothing: as it is)"
        failed = (f"{each:.2f}" for each in row["firms_failed"])
        table.add_row(name, *measures, percent(row["capex_less_share"][1]), *failed)
    return table


def _write(
    folder: Path, runs: Sequence[RunResult], told: Sequence[Scenario], facts: dict, figures: bool,
    show: Callable[[int, int], None] | None,
) -> None:  # fmt: skip
    """summary.json, system.csv, failures.csv, both runs as in `experiments.store`; if asked for, figures and page."""
    import json

    from experiments import store
    from experiments.falls import compared

    shocked, baseline = runs
    store.save(dict(zip(store.PAIR, zip(runs, told, strict=True), strict=True)), folder)
    (folder / "summary.json").write_text(json.dumps(facts, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    _system(shocked, baseline).to_csv(folder / "system.csv", index=False)
    first = shocked.quarters.index(facts["struck_in"]) + 1
    _failures(compared(shocked, baseline, first), shocked.quarters).to_csv(folder / "failures.csv", index=False)
    if figures:
        from experiments.figures import save_pair
        from experiments.report import write_report

        write_report(shocked, baseline, facts, folder / "report.html")
        list(save_pair(shocked, baseline, facts, folder, progress=show))


def _system(shocked: RunResult, baseline: RunResult):
    """Name, quarter, run (shocked, baseline, difference: paired by world) and its bands p10, median and p90."""
    import pandas

    parts = []
    for run_name, result in (("baseline", baseline), ("shocked", shocked), ("difference", shocked.against(baseline))):
        for name in _CHOSEN:
            bands = result.system(name).quantile([0.1, 0.5, 0.9]).T.set_axis(["p10", "median", "p90"], axis=1)
            parts.append(bands.rename_axis("quarter").reset_index().assign(name=name, run=run_name))
    return pandas.concat(parts, ignore_index=True)[["name", "quarter", "run", "p10", "median", "p90"]]


def _failures(both, quarters: list[str]):
    """World, firm, quarter and cause of its first failure in both runs, and what that makes of it."""
    names = dict(enumerate(quarters))
    table = both.assign(
        quarter=both["place"].map(names), quarter_in_baseline=both["place_base"].map(names),
        by_shock=both["by_shock"].astype(int), spared=both["spared"].astype(int),
    ).rename(columns={"target": "firm", "claim": "cause", "claim_base": "cause_in_baseline"})  # fmt: skip
    columns = ["world", "firm", "quarter", "cause", "quarter_in_baseline", "cause_in_baseline", "by_shock", "spared"]
    return table.sort_values(["world", "quarter", "firm"], kind="stable")[columns]
