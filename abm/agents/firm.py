"""`Firm`: a Mesa agent that is a view of rows of the ledger.

`rows` is an integer for one firm and a slice for all firms of a kind, so one class and one rule answer
for both: attributes are `(worlds,)` or `(firms, worlds)`. In a world of its own (`EcosystemModel.world`)
the same class gives plain numbers.
"""

from __future__ import annotations

import mesa
import numpy as np

from abm.columns import COLUMNS
from abm.ecosystem.vocabulary import DEBT_LAYERS
from abm.errors import nearest
from abm.words import between

_OWN = frozenset({"model", "unique_id", "pos", "rows", "ids"})


class Firm(mesa.Agent):
    """A firm, or all firms of a kind. Columns and parameters are attributes; balances move by posting only."""

    kind: str = ""

    def __init__(self, model: mesa.Model, rows: int):
        super().__init__(model)
        self.rows = rows

    @classmethod
    def over(cls, model: mesa.Model, rows: slice) -> Firm:
        """A view of several rows. It is no agent of the model's own: Mesa does not list or remove it."""
        view = cls.__new__(cls)
        object.__setattr__(view, "model", model)
        object.__setattr__(view, "rows", rows)
        object.__setattr__(view, "unique_id", None)
        object.__setattr__(view, "pos", None)
        return view

    # -- what it is called -------------------------------------------------------------------------
    @property
    def id(self) -> str | tuple[str, ...]:
        return self.model.ecosystem.id[self.rows]

    @property
    def title(self) -> str | tuple[str, ...]:
        """The full name, or names."""
        return self.model.ecosystem.title[self.rows]

    def __repr__(self) -> str:
        who = self.id if isinstance(self.rows, int) else f"{self.rows.stop - self.rows.start} firms"
        return f"{type(self).__name__}({who})"

    # -- what it has -------------------------------------------------------------------------------
    @property
    def debt(self) -> np.ndarray | float:
        """What it has borrowed, USD bn."""
        return self._of(self.model.ledger.owed(*DEBT_LAYERS))

    @property
    def equity_value(self) -> np.ndarray | float:
        """Worth of all its equity, stakes of other firms included, USD bn; never below zero."""
        ledger = self.model.ledger
        return self._of(np.maximum(0.0, ledger.column("net_worth") + ledger.owed("equity")))

    @property
    def stakes(self) -> np.ndarray | float:
        """Worth of the equity it holds in other firms, USD bn."""
        return self._of(self.model.ledger.held("equity", "equity_at_cost"))

    # -- what it expects ---------------------------------------------------------------------------
    def expect_growth(self):
        """Expected growth of its own demand or, of a lab, of its revenue, log per quarter.

        It follows what was seen, half its own, half the system's."""
        economy = self.model.living.economy
        seen = 0.5 * self.seen_growth + 0.5 * economy.demand_growth
        moved = self.growth_expectation + self.expectation_speed * (seen - self.growth_expectation)
        return between(-self.expected_growth_limit, moved, self.expected_growth_limit)

    def _of(self, column: np.ndarray) -> np.ndarray | float:
        return self.model.window(column, self.rows)

    def __getattr__(self, name: str):
        # Only reached for names that are no ordinary attribute: parameters and columns. Where the data states
        # a parameter there is a column of its name too; the parameter is what the model goes by.
        if name.startswith("_") or name in _OWN:
            raise AttributeError(name)
        model = self.model
        if name in model.parameters:
            return self._of(model.parameters.wide(name, model.ledger.worlds))
        if name in COLUMNS:
            return self._of(model.ledger.column(name))
        close = nearest(name, [*COLUMNS, *model.parameters.names()])
        hint = f"; did you mean {close!r}?" if close else ""
        raise AttributeError(f"{type(self).__name__} has no column or parameter {name!r}{hint}")

    def __setattr__(self, name: str, value) -> None:
        if name in _OWN or name.startswith("_"):
            object.__setattr__(self, name, value)
        elif name in self.model.parameters:
            self.model.assign(self.rows, name, value)
        elif name in COLUMNS:
            column = COLUMNS[name]
            way = "post it to model.ledger (post, transfer, change_claims)"
            raise AttributeError(
                f"{name} is a {column.sort} of the ledger and cannot be set; "
                + (way if column.sort == "balance" else "change it in the ecosystem's data")
            )
        else:
            close = nearest(name, [*self.model.parameters.names()])
            hint = f"; did you mean {close!r}?" if close else ""
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}{hint}")

    def remove(self) -> None:
        raise TypeError("a firm is a row of the ledger for life; it can fail but not be removed")
