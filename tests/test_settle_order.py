"""Names and the order of rows mean nothing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from networks import AMOUNTS, SECURED, SYSTEM, random_problem, small_problem

from cython_ext import Problem, reference, settle

ROWS = {
    "debtor": ("debtor", "creditor", "priority", "gate", "sale", "due"),
    "owner": ("owner", "issuer", "share"),
    "holder": ("holder", "borrower", "rank", "balance"),
}
WHO = ("debtor", "creditor", "owner", "issuer", "holder", "borrower")
BY_FIRM = ("exempt", *(name for name in AMOUNTS[3:] if name not in SYSTEM))


def shuffled(rng: np.random.Generator, problem: Problem) -> tuple[Problem, np.ndarray]:
    """The same problem with firms relabelled and rows in another order, and the new label of each firm."""
    label = rng.permutation(problem.firms)
    arrays = {each.name: getattr(problem, each.name) for each in fields(Problem)}
    for name in WHO:
        arrays[name] = label[arrays[name]]
    for name in BY_FIRM:
        arrays[name] = arrays[name][np.argsort(label)]
    for first, names in ROWS.items():
        order = rng.permutation(arrays[first].size)
        arrays |= {name: arrays[name][order] for name in names}
    return Problem(**arrays), label


def test_relabelling_and_reordering_permute_the_result():
    for seed in range(150):
        rng = np.random.default_rng(seed)
        problem = random_problem(rng)
        other, label = shuffled(rng, problem)
        expected, found = settle(problem), settle(other)
        np.testing.assert_array_equal(found.raised[:, label], expected.raised, f"seed {seed}")
        np.testing.assert_array_equal(found.sweeps, expected.sweeps)
        for name in ("paid", "left", "value", "late", "recovery"):
            theirs = getattr(expected, name)
            mine = getattr(found, name)[..., label, :]
            assert (np.abs(mine - theirs) <= 1e-12 * np.maximum(1.0, np.abs(theirs))).all(), f"{name}, seed {seed}"


def test_a_value_within_rounding_of_zero_does_not_depend_on_the_order_of_rows():
    # 0.1 + 0.2 + 0.3 is 0.6 or 0.6 + 1e-16, depending on where one begins.
    flags = []
    for amounts in ((0.1, 0.2, 0.3), (0.3, 0.2, 0.1)):
        loans = [(0, borrower, amount, SECURED) for borrower, amount in enumerate(amounts, 1)]
        problem = small_problem(
            5, loans=[*loans, (4, 0, 0.6, SECURED)], property=[0, 1, 1, 1, 0], principal=[1, 0, 0, 0, 0]
        )
        flags += [run(problem).flags[0, 0, 0] for run in (settle, reference.settle)]
    assert flags == [1, 1, 1, 1]
