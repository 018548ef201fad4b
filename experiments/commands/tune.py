"""`cloudcity tune`: values of the tuned parameters that fit what they may be fitted to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abm.errors import BadInput, Fault, shown
from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console

Trials = Annotated[int, typer.Option("--trials", min=1, max=10_000, help="How many candidates to try.")]
Worlds = options.worlds_up_to(1_000, "How many worlds each candidate is run in.")
Write = Annotated[
    Path | None, typer.Option("--write", metavar="FILE", help="A new file, a scenario with the best values.")
]


def tune(
    trials: Trials = 100,
    worlds: Worlds = 16,
    quarters: options.Quarters = 16,
    seed: options.Seed = 1,
    scenario: options.Scenario = "baseline",
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    write: Write = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Seek the values of the tuned parameters that bring the targets of role fit nearest to their bands.

    What is set with --set, or by a --scenario in which nothing strikes, is held. Nothing is changed but the file that
    --write names. Candidates follow from those before them, so they run one after the other, in this process.
    """
    from experiments import tuning

    story = options.calm_scenario(scenario)
    held = story.settings(options.parse_settings(settings))
    _require_new(write)
    space = tuning.space_of(list(held))
    fit = tuning.fit_measured(ecosystem, held, scenario=story, worlds=worlds, quarters=quarters, seed=seed)
    with options.progress("candidates", quiet) as show:
        found = tuning.search(lambda candidate: tuning.loss_of(fit(candidate)), space, trials, seed, show)
    inputs = {"ecosystem": str(ecosystem), "scenario": story.id, "trials": trials, "worlds": worlds,
              "quarters": quarters, "seed": seed, "settings": held}  # fmt: skip
    facts = facts_of(found, space, fit({}), fit(found.best), inputs)
    if write is not None:
        told = f"Nothing strikes; parameters tuned to the fit targets of {Path(ecosystem).name}: {trials} candidates, "
        _write(write, tuning.scenario_text(found, f"{told}{worlds} worlds, {quarters} quarters, seed {seed}."))
    options.tell(facts, print_tuned, as_json, quiet)


def facts_of(found, space, before, after, inputs: dict) -> dict:
    """Everything that is printed, as plain numbers and words."""
    from experiments.commands.targets import number
    from experiments.tuning import HOLD, KNOWN

    return {
        **inputs,
        "loss_before": found.before, "loss_after": found.after, "hold": HOLD, "known": KNOWN,
        "parameters": {
            name: {"default": each.default, "best": found.best[name], "low": each.low, "high": each.high,
                   "reach": found.reach[name], "identified": found.identified(name)}
            for name, each in space.items()
        },
        "targets": {
            old.target.name: {"low": number(old.target.low), "high": number(old.target.high), "reason": old.reason,
                              "before": old.bands and old.bands[1], "after": new.bands and new.bands[1]}
            for old, new in zip(before, after, strict=True)
        },
    }  # fmt: skip


def print_tuned(facts: dict, out: Console) -> None:
    """Best values beside defaults, fit targets before and after, and what the fit cannot say."""
    from rich.table import Table

    from experiments.commands.targets import amount, band

    parameters = Table("parameter", "default", "best", "range", "loss changes by", "", box=None, pad_edge=False)
    for name, each in facts["parameters"].items():
        known = "" if each["identified"] else "not identified"
        parameters.add_row(name, f"{each['default']:g}", f"{each['best']:.3g}", f"{each['low']:g} to {each['high']:g}",
                           f"{each['reach']:.2f}", known)  # fmt: skip
    out.print(parameters)
    out.print()
    targets = Table("fit target", "default", "best", "band", box=None, pad_edge=False)
    for name, each in facts["targets"].items():
        values = [f"not measured: {each['reason']}", ""] if each["reason"] else [amount(each["before"]),
                                                                                   amount(each["after"])]  # fmt: skip
        targets.add_row(name, *values, band(each["low"], each["high"]))
    out.print(targets)
    out.print()
    out.print(f"Loss {facts['loss_before']:.2f} at the defaults, {facts['loss_after']:.2f} at the best: squared "
              "distances from the bands, in half-widths.")  # fmt: skip
    out.print(f"Leaving a default by the whole range costs {facts['hold']:g} more, so what the fit does not know stays "
              "put: a parameter is not identified if its whole range changes the loss by less than "
              f"{facts['known']:g}.")  # fmt: skip
    out.print("Fit targets are no evidence once they are fitted; ask `cloudcity targets` for the checks.")


def _require_new(path: Path | None) -> None:
    """Raises `BadInput` where `path` cannot become a new file, before anybody waits for it."""
    if path is None:
        return
    if path.exists():
        raise BadInput(Fault("--write", f"{shown(path)}, which is there", "a new file"))
    if not path.absolute().parent.is_dir():
        raise BadInput(Fault("--write", shown(path), "a file in a folder that exists"))


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise BadInput(Fault("--write", shown(path), f"a file that can be written ({problem.strerror})")) from None
