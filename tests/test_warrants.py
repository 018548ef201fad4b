"""Warrants vest with the chips that are put to work, and dilute everybody else."""

from __future__ import annotations

import numpy as np
import pytest

import abm


def ends(block) -> tuple[list[int], list[int]]:
    return block.debtor.tolist(), block.creditor.tolist()


def test_a_warrant_vests_with_the_power_of_the_chips_its_holder_bought():
    model = abm.EcosystemModel("ai_2026", worlds=2, parameters={"warrant_power": 1.0})
    model.begin()
    eco, living = model.ecosystem, model.living
    amd, meta = eco.row["AMD"], eco.row["META"]
    number = int(np.flatnonzero((living.warrants.issuer == amd) & (living.warrants.holder == meta))[0])
    links, names = living.chips, ("contracts", "compute", "spill")
    expected = np.zeros(2)
    for _ in range(4):
        model.step()
        chips = np.zeros(2)
        for seller, buyer, amount in zip(links.seller, links.buyer, living.now.delivered, strict=True):
            sponsor = eco.sponsor[buyer] if eco.id[buyer].startswith("V_") and eco.id[buyer] != "V_XAI" else buyer
            part = sum(
                (living.payments[name][k] / model.ledger.column("compute_served")[sponsor]
                 for name in names for k, link in enumerate(zip(*ends(living.payments.blocks[name]), strict=True))
                 if link == (meta, sponsor)), np.zeros(2),
            )  # fmt: skip
            chips += (seller == amd) * amount * (1.0 if sponsor == meta else np.minimum(1.0, part))
        power = chips / 35.0  # GW; 35 bn of chips draw one
        expected = np.minimum(0.1, expected + 0.1 * power)
        np.testing.assert_allclose(living.warrants.vested[number], expected, rtol=1e-5)
    assert expected.min() > 0.0
    model.release()


def test_it_stops_at_its_whole_share_and_dilutes_all_others():
    model = abm.EcosystemModel("ai_2026", parameters={"warrant_power": 0.1})
    for _ in range(12):
        model.step()
    warrants, stakes = model.living.warrants, model.living.stakes
    np.testing.assert_array_equal(warrants.vested, warrants.share)
    # Each grant shrinks those before it, so two of a tenth hold less than a fifth.
    held = stakes.share[warrants.stake].sum()
    assert 0.18 < held < 0.2
    worth = model.ledger.amounts[stakes.place[warrants.stake]]
    firm = model.ledger.column("firm_value")[warrants.issuer]
    np.testing.assert_allclose(worth, stakes.share[warrants.stake] * firm)
    model.release()


def test_new_shares_go_to_one_and_come_from_all():
    model = abm.EcosystemModel("ai_2026")
    model.begin()
    stakes = model.living.stakes
    lab = stakes.issuer == model.ecosystem.row["OAI"]
    before, place = stakes.share[lab].copy(), int(np.flatnonzero(lab)[0])
    stakes.grant(place, np.array([0.2]))
    after = stakes.share[lab]
    np.testing.assert_allclose(after[1:], 0.8 * before[1:])
    assert after[0, 0] == pytest.approx(0.8 * before[0, 0] + 0.2)
    model.release()
