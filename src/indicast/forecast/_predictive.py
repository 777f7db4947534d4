"""What the next months would show: counts, acts, and the direction of the next report.

Simulated draw by draw: a scenario path, shocks that go on as they did, and a reference
rate that follows the simulated counts. Invariant: one month ahead the mean of simulated
counts is the mixture's, and acts are distributed as the mixture of Poissons, both in closed
form (``tests/reference/test_predictive.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from indicast import names
from indicast.generative import direction, event, shocks
from indicast.generative.emission import group_of
from indicast.infer import flat_draws, panel_of
from indicast.panel import NOT_LOOKED, reference_rate, reference_window, scheduled_peaks

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

Draws = Mapping[str, np.ndarray]


def predict(tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, seed: int) -> xr.Dataset:
    """Return simulated counts and acts, and probabilities of the next report's direction.

    Parameters
    ----------
    tree
        A fit.
    framework, hyperparameters
        As used for the fit.
    seed
        Of the simulation.

    Returns
    -------
    predictions
        ``count_ahead`` (chain, draw, ahead, counted): events found in a month watched as the
        latest one was; ``event_ahead`` (chain, draw, ahead, event_series): acts found
        likewise; ``direction_ahead`` (chain, draw, ahead, indicator, direction):
        what a report by a reliable source would say, given that one is made.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[1])
    ahead = framework.declaration.forecast.predictive_months
    draws = flat_draws(tree["posterior"].to_dataset(), framework, hyperparameters)
    path = _scenario_path(draws, ahead, rng)
    arrays: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "direction_ahead": ((names.AHEAD, names.INDICATOR, names.DIRECTION), _directions(draws, framework, path, rng))
    }
    if framework.counts:
        arrays["count_ahead"] = (
            (names.AHEAD, names.COUNTED),
            _counts(tree, draws, framework, hyperparameters, path, rng),
        )
    if framework.events:
        found = _events(tree, draws, hyperparameters, path, rng)
        arrays[names.EVENT_AHEAD] = ((names.AHEAD, names.EVENT_SERIES), found)
    sizes = tree["posterior"].sizes
    leading = (sizes[names.CHAIN], sizes[names.DRAW])
    shaped = {
        name: ((names.CHAIN, names.DRAW, *dims), values.reshape(*leading, *values.shape[1:]))
        for name, (dims, values) in arrays.items()
    }
    coords = {
        names.AHEAD: np.arange(1, ahead + 1),
        names.INDICATOR: list(framework.indicators),
        names.DIRECTION: list(framework.declaration.directions),
    }
    coords |= {names.COUNTED: [indicator.id for indicator in framework.counts]} if framework.counts else {}
    coords |= {names.EVENT_SERIES: [indicator.id for indicator in framework.events]} if framework.events else {}
    return xr.Dataset(shaped, coords=coords)


def _scenario_path(draws: Draws, ahead: int, rng: np.random.Generator) -> np.ndarray:
    """Return simulated scenario indices of the next months; dims (draw, ahead)."""
    state = draws[names.FILTERED][:, -1]
    path: list[np.ndarray] = []
    for _ in range(ahead):
        now = _categorical(state, rng) if not path else path[-1]
        row = np.take_along_axis(draws[names.TRANSITION], now[:, None, None], axis=1)[:, 0]
        path.append(_categorical(row, rng))
    return np.stack(path, axis=1)


