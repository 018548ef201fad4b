"""The house: imports run in one direction, nothing draws in the model, the pages tell the truth."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import abm
import cython_ext
import experiments

ROOT = Path(__file__).parent.parent
PACKAGES = {each.__name__: Path(each.__file__).parent for each in (cython_ext, abm, experiments)}
BELOW = {
    "cython_ext": {"cython_ext"},
    "abm": {"cython_ext", "abm"},
    "experiments": {"cython_ext", "abm", "experiments"},
}
FORBIDDEN = {"cython_ext": {"mesa", "networkx", "pandas", "scipy", "matplotlib", "typer", "rich"},
             "abm": {"matplotlib", "nicegui", "typer", "rich"}, "experiments": set()}  # fmt: skip
# Within the model: from the data up to the result. A module may import from its own layer and those before.
LAYERS = [
    {"errors", "ecosystem"},
    {"luck", "columns", "declaration", "switches", "words"},
    {"declared_contagion", "declared_finance", "declared_markets"},
    {"parameters", "drawn", "links", "shocks"},
    {"supply", "operations", "finance", "scenario"},
    {"ledger", "plan", "attribution"},
    {"opening", "settlement", "grades"},
    {"events", "stress_result", "potential", "economy", "fleet", "debts", "stakes", "contracts", "payments", "trade"},
    {"holdings", "health", "chronicle", "warrants"},
    {"agenda", "this_quarter", "round_trips", "margining"},
    {"statement"},
    {"living", "stress_testing", "agents"},
    {"markets", "metrics", "results", "display", "identities", "dated", "standing"},
    {"clearing", "closing", "estate_books", "estates", "resolution"},
    {"quarter"},
    {"model"},
    {"running"},
]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_downwards_and_nothing_forbidden(package):
    for path in PACKAGES[package].rglob("*.py"):
        tops = {each.partition(".")[0] for each in imported(path)}
        assert tops & set(PACKAGES) <= BELOW[package], path
        assert not tops & FORBIDDEN[package], path


def test_modules_of_the_model_import_downwards():
    place = {name: height for height, names in enumerate(LAYERS) for name in names}
    for path in PACKAGES["abm"].rglob("*.py"):
        own = path.relative_to(PACKAGES["abm"]).parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        assert own in place, f"{own} has no layer"
        for module in imported(path):
            parts = module.split(".")
            if parts[0] == "abm" and len(parts) > 1:
                assert place[parts[1]] <= place[own], f"{path.name} imports {module}"


def test_every_package_is_shipped():
    metadata = ROOT / "pyproject.toml"
    shipped = set(tomllib.loads(metadata.read_text())["tool"]["setuptools"]["packages"])
    there = {
        ".".join((name, *path.parent.relative_to(base).parts))
        for name, base in PACKAGES.items()
        for path in base.rglob("__init__.py")
    }
    assert there == shipped


def test_every_public_name_can_be_reached():
    for name in abm.__all__:
        # A name that is also a module would turn into that module as soon as somebody imports it.
        assert callable(getattr(abm, name))
        assert not (PACKAGES["abm"] / f"{name}.py").exists()
    with pytest.raises(AttributeError):
        _ = abm.nothing


def test_no_file_has_grown_out_of_hand():
    long = [
        path for base in PACKAGES.values() for path in base.rglob("*.py") if len(path.read_text().splitlines()) > 400
    ]
    assert not long


def _python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda each: each.name
)
def test_python_on_the_pages_runs(page, tmp_path):
    for block in _python_blocks(page):
        subprocess.run([sys.executable, "-c", block], check=True, cwd=tmp_path, capture_output=True, timeout=120)


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda each: each.name
)
def test_commands_on_the_pages_run(page, tmp_path):
    command = [sys.executable, "-c", "import sys; from experiments.cli import main; sys.argv[0] = 'cloudcity'; main()"]
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", page.read_text(), re.DOTALL):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            words = shlex.split(line.partition("  #")[0].removeprefix("$ "))
            if words[:1] == ["cloudcity"] and "run" not in words:
                subprocess.run([*command, *words[1:]], check=True, cwd=tmp_path, capture_output=True, timeout=120)


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda each: each.name
)
def test_links_on_the_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")) and (ROOT / ".git").exists():
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_sections_that_the_code_names_are_on_the_pages():
    """A section by number, or a heading by its words."""
    named = re.compile(r'(?:[Ss]ections? ([0-9.]+)|("[^"\n]+"(?: and "[^"\n]+")*)) (?:of|in) `(docs/[a-z-]+\.md)`')
    found = 0
    for path in PACKAGES["abm"].rglob("*.py"):
        for number, titles, page in named.findall(path.read_text()):
            headings = re.findall(r"^##+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
            for title in re.findall(r'"([^"]+)"', titles):
                assert title in headings, f"{path.name}: {title}"
            if number:
                assert any(each.startswith(f"{number.rstrip('.')}.") for each in headings), f"{path.name}: {number}"
            found += 1
    assert found > 10
