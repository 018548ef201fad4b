"""Systemic importance read off a network as it stands: DebtRank and intercentrality, networkx in, pandas out.

A graph has an edge from whoever holds a claim to whoever owes it, `amount` in USD bn, and on each node its `net_worth`,
which absorbs losses. Matrices are dense: meant for up to some thousand firms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from abm.errors import BadInput, Fault, shown
from abm.words import part_of

if TYPE_CHECKING:
    import networkx
    import pandas

_STILL = 1e-14  # relative loss in a round below which distress has ended
_ROUNDS = 100_000


def leverage(graph: networkx.Graph, net_worth: str = "net_worth", amount: str = "amount") -> np.ndarray:
    """What i holds of j as a part of i's net worth, `(nodes, nodes)`; 0 where i has no net worth to lose."""
    import networkx

    held = networkx.to_numpy_array(graph, weight=amount)  # parallel edges add up
    own = np.maximum(_of_nodes(graph, net_worth), 0.0)
    return part_of(held, np.broadcast_to(own[:, None], held.shape))


def debtrank(
    graph: networkx.Graph, shock: Mapping[object, float], *, single_hit: bool = False, net_worth: str = "net_worth",
    amount: str = "amount",
) -> pandas.DataFrame:  # fmt: skip
    """Part of its net worth that each node loses once distress has run its course; a claim loses what its debtor does.

    `shock` maps nodes to the part they lose at first (1 = all: they fail). Losses go on until nothing moves (Bardoscia
    et al. 2015) or, with `single_hit`, each node passes distress on once, in the round after it is first hit (Battiston
    et al. 2012). A row a node: `shock`, `part`, and `loss` in USD bn. Raises `BadInput`.
    """
    import pandas

    unknown = [each for each in shock if each not in graph]
    if unknown:
        raise BadInput(Fault("shock", shown(unknown[0]), "nodes of the graph"))
    first = np.minimum(np.array([shock.get(each, 0.0) for each in graph], float), 1.0)
    pull = leverage(graph, net_worth, amount)
    part = _once(first, np.minimum(pull, 1.0)) if single_hit else _until_still(first, pull)
    own = np.maximum(_of_nodes(graph, net_worth), 0.0)
    return pandas.DataFrame({"shock": first, "part": part, "loss": part * own}, index=pandas.Index(graph, name="firm"))


def _until_still(first: np.ndarray, pull: np.ndarray) -> np.ndarray:
    part, new = first, first
    for _ in range(_ROUNDS):
        after = np.minimum(part + pull @ new, 1.0)
        part, new = after, after - part
        if new.max(initial=0.0) <= _STILL:
            break
    return part


def _once(first: np.ndarray, pull: np.ndarray) -> np.ndarray:
    part, active, waiting = first, first > 0.0, first <= 0.0
    while active.any():
        part = np.minimum(part + pull @ np.where(active, part, 0.0), 1.0)
        active = waiting & (part > 0.0)
        waiting = waiting & ~active
    return part


def knockouts(graph: networkx.Graph, firms=None, **how) -> pandas.DataFrame:
    """What the others lose, by `debtrank`, when each of `firms` (all nodes) fails alone, in USD bn; a row a firm."""
    import pandas

    chosen = list(graph) if firms is None else list(firms)
    lost = [debtrank(graph, {each: 1.0}, **how)["loss"].drop(each).sum() for each in chosen]
    return pandas.DataFrame({"lost_by_others": lost}, index=pandas.Index(chosen, name="firm"))


def intercentrality(graph: networkx.Graph, decay: float, weights: np.ndarray | None = None) -> pandas.DataFrame:
    """Katz-Bonacich centrality, and what all of it together loses when a node is taken out (Ballester et al. 2006).

    With `N = (1 - decay G)^-1` the `katz` of a node is the sum of its column, the walks that end in it: the holder of a
    claim adds to its debtor. `intercentrality` is exactly the drop of the sum of N. G is the graph, weighted by
    `amount` where edges have it, or `weights` in the order of its nodes. Raises `BadInput` where decay times the
    spectral radius of G is not below 1: walks would add up to infinity.
    """
    import networkx
    import pandas

    matrix = networkx.to_numpy_array(graph, weight="amount") if weights is None else weights
    radius = spectral_radius(matrix)
    if not 0.0 <= decay * radius < 1.0:
        raise BadInput(Fault("decay", shown(decay), f"not below zero, and below {1.0 / radius:.6g}"))
    walks = np.linalg.inv(np.eye(len(matrix)) - decay * matrix)
    into, out_of = walks.sum(axis=0), walks.sum(axis=1)
    drop = into * out_of / np.diag(walks)
    return pandas.DataFrame({"katz": into, "intercentrality": drop}, index=pandas.Index(graph, name="firm"))


def spectral_radius(matrix: np.ndarray) -> float:
    """The largest absolute eigenvalue; 0 of an empty matrix."""
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))


def _of_nodes(graph: networkx.Graph, name: str) -> np.ndarray:
    missing = [each for each, value in graph.nodes(data=name) if value is None]
    if missing:
        raise BadInput(Fault("graph", f"no {name} of {shown(missing[0])}", f"{name} of every node"))
    return np.array([value for _, value in graph.nodes(data=name)], float)
