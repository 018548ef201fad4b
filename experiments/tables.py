"""Results as text for a terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from experiments.summary import CHANNEL_WORDS

if TYPE_CHECKING:
    from rich.console import Console

_PIPED_WIDTH = 132


def console(stderr: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for every table where there is none.

    Names of firms, shocks and folders are anybody's, so text is printed as it is: no markup, no emoji codes.
    """
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def money(value: float | list[float] | None) -> str:
    """USD bn; of many worlds the median and the 5% to 95% band."""
    if value is None:
        return "-"
    if isinstance(value, list):
        low, median, high = value
        return f"{median:,.1f} ({low:,.1f} to {high:,.1f})"
    return f"{value:,.1f}"


def ratio(value: float | list[float] | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        low, median, high = value
        return f"{median:.2f} ({low:.2f} to {high:.2f})"
    return f"{value:.2f}"


def percent(value: float | list[float] | None) -> str:
    if isinstance(value, list):
        low, median, high = value
        return f"{median:.0%} ({low:.0%} to {high:.0%})"
    return "-" if value is None else f"{value:.0%}"


def print_summary(facts: dict, out: Console) -> None:
    """The whole result: who is hit, where the loss arose, who bears it."""
    from rich.text import Text

    worlds = f"{facts['worlds']:,} worlds, median and 5% to 95%" if facts["worlds"] > 1 else "one world"
    asked = f" on {facts['ecosystem']}, {facts['quarters']} as one, {worlds}"
    out.print(Text.assemble((", ".join(facts["shocks"]), "bold"), asked))
    out.print()
    _print_hits(facts, out)
    out.print()
    _print_balance(facts, out)
    out.print()
    for line in story(facts):
        out.print(line)


def _print_hits(facts: dict, out: Console) -> None:
    from rich.table import Table

    many = facts["worlds"] > 1
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, right in (("firm", False), ("value before", True), ("loss", True), ("of value", True),
                        ("sweep", True), ("mostly through", False), ("state", False)):  # fmt: skip
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "mostly through")
    for hit in facts["hits"]:
        through = CHANNEL_WORDS[hit["main_channel"]] + (f" ({hit['main_source']})" if hit["main_source"] else "")
        table.add_row(
            hit["firm"], f"{hit['value_before']:,.1f}", money(hit["loss_band"]) if many else money(hit["loss"]),
            percent(hit["share"]), "-" if hit["first_sweep"] is None else str(hit["first_sweep"]), through,
            _state(hit, many),
        )  # fmt: skip
    if facts["hits"]:
        out.print("Who is hit (USD bn; sweep 0 is the shock itself)")
        out.print(table)
    else:
        out.print("Nobody loses anything.")


def _state(hit: dict, many: bool) -> str:
    words = {"default": "fails", "covenant": "breaches covenants", "withdrawal": "loses funding"}
    parts = []
    for flag, word in words.items():
        found = hit["flags"][flag]
        if found["worlds"] > 0.0:
            parts.append(f"{word} in {found['worlds']:.0%}" if many else f"{word} (sweep {found['first_sweep']})")
    return ", ".join(parts) or "stands"


def _print_balance(facts: dict, out: Console) -> None:
    from rich.table import Table

    where = {
        "direct": "money the shock took", "valuation": "business and assets the shock made worth less",
        "orders": "orders never placed", "collateral": "chips cheaper after forced sales",
        "earnings": "going concerns worth less for lost sales", "failure": "assets lost in failures",
    }  # fmt: skip
    who = {"owners": "owners of equity outside the network", "rest_of_world": "suppliers and creditors outside",
           "new_lenders": "new lenders of failed firms"}  # fmt: skip
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Where the loss arose")
    table.add_column("USD bn", justify="right")
    table.add_column("   Who bears it")
    table.add_column("USD bn", justify="right")
    left = [(words, facts["arose"][each]) for each, words in where.items()]
    right = [(words, facts["borne"][each]) for each, words in who.items()]
    for place, (words, amount) in enumerate(left):
        other = right[place] if place < len(right) else ("", None)
        table.add_row(words, money(amount), "   " + other[0], "" if other[1] is None else money(other[1]))
    out.print(table)


def story(facts: dict) -> list[str]:
    """What happened, in sentences made from the numbers."""
    lines = []
    failures = facts["failures"]
    if isinstance(failures, list):
        lines.append(
            f"Firms fail in {facts['worlds_with_failures']:.0%} of worlds; "
            f"in the worst 5% of worlds at least {failures[2]:.0f} do."
        )
    else:
        lines.append("No firm fails." if failures == 0 else f"{failures:.0f} of the firms fail.")
    if facts["amplification"] is not None:
        lines.append(
            f"Per dollar that the shock took, {ratio(facts['amplification'])} dollars are lost in all: "
            "the rest is what the circle added."
        )
    lines.append(
        f"{percent(facts['assumed_share'])} of the loss passed through numbers that are assumed, "
        f"{percent(facts['assumed_or_estimated_share'])} through assumed or estimated ones."
    )
    lines.append(
        f"Contagion came to rest after {facts['sweeps']} sweep{'s' if facts['sweeps'] != 1 else ''}; "
        f"books balance to {facts['worst_residual']:.1e}."
    )
    lines.append(facts["note"])
    return lines
