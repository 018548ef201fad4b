"""Statements of firms: lines that add up to the change of net worth, firm by firm and quarter by quarter."""

from __future__ import annotations

import numpy as np
import pytest

import abm
from abm.ledger import LedgerBreach
from abm.statement import LINES

FIRMS = ("NVDA", "OAI", "CRWV", "ORCL", "BANK", "V_META", "PC_1")


@pytest.fixture(scope="module")
def deep():
    """A run in which firms fail, and one in which nothing strikes."""
    return [abm.run("ai_2026", each, worlds=3, quarters=36) for each in ("shortfall_50", "baseline")]


@pytest.mark.parametrize("who", FIRMS)
def test_lines_add_up_to_what_net_worth_did(deep, who):
    for result in deep:
        worth = result.firm(who, "net_worth").to_numpy()
        told = sum(result.firm(who, each).to_numpy() for each in LINES)
        assert np.allclose(np.diff(worth, axis=1), told[:, 1:], rtol=1e-9, atol=1e-9)
        assert np.abs(told).max() > 0.01


def test_what_one_pays_another_receives(deep):
    for name in ("worth_from_interest", "worth_from_owners"):  # taxes stay inside: states are firms of the network
        inside, outside = deep[0].system(name).to_numpy(), deep[0].firm("ROW", name).to_numpy()
        assert np.allclose(inside, -outside, rtol=1e-9, atol=1e-9) and np.abs(inside).max() > 1.0


def test_lines_say_what_they_are_called(deep):
    fallen, calm = deep
    lost = fallen.events[fallen.events["channel"] == "default"]
    who = lost["target"].iloc[0]
    quarter = lost["quarter"].iloc[0]
    world = lost["world"].iloc[0]
    assert fallen.firm(who, "worth_from_failures").loc[world, quarter] != 0.0
    assert (calm.firm("NVDA", "worth_from_failures").to_numpy()[:, :12] == 0.0).all()
    assert (calm.firm("NVDA", "worth_from_trade").to_numpy() > 0.0).all()
    wear = calm.firm("META", "worth_from_wear").to_numpy()
    assert np.array_equal(wear, -calm.firm("META", "depreciation").to_numpy()) and (wear < 0.0).all()


@pytest.mark.parametrize("name", ["marked", "failures_took"])
def test_a_line_that_is_wrong_is_caught_and_named(name, monkeypatch):
    from abm import statement

    right = statement.record

    def wrong(model):
        getattr(model.living.now, name)[model.ecosystem.row["META"], 1] += 0.01
        right(model)

    monkeypatch.setattr(statement, "record", wrong)
    model = abm.EcosystemModel("ai_2026", worlds=2)
    with pytest.raises(LedgerBreach, match=r"lines of the statement.*META, world 1"):
        model.step()
    model.release()
