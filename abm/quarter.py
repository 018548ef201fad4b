"""The quarter, as a script: its order is the theory.

Agents read and propose; markets clear; the ledger posts; kernels compute. Every decision of a phase sees the same
opening snapshot, because plans and balances are different columns: the order of agents cannot change a result.
"""

from __future__ import annotations

import numpy as np

from abm import clearing, closing, identities, margining, resolution, statement
from abm.agents import CLASSES, Firm
from abm.drawn import Drawn
from abm.ecosystem.vocabulary import KINDS
from abm.errors import BadInput, Fault
from abm.living import Living, check_alive
from abm.markets import chips, compute, construction, demand, equity, funding, operations, planning
from abm.metrics import Circle
from abm.potential import potential_claims
from abm.results import Recorder
from abm.standing import opening_capital_ratio
from abm.words import part_of


class Quarter:
    """What an `EcosystemModel` does in a quarter. It expects `living`, `ledger`, `parameters`, `ecosystem`."""

    def step(self) -> None:
        """One quarter, in every world. Raises `LedgerBreach` where an accounting identity does not hold."""
        if self.living is None:
            self.begin()
        self.living.economy.advance()  # the calendar, hardware progress, the luck of the world
        demand.grow(self)  # end users spend
        chips.receivables_due(self)  # last quarter's invoices
        compute.fall_due(self)  # what was promised for this quarter
        margining.call(self)  # and what custodians ask for it
        self.ledger.record("training_plan", self.ask("plan_training", "ai_lab"))
        compute.clear(self)  # promises first, then own use, then what is free
        operations.run(self)  # what running costs, and the business outside the sector
        operations.serve_debt(self)  # interest, principal, rent
        operations.assess(self)  # margins, tax, subsidy
        planning.measure(self)  # builders look at fleet, work under way, debt
        planning.plan(self)  # capex, rounds, budgets: what each would do
        funding.assess(self)  # own money, and what is asked of others
        equity.invest(self)  # suppliers fund their customers: the circle closes here
        funding.clear(self)  # facilities, bonds, private credit, banks: none absorbs it all
        chips.clear(self)  # orders and shipments
        construction.order(self)  # and sites
        clearing.clear(self)  # who cannot pay, and whom that brings down
        construction.build(self)  # sites, power, machines into service
        compute.sign(self)  # labs promise for later
        closing.settle(self)  # everything planned is paid
        closing.accrue(self)  # machines age; stranded value shows
        resolution.resolve(self)  # who failed is reorganised or wound up
        closing.mark(self)  # stakes and labs are valued
        closing.learn(self)  # expectations, prices, confidence
        statement.record(self)  # through what everybody's net worth changed
        self.worst_residual = max(self.worst_residual, self.ledger.check(), identities.check(self))
        self.recorder.record(self)

    def begin(self) -> None:
        """Make room for all claims that may arise, and fill what the quarters carry; `step` does so if nobody has.

        Raises `BadInput` for an ecosystem that says too little to live.
        """
        eco, worlds = self.ecosystem, self.world_numbers
        check_alive(eco)
        drawn = Drawn(eco, worlds if self.draw_assumed else None, self.seed)
        self.ledger = self.ledger.with_room_for(potential_claims(eco, self.ledger.claims.id))
        self.living = Living(drawn, self.parameters, self.ledger, worlds, self.seed)
        self.circle = Circle(self.living)
        self.deciders = self._gather_deciders(self.own_agents)
        bound = np.isin(np.array(eco.market), ("BK", "ABS"))[:, None]
        self.bound_by_capital = np.array(np.broadcast_to(bound, (len(eco), len(worlds))), np.float64)
        self.states_vendor_equity = bool(eco.has("vendor_equity_allowed").any())
        self.living.switches |= self.switches
        self.living.health.capital_ratio = opening_capital_ratio(self)
        self.opened = identities.snapshot(self)
        self.worst_residual, self.recorder = 0.0, Recorder()

    def _live_on_in(self, twin: Quarter) -> None:
        """Give `twin` this model's state, in arrays of its own."""
        twin.living = self.living.fork(twin.parameters)
        twin.circle = self.circle.fork(twin.living)
        twin.deciders = twin._gather_deciders(twin.own_agents)
        twin.opened = self.opened
        twin.bound_by_capital, twin.states_vendor_equity = self.bound_by_capital, self.states_vendor_equity
        twin.worst_residual, twin.recorder = self.worst_residual, Recorder()

    def network_metrics(self) -> dict[str, np.ndarray]:
        """Measures of the circle at the end of a quarter, `(worlds,)` each."""
        return self.circle.measures(self)

    # -- agents that decide ------------------------------------------------------------------------
    def ask(self, rule: str, *kinds: str) -> np.ndarray:
        """What the firms of `kinds` answer, `(firms, worlds)`; zero for all others."""
        answers = np.zeros((len(self.ecosystem), self.ledger.worlds))
        for kind in kinds:
            for agent in self.deciders[kind]:
                answers[agent.rows] = getattr(agent, rule)()
        # Who was wound up plans nothing.
        return answers * self.living.health.alive if self.living.health.any_dead else answers

    def _gather_deciders(self, agents: dict[str, type[Firm]]) -> dict[str, list[Firm]]:
        """Views of whole runs of rows that share one class; a firm with its own class answers for itself."""
        own = {int(row): each for who, each in agents.items() for row in self.ecosystem.rows(who)}
        for row, each in own.items():
            kind = KINDS[self.ecosystem.kind[row]]
            if not (isinstance(each, type) and issubclass(each, CLASSES[kind])):
                found = f"{getattr(each, '__name__', each)} for {self.ecosystem.id[row]}"
                raise BadInput(Fault("agents", found, f"a class derived from {CLASSES[kind].__name__}"))
        found: dict[str, list[Firm]] = {}
        for kind in KINDS:
            found[kind] = []
            rows = self.ecosystem.of_kind(kind)
            start = None
            for row in rows.tolist():
                if row in own:
                    if start is not None:
                        found[kind].append(CLASSES[kind].over(self, slice(start, row)))
                        start = None
                    found[kind].append(own[row].over(self, slice(row, row + 1)))
                elif start is None:
                    start = row
            if start is not None:
                found[kind].append(CLASSES[kind].over(self, slice(start, int(rows[-1]) + 1)))
        return found

    # -- what rules ask of the whole ---------------------------------------------------------------
    def rivals_pace(self) -> np.ndarray:
        """Of each hyperscaler: the largest capex per fleet among the others, last quarter, `(firms, worlds)`."""
        rows = self.ecosystem.of_kind("hyperscaler")
        fleet = self.ledger.column("fleet_value")[rows]
        usual = self.parameters.shared("chip_share_of_capex", 1.0)
        built = self.ledger.column("capex_budget")[rows] * self.ledger.column("chip_part")[rows] / usual
        pace = part_of(built, fleet)
        result = np.zeros((len(self.ecosystem), self.ledger.worlds))
        for place, row in enumerate(rows):
            others = np.delete(pace, place, axis=0)
            result[row] = others.max(axis=0, initial=0.0)
        return result

    def market_spread(self, market: str) -> np.ndarray:
        """Spread of a market before anything about the borrower, `(worlds,)`: calm level, pressure of issues."""
        lenders = self.living.debts.lenders[market]
        calm = self.ledger.column("base_spread")[lenders[0]] if lenders.size else np.zeros(self.ledger.worlds)
        used = self.living.use.get(market, 0.0)
        pressed = calm + self.parameters.system("spread_per_absorption") * used * used
        return pressed + self.living.spread_added[market]

    def market_quote(self, market: str) -> np.ndarray:
        """What each firm would pay over the base rate in a market, `(firms, worlds)`."""
        own = self.ledger.column("spread_plan") - self.ledger.column("base_spread_of_market")
        quote = own + self.market_spread(market)
        if market == "PC":  # loans secured on chips cost clouds more than notes backed by a giant's lease
            clouds = np.zeros((len(self.ecosystem), 1), bool)
            clouds[self.living.self_funded] = True
            lenders = self.living.debts.lenders["PC"]
            extra = self.parameters.shared("gpu_loan_spread", 0.0)
            calm = self.ledger.column("base_spread")[lenders[0]] if lenders.size else 0.0
            quote = quote + np.where(clouds, np.maximum(0.0, extra - calm), 0.0)
        return quote
