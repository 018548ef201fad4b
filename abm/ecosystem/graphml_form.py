"""The form of a GraphML file: what a reader of graphs would pass over or could name no line for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from abm.ecosystem.tables import Faults
from abm.errors import BadInput, Fault, shown

# Of GraphML, and of files that name none.
_SPACES = ("", "http://graphml.graphdrawing.org/xmlns")
_DEEPEST = 20


def _whole(text: str) -> bool:
    return abs(int(text)) < 2**63


def _real(text: str) -> bool:
    float(text)
    return True


def _flag(text: str) -> bool:
    return text.lower() in ("true", "false", "0", "1")


_TYPES: dict[str, Callable[[str], bool]] = {
    "boolean": _flag, "int": _whole, "integer": _whole, "long": _whole, "float": _real, "double": _real,
    "string": lambda _: True,
}  # fmt: skip


def check_form(file: str, data: bytes) -> None:
    """Raises `BadInput`, with a line for each fault, where `data` is not one well-formed graph of plain values.

    Document types and entities are refused, so nothing but the data itself is read. No node, edge, key or value may
    stand twice, as the last would silently win; a value must be of the type that its key declares.
    """
    _Form(file).read(data)


@dataclass
class _Element:
    """An open element: how faults call it, the attributes it was given and, of a value, name and type of its key."""

    place: str
    given: set[str] = field(default_factory=set)
    key: tuple[str, str] | None = None


class _Form:
    """One reading of a file, element by element."""

    def __init__(self, file: str):
        self._file = file
        self._faults = Faults()
        self._open: list[_Element] = []
        self._keys: dict[str | None, tuple[str, str]] = {}
        self._lines: dict[tuple, int] = {}  # of everything that may stand only once
        self._directed = True
        self._text: list[str] | None = None  # of the value being read, which began in line
        self._line = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._read
        self._parser.StartDoctypeDeclHandler = lambda *_: self._stop("a document type", "no DOCTYPE and no entities")

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            found = f"no well-formed XML ({expat.ErrorString(error.code)})"
            raise BadInput(Fault(self._file, found, "a GraphML file", error.lineno)) from None
        self._faults.close()

    def _start(self, tag: str, given: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        if not self._open and name != "graphml":
            self._stop(f"the root element {shown(name)}", "graphml")
        if len(self._open) >= _DEEPEST:
            self._stop(f"elements nested more than {_DEEPEST} deep", "nodes and edges of one graph")
        self._text = None  # what has elements inside is no plain value
        element = _Element(self._file)
        if space in _SPACES:
            match name:
                case "graph":
                    element.place += ", graph"
                    self._directed = given.get("edgedefault") == "directed"
                    self._once("a second graph", "one", "graph")
                case "key":
                    element.place += f", key {shown(given.get('id'))}"
                    element.key = self._key(given)
                case "node":
                    node = f"node {shown(given.get('id'))}"
                    element.place += f", {node}"
                    self._once(f"the {node} a second time", "one for each id", "node", given.get("id"))
                case "edge":
                    element.place += f", {self._edge(given)}"
                case "data" if self._open:
                    element = self._value(self._open[-1], given.get("key"))
                case "default" if self._open:
                    element = _Element(self._open[-1].place, key=self._open[-1].key)
                    self._text, self._line = [], self._parser.CurrentLineNumber
        self._open.append(element)

    def _read(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, _tag: str) -> None:
        element = self._open.pop()
        if element.key is not None and self._text:
            name, type_ = element.key
            text = "".join(self._text)
            try:
                fits = _TYPES[type_](text)
            except ValueError:
                fits = False
            if not fits:
                expected = f"{'an' if type_.startswith('i') else 'a'} {type_}"
                self._faults.append(Fault(element.place, shown(text), expected, self._line, name))
        self._text = None

    def _key(self, given: dict[str, str]) -> tuple[str, str]:
        name, type_ = given.get("attr.name", ""), given.get("attr.type", "string")
        if "yfiles.type" in given:  # how it looks in an editor
            type_ = "string"
        if type_ not in _TYPES:
            expected, hint = "one of " + ", ".join(_TYPES), self._faults.hint("attr.type", type_, _TYPES)
            line = self._parser.CurrentLineNumber
            self._faults.append(Fault(self._file, shown(type_), expected, line, f"attr.type of {name}", hint))
            type_ = "string"
        key = given.get("id")
        self._once(f"the key {shown(key)} a second time", "one for each id", "key", key)
        return self._keys.setdefault(key, (name, type_))

    def _edge(self, given: dict[str, str]) -> str:
        source, target, key = (given.get(each) for each in ("source", "target", "id"))
        edge = f"edge {shown(source)} -> {shown(target)}"
        if key:
            edge += f" ({shown(key)})"
            ends = (source, target) if self._directed else sorted(map(str, (source, target)))
            self._once(f"the {edge} a second time", "one for each id", "edge", key, *ends)
        return edge

    def _value(self, owner: _Element, key: str | None) -> _Element:
        line = self._parser.CurrentLineNumber
        if key not in self._keys:
            found = f"the key {shown(key)}"
            self._faults.append(Fault(owner.place, found, "the id of a key element further up", line))
            return _Element(owner.place)
        name, _ = self._keys[key]
        if name in owner.given:
            self._faults.append(Fault(owner.place, "a second value", "one", line, name))
        owner.given.add(name)
        self._text, self._line = [], line
        return _Element(owner.place, key=self._keys[key])

    def _once(self, found: str, expected: str, *identity: str | None) -> None:
        """A fault where something of this identity stood before."""
        line = self._parser.CurrentLineNumber
        if identity in self._lines:
            self._faults.append(Fault(self._file, found, f"{expected}, and line {self._lines[identity]} has it", line))
        self._lines.setdefault(identity, line)

    def _stop(self, found: str, expected: str) -> None:
        raise BadInput(Fault(self._file, found, expected, self._parser.CurrentLineNumber))
