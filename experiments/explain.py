"""Why a firm failed or survived: a chain in time order, made from the record of a run. Frames in, facts out."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas

from abm.chronicle import BREACHED, MADE, UNPAID, WORTHLESS
from abm.errors import BadInput, Fault, nearest, shown
from experiments.aftermath import aftermath, missed
from experiments.failures import causes, first_failures, median_row
from experiments.strain import bn, step, strain
from experiments.traced import Record

_HITS = 4  # told one by one
_DEPTH = 2  # levels of failed sources that are told
_SOURCES = 3
_TELLING = 0.1  # of the largest hit: the failures behind smaller ones are not told
_SMALLEST = 0.01  # USD bn: smaller hits are not told
_ORDER = ("before", "source", "hit")  # within a quarter
_TEXT = {
    "payments": "{source} does not pay it {amount} that was due",
    "orders": "{source} gives up orders of {amount}",
    "loans": "it loses {amount} that it lent to {source}",
    "stakes": "its stakes in {source} lose {amount}",
    "customers": "{source} is lost as a customer, with {amount} it had promised to pay",
}


@dataclass
class Case:
    """One firm in one world; `failures` are the first failures of that world by firm, `quarter` and `sweep` say until
    when hits count."""

    record: Record
    world: int
    firm: str
    events: pandas.DataFrame
    failures: pandas.DataFrame
    quarter: str
    sweep: int = 99
    seen: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, record: Record, world: int, firm: str, seen: set[str] | None = None) -> Case:
        """Up to the first failure of the firm, or to the end."""
        events = record.events[record.events["world"] == world]
        failures = first_failures(events).set_index("source")
        case = cls(record, world, firm, events, failures, record.quarters[-1], seen=(seen or set()) | {firm})
        if case.failed:
            case.quarter, case.sweep = failures.loc[firm, "quarter"], int(failures.loc[firm, "sweep"])
        return case

    @property
    def failed(self) -> bool:
        return self.firm in self.failures.index

    @property
    def cause(self) -> str:
        return str(self.failures.loc[self.firm, "claim"])

    def fell(self, firm: str, quarter: str) -> bool:
        """Whether another firm had failed by the end of `quarter`."""
        return firm in self.failures.index and self.failures.loc[firm, "quarter"] <= quarter

    def hits(self) -> pandas.DataFrame:
        """What others did to it: source, channel, first and last quarter, amount, largest first.

        New money that stays away in the quarter of its own failure is a consequence, unless who brings it had trouble
        of its own in that quarter.
        """
        events = self.events
        mine = events[(events["target"] == self.firm) & (events["source"] != self.firm) & (events["amount"] > 0.0)]
        mine = mine[(mine["quarter"] < self.quarter)
                    | ((mine["quarter"] == self.quarter) & (mine["sweep"] <= self.sweep))]  # fmt: skip
        if self.failed:
            now = events[(events["quarter"] == self.quarter) & (events["source"] == events["target"])]
            own = (mine["channel"] == "funding") & (mine["quarter"] == self.quarter)
            mine = mine[~own | mine["source"].isin(now["source"])]
        grouped = mine.groupby(["source", "channel"], sort=True)
        found = grouped.agg(first=("quarter", "min"), last=("quarter", "max"), amount=("amount", "sum")).reset_index()
        found = found[found["amount"] >= _SMALLEST]
        return found.sort_values("amount", ascending=False, kind="stable", ignore_index=True)


def explain(record: Record, who: str, world: int | None = None) -> dict:
    """Everything that is told of a firm, by id or name, in `world` (by default that of the median date of its failure,
    or of the hardest hits). Raises `BadInput` for a firm or world that the record does not have."""
    firm = _firm(record, who)
    first = first_failures(record.events)
    first = first[first["source"] == firm]
    case = Case.of(record, _world(record, firm, first, world), firm)
    summary = record.summary
    return {
        "firm": firm, **summary["firms"][firm],
        "ecosystem": summary["ecosystem"], "scenario": summary["scenario"], "changes": summary["changes"],
        "seed": summary["seed"], "first_quarter": record.quarters[0], "last_quarter": record.quarters[-1],
        "worlds": summary["worlds"], "worlds_kept": len(record.worlds), "worlds_failed": len(first),
        "worlds_failed_kept": int(first["world"].isin(record.worlds).sum()),
        "failures": {
            "earliest": first["quarter"].min(), "median": median_row(first)["quarter"],
            "latest": first["quarter"].max(), "causes": causes(first),
        } if len(first) else None,
        "world": case.world, "failed": case.quarter if case.failed else None,
        "chain": _failure(case) if case.failed else _survival(case),
        "note": summary["note"],
    }  # fmt: skip


def _firm(record: Record, who: str) -> str:
    firms = record.summary["firms"]
    known = {each.casefold(): firm for firm, said in firms.items() for each in (said["name"], firm)}
    if who.casefold() not in known:
        names = [*firms, *(each["name"] for each in firms.values())]
        raise BadInput(Fault("FIRM", shown(who), "a firm of the result, by id or name", nearest=nearest(who, names)))
    return known[who.casefold()]


def _world(record: Record, firm: str, first: pandas.DataFrame, asked: int | None) -> int:
    kept = record.worlds
    if asked is not None:
        if asked not in kept:
            expected = f"one of the {len(kept)} worlds whose hits are kept, {kept[0]} to {kept[-1]}"
            raise BadInput(Fault("--world", str(asked), expected))
        return asked
    there = first[first["world"].isin(kept)]
    if len(there):
        return int(median_row(there)["world"])
    return max(kept, key=lambda each: (Case.of(record, each, firm).hits()["amount"].sum(), -each))


# -- chains ------------------------------------------------------------------------------------------
def _failure(case: Case) -> list[dict]:
    series = case.record.of(case.world, case.firm)
    before = [] if case.cause == MADE else strain(series, case.quarter)
    steps = [*before, *_withheld(case), *_told(case), *_sources(case)]
    ends = step("failure", case.quarter, case.quarter, _verdict(case, series), cause=case.cause,
                missed=missed(case.events, case.firm, case.quarter))  # fmt: skip
    return [*_in_time(steps), ends, *aftermath(case, series)]


def _survival(case: Case) -> list[dict]:
    """Of a survivor: what weakened it until its worst quarter, what hit it, and how it stands at the end."""
    series, hits = case.record.of(case.world, case.firm), case.hits()
    pivot = hits["last"].iloc[0] if len(hits) else case.quarter
    steps = [*strain(series, pivot), *_withheld(case), *_told(case), *_sources(case)]
    cash, low = series["cash"].min(), series["cash"].idxmin()
    worth, money = float(series["firm_value"].iloc[-1]), float(series["cash"].iloc[-1])
    unhurt = "" if len(hits) else ", and nobody's failure or retreat has hit it"
    text = f"it stands, with cash of {bn(money)}" + (f" and equity worth {bn(worth)}" if worth > 0.0 else "")
    text += f"; its cash was lowest in {low}, at {bn(cash)}{unhurt}"
    ends = step("end", case.quarter, case.quarter, text, cash=money, worth=worth, lowest_cash=float(cash),
                lowest_cash_in=low)  # fmt: skip
    return [*_in_time(steps), ends]


def _in_time(steps: list[dict]) -> list[dict]:
    return sorted(steps, key=lambda each: (each["first"], _ORDER.index(each["part"]), each["last"]))


def _verdict(case: Case, series: pandas.DataFrame) -> str:
    """How it failed, and what it does not pay to whom."""
    unpaid = missed(case.events, case.firm, case.quarter)
    row = series.loc[case.quarter]
    if case.cause == MADE:
        return "it fails because the scenario says so"
    if case.cause == BREACHED:
        return "it fails: it breaks its covenants for the second quarter running, and its creditors call"
    owing = f"{bn(unpaid['amount'])} ({_list(unpaid['claims'])}) to {_list(unpaid['creditors'])}" if unpaid else ""
    if case.cause == UNPAID:
        why = "it fails: it misses what it must pay" + (f", {owing}" if owing else "")
        hit_now = (case.hits()["last"] == case.quarter).any()
        if row["breaches"] > 0 and case.sweep > 1 and not hit_now:  # nothing else happened in the sweeps before
            why += "; it had broken its covenants, so that no secured loan replaced those that fell due"
        return why
    if case.cause == WORTHLESS:
        due = f" while {bn(row['principal'])} of debt falls due" if row["principal"] > 0.0 else ""
        return f"it fails: its debts exceed all it has and earns{due}" + (f"; it stops paying {owing}" if owing else "")
    return f"it fails: {case.cause}"


def _list(parts: dict[str, float], most: int = 3) -> str:
    """The largest parts with their amounts."""
    named = [f"{name} {bn(amount)}" for name, amount in list(parts.items())[:most]]
    return ", ".join(named) + (f" and {len(parts) - most} more" if len(parts) > most else "")


# -- hits and those who dealt them ---------------------------------------------------------------------
def _told(case: Case) -> list[dict]:
    """The largest hits, the rest in one line, and in another all new money that did not come."""
    hits = case.hits()
    funding, hits = hits[hits["channel"] == "funding"], hits[hits["channel"] != "funding"]
    steps = [_hit(case, each) for each in hits.head(_HITS).to_dict("records")]
    rest = hits.iloc[_HITS:]
    if len(rest):
        firms = sorted(set(rest["source"]))
        who = f"{len(firms)} firms" if len(firms) > 1 else firms[0]
        text = f"other hits of {bn(rest['amount'].sum())} in all, from {who}"
        steps.append(step("hit", rest["first"].min(), rest["last"].max(), text, amount=float(rest["amount"].sum())))
    if len(funding):
        by = {str(each["source"]): float(each["amount"]) for each in funding.to_dict("records")}
        text = f"new money of {bn(sum(by.values()))} does not come: {_list(by)}"
        steps.append(step("hit", funding["first"].min(), funding["last"].max(), text, channel="funding",
                          amount=sum(by.values()), by=by))  # fmt: skip
    return steps


def _hit(case: Case, hit: dict) -> dict:
    fell = case.fell(hit["source"], hit["last"])
    source = hit["source"]
    if fell and case.failures.loc[source, "quarter"] < hit["last"]:
        source += f" (failed in {case.failures.loc[source, 'quarter']})"
    elif fell:
        source += ", which fails,"
    template = _TEXT.get(hit["channel"], "{source} costs it {amount} (" + hit["channel"] + ")")
    text = template.format(source=source, amount=bn(hit["amount"])).removesuffix(",")
    return step("hit", hit["first"], hit["last"], text, source=hit["source"], channel=hit["channel"],
                amount=float(hit["amount"]), source_had_failed=fell)  # fmt: skip


def _sources(case: Case, depth: int = _DEPTH) -> list[dict]:
    """Why those had failed that hit it, and those that had hit them."""
    steps = []
    hits = case.hits().head(_HITS)
    for hit in hits[hits["amount"] >= _TELLING * hits["amount"].max()].to_dict("records"):
        source = hit["source"]
        if len(steps) == _SOURCES or depth == 0:
            break
        if source in case.seen or not case.fell(source, hit["last"]):
            continue
        case.seen.add(source)
        other = Case.of(case.record, case.world, source, case.seen)
        deeper = _sources(other, depth - 1)
        case.seen |= other.seen
        after = f", after {deeper[-1]['firm']} had failed" if deeper else ""
        text = f"{source} fails: {other.cause}{after}"
        steps += [*deeper, step("source", other.quarter, other.quarter, text, firm=source, cause=other.cause)]
    return steps[:_SOURCES]


def _withheld(case: Case) -> list[dict]:
    """Quarters in which a lab that is cheap found no equity for lack of cash, or a lender had too little capital."""
    events = case.events
    mine = events[(events["channel"] == "withdrawal") & (events["source"] == case.firm)
                  & (events["quarter"] <= case.quarter)]  # fmt: skip
    if mine.empty:
        return []
    when = list(mine["quarter"].unique())
    times = f" in {len(when)} quarters" if len(when) > 1 else ""
    lender = case.record.summary["firms"][case.firm]["kind"] == "lender"
    why = "it has too little capital to lend" if lender else "it is cheap and short of cash, and new money stays away"
    text = why + times
    return [step("hit", when[0], when[-1], text, channel="withdrawal", quarters=when)]
