"""The living model on the map: who is hit, quarter by quarter and sweep by sweep, as pictures and as a film."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from figure_example import STRUCK, example
from figure_texts import of, outside, overlapping, written
from PIL import Image

from experiments.falls import compared
from experiments.figures.animation import animate, can_film, frames
from experiments.figures.distress_map import distress_map, failing, losses
from experiments.figures.drawing import plan_map, value_of
from experiments.figures.living_cascade import chosen, living_cascade, map_of
from experiments.figures.living_steps import HITS, moments, typical_world


@pytest.fixture(scope="module")
def case():
    return example()


@pytest.fixture(scope="module")
def world(case):
    """A world in which the shock fells somebody."""
    both = compared(case[0], case[1], STRUCK)
    return int(both[both["by_shock"]]["world"].iloc[0])


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("draw", [distress_map, living_cascade])
def test_words_are_large_enough_apart_and_on_the_page(case, draw, columns):
    figure = draw(*case, columns)
    assert figure.get_figwidth() == {1: 3.4, 2: 6.5}[columns]
    texts = written(figure)
    assert len(texts) > 20
    assert overlapping(texts) == []
    assert not outside(figure)
    assert min(each.get_fontsize() for each in texts) >= 7.0


@pytest.mark.parametrize("draw", [distress_map, living_cascade])
def test_captions_say_what_this_is_and_on_what_it_rests(case, draw):
    caption = of(draw(*case), "caption")
    for part in ("ai_2026", "The city in the clouds", "12", "seed 1", "illustrative", "assumed inputs"):
        assert part in caption


def test_distress_is_the_fall_of_value_against_the_baseline(case):
    shocked, baseline, facts = case
    eco, at = shocked.ecosystem, facts["window_ends"]
    drawing = plan_map(eco, value_of(eco))
    lost, place = losses(shocked, baseline, facts, drawing), dict(zip(drawing.nodes.name, range(99), strict=False))
    before, after = (run.firm("OAI", "firm_value")[at].mean() for run in (baseline, shocked))
    assert lost[place["OpenAI"]] == pytest.approx(1 - after / before)
    funds = [each for each in eco.id if drawing.nodes.of[eco.row[each]] == place["Private credit funds"]]
    before, after = (sum(run.firm(each, "net_worth")[at].mean() for each in funds) for run in (baseline, shocked))
    assert lost[place["Private credit funds"]] == pytest.approx(1 - after / before)
    both = compared(shocked, baseline, STRUCK)
    fell = both[both["by_shock"] & (both["target"] == "CRWV")]
    assert failing(shocked, baseline, facts, drawing)[place["CoreWeave"]] == pytest.approx(len(fell) / 12)


def test_moments_are_the_events_in_their_order(case, world):
    shocked, baseline, facts = case
    drawing = map_of(shocked)
    events = shocked.events
    events = events[(events["world"] == world) & (events["quarter"] >= facts["struck_in"])]
    for sweeps in (False, True):
        found = moments(shocked, baseline, facts, drawing.nodes, world, sweeps)
        assert [each.place for each in found] == sorted(each.place for each in found)
        assert {each.place for each in found} == set(range(STRUCK - 1, 20))
        for channel in HITS:
            total = events[events["channel"] == channel]["amount"].sum()
            assert sum(each.step.by_channel[channel] for each in found) == pytest.approx(total)
        between = events[events["source"] != events["target"]]["amount"].sum()
        assert sum(sum(each.step.by_channel.values()) for each in found) == pytest.approx(between) and between > 0
        fails = [(shocked.quarters[each.place], shocked.ecosystem.id[row])
                 for each in found for row in np.flatnonzero(each.step.fails)]  # fmt: skip
        logged = events[events["channel"] == "default"]
        assert fails and sorted(fails) == sorted(zip(logged["quarter"], logged["target"], strict=True))
        last = found[-1].step
        assert set(np.flatnonzero(last.fails | last.failed)) == {shocked.ecosystem.row[each] for _, each in fails}


def test_shades_are_what_firms_are_worth_less_in_that_world(case, world):
    shocked, baseline, facts = case
    found = moments(shocked, baseline, facts, map_of(shocked).nodes, world, sweeps=False)
    for each in found[:: len(found) - 1]:
        before, after = (run.firm("NVDA", "firm_value").loc[world].iloc[each.place] for run in (baseline, shocked))
        row = shocked.ecosystem.row["NVDA"]
        assert each.value[row] == pytest.approx(before)
        assert each.step.lost[row] == pytest.approx(max(0.0, before - after))


def test_the_typical_world_has_the_median_of_failures(case):
    both = compared(case[0], case[1], STRUCK)
    count = both[both["by_shock"]].groupby("world").size().reindex(range(12), fill_value=0)
    world = typical_world(*case)
    assert abs(count[world] - count.median()) == abs(count - count.median()).min()
    assert f"world {world} of 12" in of(living_cascade(*case), "caption")


def test_panels_hold_the_shock_the_first_failure_and_the_largest_hits(case, world):
    everything = moments(*case, map_of(case[0]).nodes, world, sweeps=False)
    titles = [each.get_text().replace("\n", " ") for each in living_cascade(*case, world=world).texts]
    shown = [each for each in everything if each.step.title in titles]
    assert len(shown) == 6 and everything[0] in shown
    assert next(each for each in everything if each.step.fails.any()) in shown
    sizes = {each.place: sum(each.step.by_channel.values()) for each in everything if not each.step.fails.any()}
    calm = [each.place for each in shown[1:] if not each.step.fails.any()]
    assert all(sizes[each] >= max(sizes[other] for other in sizes if other not in [*calm, shown[0].place])
               for each in calm)  # fmt: skip


def test_an_early_failure_is_shown_even_if_later_ones_are_larger(case, world):
    everything = moments(*case, map_of(case[0]).nodes, world, sweeps=False)

    def failing(moment, count: int):
        fails = np.arange(moment.step.fails.size) < count
        return replace(moment, step=replace(moment.step, fails=fails))

    counts = [0, 1, 0, *[3] * 8, *[0] * (len(everything) - 11)]
    made_up = [failing(each, count) for each, count in zip(everything, counts, strict=True)]
    places = [made_up.index(each) for each in chosen(made_up, 6)]
    assert places[:2] == [0, 1] and len(places) == 6 and all(counts[each] == 3 for each in places[2:])
    assert places == sorted(places)
    few = [made_up.index(each) for each in chosen(made_up, 3)]
    assert few[:2] == [0, 1] and len(few) == 3 and counts[few[2]] == 3


def test_names_of_those_who_are_hit_come_first_and_the_others_are_counted(case):
    figure = distress_map(*case, 1)
    axes, caption = figure.axes[0], of(figure, "caption")
    drawing = plan_map(case[0].ecosystem, value_of(case[0].ecosystem), columns=1)
    heads, discs = len(drawing.layout.headings), len(drawing.nodes)
    left = discs - (len(axes.texts) - heads)
    assert left > 0 and f"{left} of {discs} discs ha" in caption
    said = " ".join(each.get_text() for each in axes.texts)
    assert said.count("ail in") + said.count("ails in") == (failing(*case, drawing) >= 0.05).sum() > 0


def test_of_a_disc_of_several_firms_some_fail(case, monkeypatch):
    module = sys.modules[failing.__module__]  # whose name is that of a function, too
    some = ["Neocloud tail", "CoreWeave"]
    monkeypatch.setattr(module, "failing", lambda *given: 0.5 * np.isin(given[-1].nodes.name, some))
    names = {each.get_text() for each in distress_map(*case).axes[0].texts}
    assert {"Neocloud tail\nsome fail in 50%", "CoreWeave\nfails in 50%"} <= names


def test_a_world_that_was_not_kept_is_refused(case):
    with pytest.raises(ValueError, match="world 99 was not kept"):
        living_cascade(*case, world=99)


def test_the_film_holds_every_moment_and_is_the_same_each_time(case, world, tmp_path):
    shocked, baseline, facts = case
    expected = moments(shocked, baseline, facts, map_of(shocked).nodes, world, sweeps=True)
    one, two = (animate(*case, tmp_path / name, world) for name in ("one.gif", "two.gif"))
    assert one.read_bytes() == two.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.gif", "two.gif"]
    with Image.open(one) as film:
        assert film.n_frames == len(expected)
        for place, moment in enumerate(expected):
            film.seek(place)
            assert (film.info["duration"] > 1000) == bool(moment.step.hits or moment.step.fails.any())


def test_no_frame_has_words_on_words(case, world):
    busy = [figure for figure, seconds in frames(*case, world) if seconds > 1.0]
    assert busy
    for figure in busy[:3]:
        assert overlapping(written(figure)) == [] and not outside(figure)


@pytest.mark.parametrize("name", ["film.avi", *([] if can_film() else ["film.mp4"])])
def test_films_that_cannot_be_made_are_refused(case, name, tmp_path):
    with pytest.raises(ValueError, match=f"cannot write {name}"):
        animate(*case, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not can_film(), reason="needs ffmpeg")
def test_a_video_is_made_where_ffmpeg_is(case, world, tmp_path):
    film = animate(*case, tmp_path / "film.mp4", world)
    assert film.read_bytes()[4:8] == b"ftyp"
