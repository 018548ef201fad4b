"""Arguments of made-up ecosystems: whole numbers of numpy will do, truth values will not."""

from __future__ import annotations

import numpy as np
import pytest

import abm


def test_numbers_of_numpy_make_the_same_ecosystem():
    plain = abm.synthetic(firms=100, seed=3, mean_degree=4)
    other = abm.synthetic(firms=np.int64(100), seed=np.uint8(3), mean_degree=np.int32(4), sigma=np.float32(1.0))
    assert other.name == plain.name
    assert other.stock("cash").tobytes() == plain.stock("cash").tobytes()
    assert other.claims.id == plain.claims.id


@pytest.mark.parametrize("name", ["firms", "seed", "mean_degree", "sigma"])
def test_a_truth_value_is_no_number(name):
    with pytest.raises(abm.BadInput, match=f"{name}: found 'True'"):
        abm.synthetic(**{"firms": 20, name: True})
