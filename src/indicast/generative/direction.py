"""Family ``direction``: reports on which way an indicator moves.

A cell (month, indicator) has one latent reading y in {-1, 0, +1}, an ordered probit of
what the scenario predicts and of shared shocks. Its reports all speak of that one
reading, each through its source: ``m(y) = prod_r [rho_r 1(d_r = y) + (1 - rho_r)
q_r(d_r)]``. A flat reading is seldom news, so the likelihood conditions on being
reported: ``L = log sum_y P(y) nu_y m(y) - log sum_y P(y) nu_y``.

Invariant: a worthless source (rho = 0) has likelihood ratio exactly one; many copies
of one origin say what one says; however many origins a cell has, it never says more
than its reading itself
(``tests/reference/test_direction.py``). Not valid when the wording of a report depends
on the scenario beyond its reading. Sources: ordered probit, McKelvey and Zavoina 1975,
doi:10.1080/0022250X.1975.9989847; mixture of raters, Dawid and Skene 1979,
doi:10.2307/2346806.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, ndtr

from indicast import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

READINGS = np.array([-1, 0, 1])
"""The three readings, in the order of dim ``direction``."""


def reading_probability(eta: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Return P(-1), P(0), P(+1) of an ordered probit.

    Parameters
    ----------
    eta
        Location, probit units; dims (...).
    threshold
        Half-width of the flat reading, probit units, > 0; broadcast against eta.

    Returns
    -------
    probability
        Sums to one; dims (..., direction).

    Examples
    --------
    >>> reading_probability(np.array(0.0), np.array(0.67449)).round(3)
    array([0.25, 0.5 , 0.25])
    """
    low, high = ndtr(-threshold - eta), ndtr(-threshold + eta)
    flat = np.where(eta > 0, ndtr(threshold - eta) - low, ndtr(threshold + eta) - high)
    return np.stack(np.broadcast_arrays(low, flat, high), axis=-1)


def message(reliability: np.ndarray, slant: np.ndarray, direction: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return what a cell's reports say about its reading, as a likelihood.

    Parameters
    ----------
    reliability
        rho in [0, 1] of each report; dims (..., cell, report).
    slant
        q of each report's source over readings; dims (..., cell, report, direction).
    direction
        What was reported, in {-1, 0, 1}; dims (cell, report).
    used
        False for padding; dims (cell, report).

    Returns
    -------
    likelihood
        Dims (..., cell, direction).
    """
    said = direction[..., None] == READINGS
    guess = np.where(said, slant, 0.0).sum(axis=-1)[..., None]
    factor = reliability[..., None] * said + (1.0 - reliability[..., None]) * guess
    return np.asarray(np.where(used[..., None], factor, 1.0).prod(axis=-2))


def cell_log_emission(probability: np.ndarray, likelihood: np.ndarray, flat_news: np.ndarray) -> np.ndarray:
    """Return the log-likelihood of a cell's reports, given that it was reported on.

    Parameters
    ----------
    probability
        P(reading | scenario); dims (..., cell, scenario, direction).
    likelihood
        From :func:`message`; dims (..., cell, direction).
    flat_news
        nu: chance that a flat reading is reported, relative to a change; dims (..., cell).

    Returns
    -------
    log_emission
        Nats; dims (..., cell, scenario).
    """
    news = np.stack(np.broadcast_arrays(1.0, flat_news, 1.0), axis=-1)[..., None, :]
    weighted = probability * news
    return np.asarray(np.log((weighted * likelihood[..., None, :]).sum(axis=-1)) - np.log(weighted.sum(axis=-1)))


def log_emission(
    draws: Mapping[str, np.ndarray], panel: xr.Dataset, expected: np.ndarray, climate: np.ndarray
) -> np.ndarray:
    """Return the family's evidence for each month and scenario, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    panel
        From ``indicast.panel.build_panel``.
    expected
        What each scenario predicts, in {-1, 0, 1}; dims (indicator, scenario).
    climate
        From ``indicast.generative.shocks``; dims (draw, time, indicator).

    Returns
    -------
    log_emission
        Nats, exactly 0 in months without reports; dims (draw, time, scenario).
    """
    used = panel["cell_used"].to_numpy()
    time, indicator = panel["cell_time"].to_numpy()[used], panel["cell_indicator"].to_numpy()[used]
    eta = draws[names.STRENGTH][:, indicator, None] * expected[indicator] + climate[:, time, indicator, None]
    probability = reading_probability(eta, draws[names.THRESHOLD][:, None, None])
    cells = cell_log_emission(probability, _panel_message(draws, panel), flat_news(draws)[:, indicator])
    total = np.zeros((cells.shape[0], panel.sizes[names.TIME], cells.shape[-1]))
    for place, month in enumerate(time):
        total[:, month] += cells[:, place]
    return total


def _panel_message(draws: Mapping[str, np.ndarray], panel: xr.Dataset) -> np.ndarray:
    used = panel["cell_used"].to_numpy()
    grade, factor, slant = (panel[f"report_{name}"].to_numpy()[used] for name in ("grade", "factor", "slant"))
    direction, reported = panel["report_direction"].to_numpy()[used], panel["report_used"].to_numpy()[used]
    return message(
        draws[names.RELIABILITY][:, grade] * factor, draws[names.SLANT_SHARES][:, slant], direction, reported
    )


def flat_news(draws: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return nu, the newsworthiness of a flat reading, in (0, 1); dims (draw, indicator)."""
    log_odds = draws[names.FLAT_NEWS_MEAN][:, None] + draws[names.FLAT_NEWS_SCALE][:, None] * draws[names.FLAT_NEWS_Z]
    return np.asarray(expit(log_odds))


def log_emission_graph(variables: Mapping[str, Any], data: Mapping[str, Any], expected: np.ndarray, months: int) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    import pytensor.tensor as pt

    time, indicator = data["cell_time"], data["cell_indicator"]
    predicted = variables[names.STRENGTH][:, None] * expected.astype(float)
    eta = predicted[indicator] + variables["climate"][time, indicator][:, None]
    threshold = variables[names.THRESHOLD]
    low, high = _normal_cdf(-threshold - eta), _normal_cdf(-threshold + eta)
    flat = (1.0 - low - high) * variables["flat_news"][indicator][:, None]
    log_message = _log_message_graph(variables, data)
    peak = log_message.max(axis=1, keepdims=True)
    said = pt.exp(log_message - peak)
    joint = low * said[:, 0:1] + flat * said[:, 1:2] + high * said[:, 2:3]
    cells = pt.log(joint / (low + flat + high)) + peak
    return pt.zeros((months, expected.shape[1]))[time].inc(cells)


def _normal_cdf(value: Any) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    import pytensor.tensor as pt

    return 0.5 * pt.erfc(-value / np.sqrt(2.0))


def _log_message_graph(variables: Mapping[str, Any], data: Mapping[str, Any]) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return log m(y): what every reading shares, plus the odds of the reading reported."""
    import pytensor.tensor as pt

    cell, reading = data["report_cell"], data["report_direction"] + 1
    reliability = variables[names.RELIABILITY][data["report_grade"]] * data["report_factor"]
    guessed = (1.0 - reliability) * variables[names.SLANT_SHARES][data["report_slant"], reading]
    nothing = pt.zeros((data["cell_time"].shape[0], READINGS.size))
    shared = nothing[cell].inc(pt.log(guessed)[:, None])
    return shared[cell, reading].inc(pt.log1p(reliability / guessed))
