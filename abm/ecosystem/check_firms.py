"""Checks of firms.csv: who there is, and that every name means one firm."""

from __future__ import annotations

from abm.ecosystem.dataset import Dataset
from abm.ecosystem.vocabulary import KINDS
from abm.errors import Fault, shown

_SPONSORS = ("hyperscaler", "ai_lab")


def check(data: Dataset) -> None:
    """Unique ids and names, one rest of world, markets of lenders, sponsors of vehicles."""
    firms = data.tables.get("firms")
    if firms is None:
        return
    _unique(data)
    for row, kind, market, sponsor in firms.rows("kind", "market", "sponsor"):
        if market and kind != "lender":
            data.faults.at(firms, row, "market", shown(market), "a blank: only a lender has a market")
        if not sponsor:
            continue
        if kind != "vehicle":
            data.faults.at(firms, row, "sponsor", shown(sponsor), "a blank: only a vehicle has a sponsor")
        elif sponsor not in data.kind:
            data.faults.unknown(firms, row, "sponsor", sponsor, "the id of a hyperscaler or lab", data.kind)
        elif data.kind[sponsor] not in _SPONSORS or sponsor in data.members:
            found = f"{sponsor}, which is " + ("a group" if sponsor in data.members else f"a {data.kind[sponsor]}")
            data.faults.at(firms, row, "sponsor", found, "a single hyperscaler or lab")
    worlds = firms.text["kind"].count("rest_of_world")
    if worlds != 1:
        data.faults.append(
            Fault(firms.file, f"{worlds} firms of kind rest_of_world", "exactly one, which closes every balance")
        )


def _unique(data: Dataset) -> None:
    """No two firms may answer to one name in any case of letters; kinds and "all" are taken."""
    firms = data.tables["firms"]
    words = (*KINDS, "all")
    taken: dict[str, tuple[int, str]] = dict.fromkeys(words, (-1, "a word for several firms"))
    for column in ("id", "name"):
        for row, text, firm in firms.rows(column, "id"):
            owner, what = taken.setdefault(text.casefold(), (row, f"the {column} of {firm}"))
            if text and owner != row:
                data.faults.at(firms, row, column, shown(text), f"a name of its own: this is {what}")
    for row, group in enumerate(firms.text.get("group", ())):
        owner, what = taken.setdefault(group.casefold(), (row, f"the group {group}"))
        if owner != row and what != f"the group {group}":
            data.faults.at(firms, row, "group", shown(group), f"a group with a name of its own: this is {what}")
    for group, members in data.members.items():
        row = firms.text["id"].index(group)
        for member in members:
            owner, what = taken.setdefault(member.casefold(), (row, f"a member of {group}"))
            if what != f"a member of {group}":
                found = f"the member {shown(member)}"
                data.faults.at(firms, row, "split", found, f"members with names of their own: this is {what}")
