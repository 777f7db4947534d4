"""Shocks shared by indicators: why many indicators are not as many witnesses.

``u_t = phi u_{t-1} + sqrt(1 - phi^2) eps_t`` with ``u_0 ~ N(0, 1)``, one path for all
indicators and one per group. Written as a lower-triangular matrix times standard
normal innovations, so that the sampler sees independent coordinates. Invariant: every
``u_t`` has variance one (``tests/reference/test_shocks.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


from indicast import names


def autoregression(persistence: np.ndarray, months: int) -> np.ndarray:
    """Return the matrix that turns innovations into a stationary AR(1) path.

    Parameters
    ----------
    persistence
        phi in (0, 1); dims (...).
    months
        Length of the path.

    Returns
    -------
    matrix
        Lower triangular: phi^(t-s) sqrt(1 - phi^2), and phi^t in the first column;
        dims (..., time, time).

    Examples
    --------
    >>> autoregression(np.array(0.6), 2)
    array([[1. , 0. ],
           [0.6, 0.8]])
    """
    lag = np.subtract.outer(np.arange(months), np.arange(months))
    phi = np.asarray(persistence)[..., None, None]
    matrix = np.where(lag >= 0, phi ** np.maximum(lag, 0), 0.0)
    matrix[..., 1:] *= np.sqrt(1.0 - phi**2)
    return matrix


def climate(draws: Mapping[str, np.ndarray], group_of: np.ndarray) -> np.ndarray:
    """Return ``h_it = e_i + b_G u_t + b_g v_gt`` in NumPy, probit units.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    group_of
        Group index of each indicator; dims (indicator).

    Returns
    -------
    climate
        Dims (draw, time, indicator).
    """
    months = draws[names.GLOBAL_INNOVATION].shape[1]
    matrix = autoregression(draws[names.PERSISTENCE], months)
    common = np.einsum("sab,sb->sa", matrix, draws[names.GLOBAL_INNOVATION])
    grouped = np.einsum("sab,sbg->sag", matrix, draws[names.GROUP_INNOVATION])
    shock = (
        draws[names.GLOBAL_SCALE][:, None, None] * common[:, :, None]
        + (draws[names.GROUP_SCALE][:, None, :] * grouped)[:, :, group_of]
    )
    return np.asarray(shock + tilt(draws)[:, None, :])


def tilt(draws: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the standing tilt of each indicator, probit units; dims (draw, indicator)."""
    return np.asarray(draws[names.TILT_MEAN][:, None] + draws[names.TILT_SCALE][:, None] * draws[names.TILT_Z])


def climate_graph(variables: Mapping[str, Any], group_of: np.ndarray) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return ``h_it`` as a PyTensor matrix, probit units; dims (time, indicator)."""
    from indicast.generative._climate_kernel import CLIMATE
    from indicast.generative._kernel_op import KernelOp

    innovations = variables[names.GLOBAL_INNOVATION], variables[names.GROUP_INNOVATION]
    scales = variables[names.PERSISTENCE], variables[names.GLOBAL_SCALE], variables[names.GROUP_SCALE]
    shape = (innovations[0].type.shape[0], group_of.size)
    return KernelOp(CLIMATE, shape)(*innovations, *scales, variables["tilt"], group_of)
