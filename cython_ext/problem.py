"""The settlement problem: who owes whom, who owns whom, who funds whom, and what backs it.

One problem holds one topology and many worlds. Index arrays are int32, amounts float64 with the
worlds as the last axis; `settle` (compiled) and `reference.settle` (NumPy) take the same object.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

# What a firm pays first. The first HARD of them put it in default when missed; the others it cancels.
PRIORITIES = ("operating_cost", "debt_service", "take_or_pay", "purchases", "investment")
HARD = 3
# Claims on a balance, most senior first.
RANKS = ("secured", "unsecured", "preferred")
# A link that is new funding stays open while its condition holds; other links are `ordinary`. Nobody must
# give new money before its own dues, so funding has a priority that a firm can cancel.
GATES = ("ordinary", "secured_funding", "market_funding", "committed_funding")
FLAGS = ("default", "covenant", "withdrawal")

_INDEX = ("debtor", "creditor", "priority", "gate", "sale", "owner", "issuer", "holder", "borrower", "rank", "exempt")
_LINK = ("due",)
_STAKE = ("share",)
_HOLDING = ("balance",)
_FIRM = (
    "cash", "fleet", "collateral", "property", "enterprise", "multiple", "franchise", "principal",
    "secured_debt", "secured_service", "covered_assets", "income", "loan_to_value_limit",
    "service_cover_limit", "value_floor", "cash_floor",
)  # fmt: skip
_WORLD = ("asset_recovery", "receipt_recovery", "price_impact", "price_floor", "breach_sale")


@dataclass(frozen=True)
class Problem:
    """Arrays of one settlement; `n` firms, `m` links, `s` stakes, `h` holdings, `W` worlds.

    Index arrays, int32:
      debtor, creditor (m,): the debtor pays the creditor; priority (m,) indexes PRIORITIES; gate (m,)
      indexes GATES; sale (m,) is 1 where the payment is revenue of the creditor.
      owner, issuer (s,): owner holds a share of the issuer's equity.
      holder, borrower, rank (h,): holder has a claim of rank RANKS on the borrower's balance.
      exempt (n,): 1 for firms that always pay and are never tested (rest of world, governments).
    Amounts, float64, USD bn unless said otherwise:
      due (m, W), share (s, W) as fractions, balance (h, W).
      cash (n, W): money at hand plus planned receipts from outside the network.
      fleet: machines that a forced sale would put on the market, at cost; collateral: their value
      before any forced sale; property: other assets that can be sold; enterprise + multiple * sales:
      value as a going concern; franchise: value that neither depends on sales nor can be seized.
      principal: scheduled repayments, > 0 puts a firm without equity value in default.
      secured_debt, secured_service (interest and principal on it), covered_assets (what else secures
      it), income (outside sales less running costs), loan_to_value_limit, service_cover_limit
      (ratios; a firm without secured debt is not tested).
      value_floor, cash_floor: below either, funding is withdrawn; 0 = no test.
    By world, (W,): asset_recovery (alpha, of cash and assets) and receipt_recovery (beta, of receipts and
    claims) of a failed firm, both at most 1, price_impact,
    price_floor, breach_sale (share of its fleet that a firm in breach sells).
    """

    debtor: np.ndarray
    creditor: np.ndarray
    priority: np.ndarray
    gate: np.ndarray
    sale: np.ndarray
    owner: np.ndarray
    issuer: np.ndarray
    holder: np.ndarray
    borrower: np.ndarray
    rank: np.ndarray
    exempt: np.ndarray
    due: np.ndarray
    share: np.ndarray
    balance: np.ndarray
    cash: np.ndarray
    fleet: np.ndarray
    collateral: np.ndarray
    property: np.ndarray
    enterprise: np.ndarray
    multiple: np.ndarray
    franchise: np.ndarray
    principal: np.ndarray
    secured_debt: np.ndarray
    secured_service: np.ndarray
    covered_assets: np.ndarray
    income: np.ndarray
    loan_to_value_limit: np.ndarray
    service_cover_limit: np.ndarray
    value_floor: np.ndarray
    cash_floor: np.ndarray
    asset_recovery: np.ndarray
    receipt_recovery: np.ndarray
    price_impact: np.ndarray
    price_floor: np.ndarray
    breach_sale: np.ndarray

    def __post_init__(self) -> None:
        for name in _INDEX:
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.int32))
        for name in (*_LINK, *_STAKE, *_HOLDING, *_FIRM, *_WORLD):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.float64))
        self._check_shapes()
        self._check_values()

    def closed(self, default: np.ndarray, breach: np.ndarray, withdrawn: np.ndarray) -> np.ndarray:
        """Which links are funding that these flags, each (n, W) bool, shut off; bool (m, W).

        Nobody funds a failed firm, nor does one fund; funding secured on a firm's assets ends with a
        breach, what the market gave freely ends when the market withdraws, and a lender whose own
        funding is withdrawn pays out only what it is committed to.
        """
        gate, payer, receiver = self.gate[:, None], self.debtor, self.creditor
        return (gate > 0) & (
            default[payer]
            | default[receiver]
            | ((gate == GATES.index("secured_funding")) & breach[receiver])
            | ((gate == GATES.index("market_funding")) & withdrawn[receiver])
            | ((gate != GATES.index("committed_funding")) & withdrawn[payer])
        )

    def select(self, worlds: slice | np.ndarray) -> Problem:
        """The same topology with only some of the worlds."""
        amounts = {name: getattr(self, name)[..., worlds] for name in (*_LINK, *_STAKE, *_HOLDING, *_FIRM, *_WORLD)}
        return replace(self, **amounts)

    @property
    def firms(self) -> int:
        return self.exempt.size

    @property
    def worlds(self) -> int:
        return self.asset_recovery.size

    def _check_shapes(self) -> None:
        n, worlds = self.firms, self.worlds
        expected = dict.fromkeys(("debtor", "creditor", "priority", "gate", "sale"), (self.due.shape[0],))
        expected |= dict.fromkeys(("owner", "issuer"), (self.share.shape[0],))
        expected |= dict.fromkeys(("holder", "borrower", "rank"), (self.balance.shape[0],))
        expected |= {"exempt": (n,), "due": (self.due.shape[0], worlds), "share": (self.share.shape[0], worlds)}
        expected |= {"balance": (self.balance.shape[0], worlds)}
        expected |= dict.fromkeys(_FIRM, (n, worlds)) | dict.fromkeys(_WORLD, (worlds,))
        for each in fields(self):
            found = getattr(self, each.name).shape
            if found != expected[each.name]:
                raise ValueError(f"{each.name} has shape {found}, expected {expected[each.name]}")

    def _check_values(self) -> None:
        ends = {"priority": len(PRIORITIES), "gate": len(GATES), "sale": 2, "rank": len(RANKS), "exempt": 2}
        for name in _INDEX:
            index, end = getattr(self, name), ends.get(name, self.firms)
            if index.size and (index.min() < 0 or index.max() >= end):
                raise ValueError(f"{name} must lie in 0..{end - 1}, found {index.min()}..{index.max()}")
        signed = ("enterprise", "income", "loan_to_value_limit", "service_cover_limit")
        for name in (*_LINK, *_STAKE, *_HOLDING, *_FIRM, *_WORLD):
            amount = getattr(self, name)
            least, most = amount.min(initial=np.inf), amount.max(initial=-np.inf)  # both NaN if any is
            if np.isnan(least):
                raise ValueError(f"{name} holds NaN")
            if name not in signed and least < 0.0:
                raise ValueError(f"{name} must not be negative, found {least}")
            if not name.endswith("_limit") and amount.size and not np.isfinite([least, most]).all():
                raise ValueError(f"{name} must be finite")
        for name in ("asset_recovery", "receipt_recovery", "price_floor", "breach_sale"):
            share = getattr(self, name)
            if share.size and share.max() > 1.0:
                raise ValueError(f"{name} must not exceed 1, found {share.max()}")
        if (
            np.any(self.debtor == self.creditor)
            or np.any(self.owner == self.issuer)
            or np.any(self.holder == self.borrower)
        ):
            raise ValueError("a firm cannot owe, own or fund itself")
        if np.any((self.gate > 0) & (self.priority < HARD)):
            raise ValueError(f"gate: new funding must have a priority that can be cancelled, {PRIORITIES[HARD:]}")
        if self.exempt[self.issuer].any() or self.exempt[self.borrower].any():
            raise ValueError("exempt firms (rest of world, governments) can be neither issuer nor borrower")
        if self.issuer.size:
            held = np.zeros((self.firms, self.worlds))
            np.add.at(held, self.issuer, self.share)
            if held.max(initial=0.0) >= 1.0:
                row, world = np.unravel_index(held.argmax(), held.shape)
                raise ValueError(f"firm {row} is owned {held.max():.6g} times in world {world}, expected less than 1")


@dataclass(frozen=True)
class Settled:
    """What the loop leaves behind; worlds are the last axis.

    paid (5, n, W): share of the obligations of each priority that a firm pays (1 where it owes none);
    left (n, W): cash after paying; value (n, W): equity value; late (3, n, W): what a missed due of each
    hard priority will still fetch, per unit missed; recovery (3, n, W): worth of a claim of each rank
    per unit of face; price (W,): fire-sale price, 1 = no discount; flags (3, n, W) int8, in
    the order of FLAGS; raised (3, n, W) int32: sweep in which a flag rose, 0 = never; missed (n, W) int8: 1
    where a firm failed because it missed a hard due, 0 where for lack of worth; sweeps (W,) and rounds (W,)
    int32; residual (W,): the last change of the inner iterations, relative; converged (W,).
    """

    paid: np.ndarray
    left: np.ndarray
    value: np.ndarray
    late: np.ndarray
    recovery: np.ndarray
    price: np.ndarray
    flags: np.ndarray
    raised: np.ndarray
    missed: np.ndarray
    sweeps: np.ndarray
    rounds: np.ndarray
    residual: np.ndarray
    converged: np.ndarray

    @classmethod
    def untouched(cls, firms: int, worlds: int) -> Settled:
        """The state before the first sweep: everything paid, nothing flagged."""
        return cls(
            paid=np.ones((len(PRIORITIES), firms, worlds)),
            left=np.zeros((firms, worlds)),
            value=np.full((firms, worlds), np.nan),
            late=np.ones((HARD, firms, worlds)),
            recovery=np.ones((len(RANKS), firms, worlds)),
            price=np.ones(worlds),
            flags=np.zeros((len(FLAGS), firms, worlds), np.int8),
            raised=np.zeros((len(FLAGS), firms, worlds), np.int32),
            missed=np.zeros((firms, worlds), np.int8),
            sweeps=np.zeros(worlds, np.int32),
            rounds=np.zeros(worlds, np.int32),
            residual=np.zeros(worlds),
            converged=np.zeros(worlds, np.int8),
        )

    def check_size(self, firms: int, worlds: int) -> None:
        """Raise `ValueError` unless every array is of this size: the kernel does not look where it reads and writes."""
        smallest = Settled.untouched(0, 0)
        for each in fields(self):
            found, pattern = getattr(self, each.name).shape, getattr(smallest, each.name).shape
            expected = (*pattern[:-2], firms, worlds)[-len(pattern) :]
            if found != expected:
                raise ValueError(f"{each.name} of the state has shape {found}, expected {expected}")

    def select(self, worlds: slice | np.ndarray) -> Settled:
        """The same state in only some of the worlds."""
        return Settled(**{each.name: getattr(self, each.name)[..., worlds] for each in fields(self)})
