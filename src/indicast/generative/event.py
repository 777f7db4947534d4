"""Family ``event``: acts that happened, such as a base opened or a law signed.

``n_t ~ Poisson(f lambda_e detect_t)``, where e is the direction that the scenario expects
(so scenarios that the table does not tell apart share one rate), f how densely this ledger
records such acts, and detect_t the chance that one is found. A residual scenario, which
expects nothing in particular, is the equal mixture over the three directions. Silence under
watch is evidence: ``exp(-f lambda detect)``; a month nobody watched is exactly 0.

Invariant: the density equals ``scipy.stats.poisson``; detection -> 0 equals not having
looked (``tests/reference/test_event.py``, ``tests/contract/test_families.py``). Not valid
when acts come in bursts from one decision: rows of one origin in a month are one act.
Source: thinned Poisson counts, Stoner et al. 2019, doi:10.1080/01621459.2019.1573732.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln, logsumexp, xlogy

from indicast import names
from indicast.generative._family import Draws, Family, Labelled, Setting, Variables
from indicast.panel import NOT_LOOKED

if TYPE_CHECKING:
    import xarray as xr

DIRECTIONS = 3


def log_poisson(number: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the log-probability of a Poisson count, nats; exactly 0 for n = 0 and mean 0.

    Parameters
    ----------
    number
        Non-negative integers; broadcast.
    mean
        >= 0; broadcast.

    Examples
    --------
    >>> float(log_poisson(np.array(0), np.array(0.25)))
    -0.25
    """
    return np.asarray(xlogy(number, mean) - mean - gammaln(np.asarray(number) + 1.0))


def monthly_mean(draws: Draws, panel: xr.Dataset) -> np.ndarray:
    """Return acts expected to be found, per direction expected, 0 where nobody looked.

    Returns
    -------
    mean
        Acts a month; dims (draw, time, event_series, direction).
    """
    coverage = panel["event_coverage"].to_numpy()
    detection = np.where(coverage == NOT_LOOKED, 0.0, draws[names.EVENT_DETECTION][:, np.maximum(coverage, 0)])
    rate = draws[names.EVENT_RATE] * draws[names.LEDGER_DENSITY][:, :, None]
    return np.asarray(detection[..., None] * rate[:, None])


def log_emission(draws: Draws, setting: Setting) -> np.ndarray:
    """Return the family's evidence for each month and scenario, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    setting
        Its panel gives acts and coverage.

    Returns
    -------
    log_emission
        Nats, exactly 0 where nobody looked; dims (draw, time, scenario).
    """
    panel, expected = setting.panel, _expected(setting)
    looked = (panel["event_coverage"].to_numpy() != NOT_LOOKED)[..., None]
    number = np.where(looked, panel["event"].to_numpy()[..., None], 0)
    terms = log_poisson(number, monthly_mean(draws, panel))
    listed = np.take_along_axis(terms, (expected + 1)[None, None], axis=-1)
    flat = logsumexp(terms, axis=-1, keepdims=True) - np.log(DIRECTIONS)
    chosen = np.where(setting.framework.residual, flat, listed)
    return np.asarray(np.where(looked, chosen, 0.0).sum(axis=2))


def _expected(setting: Setting) -> np.ndarray:
    """Return what each scenario expects of each series; dims (event_series, scenario)."""
    framework = setting.framework
    places = [framework.indicators.index(indicator.id) for indicator in framework.events]
    return framework.expected[places]


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    import pytensor.tensor as pt

    coverage, number = data["event_coverage"], data["event"]
    looked = pt.neq(coverage, NOT_LOOKED)
    exposure = variables[names.EVENT_DETECTION][pt.maximum(coverage, 0)] * looked
    rate = variables[names.EVENT_RATE] * variables[names.LEDGER_DENSITY][:, None]
    log_rate, found = pt.log(rate), number * looked
    shared = (found * pt.log(pt.where(looked, exposure, 1.0)) - looked * pt.gammaln(number + 1.0)).sum(axis=1)
    if not setting.framework.residual.any():
        chosen = _expected(setting) + 1
        series = np.arange(chosen.shape[0])[:, None]
        return shared[:, None] + pt.dot(found, log_rate[series, chosen]) - pt.dot(exposure, rate[series, chosen])
    terms = found[..., None] * log_rate[None] - exposure[..., None] * rate[None]
    flat = pt.logsumexp(terms, axis=2) - np.log(DIRECTIONS)
    expected = _expected(setting)
    columns = [
        flat if residual else terms[:, np.arange(len(expected)), expected[:, k] + 1]
        for k, residual in enumerate(setting.framework.residual)
    ]
    return shared[:, None] + pt.stack([column.sum(axis=1) for column in columns], axis=1)


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the arrays that the model reads."""
    dims = (names.TIME, names.EVENT_SERIES)
    return {name: (dims, panel[name].to_numpy()) for name in ("event", "event_coverage")}


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return acts drawn under a scenario path; dims of the panel's ``event``."""
    mean, expected = monthly_mean(truth, setting.panel)[0], _expected(setting)
    chosen = expected[:, path].T + 1
    residual = setting.framework.residual[path][:, None]
    chosen = np.where(residual, rng.integers(0, DIRECTIONS, chosen.shape), chosen)
    return {"event": rng.poisson(np.take_along_axis(mean, chosen[..., None], axis=-1)[..., 0])}


FAMILY = Family("event", data, log_emission, log_emission_graph, simulate)
