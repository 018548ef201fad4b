"""Figures: what is drawn is what the data and the log say, readable, and the same bytes every time."""

from __future__ import annotations

import itertools
from functools import partial

import networkx
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

import abm
from abm.attribution import CHANNELS
from abm.ecosystem.vocabulary import DEBT_LAYERS
from experiments.figures import cascade, draw_all, losses, network, save, spread
from experiments.figures.bars import bars_of
from experiments.figures.cascade_panels import loss_share
from experiments.figures.drawing import plan_map, value_of
from experiments.figures.palette import CHANNEL_COLOURS, FAMILY_COLOURS
from experiments.figures.steps import steps_of
from experiments.figures.style import plain
from experiments.figures.ties import FAMILIES, merge, ties_of
from experiments.figures.words import shock_in_words

HARD = ["all:revenue:0.6", "all:cash:0.9", "OAI:assets:0.9", "lender:funding:1"]


@pytest.fixture(scope="module")
def city():
    return abm.load("ai_2026")


@pytest.fixture(scope="module")
def crowd():
    return abm.synthetic(firms=300, seed=1)


@pytest.fixture(scope="module")
def fall(city):
    return abm.stress(city, HARD, quarters=8)


def tiny() -> abm.Ecosystem:
    graph = networkx.MultiDiGraph(name="tiny")
    graph.add_node("Bank", kind="lender", cash=10.0, capital=5.0)
    graph.add_node("Cloud", kind="operator", cash=1.0, chips_book=4.0)
    graph.add_node("Lab", kind="ai_lab", cash=2.0, ai_revenue=1.0, private_valuation=8.0)
    graph.add_edge("Bank", "Cloud", layer="loan", amount=3.0)
    graph.add_edge("Lab", "Cloud", layer="take_or_pay", amount=0.5)
    graph.add_edge("Cloud", "Lab", layer="equity", amount=1.0, share=0.2)
    return abm.from_graph(graph)


def texts(figure: Figure) -> list[str]:
    return [each.get_text() for each in figure.findobj(Text) if each.get_text()]


def boxes(place) -> list[np.ndarray]:
    """What the texts of a figure or of axes cover, in pixels."""
    renderer = place.get_figure().canvas.get_renderer()
    return [each.get_window_extent(renderer).get_points() for each in place.texts if each.get_text()]


def overlaps(found: list[np.ndarray]) -> int:
    return sum(
        bool((one[0] < other[1]).all() and (other[0] < one[1]).all()) for one, other in itertools.combinations(found, 2)
    )


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("which", ["city", "crowd"])
def test_labels_of_the_map_do_not_overlap(which, columns, request):
    found = boxes(network(request.getfixturevalue(which), columns=columns).axes[0])
    assert len(found) > 20
    assert overlaps(found) == 0


def test_labels_of_the_cascade_and_of_its_titles_do_not_overlap(fall, crowd):
    crowded = abm.stress(crowd, ["all:cash:0.9", "all:assets:0.5"])
    for result, columns in itertools.product((fall, crowded), (1, 2)):
        figure = cascade(result, columns=columns)
        assert all(overlaps(boxes(axes)) == 0 for axes in figure.axes)
        assert overlaps(boxes(figure)) == 0


def test_a_crowd_is_drawn_by_its_largest_and_leaves_little_money_out(crowd):
    value = value_of(crowd)
    drawing = plan_map(crowd, value)
    names, kinds = drawing.nodes.name, drawing.nodes.kind
    assert len(names) <= 48 < np.unique(crowd.group).size
    others = [place for place, each in enumerate(names) if " other " in each]
    assert {kinds[each] for each in others} > {"operator", "ai_lab", "lender"}
    for place in others:
        folded = np.flatnonzero(drawing.nodes.of == place)
        assert names[place].startswith(f"{folded.size} other ")
        alone = [value[drawing.nodes.of == each].sum() for each in range(place) if kinds[each] == kinds[place]]
        assert max(value[folded]) <= min(alone)
    small = sum(each.amount for each in drawing.small)
    assert small < 0.05 * sum(each.amount for each in [*drawing.links, *drawing.small])
    assert len(plan_map(crowd, value, np.ones(len(crowd), bool)).nodes) > 250


