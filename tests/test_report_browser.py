"""The report in a real browser: nothing leaves the machine, every control does what it says, everybody can read it."""

from __future__ import annotations

import shutil

import pytest
from report_example import busy_world, example, hostile

from experiments.report import write_report

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next((found for found in map(shutil.which, _NAMES) if found), None)
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: apt-get install chromium", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_report(*example(), tmp_path_factory.mktemp("report") / "report.html", busy_world())


@pytest.fixture
def visit(browser, file):
    """Open the report in a window of its own; at the end nothing may have been asked for, or gone wrong."""
    contexts, problems = [], []

    def opened(width: int = 1280, height: int = 900, path=file, **how):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **how))
        page = contexts[-1].new_page()
        page.on("request", lambda each: problems.append(f"request {each.url}") if each.url != path.as_uri() else None)
        page.on("console", lambda each: problems.append(f"console {each.text}"))
        page.on("pageerror", lambda each: problems.append(f"error {each}"))
        page.on("dialog", lambda each: problems.append("dialog"))
        page.clock.install(time=0)
        page.goto(path.as_uri())
        page.clock.pause_at(3_600_000)  # from now on time passes when a test says so
        return page

    yield opened
    for each in contexts:
        each.close()
    assert not problems


def played(page) -> dict:
    return page.evaluate("JSON.parse(document.getElementById('played').textContent)")


def at(page) -> int:
    return int(page.input_value("#seek"))


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def busiest(page) -> int:
    """The moment with most hits, counted from 1."""
    moments = played(page)["runs"][0]["moments"]
    return 1 + max(range(len(moments)), key=lambda place: len(moments[place]["hits"]))


def go(page, place: int) -> None:
    page.locator("#seek").fill(str(place))


def test_step_back_and_start_walk_through_the_moments(visit):
    page = visit()
    moments = played(page)["runs"][0]["moments"]
    title = page.locator("#title")
    assert title.inner_text() == "2026Q1: the opening" and page.locator("#back").is_disabled()
    press(page, "Step")
    assert title.inner_text() == moments[0]["title"] and title.inner_text().endswith(": the shock")
    press(page, "Step")
    press(page, "Back")
    assert at(page) == 1
    press(page, "Step")
    press(page, "Start")
    assert at(page) == 0 and page.locator("#start").is_disabled()
    go(page, len(moments))
    assert title.inner_text() == moments[-1]["title"] and page.locator("#step").is_disabled()


def test_play_goes_to_the_end_and_pause_holds(visit):
    page = visit()
    count = len(played(page)["runs"][0]["moments"])
    press(page, "Play")
    page.clock.run_for(2000)
    press(page, "Pause")
    held = at(page)
    page.clock.run_for(60_000)
    assert 0 < held < count and at(page) == held
    press(page, "Play")
    page.clock.run_for(count * 2000)
    assert at(page) == count and page.locator("#play").inner_text() == "Play"
    press(page, "Play")  # once more from the opening
    page.clock.run_for(10)
    assert at(page) == 1
    press(page, "Step")
    page.clock.run_for(60_000)
    assert at(page) == 2  # who steps does not want it to run on


def test_speed_is_how_many_moments_pass(visit):
    page, reached = visit(), []
    for speed in ("half", "normal", "double", "fourfold"):
        press(page, "Play")
        page.clock.run_for(10)
        press(page, "Start")
        page.select_option("#speed", label=speed)
        press(page, "Play")
        page.clock.run_for(3500)
        press(page, "Pause")
        reached.append(at(page))
    assert reached == sorted(set(reached)), reached


def test_a_moment_shows_each_hit_in_words_and_by_its_line(visit):
    page = visit()
    place = busiest(page)
    moment = played(page)["runs"][0]["moments"][place - 1]
    go(page, place)
    drawn = [each for each in moment["hits"] if each["path"]]
    shown = page.locator("#hits path").evaluate_all("all => all.map(each => each.getAttribute('class'))")
    assert shown == [f"hit {each['channel']}" for each in drawn] and len(shown) > 3
    assert page.locator("#said li").all_inner_texts() == [each["text"] for each in moment["said"]]
    dashes = page.locator(".keys .hit").evaluate_all("all => all.map(each => getComputedStyle(each).strokeDasharray)")
    assert len(set(dashes)) == len(dashes) == 6


def test_the_key_shows_each_state_of_a_firm_as_the_map_does(visit):
    page = visit()
    look = "all => all.map(each => [getComputedStyle(each).display, getComputedStyle(each).stroke].join())"
    falls, fallen = page.locator(".keys .failed .cross").evaluate_all(look)
    assert falls.startswith("inline") and fallen.startswith("inline") and falls != fallen
    page.evaluate("document.querySelector('.disc').classList.add('fails', 'failed')")
    assert page.locator(".disc.fails .cross").evaluate_all(look) == [falls]


