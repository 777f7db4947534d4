"""Probabilities that sum to one from free coordinates, by one kernel.

The coordinates are PyMC's: logarithms that sum to zero, the last left out. Its own
graph of them is dozens of small operations. Invariant: value, inverse and Jacobian
determinant are those of PyMC's transform (``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import exp
from typing import Any, final

import numba
import numpy as np
import pytensor.tensor as pt
from pymc.logprob.transforms import SimplexTransform, Transform

from indicast.generative._kernel_op import Arrays, Kernel, KernelOp


@numba.njit(error_model="numpy", fastmath=False)
def _shares(free: np.ndarray) -> np.ndarray:
    """Return the probabilities of coordinates; dims (row, coordinate) to (row, probability)."""
    rows, size = free.shape
    share = np.empty((rows, size + 1))
    for r in range(rows):
        share[r, :size], share[r, size] = free[r], -free[r].sum()
        peak, total = share[r].max(), 0.0
        for k in range(size + 1):
            share[r, k] = exp(share[r, k] - peak)
            total += share[r, k]
        for k in range(size + 1):
            share[r, k] /= total
    return share


def _value(free: np.ndarray) -> Arrays:
    return _shares(np.ascontiguousarray(free).reshape(-1, free.shape[-1])).reshape((*free.shape[:-1], -1))


def _adjoint(upstream: np.ndarray, free: np.ndarray) -> Arrays:
    size = free.shape[-1]
    share = _shares(np.ascontiguousarray(free).reshape(-1, size))
    felt = np.ascontiguousarray(upstream).reshape(-1, size + 1)
    gradient = np.empty((share.shape[0], size))
    for r in range(share.shape[0]):
        mean = (share[r] * felt[r]).sum()
        last = share[r, size] * (felt[r, size] - mean)
        for k in range(size):
            gradient[r, k] = share[r, k] * (felt[r, k] - mean) - last
    return gradient.reshape(free.shape)


SIMPLEX = Kernel(_value, _adjoint, smooth=1, kept=())
"""Input: free coordinates along the last axis."""


@final
class Simplex(Transform):
    """PyMC's simplex transform with a compiled way back."""

    name = "simplex"
    ndim_supp = 1

    def forward(self, value: Any, *inputs: Any) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
        """Return the free coordinates of probabilities."""
        return SimplexTransform().forward(value, *inputs)

    def backward(self, value: Any, *inputs: Any) -> Any:  # noqa: ANN401, ARG002  # the signature of PyMC
        """Return the probabilities of free coordinates."""
        free = pt.as_tensor_variable(value)
        *leading, size = free.type.shape
        return KernelOp(SIMPLEX, (*leading, None if size is None else size + 1))(free)

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
        """Return log |d probabilities / d coordinates| = log(size) + sum of log-probabilities, nats."""
        share = self.backward(value, *inputs)
        return pt.log(share.shape[-1].astype("float64")) + pt.log(share).sum(axis=-1)