def test_numbers_of_the_sentence_stand_on_the_map(city, crowd):
    for each, count in ((city, 3), (crowd, 2), (tiny(), 2)):
        figure = network(each)
        said = " ".join(texts(figure))
        numbers = [text for text in figure.axes[0].texts if text.get_text().isdigit()]
        assert [text.get_text() for text in numbers] == [str(number + 1) for number in range(count)]
        assert all(f"({text.get_text()})" in said for text in numbers)
        assert overlaps([text.get_window_extent().get_points() for text in numbers]) == 0


def test_all_firms_of_the_shipped_map_are_named(city):
    drawing = plan_map(city, value_of(city))
    written = {each.replace("\n", " ") for each in texts(network(city))}
    assert set(drawing.nodes.name) <= written
    assert {"Neocloud tail", "Private credit funds"} <= written
    assert not {"Neocloud tail 1", "Amazon vehicle"} & written


def test_nothing_is_smaller_than_seven_points_or_outside_the_page(fall):
    maps = [draw(columns=columns) for columns in (1, 2) for draw in (partial(network, fall.ecosystem),
                                                                       partial(cascade, fall))]  # fmt: skip
    for figure in (*maps, losses(fall)):
        figure.canvas.draw()
        assert min(each.get_fontsize() for each in figure.findobj(Text) if each.get_text()) >= 7.0
        drawn, page = figure.get_tightbbox(), figure.get_size_inches()
        assert min(drawn.x0, drawn.y0) >= 0 and drawn.x1 <= page[0] and drawn.y1 <= page[1]


def test_a_column_holds_the_same_network_with_fewer_links_and_counts_what_it_does_not_name(city):
    value = value_of(city)
    narrow, wide = (plan_map(city, value, columns=columns) for columns in (1, 2))
    assert narrow.nodes.name == wide.nodes.name and len(narrow.links) < len(wide.links)
    assert sum(each.amount for each in narrow.small) < 0.06 * sum(each.amount for each in [*wide.links, *wide.small])
    assert np.ptp(narrow.layout.at[:, 0]) < 0.6 * np.ptp(wide.layout.at[:, 0])
    np.testing.assert_allclose(narrow.layout.at[:, 1].max(), wide.layout.at[:, 1].max())
    figure = network(city, columns=1)
    written = {each.replace("\n", " ") for each in texts(figure)}
    missing = [name for name in narrow.nodes.name if name not in written]
    assert 0 < len(missing) < 6 and not {"OpenAI", "Microsoft", "NVIDIA"} & set(missing)
    said = " ".join(texts(figure)).replace("\n", " ")
    assert f"{len(missing)} of {len(narrow.nodes)} discs ha" in said
    with pytest.raises(ValueError, match="1 or 2"):
        network(city, columns=3)


def test_ties_add_up_to_the_claims(city):
    value, claims = value_of(city), city.claims
    ties = ties_of(city, value)

    def total(family: str) -> float:
        return float(ties.amount[ties.family == FAMILIES.index(family)].sum())

    debt = claims.of(*DEBT_LAYERS)
    drawn = np.where(claims.active[debt], claims.drawn[debt], claims.committed[debt])
    assert total("debt") == pytest.approx(drawn.sum())
    stakes = claims.of("equity")
    known = (np.nan_to_num(claims.share[stakes]) > 0) & ~claims.carried_at_cost[stakes]
    worth = np.where(known, np.nan_to_num(claims.share[stakes]) * value[claims.target[stakes]], claims.drawn[stakes])
    assert total("ownership") == pytest.approx(worth.sum())
    users = city.stock("end_demand")[city.rest_of_world]
    assert total("users") == pytest.approx(4 * users)


def test_links_follow_the_money_and_lose_nothing(city):
    drawing = plan_map(city, value_of(city))
    names = drawing.nodes.name
    found = {(names[each.source], names[each.target], each.family, each.begun): each.amount for each in drawing.links}
    assert found["OpenAI", "Microsoft", "compute", True] == pytest.approx(281)
    assert found["OpenAI", "Oracle", "compute", False] == pytest.approx(300)
    rent = [key for key in found if key[:3] == ("Oracle", "Abilene, Vantage and STACK sites", "compute")]
    assert sum(found[key] for key in rent) == pytest.approx(273)
    claims = city.claims
    tail = [leg for leg in claims.of("take_or_pay") if city.group[claims.target[leg]] == "TAIL1"]
    paid = sum(claims.committed[leg] for leg in tail if city.id[claims.source[leg]] == "OAI")
    assert found["OpenAI", "Neocloud tail", "compute", True] == pytest.approx(paid)
    everything = sum(each.amount for each in [*drawing.links, *drawing.small])
    inside = drawing.nodes.of[drawing.ties.payer] == drawing.nodes.of[drawing.ties.receiver]
    assert everything == pytest.approx(drawing.ties.amount[~inside].sum())
    assert len(merge(drawing.ties, drawing.nodes)) == len(drawing.links) + len(drawing.small)
    assert f"{len(drawing.small)} links too small" in " ".join(texts(network(city))).replace("\n", " ")


