"""The ordered probit for compiled kernels: three readings and the density at both cuts.

Invariant: equals ``direction.reading_probability`` to rounding, also far from the middle
(``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import erfc, exp, pi, sqrt

import numba

ROOT_HALF = sqrt(0.5)
PEAK_DENSITY = 1.0 / sqrt(2.0 * pi)
RESIDUAL = 9.0
"""Stands for the expected reading of a scenario that predicts nothing."""
EVEN = 1.0 / 3.0


@numba.njit(error_model="numpy", fastmath=False)
def reading_parts(eta: float, threshold: float) -> tuple[float, float, float, float, float]:
    """Return P(-1), P(0), P(+1) and the normal density at the lower and the upper cut.

    Parameters
    ----------
    eta
        Location, probit units.
    threshold
        Half-width of the flat reading, probit units, > 0.
    """
    distance = abs(eta)
    away = 0.5 * erfc((threshold + distance) * ROOT_HALF)
    if distance < threshold:
        toward = 0.5 * erfc((threshold - distance) * ROOT_HALF)
        not_toward = 1.0 - toward
    else:
        not_toward = 0.5 * erfc((distance - threshold) * ROOT_HALF)
        toward = 1.0 - not_toward
    flat = not_toward - away
    near = PEAK_DENSITY * exp(-0.5 * (threshold - distance) ** 2)
    far = PEAK_DENSITY * exp(-0.5 * (threshold + distance) ** 2)
    if eta < 0.0:
        return toward, flat, away, near, far
    return away, flat, toward, far, near


@numba.njit(error_model="numpy", fastmath=False)
def expected_parts(
    expected: float, strength: float, climate: float, threshold: float
) -> tuple[float, float, float, float, float]:
    """Return :func:`reading_parts` for what a scenario expects; equal ones, without slope, if it predicts nothing."""
    if expected == RESIDUAL:
        return EVEN, EVEN, EVEN, 0.0, 0.0
    return reading_parts(strength * expected + climate, threshold)
