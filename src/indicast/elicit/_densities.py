"""The log-density of every distribution that a prior may have, in NumPy.

Invariant: each is the density of the values themselves, without the Jacobian of any sampler's own
scale, and equals PyMC's (``tests/reference/test_log_prior.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammaln, log_ndtr, xlog1py, xlogy

from indicast.elicit._distributions import Arguments

if TYPE_CHECKING:
    from indicast.elicit._prior import Prior

LOG_ROOT_TWO_PI: Final = 0.5 * np.log(2.0 * np.pi)
Density = Callable[[np.ndarray, Arguments], np.ndarray]


def _log_normal_density(value: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.asarray(-0.5 * ((value - centre) / scale) ** 2 - np.log(scale) - LOG_ROOT_TWO_PI)


def _normal(value: np.ndarray, given: Arguments) -> np.ndarray:
    return _log_normal_density(value, given["mu"], given["sigma"])


def _half_normal(value: np.ndarray, given: Arguments) -> np.ndarray:
    return np.log(2.0) + _log_normal_density(value, np.zeros(()), given["sigma"])


def _lognormal(value: np.ndarray, given: Arguments) -> np.ndarray:
    return _log_normal_density(np.log(value), given["mu"], given["sigma"]) - np.log(value)


def _truncated_normal(value: np.ndarray, given: Arguments) -> np.ndarray:
    low = (given["lower"] - given["mu"]) / given["sigma"]
    return _normal(value, given) - log_ndtr(-low)


def _exponential(value: np.ndarray, given: Arguments) -> np.ndarray:
    return np.asarray(np.log(given["lam"]) - given["lam"] * value)


def _gamma(value: np.ndarray, given: Arguments) -> np.ndarray:
    alpha, beta = given["alpha"], given["beta"]
    return np.asarray(xlogy(alpha, beta) - gammaln(alpha) + xlogy(alpha - 1.0, value) - beta * value)


def _beta(value: np.ndarray, given: Arguments) -> np.ndarray:
    alpha, beta = given["alpha"], given["beta"]
    constant = gammaln(alpha + beta) - gammaln(alpha) - gammaln(beta)
    return np.asarray(constant + xlogy(alpha - 1.0, value) + xlog1py(beta - 1.0, -value))


def _dirichlet(value: np.ndarray, given: Arguments) -> np.ndarray:
    constant = gammaln(given["a"].sum(axis=-1)) - gammaln(given["a"]).sum(axis=-1)
    return np.asarray(constant + xlogy(given["a"] - 1.0, value).sum(axis=-1))


LOG_DENSITIES: Final[dict[str, Density]] = {
    "Normal": _normal,
    "HalfNormal": _half_normal,
    "LogNormal": _lognormal,
    "TruncatedNormal": _truncated_normal,
    "Exponential": _exponential,
    "Gamma": _gamma,
    "Beta": _beta,
    "Dirichlet": _dirichlet,
}
"""By distribution: values and canonical arguments -> nats; a Dirichlet's last axis is summed out."""


def log_density(prior: Prior, values: np.ndarray) -> np.ndarray:
    """Return log p(values) under a prior, nats, summed over its dims; dims (draw).

    Parameters
    ----------
    prior
        As elicited.
    values
        Inside the prior's support; dims (draw, *prior.dims).
    """
    terms = LOG_DENSITIES[prior.distribution](values, prior.arguments)
    return np.asarray(terms.reshape(len(values), -1).sum(axis=1))


def log_standard_normal(values: np.ndarray) -> np.ndarray:
    """Return log p(values) of independent standard normals, nats, summed over all but the first axis; dims (draw).

    Parameters
    ----------
    values
        Dims (draw, ...).

    Examples
    --------
    >>> log_standard_normal(np.zeros((1, 2))).round(4).tolist()
    [-1.8379]
    """
    flat = values.reshape(len(values), -1)
    return np.asarray(-0.5 * (flat**2).sum(axis=1) - flat.shape[1] * LOG_ROOT_TWO_PI)
