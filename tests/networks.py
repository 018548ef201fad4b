"""Random settlement problems for the kernel tests."""

from __future__ import annotations

import numpy as np

from cython_ext import Problem


def random_problem(rng: np.random.Generator, firms: int | None = None, worlds: int = 1, stress: float = 1.0) -> Problem:
    """A network of `firms` (3 to 60 at random) in which some firms are close to every edge at once."""
    n = int(rng.integers(3, 61)) if firms is None else firms
    m, s, h = int(rng.integers(n, 6 * n)), int(rng.integers(0, 2 * n)), int(rng.integers(0, 3 * n))

    def pairs(count: int, targets: int) -> tuple[np.ndarray, np.ndarray]:
        # The last firm is exempt: it may pay and hold, but is never issuer or borrower.
        to = rng.integers(0, targets, count)
        step = rng.integers(1, n, count)
        return (to + step) % n, to

    creditor, debtor = pairs(m, n)
    owner, issuer = pairs(s, n - 1)
    holder, borrower = pairs(h, n - 1)
    exempt = np.zeros(n, int)
    exempt[-1] = 1
    priority = rng.integers(0, 5, m)
    gate = np.where((priority == 4) & (rng.random(m) < 0.6), rng.integers(0, 4, m), 0)
    due = rng.lognormal(0.0, 1.0, (m, worlds))
    share = rng.random((s, worlds))
    held = np.zeros((n, worlds))
    np.add.at(held, issuer, share)
    share *= (rng.uniform(0.2, 0.95, (1, worlds)) / np.maximum(held, 1e-9))[issuer] if s else 1.0

    def positive(scale: float, chance: float = 1.0) -> np.ndarray:
        return rng.lognormal(0.0, 1.0, (n, worlds)) * scale * (rng.random((n, 1)) < chance)

    owed = np.zeros((n, worlds))
    np.add.at(owed, debtor, due)
    got = np.zeros((n, worlds))
    np.add.at(got, creditor, due)
    need = np.maximum(owed - got, 0.0)
    return Problem(
        debtor=debtor, creditor=creditor, priority=priority, gate=gate, sale=(priority == 2) | (priority == 3),
        owner=owner, issuer=issuer, holder=holder, borrower=borrower, rank=rng.integers(0, 3, h), exempt=exempt,
        due=due, share=share, balance=rng.lognormal(0.0, 1.0, (h, worlds)),
        cash=(need + positive(0.3)) * rng.uniform(1.0 - 0.6 * stress, 1.0, (n, worlds)),
        fleet=positive(2.0, 0.6), collateral=positive(2.0, 0.6), property=positive(1.0), enterprise=positive(1.0),
        multiple=positive(0.5, 0.5), franchise=positive(1.0, 0.5), principal=positive(1.0, 0.5),
        secured_debt=positive(2.0, 0.5), secured_service=positive(1.0, 0.8), covered_assets=positive(0.5),
        income=rng.normal(0.0, 1.0, (n, worlds)), loan_to_value_limit=positive(1.0), service_cover_limit=positive(1.0),
        value_floor=positive(1.0, 0.3), cash_floor=positive(0.2, 0.3),
        asset_recovery=rng.uniform(0.6, 1.0, worlds), receipt_recovery=rng.uniform(0.6, 1.0, worlds),
        price_impact=rng.uniform(0.0, 1.5, worlds), price_floor=rng.uniform(0.1, 0.5, worlds),
        breach_sale=rng.uniform(0.0, 0.5, worlds),
    )  # fmt: skip
