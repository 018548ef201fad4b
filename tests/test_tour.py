"""The notebook runs from top to bottom, and shows what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
TOUR = Path(__file__).parent.parent / "docs" / "tour.ipynb"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """All that the cells of the notebook show, by kind."""
    folder = tmp_path_factory.mktemp("tour")
    book = nbformat.read(TOUR, as_version=4)
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3",
                            resources={"metadata": {"path": str(folder)}}).execute()  # fmt: skip
    outputs = [each for cell in book.cells if cell.cell_type == "code" for each in cell.outputs]
    assert (folder / "report.html").stat().st_size > 100_000
    return outputs


def test_every_cell_shows_something_and_nothing_complains(shown):
    code = [each for each in nbformat.read(TOUR, as_version=4).cells if each.cell_type == "code"]
    # A progress bar that Mesa brings complains where a notebook has no widgets.
    mine = [each for each in shown if not (each.output_type == "stream" and "TqdmWarning" in each.text)]
    assert len(mine) == len(code)
    assert {each.output_type for each in mine} <= {"execute_result", "display_data", "stream"}
    assert not [each for each in mine if each.output_type == "stream" and each.name == "stderr"]


def test_runs_show_themselves_and_figures_are_drawn(shown):
    kinds = [each.get("data", {}) for each in shown]
    assert sum("ai_2026, shortfall" in each.get("text/html", "") for each in kinds) == 2
    assert sum("image/png" in each for each in kinds) == 2


def test_the_stored_notebook_holds_no_results():
    book = nbformat.read(TOUR, as_version=4)
    nbformat.validate(book)
    assert all(not each.outputs and each.execution_count is None for each in book.cells if each.cell_type == "code")


def test_its_links_lead_somewhere():
    text = "\n".join(each.source for each in nbformat.read(TOUR, as_version=4).cells if each.cell_type == "markdown")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert len(links) > 3 and all((TOUR.parent / each).exists() for each in links)
