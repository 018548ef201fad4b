"""Damaged data is refused with file, line and column, all faults at once, and nothing else happens."""

from __future__ import annotations

import os
import re

import pytest
from ecosystems import change, copy_of, line_of, rows_of, write_rows

from abm.ecosystem import load
from abm.errors import BadInput


@pytest.fixture
def folder(tmp_path):
    return copy_of("ai_2026", tmp_path / "copy")


def faults_of(folder):
    """The faults of loading `folder`, which must leave the folder and its parent as they were."""
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.parent.rglob("*"))
    with pytest.raises(BadInput) as caught:
        load(folder)
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.parent.rglob("*")) == before
    assert all(str(fault) for fault in caught.value.faults)
    return caught.value.faults


# One cell is overwritten: (file, row, column, cell, words of the message). The fault must name that cell, or the one
# given as sixth (row, column): of two rows that clash the later one is at fault, of a sum the last.
NVDA, OAI, CASH = {"id": "NVDA"}, {"id": "OAI"}, {"firm": "NVDA", "item": "cash"}
BOND, LOAN, STAKE = {"id": "bond_01"}, {"id": "gpu_loan_10"}, {"id": "equity_03"}
LEASE, FUTURE, GUARANTEE = {"id": "lease_12"}, {"id": "take_or_pay_02"}, {"id": "guarantee_02"}
LAB_MIX = {"group": "lab_revenue", "item": "OAI"}
LIFE = {"name": "chip_life_quarters"}
CELLS = [
    # firms
    ("firms", NVDA, "id", "", "a blank"),
    ("firms", NVDA, "id", "AMD", "the id of AMD", ({"name": "AMD"}, "id")),
    ("firms", OAI, "id", "nvda", "the id of NVDA"),
    ("firms", NVDA, "id", "NV DA", "letters, digits"),
    ("firms", NVDA, "id", "N" * 81, "at most 80"),
    ("firms", NVDA, "id", "lender", "a word for several firms"),
    ("firms", OAI, "name", "Nvidia", "the name of NVDA"),
    ("firms", OAI, "name", "Nvda", "the id of NVDA"),
    ("firms", OAI, "name", "all", "a word for several firms"),
    ("firms", OAI, "name", "", "a blank"),
    ("firms", NVDA, "kind", "chipmakers", "'chipmaker'"),
    ("firms", NVDA, "kind", "", "one of hyperscaler"),
    ("firms", NVDA, "region", "us", "'US'"),
    ("firms", NVDA, "region", "", "one of US"),
    ("firms", NVDA, "market", "IG", "only a lender"),
    ("firms", {"id": "PC"}, "market", "Pc", "'PC'"),
    ("firms", NVDA, "sponsor", "AMZN", "only a vehicle"),
    ("firms", {"id": "V_META"}, "sponsor", "METTA", "'META'"),
    ("firms", {"id": "V_META"}, "sponsor", "NVDA", "a chipmaker"),
    ("firms", {"id": "V_META"}, "sponsor", "TAIL1", "a group"),
    ("firms", {"id": "TAIL1"}, "split", "tail_size:TAIL2", "'tail_size:TAIL1'"),
    ("firms", {"id": "TAIL1"}, "split", "lender_split:IG", "ends in :TAIL1"),
    ("firms", {"id": "TAIL2"}, "name", "tail1_3", "the member 'TAIL1_3'", ({"id": "TAIL1"}, "split")),
    # opening
    ("opening", CASH, "firm", "NVDIA", "'NVDA'"),
    ("opening", CASH, "firm", "", "a blank"),
    ("opening", CASH, "firm", "TAIL1_1", "'TAIL1'"),
    ("opening", CASH, "item", "cahs", "'cash'"),
    ("opening", CASH, "item", "", "a blank"),
    ("opening", CASH, "item", "securities", "a second time", ({"firm": "NVDA", "item": "securities"}, "item")),
    ("opening", CASH, "unit", "USD", "USD bn"),
    ("opening", CASH, "unit", "USD bn per quarter", "the unit of cash"),
    ("opening", CASH, "value", "", "a blank"),
    ("opening", CASH, "value", "nan", "'nan'"),
    ("opening", CASH, "value", "inf", "'inf'"),
    ("opening", CASH, "value", "-Infinity", "'-Infinity'"),
    ("opening", CASH, "value", "1e999", "'1e999'"),
    ("opening", CASH, "value", "1e13", "expected a number not below zero and at most 1e+09 (USD bn)"),
    ("opening", {"firm": "NVDA", "item": "memo_debt_total"}, "value", "-2e9", "a number from -1e+09 to 1e+09"),
    ("opening", CASH, "value", "-1", "not below zero"),
    ("opening", CASH, "value", "ten", "'ten'"),
    ("opening", CASH, "value", "1_000", "'1_000'"),
    ("opening", CASH, "value", "1 000", "'1 000'"),
    ("opening", CASH, "value", "0x10", "'0x10'"),
    ("opening", {"firm": "AMZN", "item": "ai_share_of_capex"}, "value", "65", "from 0 to 1.5"),
    ("opening", {"firm": "AMZN", "item": "ai_share_of_capex"}, "value", "0.4", "low <= value <= high"),
    ("opening", {"firm": "AMZN", "item": "ai_share_of_capex"}, "high", "x", "'x'"),
    ("opening", {"firm": "ROW", "item": "base_rate"}, "value", "3.64", "from 0 to 1"),
    ("opening", {"firm": "SWF", "item": "invests_equity_only"}, "low", "0.5", "0 or 1"),
    ("opening", {"firm": "V_META", "item": "covenant_holiday_until"}, "value", "2029Q5", "YYYYQn"),
    ("opening", {"firm": "V_META", "item": "covenant_holiday_until"}, "value", "2029-01-01", "YYYYQn"),
    ("opening", {"firm": "NVDA", "item": "memo_debt_total"}, "value", "much", "'much'"),
    ("opening", CASH, "as_of", "2026-02-30", "YYYY-MM-DD"),
    ("opening", CASH, "as_of", "31.03.2026", "YYYY-MM-DD"),
    ("opening", CASH, "as_of", "2026Q0", "YYYYQn"),
    ("opening", CASH, "as_of", "", "a blank"),
    ("opening", CASH, "grade", "assume", "'assumed'"),
    ("opening", CASH, "grade", "absent", "one of reported"),
    ("opening", {"firm": "AMZN", "item": "capex_total"}, "source", "", "graded reported"),
    ("opening", {"firm": "AMZN", "item": "ai_share_of_capex"}, "basis", "", "a basis that explains"),
    # claims
    ("claims", {"id": "bond_02"}, "id", "bond_01", "a second time"),
    ("claims", {"id": "bond_02"}, "id", "BOND_01", "a second time"),
    ("claims", BOND, "id", "", "a blank"),
    ("claims", BOND, "id", "bond 1", "letters, digits"),
    ("claims", BOND, "layer", "bonds", "'bond'"),
    ("claims", BOND, "layer", "", "one of equity"),
    ("claims", BOND, "source_firm", "IGG", "'IG'"),
    ("claims", BOND, "source_firm", "", "a blank"),
    ("claims", BOND, "source_firm", "META", "a hyperscaler"),
    ("claims", BOND, "target_firm", "US", "a government"),
    ("claims", BOND, "target_firm", "IG", "another firm"),
    ("claims", {"id": "vendor_loan_01"}, "source_firm", "BANK", "a lender"),
    ("claims", STAKE, "target_firm", "PC", "holder to issuer"),
    ("claims", {"id": "order_book_02"}, "target_firm", "AMZN", "buyer to chipmaker"),
    ("claims", FUTURE, "target_firm", "NVDA", "customer to provider"),
    ("claims", {"id": "subsidy_01"}, "source_firm", "NVDA", "government to recipient"),
    ("claims", {"id": "warrant_01"}, "source_firm", "SWF", "issuer to holder"),
    ("claims", BOND, "drawn", "-15", "not below zero"),
    ("claims", BOND, "drawn", "1e13", "not below zero and at most 1e+09"),
    ("claims", BOND, "drawn", "NaN", "'NaN'"),
    ("claims", BOND, "drawn", "15,0", "'15,0'"),
    ("claims", BOND, "drawn", "", "this bond is active"),
    ("claims", BOND, "drawn", "15.1", "not above committed"),
    ("claims", BOND, "committed", "", "this bond is active"),
    ("claims", LEASE, "due_per_quarter", "", "this lease is active"),
    ("claims", GUARANTEE, "drawn", "", "this guarantee is active"),
    ("claims", LEASE, "due_per_quarter", "0.2", "low <= value <= high"),
    ("claims", LEASE, "low", "-0.1", "not below zero"),
    ("claims", {"id": "backstop_01"}, "low", "1", "nothing is swept"),
    ("claims", FUTURE, "due_per_quarter", "15", "this claim is future"),
    ("claims", FUTURE, "drawn", "1", "this claim is future"),
    ("claims", STAKE, "share", "1.2", "from 0 to 1"),
    ("claims", STAKE, "share", "0", "a share above 0"),
    ("claims", STAKE, "share", "", "a share above 0"),
    ("claims", {"id": "equity_24"}, "share", "0.1", "carried at cost"),
    ("claims", STAKE, "carried_at_cost", "2", "0 or 1"),
    ("claims", BOND, "share", "0.1", "no share in a bond"),
    ("claims", LEASE, "amortisation", "linear", "no amortisation in a lease"),
    ("claims", BOND, "covers", "bond_02", "no covers in a bond"),
    ("claims", BOND, "rate", "4.68", "from 0 to 1"),
    ("claims", BOND, "amortisation", "linaer", "'linear'"),
    ("claims", BOND, "seniority", "senior", "'senior_secured'"),
    ("claims", BOND, "seniority", "", "a blank"),
    ("claims", BOND, "seniority", "equity", "the rank of a bond"),
    ("claims", BOND, "status", "activ", "'active'"),
    ("claims", BOND, "term_quarters", "60.5", "a whole number"),
    ("claims", BOND, "term_quarters", "0", "from 1 to 400"),
    ("claims", {"id": "bond_04"}, "term_quarters", "", "linear needs one"),
    ("claims", BOND, "start", "2026Q2", "by 2026Q1"),
    ("claims", BOND, "start", "2025-13-01", "YYYYQn"),
    ("claims", BOND, "start", "2025", "YYYYQn"),
    ("claims", FUTURE, "start", "2026Q1", "after 2026Q1"),
    ("claims", BOND, "end", "2024Q4", "not before the start"),
    ("claims", {"id": "gpu_loan_01"}, "end", "2026Q1", "after 2026Q1"),
    ("claims", {"id": "bond_19"}, "principal_from", "2050Q1", "not after the end"),
    ("claims", GUARANTEE, "covers", "lease_012", "'lease_12'"),
    ("claims", GUARANTEE, "covers", "lease_01", "owed by META"),
    ("claims", BOND, "assumed_fields", "rate ends", "'end'"),
    ("claims", BOND, "grade", "rumour", "one of reported"),
    ("claims", BOND, "source", "", "graded reported"),
    # mix
    ("mix", LAB_MIX, "group", "lab_revenues", "'lab_revenue'"),
    ("mix", LAB_MIX, "group", "", "a blank"),
    ("mix", LAB_MIX, "item", "OIA", "'OAI'"),
    ("mix", {"group": "lab_revenue", "item": "ANT"}, "item", "OAI", "a second time"),
    ("mix", LAB_MIX, "share", "0.40", "sum to 0.98", ({"group": "lab_revenue", "item": "MIS"}, "share")),
    ("mix", LAB_MIX, "share", "0.416670", "sum to 1.000003", ({"group": "lab_revenue", "item": "MIS"}, "share")),
    ("mix", LAB_MIX, "share", "1.4", "from 0 to 1"),
    ("mix", LAB_MIX, "share", "-0.1", "from 0 to 1"),
    ("mix", LAB_MIX, "share", "nan", "'nan'"),
    ("mix", LAB_MIX, "low", "0.45", "with low 0.45 and high 0.5", (LAB_MIX, "share")),
    ("mix", {"group": "compute:XAI", "item": "ORCL"}, "group", "compute:XIA", "'compute:XAI'"),
    ("mix", {"group": "end_demand_split", "item": "labs"}, "item", "lab", "'labs'"),
    ("mix", {"group": "region:AMZN", "item": "US"}, "item", "UK", "one of US"),
    ("mix", {"group": "vintage:AMZN", "item": "age_3q"}, "item", "age_0q", "age_nq"),
    ("mix", {"group": "tail_size:TAIL1", "item": "TAIL1_2"}, "group", "tail_size:TAIL2", "names it"),
    # parameters, series, targets
    ("parameters", LIFE, "name", "chip_life_quarter", "'chip_life_quarters'"),
    ("parameters", LIFE, "unit", "years", "the unit of chip_life_quarters"),
    ("parameters", LIFE, "value", "0", "from 1 to 1000"),
    ("parameters", LIFE, "value", "11", "low <= value <= high"),
    ("parameters", LIFE, "firm_or_kind", "operators", "'operator'"),
    ("parameters", {"name": "opening_quarter"}, "value", "2026", "YYYYQn"),
    ("parameters", {"name": "opening_quarter"}, "firm_or_kind", "NVDA", "one value for all"),
    ("series", {"name": "capex_total"}, "name", "capex", "'capex_total'"),
    ("series", {"name": "capex_total"}, "firm", "AMAZON", "'AMZN'"),
    ("series", {"name": "capex_total"}, "unit", "USD bn", "the unit of capex_total"),
    ("series", {"name": "capex_total"}, "quarter", "2023-01-01", "YYYYQn"),
    ("series", {"quarter": "2023Q2"}, "quarter", "2023Q1", "a second time"),
    ("series", {"name": "capex_total"}, "value", "", "a blank"),
    ("series", {"quarter": "2023Q1"}, "low", "20", "14.21 with low 20", ({"quarter": "2023Q1"}, "value")),
    ("targets", {"name": "opening_tightness"}, "role", "ckeck", "'check'"),
    ("targets", {"name": "opening_tightness"}, "low", "2", "above high"),
    ("targets", {"name": "rpo_four_clouds"}, "name", "opening_tightness", "a second time"),
    ("targets", {"name": "capex_per_year_2030"}, "low", "", "at least one bound"),
    # facts
    ("facts_entities", {"id": "microsoft"}, "source", "", "a blank"),
    ("facts_entities", {"id": "microsoft"}, "kind", "software", "one of hyperscaler"),
    ("facts_entities", {"id": "microsoft"}, "confidence", "sure", "one of verified"),
    ("facts_links", {"source_id": "softbank"}, "source_id", "softbnk", "'softbank'"),
    ("facts_links", {"source_id": "softbank"}, "status", "drew", "'drawn'"),
    ("facts_links", {"source_id": "softbank"}, "amount_usd_bn", "many", "'many'"),
    ("facts_macro", {"key": "mckinsey_dc_capex_2030_ai"}, "key", "mckinsey_dc_capex_2030_total", "a second time"),
    ("facts_actors", {"id": "dell"}, "carried_by", "ROWS", "'ROW'"),
    ("facts_actors", {"id": "dell"}, "id", "cerebras", "a second time"),
]