def test_chip_links_are_the_planned_purchases_or_the_orders(city):
    ties = ties_of(city, value_of(city))
    chips = ties.family == FAMILIES.index("chips")
    nvidia, microsoft = city.row["NVDA"], city.row["MSFT"]
    amount = ties.amount[chips & (ties.payer == microsoft) & (ties.receiver == nvidia)]
    share = city.mixes["chips:MSFT"]["NVDA"][0]
    bought = min(city.stock("chips_unenergised")[microsoft], city.stock("ai_capex")[microsoft])
    assert amount == pytest.approx(4 * share * bought)
    assert amount.size == 1
    claims = city.claims
    for buyer, seller in (("ANT", "AVGO"), ("IREN", "NVDA")):
        ends = city.row[buyer], city.row[seller]
        orders = [each for each in claims.of("order_book") if (claims.source[each], claims.target[each]) == ends]
        share = city.mixes.get(f"chips:{buyer}", {}).get(seller, (0.0,))[0]
        bought = min(city.stock("chips_unenergised")[ends[0]], city.stock("ai_capex")[ends[0]])
        drawn = ties.amount[chips & (ties.payer == ends[0]) & (ties.receiver == ends[1])]
        assert drawn.tolist() == pytest.approx([max(4 * share * bought, claims.committed[orders].sum())])


def test_cascade_adds_up_to_the_loss(fall):
    nodes = plan_map(fall.ecosystem, fall.value_before[:, 0]).nodes
    steps = steps_of(fall, 0, nodes)
    before = fall.value_before[:, 0]
    firms = np.arange(before.size) != fall.ecosystem.rest_of_world
    np.testing.assert_allclose(np.minimum(steps[-1].lost, before)[firms], fall.loss[firms, 0], atol=0.05)
    np.testing.assert_allclose(
        steps[-1].lost[firms], sum(fall.lost[each] for each in CHANNELS)[firms, 0], rtol=1e-3, atol=0.05
    )
    assert (steps[-1].fails | steps[-1].failed).tolist() == fall.flagged("default")[:, 0].tolist()
    assert sum(each.fails.sum() for each in steps) == fall.flagged("default").sum() > 0
    for place, step in enumerate(steps):
        earlier = sum((each.fails.astype(int) for each in steps[:place]), np.zeros(before.size, int))
        assert step.failed.tolist() == (earlier > 0).tolist()


def test_hits_are_the_events(fall):
    nodes = plan_map(fall.ecosystem, fall.value_before[:, 0]).nodes
    log = fall.events.frame()
    disc = dict(zip(fall.ecosystem.id, nodes.of, strict=True))
    log["from"], log["to"] = log.source.map(disc), log.target.map(disc)
    log = log[(log["from"] != log["to"]) & (log["from"] >= 0) & (log["to"] >= 0)]
    for step in steps_of(fall, 0, nodes):
        part = log[(log.sweep >= step.first) & (log.sweep <= step.last)].groupby(["from", "to", "channel"]).amount.sum()
        part = part[part > 0]
        found = {(hit.source, hit.target, hit.channel): hit.amount for hit in step.hits}
        assert found == pytest.approx(part.to_dict())


def test_later_sweeps_are_merged_without_loss(fall):
    nodes = plan_map(fall.ecosystem, fall.value_before[:, 0]).nodes
    full, short = steps_of(fall, 0, nodes, 9), steps_of(fall, 0, nodes, 2)
    assert len(short) == 2 < len(full)
    assert short[-1].title.startswith("Sweeps 1 to ")
    np.testing.assert_allclose(short[-1].lost, full[-1].lost)


def test_loss_share_stays_within_bounds():
    assert loss_share(np.array([1.0, 3.0, 1.0]), np.array([2.0, 2.0, 0.0])).tolist() == [0.5, 1.0, 0.0]


