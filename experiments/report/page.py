"""One HTML file from a result and its baseline: everything in it, nothing fetched, the same bytes for the same runs."""

from __future__ import annotations

import shlex
from base64 import b64encode
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined

from abm.results import RunResult
from abm.scenario import DatedShock, Scenario, load_scenario, scenarios
from experiments.figures.case import caption, name_of, struck_at
from experiments.figures.living_steps import HITS, typical_world
from experiments.figures.palette import CHANNEL_EVENTS, FAMILY_NAMES, KIND_NAMES
from experiments.figures.words import money
from experiments.report import tables
from experiments.report.cascade import SERIES, moments, series_of
from experiments.report.charts import charts_of
from experiments.report.evidence import evidence_of, tables_of
from experiments.report.fallen import fallen_of, ids_in
from experiments.report.network import Network, network_of
from experiments.report.sheets import contracts_of, sheets_of
from experiments.scenario_words import changes
from experiments.story_words import told

_SECTIONS = ("happened", "fell", "added", "amplifies", "bears", "rests")  # of `told`, in its order


def render(shocked: RunResult, baseline: RunResult, facts: dict, world: int | None = None) -> str:
    """The page. `facts` are those of `experiments.story.facts_of`, or read back from its summary.json; `world` is the
    one that is played, by default a typical one. Raises `ValueError` for a world that was not kept."""
    env = Environment(loader=PackageLoader("experiments.report"), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    env.filters["money"] = money
    env.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":"), "sort_keys": True}
    style, script = (env.loader.get_source(env, name)[0] for name in ("report.css", "report.js"))
    return env.get_template("page.html").render(
        _context(shocked, baseline, facts, world), style=style, script=script, style_hash=_hash(style),
        script_hash=_hash(script),
    )  # fmt: skip


def _hash(text: str) -> str:
    """What a content security policy calls a text that may run."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _context(shocked: RunResult, baseline: RunResult, facts: dict, world: int | None) -> dict:
    from importlib.metadata import version

    eco, network = shocked.ecosystem, network_of(shocked)
    world, data = typical_world(shocked, baseline, facts) if world is None else world, tables_of(eco)
    fallen, names = fallen_of(shocked, facts), dict(zip(eco.id, eco.title, strict=True))
    story = dict(zip(_SECTIONS, told(facts), strict=True))
    return {
        "facts": facts, "title": name_of(facts), "story": story, "headlines": tables.headlines(facts),
        "caption": caption(shocked, facts), "network": network, "world": world,
        "played": _played(shocked, baseline, facts, network, world, data),
        "families": FAMILY_NAMES, "channels": {each: CHANNEL_EVENTS[each] for each in HITS}, "kinds": KIND_NAMES,
        "charts": charts_of(shocked, baseline, facts), "fallen": fallen,
        "ids": [ids_in(each, names) for each in fallen["chains"]],
        "mechanisms": tables.mechanisms(facts), "bearers": tables.bearers(facts),
        "per_dollar": facts["amplification"]["per_dollar"] is not None,
        "evidence": evidence_of(eco, network, data), "changes": changes(_scenario(facts), eco),
        "version": version("cloudcity"), "command": _command(facts),
    }  # fmt: skip


def _played(shocked, baseline, facts: dict, network: Network, world: int, data) -> dict:
    """What the script shows: discs, links with what stands behind them, and both runs of one world."""
    eco, first = shocked.ecosystem, struck_at(shocked, facts)
    runs = (("with the shock", shocked, baseline), ("without it", baseline, None))
    links = zip(network.links, contracts_of(eco, network, data), strict=True)
    discs = zip(network.discs, sheets_of(eco, network, data), strict=True)
    return {
        "discs": [{"name": disc["name"], "kind": KIND_NAMES[disc["kind"]], **sheet} for disc, sheet in discs],
        "links": [{key: link[key] for key in ("source", "target", "family", "begun", "amount")} | {"contracts": behind}
                  for link, behind in links],
        "quarters": shocked.quarters[first:], "opening": eco.opening, "first": first,
        "series": [words for words, *_ in SERIES], "families": FAMILY_NAMES,
        "sums": {family: sum(each["amount"] for each in network.links if each["family"] == family)
                 for family in FAMILY_NAMES},
        "runs": [
            {"name": name, "moments": moments(run, facts, network, world, other),
             "values": series_of(run, network, world, first)}
            for name, run, other in runs
        ],
    }  # fmt: skip


def _scenario(facts: dict) -> Scenario:
    """The scenario that the facts tell of."""
    said = facts["scenario"]
    return Scenario(**{**said, "shocks": tuple(DatedShock(**each) for each in said["shocks"])})


def _command(facts: dict) -> str:
    """The command that makes the same result."""
    said = facts["scenario"]
    shipped = said["id"] in scenarios() and load_scenario(said["id"]).as_dict() == said
    name = said["id"] if shipped else f"{said['id']}.toml"
    return (f"cloudcity run --scenario {shlex.quote(name)} --worlds {facts['worlds']} --quarters {facts['quarters']} "
            f"--seed {facts['seed']}")  # fmt: skip
