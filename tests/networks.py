"""Settlement problems for the kernel tests: random ones with everything in them, small ones by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from cython_ext import GATES, PRIORITIES, RANKS, Problem, Settled

OPERATING_COST, DEBT_SERVICE, TAKE_OR_PAY, PURCHASES, INVESTMENT = range(len(PRIORITIES))
SECURED, UNSECURED, PREFERRED = range(len(RANKS))
ORDINARY, SECURED_FUNDING, MARKET_FUNDING, COMMITTED_FUNDING = range(len(GATES))
AMOUNTS = tuple(each.name for each in fields(Problem)[11:])
SYSTEM = AMOUNTS[-5:]

# Whatever is good for somebody and bad for nobody.
STRUCK = ("cash", "collateral", "property", "franchise", "covered_assets", "multiple", "asset_recovery",
          "receipt_recovery", "price_floor")  # fmt: skip


def small_problem(
    firms: int,
    dues: Sequence[tuple] = (),
    stakes: Sequence[tuple] = (),
    loans: Sequence[tuple] = (),
    exempt: Sequence[int] = (),
    **amounts: float | Sequence[float],
) -> Problem:
    """One world, given by lists; what is not named is zero, nothing is lost in default or in a sale.

    dues: (debtor, creditor, amount, priority, then gate and sale if not 0); stakes: (owner, issuer,
    share); loans: (holder, borrower, amount, rank); exempt: rows; amounts: by firm, or one for all.
    """
    dues = [(*each, 0, 0)[:6] for each in dues]

    def column(table: Sequence[tuple], position: int) -> np.ndarray:
        return np.array([row[position] for row in table])

    given = {}
    for name in AMOUNTS[3:]:
        default = 1.0 if name.endswith("_recovery") else 0.0
        size = 1 if name in SYSTEM else firms
        given[name] = np.full(size, amounts.pop(name, default), np.float64).reshape(-1, 1)
    assert not amounts, f"no such amounts: {sorted(amounts)}"
    return Problem(
        debtor=column(dues, 0), creditor=column(dues, 1), due=column(dues, 2).reshape(-1, 1),
        priority=column(dues, 3), gate=column(dues, 4), sale=column(dues, 5),
        owner=column(stakes, 0), issuer=column(stakes, 1), share=column(stakes, 2).reshape(-1, 1),
        holder=column(loans, 0), borrower=column(loans, 1), balance=column(loans, 2).reshape(-1, 1),
        rank=column(loans, 3), exempt=np.isin(np.arange(firms), exempt),
        **{name: value[:, 0] if name in SYSTEM else value for name, value in given.items()},
    )  # fmt: skip


def repeated(problem: Problem, worlds: int) -> Problem:
    """The first world of `problem`, `worlds` times."""
    first = {name: getattr(problem, name)[..., :1] for name in AMOUNTS}
    return replace(problem, **{name: np.repeat(value, worlds, axis=-1) for name, value in first.items()})


def random_state(rng: np.random.Generator, problem: Problem, chance: float = 0.1) -> Settled:
    """A state before the first sweep in which some firms are already flagged."""
    state = Settled.untouched(problem.firms, problem.worlds)
    state.flags[:] = (rng.random(state.flags.shape) < chance) & (problem.exempt == 0)[:, None]
    return state


def same_bytes(one: Settled, other: Settled) -> bool:
    """Whether two results agree in every bit."""
    return all(getattr(one, each.name).tobytes() == getattr(other, each.name).tobytes() for each in fields(Settled))


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
    sale = (priority == 2) | (priority == 3) | ((priority == 4) & (rng.random(m) < 0.2))
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
        debtor=debtor, creditor=creditor, priority=priority, gate=gate, sale=sale,
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


def struck(rng: np.random.Generator, problem: Problem) -> Problem:
    """A third of all numbers cut by up to everything; new money from outside cut as well."""

    def cut(amounts: np.ndarray) -> np.ndarray:
        return amounts * np.where(rng.random(amounts.shape) < 0.3, rng.random(amounts.shape), 1.0)

    # A firm that is relieved of a payment has an advantage of it, so only what exempt firms fund is cut.
    outside = ((problem.gate > 0) & (problem.exempt[problem.debtor] > 0))[:, None]
    changed = {name: cut(getattr(problem, name)) for name in STRUCK}
    changed |= {"due": np.where(outside, cut(problem.due), problem.due)}
    changed |= {
        name: getattr(problem, name) - rng.exponential(0.3, problem.cash.shape) for name in ("income", "enterprise")
    }
    impact = problem.price_impact + rng.exponential(0.3, problem.worlds)
    return replace(problem, **changed, price_impact=impact)
