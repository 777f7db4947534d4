"""Scenario paths and shocks under which a panel is drawn again.

Invariant: drawn paths have the smoothed probabilities of the chain as their frequencies, and joint ones those of
enumeration; fresh shocks have the mean and variance of :func:`expected_climate`
(``tests/reference/test_replicated.py``). Source of backward sampling: Carter and Kohn 1994,
doi:10.1093/biomet/81.3.541.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative.emission import group_of
from indicast.generative.families import CLIMATE
from indicast.generative.ratings import chosen

if TYPE_CHECKING:
    from indicast.workspace import Framework

Draws = Mapping[str, np.ndarray]


def smoothed_path(filtered: np.ndarray, transition: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return scenario paths drawn given all data, backwards from the last month.

    Parameters
    ----------
    filtered
        P(scenario at t | data up to t); dims (draw, time, scenario).
    transition
        Dims (draw, scenario, next_scenario).
    rng
        Source of randomness.

    Returns
    -------
    path
        Index of the scenario; dims (draw, time).
    """
    months = filtered.shape[1]
    path = np.empty(filtered.shape[:2], dtype=np.int64)
    path[:, -1] = chosen(filtered[:, -1], rng)
    for t in reversed(range(months - 1)):
        into = np.take_along_axis(transition, path[:, t + 1, None, None], axis=2)[..., 0]
        path[:, t] = chosen(filtered[:, t] * into, rng)
    return path


def prior_path(initial: np.ndarray, transition: np.ndarray, months: int, rng: np.random.Generator) -> np.ndarray:
    """Return scenario paths drawn before any data; dims (draw, time).

    Parameters
    ----------
    initial
        Dims (draw, scenario).
    transition
        Dims (draw, scenario, next_scenario).
    months
        Length of the paths.
    rng
        Source of randomness.
    """
    path = [chosen(initial, rng)]
    for _ in range(months - 1):
        path.append(chosen(np.take_along_axis(transition, path[-1][:, None, None], axis=1)[:, 0], rng))
    return np.stack(path, axis=1)


def with_fresh_shocks(felt: Draws, framework: Framework, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return parameters with a climate in which every month's own innovations are drawn anew.

    Shocks of the month before are those of the draw, faded. Climate is linear in the innovations, so that it
    moves by the size of the new innovation less the old one.

    Parameters
    ----------
    felt
        Parameters by name with their climate, leading axis draw.
    framework
        Gives the groups of the indicators.
    rng
        Source of randomness.
    """
    moved = {
        name: rng.standard_normal(felt[name].shape) - felt[name]
        for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION)
    }
    shock = (
        felt[names.GLOBAL_SCALE][:, None, None] * moved[names.GLOBAL_INNOVATION][:, :, None]
        + (felt[names.GROUP_SCALE][:, None] * moved[names.GROUP_INNOVATION])[:, :, group_of(framework)]
    )
    shock[:, 1:] *= np.sqrt(1.0 - felt[names.PERSISTENCE] ** 2)[:, None, None]
    return {**felt, CLIMATE: felt[CLIMATE] + shock}