def test_who_has_failed_stays_crossed_and_the_other_run_is_another_story(visit):
    page = visit()
    runs = played(page)["runs"]
    for run in (0, 1):
        page.select_option("#run", str(run))
        go(page, len(runs[run]["moments"]))
        failed = {disc for each in runs[run]["moments"] for disc in each["fails"]}
        crossed = page.locator(".disc.failed").evaluate_all("all => all.map(each => Number(each.dataset.disc))")
        assert set(crossed) == failed
        shades = page.locator(".disc:not(.loss0)").count()
        assert shades > 5 if run == 0 else shades == 0
    go(page, 3)
    page.select_option("#run", "0")
    assert page.locator("#title").inner_text()[:6] == runs[1]["moments"][2]["title"][:6]  # the same quarter
    press(page, "Start")
    assert page.locator(".disc.failed").count() == 0


def test_the_keyboard_reaches_firms_and_what_stands_behind_their_links(visit):
    page = visit()
    assert page.locator("[tabindex='0'].disc").count() == 1
    page.locator(".disc").first.focus()
    assert page.locator("#about h3").inner_text() == "Amazon"
    page.keyboard.press("ArrowRight")
    assert page.locator("#about h3").inner_text() == "Microsoft"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.locator("#about h3").inner_text() == played(page)["discs"][-1]["name"]
    page.keyboard.press("Escape")
    assert page.locator("#about h3").count() == 0
    page.select_option("#firm", label="OpenAI")
    about = page.locator("#about")
    assert "Balance sheet, 2026Q1" in about.inner_text() and "press" in about.inner_text()
    about.get_by_text("Pays, lends to or owns").focus()
    page.keyboard.press("Enter")
    about.get_by_text("Oracle: compute promised, signed, 300").focus()
    page.keyboard.press("Enter")
    assert "signed for 300" in about.inner_text() and "Grade: press. Source: WSJ" in about.inner_text()
    go(page, busiest(page))
    assert "with shock" in about.inner_text() and "signed for 300" in about.inner_text()  # what was open stays open


def test_the_pointer_shows_what_it_rests_on_but_not_what_it_passes(visit):
    page = visit()
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator(".disc[data-disc='0'] .body").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.clock.run_for(20)
    assert page.locator("#about h3").count() == 0
    page.clock.run_for(200)
    assert page.locator("#about h3").inner_text() == "Amazon"
    assert 0 < page.locator("#links .lit").count() < page.locator("#links .link").count()
    page.keyboard.press("Escape")
    page.locator("#links .link").last.dispatch_event("click")
    link = played(page)["links"][-1]
    text = page.locator("#about").inner_text()
    assert page.locator("#links .lit").count() == 1 and played(page)["discs"][link["source"]]["name"] in text
    assert "USD bn" in text and "Grade:" in text


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_the_screen(visit, width):
    page = visit(width, 844)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    go(page, busiest(page))
    for each in page.locator("details").all():
        each.evaluate("each => { each.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide, narrow = (page.locator(f".names.{each}").is_visible() for each in ("wide", "narrow"))
    assert (wide, narrow) == (width > 640, width < 640)
    letters = page.locator(f".names.{'narrow' if narrow else 'wide'} text").evaluate_all(
        "all => all.map(each => each.getAttribute('font-size') * each.getScreenCTM().a)")  # fmt: skip
    assert min(letters) > 9.0


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_page_is_accessible(visit, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(width, 900, color_scheme=scheme)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    page.clock.resume()
    page.select_option("#firm", label="CoreWeave")
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    for place, context in ((0, None), (busiest(page), ".travels")):
        go(page, place)
        found = axe.run(page, context, rules)
        assert not found.response["violations"], found.generate_report()


def test_whoever_wants_less_motion_gets_none(visit):
    for wish, motion in (("reduce", "none"), ("no-preference", "appear")):
        page = visit(reduced_motion=wish)
        go(page, busiest(page))
        assert page.locator("#hits path").first.evaluate("each => getComputedStyle(each).animationName") == motion


def test_the_story_is_there_without_scripts(visit):
    page = visit(java_script_enabled=False)
    assert page.locator("noscript p").is_visible()
    assert page.locator(".player").is_hidden() and page.locator(".link").count() > 50


def test_names_that_are_markup_do_nothing(visit, tmp_path):
    page = visit(path=write_report(*hostile(), tmp_path / "report.html", busy_world()))
    for place in range(len(played(page)["runs"][0]["moments"]) + 1):
        go(page, place)
    for disc in range(page.locator(".disc").count()):
        page.select_option("#firm", str(disc))
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    assert page.title().startswith("</script><script>") and page.locator("img").count() == 0
    assert page.locator("#about h3").inner_text().startswith("End users")


def test_paper_gets_the_story_without_the_player(visit):
    page = visit()
    page.emulate_media(media="print")
    assert page.locator(".player").is_hidden() and page.locator("#map").is_visible()
    assert page.locator("nav").is_hidden() and page.locator(".chart").first.is_visible()
