"""Worlds drawn from the priors, seen through the holes of the real panel.

Invariant: padded months are no months of a world, and what worlds say does not depend on how many
there are to pad (``tests/reference/test_prior_gates.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from indicast import names
from indicast.evaluate._packed_evidence import packed_evidence
from indicast.evaluate._simulate import draw_truth, simulate_families
from indicast.generative import chain
from indicast.generative.emission import with_climate
from indicast.generative.families import EMISSIONS, Draws, Setting
from indicast.panel import used_months

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework, PriorGates


@dataclass(frozen=True, slots=True, eq=False)
class PriorWorlds:
    """Worlds drawn from the priors.

    Attributes
    ----------
    path
        Index of the scenario; dims (world, time).
    count
        Counted events found if every month were watched as well as any; dims (world, time, counted).
    evidence
        log E[p(month | scenario)] of everything, nats; dims (world, time, scenario).
    by_indicator
        The same for each indicator alone; dims (world, indicator, time, scenario).
    """

    path: np.ndarray
    count: np.ndarray
    evidence: np.ndarray
    by_indicator: np.ndarray


def draw_worlds(
    framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, limits: PriorGates
) -> PriorWorlds:
    """Return worlds drawn from the priors, and what each used month of them would say."""
    rng, panel = np.random.default_rng(limits.seed), used_months(panel)
    months, setting = panel.sizes[names.TIME], Setting(framework, hyperparameters, panel)
    watched = best_watched(setting)
    believed = with_climate(draw_truth(framework, hyperparameters, months, rng, size=limits.believed), framework)
    truths = with_climate(draw_truth(framework, hyperparameters, months, rng, size=limits.worlds), framework)
    paths, counts, found = [], [], []
    for world in range(limits.worlds):
        truth = {name: values[world : world + 1] for name, values in truths.items()}
        paths.append(draw_path(truth, months, rng))
        found.append(simulate_families(truth, setting, paths[-1], rng))
        counts.append(_counts(truth, watched, paths[-1], rng))
    evidence = packed_evidence(believed, setting, _stacked(found), limits.worlds)
    return PriorWorlds(np.stack(paths), np.stack(counts), *evidence)


def _stacked(found: list[dict[str, dict[str, np.ndarray]]]) -> dict[str, dict[str, np.ndarray]]:
    """Return what was simulated with worlds as the first axis."""
    return {
        family: {name: np.stack([world[family][name] for world in found]) for name in variables}
        for family, variables in found[0].items()
    }


def best_watched(setting: Setting) -> Setting:
    """Return a setting in which counts are watched as well as any, so that gaps do not look like quiet years."""
    best = int(setting.hyperparameters.priors[names.DETECTION].mean().argmax()) if setting.framework.counts else 0
    watched = setting.panel.assign(count_coverage=xr.full_like(setting.panel["count_coverage"], best))
    return Setting(setting.framework, setting.hyperparameters, watched)


def _counts(truth: Draws, watched: Setting, path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if not watched.framework.counts:
        return np.zeros((path.size, 0))
    return EMISSIONS["count"].simulate(truth, watched, path, rng)["count"]


def draw_path(truth: Draws, months: int, rng: np.random.Generator) -> np.ndarray:
    """Return a scenario path drawn from a world's own chain; dims (time)."""
    transition = chain.transition_matrix(truth[names.DWELL], truth[names.EXIT])[0]
    path = [rng.choice(len(transition), p=truth[names.INITIAL][0])]
    for _ in range(months - 1):
        path.append(rng.choice(len(transition), p=transition[path[-1]]))
    return np.array(path)