def _categorical(probability: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    edges = probability.cumsum(axis=1)
    return np.asarray((rng.random((len(edges), 1)) * edges[:, -1:] >= edges).sum(axis=1))


def _directions(draws: Draws, framework: Framework, path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return P(direction of the next report) for each draw; dims (draw, ahead, indicator, direction)."""
    ahead = path.shape[1]
    extended = dict(draws)
    for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION):
        new = rng.standard_normal((len(path), ahead, *draws[name].shape[2:]))
        extended[name] = np.concatenate([draws[name], new], axis=1)
    climate = shocks.climate(extended, group_of(framework))[:, -ahead:]
    expected = framework.expected.T[path]
    eta = draws[names.STRENGTH][:, None] * expected + climate
    probability = direction.reading_probability(eta, draws[names.THRESHOLD][:, None, None])
    probability = np.where(framework.residual[path][..., None, None], 1 / direction.READINGS.size, probability)
    probability[..., 1] *= direction.flat_news(draws)[:, None]
    return np.asarray(probability / probability.sum(axis=-1, keepdims=True))


def _counts(
    tree: xr.DataTree,
    draws: Draws,
    framework: Framework,
    hyperparameters: Hyperparameters,
    path: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return simulated counts; dims (draw, ahead, counted)."""
    detected = hyperparameters.priors[names.DETECTION].mean()
    watch = latest_watch(tree["constant_data"]["count_coverage"].to_numpy(), detected)
    seen, exposure = _history(tree, detected, len(path))
    months, ahead = seen.shape[1], path.shape[1]
    peaks = scheduled_peaks(framework, months + ahead)
    alpha = draws[names.OVERDISPERSION] ** -2.0
    for h in range(ahead):
        level = np.log(_reference(hyperparameters, seen, exposure)) + np.log(draws[names.DETECTION][:, watch])
        level += (
            draws[names.SEASON][:, :, (framework.start_index + months + h) % 12] + peaks[months + h] * draws[names.PEAK]
        )
        growth = np.take_along_axis(draws[names.GROWTH], path[:, None, h, None], axis=2)[..., 0]
        mean = np.exp(level + hyperparameters.number("growth_years") * growth)
        found = rng.poisson(rng.gamma(alpha, mean / alpha))
        seen = np.concatenate([seen, found[:, None]], axis=1)
        exposure = np.concatenate([exposure, np.broadcast_to(detected[watch], found[:, None].shape)], axis=1)
    return np.asarray(seen[:, months:])


def latest_watch(coverage: np.ndarray, detected: np.ndarray) -> np.ndarray:
    """Return the coverage that each series had when it was last looked at; the best one if it never was.

    Parameters
    ----------
    coverage
        Index of the coverage word, ``NOT_LOOKED`` where nobody looked; dims (time, series).
    detected
        Expected chance of detection of each word; dims (coverage).

    Examples
    --------
    >>> latest_watch(np.array([[0, -1], [1, -1], [-1, -1]]), np.array([0.9, 0.5]))
    array([1, 0])
    """
    words = [column[column != NOT_LOOKED] for column in coverage.T]
    return np.array([word[-1] if word.size else detected.argmax() for word in words], dtype=np.int64)


def _events(
    tree: xr.DataTree, draws: Draws, hyperparameters: Hyperparameters, path: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return simulated acts; dims (draw, ahead, event_series)."""
    expected = hyperparameters.priors[names.EVENT_DETECTION].mean()
    watch = latest_watch(tree["constant_data"]["event_coverage"].to_numpy(), expected)
    mean = event.row_rate(draws) * draws[names.EVENT_DETECTION][:, watch, None]
    return rng.poisson(np.take_along_axis(mean[:, None], path[:, :, None, None], axis=-1)[..., 0])


def _history(tree: xr.DataTree, detected: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and expected exposure so far, repeated for each draw."""
    panel = panel_of(tree)
    coverage = panel["count_coverage"].to_numpy()
    looked = coverage != NOT_LOOKED
    seen = np.where(looked, panel["count"].to_numpy(), 0)
    exposure = np.where(looked, detected[np.maximum(coverage, 0)], 0.0)
    return np.repeat(seen[None], size, axis=0), np.repeat(exposure[None], size, axis=0)


def _reference(hyperparameters: Hyperparameters, seen: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Return the trailing rate of the month after the last; dims (draw, counted)."""
    window = reference_window(hyperparameters)
    return reference_rate(hyperparameters, seen[:, -window:].sum(axis=1), exposure[:, -window:].sum(axis=1))
