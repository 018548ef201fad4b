"""Made-up networks keep what their docstring promises."""

from __future__ import annotations

import time

import numpy as np
import pytest
from ecosystems import assert_same

from abm.ecosystem import from_graph, load, save, synthetic
from abm.ecosystem.layers import LAYER_RULES
from abm.ecosystem.synthetic import KIND_SHARES
from abm.ecosystem.synthetic_links import LINKS
from abm.ecosystem.vocabulary import AMORTISATIONS, DEBT_LAYERS, KINDS, LAYERS
from abm.errors import BadInput


@pytest.fixture(scope="module", params=[(10, 1), (57, 2), (2000, 3)], ids=lambda each: f"{each[0]} firms")
def network(request):
    firms, seed = request.param
    return synthetic(firms, seed)


def test_the_same_seed_is_the_same_network():
    one, same, other = synthetic(300, 7), synthetic(300, 7), synthetic(300, 8)
    assert_same(one, same)
    assert one.stock("cash").tolist() != other.stock("cash").tolist()
    assert one.claims.source.tolist() != other.claims.source.tolist()


def test_kinds_and_links_have_the_stated_shares(network):
    firms = len(network)
    counts = np.bincount(network.kind, minlength=len(KINDS))
    assert np.all(np.diff(network.kind) >= 0)
    assert counts.min() >= 1
    assert counts[KINDS.index("government")] == counts[KINDS.index("rest_of_world")] == 1
    for kind, share in KIND_SHARES.items():
        assert abs(counts[KINDS.index(kind)] - share * firms) <= 6
    assert len(network.claims) == 10 * firms
    for layer, (share, *_) in LINKS.items():
        assert abs(len(network.claims.of(layer)) - share * 10 * firms) <= 1


def test_every_network_passes_the_checks_of_data(network, tmp_path):
    assert_same(network, from_graph(network.graph()))
    save(network, tmp_path / "copy")
    assert_same(network, load(tmp_path / "copy"))


def test_ends_have_kinds_that_their_layer_joins(network):
    claims = network.claims
    assert np.all(claims.source != claims.target)
    for layer, rule in LAYER_RULES.items():
        legs = claims.of(layer)
        assert {KINDS[code] for code in network.kind[claims.source[legs]]} <= set(rule.sources)
        assert {KINDS[code] for code in network.kind[claims.target[legs]]} <= set(rule.targets)


def test_stakes_sum_to_less_than_one(network):
    legs = network.claims.of("equity")
    held = np.bincount(network.claims.target[legs], network.claims.share[legs], len(network))
    assert held.max() <= 0.6 + 1e-12
    assert held[held > 0].min() >= 0.05 - 1e-12
    assert np.all(np.isnan(np.delete(network.claims.share, legs)))


def dues_of(network):
    """What each firm must pay in the first quarter, worked out claim by claim."""
    claims, dues = network.claims, np.zeros(len(network))
    for leg in range(len(claims)):
        layer = LAYERS[claims.layer[leg]]
        if layer in DEBT_LAYERS:
            assert AMORTISATIONS[claims.amortisation[leg]] == "linear"
            dues[claims.target[leg]] += claims.drawn[leg] * (claims.rate[leg] / 4 + 1 / claims.term[leg])
        elif layer == "take_or_pay":
            dues[claims.source[leg]] += claims.due[leg]
        elif layer == "lease":
            dues[claims.target[leg]] += claims.due[leg]
    return dues


def test_every_firm_is_solvent_and_can_pay_its_first_quarter(network):
    company = network.of_kind("hyperscaler", "operator", "chipmaker", "ai_lab", "vehicle")
    dues = dues_of(network)
    assert np.all(dues[network.of_kind("lender", "government", "rest_of_world")] == 0)
    means = network.stock("cash") + network.stock("ai_revenue")
    assert np.all(means[company] > dues[company])
    assert dues[company].max() > 0
    debt = network.claims.of(*DEBT_LAYERS)
    owed = np.bincount(network.claims.target[debt], network.claims.drawn[debt], len(network))
    assets = sum(network.stock(item) for item in ("cash", "chips_book", "shells_book", "core_business_value"))
    assert np.all(assets[company] > owed[company])
    lent = np.bincount(network.claims.source[debt], network.claims.drawn[debt], len(network))
    lenders = network.of_kind("lender")
    exposure = network.stock("outside_book") + lent
    np.testing.assert_allclose(network.stock("capital")[lenders], 0.12 * exposure[lenders])


def test_contracts_commit_their_dues(network):
    claims = network.claims
    legs = claims.of("lease", "take_or_pay")
    np.testing.assert_allclose(claims.committed[legs], claims.due[legs] * claims.term[legs])
    assert claims.term[legs].min() >= 8
    assert claims.term[legs].max() <= 40


def degrees_of(network):
    legs = network.claims.of("loan", "bond")
    return np.bincount(network.claims.target[legs], minlength=len(network))[network.of_kind("operator")]


def test_degrees_are_poisson_or_heavy_tailed():
    poisson = degrees_of(synthetic(20_000, 1, degrees="poisson"))
    heavy = degrees_of(synthetic(20_000, 1, exponent=2.2))
    assert poisson.var() / poisson.mean() == pytest.approx(1, abs=0.1)
    assert heavy.var() / heavy.mean() > 10
    assert heavy.max() > 10 * poisson.max()
    assert heavy.mean() == pytest.approx(poisson.mean(), rel=0.05)


def test_size_and_number_of_links_follow_their_parameters():
    equal = synthetic(500, 1, sigma=0.0, mean_degree=3)
    sizes = equal.stock("chips_book")[equal.of_kind("operator")]
    assert sizes.min() == sizes.max() > 0
    assert len(equal.claims) == 1500
    wide = synthetic(20_000, 1, sigma=1.5)
    assert np.log(wide.stock("outside_book")[wide.of_kind("lender")]).std() == pytest.approx(1.5, rel=0.03)


@pytest.mark.parametrize(("arguments", "column"), [
    ({"firms": 9}, "firms"), ({"firms": 1_000_001}, "firms"), ({"firms": 10.5}, "firms"), ({"firms": "10"}, "firms"),
    ({"seed": -1}, "seed"), ({"seed": 2**64}, "seed"), ({"seed": 0.5}, "seed"), ({"seed": None}, "seed"),
    ({"mean_degree": 0}, "mean_degree"), ({"mean_degree": float("nan")}, "mean_degree"),
    ({"mean_degree": 1e9}, "mean_degree"), ({"degrees": "regular"}, "degrees"), ({"exponent": 2}, "exponent"),
    ({"exponent": float("inf")}, "exponent"), ({"sigma": -0.1}, "sigma"), ({"sigma": "big"}, "sigma"),
])  # fmt: skip
def test_arguments_out_of_range_are_named(arguments, column):
    with pytest.raises(BadInput) as caught:
        synthetic(**{"firms": 20, **arguments})
    assert [fault.column for fault in caught.value.faults] == [column]


def test_a_hundred_thousand_firms_and_a_million_links_are_quick():
    before = time.perf_counter()
    network = synthetic(100_000)
    assert time.perf_counter() - before < 3
    assert len(network.claims) == 1_000_000
