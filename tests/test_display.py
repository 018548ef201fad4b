"""How a run shows itself in a notebook."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

import abm
from abm.display import SHOWN


@pytest.fixture(scope="module")
def run():
    return abm.run("ai_2026", quarters=5, worlds=4)


def table(shown: str) -> list[list[str]]:
    """Cells of the body; fails where tags are left open."""
    root = ElementTree.fromstring(f"<div>{shown}</div>")
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")][1:]


def test_a_run_says_what_it_is_and_shows_medians(run):
    shown = run._repr_html_()
    assert "ai_2026, baseline" in shown and "4 worlds" in shown and "Illustrative" in shown
    rows = {row[0]: row for row in table(shown)}
    assert list(rows) == list(SHOWN)
    capex = run.system("capex")
    assert rows["capex"][5].startswith(f"{capex['2027Q2'].median():,.3g} (")
    assert rows["capex"][2] == "USD bn per quarter" and "all firms" in rows["capex"][1]


def test_lines_follow_the_medians(run):
    found = re.findall(r'<polyline points="([^"]+)"', run._repr_html_())
    heights = np.array([each.split(",") for each in found[SHOWN.index("price")].split()], float)[:, 1]
    price = run.system("price").median().to_numpy()
    slope, rest = np.polyfit(heights, price, 1)
    assert slope < 0.0 and np.allclose(slope * heights + rest, price, atol=0.005)


def test_what_rounding_leaves_is_nothing(run):
    same = run.against(run)
    same._system = {name: each + 1e-14 for name, each in same._system.items()}
    assert {row[5] for row in table(same._repr_html_())} == {"0"}


def test_differences_and_single_quarters_are_shown_too(run):
    assert len(table(run.against(run)._repr_html_())) == len(SHOWN)
    one = abm.run("ai_2026", quarters=1, worlds=1)._repr_html_()
    assert "one world" in one and len(table(one)) == len(SHOWN)


def test_names_stay_text(run):
    odd = copy.copy(run)
    odd.ecosystem, odd.scenario = replace(run.ecosystem, name="<b>mine"), "<script>"
    shown = odd._repr_html_()
    assert "&lt;b&gt;mine, &lt;script&gt;" in shown and len(table(shown)) == len(SHOWN)
