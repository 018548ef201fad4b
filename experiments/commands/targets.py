"""`cloudcity targets`: does a baseline run look like what is known of the industry?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.targets import Measured

Worlds = options.worlds_up_to(10_000)
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 if fewer than four fifths of the measured checks are inside.")
]


def targets(
    worlds: Worlds = 64,
    seed: options.Seed = 1,
    quarters: options.Quarters = 40,
    scenario: options.Scenario = "baseline",
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    strict: Strict = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure every target of an ecosystem in a run in which nothing strikes, and say which are met.

    A --scenario, such as one that was tuned, may set parameters. The run is one in this process; no file is written.
    """
    from abm.ecosystem import load
    from experiments.targets import load_targets, measure, passes, run_baseline

    story = options.calm_scenario(scenario)
    parameters = story.settings(options.parse_settings(settings))
    sheets, wanted = load_targets(ecosystem)
    with options.progress("living quarters", quiet) as show:
        base = run_baseline(
            load(ecosystem), sheets, parameters, scenario=story, quarters=quarters, worlds=worlds, seed=seed,
            progress=None if show is None else lambda done: show(done, quarters),
        )  # fmt: skip
    found = measure(base, wanted)
    facts = facts_of(base.result, found, parameters)
    options.tell(facts, print_targets, as_json, quiet)
    if strict and not passes(found):
        raise typer.Exit(1)


def facts_of(result, found: list[Measured], parameters: dict[str, float]) -> dict:
    """Everything that is printed, as plain numbers and words; None stands for an open side or for not measured."""
    from experiments.targets import ROLES, counts
    from experiments.yearly import QUANTILES, kept

    return {
        "ecosystem": result.ecosystem.name, "scenario": result.scenario,
        "first_quarter": result.quarters[0], "last_quarter": result.quarters[-1],
        "quarters": len(result.quarters), "worlds": len(result.worlds), "worlds_kept_by_firm": kept(result),
        "seed": result.seed, "settings": parameters, "worst_residual": float(result.worst_residual),
        "quantiles": list(QUANTILES), "roles": ROLES, "counts": counts(found),
        "targets": [
            vars(each.target) | {"low": number(each.target.low), "high": number(each.target.high),
                                 "measured": each.bands, "inside": each.inside, "reason": each.reason}
            for each in found
        ],
    }  # fmt: skip


def number(value: float) -> float | None:
    """A number for JSON: None where a band is open."""
    return None if math.isnan(value) else value


def print_targets(facts: dict, out: Console) -> None:
    """A table per role, a count of each, and what the roles mean."""
    from rich.table import Table
    from rich.text import Text

    worlds = "one world" if facts["worlds"] == 1 else f"median of {facts['worlds']:,} worlds"
    span = f", {facts['first_quarter']} to {facts['last_quarter']}, {worlds}, seed {facts['seed']}, nothing strikes"
    out.print(Text.assemble((facts["ecosystem"], "bold"), span))
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("target", "role", "measured", "10% to 90%", "band", "unit", ""):
        table.add_column(name, justify="right" if name in ("measured", "10% to 90%", "band") else "left",
                         no_wrap=name not in ("", "unit"))  # fmt: skip
    for role in facts["roles"]:
        for each in facts["targets"]:
            if each["role"] == role:
                table.add_row(each["name"], role, *measured_cells(each["measured"]), band(each["low"], each["high"]),
                              each["unit"], verdict(each))  # fmt: skip
    out.print(table)
    out.print()
    for role, meaning in facts["roles"].items():
        each = facts["counts"][role]
        out.print(f"{role}: {each['inside']} inside, {each['outside']} outside, {each['not_measured']} not measured "
                  f"({meaning})")  # fmt: skip
    out.print("Inside: the median over worlds lies in the band. Only targets of role check count as evidence.")
    if facts["worlds"] > facts["worlds_kept_by_firm"]:
        out.print(f"Numbers of single firms: the first {facts['worlds_kept_by_firm']} worlds only.")


def measured_cells(bands: list[float] | None) -> tuple[str, str]:
    """Median, and 10% to 90% where worlds differ."""
    if bands is None:
        return "-", ""
    low, median, high = bands
    return amount(median), "" if amount(low) == amount(high) else f"{amount(low)} to {amount(high)}"


def band(low: float | None, high: float | None) -> str:
    """A band in words, open on one side where it has one bound."""
    if low is None or high is None:
        return f"at most {amount(high)}" if low is None else f"at least {amount(low)}"
    return amount(low) if low == high else f"{amount(low)} to {amount(high)}"


def amount(value: float) -> str:
    """Three significant digits, whole numbers from a hundred on; a count or a zero without decimals."""
    if value == int(value) or abs(value) >= 100.0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10.0 else f"{value:.3g}"


def verdict(each: dict) -> str:
    """Inside, outside, or why not measured."""
    if each["inside"] is None:
        return f"not measured: {each['reason']}"
    return "inside" if each["inside"] else "OUTSIDE"
