"""What is drawn as one disc: a firm, or the members of a split group together."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS

_LINE = 20  # characters of a label's line


@dataclass(frozen=True)
class Nodes:
    """Discs in the order of the firms. `of[row]` is the disc of a firm, -1 if it is not drawn."""

    name: tuple[str, ...]
    kind: tuple[str, ...]
    of: np.ndarray

    def __len__(self) -> int:
        return len(self.name)

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values` (firms,) by disc."""
        drawn = self.of >= 0
        return np.bincount(self.of[drawn], values[drawn], len(self)).astype(np.float64)


def fold(ecosystem: Ecosystem, drawn: np.ndarray) -> Nodes:
    """One disc a group of the `drawn` firms (bool by row); firms that were never split are their own group."""
    found: dict[tuple[str, int], list[int]] = {}
    for row in np.flatnonzero(drawn):
        found.setdefault((ecosystem.group[row], int(ecosystem.kind[row])), []).append(int(row))
    of = np.full(len(ecosystem), -1)
    for place, members in enumerate(found.values()):
        of[members] = place
    return Nodes(
        name=tuple(_name(ecosystem, group, members) for (group, _), members in found.items()),
        kind=tuple(KINDS[kind] for _, kind in found),
        of=of,
    )


def _name(ecosystem: Ecosystem, group: str, members: list[int]) -> str:
    if members == [ecosystem.rest_of_world]:
        return f"End users and {ecosystem.title[members[0]].lower()}"
    if len(members) == 1:
        return ecosystem.title[members[0]]
    titles = [ecosystem.title[each] for each in members]
    same = [len(set(letters)) == 1 for letters in zip(*titles, strict=False)]
    shared = titles[0][: [*same, False].index(False)]
    return re.sub(r"[\s\d_-]+$", "", shared) or group


def wrapped(name: str) -> str:
    """A name in at most two lines of similar length, cut where even that is too long."""
    if len(name) <= _LINE - 4:
        return name
    words = name.split(" ")
    splits = [(" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words))] or [(name, "")]
    lines = min(splits, key=lambda pair: max(map(len, pair)))
    return "\n".join(line if len(line) <= _LINE + 2 else line[: _LINE + 1] + "…" for line in lines if line)