def test_bars_add_up_to_the_loss(fall):
    bars = bars_of(fall, 0)
    firms = np.arange(len(fall.ecosystem)) != fall.ecosystem.rest_of_world
    assert bars.equity.sum() == pytest.approx(fall.loss[firms].sum(), abs=0.1)
    for each in CHANNELS:
        assert bars.lost[each].sum() == pytest.approx(fall.lost[each][firms].sum(), abs=0.1)
    assert len(bars.name) <= 13 and bars.name[-1].endswith("other firms")


def test_colours_are_unique():
    for colours in (CHANNEL_COLOURS, FAMILY_COLOURS):
        assert len(set(colours.values())) == len(colours)
    assert {*CHANNELS, "funding", "customers"} == set(CHANNEL_COLOURS)


def test_captions_say_what_this_is(fall):
    worlds = abm.stress(fall.ecosystem, ["all:revenue:0.1..0.6"], worlds=40)
    drawn = [(fall, cascade), (fall, losses), (worlds, losses), (worlds, spread)]
    for result, draw in drawn:
        figure = draw(result)
        caption = next(each for each in figure.texts if each.get_gid() == "caption").get_text().replace("\n", " ")
        for part in ("ai_2026", *result.shocks, "world", "seed 1", "illustrative", "rests on assumed"):
            assert part in caption
        assert f"{result.assumed[0].mean():.0%} of the loss" in caption
    caption = next(each for each in network(fall.ecosystem).texts if each.get_gid() == "caption").get_text()
    assert "illustrative" in caption and "assumed" in caption


def test_shocks_in_words(city):
    said = shock_in_words(abm.stress(city, ["all:revenue:0.3", "lender:funding:1", "OAI:cash:0.25"]))
    assert said == "end users pay 30% less; lenders lend 100% less new money; OpenAI lose 25% of their cash"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_same_bytes_twice(fall, tmp_path, suffix):
    for draw in (lambda: network(fall.ecosystem), lambda: cascade(fall), lambda: losses(fall)):
        one, two = save(draw(), tmp_path / f"one.{suffix}"), save(draw(), tmp_path / f"two.{suffix}")
        assert one.read_bytes() == two.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"one.{suffix}", f"two.{suffix}"]


def test_the_palette_of_a_png_keeps_rare_colours(city, tmp_path):
    figure = network(city)
    found = imread(save(figure, tmp_path / "map.png"))[..., :3]
    with plain():
        figure.savefig(tmp_path / "full.png", dpi=200)
    assert np.abs(found - imread(tmp_path / "full.png")[..., :3]).max() <= 12 / 255
    assert (tmp_path / "map.png").stat().st_size < 300_000


def test_other_suffixes_are_refused(city, tmp_path):
    with pytest.raises(ValueError, match=r"one of \.png"):
        save(network(city), tmp_path / "map.bmp")


@pytest.mark.parametrize("shocks", [[], ["all:revenue:0"], ["Lab:revenue:1", "all:cash:1"]])
def test_tiny_networks_and_empty_shocks(shocks, tmp_path):
    result = abm.stress(tiny(), shocks)
    assert [each.name for each in draw_all(result, tmp_path)] == ["network.png", "cascade.png", "losses.png"]


def test_no_shock_on_the_shipped_network(city, tmp_path):
    result = abm.stress(city, [])
    assert len(draw_all(result, tmp_path)) == 3
    assert losses(result).axes[1].get_xlim()[1] > 0.0


@pytest.mark.parametrize("count", [2, 100])
def test_many_worlds(city, tmp_path, count):
    result = abm.stress(city, ["all:revenue:0.2..0.9", "all:cash:0.9"], worlds=count)
    assert [each.name for each in draw_all(result, tmp_path)][-1] == "spread.png"
    save(cascade(result, world=count // 2), tmp_path / "other.png")
    with pytest.raises(ValueError, match="not in this result"):
        cascade(result, world=1000)
    if count > 64:
        with pytest.raises(ValueError, match="no event log"):
            cascade(result, world=99)


def test_a_band_needs_enough_worlds(city):
    lines = [len(spread(abm.stress(city, ["all:revenue:0.1..0.6"], worlds=count)).axes[0].lines) for count in (24, 40)]
    assert lines == [0, 1]


def test_a_single_world_has_no_spread(fall):
    with pytest.raises(ValueError, match="more than one world"):
        spread(fall)
