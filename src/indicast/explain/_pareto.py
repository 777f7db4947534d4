"""The largest of many ratios smoothed by the generalised Pareto distribution that fits them.

Invariant: weights and shape are those of ArviZ, to the last digits but a few (``tests/unit/test_pareto.py``);
it is written here because importing that costs more than the answer. Sources: fit of the tail, Zhang and Stephens 2009,
doi:10.1198/tech.2009.08017; length of the tail, weak prior of the shape and smoothing, Vehtari, Simpson, Gelman, Yao
and Gabry 2024, Journal of Machine Learning Research 25(72), appendices G and H.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

GRID = 30
"""Candidates of the profile, to which the root of the number of values is added."""
QUARTILE_FACTOR = 3.0
"""How far the candidates reach, in units of one over the first quartile."""
PRIOR_WEIGHT, PRIOR_SHAPE = 10.0, 0.5
"""Values that the prior of the shape is worth, and its mean."""
NEGLIGIBLE = 10.0 * np.finfo(float).eps
SMALL = 225.0
"""Independent draws up to which the tail is a fifth of all."""
SHORTEST_TAIL = 5


class Fitted(NamedTuple):
    """A generalised Pareto distribution of excesses; not a number where none fits.

    Attributes
    ----------
    shape
        k; the mean is finite below 1.
    scale
        > 0, in units of the excesses.
    """

    shape: float
    scale: float


def smoothed(log_ratio: np.ndarray, independent: float) -> tuple[np.ndarray, float]:
    """Return log-ratios with a smoothed tail, up to a constant, and the tail's shape.

    Parameters
    ----------
    log_ratio
        Nats; dims (draw), at least 25 of them.
    independent
        How many independent draws one draw is worth, in (0, 1].

    Returns
    -------
    smoothed
        The largest is at most 0; dims (draw).
    k_hat
        Not a number where the tail is no tail.
    """
    found = log_ratio - log_ratio.max()
    order = np.argsort(found)
    tail, cut = order[-tail_length(found.size, independent) :], order[-tail_length(found.size, independent) - 1]
    start, excess = math.exp(found[cut]), np.exp(found[tail])
    fitted = fit(excess - start)
    if math.isfinite(fitted.shape):
        even = (np.arange(tail.size) + 0.5) / tail.size
        found[tail] = np.minimum(np.log(start + quantile(even, fitted)), found[tail[-1]])
    return found, fitted.shape


def tail_length(draws: int, independent: float) -> int:
    """Return how many of the largest ratios are its tail.

    Examples
    --------
    >>> tail_length(4000, 1.0), tail_length(100, 1.0)
    (189, 20)
    """
    if draws * independent <= SMALL:
        return max(SHORTEST_TAIL, draws // 5)
    return int(3.0 * math.sqrt(draws / independent))


def fit(excess: np.ndarray) -> Fitted:
    """Return the distribution that fits excesses over a threshold.

    The shape is averaged over a profile of candidates, each by its likelihood, and drawn to 1/2 as by ten more values.

    Parameters
    ----------
    excess
        Ascending, >= 0; dims (value).
    """
    quartile = excess[int(excess.size / 4.0 + 0.5) - 1]
    if not quartile > excess[0]:
        return Fitted(math.nan, math.nan)
    count = GRID + math.isqrt(excess.size)
    steps = 1.0 - np.sqrt(count / (np.arange(count) + 0.5))
    theta = 1.0 / excess[-1] + steps / (QUARTILE_FACTOR * quartile)
    chance = _profile(theta, excess)
    mean = float((theta * chance).sum())
    raw = float(np.log1p(-mean * excess).mean())
    shape = (excess.size * raw + PRIOR_WEIGHT * PRIOR_SHAPE) / (excess.size + PRIOR_WEIGHT)
    return Fitted(math.inf, math.nan) if math.isnan(shape) else Fitted(shape, -raw / mean)


def _profile(theta: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Return how likely each candidate is beside the others; dims (candidate)."""
    shape = np.log1p(-theta[:, None] * excess).mean(axis=1)
    log_likelihood = excess.size * (np.log(-theta / shape) - shape - 1.0)
    chance = np.exp(log_likelihood - log_likelihood.max())
    chance /= chance.sum()
    chance[chance < NEGLIGIBLE] = 0.0
    return np.asarray(chance / chance.sum())


def quantile(probability: np.ndarray, fitted: Fitted) -> np.ndarray:
    """Return the quantiles of a generalised Pareto distribution, from 0 on.

    Examples
    --------
    >>> quantile(np.array([0.5]), Fitted(1.0, 2.0))
    array([2.])
    """
    if not fitted.scale > 0.0:
        return np.full_like(probability, np.nan)
    fallen = -np.log1p(-probability)
    if fitted.shape == 0.0:
        return np.asarray(fitted.scale * fallen)
    return np.asarray(fitted.scale * np.expm1(fitted.shape * fallen) / fitted.shape)
