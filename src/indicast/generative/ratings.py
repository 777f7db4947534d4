"""Individual experts' ratings of the table: what they say about the panel's own judgement.

The panel has one latent judgement m in {+, =, -} for each cell, and a mark that was
agreed on shows it. Rater e of country c reads it with error, by an ordered probit with
symmetric cuts: ``z = c_e (spacing m + xi_i + nu_ci) + beta_e + eps``, ``eps ~ N(0, 1)``.
``xi_i`` is common to all raters of an indicator, ``nu_ci`` to those of a country. Of one
judgement the ratings say ``R(m) = prod_e P(g_e | m)``, and m is summed out in
``indicast.generative.marks``.

Invariants: an agreed mark has R = 1 at itself and 0 elsewhere; ratings never say more
about the world than the judgement they are about, however many agree; and since all
share ``xi_i``, many raters leave a judgement in doubt. They do not where the judgements
of one indicator span + and -: then its ratings show ``xi_i``, which its scenarios share
(``tests/reference/test_ratings.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.generative.direction import reading_probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Table

JUDGEMENTS = np.array([1, 0, -1])
"""The three judgements, in the order of every mark axis."""
STANDARD_NORMAL: dict[str, tuple[str, ...]] = {
    names.RATER_SCALE_Z: (names.RATER,),
    names.RATER_LEAN_Z: (names.RATER,),
    names.COUNTRY_ERROR_Z: (names.COUNTRY, names.INDICATOR),
    names.SHARED_ERROR_Z: (names.INDICATOR,),
}
"""Parameters that the model draws from N(0, 1) if there are individual ratings: name -> dims."""


def given_agreed(table: Table) -> np.ndarray:
    """Return which judgements a cell may have: its agreed mark, or any if raters judged it.

    Returns
    -------
    allowed
        0 or 1; dims (indicator, scenario, mark).
    """
    return np.where(table.rated[:, :, None], 1.0, table.marks[:, :, None] == JUDGEMENTS)


def rating_log_probability(
    draws: Mapping[str, np.ndarray], table: Table, hyperparameters: Hyperparameters
) -> np.ndarray:
    """Return log P(a rater's mark | the panel's judgement).

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    table, hyperparameters
        Who the raters are, and the constants of the probit.

    Returns
    -------
    log_probability
        Nats; dims (draw, rater, indicator, judgement, mark), both last axes as :data:`JUDGEMENTS`.
    """
    shared = draws[names.SHARED_ERROR_SCALE][:, None] * draws[names.SHARED_ERROR_Z]
    national = hyperparameters.number("country_error_sd") * draws[names.COUNTRY_ERROR_Z]
    error = shared[:, None, :] + national[:, table.ratings.country_of]
    scale = np.exp(hyperparameters.number("rater_scale_sd") * draws[names.RATER_SCALE_Z])
    lean = hyperparameters.number("rater_lean_sd") * draws[names.RATER_LEAN_Z]
    seen = error[..., None] + hyperparameters.number("rating_spacing") * JUDGEMENTS
    location = scale[:, :, None, None] * seen + lean[:, :, None, None]
    probability = reading_probability(location, np.array(hyperparameters.number("rating_cut")))
    return np.asarray(np.log(probability[..., ::-1]))


def message(
    draws: Mapping[str, np.ndarray], table: Table, hyperparameters: Hyperparameters
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the ratings of each cell say about the panel's judgement.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw; none of the raters' is needed for an agreed table.
    table, hyperparameters
        The ratings, and the constants of the probit.

    Returns
    -------
    message
        R(m) of each cell divided by its largest value; dims (draw, indicator, scenario, mark).
    log_scale
        Sum of the logs of those largest values, nats; dims (draw). The draw axis is 1
        for an agreed table.
    """
    allowed, given = given_agreed(table), table.ratings
    if not len(given):
        return allowed[None], np.zeros(1)
    chance = rating_log_probability(draws, table, hyperparameters)
    total = np.zeros((chance.shape[0], *allowed.shape))
    for e, i, k, mark in zip(given.rater, given.indicator, given.scenario, 1 - given.mark, strict=True):
        total[:, i, k] += chance[:, e, i, :, mark]
    largest = total.max(axis=-1, keepdims=True)
    return np.exp(total - largest) * allowed, largest.sum(axis=(1, 2, 3))


