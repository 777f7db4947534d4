"""The experts' words about each scenario as soft data about the chain (route B).

A word such as "highly likely" speaks of a horizon, not of a month: the words are read as n
observations, in the stated shares w, of the scenario h months after the start:
``sum_k n w_k log pi_hk`` with ``pi_h = pi_0 P^h``. They are a function of the marks, so marks
are not fed beside them.

Invariant: with h = 0 the posterior of pi_0 is the Dirichlet with n w added
(``tests/reference/test_labels.py``). Not valid as the paper's own meaning: its three words are
no distribution, and how they were made one is declared with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indicast.generative.chain import step

if TYPE_CHECKING:
    from indicast.workspace import Framework


def used(framework: Framework) -> bool:
    """Whether the table enters by its labels."""
    start = framework.declaration.start
    return start.mode == "marks" and start.route == "B"


def pseudo_counts(framework: Framework) -> np.ndarray:
    """Return how many observations each scenario's label stands for; dims (scenario)."""
    declared = framework.declaration.start.labels
    if declared is None:
        return np.zeros(len(framework.scenarios))
    return np.array([declared.weight * declared.shares[scenario] for scenario in framework.scenarios])


def horizon(framework: Framework) -> int:
    """Return the months after the start of which the labels speak."""
    declared = framework.declaration.start.labels
    return declared.horizon if declared else 0


def log_labels(initial: np.ndarray, transition: np.ndarray, framework: Framework) -> np.ndarray:
    """Return what the labels say, nats.

    Parameters
    ----------
    initial
        Scenario probabilities at t = 0; dims (draw, scenario).
    transition
        Dims (draw, scenario, next_scenario).
    framework
        Declares shares, weight and horizon.

    Returns
    -------
    log_labels
        Dims (draw).
    """
    state = initial
    for _ in range(horizon(framework)):
        state = step(state, transition)
    return np.asarray(np.log(state) @ pseudo_counts(framework))


def log_labels_graph(initial: Any, transition: Any, framework: Framework) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return what the labels say as a PyTensor scalar, nats."""
    import pytensor.tensor as pt

    state = initial
    for _ in range(horizon(framework)):
        state = pt.dot(state, transition)
    return pt.dot(pt.log(state), pseudo_counts(framework))
