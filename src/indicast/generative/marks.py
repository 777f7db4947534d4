"""The experts' marks as soft data about month t = 0 (route A).

A mark says whether the cell's descriptor fits the present (share ``omega``) or would
support the scenario if it came: ``P(g | y) = omega B[d][g] + (1 - omega) A[g]`` with
``d = |y - expected|``. The state y that the experts saw follows the ordinary emission.
Where experts judged one by one, the panel's own mark is unknown and summed out: ``sum_m
P(m | y) R(m)``, with R from ``indicast.generative.ratings``. A residual scenario has no marks of
its own; under it every state is as likely as any other.

Marks are data: model and twin read them from the panel. How far the marks of a row differ sets
the prior strength of its indicator as well; that is read from the declared table, and stays
what it is when marks are simulated.

Invariants: marks that were agreed on have R = 1 at themselves, so the first formula is
the second; with omega = 1 and B the identity, marks reveal y exactly; with strengths of
.5 and shocks of .5 the whole table gives (.714, .260, .026) from a uniform prior
(``tests/reference/test_marks.py``, ``tests/reference/test_ratings.py``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from indicast import names
from indicast.generative import ratings
from indicast.generative._family import CLIMATE, Draws, Labelled, Setting, Variables
from indicast.generative.direction import READINGS, coded, flat_where_residual, reading_probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework, Table


def used(framework: Framework) -> bool:
    """Whether the table enters by its marks."""
    return framework.marked


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the marks that the model reads; none where the table enters by another road."""
    found = [name for name in ("mark", "rating_mark") if name in panel]
    return {name: (tuple(str(dim) for dim in panel[name].dims), panel[name].to_numpy()) for name in found}


def as_seen(table: Table, panel: xr.Dataset) -> Table:
    """Return the table with the marks of a panel, which may be simulated ones."""
    given = {name: values for name, (_, values) in data(panel).items()}
    single = replace(table.ratings, mark=given["rating_mark"]) if "rating_mark" in given else table.ratings
    return replace(table, marks=given["mark"], ratings=single)