def simulate(
    truth: Mapping[str, np.ndarray],
    table: Table,
    hyperparameters: Hyperparameters,
    judgement: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return ratings drawn for the raters and cells of a table.

    Parameters
    ----------
    truth
        Parameters by name, leading axis draw.
    table, hyperparameters
        Who rates which cell, and the constants of the probit.
    judgement
        The panel's judgements in {-1, 0, 1}, from ``marks.simulate``; dims (draw, indicator, scenario).
    rng
        Source of randomness.

    Returns
    -------
    mark
        In {-1, 0, 1}; dims (draw, rating), ratings in the order of the table's.
    """
    given = table.ratings
    if not len(given):
        return np.zeros((judgement.shape[0], 0), dtype=np.int64)
    chance = np.exp(rating_log_probability(truth, table, hyperparameters))
    meant = 1 - judgement[:, given.indicator, given.scenario]
    draw = np.arange(chance.shape[0])[:, None]
    return JUDGEMENTS[chosen(chance[draw, given.rater, given.indicator, meant], rng)]


def chosen(probability: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an index drawn from the last axis of an array of probabilities; dims the others."""
    edges = probability.cumsum(axis=-1)
    return np.asarray((rng.random((*probability.shape[:-1], 1)) * edges[..., -1:] >= edges).sum(axis=-1))


def rater_variables(table: Table) -> dict[str, Any]:
    """Return the raters' random variables of the model in context; none for an agreed table."""
    import pymc as pm

    if not len(table.ratings):
        return {}
    return {name: pm.Normal(name, 0.0, 1.0, dims=dims) for name, dims in STANDARD_NORMAL.items()}


def message_graph(
    variables: Mapping[str, Any], data: Mapping[str, Any], table: Table, hyperparameters: Hyperparameters
) -> tuple[Any, Any]:
    """Return the two parts of :func:`message` in PyTensor; dims (indicator, scenario, mark), and none."""
    import pytensor.tensor as pt

    given = table.ratings
    allowed = pt.where(table.rated[:, :, None], 1.0, pt.eq(data["mark"][:, :, None], JUDGEMENTS))
    indicators, scenarios, marks = (*table.marks.shape, JUDGEMENTS.size)
    chance = _log_probability_graph(variables, table, hyperparameters)
    place = (given.rater * indicators + given.indicator) * marks + (1 - data["rating_mark"])
    said = chance.reshape((len(given.raters) * indicators * marks, marks))[place]
    total = pt.zeros((indicators * scenarios, marks))[given.indicator * scenarios + given.scenario].inc(said)
    largest = total.max(axis=1, keepdims=True)
    return pt.exp(total - largest).reshape((indicators, scenarios, marks)) * allowed, largest.sum()


def _log_probability_graph(variables: Mapping[str, Any], table: Table, hyperparameters: Hyperparameters) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return log P(mark | judgement) as a PyTensor array; dims (rater, indicator, mark, judgement)."""
    import pytensor.tensor as pt

    sd = {name: hyperparameters.number(f"{name}_sd") for name in ("country_error", "rater_scale", "rater_lean")}
    error = sd["country_error"] * variables[names.COUNTRY_ERROR_Z][table.ratings.country_of]
    error += variables[names.SHARED_ERROR_SCALE] * variables[names.SHARED_ERROR_Z]
    scale = pt.exp(sd["rater_scale"] * variables[names.RATER_SCALE_Z])[:, None, None]
    seen = error[:, :, None] + hyperparameters.number("rating_spacing") * JUDGEMENTS
    location = scale * seen + (sd["rater_lean"] * variables[names.RATER_LEAN_Z])[:, None, None]
    cut = hyperparameters.number("rating_cut")
    # Both terms of the flat mark are upper tails, so that it keeps its digits far out.
    flat = _upper_tail(abs(location) - cut) - _upper_tail(abs(location) + cut)
    marks = (_upper_tail(cut - location), flat, _upper_tail(cut + location))
    return pt.log(pt.stack(marks, axis=2))


def _upper_tail(value: Any) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return P(N(0, 1) > value)."""
    import pytensor.tensor as pt

    return 0.5 * pt.erfc(value / np.sqrt(2.0))
