"""Checks of the facts files: whoever a link speaks of is a firm, an entity with facts, or an actor with a note."""

from __future__ import annotations

from abm.ecosystem.check_numbers import known_firms, once
from abm.ecosystem.dataset import Dataset


def check(data: Dataset) -> None:
    """Ends of links resolve through firms.csv (facts_id), facts_entities.csv or facts_actors.csv; keys stand once."""
    known: dict[str, None] = {}
    if "firms" in data.tables:
        known.update(dict.fromkeys(actor for ids in data.tables["firms"].text["facts_id"] for actor in ids.split()))
    if "facts_entities" in data.tables:
        known.update(dict.fromkeys(data.tables["facts_entities"].text["id"]))
    if "facts_actors" in data.tables:
        actors = data.tables["facts_actors"]
        once(data, actors, "id")
        known_firms(data, actors, "carried_by")
        known.update(dict.fromkeys(actors.text["id"]))
    if "facts_macro" in data.tables:
        once(data, data.tables["facts_macro"], "key")
    links = data.tables.get("facts_links")
    if links is not None:
        for column in ("source_id", "target_id"):
            for row, actor in enumerate(links.text[column]):
                if actor and actor not in known:
                    expected = "an id of facts_entities.csv or facts_actors.csv, or a facts_id of firms.csv"
                    data.faults.unknown(links, row, column, actor, expected, known)
