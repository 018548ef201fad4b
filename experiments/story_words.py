"""The story of a scenario in sentences: each is chosen by the numbers it tells. USD bn; bands are 10% to 90%."""

from __future__ import annotations

from experiments.figures.words import lines, money
from experiments.pairs import NAMES

_ROUND = 0.005  # shares below are nothing
_HARDLY = 0.05  # a loss per dollar that changes by less hardly changes
_NAMED = 5  # firms named in a sentence


def told(facts: dict) -> list[tuple[str, list[str]]]:
    """Headings and their sentences, in the order of the story; tables come apart."""
    return [
        ("What happened", _what_happened(facts)),
        ("Who fell, when and why", _who_fell(facts)),
        ("What the circle added", _what_was_added(facts)),
        ("Does the network amplify?", _what_amplifies(facts)),
        ("Who bears it", _who_bears(facts)),
        ("What this rests on", _what_it_rests_on(facts)),
    ]


def spread(values: list[float], show=money) -> str:
    """Median and band; one number where they are alike."""
    low, middle, high = (show(each) for each in values)
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def percent(value: float) -> str:
    return f"{value:.0%}" if abs(value) >= 0.0995 or abs(value) < _ROUND else f"{value:.1%}"


def ratio(value: float) -> str:
    return f"{value:.2f}"


def _direction(share: float, less: str, more: str, same: str) -> str:
    if abs(share) < _ROUND:
        return same
    return f"{less} by {percent(share)}" if share > 0 else f"{more} by {percent(-share)}"


def _what_happened(facts: dict) -> list[str]:
    now, window = facts["happened"], f"{facts['struck_in']} to {facts['window_ends']}"
    demand, capex = now["end_demand_less_share"][1], now["capex_less_share"][1]
    hit, calm = now["end_demand_at_end"]
    found = []
    if abs(demand) < _ROUND and abs(capex) < _ROUND:
        return [f"From {window} nothing changes: end users spend and firms build as in the baseline."]
    found.append(
        f"From {window} end users " + _direction(demand, "spend less", "spend more", "spend as in the baseline")
        + f": {spread(now['end_demand_less'])} less than in the same worlds without it; at the end of that window "
        f"{money(hit)} a year instead of {money(calm)}."
    )  # fmt: skip
    low = now["capex_lowest"]
    found.append(
        "AI capex " + _direction(capex, "falls", "rises", "stays the same") + f" over the window, to "
        f"{percent(low['of_baseline'])} of its baseline in {low['quarter']}; "
        + (f"it is back at 95% in {now['capex_back']}." if now["capex_back"] else "it does not come back to 95% of it.")
    )
    loose, tight, price = now["tightness_lowest"], now["tightness_most_above"], now["price_lowest"]
    found.append(
        f"Compute: demand over capacity is {ratio(loose['shocked'])} at its lowest, in {loose['quarter']} "
        f"({ratio(loose['baseline'])} without the shock), and the price {percent(1.0 - price['of_baseline'])} below "
        f"the baseline in {price['quarter']}."
        + (f" Then less is built than needed: {ratio(tight['shocked'])} in {tight['quarter']}, where the baseline has "
           f"{ratio(tight['baseline'])}." if tight["shocked"] - tight["baseline"] > _HARDLY else "")
    )  # fmt: skip
    trust, borrowed = now["confidence_lowest"], now["borrowed_less_share"][1]
    gap = now["funding_gap_more"][1]
    found.append(
        f"Funding: lenders' confidence is {ratio(trust['shocked'])} of 1 at its lowest, in {trust['quarter']}; firms "
        + _direction(borrowed, "borrow less", "borrow more", "borrow as much") + "; "
        + (f"planned capex that nobody funds grows by {money(gap)}." if gap > 0.05 else
           f"planned capex that nobody funds shrinks by {money(-gap)}, because plans shrink more than money."
           if gap < -0.05 else "no more plans stay without funding.")
    )  # fmt: skip
    return found


