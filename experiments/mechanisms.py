"""What each mechanism adds to the loss of a shortfall, and who is left with that loss, under several settings.

A mechanism is turned off in the shortfall and in its baseline alike, in the same worlds; what it adds is the loss as it
is less the loss without it, world by world. Mechanisms work together, so their parts do not add up
(`experiments.attribution` has parts that do).
"""

from __future__ import annotations

from dataclasses import replace

from abm.results import RunResult
from abm.scenario import Scenario, load_scenario
from experiments.amplification import asset_amplification, band, revenue_amplification
from experiments.bearers import Burden, who_bears
from experiments.falls import fallen
from experiments.pairs import NAMES, Frame, strikes_at, without
from experiments.pieces import ALONE, Workplace
from experiments.studies import SETTINGS

# Who is left with the loss, and which burdens of `experiments.bearers` are theirs, by group and bearer.
BEARERS = {
    "lenders": (("claims", "lenders"),),
    "suppliers": (("claims", "suppliers"),),
    "contract partners": (("promises", "contract partners"),),
    "owners": (("values", "owners of all firms"),),
    "public purse": (("public purse", "states"),),
}

_HOW_TO_READ = (
    "Users pay 30% less. Per dollar that they spend less in 12 quarters: medians over worlds. Each mechanism is off in "
    "both runs; they work together, so their parts do not add up. Lenders and suppliers: loans and invoices lost; "
    "contract partners: bills missed and promises that end, which may be sold again; owners: fall of firms' value at "
    "the end, at marks; public purse: tax, subsidies and rescues. Bearers overlap."
)


def by_setting(frame: Frame, settings=None, place: Workplace = ALONE) -> list[dict]:
    """A row for each setting (of `experiments.studies.SETTINGS`; all) and mechanism (of `NAMES`; "" is as it is).

    `sales` and `losses` are bands of lost sales and of what is lost for good per dollar of shortfall in 12 quarters,
    `adds_sales` and `adds_losses` of what the mechanism adds to them; `failed` is the mean number of firms that fail in
    the whole run. Rows as it is have in `bears` means over worlds, USD bn, over the whole run.
    """
    strikes_at(load_scenario("shortfall"), frame.quarters)
    jobs = [(frame, name) for name in settings or SETTINGS]
    return [row for rows in place.pieces(_rows, jobs, frame.ecosystem) for row in rows]


def _rows(frame: Frame, setting: str) -> list[dict]:
    parameters, switches = SETTINGS[setting]
    fall, calm = load_scenario("shortfall"), load_scenario("baseline")
    first = strikes_at(fall, frame.quarters)

    def living(scenario: Scenario, mechanism: str) -> RunResult:
        return frame.run(without(replace(scenario, switches=switches), mechanism), parameters)

    found, whole = [], None
    for name in NAMES:
        pair = living(fall, name), living(calm, name)
        ratios = [each(*pair, first).ratio for each in (revenue_amplification, asset_amplification)]
        whole = whole or ratios
        row = {"setting": setting, "mechanism": name}
        for kind, mine, as_it_is in zip(("sales", "losses"), ratios, whole, strict=True):
            row |= {kind: band(mine), f"adds_{kind}": band(as_it_is - mine)}
        row |= {"failed": float(fallen(pair[0], first)[:, -1].mean()),
                "failed_in_baseline": float(fallen(pair[1], first)[:, -1].mean()),
                "bears": {} if name else _bears(who_bears(*pair, first, frame.quarters)),
                "worst_residual": float(max(each.worst_residual for each in pair))}  # fmt: skip
        found.append(row)
    return found


def _bears(burdens: list[Burden]) -> dict[str, float]:
    return {
        name: sum(float(each.loss.mean()) for each in burdens if (each.group, each.bearer) in theirs)
        for name, theirs in BEARERS.items()
    }


def tables(facts: dict) -> list:
    """What is lost and what each mechanism adds, a column a setting; then who bears it, and how to read both."""
    from rich.table import Table

    rows = {(each["setting"], each["mechanism"]): each for each in facts["rows"]}
    settings = list(dict.fromkeys(setting for setting, _ in rows))

    def table(title: str) -> Table:
        found = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
        found.add_column("")
        for each in settings:
            found.add_column(each, justify="right")
        return found

    found: list = []
    for kind, title in (("sales", "lost sales per dollar"), ("losses", "lost for good per dollar")):
        one = table(f"{title}, and what each mechanism adds to it")
        one.add_row("as it is", *(f"{rows[each, ''][kind][1]:.2f}" for each in settings))
        for name in list(NAMES)[1:]:
            one.add_row(NAMES[name], *(_signed(rows[each, name][f"adds_{kind}"][1]) for each in settings))
        found += [one, ""]
    failed = table("firms that fail (in the baseline)")
    for name in NAMES:
        failed.add_row(f"without {NAMES[name]}" if name else "as it is", *(
            f"{rows[each, name]['failed']:.1f} ({rows[each, name]['failed_in_baseline']:.1f})" for each in settings))
    borne = table("who bears it until the end of the run, USD bn more than in the baseline")
    for name in BEARERS:
        borne.add_row(name, *(f"{rows[each, '']['bears'][name]:,.0f}" for each in settings))
    return [*found, failed, "", borne, "", _HOW_TO_READ]


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"
