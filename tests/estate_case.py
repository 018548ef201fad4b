"""What tests of failures share: a model right after a firm was made to fail, and the ledger around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np

import abm
import abm.resolution as resolution
from abm.estates import Estate

CLOSE = {"rtol": 1e-10, "atol": 1e-10}
FLEET = ("cost", "book", "idle", "power", "basis")


def snapshot(model: abm.EcosystemModel) -> SimpleNamespace:
    ledger, living = model.ledger, model.living
    return SimpleNamespace(
        claims=ledger.amounts.copy(), backlog=living.contracts.backlog, users=living.lab_share.copy(),
        fleet={name: getattr(living.fleet, name).copy() for name in FLEET}, guaranteed=living.guarantee_left.copy(),
        shares=living.stakes.share.copy(), enterprises=living.enterprise_backlog.copy(),
        confidence=living.economy.confidence.copy(),
        **{name: each.copy() for name, each in ledger._balances.items()},
    )  # fmt: skip


def failing(monkeypatch) -> Iterator[Callable[..., SimpleNamespace]]:
    """`failed(who, quarter)`: a model right after `who` was made to fail in `quarter`, and the ledger around it; it is
    wound up, or goes on, or (None) does what its creditors prefer."""
    models, seen = [], {}

    def run(who, quarter, *, worlds=2, goes_on: bool | None = False, ecosystem="ai_2026", **options):
        if goes_on is not None:
            monkeypatch.setattr(Estate, "goes_on", lambda estate: np.full(estate.worlds.size, goes_on))
        model = abm.EcosystemModel(ecosystem, worlds=worlds, **options)
        models.append(model)
        model.begin()
        for _ in range(1, quarter):
            model.step()
        forced = np.zeros((len(model.ecosystem), worlds), bool)
        row = model.ecosystem.row[who]
        forced[row] = True
        model.living.forced_default = forced
        usual = resolution.resolve

        def watched(model) -> None:
            seen["before"] = snapshot(model)
            usual(model)
            seen["after"] = snapshot(model)

        monkeypatch.setattr(resolution, "resolve", watched)
        start = model.living.economy.confidence.copy()
        model.step()
        monkeypatch.setattr(resolution, "resolve", usual)
        model.living.forced_default = np.zeros_like(forced)
        debts = np.flatnonzero(model.living.debts.debtor == row)
        return SimpleNamespace(model=model, row=row, debts=debts, start=start, living=model.living,
                               ledger=model.ledger, now=model.living.now, after=seen["after"],
                               before=seen["before"], got=model.living.aftermath)  # fmt: skip

    yield run
    for each in models:
        each.release()


def owed(case: SimpleNamespace, when: SimpleNamespace) -> np.ndarray:
    return when.claims[case.living.debts.place[case.debts]]


def average_margin(case: SimpleNamespace) -> np.ndarray:
    """What the estate knew: `margin_average` of the quarter before, which moves on after the failure."""
    memory, seen = case.model.parameters.wide("raised_money_memory", 2)[case.row], case.ledger.column("margin")
    if case.living.of("chipmaker")[case.row, 0]:
        sold = case.ledger.column("chip_sales") * (1.0 - case.living.chip_cost_share)
        seen = sold + case.ledger.column("core_inflow")
    return (case.ledger.column("margin_average")[case.row] - memory * seen[case.row]) / (1.0 - memory)
