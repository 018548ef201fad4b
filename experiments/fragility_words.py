"""Where the network matters, in words and tables: rows as `experiments.fragility.where_it_matters` returns them."""

from __future__ import annotations

from abm.parameters import DECLARED
from experiments.fragility import AS_SHIPPED, CONDITIONS

MATERIAL = 0.05  # of a loss: from here on the network's own part matters


def verdict(rows: list[dict]) -> list[str]:
    """What the rows say: how large the network's own part of the loss is, and under which conditions it matters."""
    said = []
    for level in dict.fromkeys(row["confidence_loss"] for row in rows):
        mine = [row for row in rows if row["confidence_loss"] == level]
        where = _where(level)
        shipped = max((row["share"] for row in mine if row["setting"] == AS_SHIPPED), default=None)
        if shipped is not None:
            said.append(f"{where} and the opening as shipped, the network's own channels make up at most {shipped:.1%} "
                        "of what is lost for good.")  # fmt: skip
        sizes: dict[str, float] = {}
        for row in mine:
            if row["share"] >= MATERIAL:
                sizes.setdefault(row["setting"], row["size"])
        most = max(mine, key=lambda row: row["share"])
        at_most = f"at most {most['share']:.1%}: {most['setting']}, users pay {most['size']:.0%} less"
        if sizes:
            settings = ", ".join(f"{name} (from {size:.0%})" for name, size in sizes.items())
            said.append(f"{where}, they make up {MATERIAL:.0%} or more in: {settings} ({at_most}).")
        else:
            said.append(f"{where}, they reach {MATERIAL:.0%} nowhere ({at_most}): the loss is builders' plans, prices "
                        "and confidence.")  # fmt: skip
        worst = max(mine, key=lambda row: row["credit"] - row["credit_without"])
        said.append("What they decide is who fails and what creditors lose: most in "
                    f"{worst['setting']} at {worst['size']:.0%}, {worst['credit']:.1f} bn instead of "
                    f"{worst['credit_without']:.1f} bn.")  # fmt: skip
    return said


def _where(level: float) -> str:
    if level == DECLARED["confidence_loss"].default:
        return "With lenders' confidence as declared"
    return "With lenders who never lose confidence" if level == 0.0 else f"With a confidence loss of {level:g}"


def tables(facts: dict) -> list:
    """One table for each confidence loss: a row a setting, a column a size; then conditions, verdict, how to read."""
    rows = facts["rows"]
    found: list = []
    for level in dict.fromkeys(row["confidence_loss"] for row in rows):
        found += [_table([row for row in rows if row["confidence_loss"] == level], level), ""]
    found += [f"{name}: {each.words}" for name, each in CONDITIONS.items()]
    found += ["", *verdict(rows), "",
              "Cells: the network's own part of what is lost for good in 12 quarters; what lenders and suppliers lose, "
              "in bn, without the settlement's channels > as it is; firms that the shortfall makes fail in the whole "
              "run, likewise. Below zero: more is spared than lost."]  # fmt: skip
    return found


def _table(rows: list[dict], level: float):
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", title=f"confidence loss {level:g}",
                  title_justify="left")  # fmt: skip
    table.add_column("users pay less by")
    for size in dict.fromkeys(row["size"] for row in rows):
        table.add_column(f"{size:.0%}", justify="right")
    for name in dict.fromkeys(row["setting"] for row in rows):
        table.add_row(name, *(_cell(row) for row in rows if row["setting"] == name))
    return table


def _cell(row: dict) -> str:
    credit, failed = (
        ">".join(f"{round(row[each], places) + 0.0:.{places}f}" for each in (f"{name}_without", name))  # no -0
        for name, places in (("credit", 0), ("failed_more", 1))
    )
    return f"{row['share']:.1%}; {credit}; {failed}"
