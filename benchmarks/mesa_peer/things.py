"""What firms have between them: links of trade, promises, terms of loans; and the sites machines stand in."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, inf


@dataclass(eq=False, slots=True)
class ComputeLink:
    """`share` of a buyer's need goes to a provider; `mix` is the part that must run on frontier machines."""

    buyer: object
    provider: object
    group: str
    share: float
    mix: float
    promises: list = field(default_factory=list)
    wanted: float = 0.0


@dataclass(eq=False, slots=True)
class Promise:
    """Compute promised: dollars `due` and the throughput they buy, by quarter; `share` of what its customer signs."""

    customer: object
    provider: object
    mix: float
    share: float
    due: dict[int, float]
    units: dict[int, float]
    arrears: float = 0.0
    arrears_units: float = 0.0
    due_now: float = 0.0
    units_now: float = 0.0

    def fall_due(self, quarter: int, catch_up: float) -> None:
        late, late_units = self.arrears * catch_up, self.arrears_units * catch_up
        self.due_now = self.due.pop(quarter, 0.0) + late
        self.units_now = self.units.pop(quarter, 0.0) + late_units
        self.arrears -= late
        self.arrears_units -= late_units

    def deliver(self, part: float) -> None:
        """What is not delivered waits."""
        self.arrears += self.due_now * (1.0 - part)
        self.arrears_units += self.units_now * (1.0 - part)

    def sign(self, quarters: range, dollars: float, units: float) -> None:
        if dollars > 0.0:
            for each in quarters:
                self.due[each] = self.due.get(each, 0.0) + dollars
                self.units[each] = self.units.get(each, 0.0) + units


@dataclass(eq=False, slots=True)
class ChipLink:
    """`share` of a buyer's chips come from a seller; `invoice` is what is still to be paid."""

    buyer: object
    seller: object
    share: float
    on_account: float
    invoice: float
    late: float = 0.0
    wanted: float = 0.0
    delivered: float = 0.0


@dataclass(frozen=True, slots=True)
class Lease:
    lessee: object
    lessor: object
    due: list[float]


@dataclass(eq=False, slots=True)
class Backstop:
    """Who promised to buy what a cloud does not sell."""

    by: object
    of: object
    start: float
    end: float
    left: float
    honoured: float


@dataclass(frozen=True, slots=True)
class Terms:
    """When a loan is repaid: `linear` or as a `bullet` until `term`, or at a `pace` per quarter."""

    kind: str
    pace: float = 0.0
    first: float = 1.0
    term: float = inf

    def due_share(self, quarter: int) -> float:
        left = self.term - quarter + 1.0
        if self.kind == "bullet":
            return 1.0 if left <= 1.0 else 0.0
        if self.kind == "linear":
            if left < 1.0:
                return 1.0
            return 1.0 / left if quarter >= self.first else 0.0
        return self.pace


class Site:
    """Data centres of one owner in one region: sites under way, power, machines by age (newest first)."""

    def __init__(self, city, region: str, share: float, *, power: float, idle: float, queue: list[float],
                 cost: list[float], book: list[float]):  # fmt: skip
        self.city, self.region, self.share = city, region, share
        self.power, self.idle, self.queue, self.cost, self.book = power, idle, queue, cost, book
        self.waiting = self.power_left = 0.0
        self.frontier = self.commodity = self.installed = 0.0

    def build(self, spent: float, quarters: int) -> float:
        """Start sites, finish old ones, which then wait for power; USD bn finished."""
        finished = self.queue.pop(0)
        self.queue.append(0.0)
        self.queue[quarters - 1] += spent
        chips = self.city.rules.chip_share_of_capex
        self.waiting += finished * self.city.rules.power_per_chip_value * chips / (1.0 - chips)
        return finished

    @property
    def places(self) -> float:
        """Machines, at cost, that there is room for once all sites under way are done."""
        rules = self.city.rules
        room = (self.power + self.waiting) / rules.power_per_chip_value
        return room + sum(self.queue) * rules.chip_share_of_capex / (1.0 - rules.chip_share_of_capex)

    def staying(self) -> float:
        """Machines, at cost, that are still there when a site begun now is done."""
        rules = self.city.rules
        young = self.cost[: max(0, len(self.cost) - int(rules.build_quarters))]
        return self.idle + sum(young) * exp(-rules.chip_failure_rate * rules.build_quarters)

    def connect(self, part: float) -> None:
        connected = self.waiting * part
        self.power += connected
        self.waiting -= connected

    def install(self, bought: float) -> None:
        """Chips bought a quarter ago enter service, the oldest are scrapped."""
        for ages in (self.cost, self.book):
            ages.insert(0, self.idle)
            ages.pop()
        self.idle = bought

    def run(self, frontier_age: float) -> None:
        """Newest machines run first, until the power is used."""
        power_per_cost, left = self.city.rules.power_per_chip_value, self.power
        self.frontier = self.commodity = self.installed = 0.0
        for age, (cost, throughput) in enumerate(zip(self.cost, self.city.throughput_by_age, strict=True)):
            if cost == 0.0:
                continue
            self.installed += cost * throughput
            draw = cost * power_per_cost
            running = cost if draw <= left else left / power_per_cost
            left = max(0.0, left - draw)
            if age <= frontier_age:
                self.frontier += running * throughput
            else:
                self.commodity += running * throughput
        self.power_left = left

    def age(self, life: float, margin: float) -> float:
        """Failures, straight-line depreciation, and write-downs to value in use; USD bn written down."""
        city, impairment = self.city, 0.0
        survive, threshold = 1.0 - city.rules.chip_failure_rate, city.rules.impairment_threshold
        for age, cost in enumerate(self.cost):
            if cost == 0.0:
                continue
            self.cost[age] = cost = cost * survive
            book = self.book[age]
            book -= book / max(life - age, 1.0)
            value = cost * city.unit_value[age] * margin
            if value < threshold * book:
                impairment += book - value
                book = value
            self.book[age] = book
        return impairment
