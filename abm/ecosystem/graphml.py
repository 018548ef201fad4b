"""Ecosystems in GraphML files, written whole or not at all, and read without trust."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.from_graph import from_graph
from abm.ecosystem.graph import to_graph
from abm.ecosystem.graphml_form import check_form
from abm.ecosystem.reading import LARGEST_FILE
from abm.errors import BadInput, Fault, shown

# GraphML holds plain values only: these attributes of the graph travel as JSON.
_MAPPINGS = ("mixes", "parameters", "ranges", "order")


def write_graphml(ecosystem: Ecosystem, path: str | Path) -> None:
    """Write `ecosystem` to the GraphML file `path`, replacing one that is there. Raises `BadInput` where it cannot."""
    import networkx

    graph = to_graph(ecosystem)
    for each in _MAPPINGS:
        graph.graph[each] = json.dumps(graph.graph[each], allow_nan=False)
    path = Path(path)
    try:
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=path.parent) as folder:
            partial = Path(folder) / path.name
            networkx.write_graphml_xml(graph, partial)
            partial.replace(path)
    except OSError as error:
        raise BadInput(Fault(shown(path), error.strerror or str(error), "a file that can be written")) from None


def read_graphml(path: str | Path) -> Ecosystem:
    """The ecosystem in the GraphML file `path`: see `from_graph`.

    Raises `BadInput` naming the file where it is no GraphML or describes no ecosystem. Entities and document types are
    refused, so nothing but the file itself is read.
    """
    import networkx

    path = Path(path)
    _inspect(path)
    try:
        graph = networkx.read_graphml(path, edge_key_type=str, force_multigraph=True)
    except Exception as error:  # networkx raises many kinds, for one reason: the file is not what it says
        raise BadInput(Fault(path.name, shown(error, 200), "nodes and edges in GraphML")) from None
    for each in _MAPPINGS:
        if isinstance(graph.graph.get(each), str):
            try:
                graph.graph[each] = json.loads(graph.graph[each])
            except (ValueError, RecursionError):
                found = f"the graph attribute {each} that is not JSON"
                raise BadInput(Fault(path.name, found, "JSON, as write_graphml writes it")) from None
    return from_graph(graph, path.name)


def _inspect(path: Path) -> None:
    """Refuse what is not a regular file of moderate size and of good form."""
    try:
        if not path.is_file():
            found = "a folder or device" if path.exists() else "no such file"
            raise BadInput(Fault(shown(path), found, "a GraphML file"))
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(Fault(path.name, f"{path.stat().st_size:,} bytes", f"at most {LARGEST_FILE:,} bytes"))
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(Fault(shown(path), str(error), "a readable file")) from None
    check_form(path.name, data)
