"""The evidence of changes in level, reading by reading, and its adjoint.

The compiled road beside the NumPy one of ``level``; the mathematics stands there.
Invariant: equals the NumPy twin and finite differences (``tests/reference/test_twin.py``,
``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import lgamma, log, log1p, pi

import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel


def _value(
    drift: np.ndarray,
    scale: np.ndarray,
    tail: np.ndarray,
    months: np.ndarray,
    time: np.ndarray,
    series: np.ndarray,
    change: np.ndarray,
    years: np.ndarray,
) -> Arrays:
    nu, emission = tail.item(), np.zeros((months.item(), drift.shape[1]))
    constant = lgamma(0.5 * (nu + 1.0)) - lgamma(0.5 * nu) - 0.5 * log(nu * pi)
    for r in range(time.shape[0]):
        spread = scale[series[r]]
        for k in range(drift.shape[1]):
            distance = (change[r] - drift[series[r], k] * years[r]) / spread
            emission[time[r], k] += constant - log(spread) - 0.5 * (nu + 1.0) * log1p(distance * distance / nu)
    return emission


def _adjoint(
    upstream: np.ndarray,
    drift: np.ndarray,
    scale: np.ndarray,
    tail: np.ndarray,
    months: np.ndarray,
    time: np.ndarray,
    series: np.ndarray,
    change: np.ndarray,
    years: np.ndarray,
) -> Arrays:
    nu, to_drift, to_scale = tail.item(), np.zeros_like(drift), np.zeros_like(scale)
    for r in range(time.shape[0]):
        s, spread = series[r], scale[series[r]]
        for k in range(drift.shape[1]):
            distance = (change[r] - drift[s, k] * years[r]) / spread
            pull = (nu + 1.0) * distance / (nu + distance * distance)
            to_drift[s, k] += upstream[time[r], k] * pull * years[r] / spread
            to_scale[s] += upstream[time[r], k] * (pull * distance - 1.0) / spread
    return to_drift, to_scale


LEVELS = Kernel(_value, _adjoint, smooth=2, kept=())
"""Inputs: drift a year, scale; then the tail index, the number of months, and readings with their gap in years."""
