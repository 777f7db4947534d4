"""The experts' marks as soft data about month t = 0 (route A).

A mark says whether the cell's descriptor fits the present (share ``omega``) or would
support the scenario if it came: ``P(g | y) = omega B[d][g] + (1 - omega) A[g]`` with
``d = |y - expected|``. The state y that the experts saw follows the ordinary emission.
Invariant: with omega = 1 and B the identity, marks reveal y exactly; with strengths of
.5 and shocks of .5 the whole table gives (.714, .260, .026) from a uniform prior
(``tests/reference/test_marks.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.generative.direction import READINGS, reading_probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework, Table


def used(framework: Framework) -> bool:
    """Whether the table enters by its marks."""
    start = framework.declaration.start
    return start.mode == "marks" and start.route == "A"


def mark_tables(table: Table, hyperparameters: Hyperparameters) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance of each cell's mark under both meanings of a mark.

    Returns
    -------
    present
        P(mark | state seen, 'fits the present'); dims (indicator, direction, scenario).
    support
        P(mark | 'would support'); dims (indicator, scenario).
    """
    given = 1 - table.marks
    steps = np.abs(READINGS[None, :, None] - table.expected[:, None, :])
    present = hyperparameters.array("mark_if_present")[steps, given[:, None, :]]
    return present, hyperparameters.array("mark_if_support")[given]


def state_likelihood(present: np.ndarray, support: np.ndarray, of_present: np.ndarray) -> np.ndarray:
    """Return P(an indicator's marks | the state the experts saw).

    Parameters
    ----------
    present, support
        From :func:`mark_tables`.
    of_present
        omega in [0, 1]; dims (...).

    Returns
    -------
    likelihood
        Dims (..., indicator, direction).
    """
    omega = np.asarray(of_present)[..., None, None, None]
    return np.asarray((omega * present + (1.0 - omega) * support[:, None, :]).prod(axis=-1))


def log_emission(
    draws: Mapping[str, np.ndarray], table: Table, hyperparameters: Hyperparameters, climate: np.ndarray
) -> np.ndarray:
    """Return the evidence of all marks for each scenario at t = 0, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    table, hyperparameters
        The experts' table and how marks are read.
    climate
        Shocks and tilt at t = 0, probit units; dims (draw, indicator).

    Returns
    -------
    log_emission
        Nats; dims (draw, scenario).
    """
    eta = draws[names.STRENGTH][:, :, None] * table.expected + climate[:, :, None]
    probability = reading_probability(eta, draws[names.THRESHOLD][:, None, None])
    likelihood = state_likelihood(*mark_tables(table, hyperparameters), draws[names.MARKS_OF_PRESENT])
    return np.asarray(np.log(np.einsum("sikd,sid->sik", probability, likelihood)).sum(axis=1))


def log_emission_graph(variables: Mapping[str, Any], table: Table, hyperparameters: Hyperparameters) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the evidence of all marks as a PyTensor vector, nats; dims (scenario)."""
    import pytensor.tensor as pt

    present, support = mark_tables(table, hyperparameters)
    omega = variables[names.MARKS_OF_PRESENT]
    likelihood = (omega * present + (1.0 - omega) * support[:, None, :]).prod(axis=2)
    eta = variables[names.STRENGTH][:, None] * table.expected + variables["climate"][0][:, None]
    threshold = variables[names.THRESHOLD]
    low, high = (0.5 * pt.erfc((threshold + sign * eta) / np.sqrt(2.0)) for sign in (1.0, -1.0))
    joint = low * likelihood[:, 0:1] + (1.0 - low - high) * likelihood[:, 1:2] + high * likelihood[:, 2:3]
    return pt.log(joint).sum(axis=0)
