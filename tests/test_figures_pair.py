"""Figures of a scenario beside its baseline: they show the numbers of the runs, readably, in one column and in two."""

from __future__ import annotations

from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from figure_example import example
from figure_texts import of, outside, overlapping, written

from abm.parameters import DECLARED
from experiments.amplification import asset_amplification, revenue_amplification
from experiments.falls import compared
from experiments.figures.differences import differences
from experiments.figures.drawing import value_of
from experiments.figures.earned import earned
from experiments.figures.fans import SERIES, fans
from experiments.figures.funding_mix import funding_mix
from experiments.figures.over_quarters import AREAS
from experiments.figures.quarters import quarters
from experiments.figures.saving import save
from experiments.figures.ties import assumed_part, ties_of
from experiments.figures.timeline import timeline
from experiments.figures.waterfall import waterfall
from experiments.yearly import OWN, paid_by

FIGURES = [differences, earned, fans, funding_mix, timeline, waterfall]


@pytest.fixture(scope="module")
def case():
    return example()


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("draw", FIGURES)
def test_words_are_large_enough_apart_and_on_the_page(case, draw, columns):
    figure = draw(*case, columns)
    texts = written(figure)
    assert len(texts) > 10
    assert overlapping(texts) == []
    assert not outside(figure)
    assert min(each.get_fontsize() for each in texts) >= 7.0
    assert figure.get_figwidth() == {1: 3.4, 2: 6.5}[columns]


@pytest.mark.parametrize("columns", [1, 2])
def test_quarters_of_one_run_are_readable_and_say_on_what_they_rest(case, columns):
    figure, judged = quarters(case[1], columns=columns), sum(each.grade == "assumed" for each in DECLARED.values())
    assert overlapping(written(figure)) == [] and not outside(figure)
    ecosystem = case[1].ecosystem
    share = assumed_part(ties_of(ecosystem, value_of(ecosystem)))
    for part in (f"{share:.0%} of all amounts at the opening are assumed inputs", f"{judged} of {len(DECLARED)}"):
        assert part in of(figure, "caption")


@pytest.mark.parametrize("draw", FIGURES)
def test_captions_say_what_this_is_and_on_what_it_rests(case, draw):
    shocked, _, facts = case
    caption, judged = of(draw(*case), "caption"), sum(each.grade == "assumed" for each in DECLARED.values())
    for part in ("ai_2026", facts["scenario"]["title"], "2026Q2 to 2031Q1", "12 worlds", "seed 1", "illustrative",
                 "rests on assumed inputs", f"{judged} of {len(DECLARED)}"):  # fmt: skip
        assert part in caption
    bare = of(draw(shocked, case[1], facts | {"assumptions": None, "mechanisms": []}), "caption")
    assert "assumed" not in bare and "illustrative" in bare


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_does_not_depend_on_the_readers_settings(case, draw, tmp_path):
    one = save(draw(*case), tmp_path / "one.svg")
    with matplotlib.rc_context({"font.family": "serif", "axes.facecolor": "red", "lines.linewidth": 9}):
        two = save(draw(*case), tmp_path / "two.svg")
    assert one.read_bytes() == two.read_bytes()


def test_three_columns_are_refused(case):
    with pytest.raises(ValueError, match="1 or 2"):
        earned(*case, 3)


def test_fans_show_the_quantiles_of_paired_differences(case):
    shocked, baseline, _ = case
    axes = fans(*case).axes
    for place, (name, _, _, scale) in enumerate(SERIES):
        difference = scale * shocked.against(baseline).system(name).to_numpy()
        np.testing.assert_allclose(axes[2 * place + 1].lines[0].get_ydata(), np.median(difference, axis=0))
        outer = axes[2 * place + 1].collections[0].get_paths()[0].vertices[:, 1]
        low, high = np.quantile(difference, (0.1, 0.9), axis=0)
        assert (outer.min(), outer.max()) == pytest.approx((low.min(), high.max()))


def test_the_gap_is_between_what_is_paid_and_built(case):
    for axes, result in zip(earned(*case).axes, (case[1], case[0]), strict=True):
        for line, name in zip(axes.lines[:2], ("end_demand", "capex"), strict=True):
            np.testing.assert_allclose(line.get_ydata(), 4 * np.median(result.system(name).to_numpy(), axis=0))
    assert earned(*case).axes[0].get_ylim() == earned(*case).axes[1].get_ylim()


def test_areas_add_up_to_others_money(case):
    for axes, result in zip(funding_mix(*case).axes, (case[1], case[0]), strict=True):
        parts = {name: each for name, each in paid_by(result).items() if name != OWN}
        assert set(parts) == set(AREAS)
        top = axes.collections[len(AREAS) - 1].get_paths()[0].vertices[:, 1].max()
        assert top == pytest.approx(4 * sum(parts.values()).mean(axis=0).max())


def test_areas_of_one_run_are_capex_in_all_and_told_apart_in_grey(case):
    axes = quarters(case[1]).axes[2]
    tops = [each.get_paths()[0].vertices[:, 1].max() for each in axes.collections]
    assert tops[-1] == pytest.approx(4 * sum(paid_by(case[1]).values()).mean(axis=0).max())
    inks = [(np.dot(each.get_facecolor()[0][:3], (0.3, 0.59, 0.11)), each.get_hatch()) for each in axes.collections]
    for (one, hatch), (other, beside) in pairwise(inks):
        assert hatch != beside or abs(one - other) > 0.2


def test_the_timeline_shows_every_first_failure(case):
    shocked, baseline, _ = case
    both = compared(shocked, baseline, 8)
    assert both["by_shock"].any()
    axes = timeline(*case).axes[0]
    dots = {each.get_label(): each.get_offsets() for each in axes.collections if each.get_label()[0] != "_"}
    group = dict(zip(shocked.ecosystem.id, shocked.ecosystem.group, strict=True))
    folded = both.assign(target=both["target"].map(group)).groupby(["world", "target"])[["place", "place_base"]].min()
    assert len(dots["without the shock"]) == folded["place_base"].notna().sum()
    sooner = folded["place_base"].isna() | (folded["place_base"] > folded["place"])
    assert len(dots["by the shock"]) == (folded["place"].notna() & sooner).sum() != len(dots["with it, no sooner"])
    with_it = np.concatenate([dots["by the shock"], dots["with it, no sooner"]])
    assert sorted(with_it[:, 0]) == sorted(folded["place"].dropna())


def test_steps_of_the_waterfall_add_up(case):
    shocked, baseline, facts = case
    axes = waterfall(*case).axes
    for panel, measure in zip(axes, (revenue_amplification, asset_amplification), strict=False):
        found = measure(shocked, baseline, 8)
        bars = [each.get_width() for each in panel.patches]
        assert sum(bars[:-1]) == pytest.approx(bars[-1]) == pytest.approx(found.lost.mean())
        starts = [each.get_x() + min(each.get_width(), 0.0) for each in panel.patches[:-1]]
        ends = np.cumsum([0.0, *bars[:-1]])
        assert starts == pytest.approx([min(each) for each in pairwise(ends)], abs=1e-9)
    bars = [each.get_width() for each in axes[2].patches]
    assert bars == pytest.approx([each["revenue"]["lost"][1] for each in facts["mechanisms"]])
    assert len(waterfall(shocked, baseline, facts | {"mechanisms": []}).axes) == 2


def test_nothing_fails_and_nothing_differs(case):
    baseline = case[1]
    calm = (baseline, baseline, case[2] | {"mechanisms": []})
    for draw in FIGURES:
        assert not outside(draw(*calm))
    assert "0 USD bn" in of(fans(*calm), "subtitle")
