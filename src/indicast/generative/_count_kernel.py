"""The evidence of counts, month by month, and its adjoint.

The compiled road beside the NumPy one of ``count``; the mathematics stands there, in
``overdispersion^2 = 1/alpha`` so that the Poisson limit is smooth:
``sum_{j<y} log(1 + j/alpha) + y log mu - (y + alpha) log(1 + mu/alpha) - log y!``.
Invariant: equals the NumPy twin and finite differences (``tests/reference/test_count.py``,
``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p

import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel
from indicast.panel import NOT_LOOKED

BY_LEVEL, BY_OVERDISPERSION, SLOPES = 0, 1, 2


def _value(
    overdispersion: np.ndarray,
    season: np.ndarray,
    peak: np.ndarray,
    detection: np.ndarray,
    growth: np.ndarray,
    growth_years: np.ndarray,
    count: np.ndarray,
    coverage: np.ndarray,
    reference: np.ndarray,
    at_peak: np.ndarray,
    month_of_year: np.ndarray,
) -> Arrays:
    months, counted, scenarios, years = count.shape[0], count.shape[1], growth.shape[1], growth_years.item()
    emission, slopes = np.zeros((months, scenarios)), np.zeros((months, counted, scenarios, SLOPES))
    for t in range(months):
        for n in range(counted):
            if coverage[t, n] == NOT_LOOKED:
                continue
            number, width = count[t, n], overdispersion[n]
            spread = width * width
            level = log(reference[t, n] * detection[coverage[t, n]]) + season[n, month_of_year[t]]
            level += at_peak[t, n] * peak[n]
            shared, by_spread = -lgamma(number + 1.0), 0.0
            for below in range(number):
                shared += log1p(below * spread)
                by_spread += below / (1.0 + below * spread)
            for k in range(scenarios):
                log_mu = level + years * growth[n, k]
                mu = exp(log_mu)
                crowding = log1p(mu * spread)
                emission[t, k] += shared + number * log_mu - (number + 1.0 / spread) * crowding
                slopes[t, n, k, BY_LEVEL] = number - mu * (number * spread + 1.0) / (1.0 + mu * spread)
                held = crowding / (spread * spread) - (number + 1.0 / spread) * mu / (1.0 + mu * spread)
                slopes[t, n, k, BY_OVERDISPERSION] = 2.0 * width * (by_spread + held)
    return emission, slopes


def _adjoint(
    upstream: np.ndarray,
    slopes: np.ndarray,
    overdispersion: np.ndarray,
    season: np.ndarray,
    peak: np.ndarray,
    detection: np.ndarray,
    growth: np.ndarray,
    growth_years: np.ndarray,
    count: np.ndarray,
    coverage: np.ndarray,
    reference: np.ndarray,
    at_peak: np.ndarray,
    month_of_year: np.ndarray,
) -> Arrays:
    to_overdispersion, to_season, to_peak = np.zeros_like(overdispersion), np.zeros_like(season), np.zeros_like(peak)
    to_detection, to_growth, years = np.zeros_like(detection), np.zeros_like(growth), growth_years.item()
    for t in range(count.shape[0]):
        for n in range(count.shape[1]):
            if coverage[t, n] == NOT_LOOKED:
                continue
            by_level = 0.0
            for k in range(growth.shape[1]):
                felt = upstream[t, k] * slopes[t, n, k, BY_LEVEL]
                by_level += felt
                to_growth[n, k] += felt * years
                to_overdispersion[n] += upstream[t, k] * slopes[t, n, k, BY_OVERDISPERSION]
            to_season[n, month_of_year[t]] += by_level
            to_peak[n] += by_level * at_peak[t, n]
            to_detection[coverage[t, n]] += by_level / detection[coverage[t, n]]
    return to_overdispersion, to_season, to_peak, to_detection, to_growth


COUNTS = Kernel(_value, _adjoint, smooth=5, kept=(4,))
"""Inputs: overdispersion, season, peak, detection, growth; then the years of growth and the months of counts."""
