"""`Dataset`: the tables of one ecosystem with what the checks of one table must know of the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from abm.ecosystem.items import OPENING_QUARTER
from abm.ecosystem.quarters import quarter_number
from abm.ecosystem.tables import Faults, Table
from abm.ecosystem.vocabulary import KINDS


@dataclass
class Dataset:
    """Tables, faults found so far, and the names that are known. `find_names` fills the rest after conversion."""

    tables: dict[str, Table]
    faults: Faults
    kind: dict[str, str] = field(default_factory=dict)  # of each firm or group, as written in firms
    members: dict[str, dict[str, float]] = field(default_factory=dict)  # of each split group: id to share
    labels: dict[str, None] = field(default_factory=dict)  # ids of the groups that firms were split from earlier
    opening: int | None = None  # quarter number of the balance sheets

    def find_names(self) -> None:
        """Read firms, groups, members and the opening quarter off the tables, faulty or not."""
        firms, mix = self.tables.get("firms"), self.tables.get("mix")
        group_of = {}
        if firms is not None:
            self.kind = dict(zip(firms.text["id"], firms.text["kind"], strict=True))
            self.labels = dict.fromkeys(firms.text.get("group", ()))
            group_of = {split: firm for _, firm, split in firms.rows("id", "split") if split}
            self.members = {group: {} for group in group_of.values()}
        if mix is not None:
            for _, name, item, share in mix.rows("group", "item", "share"):
                if name in group_of:
                    self.members[group_of[name]][item] = share
        if "parameters" in self.tables:
            for _, name, value in self.tables["parameters"].rows("name", "value"):
                if name == OPENING_QUARTER:
                    self.opening = quarter_number(value)

    @property
    def has_firms(self) -> bool:
        """Whether there is a table that names could be looked up in; without one, asking makes every name a fault."""
        return "firms" in self.tables

    def known(self) -> dict[str, None]:
        """What a mix may speak of: firms and groups as written, members, earlier groups and kinds."""
        members = (each for members in self.members.values() for each in members)
        return dict.fromkeys((*self.kind, *self.labels, *KINDS, *members))
