"""Checks of mix.csv: known groups of shares, known items, and that each group is a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable

from abm.ecosystem.check_numbers import band_fault, once
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.tables import Table
from abm.ecosystem.vocabulary import REGIONS
from abm.errors import shown

# Shares of a whole are written with six digits.
SUM_TOLERANCE = 2e-6

_AGE = re.compile(r"age_[1-9]\d?q", re.ASCII)

# Items of the groups that split a flow of the whole system; None = over firms.
SYSTEM_MIXES: dict[str, tuple[str, ...] | None] = {
    "end_demand_split": ("labs", "own_products", "enterprise"),
    "capex_split": ("chips", "shells"),
    "lab_revenue": None, "own_products": None, "enterprise": None, "internal_need": None,
}
FIRM_MIXES = ("compute", "internal", "chips", "region", "vintage")  # of a firm, group or kind
SPLITS = ("tail_size", "lender_split")  # of a group into its members


def check(data: Dataset) -> None:
    """Group names, items, sums to one, ranges; and that every split of firms.csv has its group here."""
    mix = data.tables.get("mix")
    names = dict.fromkeys(mix.text["group"]) if mix is not None else {}
    firms = data.tables.get("firms")
    if firms is not None:
        for row, firm, split in firms.rows("id", "split"):
            if split and split not in names:
                valid = (each for each in names if each.startswith(SPLITS))
                data.faults.unknown(firms, row, "split", split, "a group of mix.csv", valid)
            elif split and split.partition(":")[2] != firm:
                data.faults.at(firms, row, "split", shown(split), f"a group that ends in :{firm}")
    if mix is None:
        return
    once(data, mix, "group", "item")
    known = data.known()
    for row, name, item, low, share, high in mix.rows("group", "item", "low", "share", "high"):
        if data.has_firms and _group(data, mix, row, name, known):
            _item(data, mix, row, name.partition(":")[0], item, known)
        band_fault(data, mix, row, "share", low, share, high)
    _sums(data, mix)


def _group(data: Dataset, mix: Table, row: int, name: str, known: Iterable[str]) -> bool:
    prefix, colon, whom = name.partition(":")
    if not colon and name in SYSTEM_MIXES:
        return True
    if not colon or prefix not in (*FIRM_MIXES, *SPLITS):
        valid = (*SYSTEM_MIXES, *(f"{each}:{whom}" for each in (*FIRM_MIXES, *SPLITS)))
        data.faults.unknown(mix, row, "group", name, "a known mix group", valid)
    elif prefix in SPLITS and whom not in data.members and whom not in data.labels:
        expected = "the group of a firm whose column split names it"
        data.faults.unknown(mix, row, "group", name, expected, (f"{prefix}:{each}" for each in data.members))
    elif whom not in known:
        expected = f"{prefix}: and a firm or kind"
        data.faults.unknown(mix, row, "group", name, expected, (f"{prefix}:{each}" for each in known))
    else:
        return True
    return False


def _item(data: Dataset, mix: Table, row: int, prefix: str, item: str, known: Iterable[str]) -> None:
    words = SYSTEM_MIXES.get(prefix) or (REGIONS if prefix == "region" else None)
    if words:
        if item not in words:
            data.faults.unknown(mix, row, "item", item, "one of " + ", ".join(words), words)
    elif prefix == "vintage":
        if not _AGE.fullmatch(item):
            data.faults.at(mix, row, "item", shown(item), "age_nq: bought n quarters ago, n from 1 to 99")
    elif item not in known:
        data.faults.unknown(mix, row, "item", item, "a firm or group", known)


def _sums(data: Dataset, mix: Table) -> None:
    total: dict[str, float] = {}
    last: dict[str, int] = {}
    for row, name, share in mix.rows("group", "share"):
        total[name] = total.get(name, 0.0) + share
        last[name] = row
    for name, each in total.items():
        if abs(each - 1.0) > SUM_TOLERANCE:
            found = f"shares of {shown(name)} that sum to {each:.7g}"
            data.faults.at(mix, last[name], "share", found, f"a sum of 1 within {SUM_TOLERANCE:g}")
