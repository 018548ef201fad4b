"""A shock: who is struck, in what, by how much. `KIND_OR_FIRM:WHAT:SIZE`, e.g. `ai_lab:revenue:0.3`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.cells import number
from abm.errors import BadInput, Fault, nearest, shown
from abm.luck import uniforms

WHAT = {
    "revenue": "what end users pay for AI, lost for the whole horizon and, in valuations, after it",
    "cash": "cash and securities",
    "assets": "value of chips, sites and other business, outside financial claims",
    "gpu_price": "market value of AI chips",
    "funding": "new money planned for the firm, as far as nobody is committed to it (of a lender: by it)",
    "claim": "a claim by its id: what it pays and what it is worth; of a firm: what it promised to buy",
}
FORM = "KIND_OR_FIRM:WHAT:SIZE, such as ai_lab:revenue:0.3 or CRWV:funding:0.2..0.6"
_SIZE = "a share from 0 to 1, such as 0.3, or a range from low to high, such as 0.1..0.5"


@dataclass(frozen=True)
class Shock:
    """A share between `low` and `high` (equal: the same in every world) of `what` is lost by `who`."""

    who: str
    what: str
    low: float
    high: float

    def __str__(self) -> str:
        size = f"{self.low:g}" if self.low == self.high else f"{self.low:g}..{self.high:g}"
        return f"{self.who}:{self.what}:{size}"

    @property
    def drawn(self) -> bool:
        return self.low < self.high

    @classmethod
    def parse(cls, text: str) -> Shock:
        """Read `KIND_OR_FIRM:WHAT:SIZE`; SIZE is a share from 0 to 1 or a range `0.1..0.5`. Raises `BadInput`."""
        parts = [part.strip() for part in text.rsplit(":", 2)]  # ids may hold colons
        if len(parts) != 3 or not all(parts):
            raise BadInput(Fault("--shock", shown(text), FORM))
        who, what, size = parts
        if what not in WHAT:
            raise BadInput(Fault("--shock", shown(what), "one of " + ", ".join(WHAT), nearest=nearest(what, WHAT)))
        low, dots, high = size.partition("..")
        bounds = number(low), number(high if dots else low)
        if not (0.0 <= bounds[0] <= bounds[1] <= 1.0):
            raise BadInput(Fault("--shock", shown(size), _SIZE))
        return cls(who, what, *bounds)

    def size(self, worlds: Sequence[int], seed: int) -> np.ndarray:
        """Size in each of `worlds` (their numbers), float64 `(worlds,)`: fixed, or uniform over its range."""
        if not self.drawn:
            return np.full(len(worlds), self.low)
        luck = uniforms(seed, f"shock/{self.who}:{self.what}", worlds, 1)[0]
        return self.low + (self.high - self.low) * luck


@dataclass(frozen=True)
class Strike:
    """All shocks together, as what is left of each quantity: factors by row and world.

    `revenue`, `cash`, `assets`, `gpu_price`, `funding_in`, `funding_out` are `(firms, worlds)`;
    `claim` is `(claims, worlds)`. Shocks on the same thing multiply, so their order does not matter.
    """

    revenue: np.ndarray
    cash: np.ndarray
    assets: np.ndarray
    gpu_price: np.ndarray
    funding_in: np.ndarray
    funding_out: np.ndarray
    claim: np.ndarray


def make_strike(ecosystem: Ecosystem, shocks: Sequence[Shock], worlds: Sequence[int], seed: int) -> Strike:
    """Resolve who is meant and draw the sizes. Raises `BadInput` listing every shock on nobody."""
    left = {
        each: np.ones((len(ecosystem), len(worlds)))
        for each in ("revenue", "cash", "assets", "gpu_price", "funding_in", "funding_out")
    }
    left["claim"] = np.ones((len(ecosystem.claims), len(worlds)))
    faults: list[Fault] = []
    for shock in shocks:
        try:
            _apply(left, ecosystem, shock, 1.0 - shock.size(worlds, seed))
        except BadInput as refused:
            faults += refused.faults
    if faults:
        raise BadInput(faults)
    return Strike(**left)


def _apply(left: dict[str, np.ndarray], ecosystem: Ecosystem, shock: Shock, kept: np.ndarray) -> None:
    if shock.what == "claim":
        left["claim"][_claims(ecosystem, shock.who)] *= kept
        return
    try:
        rows = ecosystem.rows(shock.who)
    except BadInput as refused:
        raise BadInput(
            [Fault("--shock", each.found, each.expected, nearest=each.nearest) for each in refused.faults]
        ) from None
    if shock.what == "funding":
        lends = np.isin(rows, ecosystem.of_kind("lender", "rest_of_world"))
        left["funding_out"][rows[lends]] *= kept
        left["funding_in"][rows[~lends]] *= kept
    else:
        left[shock.what][rows] *= kept


def _claims(ecosystem: Ecosystem, who: str) -> np.ndarray:
    """Positions of a claim, of the parts a split group made of it, or of all that a firm promised to buy."""
    ids = [each.partition("@")[0].casefold() for each in ecosystem.claims.id]
    found = np.flatnonzero([who.casefold() in (part, each.casefold()) for part, each in
                            zip(ids, ecosystem.claims.id, strict=True)])  # fmt: skip
    if found.size:
        return found
    try:
        rows = ecosystem.rows(who)
    except BadInput:
        valid = [*dict.fromkeys(ecosystem.claims.id), *ecosystem.id]
        fault = Fault("--shock", shown(who), "a claim id, firm or kind", nearest=nearest(who, valid))
        raise BadInput(fault) from None
    promised = ecosystem.claims.of("take_or_pay", "order_book")
    return promised[np.isin(ecosystem.claims.source[promised], rows)]
