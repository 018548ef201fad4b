"""`cloudcity quarters`: what it prints and writes, how it refuses, and a figure that can be read."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas
import pytest
from matplotlib.text import Text

import abm
from abm.ledger import LedgerBreach
from experiments.figures.quarters import quarters
from experiments.yearly import OWN, SOURCES, by_year, paid_by, quarterly

SMALL = ("quarters", "--quarters", "4", "--worlds", "2")


@pytest.fixture(scope="module")
def result():
    return abm.run(quarters=4, worlds=2)


@pytest.fixture(scope="module")
def many():
    return abm.run(quarters=12, worlds=70, draw_assumed=True)


def test_it_prints_years_and_writes_tables_and_a_figure(command):
    code, out, err = command(*SMALL)
    assert code == 0, err
    for part in ("2026Q2 to 2027Q1, median of 2 worlds", "2026*", "2027*", "relative residual", "No firm fails",
                 "Not a fore"):  # fmt: skip
        assert part in out
    folder = Path(out.split("Tables and figure: ")[1].strip())
    names = {each.name for each in folder.iterdir()}
    assert names == {"summary.json", "system.csv", "firms.csv", "events.csv", "traced.csv", "quarters.png"}
    assert (folder / "quarters.png").stat().st_size < 200_000


def test_the_tables_are_the_run(command, tmp_path, result):
    assert command(*SMALL, "--no-figures", "--out", "here")[0] == 0
    system, firms = (pandas.read_csv(tmp_path / "here" / each) for each in ("system.csv", "firms.csv"))
    assert list(system) == ["world", "quarter", "name", "value"]
    assert len(system) == 2 * 4 * len(result.names)
    found = system[system.name == "price"].pivot(index="world", columns="quarter", values="value")
    np.testing.assert_allclose(found, result.system("price"), rtol=1e-12)
    assert len(firms) == 2 * 4 * len(result.ecosystem)
    found = firms[firms.firm == "MSFT"].pivot(index="world", columns="quarter", values="capex")
    np.testing.assert_allclose(found, result.firm("MSFT", "capex"), rtol=1e-12)


def test_of_many_worlds_bands_are_written(command, tmp_path):
    code, _, err = command("quarters", "--quarters", "2", "--worlds", "70", "--no-figures", "--out", "here")
    assert code == 0, err
    system = pandas.read_csv(tmp_path / "here" / "system.csv")
    assert set(system.world) == {"p10", "median", "p90"}
    assert pandas.read_csv(tmp_path / "here" / "firms.csv").world.nunique() == 4
    assert pandas.read_csv(tmp_path / "here" / "traced.csv").world.nunique() == 64


def test_the_same_question_replaces_its_result(command):
    for _ in range(2):
        assert command(*SMALL)[0] == 0


def test_json_is_json_and_nothing_else(command):
    code, out, err = command(*SMALL, "--no-figures", "--json")
    assert code == 0
    facts = json.loads(out)
    assert (facts["worlds"], facts["quarters"], facts["ecosystem"]) == (2, 4, "ai_2026")
    assert 0.0 < facts["worst_residual"] < 1e-9
    assert facts["years"]["2026"]["quarters"] == 3
    assert (facts["failures"], facts["worlds_with_failures"], facts["events"]) == ([], 0, 0)
    assert facts["firms"]["CRWV"] == {"name": "CoreWeave", "kind": "operator"}
    assert "Tables: " in err


def test_a_setting_reaches_the_run(command):
    calm, wild = (
        json.loads(command(*SMALL, "--no-figures", "--json", "--set", f"end_demand_growth={growth}")[1])
        for growth in (0.3, 0.7)
    )
    assert calm["settings"] == {"end_demand_growth": 0.3}
    assert calm["years"]["2027"]["end_user_spending"] != wild["years"]["2027"]["end_user_spending"]


@pytest.mark.parametrize(("arguments", "message"), [
    (("--quarters", "0"), "quarters"),
    (("--worlds", "0"), "worlds"),
    (("--set", "x"), "ADDRESS=VALUE"),
    (("--set", "demand_nose=0"), "did you mean 'demand_noise'"),
    (("--ecosystem", "ai_2062"), "ai_2026"),
    (("--out", "taken.txt"), "a new folder"),
])  # fmt: skip
def test_bad_input_is_refused(command, tmp_path, arguments, message):
    (tmp_path / "taken.txt").write_text("mine")
    code, out, err = command("quarters", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["taken.txt"]


def test_books_that_do_not_balance_are_said_in_one_line(command, monkeypatch):
    def fail(*_, **__):
        raise LedgerBreach("cash: off by 0.1")

    monkeypatch.setattr("abm.running.run", fail)
    assert command("quarters") == (1, "", "error: cash: off by 0.1\n")


def test_years_are_made_of_their_quarters(result):
    years, series = by_year(result), quarterly(result)
    spent = series["end_user_spending"]
    assert years["2026"]["end_user_spending"][1] == pytest.approx(np.median(spent[:, :3].mean(axis=1)) * 4)
    assert years["2027"]["circularity"][1] == pytest.approx(np.median(series["circularity"][:, 3]))


def test_who_pays_adds_up_to_capex(many):
    parts = paid_by(many)
    spent = many.system("capex") + many.system("other_capex")
    np.testing.assert_allclose(sum(parts.values()), spent, rtol=1e-12)
    assert min(float(each.min()) for each in parts.values()) >= -1e-9
    gross = sum(many.system(name) for _, columns in SOURCES for name in columns)
    others = np.clip(gross - many.system("principal"), 0.0, spent)
    np.testing.assert_allclose(spent - parts[OWN], others, rtol=1e-9, atol=1e-9)


def test_failures_of_all_worlds_and_hits_of_the_first_are_written(command, tmp_path):
    code, out, err = command("quarters", "--scenario", "cloud_failure", "--quarters", "9", "--worlds", "70",
                             "--no-figures", "--out", "here")  # fmt: skip
    assert code == 0, err
    assert "CRWV fails in 70 of 70 worlds (median 2028Q1; made to fail)" in " ".join(out.split())
    assert "Why: cloudcity explain here CRWV" in out
    events = pandas.read_csv(tmp_path / "here" / "events.csv")
    fell = events[(events.channel == "default") & (events.source == "CRWV")]
    assert sorted(fell.world.unique()) == list(range(70))
    assert events[~events.channel.isin(["default", "reorganised", "wound up"])].world.max() == 63
    facts = json.loads((tmp_path / "here" / "summary.json").read_text())
    assert facts["worlds_with_failures"] == 70
    assert facts["events"] == len(events)
    low, middle, high = facts["recovery"]["firmwide"]
    assert 0.0 <= low <= middle <= high <= 1.0


@pytest.mark.parametrize("which", ["result", "many", "short"])
def test_the_figure_has_four_panels_and_no_text_over_another(which, request):
    run = abm.run(quarters=1) if which == "short" else request.getfixturevalue(which)
    figure = quarters(run, drawn=True)
    assert len(figure.axes) == 4
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    shown = [each for each in figure.findobj(Text) if each.get_text().strip() and each.get_visible()]
    assert min(each.get_fontsize() for each in shown) >= 7.0
    undrawn = _undrawn(figure)
    inside = [each.get_window_extent(renderer) for each in shown if id(each) not in undrawn]
    assert len(inside) > 30
    for one, other in itertools.combinations(inside, 2):
        assert not one.overlaps(other)
    drawn, page = figure.get_tightbbox(), figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= 0 and drawn.x1 <= page[0] and drawn.y1 <= page[1]


def _undrawn(figure) -> set[int]:
    """Labels of ticks outside their axes, which are made and not drawn."""
    found = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    found |= {id(tick.label1), id(tick.label2)}
    return found


def test_the_caption_says_what_this_is(many):
    caption = next(each for each in quarters(many, drawn=True).texts if each.get_gid() == "caption").get_text()
    for part in ("ai_2026", "2026Q2 to 2029Q1", "70 worlds", "assumed numbers drawn", "seed 1", "illustrative"):
        assert part in caption.replace("\n", " ")
