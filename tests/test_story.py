"""`cloudcity run`: a story whose every number is the runs', tables that agree with them, and clear refusals."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path

import numpy as np
import pandas
import pytest
from matplotlib.text import Text

import abm
from abm.chronicle import Chronicle
from abm.results import Recorder, RunResult
from experiments import output, pairs, store, working
from experiments.amplification import revenue_amplification
from experiments.falls import by_firm, compared, fallen, who_is_first
from experiments.figures import FIGURES, differences
from experiments.story import assumed_share, facts_of, mechanism
from experiments.story_words import told

SMALL = ("run", "--worlds", "2", "--quarters", "10", "--jobs", "1")
CITY = abm.load("ai_2026")
FALL = abm.load_scenario("shortfall")
FRAME = pairs.Frame(worlds=2, quarters=10)


@pytest.fixture
def command(command, monkeypatch):
    """`cloudcity ARGUMENTS`, with few mechanisms turned off."""
    monkeypatch.setattr(pairs, "ABLATIONS", ("", "confidence", pairs.SETTLEMENT))
    return command


@pytest.fixture(scope="module")
def runs() -> tuple[RunResult, RunResult]:
    return pairs.pair(FRAME, FALL)


@pytest.fixture(scope="module")
def facts(runs) -> dict:
    rows = [mechanism(FRAME, FALL, 8, name) for name in ("", "confidence", pairs.SETTLEMENT)]
    return facts_of(*runs, FALL, 8, rows, assumed_share(FRAME, FALL))


def words(facts: dict) -> str:
    return " ".join(sentence for _, sentences in told(facts) for sentence in sentences)


# -- the command ---------------------------------------------------------------------------------------


def test_it_tells_a_story_and_writes_its_files(command):
    code, out, err = command(*SMALL)
    assert code == 0, err
    for part in (
        "Revenue falls short by 30%, from 2028Q1 on: ai_2026, 2026Q2 to 2028Q3, 2 worlds", "spend less by 30%",
        "AI capex falls", "Who fell", "What the circle added", "lost sales, per dollar", "Who bears it", "k_s = 3",
        "lenders' loss of confidence", "Illustrative",
    ):  # fmt: skip
        assert part in out, part
    folder = Path(out.split("Tables and figures: ")[1].strip())
    names = {each.name for each in folder.iterdir()}
    pictures = {f"{name}.png" for name in FIGURES}
    assert names == {"summary.json", "system.csv", "failures.csv", "report.html", *pictures, *store.FILES}
    assert f"cloudcity figures {folder}" in out
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "Revenue falls short" in page
    assert max((folder / each).stat().st_size for each in pictures) < 300_000
    output.require_free(folder)  # the same question can replace its result


def test_results_do_not_depend_on_processes_and_json_is_json(command, tmp_path):
    question = ("--no-figures", "--json", "--quiet", "--out")
    alone = command(*SMALL, *question, "one")
    together = command(*SMALL[:-1], "2", *question, "two")
    assert alone[0] == together[0] == 0
    assert alone[1] == together[1]
    assert not alone[2]
    assert json.loads(alone[1]) == json.loads((tmp_path / "one" / "summary.json").read_text())
    for name in ("summary.json", "system.csv", "failures.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_tables_are_the_runs(command, tmp_path, runs):
    assert command(*SMALL, "--no-figures", "--out", "here")[0] == 0
    system = pandas.read_csv(tmp_path / "here" / "system.csv").set_index(["name", "run", "quarter"])
    shocked, baseline = runs
    capex = shocked.system("capex") - baseline.system("capex")
    for quarter in ("2027Q4", "2028Q1", "2028Q3"):
        low, middle, high = np.quantile(capex[quarter], [0.1, 0.5, 0.9])
        assert system.loc[("capex", "difference", quarter)].tolist() == pytest.approx([low, middle, high])
    price = shocked.system("price")["2028Q3"].median()
    assert system.loc[("price", "shocked", "2028Q3"), "median"] == pytest.approx(price)


@pytest.mark.parametrize(("arguments", "message"), [
    (("--scenario", "shortfal"), "did you mean 'shortfall'"),
    (("--quarters", "7"), "expected at least 8, in which scenario 'shortfall' strikes"),
    (("--quarters", "0"), "quarters"),
    (("--worlds", "0"), "worlds"),
    (("--jobs", "0"), "jobs"),
    (("--seed", "-1"), "seed"),
    (("--out", "taken.txt"), "a new folder"),
])  # fmt: skip
def test_bad_input_is_refused_before_anything_runs(command, tmp_path, monkeypatch, arguments, message):
    (tmp_path / "taken.txt").write_text("mine")
    monkeypatch.setattr(working, "in_order", lambda *_: pytest.fail("computed in vain"))
    code, out, err = command("run", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["taken.txt"]


@pytest.mark.parametrize(("scenario", "message"), [
    ("baseline", "nothing changes"), ("credit_crunch", "does not cut end demand"),
])  # fmt: skip
def test_other_scenarios_have_a_story_too(command, scenario, message):
    code, out, err = command(*SMALL, "--scenario", scenario, "--no-figures")
    assert code == 0, err
    assert message in " ".join(out.split())


# -- the facts -----------------------------------------------------------------------------------------


def test_the_facts_are_the_runs(runs, facts):
    shocked, baseline = runs
    now, window = facts["happened"], slice(7, 10)
    spent = [each.system("end_demand").to_numpy()[:, window].sum(axis=1) for each in (baseline, shocked)]
    assert now["end_demand_less"][1] == pytest.approx(np.median(spent[0] - spent[1]))
    assert now["end_demand_less_share"] == pytest.approx([0.3] * 3)
    capex = [each.system("capex").to_numpy() for each in (baseline, shocked)]
    path = np.median(capex[1] / capex[0], axis=0)[window]
    lowest = shocked.quarters[7 + path.argmin()]
    assert now["capex_lowest"] == {"quarter": lowest, "of_baseline": pytest.approx(path.min())}
    after = [name for name, part in zip(shocked.quarters[7 + path.argmin() :], path[path.argmin() :], strict=True)
             if part >= 0.95]  # fmt: skip
    assert now["capex_back"] == (after[0] if after else None)
    assert facts["amplification"] == revenue_amplification(shocked, baseline, 8).facts()
    assert (facts["struck_in"], facts["window_ends"], facts["window_quarters"]) == ("2028Q1", "2028Q3", 3)
    json.dumps(facts, allow_nan=False)


def test_a_mechanism_that_is_off_is_off_in_both_runs(facts):
    plain, calm = (next(each for each in facts["mechanisms"] if each["name"] == name) for name in ("", "confidence"))
    shocked, baseline = pairs.pair(FRAME, FALL, "confidence")
    assert (shocked.system("confidence").to_numpy() == baseline.system("confidence").to_numpy()).all()
    assert plain["revenue"]["per_dollar"] == facts["amplification"]["per_dollar"]
    assert calm["revenue"] != plain["revenue"]
    assert not any(pairs.without(FALL, pairs.SETTLEMENT).settlement_switches().values())
    assert pairs.without(FALL, "").switches == FALL.switches


def test_what_rests_on_assumptions_is_taken_from_the_opening(facts):
    found = facts["assumptions"]
    assert found["opening_struck_by"] == 0.3
    assert 0.0 < found["assumed"] < found["assumed_or_estimated"] <= 1.0
    assert assumed_share(FRAME, abm.load_scenario("credit_crunch"))["assumed"] is None


# -- sentences are chosen by numbers -------------------------------------------------------------------


def changed(facts: dict, *path, to) -> dict:
    twin = copy.deepcopy(facts)
    place = twin
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return twin


@pytest.mark.parametrize(("path", "to", "said"), [
    (("happened", "capex_less_share"), [-0.1] * 3, "AI capex rises by 10%"),
    (("happened", "capex_less_share"), [0.0] * 3, "AI capex stays the same"),
    (("happened", "capex_back"), "2031Q2", "back at 95% in 2031Q2"),
    (("happened", "capex_back"), None, "does not come back"),
    (("happened", "borrowed_less_share"), [-0.2] * 3, "borrow more by 20%"),
    (("happened", "funding_gap_more"), [7.0] * 3, "nobody funds grows by 7.0"),
    (("failures", "by_shock"), 0.0, "brings nobody down"),
    (("amplification", "per_dollar"), [0.5] * 3, "not even that dollar"),
])  # fmt: skip
def test_another_number_gives_another_sentence(facts, path, to, said):
    assert said in words(changed(facts, *path, to=to))


@pytest.mark.parametrize(("fresh", "spared", "said"), [(2.0, 1.0, "fells more"), (1.0, 2.0, "spares more")])
def test_whether_more_fall_or_are_spared_is_counted(facts, fresh, spared, said):
    failures = facts["failures"] | {"by_shock": fresh + 0.5, "sooner": 0.5, "spared": spared}
    assert said in words(facts | {"failures": failures})


@pytest.mark.parametrize(("without", "said"), [(1.0, "network amplifies"), (3.0, "network dampens"), (2.01, "hardly")])
def test_the_verdict_on_the_network_follows_the_table(facts, without, said):
    twin = copy.deepcopy(facts)
    for row in twin["mechanisms"]:
        row["revenue"]["per_dollar"] = [without if row["name"] == pairs.SETTLEMENT else 2.0] * 3
    assert said in words(twin)


# -- who falls -----------------------------------------------------------------------------------------


def run_with(*failures: tuple[int, str, int]) -> RunResult:
    """A run of two worlds and six quarters with `failures`: world, firm, quarter."""
    row, events = {name: place for place, name in enumerate(CITY.id)}, Chronicle()
    for world, firm, quarter in failures:
        events.add(quarter, 1, "default", ["missed what it must pay"], [row[firm]], [row[firm]], np.zeros((1, 1)),
                   np.array([world]), always=True)  # fmt: skip
    recorder = Recorder({"price": [np.ones(2)] * 6}, {"capex": [np.ones((len(CITY), 2))] * 6})
    return RunResult(CITY, recorder, [0, 1], 1, 0.0, chronicle=events)


def test_failures_are_paired_world_by_world():
    shocked = run_with((0, "CRWV", 3), (0, "CRWV", 5), (0, "OAI", 4), (1, "OAI", 5), (0, "LAMB", 1), (1, "NBIS", 4))
    baseline = run_with((0, "CRWV", 4), (1, "XAI", 2), (1, "NBIS", 4), (0, "LAMB", 1))
    both = compared(shocked, baseline, 2).set_index(["world", "target"])
    assert both["by_shock"].to_dict() == {
        (0, "CRWV"): True, (0, "OAI"): True, (1, "OAI"): True, (1, "XAI"): False, (1, "NBIS"): False,
    }  # fmt: skip
    assert both["spared"][both["spared"]].index.tolist() == [(1, "XAI")]
    firms = {each["firm"]: each for each in by_firm(shocked, baseline, 2)}
    assert (firms["OAI"]["by_shock"], firms["OAI"]["sooner"], firms["OAI"]["fails_in_baseline"]) == (1.0, 0.0, 0.0)
    assert (firms["CRWV"]["by_shock"], firms["CRWV"]["sooner"]) == (0.5, 0.5)
    assert firms["XAI"]["quarters"] is None
    first = who_is_first(shocked, baseline, 2)
    assert [(each["firm"], each["share"], each["sooner"]) for each in first] == [("CRWV", 0.5, 1.0), ("OAI", 0.5, 0.0)]
    assert fallen(shocked, 2).tolist() == [[0, 0, 1, 2, 2, 2], [0, 0, 0, 1, 2, 2]]
    assert fallen(shocked, 1)[0].tolist() == [1, 1, 2, 3, 3, 3]


def test_nobody_falls_by_a_shock_where_both_runs_are_alike():
    same = run_with((0, "CRWV", 3))
    assert not compared(same, same, 1)["by_shock"].any()
    assert who_is_first(same, same, 1) == []
    assert by_firm(run_with(), run_with(), 1) == []


# -- the figure ----------------------------------------------------------------------------------------


def test_no_text_of_the_figure_lies_over_another(runs, facts):
    figure = differences(*runs, facts)
    assert len(figure.axes) == 4
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    shown = [each for each in figure.findobj(Text) if each.get_text().strip() and each.get_visible()]
    assert min(each.get_fontsize() for each in shown) >= 7.0
    hidden = {
        id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for tick in axis.get_major_ticks()
        for low, high in [sorted(axis.get_view_interval())] if not low - 1e-9 <= tick.get_loc() <= high + 1e-9
        for label in (tick.label1, tick.label2)
    }  # fmt: skip
    boxes = [each.get_window_extent(renderer) for each in shown if id(each) not in hidden]
    assert len(boxes) > 30
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    drawn, page = figure.get_tightbbox(), figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= 0 and drawn.x1 <= page[0] and drawn.y1 <= page[1]
    text = " ".join(each.get_text().replace("\n", " ") for each in figure.texts)
    assert "illustrative" in text and "Revenue falls short by 30%" in text
