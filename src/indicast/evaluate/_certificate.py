"""From simulations to a certificate: what was tested, by which rule, and the verdict.

Invariant: every test counts in one family, whose rule was declared before; nothing found is
left out of it, an unsound fit is counted and ranked, and the order of simulations
changes nothing (``tests/unit/test_certificate.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import __version__
from indicast.errors import RunError
from indicast.evaluate._calibration_key import calibration_key
from indicast.evaluate._ranks import uniform_fraction
from indicast.evaluate._state_calibration import StateBin, brier, state_bins
from indicast.evaluate._trial import WHENS
from indicast.evaluate._uniformity import SMALL, expected_small_share, holm, uniformity
from indicast.infer import library_versions

if TYPE_CHECKING:
    from indicast.evaluate._trial import Plan, Trial

Certificate = dict[str, Any]
"""The content of ``calibration.json``."""
RULE = "all p-values together adjusted by Holm's procedure; a test fails if its adjusted p-value is below the level"


def certificate(plan: Plan, trials: Sequence[Trial]) -> Certificate:
    """Return the certificate of a plan.

    Parameters
    ----------
    plan
        What was simulated.
    trials
        Every simulation that was made.

    Raises
    ------
    RunError
        If not one fit could be made.
    """
    trials = sorted(trials, key=lambda trial: trial["place"])
    made = [trial for trial in trials if "failed" not in trial]
    if not made:
        message = f"not one of {len(trials)} fits could be made: {trials[0]['failed']}"
        raise RunError(message)
    names, fractions = _fractions(plan, made)
    bins = _bins(plan, made)
    p_values = np.concatenate([uniformity(fractions), [one.p for one in bins]])
    adjusted = holm(p_values)
    fits = soundness(plan, trials)
    passed = bool((adjusted >= plan.settings.level).all()) and fits["unsound"] <= plan.settings.unsound_max
    return {
        **_about(plan, len(trials)),
        "passed": passed,
        "rule": RULE,
        "tests": int(p_values.size),
        "quantities": _quantities(plan, names, made, p_values, adjusted),
        "small_p_share": float((p_values[: len(names)] < SMALL).mean()),
        "small_p_share_expected": expected_small_share(len(made), np.random.default_rng(plan.seed)),
        "states": [
            asdict(one) | {"band": list(one.band), "adjusted": value, "passed": bool(value >= plan.settings.level)}
            for one, value in zip(bins, adjusted[len(names) :].tolist(), strict=True)
        ],
        "brier": _briers(plan, made),
        "fits": fits,
    }


def _about(plan: Plan, simulations: int) -> Certificate:
    declared, panel = plan.framework.declaration, plan.panel
    return {
        "model": plan.framework.id,
        "version": declared.model.version,
        "key": calibration_key(plan.framework, plan.hyperparameters),
        "simulations": simulations,
        "seed": plan.seed,
        "settings": plan.settings.model_dump() | {"target_accept": plan.target_accept},
        "seen_through": {name: panel.attrs[name] for name in ("as_of", "known_at", "months", "reports")},
        "package_version": __version__,
        "libraries": library_versions(),
    }


def fractions_of(plan: Plan, trials: Sequence[Trial]) -> dict[str, np.ndarray]:
    """Return the ranks of every quantity as fractions; dims (simulation)."""
    names, fractions = _fractions(plan, [trial for trial in trials if "failed" not in trial])
    return dict(zip(names, fractions, strict=True))


def _fractions(plan: Plan, made: Sequence[Trial]) -> tuple[list[str], np.ndarray]:
    names = sorted(made[0]["ranks"])
    ranks = np.array([[trial["ranks"][name] for trial in made] for name in names])
    within = np.array([trial["within"] for trial in made])
    return names, uniform_fraction(ranks, within, plan.settings.thinned)


def _quantities(
    plan: Plan, names: list[str], made: Sequence[Trial], p_values: np.ndarray, adjusted: np.ndarray
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "p": float(p),
            "adjusted": float(value),
            "passed": bool(value >= plan.settings.level),
            "mean_rank": float(np.mean([trial["ranks"][name] for trial in made]) / plan.settings.thinned),
            "neighbour_correlation": float(np.mean([trial["correlations"][name] for trial in made])),
        }
        for name, p, value in zip(names, p_values, adjusted, strict=False)  # states follow after the names
    ]


def _bins(plan: Plan, made: Sequence[Trial]) -> list[StateBin]:
    return [one for when, scenario, given in _states(plan, made) for one in state_bins(when, scenario, *given)]


def _briers(plan: Plan, made: Sequence[Trial]) -> list[dict[str, Any]]:
    return [asdict(brier(when, scenario, *given)) for when, scenario, given in _states(plan, made)]


def _states(plan: Plan, made: Sequence[Trial]) -> list[tuple[str, str, tuple[np.ndarray, np.ndarray]]]:
    """Return when, scenario, and its probability and whether it held; dims (simulation)."""
    found = []
    for when in WHENS:
        chance = np.array([trial["states"][when]["probability"] for trial in made])
        true = np.array([trial["states"][when]["true"] for trial in made])
        for place, scenario in enumerate(plan.framework.scenarios):
            found.append((when, scenario, (chance[:, place], true == place)))
    return found


def soundness(plan: Plan, trials: Sequence[Trial]) -> dict[str, Any]:
    """Return how many fits were unsound and why; a fit may be so for several reasons."""
    limit = plan.settings.rhat_max
    failed = ["failed" in trial for trial in trials]
    rhat = [not _at_most(trial.get("rhat"), limit) for trial in trials]
    divergent = [trial.get("divergences", 0) > 0 for trial in trials]
    known = [trial["rhat"] for trial in trials if trial.get("rhat") is not None]
    return {
        "unsound": float(np.mean(np.logical_or.reduce([failed, rhat, divergent]))),
        "failed": int(np.sum(failed)),
        "rhat_above": int(np.sum(rhat)),
        "divergent": int(np.sum(divergent)),
        "largest_rhat": max(known) if known else None,
    }


def _at_most(value: float | None, limit: float) -> bool:
    return value is not None and value <= limit
