"""Published and constructed examples with exact answers, from `tests/cases`.

Debts that fall due are dues paid in cash (Eisenberg-Noe, Rogers-Veraart); debts that are valued are
balances (Suzuki, Elsinger), for in the loop nobody pays with the value of a stake.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from networks import DEBT_SERVICE, OPERATING_COST, SECURED, UNSECURED, small_problem

from cython_ext import Problem, Settled, reference, settle

CASES = Path(__file__).parent / "cases"


def case(name: str) -> tuple[dict, dict]:
    """Inputs and expected results."""
    content = json.loads((CASES / f"{name}.json").read_text())
    return content["inputs"], content["expected"]


def solved(problem: Problem) -> Settled:
    """Both kernels must give the expected result, so look at both."""
    found, twin = settle(problem), reference.settle(problem)
    np.testing.assert_allclose(found.value, twin.value, rtol=1e-12, atol=1e-12)
    return found


def dues_of(matrix: list[list[float]], priority: int) -> list[tuple]:
    return [(i, j, due, priority) for i, row in enumerate(matrix) for j, due in enumerate(row) if due]


def payments(problem: Problem, settled: Settled, priority: int) -> np.ndarray:
    """What each firm pays of its obligations of one priority."""
    chosen = problem.priority == priority
    owed = np.bincount(problem.debtor[chosen], problem.due[chosen, 0], problem.firms)
    return owed * settled.paid[priority, :, 0]


def defaulters(settled: Settled) -> list[int]:
    return np.flatnonzero(settled.flags[0, :, 0]).tolist()


def cleared(matrix: list[list[float]], cash: list[float], alpha: float = 1.0, beta: float = 1.0):
    """Payments and final state of a network of one class of debts that fall due."""
    dues = dues_of(matrix, DEBT_SERVICE)
    problem = small_problem(len(cash), dues, cash=cash, asset_recovery=alpha, receipt_recovery=beta)
    settled = solved(problem)
    return payments(problem, settled, DEBT_SERVICE), settled


def close(found, expected) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["en_three_bank", "en_chain_worst_case_rounds", "en_finnetvalu_mild"])
def test_eisenberg_noe(name):
    given, expected = case(name)
    paid, settled = cleared(given["L"], given["e"])
    close(paid, expected["p"])
    assert defaulters(settled) == expected["defaulters"]
    if "net_worth_V_minus_pbar" in expected:
        close(settled.value[:, 0], np.maximum(0.0, expected["net_worth_V_minus_pbar"]))


def test_greatest_of_a_continuum():
    given, expected = case("en_nonunique_cycle")
    paid, settled = cleared(given["L"], given["e"])
    close(paid, expected["p_greatest"])
    assert defaulters(settled) == []


def test_senior_dues_to_the_outside():
    given, expected = case("en_senior_external_ring")
    senior = [(bank, 3, due, OPERATING_COST) for bank, due in enumerate(given["external_liabilities_senior"])]
    dues = senior + dues_of(given["L_interbank"], DEBT_SERVICE)
    problem = small_problem(4, dues, exempt=[3], cash=[*given["external_assets_after_shock"], 0])
    settled = solved(problem)
    close(payments(problem, settled, DEBT_SERVICE)[:3], expected["interbank_payments"])
    close(settled.value[:3, 0], np.maximum(0.0, expected["equity_signed"]))
    assert defaulters(settled) == [0]  # bank 1 can just pay


@pytest.mark.parametrize("name", ["rv_example_3_3a", "rv_example_3_3b"])
def test_rogers_veraart_greatest(name):
    given, expected = case(name)
    paid, settled = cleared(given["L"], given["e"], given["alpha"], given["beta"])
    close(paid, expected["p_greatest"])
    assert defaulters(settled) == []


def test_rogers_veraart_other_solution_is_reached_from_flags():
    given, expected = case("rv_example_3_3b")
    problem = small_problem(
        2, dues_of(given["L"], DEBT_SERVICE), cash=given["e"],
        asset_recovery=given["alpha"], receipt_recovery=given["beta"],
    )  # fmt: skip
    panic = Settled.untouched(2, 1)
    panic.flags[0] = 1
    close(payments(problem, settle(problem, panic), DEBT_SERVICE), expected["all_clearing_vectors"][1])


@pytest.mark.parametrize("alpha", [1, 0.4])
def test_rogers_veraart_three_banks(alpha):
    given, results = case("rv_siebenbrunner")
    expected = results[f"alpha_{alpha}"]
    paid, settled = cleared(given["L"], given["e"], alpha, given["beta"])
    close(paid, expected["p"])
    # One round of the algorithm is one sweep: a failure's own cost acts in the sweep after it.
    raised = settled.raised[0, :, 0]
    assert [np.flatnonzero(raised == sweep).tolist() for sweep in range(1, raised.max() + 1)] == expected["rounds"]


def test_rogers_veraart_chain():
    given, expected = case("rv_three_bank_dag")
    paid, settled = cleared(given["L"], given["e"], given["alpha"], given["beta"])
    close(paid, expected["p"])
    assert defaulters(settled) == sorted(bank for fallen in expected["rounds"] for bank in fallen)


def valued(assets: list[float], stakes: np.ndarray, classes: list[tuple], **amounts) -> tuple[Problem, Settled]:
    """Cross-holdings of equity and debts: `classes` are (rank, fractions [holder, borrower], debts).

    What no firm of the case holds, an outsider (the last row) does. Every firm has principal to repay,
    so that one without equity value is in default.
    """
    n = len(assets)
    loans = []
    for rank, fractions, debts in classes:
        held = np.vstack([fractions, 1.0 - np.sum(fractions, axis=0)]) * debts
        loans += [(i, j, held[i, j], rank) for i in range(n + 1) for j in range(n) if held[i, j] > 0.0]
    owned = [(i, j, share) for i, row in enumerate(stakes) for j, share in enumerate(row) if share]
    problem = small_problem(
        n + 1, stakes=owned, loans=loans, exempt=[n], property=[*assets, 0], principal=[*np.ones(n), 0], **amounts
    )
    return problem, solved(problem)


def redeemed(settled: Settled, rank: int, debts: list[float]) -> np.ndarray:
    return settled.recovery[rank, : len(debts), 0] * debts


@pytest.mark.parametrize(
    ("variant", "alpha"),
    [("no_debt", 1.0), ("both_default", 1.0), ("second_defaults", 1.0), ("second_defaults_external_haircut_0.1", 0.1)],
)
def test_two_firms_that_hold_each_other(variant, alpha):
    given, results = case("xos_two_firm_closed_form")
    expected = results[variant]
    classes = [(UNSECURED, np.array(given["Md"]), expected["d"])]
    _, settled = valued(given["a"], given["Ms"], classes, asset_recovery=alpha)
    close(settled.value[:2, 0], expected["s"])
    close(redeemed(settled, UNSECURED, expected["d"]), expected["r"])


@pytest.mark.parametrize("name", ["xos_suzuki_four_firm", "xos_naive_active_set_trap"])
def test_cross_holdings_of_equity_and_debt(name):
    given, expected = case(name)
    firms = len(given["a"])
    _, settled = valued(given["a"], given["Ms"], [(UNSECURED, np.array(given["Md"]), given["d"])])
    close(settled.value[:firms, 0], expected["s"])
    close(redeemed(settled, UNSECURED, given["d"]), expected["r"])
    assert defaulters(settled) == expected.get("defaulters", [])


def test_two_ranks_of_debt_round_a_circle():
    given, expected = case("xos_circular_ecosystem_mild")
    senior, junior = given["d_senior"], given["d_junior"]
    classes = [
        (SECURED, np.array(given["Md_senior"]), senior),
        (UNSECURED, np.array(given["Md_junior"]), junior),
    ]
    problem, settled = valued(given["a"], given["Ms"], classes)
    close(settled.value[:5, 0], expected["s"])
    close(redeemed(settled, SECURED, senior), expected["r_senior"])
    close(redeemed(settled, UNSECURED, junior), expected["r_junior"])
    outside = problem.holder == 5
    loans = problem.balance[:, 0] * settled.recovery[problem.rank, problem.borrower, 0]
    owned = np.bincount(problem.issuer, problem.share[:, 0], 6)
    close(loans[outside].sum() + ((1.0 - owned) * settled.value[:, 0]).sum(), expected["value_of_outside_claims"])


def test_elsinger_two_seniorities():
    given, expected = case("elsinger_two_seniorities")
    classes, debts = [], {}
    for rank, name in ((SECURED, "L_senior"), (UNSECURED, "L_junior")):
        owed = np.array(given[name], float)
        debts[rank] = owed.sum(axis=1)
        classes.append((rank, np.divide(owed.T, debts[rank], out=np.zeros((3, 3)), where=debts[rank] > 0), debts[rank]))
    _, settled = valued(given["e"], np.array(given["Theta"]).T, classes)
    close(settled.value[:3, 0], expected["equity"])
    close(redeemed(settled, SECURED, debts[SECURED]), expected["paid_senior"])
    close(redeemed(settled, UNSECURED, debts[UNSECURED]), expected["paid_junior"])


def test_value_counted_twice_in_cross_holdings():
    given, expected = case("cross_holding_inflation")
    _, settled = valued(given["external_value"], given["Ms"], [])
    close(settled.value[:4, 0], expected["book_V"])
    close((1.0 - np.sum(given["Ms"], axis=0)) * settled.value[:4, 0], expected["outside_value_v"])
