"""A world with known truth, seen through the holes of a real panel.

Invariant: simulated reports and counts follow the densities that the model uses, given
the same months, cells, sources and coverage (``tests/recovery/test_recovery.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative import direction, shocks
from indicast.generative.count import calendar_month
from indicast.generative.emission import group_of, strengths
from indicast.panel import NOT_LOOKED, trailing_reference

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

Truth = Mapping[str, np.ndarray]


def draw_truth(
    framework: Framework, hyperparameters: Hyperparameters, months: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return one draw of every free parameter from its prior.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    months
        Number of months that need shocks.
    rng
        Source of randomness.

    Returns
    -------
    truth
        Arrays by variable name with a leading axis of length one.
    """
    truth = {name: prior.sample(rng, 1) for name, prior in hyperparameters.priors.items()}
    indicators, groups = len(framework.indicators), len(framework.groups)
    for name in (names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z):
        truth[name] = rng.standard_normal((1, indicators))
    truth[names.GLOBAL_INNOVATION] = rng.standard_normal((1, months))
    truth[names.GROUP_INNOVATION] = rng.standard_normal((1, months, groups))
    truth[names.STRENGTH] = strengths(truth, framework, hyperparameters)
    return truth


def simulate_panel(
    framework: Framework,
    hyperparameters: Hyperparameters,
    panel: xr.Dataset,
    truth: Truth,
    path: np.ndarray,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Return the panel with its reports and counts replaced by simulated ones.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    panel
        Gives months, cells, sources and coverage.
    truth
        From :func:`draw_truth`.
    path
        Index of the true scenario in each month; dims (time).
    rng
        Source of randomness.
    """
    reports = _reports(framework, panel, truth, path, rng)
    simulated = panel.assign(report_direction=(panel["report_direction"].dims, reports))
    if not framework.counts:
        return simulated
    count, reference = _counts(hyperparameters, panel, truth, path, rng)
    dims = panel["count"].dims
    return simulated.assign(count=(dims, count), count_reference=(dims, reference))


def _reports(
    framework: Framework, panel: xr.Dataset, truth: Truth, path: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    time, indicator = panel["cell_time"].to_numpy(), panel["cell_indicator"].to_numpy()
    climate = shocks.climate(truth, group_of(framework))[0]
    eta = (
        truth[names.STRENGTH][0][indicator] * framework.table.expected[indicator, path[time]] + climate[time, indicator]
    )
    weight = direction.reading_probability(eta, truth[names.THRESHOLD][0])
    weight[:, 1] *= direction.flat_news(truth)[0][indicator]
    reading = _draw(weight, rng)
    grade, slant = panel["report_grade"].to_numpy(), panel["report_slant"].to_numpy()
    reliable = rng.random(grade.shape) < truth[names.RELIABILITY][0][grade] * panel["report_factor"].to_numpy()
    guess = _draw(truth[names.SLANT_SHARES][0][slant].reshape(-1, direction.READINGS.size), rng).reshape(grade.shape)
    said = np.where(reliable, reading[:, None], guess) - 1
    return np.where(panel["report_used"].to_numpy(), said, 0)


def _draw(weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    edges = weight.cumsum(axis=-1)
    return np.asarray((rng.random((*weight.shape[:-1], 1)) * edges[..., -1:] >= edges).sum(axis=-1))


def _counts(
    hyperparameters: Hyperparameters, panel: xr.Dataset, truth: Truth, path: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    coverage = panel["count_coverage"].to_numpy()
    count, month = np.zeros_like(panel["count"].to_numpy()), calendar_month(panel)
    alpha = truth[names.OVERDISPERSION][0] ** -2.0
    for t in range(coverage.shape[0]):
        level = np.log(trailing_reference(hyperparameters, count, coverage)[t]) + truth[names.SEASON][0][:, month[t]]
        level += panel["count_peak"].to_numpy()[t] * truth[names.PEAK][0]
        level += hyperparameters.number("growth_years") * truth[names.GROWTH][0][:, path[t]]
        looked = coverage[t] != NOT_LOOKED
        mean = np.exp(level) * np.where(looked, truth[names.DETECTION][0][np.maximum(coverage[t], 0)], 0.0)
        count[t] = rng.poisson(rng.gamma(alpha, mean / alpha))
    return count, trailing_reference(hyperparameters, count, coverage)
