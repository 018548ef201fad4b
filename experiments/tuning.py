"""Tuning: values of the declared `tuned` parameters that bring the targets of role fit nearest to their bands.

The loss of a candidate is the sum over fit targets of the squared distance of the median from its band, in half-widths:
nothing inside. `HOLD` times the squared way from the default, in ranges, is added, so that the smallest change that
brings a target inside is found, and a parameter that no fit target knows of stays where it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from abm.declaration import Parameter
from abm.errors import BadInput, Fault
from experiments.targets import Measured, Target, load_targets, measure, run_baseline

HOLD = 0.1  # loss of moving a parameter over its whole range: a tenth of missing a band by its half-width
KNOWN = 0.1  # a parameter whose whole range changes the loss by less is not identified
_STEPS = 5  # places of a range that are tried to see whether a parameter is identified

Candidate = Mapping[str, float]
Loss = Callable[[Candidate], float]


@dataclass(frozen=True)
class Tuned:
    """What a search found: `best` values, `before` and `after` the loss without `HOLD`, and what identifies them.

    `reach[name]` is by how much the loss changes over the range of a parameter while the others are at their best.
    """

    best: dict[str, float]
    before: float
    after: float
    reach: dict[str, float]

    def identified(self, name: str) -> bool:
        """Whether the fit targets say anything about a parameter."""
        return self.reach[name] >= KNOWN


def distance(value: float, target: Target) -> float:
    """From a band, in half-widths, 0 inside; of a band open on one side, in parts of its bound."""
    if math.isnan(target.low) or math.isnan(target.high):
        bound = target.high if math.isnan(target.low) else target.low
        beyond = value - bound if math.isnan(target.low) else bound - value
        return max(0.0, beyond) / max(abs(bound), 1e-12)
    half = max((target.high - target.low) / 2.0, 1e-12)
    return max(0.0, abs(value - (target.low + target.high) / 2.0) / half - 1.0)


def loss_of(found: Sequence[Measured]) -> float:
    """Sum of squared distances of the medians that were measured."""
    return sum(distance(each.bands[1], each.target) ** 2 for each in found if each.bands)


def search(
    loss: Loss, space: Mapping[str, Parameter], trials: int, seed: int, progress: Callable[[int, int], None] | None
) -> Tuned:
    """Seek the least loss in the declared ranges; the defaults are the first trial. Equal arguments, equal result.

    `progress(done, all)` is called after each evaluation of `loss`. Raises `BadInput` where optuna is missing.
    """
    try:
        import optuna
    except ImportError:
        raise BadInput(Fault("tune", "no package optuna", "pip install 'cloudcity[tune]'")) from None

    done, whole = 0, trials + 2 + _STEPS * len(space)

    def tried(candidate: Candidate) -> float:
        nonlocal done
        found = loss(candidate)
        done += 1
        if progress is not None:
            progress(done, whole)
        return found

    def objective(trial) -> float:
        candidate = {name: trial.suggest_float(name, each.low, each.high) for name, each in space.items()}
        held = sum(((candidate[name] - each.default) / (each.high - each.low)) ** 2 for name, each in space.items())
        return tried(candidate) + HOLD * held

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed % 2**32))
    defaults = {name: each.default for name, each in space.items()}
    study.enqueue_trial(defaults)
    study.optimize(objective, n_trials=trials)
    best, reach = dict(study.best_params), {}
    before, after = tried(defaults), tried(best)
    for name, each in space.items():
        places = np.linspace(each.low, each.high, _STEPS).tolist()
        losses = [after, *(tried({**best, name: place}) for place in places)]
        reach[name] = max(losses) - min(losses)
    return Tuned(best, before, after, reach)


def space_of(held: Sequence[str]) -> dict[str, Parameter]:
    """Declared `tuned` parameters but those that an address of `held` sets. Raises `BadInput` where none is left."""
    from abm.parameters import DECLARED

    fixed = {address.rpartition(".")[2] for address in held}
    space = {name: each for name, each in DECLARED.items() if each.tuned and name not in fixed}
    if not space:
        raise BadInput(Fault("--set", "every parameter that is tuned", "one that is left free"))
    return space


def fit_measured(where: str, parameters: Candidate, **options) -> Callable[[Candidate], list[Measured]]:
    """A function that runs a candidate beside `parameters` and measures the targets of role fit.

    `options` are those of `abm.run`. Raises `BadInput`, also where no fit target can be measured in such a run.
    """
    from abm.ecosystem import load

    tables, targets = load_targets(where)
    wanted, network = [each for each in targets if each.role == "fit"], load(where)

    def measured(candidate: Candidate) -> list[Measured]:
        return measure(run_baseline(network, tables, {**parameters, **candidate}, **options), wanted)

    if not any(each.bands for each in measured({})):
        raise BadInput(Fault(str(where), "no target of role fit that this run can measure", "one at least"))
    return measured


def scenario_text(tuned: Tuned, told: str) -> str:
    """A scenario file that runs with the best values; `told` says what they come from."""
    rows = "\n".join(f"{name} = {value!r}" for name, value in tuned.best.items())
    return f'title = "Tuned"\nstory = "{told}"\n\n[parameters]\n{rows}\n'
