"""All evidence of a panel, month by month and scenario by scenario, in NumPy.

Invariant: equals what the compiled model adds up, draw by draw
(``tests/reference/test_twin.py``), and is exactly 0 in a month without evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative import chain, labels, marks, shocks
from indicast.generative.families import CLIMATE, Setting, active

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework


def group_of(framework: Framework) -> np.ndarray:
    """Return the group index of each indicator; dims (indicator)."""
    return np.array([framework.groups.index(indicator.group) for indicator in framework.declaration.indicators])


def strength_weight(framework: Framework, hyperparameters: Hyperparameters) -> np.ndarray:
    """Return how strongly each indicator may show: floor + (1 - floor) r; dims (indicator).

    Where the marks are left out, every row gets the average r: what separates rows is read off the marks.
    """
    floor, diagnosticity = hyperparameters.number("strength_floor"), framework.table.diagnosticity
    known = diagnosticity if marks.used(framework) else np.full_like(diagnosticity, diagnosticity.mean())
    return np.asarray(floor + (1.0 - floor) * known)


def strengths(draws: Mapping[str, np.ndarray], framework: Framework, hyperparameters: Hyperparameters) -> np.ndarray:
    """Return ``a_i = a_0 (floor + (1 - floor) r_i) exp(sd z_i)``, probit units; dims (draw, indicator)."""
    spread = np.exp(hyperparameters.number("strength_sd") * draws[names.STRENGTH_Z])
    return np.asarray(draws[names.STRENGTH_BASE][:, None] * strength_weight(framework, hyperparameters) * spread)


def log_emission(
    draws: Mapping[str, np.ndarray],
    framework: Framework,
    hyperparameters: Hyperparameters,
    panel: xr.Dataset,
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
    shocked, other = evidence_parts(draws, Setting(framework, hyperparameters, panel))
    return shocked + other


def evidence_parts(draws: Mapping[str, np.ndarray], setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return the evidence that shocks touch (marks among it), and all other evidence.

    Parameters
    ----------
    draws
        Free parameters by name, leading axis draw.
    setting
        Structure, priors and panel.

    Returns
    -------
    shocked, other
        Nats; dims (draw, time, scenario) both.
    """
    framework, felt = setting.framework, with_climate(draws, setting.framework)
    shape = (len(felt[CLIMATE]), setting.panel.sizes[names.TIME], len(framework.scenarios))
    shocked, other = np.zeros(shape), np.zeros(shape)
    for family in active(setting):
        total = other if family.cells is None else shocked
        total += family.log_emission(felt, setting)
    if marks.used(framework):
        first = felt[CLIMATE][:, 0]
        seen = marks.as_seen(framework.table, setting.panel)
        shocked[:, 0] += marks.log_emission(draws, seen, setting.hyperparameters, first, framework.residual)
    return shocked, other


def with_climate(draws: Mapping[str, np.ndarray], framework: Framework) -> dict[str, np.ndarray]:
    """Return parameters with the shocks and tilts that they imply, and the strengths."""
    return {**draws, CLIMATE: shocks.climate(draws, group_of(framework))}


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


def log_labels(draws: Mapping[str, np.ndarray], framework: Framework) -> np.ndarray:
    """Return what the experts' labels say of the chain's own parameters, nats; dims (draw).

    Exactly 0 unless the table enters by route B.
    """
    if not labels.used(framework):
        return np.zeros(len(draws[names.INITIAL]))
    transition = chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])
    return labels.log_labels(draws[names.INITIAL], transition, framework)
