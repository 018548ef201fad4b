"""A world is the same world alone, among thousands and in any block."""

from __future__ import annotations

import numpy as np

import abm


def _bytes_of(first: int, worlds: int) -> dict[str, bytes]:
    """All that world 17 is after eight quarters, in a model of `worlds` worlds from `first`."""
    model = abm.EcosystemModel("ai_2026", worlds=worlds, first_world=first, draw_assumed=True)
    for _ in range(8):
        model.step()
    model.release()
    at, ledger = 17 - first, model.ledger
    series = model.recorder.system.items()
    found = {f"series {name}": np.array([each[at] for each in values]) for name, values in series}
    found |= {f"column {name}": each[:, at] for name, each in (ledger._balances | ledger._facts).items()}
    found["claims"] = ledger.amounts[:, at]
    return {name: values.tobytes() for name, values in found.items()}


def test_world_seventeen_is_the_same_bytes_alone_among_thousands_and_in_blocks():
    alone = _bytes_of(17, 1)
    for first, worlds in ((0, 20), (0, 2000), (16, 16), (0, 512)):
        other = _bytes_of(first, worlds)
        assert alone.keys() == other.keys()
        assert not [name for name in alone if alone[name] != other[name]], (first, worlds)
