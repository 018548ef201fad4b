"""`cloudcity stress`: strike a network and see who falls."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import options

Shocks = Annotated[
    list[str],
    typer.Option(
        "--shock",
        metavar="WHO:WHAT:SIZE",
        help="WHO is a firm, group, kind, claim id or all; WHAT is revenue, cash, assets, gpu_price, funding or claim; "
        "SIZE is a share such as 0.3, or a range such as 0.1..0.5 to draw from. Repeatable.",
    ),
]
Worlds = options.worlds_up_to(200_000, "How many worlds to draw.")
Horizon = Annotated[int, typer.Option("--horizon", help="Quarters of planned flows that are cleared as one, 1 to 12.")]
Off = Annotated[
    list[str] | None,
    typer.Option(
        "--off",
        metavar="MECHANISM",
        help="Turn a mechanism off: fire_sale, covenants, funding_withdrawal, insolvency, default_costs. Repeatable.",
    ),
]


def stress(
    shock: Shocks,
    horizon: Horizon = 4,
    worlds: Worlds = 1,
    draw_assumed: options.DrawAssumed = False,
    ecosystem: options.Ecosystem = "ai_2026",
    seed: options.Seed = 1,
    settings: options.Settings = None,
    off: Off = None,
    jobs: options.Jobs = 2,
    out: options.Out = None,
    figures: options.Figures = True,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Strike the opening network, clear its planned flows, follow the contagion, and say who is hit and why."""
    from abm.ecosystem import load
    from abm.stress_testing import stress as strike
    from experiments import output, tables
    from experiments.summary import summary

    parameters, switches = options.parse_settings(settings), _switches(off)
    inputs = {"ecosystem": str(ecosystem), "shocks": shock, "horizon": horizon, "worlds": worlds, "seed": seed,
              "draw_assumed": draw_assumed, "settings": parameters, "off": off}  # fmt: skip
    folder = out or output.named("stress", inputs)
    output.require_free(folder)
    network = load(ecosystem)
    with options.progress("settling worlds", quiet) as show:
        result = strike(
            network, shock, quarters=horizon, worlds=worlds, seed=seed, draw_assumed=draw_assumed,
            parameters=parameters, switches=switches, threads=jobs, progress=show,
        )  # fmt: skip
    facts = summary(result)
    output.write(folder, lambda path: output.write_result(path, result, facts, figures))
    places = f"Tables{' and figures' if figures else ''}: {folder}"
    options.tell(facts, tables.print_summary, as_json, quiet, places)


def _switches(off: list[str] | None):
    from dataclasses import fields

    from abm.errors import BadInput, Fault, nearest, shown
    from abm.settlement import Switches

    valid = [each.name for each in fields(Switches)]
    wrong = [each for each in off or [] if each not in valid]
    if wrong:
        raise BadInput(
            Fault("--off", shown(each), "one of " + ", ".join(valid), nearest=nearest(each, valid)) for each in wrong
        )
    return Switches(**dict.fromkeys(off or [], False))