def mark_tables(
    table: Table, hyperparameters: Hyperparameters, message: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance of each cell's evidence under both meanings of a mark.

    Parameters
    ----------
    table, hyperparameters
        The experts' table and how marks are read.
    message
        R(m), what is known of each cell's judgement, from ``ratings.message``; dims
        (..., indicator, scenario, mark). By default the table's marks are the judgements.

    Returns
    -------
    present
        sum_m P(m | state seen, 'fits the present') R(m); dims (..., indicator, direction, scenario).
    support
        sum_m P(m | 'would support') R(m); dims (..., indicator, scenario).
    """
    known = table.marks[:, :, None] == ratings.JUDGEMENTS if message is None else message
    fits = _fits_present(table, hyperparameters)
    present = (fits * known[..., :, None, :, :]).sum(axis=-1)
    return np.asarray(present), np.asarray((hyperparameters.array("mark_if_support") * known).sum(axis=-1))


def _fits_present(table: Table, hyperparameters: Hyperparameters) -> np.ndarray:
    """Return P(judgement | state seen, 'fits the present'); dims (indicator, direction, scenario, mark)."""
    steps = np.abs(READINGS[None, :, None] - table.expected[:, None, :])
    return hyperparameters.array("mark_if_present")[steps]


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
    return np.asarray((omega * present + (1.0 - omega) * support[..., :, None, :]).prod(axis=-1))


def log_emission(
    draws: Mapping[str, np.ndarray],
    table: Table,
    hyperparameters: Hyperparameters,
    climate: np.ndarray,
    residual: np.ndarray | None = None,
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
    residual
        Scenarios that predict nothing and have no column in the table; dims (scenario).
        None of them by default.

    Returns
    -------
    log_emission
        Nats; dims (draw, scenario).
    """
    expected, residual = _predictions(table, residual)
    eta = draws[names.STRENGTH][:, :, None] * expected + climate[:, :, None]
    probability = flat_where_residual(reading_probability(eta, draws[names.THRESHOLD][:, None, None]), residual)
    message, log_scale = ratings.message(draws, table, hyperparameters)
    likelihood = state_likelihood(*mark_tables(table, hyperparameters, message), draws[names.MARKS_OF_PRESENT])
    evidence = np.log(np.einsum("sikd,sid->sik", probability, likelihood)).sum(axis=1)
    return np.asarray(evidence + log_scale[:, None])


def _predictions(table: Table, residual: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return what scenarios expect, 0 where residual, and which are so; dims (indicator, scenario) and (scenario)."""
    listed = table.expected.shape[1]
    flags = np.zeros(listed, dtype=bool) if residual is None else residual
    return np.pad(table.expected, ((0, 0), (0, flags.size - listed))), flags


class Simulated(NamedTuple):
    """The panel's judgements and, where raters judged one by one, their marks.

    Attributes
    ----------
    judgement
        In {-1, 0, 1}; dims (draw, indicator, scenario).
    rating
        In {-1, 0, 1}; dims (draw, rating).
    """

    judgement: np.ndarray
    rating: np.ndarray


def simulate(
    truth: Mapping[str, np.ndarray],
    table: Table,
    hyperparameters: Hyperparameters,
    state: np.ndarray,
    rng: np.random.Generator,
) -> Simulated:
    """Return judgements and ratings drawn for the states that the experts saw.

    Parameters
    ----------
    truth
        Parameters by name, leading axis draw.
    table, hyperparameters
        Who rates which cell, and how marks are read.
    state
        Readings in {-1, 0, 1}; dims (draw, indicator).
    rng
        Source of randomness.
    """
    omega = truth[names.MARKS_OF_PRESENT][:, None, None, None, None]
    chance = omega * _fits_present(table, hyperparameters) + (1.0 - omega) * hyperparameters.array("mark_if_support")
    draw, indicator = np.arange(state.shape[0])[:, None], np.arange(state.shape[1])
    judgement = ratings.JUDGEMENTS[ratings.chosen(chance[draw, indicator, state + 1], rng)]
    return Simulated(judgement, ratings.simulate(truth, table, hyperparameters, judgement, rng))


def simulate_seen(truth: Draws, setting: Setting, scenario: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the panel's marks as they might have been, had a scenario held at t = 0.

    The state that the experts saw is a reading of its own: with what was reported in that
    month it shares scenario, shocks and tilts, and nothing else.
    """
    framework = setting.framework
    eta = truth[names.STRENGTH] * framework.expected[:, scenario] + truth[CLIMATE][:, 0]
    chance = reading_probability(eta, truth[names.THRESHOLD][:, None])
    chance = flat_where_residual(chance, framework.residual[[scenario]])
    state = READINGS[ratings.chosen(chance, rng)]
    found = simulate(truth, framework.table, setting.hyperparameters, state, rng)
    given = {"mark": found.judgement[0], "rating_mark": found.rating[0]}
    return {name: given[name] for name in data(setting.panel)}


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the evidence of all marks as a PyTensor vector, nats; dims (scenario)."""
    from indicast.generative._kernel_op import KernelOp
    from indicast.generative._marks_kernel import MARKS

    table, hyperparameters = setting.framework.table, setting.hyperparameters
    smooth = [variables[name] for name in (names.STRENGTH, CLIMATE, names.THRESHOLD, names.MARKS_OF_PRESENT)]
    smooth[1] = smooth[1][0]  # the month of the marks is the first
    expected, flags = _predictions(table, setting.framework.residual)
    if len(table.ratings):
        message = ratings.message_graph(variables, data, table, hyperparameters)
        return _rated_graph(smooth, message, table, hyperparameters, (expected, flags))
    tables = _mark_tables_graph(data["mark"], table, hyperparameters)
    return KernelOp(MARKS, (expected.shape[1],))(*smooth, coded(expected, flags), *tables)


def _mark_tables_graph(mark: Any, table: Table, hyperparameters: Hyperparameters) -> tuple[Any, Any]:  # noqa: ANN401  # PyTensor variables are untyped
    """Return :func:`mark_tables` of marks that are data, as PyTensor arrays."""
    import pytensor.tensor as pt

    given, fits = 1 - mark, _fits_present(table, hyperparameters)
    indicator, reading, scenario = np.ogrid[tuple(slice(size) for size in fits.shape[:-1])]
    present = pt.as_tensor_variable(fits)[indicator, reading, scenario, given[:, None, :]]
    return present, pt.as_tensor_variable(hyperparameters.array("mark_if_support"))[given]


def _rated_graph(
    smooth: list[Any],
    told: tuple[Any, Any],
    table: Table,
    hyperparameters: Hyperparameters,
    predictions: tuple[np.ndarray, np.ndarray],
) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the same where raters marked one by one, so that what they tell depends on parameters."""
    import pytensor.tensor as pt

    strength, climate, threshold, omega = smooth
    message, log_scale = told
    fits, support = _fits_present(table, hyperparameters), hyperparameters.array("mark_if_support")
    present, support = (message[:, None, :, :] * fits).sum(axis=-1), (message * support).sum(axis=-1)
    likelihood = (omega * present + (1.0 - omega) * support[:, None, :]).prod(axis=2)
    expected, flags = predictions
    eta = strength[:, None] * expected + climate[:, None]
    low, high = (0.5 * pt.erfc((threshold + sign * eta) / np.sqrt(2.0)) for sign in (1.0, -1.0))
    if flags.any():
        low, high = (pt.where(flags, 1.0 / READINGS.size, one) for one in (low, high))
    joint = low * likelihood[:, 0:1] + (1.0 - low - high) * likelihood[:, 1:2] + high * likelihood[:, 2:3]
    return pt.log(joint).sum(axis=0) + log_scale
