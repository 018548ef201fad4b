"""Flows, matrix, vintages and figures of tables: they show the numbers they are given, readably."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from figure_baselines import matters
from figure_example import example
from figure_texts import of, outside, overlapping, written

import abm
from abm.ecosystem.vocabulary import KINDS as VOCABULARY
from experiments.figures.drawing import plan_map, value_of
from experiments.figures.exposure import exposure, matrix_of
from experiments.figures.flows import CLOUD, CLOUDS, LABS, MAKERS, flows_of
from experiments.figures.money_flow import money_flow
from experiments.figures.tables import importance, phase, tornado
from experiments.figures.vintages import by_year, vintages
from experiments.figures.where import where

CAPTION = "Ecosystem ai_2026; 64 worlds a cell; seed 1; illustrative, not a forecast."
SETTINGS = [{"name": f"setting number {each}", "low": 10.0 - each, "high": 10.0 + (-1) ** each * each}
            for each in range(25)]  # fmt: skip
KINDS = ["hyperscaler", "operator", "chipmaker", "ai_lab", "vehicle", "lender"] * 4
FIRMS = [{"name": f"firm {each}", "kind": kind, "low": 4.0 * each, "median": 5.0 * each, "high": 9.0 * each}
         for each, kind in enumerate(KINDS)]  # fmt: skip


@pytest.fixture(scope="module")
def case():
    return example()


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


def grid(lack: int = 0) -> pandas.DataFrame:
    rows = [{"cut": x, "fear": y, "falls": min(1.0, x * y)} for x in (0.05, 0.1, 0.2, 0.3, 0.5) for y in (0, 1, 2, 4)]
    return pandas.DataFrame(rows[lack:])


def of_table(what: str, columns: int):
    if what == "phase":
        return phase(grid(), "cut", "fear", "falls", title="When somebody falls", caption=CAPTION, columns=columns)
    if what == "tornado":
        return tornado(SETTINGS, 10.0, outcome="loss, USD bn", title="What moves it", caption=CAPTION, columns=columns)
    if what == "where":
        return where(matters(), caption=CAPTION, columns=columns)
    return importance(FIRMS, outcome="loss of others, USD bn", title="Who matters", caption=CAPTION, columns=columns)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("what", ["phase", "tornado", "importance", "where", "money_flow", "vintages"])
def test_words_are_large_enough_apart_and_on_the_page(case, what, columns):
    pairs = {"money_flow": money_flow, "vintages": vintages}
    figure = pairs[what](*case, columns) if what in pairs else of_table(what, columns)
    texts = written(figure)
    assert len(texts) > 10
    assert overlapping(texts) == []
    assert not outside(figure)
    assert min(each.get_fontsize() for each in texts) >= 7.0
    assert "illustrative" in of(figure, "caption")


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("firms", [None, 300])
def test_words_of_the_matrix_are_apart_and_on_the_page(city, firms, columns):
    figure = exposure(abm.synthetic(firms=firms, seed=1) if firms else city, columns=columns)
    # Boxes of turned names are wider than the names; those beside each other are checked by their distance.
    upright = [each for each in written(figure) if each.get_rotation() == 0]
    assert overlapping(upright) == []
    assert not outside(figure)
    assert min(each.get_fontsize() for each in written(figure)) >= 7.0
    cell = figure.axes[0].get_window_extent().width / len(figure.axes[0].get_xticks())
    assert cell > 7 / 72 * figure.dpi


def test_the_matrix_holds_debt_stakes_and_promises(city):
    names, _, amounts = matrix_of(city, value_of(city), 99)
    place, nodes = {name: number for number, name in enumerate(names)}, plan_map(city, value_of(city)).nodes
    assert amounts[place["Oracle"], place["OpenAI"]] == pytest.approx(300)
    assert amounts[place["OpenAI"], place["Oracle"]] == 0
    debt, funds = city.claims.of("bond", "loan", "gpu_loan", "abs", "vendor_loan"), "IG bond funds and insurers"
    lent = [each for each in debt if nodes.name[nodes.of[city.claims.source[each]]] == funds
            and city.id[city.claims.target[each]] == "META"]  # fmt: skip
    lent = sum(city.claims.drawn[each] if city.claims.active[each] else city.claims.committed[each] for each in lent)
    assert amounts[place[funds], place["Meta Platforms"]] == pytest.approx(lent) and lent > 0
    shown = exposure(city).axes[0].images[0].get_array()
    assert shown[place["Oracle"], place["OpenAI"]] == pytest.approx(300)


@pytest.mark.parametrize("most", [12, 20, 34])
def test_small_firms_of_a_kind_are_one_row_and_nothing_is_lost(city, most):
    for each in (city, abm.synthetic(firms=300, seed=1)):
        everything = matrix_of(each, value_of(each), 99)[2].sum()
        names, kinds, amounts = matrix_of(each, value_of(each), most)
        assert most - 6 < len(names) <= most or len(names) == len(matrix_of(each, value_of(each), 99)[0])
        assert amounts.sum() == pytest.approx(everything)
        assert kinds == sorted(kinds, key=VOCABULARY.index)
    assert any(name.startswith("Other ") for name in names)


def test_flows_balance_at_clouds_and_are_what_is_recorded(case):
    _, baseline, _ = case
    for quarter in baseline.quarters:
        flows = flows_of(baseline, quarter)
        assert all(each.amount > 0.0 for each in flows)
        into, out = (sum(each.amount for each in flows if getattr(each, end) == CLOUD) for end in ("target", "source"))
        assert into == pytest.approx(out)
        returned = sum(each.amount for each in flows if each.back)
        recorded = sum(baseline.firm(kind, "vendor_money")[quarter].mean() for kind in ("ai_lab", *CLOUDS))
        assert returned == pytest.approx(recorded)
        chips = [each.amount for each in flows if each.target == MAKERS]
        assert chips == pytest.approx([baseline.firm("chipmaker", "chip_sales")[quarter].mean()])
        compute = [each.amount for each in flows if (each.source, each.target) == (LABS, CLOUD)]
        assert compute == pytest.approx([baseline.firm("ai_lab", "compute_bought")[quarter].mean()])


def test_the_round_trip_is_drawn_in_any_quarter(case):
    for quarter in case[1].quarters[::3]:
        figure = money_flow(*case, quarter=quarter)
        back = [each for each in flows_of(case[1], quarter) if each.back]
        said = [each for each in written(figure) if each.get_text().startswith("suppliers' money")]
        assert len(said) == len(back)
        assert overlapping(written(figure)) == [] and not outside(figure)


def test_years_add_up_to_the_run(case):
    for run in case[:2]:
        years, values = by_year(run, "chips_delivered")
        assert years.tolist() == [2026, 2027, 2028, 2029, 2030, 2031]
        np.testing.assert_allclose(values.sum(axis=1), run.system("chips_delivered").sum(axis=1))
    bars = [each.get_height() for each in vintages(*case).axes[1].patches]
    means = [by_year(run, "impairment")[1].mean(axis=0) for run in (case[1], case[0])]
    assert bars == pytest.approx(np.concatenate(means).tolist())


def test_cells_show_their_probability():
    shown = of_table("phase", 2).axes[0].collections[0].get_array()
    wanted = [[min(1.0, x * y) for x in (0.05, 0.1, 0.2, 0.3, 0.5)] for y in (0, 1, 2, 4)]
    np.testing.assert_allclose(shown, wanted)
    lacking = phase(grid(1), "cut", "fear", "falls", title="t", caption=CAPTION).axes[0].collections[0].get_array()
    assert np.ma.getmaskarray(lacking).sum() == 1


def test_grids_that_are_none_are_refused():
    with pytest.raises(ValueError, match="given twice"):
        phase(pandas.concat([grid(), grid()]), "cut", "fear", "falls", title="t", caption=CAPTION)
    with pytest.raises(ValueError, match="two or more"):
        phase(grid().query("fear == 1"), "cut", "fear", "falls", title="t", caption=CAPTION)


def test_the_widest_setting_and_the_costliest_firm_are_on_top():
    figure = of_table("tornado", 2)
    widths = [each.get_width() for each in figure.axes[0].patches]
    ranked = sorted(SETTINGS, key=lambda each: (-abs(each["high"] - each["low"]), each["name"]))[:20]
    assert widths == pytest.approx([each["low"] - 10 for each in ranked] + [each["high"] - 10 for each in ranked])
    assert "5 settings that move it less" in of(figure, "caption")
    figure = of_table("importance", 2)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "firm 23"
    assert "4 firms that matter less" in of(figure, "caption")
    bands = np.concatenate([np.array(each.get_segments())[:, :, 0] for each in figure.axes[0].collections])
    assert sorted(bands[:, 1] / np.maximum(bands[:, 0], 1e-9)) == pytest.approx([2.25] * 20)


@pytest.mark.parametrize("columns", [1, 2])
def test_where_the_network_matters_every_cell_says_its_part_and_dark_cells_are_those_where_it_does(columns):
    rows, figure = matters(), where(matters(), caption=CAPTION, columns=columns)
    assert len(figure.axes) == 2
    for axes, level in zip(figure.axes, (3.0, 0.0), strict=True):
        mine = [row for row in rows if row["confidence_loss"] == level]
        words = [each.get_text() for each in axes.texts]
        assert [each.split()[0] for each in words] == [f"{row['share']:.1%}" for row in mine]
        if columns == 2:
            assert [each.split()[-1] for each in words] == [f"{row['credit']:.0f}" for row in mine]
        shade = axes.collections[0].get_array().ravel()
        np.testing.assert_allclose(shade, [row["share"] for row in mine])
