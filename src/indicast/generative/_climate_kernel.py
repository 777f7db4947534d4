"""Shared shocks and standing tilt of each month and indicator, and their adjoint.

Written as a recursion so that value and gradient cost O(months) instead of the
O(months^2) of the matrix in ``shocks``. Invariant: equals ``shocks.climate`` and finite
differences (``tests/reference/test_shocks.py``, ``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel


def _value(
    common: np.ndarray,
    grouped: np.ndarray,
    persistence: np.ndarray,
    global_scale: np.ndarray,
    group_scale: np.ndarray,
    tilt: np.ndarray,
    group_of: np.ndarray,
) -> Arrays:
    phi, scale = persistence.item(), global_scale.item()
    fresh = np.sqrt(1.0 - phi * phi)
    shared, apart = common.copy(), grouped.copy()
    climate = np.empty((common.shape[0], tilt.shape[0]))
    for t in range(common.shape[0]):
        if t > 0:
            shared[t] = phi * shared[t - 1] + fresh * common[t]
            for g in range(grouped.shape[1]):
                apart[t, g] = phi * apart[t - 1, g] + fresh * grouped[t, g]
        for i in range(tilt.shape[0]):
            climate[t, i] = tilt[i] + scale * shared[t] + group_scale[group_of[i]] * apart[t, group_of[i]]
    return climate, shared, apart


def _adjoint(
    upstream: np.ndarray,
    shared: np.ndarray,
    apart: np.ndarray,
    common: np.ndarray,
    grouped: np.ndarray,
    persistence: np.ndarray,
    global_scale: np.ndarray,
    group_scale: np.ndarray,
    tilt: np.ndarray,
    group_of: np.ndarray,
) -> Arrays:
    phi, scale = persistence.item(), global_scale.item()
    fresh = np.sqrt(1.0 - phi * phi)
    to_common, to_grouped = np.zeros_like(common), np.zeros_like(grouped)
    to_group_scale, to_tilt = np.zeros_like(group_scale), np.zeros_like(tilt)
    to_phi, to_scale = 0.0, 0.0
    for t in range(common.shape[0] - 1, -1, -1):
        for i in range(tilt.shape[0]):
            g, felt = group_of[i], upstream[t, i]
            to_tilt[i] += felt
            to_scale += felt * shared[t]
            to_common[t] += felt * scale
            to_group_scale[g] += felt * apart[t, g]
            to_grouped[t, g] += felt * group_scale[g]
        if t > 0:
            to_phi += to_common[t] * (shared[t - 1] - phi / fresh * common[t])
            to_common[t - 1] += phi * to_common[t]
            to_common[t] *= fresh
            for g in range(grouped.shape[1]):
                to_phi += to_grouped[t, g] * (apart[t - 1, g] - phi / fresh * grouped[t, g])
                to_grouped[t - 1, g] += phi * to_grouped[t, g]
                to_grouped[t, g] *= fresh
    return to_common, to_grouped, np.asarray(to_phi), np.asarray(to_scale), to_group_scale, to_tilt


CLIMATE = Kernel(_value, _adjoint, smooth=6, kept=(1, 2))
"""Inputs: innovations common to all and of each group, phi, the two scales, tilts; then the group of each indicator."""