def _who_fell(facts: dict) -> list[str]:
    now, worlds = facts["failures"], facts["worlds"]
    hit, calm = now["firms_failed"]
    found = [
        f"Until {facts['last_quarter']} {hit:.1f} firms fail in the average world, {calm:.1f} in the baseline; in the "
        f"window until {facts['window_ends']} it is {now['firms_failed_in_window'][0]:.1f} and "
        f"{now['firms_failed_in_window'][1]:.1f}."
    ]  # fmt: skip
    if not now["by_shock"]:
        found.append("The shock brings nobody down who would have stood, or stood longer, without it.")
    else:
        fresh = now["by_shock"] - now["sooner"]
        found.append(
            f"Per world it brings down {now['by_shock']:.2f} firms: {fresh:.2f} that stand in the baseline, "
            f"{now['sooner']:.2f} that fail there later; it spares {now['spared']:.2f}. "
            + _balance(fresh, now["spared"], facts["happened"]["borrowed_less_share"][1])
        )  # fmt: skip
    if now["first"]:
        first, of = now["first"][0], round(now["worlds_with_failures_by_shock"] * worlds)
        low, middle, high = first["quarters"]
        when = f"in {middle}" if low == high else f"around {middle} ({low} to {high})"
        found.append(
            f"First to fall, in {percent(first['share'])} of the {of} worlds in which somebody does: {first['name']} "
            f"(illustrative), {when}: it {_cause(first['cause'])}."
            + (f" In {_all(first['sooner'])} of these worlds the baseline fells it too, later."
               if first["sooner"] >= _ROUND else "") + _hits(first["hits"])
        )  # fmt: skip
        others = [f"{each['name']} ({percent(each['share'])})" for each in now["first"][1:_NAMED]]
        if others:
            found.append(f"Elsewhere the first is {', '.join(others)}.")
    often = [each for each in now["by_firm"] if each["by_shock"] - each["sooner"] >= 0.05]
    if often:
        names = (f"{each['name']} ({percent(each['by_shock'] - each['sooner'])} of worlds, around "
                 f"{each['quarters'][1]})" for each in often[:_NAMED])  # fmt: skip
        more = f", and {len(often) - _NAMED} more" if len(often) > _NAMED else ""
        found.append(f"Brought down where the baseline lets them stand: {', '.join(names)}{more}.")
    return found


def _balance(fresh: float, spared: float, borrowed_less: float) -> str:
    """Whether a shock fells more than it spares."""
    if fresh >= spared:
        return "So it fells more than it spares." if fresh > spared else ""
    why = "who borrows less can miss less" if borrowed_less > _ROUND else "it moves trouble from one to another"
    return f"So it spares more than it fells: {why}."


def _all(share: float) -> str:
    return "all" if share == 1.0 else percent(share)


def bn(amount: float) -> str:
    """USD bn, or nothing."""
    return money(amount) if abs(amount) >= 0.05 else "nothing"


def _cause(name: str) -> str:
    return {"no worth left while debt falls due": "has no worth left while debt falls due",
            "made to fail": "is made to fail"}.get(name, name)  # fmt: skip


def _hits(hits: dict[str, float]) -> str:
    words = {
        "funding": "planned funding that did not come", "orders": "orders given up", "payments": "payments missed",
        "loans": "loans lost", "stakes": "stakes marked down", "customers": "promises of customers that ended",
    }  # fmt: skip
    largest = sorted(hits.items(), key=lambda each: -each[1])[:2]
    named = [f"{words[name]} ({money(amount)})" for name, amount in largest if amount >= 0.05]
    return f" What hit it in the year before: {' and '.join(named)}." if named else ""


