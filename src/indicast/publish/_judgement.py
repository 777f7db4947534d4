"""How much of the forecast is judgement: parameters that the data left as they were.

Invariant: a parameter whose posterior equals its prior is called prior-only
(``tests/unit/test_publish_judgement.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative.chain import transition_matrix

if TYPE_CHECKING:
    import xarray as xr

    from indicast.workspace import Framework

PRIOR_ONLY = 0.9
"""Posterior over prior standard deviation above which data have taught a parameter next to nothing."""
SAMPLE = (names.CHAIN, names.DRAW)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One scenario's parameter, before and after the data.

    Attributes
    ----------
    name
        In words.
    of_chain
        Whether it belongs to the scenario chain.
    ratio
        Posterior over prior standard deviation.
    """

    name: str
    of_chain: bool
    ratio: float

    @property
    def prior_only(self) -> bool:
        """Whether the data left the parameter as it was."""
        return self.ratio > PRIOR_ONLY


@dataclass(frozen=True, slots=True)
class LongRun:
    """One scenario's probability at the longest horizon and in the long run."""

    name: str
    longest: float
    posterior: float
    prior: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What rests on judgement.

    Attributes
    ----------
    parameters
        Durations, exits and growth of every scenario.
    months
        The longest horizon.
    long_run
        Where the chain tends, by scenario.
    memory
        By months ahead: the most that knowing today's scenario for certain could still
        move a forecast (largest total-variation distance between two starting points).
    """

    parameters: tuple[Parameter, ...]
    months: int
    long_run: tuple[LongRun, ...]
    memory: tuple[tuple[int, float], ...]


def judgement(tree: xr.DataTree, framework: Framework) -> Judgement:
    """Return how far the posterior of a run moved from its prior."""
    settings = framework.declaration.forecast
    transition = _chain(tree["posterior"].to_dataset()[names.TRANSITION], framework)
    ahead = tree["predictions"]["scenario_probability"].sel({names.SCENARIO: list(framework.scenarios)})
    last = ahead.sel({names.HORIZON: settings.longest}).mean(SAMPLE).to_numpy()
    ends = [stationary(transition).mean(axis=0), stationary(_prior_chain(tree, framework)).mean(axis=0)]
    rows = zip(framework.declaration.scenarios, last, *ends, strict=True)
    return Judgement(
        parameters(tree, framework),
        settings.longest,
        tuple(LongRun(scenario.name, *(float(value) for value in values)) for scenario, *values in rows),
        tuple((months, memory(transition, months)) for months in (*settings.horizons,)),
    )


def _chain(transition: xr.DataArray, framework: Framework) -> np.ndarray:
    """Return transition matrices in declared order; dims (sample, scenario, next_scenario)."""
    order = list(framework.scenarios)
    ordered = transition.sel({names.SCENARIO: order, names.NEXT_SCENARIO: order})
    return (
        ordered.transpose(*SAMPLE, names.SCENARIO, names.NEXT_SCENARIO).to_numpy().reshape(-1, len(order), len(order))
    )


def _prior_chain(tree: xr.DataTree, framework: Framework) -> np.ndarray:
    prior, order = tree["prior"], {names.SCENARIO: list(framework.scenarios)}
    dwell = prior[names.DWELL].sel(order).transpose(*SAMPLE, names.SCENARIO).to_numpy()
    exits = prior[names.EXIT].sel(order).transpose(*SAMPLE, names.SCENARIO, names.DESTINATION).to_numpy()
    size = dwell.shape[-1]
    return transition_matrix(dwell.reshape(-1, size), exits.reshape(-1, size, size - 1))


def stationary(transition: np.ndarray) -> np.ndarray:
    """Return where each chain tends: ``pi P = pi``, by the null space of ``P' - 1``.

    Parameters
    ----------
    transition
        Dims (sample, scenario, next_scenario), every entry possible.

    Returns
    -------
    shares
        Dims (sample, scenario); rows sum to one.

    Examples
    --------
    >>> stationary(np.array([[[0.75, 0.25], [0.1, 0.9]]])).round(4)
    array([[0.2857, 0.7143]])
    """
    size = transition.shape[-1]
    system = np.swapaxes(transition, -1, -2) - np.eye(size)
    system[..., -1, :] = 1.0
    right = np.zeros((*transition.shape[:-1], 1))
    right[..., -1, 0] = 1.0
    return np.asarray(np.linalg.solve(system, right)[..., 0])


def memory(transition: np.ndarray, months: int) -> float:
    """Return the mean over chains of Dobrushin's coefficient of ``P^months``.

    It is ``max over i, j of sum_k |P_ik - P_jk| / 2``: 1 if the start decides everything, 0 if nothing.

    Examples
    --------
    >>> round(memory(np.array([[[0.9, 0.1], [0.1, 0.9]]]), 2), 4)
    0.64
    """
    power = np.linalg.matrix_power(transition, months)
    apart = np.abs(power[:, :, None, :] - power[:, None, :, :]).sum(axis=-1) / 2.0
    return float(apart.max(axis=(1, 2)).mean())


def parameters(tree: xr.DataTree, framework: Framework) -> tuple[Parameter, ...]:
    """Return how far the data narrowed each scenario's own parameters.

    Durations are compared on the log scale, where their standard deviation is stable; exit
    shares by the root of their summed variances. A parameter without choice is left out.
    """
    found = []
    for scenario in framework.declaration.scenarios:
        label = scenario.name
        found.append((f"how long '{label}' lasts", True, _ratio(tree, names.DWELL, scenario.id, log=True)))
        found.append((f"where '{label}' leads when it ends", True, _ratio(tree, names.EXIT, scenario.id)))
    for counted in framework.counts:
        for scenario in framework.declaration.scenarios:
            at = {names.COUNTED: counted.id}
            found.append(
                (
                    f"growth of '{counted.name}' under '{scenario.name}'",
                    False,
                    _ratio(tree, names.GROWTH, scenario.id, at),
                )
            )
    return tuple(Parameter(name, chain, ratio) for name, chain, ratio in found if ratio is not None)


def _ratio(
    tree: xr.DataTree, name: str, scenario: str, at: dict[str, str] | None = None, *, log: bool = False
) -> float | None:
    if name not in tree["posterior"] or name not in tree["prior"]:
        return None
    where = {names.SCENARIO: scenario, **(at or {})}
    spreads = []
    for group in ("posterior", "prior"):
        values = tree[group].to_dataset()[name].sel(where)
        scaled = values.copy(data=np.log(values.to_numpy())) if log else values
        spreads.append(float(np.sqrt(scaled.var(SAMPLE).sum())))
    return spreads[0] / spreads[1] if spreads[1] > 0 else None
