"""Every parameter that can be set as a row of numbers and words: behaviour as declared, technology from the data."""

from __future__ import annotations

from pathlib import Path

from abm.declaration import Parameter
from abm.ecosystem.items import FACTS, PARAMETERS
from abm.ecosystem.loading import find, read
from abm.errors import BadInput, Fault, nearest, shown
from abm.parameters import DECLARED

COLUMNS = ("address", "symbol", "default", "unit", "low", "high", "least", "most", "grade", "source", "meaning", "data")


def parameter_rows(pattern: str = "", ecosystem: str | Path = "ai_2026") -> list[dict]:
    """A row of `COLUMNS` for each default whose words hold `pattern`, in any case.

    `address` is what `--set` takes; a kind or firm with a default of its own has a row of its own. Designs draw from
    `low` to `high`; only what is outside `least` to `most` is refused. `data` names what in the ecosystem's data goes
    before the default. Raises `BadInput` where nothing matches, and for data without sources, such as a graph.
    """
    rows = [row for each in DECLARED.values() for row in _declared(each)] + _of_data(ecosystem)
    found = [row for row in rows if pattern.casefold() in " ".join(str(each) for each in row.values()).casefold()]
    if not found:
        near = nearest(pattern, {row["address"].rpartition(".")[2] for row in rows})
        raise BadInput(Fault("PATTERN", shown(pattern), "part of a parameter's name, unit, source or meaning",
                             nearest=near))  # fmt: skip
    return found


def _declared(each: Parameter) -> list[dict]:
    values = {each.name: each.default} | {f"{kind}.{each.name}": own for kind, own in each.by_kind.items()}
    said = {"unit": each.unit, "low": each.low, "high": each.high, "least": each.least, "most": each.most,
            "grade": each.grade, "source": each.source, "meaning": each.meaning, "data": each.item}  # fmt: skip
    return [{"address": address, "symbol": each.symbol, "default": value} | said for address, value in values.items()]


def _of_data(ecosystem: str | Path) -> list[dict]:
    if str(ecosystem).lower().endswith(".graphml"):
        raise BadInput(Fault(shown(ecosystem), "a graph, which carries no sources", "a shipped name or a folder"))
    table, found = read(find(ecosystem)).tables.get("parameters"), []
    if table is None:
        return found
    columns = ("name", "firm_or_kind", "value", "low", "high", "grade", "source", "basis")
    for _, name, who, value, low, high, grade, source, basis in table.rows(*columns):
        if name in FACTS:
            continue
        item = PARAMETERS[name]
        found.append({
            "address": f"{who}.{name}" if who else name, "symbol": "", "default": float(value), "unit": item.unit,
            "low": float(low), "high": float(high), "least": item.range[0], "most": item.range[1], "grade": grade,
            "source": "; ".join(each for each in (source, basis) if each), "meaning": item.meaning, "data": "",
        })  # fmt: skip
    return found
