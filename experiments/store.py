"""Runs on disk: four Parquet tables - `runs`, `system`, `firms`, `events` - that load back to the same bits.

Every table has a column `run`, so that one folder holds runs that belong together, such as a shocked one and its
baseline. `docs/store.md` says what stands in the tables and how to query them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abm.errors import BadInput, Fault, shown
from experiments.store_files import engine, read, write
from experiments.store_frames import digest, firms_frame, restored, system_frame

if TYPE_CHECKING:
    import pandas

    from abm.ecosystem import Ecosystem
    from abm.results import RunResult
    from abm.scenario import Scenario

TABLES = ("runs", "system", "firms", "events")
FILES = tuple(f"{each}.parquet" for each in TABLES)
FORM = 1  # of the tables; another one is refused
PAIR = ("shocked", "baseline")


def version() -> str:
    """Of the package and of the form of its tables."""
    from importlib.metadata import version as of_package

    return f"{of_package('cloudcity')}, form {FORM}"


def save(runs: Mapping[str, tuple[RunResult, Scenario]], folder: str | Path) -> None:
    """Write results and the scenarios they ran under as the four tables of `folder`, each file whole or not at all.

    `runs` maps names, such as "shocked", to results. The files take the place of earlier ones. Raises `OSError`.
    """
    import pandas

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def joined(frame) -> pandas.DataFrame:
        parts = {name: frame(result) for name, (result, _) in runs.items()}
        whole = pandas.concat([each for each in parts.values() if len(each)] or list(parts.values())[:1])
        whole.insert(0, "run", np.repeat(np.array(list(parts), object), [len(each) for each in parts.values()]))
        return whole

    frames = {"system": joined(system_frame), "firms": joined(firms_frame), "events": joined(lambda each: each.events),
              "runs": pandas.DataFrame([_about(name, *each) for name, each in runs.items()])}  # fmt: skip
    with engine() as base:
        for name, frame in frames.items():  # runs last: a folder without them holds no result
            write(base.from_df(frame), folder / f"{name}.parquet", base)


def load(
    folder: str | Path, ecosystem: Ecosystem | None = None, series: Sequence[str] | None = None
) -> dict[str, RunResult]:
    """Results that `save` wrote, by name. `ecosystem` is what they ran on, by default the shipped one of that name.

    With `series` they have these of the system only, and none of firms: a tenth of the memory. Raises `BadInput` for a
    folder without results, and for results of another version or of other data.
    """
    folder = Path(folder)
    runs = {}
    for about in read(folder / "runs.parquet").to_dict("records"):
        city, name = _same(about, folder, ecosystem), about["run"]
        chosen = ("*",) if series is None else ("world", *series)
        system = read(folder / "system.parquet", name, chosen)
        firms = read(folder / "firms.parquet", name) if series is None else None
        runs[name] = restored(city, about, system, firms, read(folder / "events.parquet", name))
    return runs


def scenarios(folder: str | Path) -> dict[str, Scenario]:
    """What each run of `folder` was told, by name."""
    from abm.scenario import DatedShock, Scenario

    said = {about["run"]: json.loads(about["scenario_json"]) for about in
            read(Path(folder) / "runs.parquet").to_dict("records")}  # fmt: skip
    return {name: Scenario(**{**each, "shocks": tuple(DatedShock(**shock) for shock in each["shocks"])})
            for name, each in said.items()}  # fmt: skip


def load_pair(folder: str | Path, ecosystem: Ecosystem | None = None) -> tuple[RunResult, RunResult, dict]:
    """The shocked run, its baseline and the facts of summary.json that `cloudcity run` wrote. Raises as `load` does."""
    runs, path = load(folder, ecosystem), Path(folder) / "summary.json"
    missing = [each for each in PAIR if each not in runs]
    if missing:
        raise BadInput(Fault(shown(folder), f"runs {', '.join(runs)}", "the runs shocked and baseline"))
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInput(Fault(shown(path), "no summary that can be read", "what `cloudcity run` wrote")) from None
    return runs["shocked"], runs["baseline"], facts


def merge(parts: list[Path], folder: Path, scenario: Scenario) -> None:
    """Join tables of blocks of worlds, in their order, to those of one run, each file whole or not at all.

    `scenario` is that of all worlds. Memory does not grow with the number of blocks. Raises `OSError`, `BadInput`.
    """
    about = read([each / "runs.parquet" for each in parts])
    whole = about.iloc[:1].assign(worlds=about["worlds"].sum(), worst_residual=about["worst_residual"].max(),
                                  **_told(scenario))  # fmt: skip
    with engine() as base:
        for name in TABLES[1:]:
            files = _filled([str(each / f"{name}.parquet") for each in parts], base)
            write(base.read_parquet(files), folder / f"{name}.parquet", base)
        write(base.from_df(whole), folder / "runs.parquet", base)


def _filled(files: list[str], base) -> list[str]:
    """Those with any rows, or one: what an empty table says of its types need not be what the others say."""
    counts = base.execute("SELECT file_name, num_rows FROM parquet_file_metadata(?)", [files])
    rows = dict(counts.fetchall())
    return [each for each in files if rows[each]] or files[:1]


def _about(name: str, result: RunResult, scenario: Scenario) -> dict:
    return {
        "run": name, "version": version(), "ecosystem": result.ecosystem.name,
        "ecosystem_digest": digest(result.ecosystem), "scenario": result.scenario, **_told(scenario),
        "seed": int(result.seed), "worlds": len(result.worlds),
        "quarters": len(result.quarters), "worst_residual": float(result.worst_residual),
    }  # fmt: skip


def _told(scenario: Scenario) -> dict[str, str]:
    return {"scenario_json": json.dumps(scenario.as_dict(), sort_keys=True, default=np.ndarray.tolist),
            "parameters_digest": _parameters_digest(scenario)}  # fmt: skip


def _parameters_digest(scenario: Scenario) -> str:
    """Of all defaults as they are declared, and of what the scenario sets."""
    from abm.parameters import DECLARED

    said = {name: repr(each) for name, each in DECLARED.items()}, dict(scenario.parameters)
    return sha256(json.dumps(said, sort_keys=True, default=np.ndarray.tolist).encode()).hexdigest()[:16]


def _same(about: dict, folder: Path, ecosystem: Ecosystem | None) -> Ecosystem:
    """The ecosystem of a run, if it and the version are still those it was made with."""
    from abm.ecosystem import load as load_ecosystem

    if about["version"] != version():
        wanted = f"one of version {version()}; run it again"
        raise BadInput(Fault(shown(folder), f"a result of version {about['version']}", wanted))
    city = load_ecosystem(about["ecosystem"]) if ecosystem is None else ecosystem
    if digest(city) != about["ecosystem_digest"]:
        raise BadInput(Fault(shown(folder), f"a result of other data of {about['ecosystem']}", "the data it ran on"))
    return city
