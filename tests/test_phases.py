"""`cloudcity phase`: shares of worlds that can be told beforehand, their intervals, the line between cells."""

from __future__ import annotations

import json

import numpy as np
import pandas
import pytest
from figure_texts import of, outside, overlapping, written
from scipy.stats import binomtest

import abm
from abm.scenario import load_scenario
from experiments.axes import Axis
from experiments.blocks import Ensemble
from experiments.commands.phase import draw
from experiments.figures.tables import phase as drawn
from experiments.outcomes import Condition
from experiments.phases import phase, share

SMALL = Ensemble(load_scenario("shortfall"), worlds=6, quarters=9, seed=3)
SIZES = (0.1, 0.3, 0.5)


@pytest.fixture(scope="module")
def spending() -> np.ndarray:
    """What end users spend in each world where nothing strikes, from the quarter of the shock on."""
    return 4.0 * abm.run("ai_2026", quarters=9, worlds=6, seed=3).system("end_demand").to_numpy()[:, 7:].mean(axis=1)


@pytest.mark.parametrize(("count", "of_them"), [(0, 4), (1, 4), (4, 4), (3, 10), (50, 100), (1, 10_000)])
def test_intervals_are_wilsons(count, of_them):
    wanted = binomtest(count, of_them).proportion_ci(0.95, method="wilson")
    found = share(count, of_them)
    assert (found["low"], found["high"]) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert found["probability"] == count / of_them


def test_probabilities_are_those_of_spending_cut_by_the_shock(spending, tmp_path):
    """End users spend what they would but for the shock, less its share: whatever else happens."""
    least = 0.7 * float(np.sort(spending)[2:4].mean())
    over = [Axis("shock", SIZES), Axis("confidence_loss", (0.0, 5.0))]
    facts = phase(SMALL, over, Condition.parse(f"end_user_spending<{least!r}"), tmp_path / "made", jobs=1)
    found = {tuple(each["at"].values()): each["probability"] for each in facts["cells"]}
    for size in SIZES:
        wanted = float((spending * (1.0 - size) < least).mean())
        assert found[size, 0.0] == found[size, 5.0] == wanted
    assert [found[size, 0.0] for size in SIZES] == [0.0, 0.5, 1.0]
    table = pandas.read_csv(tmp_path / "made" / "probabilities.csv")
    assert list(table) == ["shock", "confidence_loss", "worlds", "of", "probability", "low", "high"]
    assert table["probability"].tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]


def test_the_command_prints_draws_and_gives_the_same_bytes(command, tmp_path):
    asked = ("phase", "--outcome", "lost_sales>0.05", "--over", "shock=0.5,0", "--over", "confidence_loss=0,5",
             "--worlds", "3", "--quarters", "9")  # fmt: skip
    code, out, err = command(*asked, "--out", "one", "--jobs", "1")
    assert code == 0, err
    rows = [each.split() for each in out.splitlines() if "%" in each and each.split()[0] in "05"]
    assert rows == [["5", "0%", "100%"], ["0", "0%", "100%"]]
    for part in ("probability that more than 5% of sales are lost", "map: one", "Illustrative"):
        assert part in out
    assert command(*asked, "--out", "two", "--jobs", "2", "--quiet")[0] == 0
    one, two = ({each.name: each.read_bytes() for each in (tmp_path / name).rglob("*") if each.is_file()}
                for name in ("one", "two"))  # fmt: skip
    assert one == two and "phase.png" in one
    facts = json.loads(command(*asked, "--out", "one", "--json", "--no-figures")[1])
    assert facts == json.loads((tmp_path / "one" / "summary.json").read_text())
    code, _, err = command(*asked[:2], "lost_sales>0.06", *asked[3:], "--out", "one")
    assert code == 2 and "another study" in err


def test_the_map_says_what_it_shows(tmp_path, monkeypatch):
    over = [Axis("shock", (0.0, 0.5)), Axis("demand_noise", (0.01, 0.02))]
    facts = phase(SMALL, over, Condition.parse("lost_sales>0.05"), tmp_path / "made", jobs=1)
    kept = []
    monkeypatch.setattr("experiments.figures.save", lambda figure, _: kept.append(figure))
    draw(facts, SMALL, tmp_path / "phase.png")
    figure = kept[0]
    assert overlapping(written(figure)) == [] and not outside(figure)
    assert of(figure, "title") == "How likely is it that more than 5% of sales are lost?"
    assert "thick line" in of(figure, "subtitle")
    for part in ("shortfall", "6 worlds", "seed 3", "assumed", "illustrative"):
        assert part in of(figure, "caption")
    labels = figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    assert labels[0] == "shock: share of end users' spending that is lost" and labels[1].startswith("demand_noise")


def test_a_line_parts_cells_that_are_even_or_more_from_the_others():
    rows = [{"x": x, "y": y, "p": p} for x, y, p in ((0, 0, 0.1), (1, 0, 0.5), (0, 1, 0.2), (1, 1, 0.4))]

    def edges(table: list[dict]) -> set:
        figure = drawn(pandas.DataFrame(table), "x", "y", "p", title="t", caption="c")
        return {tuple(map(tuple, each)) for each in figure.axes[0].collections[1].get_segments()}

    assert edges(rows) == {((0.5, -0.5), (0.5, 0.5)), ((0.5, 0.5), (1.5, 0.5))}
    assert edges(rows[1:]) == {((0.5, 0.5), (1.5, 0.5))}  # none to a cell that is not there
    assert edges([each | {"p": 0.1} for each in rows]) == set()