def _what_was_added(facts: dict) -> list[str]:
    sales, losses = facts["amplification"], facts["losses"]
    parts = {name: values[1] for name, values in losses["parts"].items()}
    failing = parts["written_off"] + parts["lost_by_suppliers"] + parts["default_cost"]
    if sales["per_dollar"] is None:
        found = [
            f"The shock does not cut end demand, so there is no loss per dollar. Firms sell {spread(sales['lost'])} "
            f"less, {percent(sales['share_of_baseline_revenue'][1])} of what they would have; they lose "
            f"{spread(losses['lost'])} of assets, claims and cash flow."
        ]
    else:
        more = sales["per_dollar"][1] > 1.0
        found = [
            f"For each dollar that end users do not spend, firms sell {spread(sales['per_dollar'], ratio)} dollars "
            + ("less: " if more else "less, not even that dollar: ")
            + ", ".join(f"{money(sales['parts'][name][1])} {words}" for name, words in (
                ("user_revenue", "to end users"), ("compute_sales", "of compute"), ("chip_sales", "of chips")))
            + f", against {money(sales['direct'][1])} that users spend less. This counts a dollar at every hand "
            "that it passes.",
            f"Lost for good - write-offs, stranded machines, cash flow that does not come - are "
            f"{spread(losses['per_dollar'], ratio)} per dollar.",
        ]  # fmt: skip
    flow = parts["margin"]
    found.append(
        f"Of that loss {money(flow)} is cash flow that does not come and {money(parts['impairment'])} are write-downs "
        f"of machines; failures take {bn(failing)}"
        + (": failing is the small part." if abs(failing) < 0.05 * abs(flow) else ".")
    )
    return found


def _loss(row: dict, which: str = "revenue") -> float:
    per = row[which]["per_dollar"]
    return per[1] if per else row[which]["lost"][1]


def _what_amplifies(facts: dict) -> list[str]:
    rows = {each["name"]: each for each in facts["mechanisms"]}
    if not rows:
        return []
    base = _loss(rows[""])
    per = rows[""]["revenue"]["per_dollar"] is not None
    change = {name: base - _loss(row) for name, row in rows.items() if name}
    scale = 1.0 if per else max(abs(base), 1e-9)
    share = {name: each / scale for name, each in change.items()}
    unit = " per dollar" if per else ""
    show = ratio if per else money
    network = share.get("settlement", 0.0)
    planned = (name for name in share if name not in ("settlement", "fire_sale"))
    carriers = sorted(planned, key=lambda each: -share[each])
    found = [f"Each mechanism was turned off in both runs ({rows['']['worlds']} worlds), see the table."]
    if abs(network) < _HARDLY:
        found.append(
            f"The clearing network itself hardly amplifies: without its fire sales, covenants, withdrawal of funding, "
            f"insolvency, costs of failing and marks on stakes, lost sales{unit} are {show(_loss(rows['settlement']))} "
            f"instead of {show(base)}."
        )
    elif network > 0:
        found.append(f"The clearing network amplifies: without it lost sales{unit} are "
                     f"{show(_loss(rows['settlement']))} instead of {show(base)}.")  # fmt: skip
    else:
        found.append(f"The clearing network dampens: without it lost sales{unit} are "
                     f"{show(_loss(rows['settlement']))} instead of {show(base)}.")  # fmt: skip
    failed, last = facts["failures"]["firms_failed_in_window"][0], facts["last_quarter"]
    long, bare = (_loss(rows[name], "revenue_until_the_end") for name in ("", "settlement"))
    found.append(
        (f"In these {facts['window_quarters']} quarters hardly anybody fails, so there is little that it could carry. "
         if failed < 0.5 else "") + f"From the shock until {last} lost sales{unit} are {show(bare)} without it and "
        f"{show(long)} with it."
    )  # fmt: skip
    if share[carriers[0]] >= _HARDLY:
        top = carriers[0]
        found.append(f"Of what was turned off, {NAMES[top]} carries most: without it lost sales{unit} are "
                     f"{show(_loss(rows[top]))}. It works through what is planned and built, not through unpaid bills."
                     )  # fmt: skip
    dampers = [name for name in carriers if share[name] <= -_HARDLY]
    if dampers:
        named = " and without ".join(f"{NAMES[name]} ({show(_loss(rows[name]))})" for name in dampers)
        found.append(f"Lost sales{unit} grow without {named}.")
    felled = {name: row["firms_failed"][0] for name, row in rows.items()}
    most = max(felled, key=lambda name: abs(felled[name] - felled[""]))
    if abs(felled[most] - felled[""]) >= 0.5:
        found.append(f"Who fails is another question: without {NAMES[most]} {felled[most]:.1f} firms fail instead of "
                     f"{felled['']:.1f}, and in the baseline {rows[most]['firms_failed'][1]:.1f} instead of "
                     f"{rows['']['firms_failed'][1]:.1f}.")  # fmt: skip
    demand, capex = facts["happened"]["end_demand_less_share"][1], rows[carriers[0]]["capex_less_share"][1]
    if capex > demand > _ROUND:
        found.append(f"What is left is the answer of builders to their own forecasts, which no switch turns off: users "
                     f"spend {percent(demand)} less, and even without {NAMES[carriers[0]]} capex falls by "
                     f"{percent(capex)}.")  # fmt: skip
    return found


