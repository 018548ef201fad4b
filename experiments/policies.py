"""What would have helped: a shortfall with and without policies that were in force before it, in the same worlds.

Each policy is compared with its own baseline, so that what it costs in calm times and what it saves in a crisis stand
apart.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from abm.scenario import Scenario, load_scenario
from experiments.amplification import asset_amplification, band, flow, revenue_amplification
from experiments.bearers import who_bears
from experiments.falls import fallen
from experiments.pairs import Frame, strikes_at
from experiments.pieces import ALONE, Workplace

SIZES = (0.3, 0.5)
QUICK_SIZES = (0.5,)
AS_IT_IS = "as it is"
# Words and the shipped scenario whose parameters, switches and shocks, but for those of end users, are the policy.
POLICIES = {
    AS_IT_IS: "baseline",
    "leases are disclosed": "disclosure",
    "less private credit to one name": "single_name_cap",
    "suppliers' money is capped": "vendor_cap",
    "suppliers' money is banned": "no_vendor_investment",
    "margin on promises": "take_or_pay_margin",
    "the state stands behind labs and clouds": "rescue",
}
_CREDITORS = ("lenders", "suppliers")
_HOW_TO_READ = (
    "Lost for good in 12 quarters, per dollar that users spend less, against the same policy without a shortfall; "
    "spared: how much less that is than as it is, USD bn, median and 10% to 90% of worlds. Firms that fail, what "
    "creditors lose and what the public pays (tax that does not come in, subsidies, rescues): until the end of the "
    "run, the last two more than without a shortfall, USD bn. In calm: AI capex of the whole run, against that as it "
    "is, and firms that fail if no shortfall comes."
)


def policies(frame: Frame, sizes=SIZES, names=None, place: Workplace = ALONE) -> list[dict]:
    """A row for each policy (of `POLICIES`; all) and size of a shortfall.

    `sales` and `losses` are bands per dollar of shortfall in 12 quarters, `spared` a band in USD bn; `failed`,
    `failed_in_calm`, `creditors`, `public` and `capex_in_calm` (a share of that as it is) are means over worlds.
    """
    strikes_at(load_scenario("shortfall"), frame.quarters)
    names = [AS_IT_IS, *(each for each in names or POLICIES if each != AS_IT_IS)]
    found = place.pieces(_rows, [(frame, name, sizes) for name in names], frame.ecosystem)
    plain = found[0]
    for rows in found:
        for row, usual in zip(rows, plain, strict=True):
            row["spared"] = band(np.array(usual["lost"]) - np.array(row["lost"]))
            row["capex_in_calm"] = row["calm_capex"] / usual["calm_capex"] - 1.0
    return [{key: value for key, value in row.items() if key not in ("lost", "calm_capex")}
            for rows in found for row in rows]  # fmt: skip


def under(policy: Scenario, scenario: Scenario) -> Scenario:
    """`scenario` with a policy in force: its parameters, its switches and all it does but to end users."""
    shocks = [each for each in policy.shocks if each.what != "end_demand"]
    return replace(scenario, parameters={**scenario.parameters, **policy.parameters},
                   switches={**scenario.switches, **policy.switches}, shocks=(*scenario.shocks, *shocks))  # fmt: skip


def _rows(frame: Frame, name: str, sizes) -> list[dict]:
    policy, fall = load_scenario(POLICIES[name]), load_scenario("shortfall")
    first = strikes_at(fall, frame.quarters)
    calm = frame.run(under(policy, load_scenario("baseline")))
    spent = float(flow(calm, "capex", slice(0, None)).mean())
    rows = []
    for size in sizes:
        struck = frame.run(under(policy, fall.resized(size)))
        sales, losses = (each(struck, calm, first) for each in (revenue_amplification, asset_amplification))
        bears = who_bears(struck, calm, first, frame.quarters)
        rows.append({
            "policy": name, "size": size, "sales": band(sales.ratio), "losses": band(losses.ratio),
            "failed": float(fallen(struck, first)[:, -1].mean()),
            "failed_in_calm": float(fallen(calm, first)[:, -1].mean()),
            "creditors": _borne(bears, "claims", _CREDITORS), "public": _borne(bears, "public purse", ("states",)),
            "lost": losses.lost, "calm_capex": spent,
            "worst_residual": float(max(struck.worst_residual, calm.worst_residual)),
        })  # fmt: skip
    return rows


def _borne(burdens, group: str, bearers: tuple[str, ...]) -> float:
    return sum(float(each.loss.mean()) for each in burdens if each.group == group and each.bearer in bearers)


def tables(facts: dict) -> list:
    """A row a policy, a table a size of shortfall, and how to read them."""
    from rich.table import Table

    from experiments.figures.words import money
    from experiments.story_words import spread

    found: list = []
    for size in dict.fromkeys(row["size"] for row in facts["rows"]):
        table = Table(box=None, pad_edge=False, header_style="bold", title=f"users pay {size:.0%} less",
                      title_justify="left")  # fmt: skip
        table.add_column("in force from the start")
        for name in ("lost for good,\nper dollar", "spared,\nUSD bn", "firms\nthat fail", "creditors\nlose",
                     "the public\npays", "in calm:\ncapex", "in calm:\nfirms fail"):  # fmt: skip
            table.add_column(name, justify="right")
        for row in facts["rows"]:
            if row["size"] == size:
                usual = row["policy"] == AS_IT_IS
                table.add_row(
                    row["policy"], f"{row['losses'][1]:.2f}", "-" if usual else spread(row["spared"], money),
                    f"{row['failed']:.1f}", money(row["creditors"]), money(row["public"]),
                    "-" if usual else f"{row['capex_in_calm']:+.1%}", f"{row['failed_in_calm']:.1f}",
                )  # fmt: skip
        found += [table, ""]
    return [*found, _HOW_TO_READ]
