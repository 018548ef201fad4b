"""From a `Plan` to the arrays of the contagion loop, unshocked and struck. Section 3 of `docs/model.md`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from abm.ecosystem.vocabulary import KINDS
from abm.errors import BadInput, Fault
from abm.links import COMMITTED_FUNDING, INVESTMENT, PURCHASES, PURPOSES
from abm.plan import SECURED, Plan
from abm.shocks import Strike
from cython_ext import Problem, Settled, row_sums, settle

_UNTESTED = np.inf  # a limit that cannot be broken
_BY_CLAIM = ("due", "share", "balance")  # amounts with a row a claim, not a firm
_NAMED = 10  # firms that a message names
_DEBT_SERVICE = [PURPOSES.index(each) for each in ("interest", "principal")]
_SPOT = [PURPOSES.index(each) for each in ("spot compute", "supply cost")]


@dataclass(frozen=True)
class Switches:
    """Mechanisms that can be turned off one by one, to see what each carries."""

    fire_sale: bool = True
    covenants: bool = True
    funding_withdrawal: bool = True
    insolvency: bool = True
    default_costs: bool = True


class Settlement:
    """The horizon of one plan: `problem` and `state` unshocked, and whatever a strike makes of them.

    A firm that is beyond an edge before any shock is not tested for that edge (a borrower in breach of
    covenants gets headroom instead), so that no shock raises no flag.
    """

    def __init__(self, plan: Plan, switches: Switches | None = None, threads: int = 1):
        self.plan, self.switches, self.threads = plan, switches or Switches(), threads
        eco = plan.ecosystem
        exempt = np.isin(eco.kind, [KINDS.index("government"), KINDS.index("rest_of_world")])
        # Claims on firms that always pay are as good as cash, so they leave the arrays.
        self.risky = ~exempt[plan.holdings.borrower]
        self.owned = ~exempt[plan.stakes.issuer]
        self.problem = self._planned(exempt)
        self.state = self._at_rest()

    def strike(self, strike: Strike) -> Problem:
        """The arrays after `strike`; as many worlds as the strike has."""
        plan, problem = self.plan, self.problem
        links, backing, outside = plan.links, plan.backing, plan.outside
        lost = outside.revenue * (1.0 - strike.revenue)
        lab = backing.lab_franchise * (1.0 - strike.revenue ** plan.parameters.of("valuation_elasticity"))
        idle = backing.idle_chips * (1.0 - strike.gpu_price)
        going = problem.enterprise - problem.multiple * lost - np.where(problem.multiple > 0.0, idle, 0.0)
        franchise = (problem.franchise - lab) * strike.assets
        # Facilities that are committed must be paid out; a funding shock takes the rest.
        uncommitted = (links.gate > 0) & (links.gate != COMMITTED_FUNDING)
        planned = np.where(
            uncommitted[:, None], strike.funding_in[links.creditor] * strike.funding_out[links.debtor], 1.0
        )
        unused, saved = self._unused_compute(strike)
        due = problem.due * planned * _by_claim(strike.claim, links.claim) * unused
        balance = problem.balance * _by_claim(strike.claim, plan.holdings.claim)[self.risky]
        changed = {
            "due": due,
            "balance": balance,
            "share": problem.share * _by_claim(strike.claim, plan.stakes.claim)[self.owned],
            "cash": backing.liquid * strike.cash + outside.revenue * strike.revenue + outside.other,
            "collateral": problem.collateral * strike.gpu_price * strike.assets,
            "property": np.maximum(0.0, problem.property - idle) * strike.assets,
            "covered_assets": np.maximum(0.0, problem.covered_assets - idle) * strike.assets,
            "enterprise": going * np.where(going > 0.0, strike.assets, 1.0),
            "multiple": problem.multiple * strike.assets,
            "franchise": franchise + saved,
            "income": problem.income - lost,
            "cash_floor": self._cash_floor(franchise),
        } | self._secured(due, balance)
        amounts = {
            each.name: changed.get(each.name, getattr(problem, each.name))
            for each in fields(problem)
            if getattr(problem, each.name).dtype == np.float64
        }
        worlds = strike.cash.shape[1]
        return replace(problem, **{
            name: np.broadcast_to(value, (*value.shape[:-1], worlds)) for name, value in amounts.items()
        })  # fmt: skip

    def depends_on(self, strike: Strike) -> bool:
        """Whether `strike` changes anything but the books of firms that pay whatever happens to them."""
        struck, minds = self.strike(strike), self.problem.exempt == 0
        for each in fields(struck):
            before, after = getattr(self.problem, each.name), getattr(struck, each.name)
            changed = before != after
            if each.name not in _BY_CLAIM and changed.ndim == 2:  # a row a firm
                changed = changed[minds]
            if changed.any():
                return True
        return False

    def _unused_compute(self, strike: Strike) -> tuple[np.ndarray, np.ndarray]:
        """Fewer users need less compute: what is left of each link, and what each lab saves.

        Purchases count at cost in a buyer's worth, so what is not bought because it is not needed is
        given back to it; the seller alone bears the lost sale.
        """
        links = self.plan.links
        spot = np.isin(links.purpose, _SPOT) & (links.priority == PURCHASES)
        spot &= np.isin(links.debtor, self.plan.ecosystem.of_kind("ai_lab"))
        planned = row_sums(np.where(spot[:, None], links.amount, 0.0), links.debtor, self.problem.firms)
        saved = np.minimum(planned, self.plan.outside.usage * (1.0 - strike.revenue))
        part = np.divide(saved, planned, out=np.zeros_like(saved), where=planned > 0.0)
        return np.where(spot[:, None], 1.0 - part[links.debtor], 1.0), saved

    # -- the unshocked arrays ----------------------------------------------------------------------
    def _planned(self, exempt: np.ndarray) -> Problem:
        plan, parameters, switches = self.plan, self.plan.parameters, self.switches
        links, stakes, holdings, backing = plan.links, plan.stakes, plan.holdings, plan.backing
        n = exempt.size
        width = max(plan.width, parameters.width)

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values, (values.shape[0], width))

        def system(name: str, on: bool, neutral: float) -> np.ndarray:
            return np.broadcast_to(parameters.system(name) if on else np.array([neutral]), width)

        # Without withdrawals all new money is as good as committed: only a default stops it.
        gate = links.gate if switches.funding_withdrawal else np.where(links.gate > 0, COMMITTED_FUNDING, 0)
        sound = row_sums(holdings.balance[~self.risky], holdings.holder[~self.risky], n)
        repaid = links.purpose == PURPOSES.index("principal")
        principal = row_sums(links.amount[repaid], links.debtor[repaid], n) * switches.insolvency
        balance = wide(holdings.balance[self.risky])
        due = wide(links.amount)
        loan_limit, cover_limit = self._covenants()
        secured = self._secured(due, balance)
        return Problem(
            debtor=links.debtor, creditor=links.creditor, priority=links.priority,
            gate=gate, sale=links.sale,
            owner=stakes.owner[self.owned], issuer=stakes.issuer[self.owned],
            holder=holdings.holder[self.risky], borrower=holdings.borrower[self.risky],
            rank=holdings.rank[self.risky], exempt=exempt,
            due=due, share=wide(stakes.share[self.owned]), balance=balance,
            cash=wide(backing.liquid + plan.outside.revenue + plan.outside.other),
            fleet=wide(backing.fleet), collateral=wide(backing.collateral), property=wide(backing.property),
            enterprise=wide(backing.enterprise), multiple=wide(backing.multiple),
            franchise=wide(backing.franchise + sound), principal=wide(principal),
            secured_debt=wide(secured["secured_debt"]), secured_service=wide(secured["secured_service"]),
            covered_assets=wide(backing.covered_assets), income=wide(plan.outside.revenue - backing.fixed_cost),
            loan_to_value_limit=wide(loan_limit), service_cover_limit=wide(cover_limit),
            value_floor=wide(self._value_floor()), cash_floor=np.zeros((n, width)),
            asset_recovery=system("default_asset_recovery", switches.default_costs, 1.0),
            receipt_recovery=system("default_receipt_recovery", switches.default_costs, 1.0),
            price_impact=system("fire_sale_price_impact", switches.fire_sale, 0.0),
            price_floor=system("fire_sale_price_floor", switches.fire_sale, 0.0),
            breach_sale=system("breach_sale_share", switches.fire_sale, 0.0),
        )  # fmt: skip

    def _secured(self, due: np.ndarray, balance: np.ndarray) -> dict[str, np.ndarray]:
        """Secured debt after the planned repayments, and its service, of the firms under covenants."""
        plan, eco = self.plan, self.plan.ecosystem
        holdings, links = plan.holdings, plan.links
        tested = eco.of_kind("operator", "vehicle")
        rank, borrower = holdings.rank[self.risky], holdings.borrower[self.risky]
        chosen = (rank == SECURED) & np.isin(borrower, tested)
        claims = np.unique(holdings.claim[self.risky][chosen])
        paid = np.isin(links.purpose, _DEBT_SERVICE) & np.isin(links.claim, claims)
        return {
            "secured_debt": row_sums(balance[chosen], borrower[chosen], len(eco)),
            "secured_service": row_sums(due[paid], links.debtor[paid], len(eco)),
        }

    def _covenants(self) -> tuple[np.ndarray, np.ndarray]:
        """Limits on secured borrowers; none during a covenant holiday that outlasts the horizon."""
        drawn, parameters, eco = self.plan.drawn, self.plan.parameters, self.plan.ecosystem
        loan = np.where(
            eco.has("covenant_ltv_limit")[:, None], drawn.stock("covenant_ltv_limit"),
            parameters.of("loan_to_value_limit"),
        )  # fmt: skip
        cover = np.where(
            eco.has("covenant_dscr_limit")[:, None], drawn.stock("covenant_dscr_limit"),
            parameters.of("service_cover_limit"),
        )  # fmt: skip
        untested = (drawn.stock("covenant_holiday_until") >= self.plan.quarters) | (not self.switches.covenants)
        return np.where(untested, _UNTESTED, loan), np.where(untested, -_UNTESTED, cover)

    def _value_floor(self) -> np.ndarray:
        """Equity value below which a bank or securitisation trust stops lending."""
        plan, eco = self.plan, self.plan.ecosystem
        loans = row_sums(plan.holdings.balance, plan.holdings.holder, len(eco))
        book = loans + plan.drawn.stock("outside_book")
        return np.where(
            np.isin(eco.market, ("BK", "ABS"))[:, None], plan.parameters.of("capital_requirement") * book, 0.0
        )

    def _cash_floor(self, franchise: np.ndarray) -> np.ndarray:
        """Cash that a lab needs to raise equity once the shock has made it cheap; 0 for all others."""
        plan, eco, parameters = self.plan, self.plan.ecosystem, self.plan.parameters
        links, outside = plan.links, plan.outside
        yearly = outside.revenue * 4.0 / plan.quarters
        cheap = parameters.of("closing_multiple") * yearly
        fallen = (franchise < cheap) & (self.problem.franchise >= cheap)
        own = links.priority < INVESTMENT
        burn = row_sums(links.amount[own], links.debtor[own], len(eco)) - outside.revenue - outside.other
        runway = parameters.of("closing_runway") / plan.quarters * np.maximum(0.0, burn)
        lab = np.isin(np.arange(len(eco)), eco.of_kind("ai_lab"))[:, None]
        return np.where(lab & fallen, runway, 0.0)

    def _at_rest(self) -> Settled:
        for _ in range(3 * self.problem.firms + 1):
            state = settle(self.problem, threads=self.threads)
            if not state.flags.any():
                return state
            self.problem = self._exempted(state)
        eco = self.plan.ecosystem
        failed = [eco.id[row] for row in np.flatnonzero(state.flags.any(axis=(0, 2)))]
        more = f" and {len(failed) - _NAMED} others" if len(failed) > _NAMED else ""
        raise BadInput(Fault(
            eco.name, f"planned payments that cannot be met by {', '.join(failed[:_NAMED])}{more}",
            "money or funding for all that a firm must pay without any shock",
        ))  # fmt: skip

    def _exempted(self, state: Settled) -> Problem:
        """Drop, or relax, the tests that failed without any shock; consequences of these may then pass."""
        problem = self.problem
        first = state.raised == 1
        backing = problem.collateral + problem.covered_assets  # at the price before any forced sale
        headroom = self.plan.parameters.of("covenant_headroom")
        links = problem.sale > 0
        sales = row_sums(problem.due[links], problem.creditor[links], problem.firms)
        with np.errstate(divide="ignore", invalid="ignore"):
            loan = np.where(first[1], problem.secured_debt / backing * (1.0 + headroom), problem.loan_to_value_limit)
            cover = (problem.income + sales) / problem.secured_service
            cover = np.where(first[1], cover - np.abs(cover) * headroom, problem.service_cover_limit)
        return replace(
            problem,
            principal=np.where(first[0], 0.0, problem.principal),
            loan_to_value_limit=loan,
            service_cover_limit=cover,
            value_floor=np.where(first[2], 0.0, problem.value_floor),
        )


def _by_claim(left: np.ndarray, claim: np.ndarray) -> np.ndarray:
    """What a strike leaves of each link or holding, by the claim it stands for; 1 where it stands for none."""
    return np.concatenate([left, np.ones((1, left.shape[1]))])[claim]  # -1 is the last row
