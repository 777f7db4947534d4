"""The evidence of acts, month by month, and its adjoint.

The compiled road beside the NumPy one of ``event``; the mathematics stands there.
Invariant: equals the NumPy twin and finite differences (``tests/reference/test_twin.py``,
``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import lgamma, log

import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel
from indicast.panel import NOT_LOOKED


def _value(
    rate: np.ndarray,
    background: np.ndarray,
    density: np.ndarray,
    detection: np.ndarray,
    number: np.ndarray,
    coverage: np.ndarray,
) -> Arrays:
    emission = np.zeros((number.shape[0], rate.shape[1]))
    for t in range(number.shape[0]):
        for s in range(number.shape[1]):
            if coverage[t, s] == NOT_LOOKED:
                continue
            shared = -lgamma(number[t, s] + 1.0)
            found = density[s] * detection[coverage[t, s]]
            for k in range(rate.shape[1]):
                mean = found * (rate[s, k] + background[s])
                emission[t, k] += shared + number[t, s] * log(mean) - mean
    return emission


def _adjoint(
    upstream: np.ndarray,
    rate: np.ndarray,
    background: np.ndarray,
    density: np.ndarray,
    detection: np.ndarray,
    number: np.ndarray,
    coverage: np.ndarray,
) -> Arrays:
    to_rate, to_background = np.zeros_like(rate), np.zeros_like(background)
    to_density, to_detection = np.zeros_like(density), np.zeros_like(detection)
    for t in range(number.shape[0]):
        for s in range(number.shape[1]):
            if coverage[t, s] == NOT_LOOKED:
                continue
            found = density[s] * detection[coverage[t, s]]
            for k in range(rate.shape[1]):
                acts = rate[s, k] + background[s]
                by_log_mean = upstream[t, k] * (number[t, s] - found * acts)
                to_rate[s, k] += by_log_mean / acts
                to_background[s] += by_log_mean / acts
                to_density[s] += by_log_mean / density[s]
                to_detection[coverage[t, s]] += by_log_mean / detection[coverage[t, s]]
    return to_rate, to_background, to_density, to_detection


EVENTS = Kernel(_value, _adjoint, smooth=4, kept=())
"""Inputs: rate, background, density of the ledger, detection; then acts and coverage."""
