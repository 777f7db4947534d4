"""The evidence of milestones, month by month, and its adjoint.

The compiled road beside the NumPy one of ``milestone``; the mathematics stands there.
Invariant: equals the NumPy twin and finite differences (``tests/reference/test_twin.py``,
``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import exp, expm1, log, log1p

import numba
import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel

NOT_SHARED = -1
"""Stands for the row of deviations of a milestone that was judged scenario by scenario."""


@numba.njit(error_model="numpy", fastmath=False)
def _rates(
    chance: np.ndarray,
    shift: np.ndarray,
    clarity: np.ndarray,
    horizon: np.ndarray,
    owner: np.ndarray,
    shared: np.ndarray,
) -> np.ndarray:
    """Return the monthly rate at which each milestone is clearly reached in each scenario."""
    rate = np.empty(owner.shape)
    for m in range(owner.shape[0]):
        for k in range(owner.shape[1]):
            rate[m, k] = -clarity[m] * log1p(-chance[owner[m, k]]) / horizon[owner[m, k]]
            if shared[m] != NOT_SHARED:
                rate[m, k] *= exp(shift[shared[m], k])
    return rate


def _value(
    chance: np.ndarray,
    shift: np.ndarray,
    clarity: np.ndarray,
    horizon: np.ndarray,
    owner: np.ndarray,
    shared: np.ndarray,
    opened: np.ndarray,
    done: np.ndarray,
) -> Arrays:
    rate = _rates(chance, shift, clarity, horizon, owner, shared)
    emission, reached = np.zeros((opened.shape[0], owner.shape[1])), np.empty(owner.shape)
    for m in range(owner.shape[0]):
        for k in range(owner.shape[1]):
            reached[m, k] = log(-expm1(-rate[m, k]))
    for t in range(opened.shape[0]):
        for m in range(owner.shape[0]):
            if opened[t, m] != 0.0 or done[t, m] != 0.0:
                for k in range(owner.shape[1]):
                    emission[t, k] += done[t, m] * reached[m, k] - opened[t, m] * rate[m, k]
    return emission


def _adjoint(
    upstream: np.ndarray,
    chance: np.ndarray,
    shift: np.ndarray,
    clarity: np.ndarray,
    horizon: np.ndarray,
    owner: np.ndarray,
    shared: np.ndarray,
    opened: np.ndarray,
    done: np.ndarray,
) -> Arrays:
    rate = _rates(chance, shift, clarity, horizon, owner, shared)
    to_chance, to_shift, to_clarity = np.zeros_like(chance), np.zeros_like(shift), np.zeros_like(clarity)
    for m in range(owner.shape[0]):
        for k in range(owner.shape[1]):
            waited, came = 0.0, 0.0
            for t in range(opened.shape[0]):
                waited += upstream[t, k] * opened[t, m]
                came += upstream[t, k] * done[t, m]
            by_log_rate = rate[m, k] * (came / expm1(rate[m, k]) - waited)
            left = 1.0 - chance[owner[m, k]]
            to_chance[owner[m, k]] += by_log_rate / (-log(left) * left)
            to_clarity[m] += by_log_rate / clarity[m]
            if shared[m] != NOT_SHARED:
                to_shift[shared[m], k] += by_log_rate
    return to_chance, to_shift, to_clarity


MILESTONES = Kernel(_value, _adjoint, smooth=3, kept=())
"""Inputs: chance within the horizon, log-deviations of shared hazards, clarity; then horizons in months, whose
judgement and which deviation each milestone rests on, and what was open and done."""
