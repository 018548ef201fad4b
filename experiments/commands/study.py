"""`cloudcity study`: many paired ensembles for one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abm.errors import BadInput, Fault, nearest, shown
from experiments.commands import options

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NAMES = ("shortfall-grid", "mechanisms", "signs", "where-the-network-matters", "policies")
Name = Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(NAMES)}.")]
Worlds = options.worlds_up_to(1_000, "How many worlds each ensemble has.")
Quick = Annotated[bool, typer.Option("--quick", help="Eight worlds at most, and three sizes: a first look.")]
_QUICK = 8  # worlds


def study(
    name: Name,
    worlds: Worlds = 24,
    quarters: options.Quarters = 40,
    seed: options.Seed = 1,
    quick: Quick = False,
    ecosystem: options.Ecosystem = "ai_2026",
    settings: options.Settings = None,
    jobs: options.Jobs = 2,
    cluster: options.Cluster = None,
    out: options.Out = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """How damage grows with a shortfall (shortfall-grid); what each mechanism adds and who bears it, at several
    strengths of confidence and of suppliers' money (mechanisms); whether each quantity moves things as expected
    (signs); under which leverage, concentration, capital, promises and maturities the network itself amplifies
    (where-the-network-matters); what would have helped, and what it costs (policies).

    What a study varies goes over what is set with --set; the shortfall is its own scenario. Ended at any time and
    started again, it runs only what is missing.
    """
    from abm.scenario import load_scenario
    from experiments import asked, fragility, mechanisms, output, policies, studies
    from experiments.pairs import Frame, strikes_at
    from experiments.pieces import Workplace
    from experiments.summary import NOTE

    if name not in NAMES:
        raise BadInput(Fault("NAME", shown(name), f"one of {', '.join(NAMES)}", nearest=nearest(name, NAMES)))
    held, shortfall = options.parse_settings(settings), load_scenario("shortfall")
    frame = Frame(str(ecosystem), min(worlds, _QUICK) if quick else worlds, quarters, seed, held)
    frame.check(shortfall)
    strikes_at(shortfall, quarters)
    inputs = {"study": name, "quick": quick, "ecosystem": str(ecosystem), "worlds": frame.worlds, "quarters": quarters,
              "seed": seed, "settings": held}  # fmt: skip
    folder = out or output.named("study", inputs)
    asked.begin(folder, inputs)
    with options.progress("ensembles", quiet) as show:
        place = Workplace(folder, jobs, cluster, show)
        if name == "signs":
            rows = studies.signs(frame, place=place)
        elif name == "mechanisms":
            rows = mechanisms.by_setting(frame, list(studies.SETTINGS)[:2] if quick else None, place)
        elif name == "policies":
            rows = policies.policies(frame, policies.QUICK_SIZES if quick else policies.SIZES, place=place)
        elif name == "where-the-network-matters":
            sizes = fragility.QUICK_SIZES if quick else fragility.SIZES
            rows = fragility.where_it_matters(frame, sizes, place=place)
        else:
            sizes = studies.QUICK_SIZES if quick else studies.SIZES
            rows = studies.grid(frame, sizes, place=place)
    facts = inputs | {"note": NOTE, "worst_residual": max(each["worst_residual"] for each in rows), "rows": rows}
    _write(folder, facts)
    if name == "where-the-network-matters":
        _draw(folder, facts)
    options.tell(facts, _print, as_json, quiet, f"Tables: {folder}")


def _write(folder: Path, facts: dict) -> None:
    """study.csv with a column for each end of a band, and summary.json."""
    import pandas

    from experiments.asked import as_json, put

    put(folder / "study.csv", pandas.DataFrame([_flat(each) for each in facts["rows"]]).to_csv(index=False))
    put(folder / "summary.json", as_json(facts))


def _draw(folder: Path, facts: dict) -> None:
    """where.png, the map of the study."""
    from experiments.figures import save, where

    caption = (
        f"Ecosystem {facts['ecosystem']}; end users spend less from the shortfall's quarter on; the next 12 quarters; "
        f"{facts['worlds']} worlds, each with and without it, as it is and without these channels; seed "
        f"{facts['seed']}. In a cell, from the left: that part, and what lenders and suppliers lose, USD bn, without "
        f"these channels > with them; below zero is a gain. Conditions as in the text. {facts['note']}"
    )
    save(where(facts["rows"], caption=caption), folder / "where.png")


def _flat(row: dict) -> dict:
    found = {}
    for key, value in row.items():
        if key == "order":
            found[key] = order_in_words(value)
        elif isinstance(value, list):
            found |= {f"{key}_{end}": each for end, each in zip(("p10", "median", "p90"), value, strict=True)}
        elif isinstance(value, dict):
            found |= {f"{key}_{name}".replace(" ", "_"): each for name, each in value.items()}
        else:
            found[key] = value
    return found


def _print(facts: dict, out: Console) -> None:
    count = facts["worlds"]
    held = "".join(f", {name} {value:g}" for name, value in facts["settings"].items())
    out.print(f"{facts['study']}: {facts['ecosystem']}, {count} world{'s' if count > 1 else ''}, {facts['quarters']} "
              f"quarters, seed {facts['seed']}{held}; every ensemble in the same worlds.")  # fmt: skip
    out.print()
    from experiments.fragility_words import tables as fragility_tables
    from experiments.mechanisms import tables as mechanism_tables
    from experiments.policies import tables as policy_tables

    told = (grid_tables, mechanism_tables, sign_tables, fragility_tables, policy_tables)
    for each in dict(zip(NAMES, told, strict=True))[facts["study"]](facts):
        out.print(each)
    out.print()
    out.print(f"Books balance: worst relative residual {facts['worst_residual']:.1e}.")
    out.print(facts["note"])


def grid_tables(facts: dict):
    """Tables of damage and of who falls in which order, over settings and sizes, and how to read them."""
    from experiments.story_words import percent, ratio, spread

    damage = _table(
        "setting", "users pay\nless by", "lost sales\nper dollar", "lost for good\nper dollar", "capex\nless",
        "firms that\nfail", "in its\nbaseline", "felled", "spared", left=("setting",),
    )  # fmt: skip
    order = _table("setting", "users pay\nless by", "who falls: median quarter (10% to 90%)",
                   left=("setting", "who falls: median quarter (10% to 90%)"))  # fmt: skip
    before = None
    for row in facts["rows"]:
        name, before = row["setting"] if row["setting"] != before else "", row["setting"]
        damage.add_row(
            name, f"{row['size']:.0%}", spread(row["per_dollar_sales"], ratio), spread(row["per_dollar_losses"], ratio),
            percent(row["capex_less"][1]), f"{row['failed_mean']:.1f}", f"{row['failed_in_baseline_mean']:.1f}",
            f"{row['felled']:.1f}", f"{row['spared']:.1f}",
        )  # fmt: skip
        order.add_row(name, f"{row['size']:.0%}", order_in_words(row["order"]))
    return [
        damage, "",
        "Per dollar that end users spend less in 12 quarters: medians, 10% to 90% of worlds in brackets. Firms: mean "
        "number over the whole run. Felled: would have stood, or stood longer; spared: fail in the baseline only.", "",
        order, "",
        "Illustrative firms that are felled in a tenth of worlds or more, by median quarter of their failure.",
    ]  # fmt: skip


def order_in_words(order: list[dict]) -> str:
    """Who falls after whom."""
    if not order:
        return "nobody often"
    return ", ".join(
        f"{each['firm']} {each['quarters'][1]}"
        + (f" ({each['quarters'][0]} to {each['quarters'][2]})" if each["quarters"][0] != each["quarters"][2] else "")
        for each in order
    )


def sign_tables(facts: dict):
    """A row a quantity, a column a measure: change, and whether its sign is the expected one."""
    from experiments.expected import MEASURES

    table = _table("raised", "", "in", *MEASURES, left=("raised", "", "in"))
    rows: dict[str, dict] = {}
    for each in facts["rows"]:
        rows.setdefault(each["raised"], {"row": each}).setdefault(each["measure"], []).append(each)
    for name, found in rows.items():
        cells = ["\n".join(map(_cell, found[measure])) for measure in MEASURES]
        table.add_row(name, found["row"]["from_to"], found["row"]["in"], *cells)
    asked = [each for each in facts["rows"] if each["agrees"] is not None]
    agree = sum(each["agrees"] for each in asked)
    return [
        table, "",
        f"{agree} of {len(asked)} expected signs are found. Cells: change of the mean (percent; firms that fail: their "
        "number; AF: lost sales per dollar), then ok, or NO with the expected sign, or nothing where theory does not "
        "say. Small: not beyond two standard errors or half a percent. Gap: planned capex not funded; stranded: "
        "written down; early: the first 12 quarters, late: the others, after: from the date of the shock on.",
    ]  # fmt: skip


def _cell(row: dict) -> str:
    if row["measure"] in ("AF", "defaults"):
        change = f"{row['change']:+.2f}"
    else:
        change = f"{row['change'] / row['before']:+.1%}" if row["before"] else f"{row['change']:+.1f}"
    small = " small" if row["sign"] == "0" else ""
    verdict = {None: "", True: " ok", False: f" NO ({row['expected']})"}[row["agrees"]]
    when = "" if row["when"] in ("all", "after") else f" {row['when']}"
    return change + when + small + verdict


def _table(*names: str, left: tuple[str, ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, justify="left" if name in left else "right", vertical="top")
    return table
