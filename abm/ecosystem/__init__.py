"""The opening state: networks of firms, read from CSV folders or graphs, checked, split, saved, or made up."""

from abm.ecosystem.ecosystem import Claims, Ecosystem, Numbers
from abm.ecosystem.from_graph import from_graph
from abm.ecosystem.graph import to_graph
from abm.ecosystem.graphml import read_graphml, write_graphml
from abm.ecosystem.loading import load, shipped
from abm.ecosystem.saving import save
from abm.ecosystem.synthetic import synthetic

__all__ = [
    "Claims", "Ecosystem", "Numbers", "from_graph", "load", "read_graphml", "save", "shipped", "synthetic",
    "to_graph", "write_graphml",
]
