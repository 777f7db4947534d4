"""Family ``direction``: reports on which way an indicator moves.

A cell (month, indicator) has one latent reading y in {-1, 0, +1}, an ordered probit of
what the scenario predicts and of shared shocks. Its reports all speak of that one
reading, each through its source: ``m(y) = prod_r [rho_r 1(d_r = y) + (1 - rho_r)
q_r(d_r)]``. A flat reading is seldom news, so the likelihood conditions on being
reported: ``L = log sum_y P(y) nu_y m(y) - log sum_y P(y) nu_y``. Where a publication of the cell was
due, it also conditions on whether that came: ``P(y) w(y)`` in place of ``P(y)`` (``_publication``).

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
from indicast.generative._family import CLIMATE, Draws, Family, Labelled, Places, Setting, by_month, unpadded
from indicast.generative._publication import cell_rows, table, table_graph

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

READINGS = np.array([-1, 0, 1])
"""The three readings, in the order of dim ``direction``."""
REPORT_DATA = ("report_direction", "report_grade", "report_factor", "report_slant")


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


def flat_where_residual(probability: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Return readings that are equally likely in a residual scenario, which predicts nothing.

    Parameters
    ----------
    probability
        Dims (..., scenario, direction).
    residual
        Dims (scenario).
    """
    return np.where(residual[:, None], 1.0 / READINGS.size, probability)


def coded(expected: np.ndarray, residual: np.ndarray | None) -> np.ndarray:
    """Return expected readings as the kernels read them: floats, residual scenarios by their code."""
    from indicast.generative._probit_kernel import RESIDUAL

    codes = expected.astype(float)
    return codes if residual is None else np.where(residual, RESIDUAL, codes)


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


def cell_log_emission(
    probability: np.ndarray, likelihood: np.ndarray, flat_news: np.ndarray, shown: np.ndarray | None = None
) -> np.ndarray:
    """Return the log-likelihood of a cell's reports, given that it was reported on.

    Parameters
    ----------
    probability
        P(reading | scenario); dims (..., cell, scenario, direction).
    likelihood
        From :func:`message`; dims (..., cell, direction).
    flat_news
        nu: chance that a flat reading is reported, relative to a change; dims (..., cell).
    shown
        w: chance that what became of the cell's publication follows a reading; dims (..., cell,
        direction). One by default, as where nothing was due.

    Returns
    -------
    log_emission
        Nats; dims (..., cell, scenario).
    """
    news = np.stack(np.broadcast_arrays(1.0, flat_news, 1.0), axis=-1)[..., None, :]
    weighted = probability * news if shown is None else probability * (news * shown[..., None, :])
    return np.asarray(np.log((weighted * likelihood[..., None, :]).sum(axis=-1)) - np.log(weighted.sum(axis=-1)))


def log_emission(
    draws: Mapping[str, np.ndarray],
    panel: xr.Dataset,
    expected: np.ndarray,
    climate: np.ndarray,
    residual: np.ndarray | None = None,
) -> np.ndarray:
    """Return the family's evidence for each month and scenario, in NumPy.

    Exactly 0 in months without reports; arguments as in :func:`cell_places`.

    Returns
    -------
    log_emission
        Nats; dims (draw, time, scenario).
    """
    return by_month(cell_places(draws, panel, expected, climate, residual), panel.sizes[names.TIME])


def cell_places(
    draws: Mapping[str, np.ndarray],
    panel: xr.Dataset,
    expected: np.ndarray,
    climate: np.ndarray,
    residual: np.ndarray | None = None,
) -> Places:
    """Return the evidence of every cell.

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
    residual
        Scenarios that predict nothing; dims (scenario). None of them by default.
    """
    used = panel["cell_used"].to_numpy()
    time, indicator = panel["cell_time"].to_numpy()[used], panel["cell_indicator"].to_numpy()[used]
    eta = draws[names.STRENGTH][:, indicator, None] * expected[indicator] + climate[:, time, indicator, None]
    probability = reading_probability(eta, draws[names.THRESHOLD][:, None, None])
    probability = probability if residual is None else flat_where_residual(probability, residual)
    shown = cell_shown(draws, panel)[:, used]
    cells = cell_log_emission(probability, _panel_message(draws, panel), flat_news(draws)[:, indicator], shown)
    return Places(time, indicator, cells)


