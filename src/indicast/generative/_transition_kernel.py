"""The monthly transition matrix from dwell times and exits, and its adjoint.

Invariant: equals ``chain.transition_matrix`` and finite differences
(``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel


def _value(dwell: np.ndarray, shares: np.ndarray) -> Arrays:
    size = dwell.shape[0]
    matrix = np.empty((size, size))
    for j in range(size):
        leave = 1.0 / (1.0 + dwell[j])
        matrix[j, j] = 1.0 - leave
        for place in range(size - 1):
            matrix[j, place + (place >= j)] = leave * shares[j, place]
    return matrix


def _adjoint(upstream: np.ndarray, dwell: np.ndarray, shares: np.ndarray) -> Arrays:
    to_dwell, to_shares = np.empty_like(dwell), np.empty_like(shares)
    for j in range(dwell.shape[0]):
        leave = 1.0 / (1.0 + dwell[j])
        by_leave = -upstream[j, j]
        for place in range(dwell.shape[0] - 1):
            felt = upstream[j, place + (place >= j)]
            by_leave += felt * shares[j, place]
            to_shares[j, place] = felt * leave
        to_dwell[j] = -by_leave * leave * leave
    return to_dwell, to_shares


TRANSITION = Kernel(_value, _adjoint, smooth=2, kept=())
"""Inputs: dwell times in months; where each scenario goes when it ends, itself left out."""
