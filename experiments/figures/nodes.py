"""What is drawn as one disc: a firm, or the members of a split group together."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from abm.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import KINDS
from experiments.figures.palette import KIND_NAMES
from experiments.figures.words import lines

# Firms of a kind with a disc of their own where firms are many: as many as have room for a label.
_ALONE = {"hyperscaler": 7, "operator": 9, "chipmaker": 6, "ai_lab": 5, "vehicle": 5, "lender": 8, "government": 3,
          "rest_of_world": 1}  # fmt: skip
_LINE, _SHORT = 20, 14  # characters of a label's line, and of one in a column of print


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


def fold(ecosystem: Ecosystem, drawn: np.ndarray, size: np.ndarray | None = None) -> Nodes:
    """One disc a group of the `drawn` firms (bool by row); firms that were never split are their own group.

    With `size` (firms,) only the largest of a crowded kind stand alone, and the rest of it is one disc, its last.
    """
    found: dict[tuple[str, int], list[int]] = {}
    for row in np.flatnonzero(drawn):
        found.setdefault((ecosystem.group[row], int(ecosystem.kind[row])), []).append(int(row))
    discs = [(_name(ecosystem, group, members), kind, members) for (group, kind), members in found.items()]
    if size is not None:
        discs = [each for kind in range(len(KINDS)) for each in _largest(discs, kind, size)]
    of = np.full(len(ecosystem), -1)
    for place, (*_, members) in enumerate(discs):
        of[members] = place
    return Nodes(tuple(name for name, *_ in discs), tuple(KINDS[kind] for _, kind, _ in discs), of)


def _largest(discs: list[tuple], kind: int, size: np.ndarray) -> list[tuple]:
    """The discs of a kind in their order: all of them, or the largest and then the others as one."""
    mine, most = [each for each in discs if each[1] == kind], _ALONE[KINDS[kind]]
    if len(mine) <= most + 1:
        return mine
    ranked = sorted(range(len(mine)), key=lambda place: (-size[mine[place][2]].sum(), place))
    others = [row for place in ranked[most:] for row in mine[place][2]]
    return [mine[place] for place in sorted(ranked[:most])] + [
        (f"{len(ranked) - most} other {KIND_NAMES[KINDS[kind]].lower().replace('ai ', 'AI ')}", kind, others)
    ]


def _name(ecosystem: Ecosystem, group: str, members: list[int]) -> str:
    if members == [ecosystem.rest_of_world]:
        return f"End users and {ecosystem.title[members[0]].lower()}"
    if len(members) == 1:
        return ecosystem.title[members[0]]
    titles = [ecosystem.title[each] for each in members]
    same = [len(set(letters)) == 1 for letters in zip(*titles, strict=False)]
    shared = titles[0][: [*same, False].index(False)]
    return re.sub(r"[\s\d_-]+$", "", shared) or group


def wrapped(name: str, columns: int = 2) -> str:
    """A name in at most two lines of similar length, cut where even that is too long; in one column in short lines."""
    if columns == 1:
        return lines(name, _SHORT, 3)
    if len(name) <= _LINE - 4:
        return name
    words = name.split(" ")
    splits = [(" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words))] or [(name, "")]
    halves = min(splits, key=lambda pair: max(map(len, pair)))
    return "\n".join(half if len(half) <= _LINE + 2 else half[: _LINE + 1] + "…" for half in halves if half)
