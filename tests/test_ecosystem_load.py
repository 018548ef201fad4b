"""Loading, splitting and saving the shipped ecosystem."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from ecosystems import assert_same, change, copy_of, line_of, rows_of, write_rows

from abm.ecosystem import load, save, shipped
from abm.ecosystem.loading import find
from abm.ecosystem.vocabulary import AMORTISATIONS, DEBT_LAYERS, GRADES, KINDS
from abm.errors import BadInput


@pytest.fixture(scope="module")
def city():
    return load("ai_2026")


def claim(ecosystem, name):
    return ecosystem.claims.id.index(name)


def test_rows_stand_by_kind_then_file_with_members_in_place_of_their_group(city):
    assert len(city) == 45
    assert np.all(np.diff(city.kind) >= 0)
    assert city.id[:5] == ("AMZN", "MSFT", "GOOG", "META", "ORCL")
    operators = [city.id[row] for row in city.of_kind("operator")]
    assert operators[6:] == ["APLD", *(f"TAIL1_{n}" for n in range(1, 7)), "TAIL2"]
    assert city.id[city.rest_of_world] == "ROW"
    assert KINDS[city.kind[-1]] == "rest_of_world"


def test_a_number_is_loaded_as_written(city):
    row = city.row["AMZN"]
    capex = city.stocks["capex_total"]
    assert capex.value[row] == 44.2
    assert np.isnan(capex.low[row])
    assert GRADES[capex.grade[row]] == "reported"
    share = city.stocks["ai_share_of_capex"]
    assert (share.value[row], share.low[row], share.high[row]) == (0.65, 0.5, 0.8)
    assert not city.has("capex_total")[city.row["OAI"]]
    assert not any(item.startswith("memo_") for item in city.stocks)


def test_members_share_amounts_and_copy_ratios(city):
    rows = city.rows("TAIL1")
    shares = np.array([city.mixes["tail_size:TAIL1"][city.id[row]][0] for row in rows])
    np.testing.assert_array_equal(city.member_share[rows], shares)
    np.testing.assert_array_equal(city.stock("ai_capacity")[rows], 11.9 * shares)
    np.testing.assert_array_equal(city.stocks["ai_capacity"].high[rows], 21.25 * shares)
    np.testing.assert_array_equal(city.stock("power_energised")[rows], 0.255 * shares)
    np.testing.assert_array_equal(city.stock("covenant_ltv_limit")[rows], 1.68316)
    np.testing.assert_array_equal(city.stock("growth_expectation")[rows], 0.12)


def test_a_claim_between_two_groups_has_a_leg_for_each_pair(city):
    legs = [leg for leg, name in enumerate(city.claims.id) if name.startswith("gpu_loan_10@")]
    assert len(legs) == 18
    leg = claim(city, "gpu_loan_10@PC_2+TAIL1_3")
    assert city.id[city.claims.source[leg]] == "PC_2"
    assert city.id[city.claims.target[leg]] == "TAIL1_3"
    path = copy_line("claims", id="gpu_loan_10")
    assert city.claims.drawn[leg] == pytest.approx(float(path["drawn"]) * 0.3 * 0.110022, rel=1e-14)
    assert city.claims.drawn[legs].sum() == pytest.approx(float(path["drawn"]), rel=1e-5)
    assert city.claims.rate[leg] == float(path["rate"])


def copy_line(table, **cells):
    path = find("ai_2026") / f"{table}.csv"
    rows = rows_of(path)
    return dict(zip(rows[0], rows[line_of(path, **cells) - 1], strict=True))


def test_total_drawn_debt_is_that_of_the_data(city):
    debt = city.claims.of(*DEBT_LAYERS)
    assert city.claims.drawn[debt].sum() == pytest.approx(626.5, abs=0.05)


def test_announced_claims_stay_out_and_future_ones_sleep(city):
    assert "take_or_pay_12" not in {name.partition("@")[0] for name in city.claims.id}
    leg = claim(city, "take_or_pay_02")
    assert not city.claims.active[leg]
    assert city.claims.committed[leg] == 300
    assert city.claims.due[leg] == 0


def test_dates_are_quarters_from_the_opening(city):
    claims = city.claims
    assert claims.term[claim(city, "bond_20")] == 17  # 2030Q2
    assert claims.term[claim(city, "bond_01@IG_1")] == 60  # term_quarters before its end, 2065-11-20
    assert claims.start[claim(city, "take_or_pay_02")] == 4  # 2027Q1
    assert claims.start[claim(city, "bond_01@IG_1")] == -1  # 2025-11-17
    assert np.isnan(claims.start[claim(city, "bond_04@IG_2")])
    assert claims.principal_from[claim(city, "bond_19@PC_1")] == 13  # 2029Q2
    assert city.stock("covenant_holiday_until")[city.row["V_META"]] == 12  # 2029Q1
    assert AMORTISATIONS[claims.amortisation[claim(city, "bond_01@IG_1")]] == "linear"
    assert AMORTISATIONS[claims.amortisation[claim(city, "equity_01")]] == "none"


def test_a_guarantee_knows_the_legs_it_covers(city):
    covered = city.claims.covered(claim(city, "guarantee_02@TAIL1_3"))
    assert [city.claims.id[leg] for leg in covered] == ["lease_12@TAIL1_3"]
    covered = city.claims.covered(claim(city, "guarantee_01"))
    assert [city.claims.id[leg] for leg in covered] == ["bond_19@PC_1", "bond_19@PC_2", "bond_19@PC_3"]
    assert not len(city.claims.covered(claim(city, "bond_01@IG_1")))


def test_stakes_leave_an_outside_owner(city):
    stakes = city.claims.of("equity")
    held = np.bincount(city.claims.target[stakes], np.nan_to_num(city.claims.share[stakes]), len(city))
    assert held.max() == pytest.approx(0.8)
    assert city.id[held.argmax()] == "V_META"


def test_names_in_any_case_and_groups_find_rows(city):
    assert city.rows("nvidia").tolist() == [city.row["NVDA"]]
    assert city.rows("tail1_2").tolist() == [city.row["TAIL1_2"]]
    assert len(city.rows("pc")) == 3
    with pytest.raises(BadInput, match="did you mean 'NVDA'"):
        city.rows("NVDAA")


def test_parameters_by_kind_and_system(city):
    share = city.parameter("operating_cost_share")
    assert share[city.row["AMZN"]] == 0.35
    assert np.isnan(share[city.row["NVDA"]])
    assert np.all(city.parameter("chip_life_quarters") == 22)


def test_shipped_names(city):
    assert "ai_2026" in shipped()
    with pytest.raises(BadInput, match="did you mean 'ai_2026'"):
        load("ai_2062")


def test_loading_is_fast_and_imports_nothing_heavy():
    code = "import sys, abm.ecosystem; print([m for m in ('networkx', 'scipy', 'rich', 'typer') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    times = []
    for _ in range(5):
        before = time.perf_counter()
        load("ai_2026")
        times.append(time.perf_counter() - before)
    assert min(times) < 0.1


def test_what_was_saved_loads_to_the_same_numbers(city, tmp_path):
    save(city, tmp_path / "deep" / "copy")
    again = load(tmp_path / "deep" / "copy")
    assert_same(city, again, groups=False)
    assert again.group == again.id
    for name in city.mixes:
        owner = name.partition(":")[2]
        if name.startswith(("chips:", "compute:", "internal:")):
            for row in city.rows(owner):
                mine, theirs = (each.shares(each.mix_of(name.partition(":")[0], row)) for each in (city, again))
                np.testing.assert_array_equal(mine, theirs)
        elif name in ("enterprise", "own_products", "lab_revenue", "internal_need"):
            np.testing.assert_array_equal(city.shares(name), again.shares(name))
    save(again, tmp_path / "twice")
    assert_same(again, load(tmp_path / "twice"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["deep", "twice"]


def test_saving_never_overwrites(city, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "note.txt").write_text("mine")
    with pytest.raises(BadInput, match="something there already"):
        save(city, tmp_path / "taken")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput):
        save(city, tmp_path / "file")
    with pytest.raises(BadInput):
        save(city, tmp_path / "file" / "below")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "taken"]
    assert [each.name for each in (tmp_path / "taken").iterdir()] == ["note.txt"]


def test_an_interrupted_save_leaves_nothing(city, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("abm.ecosystem.saving._write", fail)
    with pytest.raises(BadInput, match="disk full"):
        save(city, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_needed_may_be_missing_and_columns_may_move(tmp_path, city):
    folder = copy_of("ai_2026", tmp_path / "copy")
    for name in ("series", "targets", "facts_entities", "facts_links", "facts_macro", "facts_actors"):
        (folder / f"{name}.csv").unlink()
    path = folder / "claims.csv"
    write_rows(path, [row[::-1] for row in rows_of(path)])
    (folder / "firms.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "firms.csv").read_bytes().replace(b"\n", b"\r\n"))
    assert_same(city, load(folder))


def test_a_firm_may_have_its_own_parameter(tmp_path):
    folder = copy_of("ai_2026", tmp_path / "copy")
    path = folder / "parameters.csv"
    change(path, line_of(path, name="operating_cost_share", firm_or_kind="operator"), firm_or_kind="TAIL1")
    share = load(folder).parameter("operating_cost_share", 0.5)
    again = load(folder)
    assert set(share[again.rows("TAIL1")]) == {0.35}
    assert share[again.row["CRWV"]] == 0.5


def test_every_claim_of_the_data_is_there(city):
    rows = rows_of(find("ai_2026") / "claims.csv")
    status = rows[0].index("status")
    loaded = {row[0] for row in rows[1:] if row[status] != "announced"}
    assert {name.partition("@")[0] for name in city.claims.id} == loaded
