"""The report: everything in one file, the numbers of the runs on it, and names that stay text."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from report_example import ATTRIBUTE, HOSTILE, busy_world, example, hostile

import abm
from abm.ecosystem.loading import find, read
from abm.ecosystem.provenance import grades_of
from abm.parameters import DECLARED
from abm.scenario import load_scenario
from experiments import store
from experiments.figures.living_steps import HITS, typical_world
from experiments.pairs import Frame, pair
from experiments.report import write_report
from experiments.report.cascade import SERIES, fates
from experiments.report.page import render
from experiments.story import facts_of
from experiments.story_words import told


class Page(HTMLParser):
    """Elements with their attributes, all text outside scripts and styles, and what scripts and styles hold."""

    def __init__(self, text: str):
        super().__init__()
        self.elements, self.words, self.raw, self._inside = [], [], {"script": [], "style": []}, ""
        self.feed(text)
        self.text = re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        (self.raw.get(self._inside) if self._inside in self.raw else self.words).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def played(self) -> dict:
        return json.loads(self.raw["script"][0])


@pytest.fixture(scope="module")
def text():
    return render(*example(), busy_world())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_a_pair_gives_the_same_bytes_each_time_and_few_of_them(text, tmp_path):
    path = write_report(*example(), tmp_path / "new" / "report.html", busy_world())
    assert path.read_text(encoding="utf-8") == text
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]
    assert 100_000 < len(text.encode()) < 1_000_000


def test_nothing_is_fetched_and_nothing_else_may_run(text, page):
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    allowed = dict(each.split(" ", 1) for each in policy.split("; "))
    assert allowed["default-src"] == "'none'" and "connect-src" not in allowed
    for kind, source in (("style-src", page.raw["style"][0]), ("script-src", page.raw["script"][1])):
        assert allowed[kind] == f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"
    addresses = {value for _, attributes in page.elements for name, value in attributes.items()
                 if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href")}  # fmt: skip
    assert all(each.startswith(("#", "data:,")) for each in addresses)
    assert "url(" not in page.raw["style"][0] and "@import" not in page.raw["style"][0]
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(", page.raw["script"][1])


def test_names_of_users_stay_text():
    text = render(*hostile(), busy_world())
    page, calm = Page(text), Page(render(*example(), busy_world()))
    for tag in ("script", "img", "style", "circle", "section"):
        assert len(page.all(tag)) == len(calm.all(tag)), tag
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert f"Amazon {HOSTILE}" in page.text and "{{ 7 * 7 }}" in page.text  # and 49 nowhere
    names = [each["name"] for each in page.played["discs"]]
    assert f"Amazon {HOSTILE}" in names and f"Microsoft {ATTRIBUTE}" in names
    assert any(each.get("aria-label", "").startswith(f"Amazon {HOSTILE}, ") for each in page.all("g"))
    assert HOSTILE not in text and "its sources stand in its own files" in page.text


def test_the_whole_story_is_told(page):
    facts = example()[2]
    for heading, sentences in told(facts):
        assert heading in page.text
        for each in sentences:
            assert re.sub(r"\s+", " ", each) in page.text
    assert facts["note"] in page.text and "illustrative, not a forecast" in page.text
    assert (f"cloudcity run --scenario city_in_the_clouds --worlds 12 --quarters 20 --seed {facts['seed']}"
            in page.text)  # fmt: skip


def test_the_player_tells_every_hit_of_its_world(page):
    shocked, baseline, facts = example()
    world, played = busy_world(), page.played
    for run, result in zip(played["runs"], (shocked, baseline), strict=True):
        events = result.events
        events = events[(events["world"] == world) & (events["quarter"] >= facts["struck_in"])]
        hits = [hit for each in run["moments"] for hit in each["hits"]]
        for channel in HITS:
            chosen = events[(events["channel"] == channel) & (events["amount"] > 0.005)]
            mine = sum(each["amount"] for each in hits if each["channel"] == channel)
            assert mine == pytest.approx(chosen["amount"].sum()), channel
        places = [each["place"] for each in run["moments"]]
        assert places == sorted(places) and set(places) == set(range(7, 20))
        fell = events[events["channel"] == "default"]
        failures = [(shocked.quarters[each["place"]], played["discs"][disc]["name"])
                    for each in run["moments"] for disc in each["fails"]]  # fmt: skip
        assert {quarter for quarter, _ in failures} == set(fell["quarter"])
        said = {line["text"] for each in run["moments"] for line in each["said"]}
        assert all(any(text.startswith(f"Failure of {name}") for text in said) for _, name in failures)
    assert any(each["fails"] for each in played["runs"][0]["moments"])  # it had to matter


def test_many_of_one_fate_share_a_line():
    states = [("default", each, "missed what it must pay") for each in range(5)]
    states += [("covenant", each, "") for each in (1, 2)]
    assert fates(states, ("A", "B", "C", "D", "E")) == [
        "Failure of A, B and 3 more: missed what it must pay", "B: breach of covenants", "C: breach of covenants",
    ]  # fmt: skip


def test_series_beside_the_map_are_those_of_the_run(page):
    shocked, _, facts = example()
    world, played = busy_world(), page.played
    nvidia = [each["name"] for each in played["discs"]].index("NVIDIA")
    assert played["series"][3] == SERIES[3][0] == "sales, a year"
    shown = played["runs"][0]["values"][3][nvidia]
    sales = sum(shocked.firm("NVDA", each).loc[world] for each in ("user_revenue", "compute_sales", "chip_sales"))
    assert np.allclose(shown, 4.0 * sales[facts["struck_in"] :], rtol=1e-3)


def test_a_firm_and_a_link_show_amounts_grades_and_sources(page):
    shocked, played = example()[0], page.played
    names = [each["name"] for each in played["discs"]]
    openai, oracle = names.index("OpenAI"), names.index("Oracle")
    cash = next(each for each in played["discs"][oracle]["owns"] if each["words"] == "cash")
    row = shocked.ecosystem.row["ORCL"]
    assert cash["amount"] == pytest.approx(shocked.ecosystem.stock("cash")[row])
    assert cash["grade"] in ("reported", "press", "estimated") and cash["source"]
    signed = next(each for each in played["links"]
                  if (each["source"], each["target"], each["begun"]) == (openai, oracle, False))  # fmt: skip
    assert signed["family"] == "compute" and signed["amount"] == 300.0
    assert "signed for 300" in signed["contracts"][0]["words"] and signed["contracts"][0]["grade"] == "press"
    assert signed["contracts"][0]["source"].startswith("WSJ")
    assert all(link["contracts"] for link in played["links"])
    funds = played["discs"][names.index("Private credit funds")]
    assert funds["members"] == 3  # a group that was split is one disc


def test_charts_show_the_medians(text):
    shocked, baseline, _ = example()
    lines = re.findall(r'<path class="line (\w+)" d="M([^"]+L[^"]+)"', text)
    assert [name for name, _ in lines] == ["without", "with", "difference"] * 4
    capex = 4.0 * np.median(shocked.system("capex"), axis=0)
    shown = np.array([each.split(" ")[1] for each in lines[4][1].split("L")], float)
    slope, rest = np.polyfit(shown, capex, 1)
    assert slope < 0.0 and np.abs(capex - (slope * shown + rest)).max() < 0.005 * capex.max()
    assert f"{capex[-1]:,.0f} with the shock" in html.unescape(text)
    assert baseline.quarters[-1] in text


def test_grades_are_counted(page):
    bars, at = {}, 0
    for tag, attributes in page.elements:
        at += tag == "dt"
        if tag == "rect" and attributes.get("height") == "4":
            bars.setdefault(at, []).append((attributes["class"].removeprefix("grade "), float(attributes["width"])))
    counted, weighed, declared = bars.values()
    assumed = 100.0 * sum(each.grade == "assumed" for each in DECLARED.values()) / len(DECLARED)
    assert dict(declared)["assumed"] == pytest.approx(assumed, abs=0.01)
    numbers = grades_of(read(find("ai_2026")))
    assert dict(counted)["press"] == pytest.approx(100.0 * numbers["press"] / sum(numbers.values()), abs=0.01)
    assert [name for name, _ in weighed] == ["known", "assumed"]
    assert all(sum(wide for _, wide in bar) == pytest.approx(100.0, abs=0.05) for bar in (counted, weighed, declared))


def test_a_calm_world_gives_a_report_too():
    frame, scenario = Frame(worlds=1, quarters=3), load_scenario("baseline")
    shocked, baseline = pair(frame, scenario)
    page = Page(render(shocked, baseline, facts_of(shocked, baseline, scenario, 1, [], _assumed(frame, scenario))))
    assert "nothing changes" in page.text and "Does the network amplify?" not in page.text
    assert [each["hits"] for each in page.played["runs"][0]["moments"]] == [[], [], []]
    assert "one world" in page.text.lower()


def _assumed(frame, scenario) -> dict:
    from experiments.story import assumed_share

    return assumed_share(frame, scenario)


@pytest.fixture
def result(tmp_path):
    shocked, baseline, facts = example()
    folder = tmp_path / "result"
    store.save({"shocked": (shocked, load_scenario("city_in_the_clouds")),
                "baseline": (baseline, load_scenario("baseline"))}, folder)  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(facts))
    return folder


def test_the_command_writes_the_report(command, result, text):
    code, out, _ = command("report", str(result), "-o", "mine.html", "--world", str(busy_world()))
    assert (code, out) == (0, "mine.html\n")
    assert (result.parent / "mine.html").read_text(encoding="utf-8") == text
    code, out, _ = command("report", str(result))
    assert code == 0 and out.endswith("result.html\n")
    typical = f"number {typical_world(*example())},"
    assert typical not in text and typical in (result.parent / "result.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("arguments", "said"), [
    (["nowhere"], "no such file"),
    (["result", "-o", "report.pdf"], "ends in .html"),
    (["result", "-o", "folder.html"], "a folder"),
    (["result", "--world", "12"], "one of the 12 worlds kept hit by hit"),
])  # fmt: skip
def test_mistakes_are_told_in_a_line(command, result, tmp_path, arguments, said):
    (tmp_path / "folder.html").mkdir()
    code, out, err = command("report", *arguments)
    assert code == 2 and not out and err.count("\n") == 1 and said in err
    assert {each.name for each in tmp_path.iterdir()} == {"result", "folder.html"}


def test_a_summary_of_something_else_is_refused(command, result):
    (result / "summary.json").write_text('{"worlds": 3}')
    code, _, err = command("report", str(result))
    assert code == 2 and "a summary without scenario" in err


def test_worlds_that_were_not_kept_cannot_be_played():
    with pytest.raises(ValueError, match="world 99 was not kept"):
        render(*example(), world=99)
    assert abm.load("ai_2026").name == example()[0].ecosystem.name
