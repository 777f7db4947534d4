"""The evidence of the experts' marks, and its adjoint.

The compiled road beside the NumPy one of ``marks``; the mathematics stands there.
Invariant: equals the NumPy twin and finite differences (``tests/reference/test_twin.py``,
``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import log

import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel
from indicast.generative._probit_kernel import expected_parts, reading_parts

BY_ETA, BY_THRESHOLD, BY_OMEGA, SLOPES = 0, 1, 2, 3


def _value(
    strength: np.ndarray,
    climate: np.ndarray,
    threshold: np.ndarray,
    of_present: np.ndarray,
    expected: np.ndarray,
    present: np.ndarray,
    support: np.ndarray,
) -> Arrays:
    tau, omega, scenarios = threshold.item(), of_present.item(), expected.shape[1]
    emission = np.zeros(scenarios)
    slopes = np.empty((*expected.shape, SLOPES))
    seen, by_omega = np.empty(present.shape[1]), np.empty(present.shape[1])
    for i in range(expected.shape[0]):
        for y in range(present.shape[1]):
            seen[y], by_omega[y] = 1.0, 0.0
            for k in range(present.shape[2]):  # a residual scenario has no marks
                mixed = omega * present[i, y, k] + (1.0 - omega) * support[i, k]
                seen[y] *= mixed
                by_omega[y] += (present[i, y, k] - support[i, k]) / mixed
        for k in range(scenarios):
            low, flat, high, at_low, at_high = expected_parts(expected[i, k], strength[i], climate[i], tau)
            joint = low * seen[0] + flat * seen[1] + high * seen[2]
            emission[k] += log(joint)
            by_low, by_high = (seen[0] - seen[1]) / joint, (seen[2] - seen[1]) / joint
            slopes[i, k, BY_ETA] = by_high * at_high - by_low * at_low
            slopes[i, k, BY_THRESHOLD] = -by_high * at_high - by_low * at_low
            told = low * seen[0] * by_omega[0] + flat * seen[1] * by_omega[1] + high * seen[2] * by_omega[2]
            slopes[i, k, BY_OMEGA] = told / joint
    return emission, slopes


def _adjoint(
    upstream: np.ndarray,
    slopes: np.ndarray,
    strength: np.ndarray,
    climate: np.ndarray,
    threshold: np.ndarray,
    of_present: np.ndarray,
    expected: np.ndarray,
    present: np.ndarray,
    support: np.ndarray,
) -> Arrays:
    to_strength, to_climate = np.zeros_like(strength), np.zeros_like(climate)
    to_threshold, to_omega = 0.0, 0.0
    for i in range(expected.shape[0]):
        for k in range(expected.shape[1]):
            by_eta = upstream[k] * slopes[i, k, BY_ETA]
            to_climate[i] += by_eta
            to_strength[i] += by_eta * expected[i, k]
            to_threshold += upstream[k] * slopes[i, k, BY_THRESHOLD]
            to_omega += upstream[k] * slopes[i, k, BY_OMEGA]
    return to_strength, to_climate, np.asarray(to_threshold), np.asarray(to_omega)


MARKS = Kernel(_value, _adjoint, smooth=4, kept=(3,), parts=(expected_parts, reading_parts))
"""Inputs: strength, climate at t = 0, threshold, omega; then the expected readings and the tables of marks."""
