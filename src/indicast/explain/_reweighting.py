"""Draws of one posterior weighed so that they stand for another.

Draw s of a posterior given evidence y gets the weight ``p(y' | s) / p(y | s)``, and then stands for the
posterior given y'. The largest weights are smoothed by the generalised Pareto distribution that fits
their tail; its shape k-hat says how far a weighted mean can be believed, whatever is averaged.

Invariant: equal ratios weigh all draws alike, exactly; a constant added to all ratios changes nothing
(``tests/unit/test_what_if.py``). Not valid if the other evidence makes likely what no draw came near:
then k-hat exceeds its limit, or no draw is there to say so. Source: Vehtari, Simpson, Gelman, Yao and Gabry
2024, Pareto smoothed importance sampling, Journal of Machine Learning Research 25(72), 1-58, where the limit
is equation 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from indicast.explain._monte_carlo import effective_draws, error_of
from indicast.explain._pareto import smoothed

WORST_SHAPE = 0.7
"""Shape beyond which no practical number of draws makes up for the bias."""
ROUNDING = 1e-9
"""Nats within which ratios differ by rounding only."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What each draw counts, and how far that can be believed.

    Attributes
    ----------
    values
        Sum to one; dims (chain, draw).
    k_hat
        Shape of the tail of the ratios; minus infinity where all are equal.
    effective
        ``1 / sum w^2``: how many draws that count alike are worth as much. How far draws depend on each other is
        not in it, but in :func:`error_of_mean`.
    """

    values: np.ndarray
    k_hat: float
    effective: float

    @property
    def limit(self) -> float:
        """What k-hat must stay below."""
        return largest_shape(self.values.size)

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its limit."""
        return self.k_hat < self.limit

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the weighted mean of values with dims (chain, draw, ...); dims (...)."""
        return np.asarray(np.einsum("cd,cd...->...", self.values, values))

    def pull(self, values: np.ndarray) -> np.ndarray:
        """Return what each draw adds to the error of the weighted mean, ``S w (x - mean)``, with the dims of values.

        Its plain mean is 0 and has the Monte Carlo error of the weighted mean, to first order.
        """
        spread = values - self.mean(values)
        return np.asarray(self.values.size * self.values.reshape(*self.values.shape, 1) * spread)


def largest_shape(draws: int) -> float:
    """Return what k-hat must stay below for a number of draws.

    Examples
    --------
    >>> round(largest_shape(1000), 3), largest_shape(6000)
    (0.667, 0.7)
    """
    return min(1.0 - 1.0 / math.log10(draws), WORST_SHAPE)


def weights(log_ratio: np.ndarray) -> Weights:
    """Return Pareto-smoothed weights of draws.

    Parameters
    ----------
    log_ratio
        log p(other evidence | draw) - log p(evidence of the fit | draw), nats; dims (chain, draw).
    """
    size = log_ratio.size
    if np.ptp(log_ratio) < ROUNDING:
        return Weights(np.full(log_ratio.shape, 1.0 / size), -math.inf, float(size))
    centred = log_ratio - log_ratio.max()
    independent = min(effective_draws(np.exp(centred)) / size, 1.0)
    found, shape = smoothed(centred.ravel(), independent)
    raw = np.exp(found - found.max()).reshape(log_ratio.shape)
    values = raw / raw.sum()
    return Weights(values, shape, float(1.0 / (values**2).sum()))


def error_of_mean(pull: np.ndarray) -> np.ndarray:
    """Return the Monte Carlo standard error of the mean over draws that depend on each other.

    Parameters
    ----------
    pull
        Dims (chain, draw, scenario).

    Returns
    -------
    error
        Exactly 0 where nothing varies; dims (scenario).
    """
    varies = np.ptp(pull, axis=(0, 1)) > 0.0
    return np.array([error_of(pull[..., place]) if some else 0.0 for place, some in enumerate(varies.tolist())])
