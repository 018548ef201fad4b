"""Small pictures of every kind of figure, of made-up numbers, to compare with.

`python tests/figure_baselines.py` writes them anew after a change that was meant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import networkx
import numpy as np
import pandas
from matplotlib.figure import Figure
from PIL import Image, ImageFilter

import abm
from abm.chronicle import Chronicle
from abm.results import Recorder, RunResult
from experiments.figures import cascade, losses, network, spread
from experiments.figures.differences import differences
from experiments.figures.distress_map import distress_map
from experiments.figures.earned import earned
from experiments.figures.exposure import exposure
from experiments.figures.fans import fans
from experiments.figures.funding_mix import funding_mix
from experiments.figures.living_cascade import living_cascade
from experiments.figures.money_flow import money_flow
from experiments.figures.style import plain
from experiments.figures.tables import importance, phase, tornado
from experiments.figures.timeline import timeline
from experiments.figures.vintages import vintages
from experiments.figures.waterfall import waterfall
from experiments.figures.where import where

FOLDER = Path(__file__).parent / "figures"
_DPI = 50
_TILE = 16  # pixels
WORLDS, QUARTERS, STRUCK = 12, 24, 7
_CAPTION = "Made-up numbers; illustrative."


def tiny() -> abm.Ecosystem:
    """Seven firms that hang together; nothing in it comes from the shipped data."""
    graph = networkx.MultiDiGraph(name="tiny")
    graph.add_node("Bank", kind="lender", cash=100.0, capital=50.0)
    graph.add_node("Fund", kind="lender", cash=80.0, capital=60.0)
    graph.add_node("BigCloud", kind="hyperscaler", cash=60.0, chips_book=90.0)
    graph.add_node("SmallCloud", kind="operator", cash=5.0, chips_book=20.0)
    graph.add_node("Maker", kind="chipmaker", cash=70.0)
    graph.add_node("Lab", kind="ai_lab", cash=20.0, ai_revenue=10.0, private_valuation=150.0)
    graph.add_node("YoungLab", kind="ai_lab", cash=5.0, ai_revenue=1.0, private_valuation=20.0)
    for source, target, layer, amount in (
        ("Bank", "SmallCloud", "loan", 12.0), ("Fund", "BigCloud", "bond", 30.0),
        ("Lab", "BigCloud", "take_or_pay", 80.0), ("Lab", "SmallCloud", "take_or_pay", 25.0),
        ("YoungLab", "SmallCloud", "take_or_pay", 4.0),
    ):  # fmt: skip
        graph.add_edge(source, target, layer=layer, amount=amount)
    for owner, issuer, amount, share in (("Maker", "Lab", 20.0, 0.15), ("BigCloud", "Lab", 40.0, 0.25),
                                         ("Maker", "SmallCloud", 3.0, 0.1)):  # fmt: skip
        graph.add_edge(owner, issuer, layer="equity", amount=amount, share=share)
    return abm.from_graph(graph)


def made_up(ecosystem: abm.Ecosystem, shocked: bool) -> RunResult:
    """A run that no model made: smooth curves, a little apart in every world, lower after a shock."""
    at, world = np.arange(QUARTERS), np.arange(WORLDS)[:, None]
    cut = np.where(shocked & (at >= STRUCK), 0.7, 1.0)
    wave = 1.0 + 0.1 * np.sin(at / 3.0 + world) * (at / QUARTERS)

    def series(first: float, last: float, cut_by=cut) -> np.ndarray:
        return (first + (last - first) * at / (QUARTERS - 1)) * wave * cut_by

    hit = np.where(shocked & (at >= STRUCK), 1.0, 0.0)
    columns = {
        "end_demand": series(30, 150), "capex": series(90, 120), "other_capex": series(20, 20, 1.0),
        "price": series(1.0, 0.3), "confidence": series(1.0, 1.0), "user_revenue": series(20, 110),
        "compute_sales": series(15, 80), "chip_sales": series(60, 75), "written_off": series(0, 0) + 3.0 * hit,
        "lost_by_suppliers": series(0, 0) + 1.0 * hit, "impairment": series(2, 8, 1.0) + 4.0 * hit,
        "default_cost": 0.5 * hit + series(0, 0), "margin": series(10, 60), "principal": series(2, 6, 1.0),
        "bonds_issued": series(12, 10), "high_yield_issued": series(1, 2), "private_credit_drawn": series(6, 9),
        "bank_loans_drawn": series(3, 2), "facilities_drawn": series(1, 1), "vendor_money": series(5, 4),
        "equity_raised": series(6, 5), "owner_money": series(1, 1), "chips_delivered": series(70, 90),
        "circularity": series(0.1, 0.05, 1.0),
    }  # fmt: skip
    recorder, firms = Recorder(), len(ecosystem)
    recorder.system = {name: list(values.T) for name, values in columns.items()}
    parts = {"compute_bought": 12, "running_cost": 6, "rent": 1, "shells_started": 20, "distributions_paid": 3,
             "tax": 2, "interest": 2, "firm_value": 80, "net_worth": 60}  # fmt: skip
    share = (1.0 + np.arange(firms))[:, None, None] / firms**2
    recorder.firms = {
        name: list(np.moveaxis(share * values[None], 2, 0))
        for name, values in (columns | {name: series(each, 2 * each) for name, each in parts.items()}).items()
        if name not in ("end_demand", "price", "confidence", "circularity")
    }
    return RunResult(ecosystem, recorder, list(range(WORLDS)), 1, 0.0, chronicle=_events(ecosystem, shocked))


def _events(ecosystem: abm.Ecosystem, shocked: bool) -> Chronicle:
    note, row, worlds = Chronicle(), ecosystem.row, np.arange(WORLDS)

    def add(quarter: int, sweep: int, channel: str, source: str, target: str, amount: float, chosen, claim="") -> None:
        ends, amounts = ([row[source]], [row[target]]), np.full((1, len(chosen)), amount)
        note.add(quarter, sweep, channel, [claim or channel], *ends, amounts, chosen, always=True)

    late = worlds[::2] if shocked else worlds[:3]
    for world in late.tolist():
        add(11 + world % 5, 2, "default", "SmallCloud", "SmallCloud", 0.0, np.array([world]), "missed what it must pay")
        add(11 + world % 5, 3, "loans", "SmallCloud", "Bank", 6.0, np.array([world]))
        add(11 + world % 5, 3, "stakes", "SmallCloud", "Maker", 2.0, np.array([world]))
    if shocked:
        add(9, 1, "orders", "BigCloud", "Maker", 14.0, worlds)
        add(9, 2, "funding", "Fund", "Lab", 5.0, worlds)
        add(10, 1, "payments", "Lab", "BigCloud", 8.0, worlds)
        add(18, 2, "default", "Lab", "Lab", 0.0, worlds[:4], "missed what it must pay")
        add(18, 3, "customers", "Lab", "BigCloud", 30.0, worlds[:4])
    return note


def case() -> tuple[RunResult, RunResult, dict]:
    """A made-up pair and what there is to say of it."""
    ecosystem = tiny()
    shocked, baseline = made_up(ecosystem, True), made_up(ecosystem, False)
    bars = {"": (300.0, 330.0, 350.0), "confidence": (200.0, 240.0, 260.0), "arms_race": (310.0, 340.0, 360.0)}
    mechanisms = [
        {"name": name, "worlds": 4, "revenue": {"lost": list(band)}, "losses": {"lost": [each / 2 for each in band]}}
        for name, band in bars.items()
    ]
    facts = {
        "scenario": {"title": "A made-up shock"}, "struck_in": shocked.quarters[STRUCK],
        "window_ends": shocked.quarters[STRUCK + 11], "mechanisms": mechanisms,
        "assumptions": {"assumed": 0.5, "judgement": 9, "parameters": 10},
    }  # fmt: skip
    return shocked, baseline, facts


def matters() -> list[dict]:
    """Made-up rows of a study of conditions: the network matters in one of three, at large shortfalls."""
    return [
        {"confidence_loss": level, "setting": name, "size": size, "share": strong * (size - 0.2) - 0.004,
         "credit": 30.0 * strong * size, "credit_without": 2.0 * size}
        for level in (3.0, 0.0) for name, strong in (("as shipped", 0.01), ("promises", 0.9), ("all", 0.3))
        for size in (0.1, 0.3, 0.5)
    ]  # fmt: skip


def pictures() -> dict[str, Callable[[], Figure]]:
    """Name of a baseline and how its figure is drawn."""
    city, pair = tiny(), case()
    hit = abm.stress(city, ["all:revenue:0.2..0.6"], worlds=40)
    grid = pandas.DataFrame([{"x": x, "y": y, "p": min(1.0, x * y / 12)} for x in range(5) for y in range(6)])
    rows = [{"name": f"setting {each}", "low": 9.0 - each, "high": 10.0 + each} for each in range(5)]
    firms = [{"name": f"firm {each}", "kind": kind, "low": each, "median": 2.0 * each, "high": 3.0 * each}
             for each, kind in enumerate(("lender", "operator", "ai_lab", "chipmaker"))]  # fmt: skip
    value = np.linspace(5.0, 80.0, len(city))
    found: dict[str, Callable[[], Figure]] = {
        "losses": lambda: losses(hit), "spread": lambda: spread(hit),
        "phase": lambda: phase(grid, "x", "y", "p", title="A phase diagram", caption=_CAPTION),
        "tornado": lambda: tornado(rows, 9.5, outcome="loss", title="A tornado", caption=_CAPTION),
        "importance": lambda: importance(firms, outcome="loss", title="Importance", caption=_CAPTION),
    }  # fmt: skip
    for columns in (1, 2):
        found |= {f"{name}_{columns}": partial(draw, columns=columns) for name, draw in {
            "where": partial(where, matters(), caption=_CAPTION), "network": partial(network, city, value),
            "exposure": partial(exposure, city, value), "cascade": partial(cascade, hit),
        }.items()}  # fmt: skip
    for draw in (differences, distress_map, living_cascade, earned, fans, funding_mix, money_flow, timeline, vintages,
                 waterfall):  # fmt: skip
        for columns in (1, 2):
            found[f"{draw.__name__}_{columns}"] = partial(draw, *pair, columns)
    return found


def picture(figure: Figure) -> Image.Image:
    """A small picture of a figure, as it is stored."""
    figure.set_dpi(_DPI)
    with plain():
        figure.canvas.draw()
    return Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Root mean square of the difference of the least alike part, 0 to 1; 1 for pictures of other sizes.

    Both are blurred first: another version of the library draws the edges of letters another way.
    """
    if one.size != other.size:
        return 1.0
    first, second = (np.asarray(each.filter(ImageFilter.GaussianBlur(2)), float) / 255 for each in (one, other))
    square = ((first - second) ** 2).mean(axis=2)
    tall, wide = (-(-each // _TILE) * _TILE for each in square.shape)
    padded = np.zeros((tall, wide))
    padded[: square.shape[0], : square.shape[1]] = square
    tiles = padded.reshape(tall // _TILE, _TILE, wide // _TILE, _TILE).mean(axis=(1, 3))
    return float(np.sqrt(tiles.max()))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in pictures().items():
        picture(draw()).quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            FOLDER / f"{name}.png", optimize=True)  # fmt: skip


if __name__ == "__main__":
    main()
