"""Pictures against stored ones: `python tests/figure_baselines.py` writes these anew."""

from __future__ import annotations

import pytest
from figure_baselines import FOLDER, picture, pictures, unlike
from PIL import Image, ImageDraw

LIMIT = 0.08  # of the least alike part; matplotlib 3.9 and 3.11 differ by less
PICTURES = pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_looks_as_it_did(name, tmp_path):
    now = picture(PICTURES[name]())
    with Image.open(FOLDER / f"{name}.png") as stored:
        difference = unlike(now, stored.convert("RGB"))
    if difference > LIMIT:
        now.save(tmp_path / f"{name}.png")
    assert difference <= LIMIT, f"see {tmp_path / name}.png beside {FOLDER / name}.png"


def test_there_is_no_picture_without_a_figure():
    assert {each.stem for each in FOLDER.glob("*.png")} == set(PICTURES)


def test_a_missing_bar_another_colour_and_another_size_are_seen():
    with Image.open(FOLDER / "waterfall_2.png") as stored:
        before = stored.convert("RGB")
    assert unlike(before, before.copy()) == 0.0
    bar = next(spot for spot in ((x, y) for y in range(before.height) for x in range(before.width))
               if before.getpixel(spot)[0] > 190 and before.getpixel(spot)[2] < 40)  # fmt: skip
    for colour in ("white", "#0072B2"):
        after = before.copy()
        ImageDraw.Draw(after).rectangle((*bar, bar[0] + 12, bar[1] + 6), fill=colour)
        assert unlike(before, after) > LIMIT
    assert unlike(before, before.resize((before.width, before.height + 1))) == 1.0
