"""`Scenario`: a story, what is changed from the start, what strikes when, and which mechanisms are off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from abm.ecosystem import Ecosystem
from abm.errors import BadInput, Fault
from abm.scenario.checks import faults_in
from abm.scenario.kinds import KINDS
from abm.scenario.place import Place
from abm.scenario.shock import DatedShock
from abm.switches import BY_PARAMETER, OF_SETTLEMENT


@dataclass(frozen=True)
class Scenario:
    """What a run is told beside its ecosystem; see `docs/scenarios.md`.

    `parameters` maps addresses (`name`, `kind.name`, `FIRM.name`) to values that hold from the start, `switches`
    names of mechanisms (`abm.switches.SWITCHES`) to False where they are off. `places` says where each was read.
    """

    id: str
    title: str
    story: str = ""
    parameters: Mapping[str, float | np.ndarray] = field(default_factory=dict)
    shocks: tuple[DatedShock, ...] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def with_parameters(self, parameters: Mapping[str, float | np.ndarray]) -> Scenario:
        """The same story with these parameters from the start."""
        return replace(self, parameters={**self.parameters, **parameters})

    def resized(self, size: float | np.ndarray) -> Scenario:
        """The same story with another size, or one per world, of its first shock. Raises `BadInput`."""
        if not self.shocks or self.shocks[0].size is None:
            raise BadInput(Fault(self.id, "no shock with a size", "a scenario whose first shock has one"))
        low, high = np.min(size), np.max(size)
        shown = f"{low:g}" if low == high else f"{low:g}..{high:g}"
        first = replace(self.shocks[0], size=size)
        return replace(self, id=f"{self.id} at {shown}", shocks=(first, *self.shocks[1:]))

    def settlement_switches(self) -> dict[str, bool]:
        """Every switch of the settlement: False where it is off."""
        return {name: self.switches.get(name, True) for name in OF_SETTLEMENT}

    def changes(self) -> tuple[DatedShock, ...]:
        """Everything dated: its shocks, and from the first quarter on the parameters of mechanisms that are off."""
        off = [
            DatedShock("parameter", 1, value, who, parameter=name)
            for switch, (_, settings) in BY_PARAMETER.items()
            if not self.switches.get(switch, True)
            for address, value in settings.items()
            for who, _, name in [address.rpartition(".")]
        ]
        return (*off, *self.shocks)

    def settings(self, own: Mapping[str, float | np.ndarray] | None = None) -> dict[str, float | np.ndarray]:
        """Its parameters and the user's `own`, which win: address by address, and over all of them by a bare name."""
        own = dict(own or {})
        bare = {each.rpartition(".")[2] for each in own if each.rpartition(".")[0].casefold() in ("", "all")}
        kept = {each: value for each, value in self.parameters.items() if each.rpartition(".")[2] not in bare}
        return {**kept, **own}

    def check(self, ecosystem: Ecosystem) -> None:
        """Refuse what means nothing for `ecosystem`. Raises `BadInput` with every fault, its file and line."""
        faults = faults_in(self, ecosystem)
        if faults:
            raise BadInput(faults)

    def as_dict(self) -> dict:
        """Everything it says, in plain words and numbers."""
        said = ("what", "who", "parameter", "size", "factor", "at", "quarters", "shape")
        shocks = [
            {key: getattr(each, key) for key in said if getattr(each, key) not in (None, "")} for each in self.shocks
        ]
        for each in shocks:
            if not KINDS[each["what"]].lasts:
                del each["shape"]
        return {
            "id": self.id, "title": self.title, "story": self.story, "parameters": dict(self.parameters),
            "shocks": shocks, "switches": dict(self.switches),
        }  # fmt: skip
