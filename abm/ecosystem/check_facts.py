"""Checks of the facts files: whoever a link speaks of is a firm, an entity with facts, or an actor with a note."""

from __future__ import annotations

from abm.ecosystem.check_numbers import known_firms, once
from abm.ecosystem.dataset import Dataset
from abm.ecosystem.tables import Table


def check(data: Dataset) -> None:
    """Ends of links resolve through firms.csv (facts_id), facts_entities.csv or facts_actors.csv; keys stand once.

    Where one of these is missing or unreadable, every link would be unknown, so none is looked up.
    """
    if "facts_actors" in data.tables:
        once(data, data.tables["facts_actors"], "id")
        known_firms(data, data.tables["facts_actors"], "carried_by")
    if "facts_macro" in data.tables:
        once(data, data.tables["facts_macro"], "key")
    if "facts_links" in data.tables and data.tables.keys() >= {"firms", "facts_entities", "facts_actors"}:
        _ends(data, data.tables["facts_links"])


def _ends(data: Dataset, links: Table) -> None:
    known = dict.fromkeys(actor for ids in data.tables["firms"].text["facts_id"] for actor in ids.split())
    known |= dict.fromkeys((*data.tables["facts_entities"].text["id"], *data.tables["facts_actors"].text["id"]))
    for column in ("source_id", "target_id"):
        for row, actor in enumerate(links.text[column]):
            if actor and actor not in known:
                expected = "an id of facts_entities.csv or facts_actors.csv, or a facts_id of firms.csv"
                data.faults.unknown(links, row, column, actor, expected, known)
