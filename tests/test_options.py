"""Options have the same names everywhere, and what is set holds in every command that runs the living model."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest

import abm
from abm.scenario import DatedShock, load_scenario
from experiments import cli, store
from experiments.commands import options
from experiments.knocking import knock_out
from experiments.pairs import Frame

EVERYWHERE = {"quarters": options.Quarters, "seed": options.Seed, "ecosystem": options.Ecosystem,
              "settings": options.Settings, "as_json": options.Json, "quiet": options.Quiet}  # fmt: skip
IN_BLOCKS = ("compare", "design", "knockout", "attribution", "study", "grid", "phase", "reverse")
LIVING = (*IN_BLOCKS, "run", "quarters", "targets", "tune")
WITHOUT = {"out": {"targets", "tune"}, "scenario": {"compare", "study"}, "worlds": {"design"},
           "jobs": {"quarters", "targets", "tune"}, "cluster": set(LIVING) - set(IN_BLOCKS)}  # fmt: skip


@pytest.mark.parametrize("name", LIVING)
def test_options_have_the_same_names_and_meaning(name):
    called = {each.name: each.callback for each in cli.app.registered_commands}[name]
    taken = {each: found.annotation for each, found in inspect.signature(called, eval_str=True).parameters.items()}
    for option, meaning in EVERYWHERE.items():
        assert taken[option] == meaning, option
    for option, without in WITHOUT.items():
        assert (option in taken) == (name not in without), option
    flags = {flag for each in taken.values() for found in getattr(each, "__metadata__", ())
             for flag in (getattr(found, "param_decls", None) or ())}  # fmt: skip
    assert not flags & {"--workers", "--threads", "--processes"}


@pytest.fixture
def mine(command) -> str:
    """The shipped ecosystem as one of the user's own."""
    assert command("data", "export", "mine")[0] == 0
    return "mine"


def test_run_takes_what_is_set_and_an_ecosystem_and_can_be_reported(command, tmp_path, mine):
    own = ("--worlds", "1", "--quarters", "9", "--set", "payout_share=0.4", "--ecosystem", mine)
    code, out, err = command("run", *own, "--jobs", "1", "--no-figures", "--out", "made")
    assert code == 0, err
    assert "mine, 2026Q2 to 2028Q2, payout_share 0.4" in out
    shocked, baseline, facts = store.load_pair(tmp_path / "made")
    for stored, story in ((shocked, "shortfall"), (baseline, "baseline")):
        same = abm.run(mine, story, quarters=9, parameters={"payout_share": 0.4})
        assert np.array_equal(stored.system("cash"), same.system("cash"))
    assert facts["settings"] == {"payout_share": 0.4}
    code, _, err = command("report", "made")
    assert code == 0, err


def test_knockout_fails_firms_within_a_scenario_with_what_is_set():
    frame = Frame(worlds=1, quarters=3, parameters={"payout_share": 0.4})
    story = load_scenario("rescue")
    found = knock_out(frame, ["OAI"], 2, story)[0]
    fails = replace(story, shocks=(*story.shocks, DatedShock("default", 2, who="OAI")))
    calm, fall = (abm.run("ai_2026", each, quarters=3, parameters={"payout_share": 0.4}) for each in (story, fails))
    less = (calm.system("capex") - fall.system("capex")).iloc[0, 1:].sum()
    assert found["capex_less"][1] == pytest.approx(less)
    assert found["capex_less"] != knock_out(replace(frame, parameters={}), ["OAI"], 2, story)[0]["capex_less"]


def test_what_a_study_varies_goes_over_what_is_set():
    frame, story = Frame(worlds=1, quarters=2, parameters={"payout_share": 0.4}), load_scenario("baseline")
    varied = frame.run(story, {"payout_share": 0.1}).system("cash")
    assert np.array_equal(varied, abm.run("ai_2026", quarters=2, parameters={"payout_share": 0.1}).system("cash"))
    assert not np.array_equal(varied, frame.run(story).system("cash"))


def test_targets_take_a_scenario_in_which_nothing_strikes(command, tmp_path):
    (tmp_path / "tuned.toml").write_text('title = "T"\nstory = "S."\n[parameters]\npayout_share = 0.4\n')
    code, out, err = command("targets", "--worlds", "1", "--quarters", "4", "--scenario", "tuned.toml", "--json")
    assert code == 0, err
    assert (json.loads(out)["settings"], json.loads(out)["scenario"]) == ({"payout_share": 0.4}, "tuned")
    assert out == command("targets", "--worlds", "1", "--quarters", "4", "--scenario", "tuned.toml", "--json",
                          "--set", "payout_share=0.4")[1]  # fmt: skip
    for name in ("targets", "tune"):
        code, _, err = command(name, "--scenario", "shortfall")
        assert (code, "one in which nothing does" in err) == (2, True)


BAD = [
    (("knockout", "--scenario", "rescu"), "did you mean 'rescue'"),
    (("knockout", "--set", "payout_shar=1"), "did you mean 'payout_share'"),
    (("attribution", "--set", "payout_share=9"), "payout_share between"),
    (("study", "signs", "--ecosystem", "ai_2062"), "ai_2026"),
    (("study", "signs", "--quarters", "3"), "at least 8"),
    (("run", "--set", "payout_share"), "ADDRESS=VALUE"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(each) for each, _ in BAD])
def test_what_means_nothing_is_refused_and_leaves_nothing(command, tmp_path, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert not list(tmp_path.iterdir())