def _who_bears(facts: dict) -> list[str]:
    rows, later = (
        {(each["group"], each["bearer"], each["meaning"].split()[0]): each for each in facts[which]}
        for which in ("bearers", "bearers_until_the_end")
    )
    books = sorted((each for each in facts["bearers"] if each["group"] == "books"), key=lambda each: -each["band"][1])
    value = rows["values", "owners of all firms", "what"]["band"]

    def means(group: str, bearer: str, first_word: str) -> str:
        soon, late = (bn(each[group, bearer, first_word]["mean"]) for each in (rows, later))
        return soon if soon == late else f"{soon} in the window, {late} until {facts['last_quarter']}"

    lost = sum(later["claims", each, "loans"]["mean"] for each in ("lenders", "suppliers"))
    tax = rows["public purse", "states", "tax"]["band"]
    worth = ", ".join(
        f"{money(each['band'][1])} at {_kind(each['bearer'])}" for each in books[:4] if each["band"][1] > 0.05
    )
    paid = later["public purse", "states", "subsidies"]["mean"]
    more = f" Subsidies and rescues cost it {means('public purse', 'states', 'subsidies')}." if paid > 0.05 else ""
    return [
        f"Owners: firms are worth {spread(value)} less at the end of the window, at marks that count a stake at its "
        "owner too." + (f" In books, which add up, the fall of net worth is {worth}." if worth else ""),
        "Creditors, more than in the baseline, mean over worlds: lenders write off "
        f"{means('claims', 'lenders', 'loans')}; suppliers lose {means('claims', 'suppliers', 'loans')} of "
        "loans and invoices."
        + (" Hardly anything next to owners." if abs(lost) < 0.02 * value[1] else ""),
        f"Contract partners: take-or-pay payments missed, {means('promises', 'contract partners', 'take-or-pay')}; "
        "backlog that ends with its customer and may be sold again, "
        f"{means('promises', 'contract partners', 'backlog')}.",
        (f"The public purse takes in {spread(tax)} less tax." if tax[1] > 0.05 else
         f"The public purse takes in {money(-tax[1])} more tax: less capex means less to deduct." if tax[1] < -0.05 else
         "The public purse loses no tax to speak of.") + more,
    ]  # fmt: skip


def _kind(name: str) -> str:
    return {"ai_lab": "AI labs", "operator": "cloud operators"}.get(name, f"{name}s")


def _what_it_rests_on(facts: dict) -> list[str]:
    now = facts["assumptions"]
    trust = now["confidence_loss"]
    found = []
    if now["assumed"] is not None:
        found.append(
            f"Struck as hard within a year, the opening network sends {percent(now['assumed'])} of its loss through "
            f"numbers that are assumed, {percent(now['assumed_or_estimated'])} through assumed or estimated ones."
        )
    found.append(
        f"Behaviour is judgement: {now['judgement']} of {now['parameters']} parameters. Three that no data identify: "
        f"how fast lenders lose confidence (k_s = {trust['default']:g}, anything from {trust['low']:g} to "
        f"{trust['high']:g}), the path of end users' spending (S, {now['path_grade']}), and the labs' shares of it "
        f"({now['lab_share_grade']}), which decide who among them fails."
    )  # fmt: skip
    found.append(f"Books balance in every world and quarter: worst relative residual {facts['worst_residual']:.1e}.")
    found.append(facts["note"])
    return found


def wrapped(sentences: list[str], width: int = 100) -> list[str]:
    """Sentences as lines of a paragraph."""
    return [line for each in sentences for line in lines(each, width).split("\n")]
