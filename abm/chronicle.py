"""What happened to whom in a run: failures with their causes in every world, and every hit in the first worlds.

One row an event: world, quarter, sweep, channel, claim, source, target, amount. The hit travels from `source` to
`target`; a cascade runs mostly between quarters, so order by quarter first and sweep then. Channels: "orders" given up,
"payments" missed, "funding" that did not come, "loans" and "stakes" lost, "customers" that leave, and what befell a
firm itself, with its worth in place of a loss: "default" (`claim` is its cause), "covenant", "withdrawal",
"reorganised", "wound up".
"""

from __future__ import annotations

import numpy as np

from abm.links import PURPOSES
from cython_ext import FLAGS, HARD

FULL_WORLDS = 64  # worlds whose hits are kept one by one
SMALLEST = 0.001  # USD bn: hits below this are left out
COLUMNS = ("world", "quarter", "sweep", "channel", "claim", "source", "target", "amount")

MADE, UNPAID, WORTHLESS, BREACHED = (
    "made to fail", "missed what it must pay", "no worth left while debt falls due", "second breach of its covenants",
)  # fmt: skip


class Chronicle:
    """Collects events as numbers; `frame` names them."""

    def __init__(self):
        self.rows: list[tuple] = []

    def add(self, quarter: int, sweep, channel: str, claim, source, target, amount, worlds, *, always=False) -> None:
        """Note `amount` (k, worlds) where it matters, in the first worlds, or `always`; `claim` (k,) are names,
        `sweep` (k, worlds) or one number."""
        amount = np.atleast_2d(amount)
        chosen = (np.abs(amount) > SMALLEST) | always
        if not always:
            chosen = chosen & (worlds < FULL_WORLDS)
        place, column = np.nonzero(chosen)
        if place.size:
            count = place.size
            sweeps = np.broadcast_to(sweep, amount.shape)[place, column]
            names = np.broadcast_to(np.asarray(claim, object), amount.shape[:1])[place]
            rows = (np.broadcast_to(np.asarray(each), amount.shape[:1])[place] for each in (source, target))
            self.rows.append((worlds[column], np.full(count, quarter), sweeps, np.full(count, channel, object), names,
                              *rows, amount[place, column]))  # fmt: skip

    def fork(self) -> Chronicle:
        """The same events so far."""
        twin = Chronicle()
        twin.rows = list(self.rows)
        return twin

    def frame(self, ecosystem, worlds, quarters: list[str]):
        """All events as a pandas frame, by world, quarter, sweep and size."""
        import pandas

        if not self.rows:
            return pandas.DataFrame(columns=list(COLUMNS))
        columns = [np.concatenate(each) for each in zip(*self.rows, strict=True)]
        frame = pandas.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
        size = frame["amount"].abs()
        frame = frame.assign(size=-size).sort_values(["world", "quarter", "sweep", "size"], kind="stable")
        ids = np.array(ecosystem.id, object)
        frame["source"], frame["target"] = ids[frame["source"].to_numpy()], ids[frame["target"].to_numpy()]
        frame["quarter"] = np.array(quarters, object)[frame["quarter"].to_numpy() - 1]
        frame["world"] = np.asarray(worlds)[frame["world"].to_numpy()]
        return frame[list(COLUMNS)].reset_index(drop=True)


def note_loop(model, planned: np.ndarray) -> None:
    """What the loop of this quarter did: flags with their causes, payments missed, purchases and funding given up.
    `planned` are the amounts of all links in the worlds of the loop."""
    living, loop = model.living, model.living.now.loop
    quarter, worlds, problem, state = living.economy.quarter, loop.worlds, loop.problem, loop.state
    note = living.chronicle.add
    forced, short = living.forced_default[:, worlds], state.missed > 0
    for flag, name in enumerate(FLAGS):
        rose = state.flags[flag] > 0
        causes = ((MADE, forced), (UNPAID, ~forced & short), (WORTHLESS, ~forced & ~short)) if name == "default" else (
            (name, np.ones_like(rose)),)  # fmt: skip
        for cause, where in causes:
            for row in np.flatnonzero((rose & where).any(axis=1)):
                there = np.flatnonzero(rose[row] & where[row] & ((name == "default") | (worlds < FULL_WORLDS)))
                note(quarter, state.raised[flag, row, there][None], name, [cause], [row], [row],
                     state.value[row, there][None], worlds[there], always=True)  # fmt: skip
    first = int(np.searchsorted(worlds, FULL_WORLDS))  # of others no hits are kept
    lost, worlds = planned[loop.links, :first] - loop.paid[:, :first], worlds[:first]
    purposes = np.array(PURPOSES, object)[living.payment_purpose[loop.links]]
    # A hit comes in the sweep in which its source was flagged, or in the first.
    sweep = np.maximum(1, np.max(state.raised[..., :first], axis=0))
    hard, funds = problem.priority < HARD, problem.gate > 0
    for channel, chosen in (("payments", hard), ("orders", ~hard & ~funds)):
        rows = np.flatnonzero(chosen)
        note(quarter, sweep[problem.debtor[rows]], channel, purposes[rows], problem.debtor[rows],
             problem.creditor[rows], lost[rows], worlds)  # fmt: skip
    rows = np.flatnonzero(funds)
    late = np.maximum(sweep[problem.debtor[rows]], sweep[problem.creditor[rows]])
    note(quarter, late, "funding", purposes[rows], problem.debtor[rows], problem.creditor[rows], lost[rows], worlds)
