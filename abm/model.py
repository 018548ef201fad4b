"""`EcosystemModel`: the opening network as a Mesa model, all worlds in one.

`model.agents` are firms with array-valued attributes, one value a world; `model.world(17)` is a small
Mesa model of plain numbers, on which Mesa's verbs, its DataCollector and SolaraViz work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import mesa
import networkx
import numpy as np

from abm.agents import CLASSES, Firm
from abm.drawn import Drawn
from abm.ecosystem import Ecosystem, load
from abm.ecosystem.vocabulary import KINDS
from abm.errors import BadInput, Fault, nearest, shown
from abm.ledger import Ledger
from abm.opening import open_ledger
from abm.parameters import Parameters
from abm.quarter import Quarter
from abm.settlement import Switches
from abm.shocks import Shock
from abm.stress_result import StressResult
from abm.stress_testing import check_whole, stress


class EcosystemModel(Quarter, mesa.Model):
    """An ecosystem, its ledger, its parameters and its agents, in `worlds` worlds; `step()` is one quarter.

    `parameters` maps addresses (`name`, `kind.name`, `FIRM.name`) to numbers or arrays over worlds;
    with `draw_assumed` each world draws the opening numbers graded assumed. `agents` maps firms to classes of
    their own, whose rules they follow; `switches` maps mechanisms of the settlement (`abm.switches.OF_SETTLEMENT`) to
    False where they are off. Worlds are numbered from `first_world`: world 17 is the same world in every
    model. The opening identities are checked at birth. Raises `BadInput` for input that means nothing.
    """

    def __init__(
        self,
        ecosystem: Ecosystem | str | Path = "ai_2026",
        *,
        worlds: int = 1,
        seed: int = 1,
        parameters: Mapping[str, float | np.ndarray] | None = None,
        draw_assumed: bool = False,
        agents: Mapping[str, type[Firm]] | None = None,
        first_world: int = 0,
        switches: Mapping[str, bool] | None = None,
    ):
        seed = check_whole("seed", seed, 0, "a whole number not below zero")
        worlds = check_whole("worlds", worlds, 1, "a whole number of worlds, at least 1")
        first_world = check_whole("first_world", first_world, 0, "a whole number not below zero")
        super().__init__(rng=seed)
        self.ecosystem = ecosystem if isinstance(ecosystem, Ecosystem) else load(ecosystem)
        self.worlds, self.seed, self.draw_assumed = worlds, seed, draw_assumed
        self.world_numbers = list(range(first_world, first_world + worlds))
        self.own_agents, self.switches = dict(agents or {}), dict(switches or {})
        self.living = None  # until the first quarter
        self.parameters = Parameters(self.ecosystem, parameters, worlds)
        self._worlds: dict[int, WorldModel] = {}
        drawn = Drawn(self.ecosystem, self.world_numbers if draw_assumed else None, seed)
        self.ledger = open_ledger(drawn, self.parameters).widened(worlds)
        self.ledger.check()
        _register(self)

    def firm(self, who: str) -> Firm:
        """The agent of one firm, by id or name in any case. Raises `BadInput`."""
        rows = self.ecosystem.rows(who)
        if rows.size != 1:
            raise ValueError(f"{who!r} stands for {rows.size} firms; use model.kind, or a member's id")
        return self._by_row[int(rows[0])]

    def kind(self, kind: str) -> Firm:
        """One agent for all firms of a kind: its attributes are `(firms, worlds)`. Raises `BadInput`."""
        eco, name = self.ecosystem, kind.casefold()
        kinds = [KINDS[each] for each in np.unique(eco.kind)]
        if name not in kinds:
            expected = "a kind of firm of this ecosystem: " + ", ".join(kinds)
            raise BadInput(Fault(eco.name, shown(kind), expected, nearest=nearest(kind, kinds)))
        rows = eco.of_kind(name)
        return CLASSES[name].over(self, slice(int(rows[0]), int(rows[-1]) + 1))

    def world(self, number: int) -> WorldModel:
        """One world as a small Mesa model of plain numbers. Raises `IndexError`."""
        if not 0 <= number < self.worlds:
            raise IndexError(f"world {number}: expected 0 to {self.worlds - 1}")
        if number not in self._worlds:
            self._worlds[number] = WorldModel(self, number)
        return self._worlds[number]

    def window(self, column: np.ndarray, rows: int | slice) -> np.ndarray:
        """What an agent of these rows sees of a column: all worlds."""
        return column[rows]

    def assign(self, rows: int | slice, name: str, value: float | np.ndarray) -> None:
        """Set a parameter of these rows: a number, or one per world. Raises `BadInput`."""
        self.parameters.assign(rows, name, value)

    def fork(self) -> EcosystemModel:
        """The same model with its own ledger and parameters: what happens to one does not touch the other."""
        twin = EcosystemModel(
            self.ecosystem, worlds=self.worlds, seed=self.seed, draw_assumed=self.draw_assumed,
            agents=self.own_agents, first_world=self.world_numbers[0], switches=self.switches,
        )  # fmt: skip
        twin.ledger = self.ledger.fork()
        twin.parameters = self.parameters.fork()
        if self.living is not None:
            self._live_on_in(twin)
        return twin

    def stress(self, shocks: Sequence[Shock | str] | Shock | str, *, quarters: int = 4,
               switches: Switches | None = None, threads: int = 1) -> StressResult:  # fmt: skip
        """Strike the opening network of this model's worlds; the model itself stays as it is."""
        return stress(
            self.ecosystem, shocks, quarters=quarters, worlds=self.world_numbers, seed=self.seed,
            draw_assumed=self.draw_assumed, parameters=self.parameters.settings, switches=switches, threads=threads,
        )  # fmt: skip

    def graph(self, world: int = 0) -> networkx.MultiDiGraph:
        """The claims of one world as a networkx graph: edge key = claim id, `layer`, `amount` in USD bn."""
        graph = networkx.MultiDiGraph(name=self.ecosystem.name, world=world)
        for row, firm in enumerate(self.ecosystem.id):
            agent = self.world(world).agents_by_row[row]
            graph.add_node(firm, kind=agent.kind, name=agent.title, net_worth=agent.net_worth, cash=agent.cash)
        claims, amounts = self.ledger.claims, self.ledger.amounts[:, world]
        for place, claim in enumerate(claims.id):
            if amounts[place] != 0.0:
                graph.add_edge(
                    self.ecosystem.id[claims.holder[place]], self.ecosystem.id[claims.debtor[place]],
                    key=claim, layer=str(claims.layer[place]), amount=float(amounts[place]),
                )  # fmt: skip
        return graph

    def release(self) -> None:
        """Let go of this model. Mesa before 3.5 keeps every model it has seen alive; call this when done."""
        for model in (*self._worlds.values(), self):
            getattr(mesa.Agent, "_ids", {}).pop(model, None)


class WorldModel(mesa.Model):
    """One world of an `EcosystemModel`: the same agent classes, plain numbers."""

    def __init__(self, whole: EcosystemModel, number: int):
        super().__init__(rng=whole.seed)
        self.whole, self.number = whole, number
        self.ecosystem = whole.ecosystem
        _register(self)

    @property
    def ledger(self) -> Ledger:
        return self.whole.ledger

    @property
    def parameters(self) -> Parameters:
        return self.whole.parameters

    @property
    def agents_by_row(self) -> list[Firm]:
        return self._by_row

    def window(self, column: np.ndarray, rows: int) -> float:
        """What an agent of this row sees of a column: its number in this world."""
        return float(column[rows, self.number])

    def assign(self, rows: int | slice, name: str, value: float) -> None:
        """Set a parameter of these rows in this world; other worlds keep theirs. Raises `BadInput`."""
        self.parameters.assign(rows, name, value, world=self.number)


def _register(model: EcosystemModel | WorldModel) -> None:
    """One agent a firm, in the order of the rows."""
    eco = model.ecosystem
    model._by_row = [CLASSES[KINDS[kind]](model, row) for row, kind in enumerate(eco.kind)]