def cell_shown(draws: Mapping[str, np.ndarray], panel: xr.Dataset) -> np.ndarray:
    """Return w of each cell, padding included; dims (draw, cell, direction)."""
    return np.asarray(table(draws)[:, cell_rows(panel)])


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


def log_emission_graph(
    variables: Mapping[str, Any],
    data: Mapping[str, Any],
    expected: np.ndarray,
    months: int,
    residual: np.ndarray | None = None,
) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    from indicast.generative._direction_kernel import DIRECTIONS
    from indicast.generative._kernel_op import KernelOp

    parameters = (names.STRENGTH, "climate", names.THRESHOLD, "flat_news", names.RELIABILITY, names.SLANT_SHARES)
    cells = ("cell_time", "cell_indicator", "cell_row")
    reports = ("report_cell", "report_direction", "report_grade", "report_factor", "report_slant")
    return KernelOp(DIRECTIONS, (months, expected.shape[1]))(
        *(variables[name] for name in parameters),
        table_graph(variables),
        coded(expected, residual),
        *(data[name] for name in cells + reports),
    )


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return cells and reports that the model reads, without padding."""
    used, reported = panel["cell_used"].to_numpy(), panel["report_used"].to_numpy()
    found: dict[str, Labelled] = unpadded(panel, "cell_used", ("cell_time", "cell_indicator"))
    found |= {name: ((names.REPORT,), panel[name].to_numpy()[reported]) for name in REPORT_DATA}
    found["cell_row"] = ((names.CELL,), cell_rows(panel)[used])
    place = np.cumsum(used) - 1
    return found | {"report_cell": ((names.REPORT,), place[np.nonzero(reported)[0]])}


def cells(panel: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return month and indicator of each cell, without padding."""
    used = panel["cell_used"].to_numpy()
    return panel["cell_time"].to_numpy()[used], panel["cell_indicator"].to_numpy()[used]


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return reports drawn under a scenario path, in the panel's cells and from its sources, given its publications."""
    panel, framework = setting.panel, setting.framework
    time, indicator = panel["cell_time"].to_numpy(), panel["cell_indicator"].to_numpy()
    predicted = truth[names.STRENGTH][0][indicator] * framework.expected[indicator, path[time]]
    weight = reading_probability(predicted + truth[CLIMATE][0][time, indicator], truth[names.THRESHOLD][0])
    weight = np.where(framework.residual[path[time]][:, None], 1.0 / READINGS.size, weight)
    weight[:, 1] *= flat_news(truth)[0][indicator]
    weight = weight * cell_shown(truth, panel)[0]
    reading = _categorical(weight, rng)
    grade, slant = panel["report_grade"].to_numpy(), panel["report_slant"].to_numpy()
    reliable = rng.random(grade.shape) < truth[names.RELIABILITY][0][grade] * panel["report_factor"].to_numpy()
    guess = _categorical(truth[names.SLANT_SHARES][0][slant].reshape(-1, READINGS.size), rng).reshape(grade.shape)
    said = np.where(reliable, reading[:, None], guess) - 1
    return {"report_direction": np.where(panel["report_used"].to_numpy(), said, 0)}


def _categorical(weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    edges = weight.cumsum(axis=-1)
    return np.asarray((rng.random((*weight.shape[:-1], 1)) * edges[..., -1:] >= edges).sum(axis=-1))


def _places(draws: Draws, setting: Setting) -> Places:
    framework = setting.framework
    return cell_places(draws, setting.panel, framework.expected, draws[CLIMATE], framework.residual)


def _log_emission_graph(variables: Mapping[str, Any], data: Mapping[str, Any], setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    framework, months = setting.framework, setting.panel.sizes[names.TIME]
    return log_emission_graph(variables, data, framework.expected, months, framework.residual)


FAMILY = Family("direction", data, _places, _log_emission_graph, simulate, cells)