@pytest.mark.parametrize("case", CELLS, ids=lambda case: f"{case[0]}-{case[2]}-{case[3][:20]}")
def test_a_wrong_cell_is_named(folder, case):
    file, row, column, cell, words, *elsewhere = case
    path = folder / f"{file}.csv"
    place = (path.name, line_of(path, **row), column)
    for there, at in elsewhere:
        place = (path.name, line_of(path, **there), at)
    change(path, line_of(path, **row), **{column: cell})
    faults = faults_of(folder)
    named = [each for each in faults if (each.file, each.line, each.column) == place and words in str(each)]
    assert named, "\n".join(map(str, faults))
    assert re.fullmatch(r"\w+\.csv, line \d+, \w+: found .+; expected .+", str(named[0]))


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def lines(path):
    return path.read_bytes().split(b"\n")


# What is done to claims.csv as a whole: (damage, line of the fault, words of the message).
FORMS = [
    (lambda path: path.unlink(), None, "no such file"),
    (lambda path: (path.unlink(), path.symlink_to("nowhere")), None, "no such file"),
    (lambda path: (path.unlink(), path.mkdir()), None, "a regular file"),
    (lambda path: (path.unlink(), os.mkfifo(path)), None, "a regular file"),
    (lambda path: os.truncate(path, 200_000_001), None, "at most 200,000,000 bytes"),
    (lambda path: write(path, b""), None, "an empty file"),
    (lambda path: write(path, b"\n\n\n"), None, "an empty file"),
    (lambda path: write(path, b"\xef\xbb\xbf"), None, "an empty file"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02", b"bond\x0002")), 36, "0x00"),
    (lambda path: write(path, b"PK\x03\x04\x14\x00\x08"), 1, "0x03"),
    (lambda path: write(path, os.urandom(0) + bytes(range(256))), 1, "no control characters"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02", b"b\xf6nd_02")), 36, "not UTF-8"),
    (lambda path: write(path, path.read_text().encode("utf-16")), 1, "0x00"),
    (lambda path: write(path, path.read_text().replace("bond_02", "b\xf6nd_02")), 36, "letters, digits"),
    (lambda path: write(path, path.read_bytes().replace(b",", b";")), 1, "semicolons"),
    (lambda path: write(path, path.read_bytes().replace(b",", b"\t")), 1, "tabs"),
    (lambda path: write(path, path.read_bytes().replace(b",", b"|")), 1, "bars"),
    (lambda path: write(path, path.read_bytes().replace(b"id,layer", b'id,"layer')), 1, "a quote that is not closed"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,bond", b'bond_02,"bond')), 36, "a closing quote"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,bond", b'bond_02,bo"nd')), 36, "one of equity"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,bond", b'bond_02,"bo"nd')), 36, "a closing quote"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,bond", b"bond_02,bond,")), 36, "29 cells"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,bond", b"bond_02")), 36, "27 cells"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,", b"bond_02" + b"2" * 10_001 + b",")), 36, "10,000"),
    (lambda path: write(path, path.read_bytes().replace(b"bond_02,", b'"' + b"2" * 200_000 + b'",')), 36, "10,000"),
    (lambda path: write(path, b"id" + b",id" * 5000 + b"\n" + path.read_bytes()), 1, "a header of 15,002"),
    (lambda path: write(path, path.read_bytes().replace(b"id,layer", b"id,layers")), 1, "did you mean 'layer'"),
    (lambda path: write(path, path.read_bytes().replace(b"id,layer", b"id,id")), 1, "2 times"),
    (lambda path: write_rows(path, [row[1:] for row in rows_of(path)]), 1, "no such column"),
    (lambda path: write_rows(path, [[*row, "x"] for row in rows_of(path)]), 1, "the column 'x'"),
]


