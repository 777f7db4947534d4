"""One simulation of the certificate: a world from the model itself, and where the truth lies in its posterior.

Parameters come from their priors, a scenario path from their chain, marks and observations from
both, in the months, cells, sources and coverage of the real ledger; then the model is fitted.
Invariants: simulation i follows from the seed and i alone, whoever makes it and in whatever
order; an unsound fit is a result like any other, never dropped
(``tests/reference/test_simulated_worlds.py``, ``tests/recovery/test_calibration.py``).
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.errors import RunError
from indicast.evaluate._calibration_key import calibration_key, digest
from indicast.evaluate._prior_worlds import draw_path
from indicast.evaluate._quantities import Asked, asked_of, quantities
from indicast.evaluate._ranks import neighbour_correlation, rank, spread_places
from indicast.evaluate._simulate import draw_truth, simulate_panel
from indicast.generative import chain, labels
from indicast.generative.emission import log_labels
from indicast.generative.families import Setting
from indicast.infer import Sampler, Settings, code_hash, flat_draws, library_versions

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import CalibrationSection, Framework

MONTHS_AHEAD = 12
WHENS = ("midway", "now", "a year ahead")
"""Months whose scenario is compared with its probability."""
Trial = dict[str, Any]
"""What one simulation found, ready for JSON."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What all simulations of a certificate share.

    Attributes
    ----------
    framework, hyperparameters
        The model that is certified.
    panel
        Months, cells, sources and coverage through which worlds are seen.
    settings
        As declared under ``[sbc]``.
    target_accept
        Of the sampler, as declared for real fits.
    seed
        Everything random follows from it.
    """

    framework: Framework
    hyperparameters: Hyperparameters
    panel: xr.Dataset
    settings: CalibrationSection
    target_accept: float
    seed: int

    @cached_property
    def key(self) -> str:
        """Hash of everything on which the result of a simulation depends."""
        seen = {str(name): array.to_numpy() for name, array in self.panel.variables.items()}
        made = asdict(self.fitting(0)) | {"thinned": self.settings.thinned, "seed": self.seed}
        model = calibration_key(self.framework, self.hyperparameters)
        return digest([model, seen, dict(self.panel.attrs), made, code_hash(), library_versions()])

    def fitting(self, seed: int) -> Settings:
        """Return the settings of one fit."""
        given = self.settings
        return Settings(given.chains, given.tune, given.draws, self.target_accept, seed)


@dataclass(frozen=True, eq=False)
class Bench:
    """A plan and its compiled model, kept by each process that makes simulations.

    Attributes
    ----------
    plan
        What all simulations share.
    cores
        How many chains of a fit run at once; all of them if None. It changes no number.
    """

    plan: Plan
    cores: int | None = 1

    @cached_property
    def sampler(self) -> Sampler:
        """The sampler, which compiles at its first fit."""
        return Sampler(self.plan.framework, self.plan.hyperparameters)

    def trial(self, place: int) -> Trial:
        """Return what simulation ``place`` found.

        Returns
        -------
        trial
            ``ranks`` and ``correlations`` by quantity; ``within``, the place within a step of
            ranks; ``states``: true scenario and its probabilities by time; ``rhat`` and
            ``divergences`` of the fit; ``seconds``. A fit that could not be made has ``failed``.
        """
        began = time.perf_counter()
        world, fitting, ranking = np.random.SeedSequence(self.plan.seed, spawn_key=(place,)).spawn(3)
        truth, path, panel = draw_world(self.plan, np.random.default_rng(world))
        try:
            settings = self.plan.fitting(int(fitting.generate_state(1)[0]))
            free, stats = self.sampler.free_draws(panel, settings, progress=False, cores=self.cores)
        except RunError as error:
            return {"place": place, "failed": str(error), "seconds": time.perf_counter() - began}
        setting = Setting(self.plan.framework, self.plan.hyperparameters, panel)
        found = self._ranked(truth, path, free, setting, np.random.default_rng(ranking))
        soundness = {"rhat": largest_rhat(free), "divergences": int(stats["diverging"].sum())}
        return {"place": place, **found, **soundness, "seconds": time.perf_counter() - began}

    def _ranked(
        self,
        truth: dict[str, np.ndarray],
        path: np.ndarray,
        free: xr.Dataset,
        setting: Setting,
        rng: np.random.Generator,
    ) -> Trial:
        drawn = flat_draws(free, self.plan.framework, self.plan.hyperparameters)
        total = free.sizes[names.CHAIN] * free.sizes[names.DRAW]
        kept = spread_places(total, self.plan.settings.thinned)
        used = _up_to(truth, int(setting.panel.attrs["months"]))
        real, believed = (asked_of(one, setting) for one in (used, {name: all_[kept] for name, all_ in drawn.items()}))
        values = quantities(believed, free, setting)
        true = quantities(real, free, setting)
        return {
            "ranks": {name: rank(float(true[name][0]), draws, rng) for name, draws in values.items()},
            "within": float(rng.random()),
            "correlations": {name: neighbour_correlation(one, free.sizes[names.CHAIN]) for name, one in values.items()},
            "states": _states(path, believed),
        }


def draw_world(plan: Plan, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray, xr.Dataset]:
    """Return parameters, a scenario path that goes on for a year, and the panel that they make."""
    padded = plan.panel.sizes[names.TIME]
    truth = _judged_truth(plan, padded, rng)
    path = draw_path(truth, padded + MONTHS_AHEAD, rng)
    given = (plan.framework, plan.hyperparameters, plan.panel)
    return truth, path, simulate_panel(*given, truth, path[:padded], rng, with_table=True)


def _judged_truth(plan: Plan, months: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return a draw from the priors; where labels are used they are part of them, by rejection."""
    counts = labels.pseudo_counts(plan.framework) if labels.used(plan.framework) else np.zeros(0)
    highest = float((counts * np.log(counts / counts.sum())).sum()) if counts.size else 0.0
    while True:
        truth = draw_truth(plan.framework, plan.hyperparameters, months, rng)
        if np.log(rng.random()) < log_labels(truth, plan.framework)[0] - highest or not counts.size:
            return truth


def _up_to(truth: dict[str, np.ndarray], months: int) -> dict[str, np.ndarray]:
    innovations = (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION)
    return truth | {name: truth[name][:, :months] for name in innovations}


def _states(path: np.ndarray, believed: Asked) -> dict[str, dict[str, Any]]:
    """Return the true scenario and its probabilities, midway, in the last month and a year later."""
    smoothed, last = believed.state.smoothed, believed.state.smoothed.shape[1] - 1
    transition = chain.transition_matrix(believed.draws[names.DWELL], believed.draws[names.EXIT])
    ahead = believed.state.filtered[:, last]
    for _ in range(MONTHS_AHEAD):
        ahead = chain.step(ahead, transition)
    months = (last // 2, last, last + MONTHS_AHEAD)
    chances = (smoothed[:, last // 2], smoothed[:, last], ahead)
    return {
        when: {"true": int(path[month]), "probability": chance.mean(axis=0).tolist()}
        for when, month, chance in zip(WHENS, months, chances, strict=True)
    }


def largest_rhat(free: xr.Dataset) -> float | None:
    """Return the largest R-hat of all free parameters; None if one of them has none."""
    import arviz as az

    found = az.rhat(free)
    worst = np.array([float(found[name].max(skipna=False)) for name in found.data_vars])
    return None if np.isnan(worst).any() else float(worst.max())
