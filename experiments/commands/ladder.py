"""`cloudcity ladder`: the opening network as it stands, struck harder and harder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from experiments.commands import options, stress

if TYPE_CHECKING:
    from rich.console import Console

SHORTFALL = "all:revenue:0.3"
LADDER = (0.1, 0.3, 0.5, 0.7, 0.9)
TIGHT = ("lender:funding:0.9", "all:gpu_price:0.5")
RUNGS = {
    "the shortfall alone": (),
    "and money is tight": TIGHT,
    "and the labs' cash is gone": (*TIGHT, "ai_lab:cash:1"),
}


def ladder(
    worlds: stress.Worlds = 1000,
    seed: options.Seed = 1,
    jobs: options.Jobs = 2,
    out: options.Out = None,
    figures: options.Figures = True,
    quiet: options.Quiet = False,
) -> None:
    """Strike the opening network for a year: who is hit, through what, and what would it take to break firms?"""
    from abm.ecosystem import load
    from abm.opening import open_ledger
    from abm.stress_testing import stress as strike
    from experiments import output, tables
    from experiments.summary import summary

    folder = out or output.named("ladder", {"worlds": worlds, "seed": seed})
    output.require_free(folder)
    network = load("ai_2026")
    out_console = tables.console()
    _print_opening(network, open_ledger, out_console)
    result = strike(network, [SHORTFALL], seed=seed, threads=jobs)
    facts = summary(result)
    tables.print_summary(facts, out_console)
    out_console.print()
    _print_ladder(network, seed, jobs, out_console)
    with options.progress("drawing worlds", quiet) as show:
        drawn = strike(network, ["all:revenue:0.1..0.6"], worlds=worlds, seed=seed, threads=jobs,
                       draw_assumed=True, progress=show)  # fmt: skip
    _print_drawn(drawn, out_console)
    output.write(folder, lambda path: _write(path, result, facts, drawn, figures))
    out_console.print()
    typer.echo(f"Tables{' and figures' if figures else ''}: {folder}")


def _print_opening(network, open_ledger, out: Console) -> None:
    from rich.text import Text

    from abm.drawn import Drawn
    from abm.parameters import Parameters

    ledger = open_ledger(Drawn(network), Parameters(network))
    out.print(Text.assemble(
        (network.name, "bold"), f": {len(network)} firms, {len(network.claims)} claims, "
        f"balance sheets of {network.opening}; books balance to {ledger.check():.1e}.",
    ))  # fmt: skip
    out.print()


def _print_ladder(network, seed: int, threads: int, out: Console) -> None:
    """The same question, harder and harder, and with what protects the network taken away."""
    from rich.table import Table

    from abm.stress_testing import stress

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("users pay less by")
    for name in RUNGS:
        table.add_column(name, justify="right")
        table.add_column("who fails")
    for size in LADDER:
        row = [f"{size:.0%}"]
        for extra in RUNGS.values():
            result = stress(network, [f"all:revenue:{size}", *extra], seed=seed, threads=threads)
            failed = [network.id[each] for each in result.flagged("default")[:, 0].nonzero()[0]]
            row += [f"{result.balance.borne[0]:,.0f} ({result.amplification[0]:.2f})", " ".join(failed) or "nobody"]
        table.add_row(*row)
    out.print("How hard must it hit? USD bn lost (per dollar that the shock took).")
    out.print("Money is tight: lenders place 90% less new money, chips sell at half price.")
    out.print(table)
    out.print()


def _print_drawn(drawn, out: Console) -> None:
    from experiments.summary import summary
    from experiments.tables import money, ratio

    facts = summary(drawn)
    out.print(
        f"{facts['worlds']:,} worlds (shortfall 10% to 60%, assumed numbers drawn from their ranges): the shock takes "
        f"{money(facts['struck'])} USD bn, the circle makes it {ratio(facts['amplification'])} per dollar; "
        f"some firm fails in {facts['worlds_with_failures']:.0%} of worlds."
    )


def _write(folder, result, facts, drawn, figures: bool) -> None:
    from experiments import output
    from experiments.summary import summary

    output.write_result(folder, result, facts, figures)
    worlds = folder / output.WORLDS
    worlds.mkdir()
    output.write_result(worlds, drawn, summary(drawn), figures)
