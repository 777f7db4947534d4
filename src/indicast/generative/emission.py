"""All evidence of a panel, month by month and scenario by scenario, in NumPy.

Invariant: equals what the compiled model adds up, draw by draw
(``tests/reference/test_twin.py``), and is exactly 0 in a month without evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative import chain, count, direction, marks, shocks

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework


def group_of(framework: Framework) -> np.ndarray:
    """Return the group index of each indicator; dims (indicator)."""
    return np.array([framework.groups.index(indicator.group) for indicator in framework.declaration.indicators])


def strength_weight(framework: Framework, hyperparameters: Hyperparameters) -> np.ndarray:
    """Return how strongly each indicator may show: floor + (1 - floor) r; dims (indicator)."""
    floor = hyperparameters.number("strength_floor")
    return np.asarray(floor + (1.0 - floor) * framework.table.diagnosticity)


def strengths(draws: Mapping[str, np.ndarray], framework: Framework, hyperparameters: Hyperparameters) -> np.ndarray:
    """Return ``a_i = a_0 (floor + (1 - floor) r_i) exp(sd z_i)``, probit units; dims (draw, indicator)."""
    spread = np.exp(hyperparameters.number("strength_sd") * draws[names.STRENGTH_Z])
    return np.asarray(draws[names.STRENGTH_BASE][:, None] * strength_weight(framework, hyperparameters) * spread)


def log_emission(
    draws: Mapping[str, np.ndarray], framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset
) -> np.ndarray:
    """Return log p(evidence of month t | scenario, parameters).

    Parameters
    ----------
    draws
        Free parameters by name, leading axis draw.
    framework, hyperparameters, panel
        As given to the model.

    Returns
    -------
    log_emission
        Nats; dims (draw, time, scenario).
    """
    climate = shocks.climate(draws, group_of(framework))
    total = direction.log_emission(draws, panel, framework.table.expected, climate)
    total[:, 0] += marks.log_emission(draws, framework.table, hyperparameters, climate[:, 0])
    if framework.counts:
        total += count.log_emission(draws, panel, hyperparameters.number("growth_years"))
    return total


def run_chain(draws: Mapping[str, np.ndarray], evidence: np.ndarray) -> chain.ChainPosterior:
    """Return forward-backward for every draw.

    Parameters
    ----------
    draws
        Free parameters by name, leading axis draw.
    evidence
        From :func:`log_emission`.
    """
    transition = chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])
    return chain.forward_backward(evidence, transition, draws[names.INITIAL])
