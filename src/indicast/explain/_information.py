"""How much an observation that may come is expected to say of the scenario.

The joint probability of scenario and outcome is averaged over posterior draws, ``q(s, y) = E[pi_s p(y | s)]``, so that
what is not known of the parameters stays in it. What it says is the mutual information ``sum q log(q / (q_s q_y))``,
nats: the entropy of the scenario now less its expected entropy once the outcome is known.

Invariant: never negative; equal to a table written out by hand and to the entropies of SciPy; the order of draws
changes nothing; an observation that is distributed alike under all scenarios asked about, in every draw, says exactly
0 (``tests/unit/test_information.py``). What such an observation teaches of parameters, and through them of the
scenario, is at second hand and left out. Sources: Lindley 1956, doi:10.1214/aoms/1177728069; expansion of a functional
of a mean to first order, van der Vaart 1998, doi:10.1017/CBO9780511802256, chapter 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from indicast.explain._reweighting import error_of_mean

ROUNDING = 1e-10
"""Chances that differ by less are the same."""


class Worth(NamedTuple):
    """Expected information and its Monte Carlo standard error, nats."""

    nats: float
    mcse: float


NOTHING = Worth(0.0, 0.0)


def expected_information(
    state: np.ndarray, channel: np.ndarray, shape: tuple[int, ...], among: tuple[int, ...] | None = None
) -> Worth:
    """Return what an observation is expected to say of the scenario.

    Parameters
    ----------
    state
        P(scenario) before it; dims (draw, scenario).
    channel
        P(outcome | scenario); dims (draw, scenario, outcome).
    shape
        Chains and draws, chains standing one after another.
    among
        Places of the scenarios between which it is asked to tell, given that it is one of them; all by default.

    Returns
    -------
    Worth
        At least 0.

    Examples
    --------
    >>> even, telling = np.full((4, 2), 0.5), np.tile(np.eye(2), (4, 1, 1))
    >>> round(expected_information(even, telling, (2, 2)).nats, 4)
    0.6931
    """
    places = list(range(state.shape[1])) if among is None else list(among)
    if said_alike(channel[:, places]):
        return NOTHING
    joint = state[:, places, None] * channel[:, places]
    table = joint.mean(axis=0)
    whole = table.sum()
    told = _pointwise(table / whole)
    nats = float((table * told).sum() / whole)
    pull = np.einsum("dso,so->d", joint, told - nats) / whole
    return Worth(max(nats, 0.0), float(error_of_mean(pull.reshape(*shape, 1))[0]))


def said_alike(channel: np.ndarray) -> bool:
    """Whether outcomes have the same chances under all scenarios, in every draw; dims (draw, scenario, outcome)."""
    return bool(np.allclose(channel, channel[:, :1], rtol=0.0, atol=ROUNDING))


def _pointwise(table: np.ndarray) -> np.ndarray:
    """Return ``log(q / (q_s q_y))``, 0 where nothing can be; dims (scenario, outcome)."""
    apart = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True)
    ratio = np.divide(table, apart, out=np.ones_like(table), where=table > 0.0)
    return np.asarray(np.log(ratio))


def once_known(state: np.ndarray, channel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how likely each outcome is, and P(scenario) once it is known.

    Parameters
    ----------
    state, channel
        As in :func:`expected_information`.

    Returns
    -------
    probability, scenario
        Dims (outcome) and (outcome, scenario). Where the observation says the same under all scenarios, they stay
        as they were.
    """
    table = np.einsum("ds,dso->os", state, channel) / len(state)
    probability = table.sum(axis=1)
    before = np.broadcast_to(state.mean(axis=0), table.shape)
    if said_alike(channel):
        return probability, before.copy()
    seen = probability[:, None] > 0.0
    return probability, np.divide(table, probability[:, None], out=before.copy(), where=seen)
