"""The scenario chain summed out: forward-backward over K states in NumPy.

This is the twin of the compiled recursion in ``_chain_op``: same mathematics, other
code, vectorised over draws. Invariant: the marginal likelihood equals the sum over
all K^T paths; smoothed probabilities sum to one
(``tests/reference/test_chain.py``, against enumeration and pymc-extras).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ChainPosterior(NamedTuple):
    """What forward-backward returns; leading axes are draws.

    Attributes
    ----------
    log_marginal
        log p(y), nats; dims (...).
    one_step
        log p(y_t | y_before t), nats, which sums to ``log_marginal``; dims (..., time).
    filtered
        P(scenario at t | y up to t); dims (..., time, scenario).
    smoothed
        P(scenario at t | all y); dims (..., time, scenario).
    """

    log_marginal: np.ndarray
    one_step: np.ndarray
    filtered: np.ndarray
    smoothed: np.ndarray


def forward_backward(log_emission: np.ndarray, transition: np.ndarray, initial: np.ndarray) -> ChainPosterior:
    """Return filtered and smoothed scenario probabilities and the evidence.

    The forward pass is ``f_t(k) ~ exp(L_tk) sum_j f_{t-1}(j) P_jk``; the backward pass
    is ``g_t(j) = f_t(j) sum_k P_jk g_{t+1}(k) / p_{t+1}(k)`` with ``p`` the predicted
    probabilities. Source: Rabiner 1989, doi:10.1109/5.18626.

    Parameters
    ----------
    log_emission
        log p(y_t | scenario), nats; 0 where a month has no evidence; dims (..., time, scenario).
    transition
        Monthly transition probabilities, rows sum to one; dims (..., scenario, next_scenario).
    initial
        Scenario probabilities at t = 0 before any evidence; dims (..., scenario).

    Returns
    -------
    ChainPosterior
        See there.

    Examples
    --------
    >>> still = np.eye(2)
    >>> evidence = np.log(np.array([[0.9, 0.1]]))
    >>> forward_backward(evidence, still, np.array([0.5, 0.5])).filtered[0].round(2)
    array([0.9, 0.1])
    """
    filtered, predicted, one_step = _forward(log_emission, transition, initial)
    smoothed = _backward(filtered, predicted, transition)
    return ChainPosterior(one_step.sum(axis=-1), one_step, filtered, smoothed)


def _forward(
    log_emission: np.ndarray, transition: np.ndarray, initial: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    months = log_emission.shape[-2]
    filtered, predicted = np.empty_like(log_emission, dtype=float), np.empty_like(log_emission, dtype=float)
    one_step = np.empty(log_emission.shape[:-1])
    state = np.broadcast_to(initial, log_emission[..., 0, :].shape)
    for t in range(months):
        predicted[..., t, :] = state
        with np.errstate(divide="ignore"):
            joint = np.log(state) + log_emission[..., t, :]
        peak = joint.max(axis=-1, keepdims=True)
        weight = np.exp(joint - peak)
        total = weight.sum(axis=-1, keepdims=True)
        one_step[..., t] = (peak + np.log(total))[..., 0]
        filtered[..., t, :] = weight / total
        state = step(filtered[..., t, :], transition)
    return filtered, predicted, one_step


def _backward(filtered: np.ndarray, predicted: np.ndarray, transition: np.ndarray) -> np.ndarray:
    smoothed = filtered.copy()
    for t in range(filtered.shape[-2] - 2, -1, -1):
        after = predicted[..., t + 1, :]
        ratio = np.divide(smoothed[..., t + 1, :], after, out=np.zeros_like(after), where=after > 0)
        smoothed[..., t, :] = filtered[..., t, :] * np.einsum("...jk,...k->...j", transition, ratio)
    return smoothed


def step(state: np.ndarray, transition: np.ndarray) -> np.ndarray:
    """Return scenario probabilities one month later; dims (..., scenario)."""
    return np.asarray(np.einsum("...j,...jk->...k", state, transition))


def transition_matrix(dwell: np.ndarray, exits: np.ndarray) -> np.ndarray:
    """Return monthly transition probabilities from dwell times and exit shares.

    A scenario is left each month with probability ``1 / (1 + dwell)``; where it goes
    is drawn from its exit shares.

    Parameters
    ----------
    dwell
        Months, > 0; dims (..., scenario).
    exits
        Shares over the other scenarios in declared order; dims (..., scenario, destination).

    Returns
    -------
    transition
        Rows sum to one; dims (..., scenario, next_scenario).

    Examples
    --------
    >>> transition_matrix(np.array([3.0, 9.0]), np.ones((2, 1)))
    array([[0.75, 0.25],
           [0.1 , 0.9 ]])
    """
    size = dwell.shape[-1]
    leave = 1.0 / (1.0 + dwell)
    matrix = np.zeros((*dwell.shape, size))
    for row in range(size):
        matrix[..., row, other_scenarios(size)[row]] = leave[..., row, None] * exits[..., row, :]
        matrix[..., row, row] = 1.0 - leave[..., row]
    return matrix


def other_scenarios(size: int) -> np.ndarray:
    """Return for each scenario the indices of the others; dims (scenario, destination).

    Examples
    --------
    >>> other_scenarios(3).tolist()
    [[1, 2], [0, 2], [0, 1]]
    """
    return np.array([[other for other in range(size) if other != row] for row in range(size)])
