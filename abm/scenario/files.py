"""Files of scenarios: those that are shipped, those of users, and the chain of what each extends."""

from __future__ import annotations

import re
from pathlib import Path

from abm.errors import BadInput, Fault, nearest, shown
from abm.scenario.reading import Written, read
from abm.scenario.scenario import Scenario

_SHIPPED = Path(__file__).resolve().parent.parent / "scenarios"
_LARGEST = 1_000_000  # bytes


def scenarios() -> tuple[str, ...]:
    """Ids of the scenarios that come with this package, sorted."""
    return tuple(sorted(each.stem for each in _SHIPPED.glob("*.toml")))


def load_scenario(where: str | Path | Scenario) -> Scenario:
    """The scenario `where`: a shipped id ("shortfall") or a path to a TOML file.

    A shipped id goes before a file of that name; write "./shortfall" for the file. Raises `BadInput` with every fault.
    """
    if isinstance(where, Scenario):
        return where
    path = _find(where)
    chain, files = [], []
    while path is not None:
        if path in files:
            circle = " extends ".join(each.stem for each in (*files[files.index(path) :], path))
            raise BadInput(chain[-1].places[""].fault("extends", f"a circle: {circle}", "a chain that ends"))
        files.append(path)
        chain.append(_read(path))
        path = _extended(chain[-1], path)
    return _joined(files[0].stem, chain)


def _find(where: str | Path) -> Path:
    if str(where) in scenarios():
        return _SHIPPED / f"{where}.toml"
    expected = f"a TOML file, or a shipped scenario: {', '.join(scenarios())}"
    try:
        path = Path(where).resolve()
        if path.is_file():
            return path
        found = "a folder" if path.is_dir() else "no such scenario or file" if not path.exists() else "no ordinary file"
    except (OSError, ValueError) as problem:
        found = f"no usable path ({problem})"
    raise BadInput(Fault(shown(where), found, expected, nearest=nearest(str(where), scenarios())))


def _read(path: Path) -> Written:
    file = path.name
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput(Fault(file, f"{path.stat().st_size:,} bytes", f"a scenario of at most {_LARGEST:,}"))
        return read(path.read_text(encoding="utf-8-sig"), file)
    except UnicodeDecodeError as problem:
        raise BadInput(Fault(file, f"a byte that is not UTF-8, number {problem.start + 1}", "text in UTF-8")) from None
    except OSError as problem:
        raise BadInput(Fault(file, problem.strerror or str(problem), "a file that can be read")) from None


def _extended(written: Written, path: Path) -> Path | None:
    """The file of the scenario that `written`, which stands at `path`, extends."""
    if not written.extends:
        return None
    place = written.places[""]
    beside = path.with_name(f"{written.extends}.toml") if re.fullmatch(r"[\w-]+", written.extends) else None
    if written.extends in scenarios():
        return _SHIPPED / f"{written.extends}.toml"
    if beside is None or not beside.is_file():
        expected = f"a shipped scenario or a file beside this one, without .toml: {', '.join(scenarios())}"
        raise BadInput(place.fault("extends", shown(written.extends), expected, nearest(written.extends, scenarios())))
    return beside


def _joined(name: str, chain: list[Written]) -> Scenario:
    """The first of `chain` over those it extends: its shocks take the place of theirs of the same kind."""
    parameters, switches, shocks, places = {}, {}, (), {}
    for each in reversed(chain):
        parameters |= each.parameters
        switches |= each.switches
        own = {(shock.what, shock.parameter) for shock in each.shocks}
        shocks = (*(shock for shock in shocks if (shock.what, shock.parameter) not in own), *each.shocks)
        places |= {f"parameters.{address}": each.places["parameters"] for address in each.parameters}
        places |= {f"switches.{name}": each.places["switches"] for name in each.switches}
    story = next((each.story for each in chain if each.story), "")
    return Scenario(name, chain[0].title, story, parameters, shocks, switches, places)
