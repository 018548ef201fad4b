"""`cloudcity figures`: the files of a stored result, or one clear refusal and nothing written."""

from __future__ import annotations

import json
import shutil

import pytest
from figure_example import example
from PIL import Image

from abm.scenario import load_scenario
from experiments import figures
from experiments.figures import FIGURES
from experiments.store import save

NAMES = sorted(FIGURES)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A result as `cloudcity run` leaves it."""
    folder = tmp_path_factory.mktemp("stored") / "run"
    shocked, baseline, facts = example()
    save({"shocked": (shocked, load_scenario("city_in_the_clouds")),
          "baseline": (baseline, load_scenario("baseline"))}, folder)  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(facts))
    return folder


@pytest.mark.parametrize("columns", [1, 2])
def test_every_figure_of_a_result(command, stored, tmp_path, columns):
    shutil.copytree(stored, tmp_path / "run")
    code, out, _ = command("figures", "run", "--columns", str(columns))
    assert code == 0
    assert sorted(each.name for each in (tmp_path / "run-figures").iterdir()) == [f"{name}.png" for name in NAMES]
    assert sorted(out.split()) == [f"run-figures/{name}.png" for name in NAMES]
    for name in NAMES:
        with Image.open(tmp_path / "run-figures" / f"{name}.png") as picture:
            assert picture.width == {1: 680, 2: 1300}[columns]


def test_another_format_width_and_a_film(command, stored, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "FIGURES", {name: FIGURES[name] for name in ("cascade", "fans")})
    code, out, err = command("figures", str(stored), "-o", "drawn", "--format", "svg", "--columns", "1", "--film",
                             "--world", "3", "--quiet")  # fmt: skip
    assert (code, err) == (0, "")
    assert {"drawn/cascade.svg", "drawn/fans.svg", "drawn/cascade.gif"} <= set(out.split())
    for name in ("cascade", "fans"):
        assert 'width="244.8pt"' in (tmp_path / "drawn" / f"{name}.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere"], "runs.parquet"),
        (["RESULT", "--world", "99"], "--world"),
        (["RESULT", "-o", "taken"], "--out"),
        (["RESULT", "--format", "bmp"], "--format"),
        (["RESULT", "--columns", "3"], "--columns"),
    ],
)
def test_refusals_name_the_mistake_and_write_nothing(command, stored, tmp_path, arguments, named):
    (tmp_path / "taken").write_text("mine")
    code, out, err = command("figures", *(str(stored) if each == "RESULT" else each for each in arguments))
    assert code == 2 and out == ""
    assert named in err and "Traceback" not in err
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken").read_text() == "mine"
    assert not stored.with_name("run-figures").exists()
