"""`cloudcity export`: what is in the files is what was stored."""

from __future__ import annotations

import csv
import re
import zipfile

import numpy as np
import pytest

import abm
from abm.scenario import load_scenario
from experiments import exporting, store


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run of two worlds in which somebody fails, and one in which nothing happens."""
    folder = tmp_path_factory.mktemp("stored")
    for name, quarters in (("run", 12), ("calm", 1)):
        result = abm.run("ai_2026", worlds=2, quarters=quarters)
        store.save({name: (result, load_scenario("baseline"))}, folder / name)
    return folder


def test_csv_reads_back_to_the_last_bit(stored, tmp_path):
    paths = exporting.export(stored / "run", tmp_path / "out")
    assert [each.name for each in paths] == ["events.csv", "firms.csv", "runs.csv", "system.csv"]
    result = store.load(stored / "run")["run"]
    system = rows(tmp_path / "out" / "system.csv")
    for name in result.names:
        found = np.array([float(each[name] or "nan") for each in system]).reshape(2, 12)
        assert np.array_equal(found, result.system(name), equal_nan=True)
    events = rows(tmp_path / "out" / "events.csv")
    assert len(events) == len(result.events) > 0
    assert [float(each["amount"]) for each in events] == result.events["amount"].tolist()
    assert [each["target"] for each in events] == result.events["target"].tolist()


def rows(path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_workbook_has_a_sheet_a_table_and_the_same_bytes_each_time(stored, tmp_path):
    seen = []
    (book,) = exporting.export(stored / "run", tmp_path / "one", "xlsx", lambda *each: seen.append(each))
    assert seen[-1][0] == seen[-1][1] > 2 * 12 * 45
    (again,) = exporting.export(stored / "run", tmp_path / "two", "xlsx")
    assert book.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(book) as file:
        assert re.findall(r'sheet name="(\w+)"', file.read("xl/workbook.xml").decode()) == list(store.TABLES)
        assert b"2000-01-01" in file.read("docProps/core.xml")  # not the date of today
        system = file.read("xl/worksheets/sheet2.xml").decode()
    result = store.load(stored / "run")["run"]
    assert len(re.findall("<row ", system)) == 1 + 2 * 12
    cells = dict(re.findall(r'<c r="([A-Z]+\d+)"><v>([^<]*)</v>', system))
    assert result.names[0] == "end_demand"
    found = [float(cells[f"D{row}"]) for row in range(2, 26)]
    assert found == pytest.approx(list(result.system("end_demand").to_numpy().ravel()), rel=1e-15)
    assert "nan" not in system.casefold()


def test_a_run_without_events_is_exported_too(stored, tmp_path):
    exporting.export(stored / "calm", tmp_path / "out")
    assert (tmp_path / "out" / "events.csv").read_text() == (
        "run,world,quarter,sweep,channel,claim,source,target,amount\n"
    )


def test_a_table_too_long_for_a_sheet_is_refused(stored, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "_ROWS", 23)
    with pytest.raises(exporting.BadInput, match="24 rows in system"):
        exporting.export(stored / "run", tmp_path / "out", "xlsx")
    assert not list(tmp_path.iterdir())


def test_the_command_says_where_and_replaces_an_earlier_export(command, stored, tmp_path):
    for form in ("csv", "xlsx", "csv"):
        code, out, err = command("export", str(stored / "calm"), "-o", "out", "--format", form)
        assert (code, err) == (0, "")
        assert "system.csv" in out if form == "csv" else "result.xlsx" in out
    assert len(list((tmp_path / "out").iterdir())) == 5
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


BAD = [
    (("missing", "-o", "out"), "no runs.parquet"),
    (("pair", "-o", "out"), "a stored run: first"),
    (("broken", "-o", "out"), "no Parquet file"),
    (("STORED", "-o", "full"), "which holds 'mine.txt'"),
    (("STORED", "-o", "full/mine.txt"), "--out"),
    (("STORED", "-o", "out", "--format", "xls"), "did you mean 'xlsx'"),
    (("STORED",), "--out"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_what_means_nothing_is_refused(command, stored, tmp_path, arguments, message):
    for name in ("full", "pair/first", "broken"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "full" / "mine.txt").write_text("mine")
    for name in store.FILES:
        (tmp_path / "broken" / name).write_text("broken")
        (tmp_path / "pair" / "first" / name).write_text("")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = command("export", *(str(stored / "run") if each == "STORED" else each for each in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before