@pytest.mark.parametrize(("damage", "line", "words"), FORMS, ids=range(len(FORMS)))
def test_a_file_of_wrong_form_is_named(folder, damage, line, words):
    path = folder / "claims.csv"
    assert line_of(path, id="bond_02") == 36
    damage(path)
    with pytest.raises(BadInput) as caught:
        load(folder)
    faults = [each for each in caught.value.faults if words in str(each)]
    assert faults, str(caught.value)
    assert (faults[0].file, faults[0].line) == ("claims.csv", line)


def test_a_file_with_a_header_only_is_refused_where_rows_are_needed(folder):
    for name in ("firms", "mix"):
        path = folder / f"{name}.csv"
        write(path, lines(path)[0])
    found = {fault.file for fault in faults_of(folder) if fault.found == "a header and no rows"}
    assert found == {"firms.csv", "mix.csv"}


def test_a_file_that_cannot_be_read_is_named(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    assert ("claims.csv", "Permission denied") in {(fault.file, fault.found) for fault in faults_of(folder)}


@pytest.mark.parametrize("name", ["firms", "opening", "claims", "parameters"])
def test_a_needed_file_is_missed(folder, name):
    (folder / f"{name}.csv").unlink()
    assert f"{name}.csv" in {fault.file for fault in faults_of(folder) if fault.found == "no such file"}


def test_a_place_without_an_ecosystem(tmp_path):
    for where in (tmp_path, tmp_path / "none", __file__, "", "x\0y", "n" * 5000, "ai_206"):
        with pytest.raises(BadInput) as caught:
            load(where)
        assert len(caught.value.faults) == 1
    assert list(tmp_path.iterdir()) == []


def test_all_faults_come_at_once(folder):
    change(folder / "firms.csv", 2, kind="cloud")
    change(folder / "opening.csv", 9, value="-4")
    change(folder / "claims.csv", 40, layer="bind", grade="x")
    change(folder / "mix.csv", 2, share="0.9")
    (folder / "parameters.csv").unlink()
    found = {(fault.file, fault.line, fault.column) for fault in faults_of(folder)}
    assert {
        ("firms.csv", 2, "kind"), ("opening.csv", 9, "value"), ("claims.csv", 40, "layer"), ("claims.csv", 40, "grade"),
        ("parameters.csv", None, None),
    } <= found
    assert any(fault.file == "mix.csv" and "sum to 1.45" in fault.found for fault in faults_of(folder))


def test_a_file_wrong_in_every_row_ends_in_a_count(folder):
    path = folder / "opening.csv"
    header, *rows = rows_of(path)
    for row in rows:
        row[header.index("unit")] = row[header.index("grade")] = row[header.index("as_of")] = "x"
    write_rows(path, [header, *rows])
    faults = faults_of(folder)
    assert len(faults) == 1001
    assert "more faults" in faults[-1].found


def test_many_faults_in_one_file_hide_no_other(folder):
    path = folder / "opening.csv"
    write(path, b"\n".join([lines(path)[0], *[b"ragged"] * 1500]))
    (folder / "claims.csv").write_bytes(b"id;layer\n")
    faults = faults_of(folder)
    assert len(faults) == 1001
    assert faults[0].file == "opening.csv"


def test_the_opening_quarter_is_missed(folder):
    path = folder / "parameters.csv"
    write_rows(path, [row for row in rows_of(path) if row[0] != "opening_quarter"])
    [fault] = faults_of(folder)
    assert (fault.file, fault.found) == ("parameters.csv", "no row opening_quarter")


def test_there_is_one_rest_of_the_world(folder):
    path = folder / "firms.csv"
    change(path, line_of(path, id="EU"), kind="rest_of_world")
    assert any("2 firms of kind rest_of_world" in fault.found for fault in faults_of(folder))
    change(path, line_of(path, id="EU"), kind="government")
    change(path, line_of(path, id="ROW"), kind="government")
    assert any("0 firms of kind rest_of_world" in fault.found for fault in faults_of(folder))


def test_members_of_a_group_have_names_of_their_own(folder):
    path = folder / "mix.csv"
    change(path, line_of(path, group="tail_size:TAIL1", item="TAIL1_2"), item="CRWV")
    faults = faults_of(folder)
    assert any(fault.file == "firms.csv" and "the member 'CRWV'" in fault.found for fault in faults)


def stakes(folder, *claims):
    """Append active stakes (holder, issuer, share) to claims.csv; the line of the last."""
    path = folder / "claims.csv"
    rows = rows_of(path)
    for number, (holder, issuer, share) in enumerate(claims):
        cells = dict.fromkeys(rows[0], "")
        cells.update(id=f"new_{number}", layer="equity", source_firm=holder, target_firm=issuer, drawn="1", share=share)
        cells.update(seniority="equity", status="active", grade="assumed", basis="a test", carried_at_cost="0")
        rows.append(list(cells.values()))
    write_rows(path, rows)
    return len(rows)


@pytest.mark.parametrize(("share", "words"), [
    ("0.2", "somebody outside"), ("0.3", "too much by 0.105"), ("0.199999999", "cannot be computed reliably"),
    ("0.195001", "at most 0.995 (too much by 1e-06"),
])
def test_stakes_that_leave_outsiders_next_to_nothing_are_refused(folder, share, words):
    line = stakes(folder, ("SWF", "V_META", share))
    [fault] = faults_of(folder)
    assert (fault.file, fault.line, fault.column) == ("claims.csv", line, "share")
    assert "stakes in V_META" in fault.found
    assert words in fault.expected


def test_stakes_that_leave_outsiders_a_part_are_fine(folder):
    stakes(folder, ("SWF", "V_META", "0.195"))
    load(folder)


def test_a_circle_of_full_ownership_is_named(folder):
    stakes(folder, ("LAMB", "NBIS", "1"), ("NBIS", "CRUS", "1"), ("CRUS", "LAMB", "1"))
    found = [fault for fault in faults_of(folder) if "circle" in fault.found]
    assert len(found) == 1
    assert {"LAMB", "NBIS", "CRUS"} <= set(re.findall(r"[A-Z]+", found[0].found))
    assert found[0].file == "claims.csv"


def test_a_full_owner_outside_is_no_circle(folder):
    stakes(folder, ("LAMB", "CRUS", "1"))
    assert not any("circle" in fault.found for fault in faults_of(folder))


@pytest.mark.parametrize("damage", [
    lambda path: path.unlink(), lambda path: write(path, ""), lambda path: write(path, path.read_text()[1:]),
])  # fmt: skip
def test_a_lost_table_of_firms_hides_nothing_behind_unknown_names(folder, damage):
    """Without firms.csv every name is unknown, which is one fault and not a thousand."""
    change(folder / "opening.csv", 3, value="-1")
    damage(folder / "firms.csv")
    faults = faults_of(folder)
    assert {each.file for each in faults} == {"firms.csv", "opening.csv"}
    assert len(faults) <= 3  # the header without its first letter lacks one column and has one too many


@pytest.mark.parametrize("name", ["facts_actors", "facts_entities"])
def test_a_lost_table_of_actors_makes_no_link_unknown(folder, name):
    write(folder / f"{name}.csv", "")
    assert {each.file for each in faults_of(folder)} == {f"{name}.csv"}
