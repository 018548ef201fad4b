"""`cloudcity identities`: do the books of the opening state balance?"""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import options

Worlds = Annotated[int, typer.Option("--worlds", min=1, max=4096, help="Worlds to draw and check.")]


def identities(ecosystem: options.Ecosystem = "ai_2026", worlds: Worlds = 1, seed: options.Seed = 1) -> None:
    """Close the opening state with the rest of the world and print the residual of every accounting identity.

    With more than one world, numbers graded assumed are drawn from their ranges. Exit code 1 if one fails.
    """
    from rich.table import Table

    from abm.drawn import Drawn
    from abm.ecosystem import load
    from abm.ledger import TOLERANCE
    from abm.opening import open_ledger
    from abm.parameters import Parameters
    from experiments import tables

    network = load(ecosystem)
    ledger = open_ledger(Drawn(network, range(worlds) if worlds > 1 else None, seed), Parameters(network))
    residuals = {name: float(each.max()) for name, each in ledger.identities().items()}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("identity")
    table.add_column("worst relative residual", justify="right")
    for name, residual in residuals.items():
        table.add_row(name, f"{residual:.1e}")
    tables.console().print(table)
    worst = max(residuals.values())
    firms = f"{len(network)} firms, {len(ledger.claims)} claims, {worlds} world{'s' if worlds > 1 else ''}"
    typer.echo(f"worst relative residual {worst:.1e} (limit {TOLERANCE:.0e}); {firms}")
    if worst > TOLERANCE:
        raise typer.Exit(1)
