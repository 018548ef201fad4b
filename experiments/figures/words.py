"""Shocks, worlds and evidence in words: every caption and title is built from the result."""

from __future__ import annotations

import textwrap

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS
from abm.shocks import Shock
from abm.stress_result import StressResult

MINUS = "\N{MINUS SIGN}"
PLURALS = {
    "hyperscaler": "hyperscalers", "operator": "cloud operators", "chipmaker": "chipmakers", "ai_lab": "AI labs",
    "vehicle": "vehicles", "lender": "lenders", "government": "governments", "rest_of_world": "the rest of the world",
}  # fmt: skip


def caption(result: StressResult, world: int | None) -> str:
    """Ecosystem, shocks, quarters, world, seed and evidence; `world` None stands for the mean of all worlds."""
    count = result.worlds.size
    if world is None:
        of_worlds = "1 world" if count == 1 else f"{count} worlds"
    else:
        of_worlds = f"world {result.worlds[world]} of {count}" if count > 1 else f"world {result.worlds[world]}"
    shocks = ", ".join(result.shocks) or "none"
    drawn = ", assumed numbers drawn" if result.draw_assumed else ""
    parts = [f"Ecosystem {result.ecosystem.name}", f"shocks {shocks}",
             result.span.replace("-", " to "),
             of_worlds + drawn, f"seed {result.seed}", evidence(result, world),
             "illustrative, not a forecast"]  # fmt: skip
    return "; ".join(parts) + "."


def evidence(result: StressResult, world: int | None) -> str:
    """How much of the loss rests on numbers that nobody has reported."""
    assumed, estimated = result.assumed.mean(axis=1) if world is None else result.assumed[:, world]
    return f"{assumed:.0%} of the loss rests on assumed numbers, {estimated:.0%} on assumed or estimated ones"


def shock_in_words(result: StressResult, world: int | None = None) -> str:
    """What strikes, with the size drawn in `world` (its position), or the range if None."""
    parts = [_one(result, Shock.parse(each), world) for each in result.shocks]
    return "; ".join(parts) or "nothing strikes"


def _one(result: StressResult, shock: Shock, world: int | None) -> str:
    if world is not None:
        size = f"{shock.size([int(result.worlds[world])], result.seed)[0]:.0%}"
    else:
        size = f"{shock.low:.0%} to {shock.high:.0%}" if shock.drawn else f"{shock.low:.0%}"
    if shock.what == "claim":
        return f"{size} of {shock.who} is lost"
    who, everybody = whom(result.ecosystem, shock.who), shock.who.casefold() == "all"
    rows = set(result.ecosystem.rows(shock.who).tolist())
    lends = rows <= set(result.ecosystem.of_kind("lender", "rest_of_world").tolist())
    return {
        "revenue": f"end users pay {'' if everybody else who + ' '}{size} less",
        "cash": f"{who} lose {size} of their cash",
        "assets": f"assets of {who} lose {size} of their value",
        "gpu_price": f"{'AI chips' if everybody else 'chips of ' + who} lose {size} of their value",
        "funding": f"{who} lend {size} less new money" if lends else f"{who} get {size} less new money",
    }[shock.what]


def whom(ecosystem: Ecosystem, who: str) -> str:
    """A firm's name, a kind in the plural, or everybody."""
    key = who.casefold()
    if key == "all":
        return "all firms"
    if key in KINDS:
        return PLURALS[key]
    names = {each.casefold(): title for each, title in zip(ecosystem.id, ecosystem.title, strict=True)}
    return names.get(key, who)


def money(amount: float) -> str:
    """USD bn with as many digits as mean something."""
    size = abs(amount)
    text = f"{size:,.0f}" if size >= 9.95 else f"{size:.1f}" if size >= 0.095 else f"{size:.2f}"
    return f"{MINUS}{text}" if amount < 0 and float(text.replace(",", "")) > 0 else text


def lines(text: str, width: int, most: int | None = None) -> str:
    """`text` in lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(text, width, max_lines=most, placeholder=" …"))


def position(result: StressResult, world: int | None) -> int:
    """Where world number `world` stands in the result's columns; the first world if None."""
    if world is None:
        return 0
    found = np.flatnonzero(result.worlds == world)
    if not found.size:
        raise ValueError(f"world {world} is not in this result: it holds {result.worlds.size} worlds")
    return int(found[0])
