"""Family ``event``: acts that happened, such as a base opened or a law signed.

``n_t ~ Poisson(f (lambda_k + beta) detect_t)``: lambda_k acts a month in scenario k; beta rows a month that
are recorded as acts under any scenario (routine, announcements, rows that are not what they
say: an act is known through a source too); f how densely this ledger records; detect_t the
chance that a row is found. Silence under watch is evidence: ``exp(-f (lambda + beta) detect)``; a month
nobody watched is exactly 0.

Invariant: the density equals ``scipy.stats.poisson``; detection -> 0 equals not having
looked; rows that come under any scenario are no evidence
(``tests/reference/test_event.py``, ``tests/contract/test_families.py``). Not valid
when acts come in bursts from one decision: rows of one origin in a month are one act.
Source: thinned Poisson counts, Stoner et al. 2019, doi:10.1080/01621459.2019.1573732.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln, xlogy

from indicast import names
from indicast.generative._family import Draws, Family, Labelled, Places, Setting, Variables, grid_places
from indicast.panel import NOT_LOOKED

if TYPE_CHECKING:
    import xarray as xr


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
    """Return rows expected to be found under each scenario, 0 where nobody looked.

    Returns
    -------
    mean
        Rows a month; dims (draw, time, event_series, scenario).
    """
    coverage = panel["event_coverage"].to_numpy()
    detection = np.where(coverage == NOT_LOOKED, 0.0, draws[names.EVENT_DETECTION][:, np.maximum(coverage, 0)])
    return np.asarray(detection[..., None] * row_rate(draws)[:, None])


def row_rate(draws: Draws) -> np.ndarray:
    """Return rows a month if all were found, ``f (lambda_k + beta)``; dims (draw, event_series, scenario)."""
    rate = draws[names.EVENT_RATE] + draws[names.EVENT_BACKGROUND][:, :, None]
    return np.asarray(rate * draws[names.LEDGER_DENSITY][:, :, None])


def places(draws: Draws, setting: Setting) -> Places:
    """Return the evidence of each watched month and series, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    setting
        Its panel gives acts and coverage.
    """
    panel, framework = setting.panel, setting.framework
    looked = panel["event_coverage"].to_numpy() != NOT_LOOKED
    number = np.where(looked, panel["event"].to_numpy(), 0)[..., None]
    indicator = np.array([framework.indicators.index(one.id) for one in framework.events], dtype=np.int64)
    return grid_places(log_poisson(number, monthly_mean(draws, panel)), looked, indicator)


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    from indicast.generative._event_kernel import EVENTS
    from indicast.generative._kernel_op import KernelOp

    parameters = (names.EVENT_RATE, names.EVENT_BACKGROUND, names.LEDGER_DENSITY, names.EVENT_DETECTION)
    shape = (None, len(setting.framework.scenarios))
    return KernelOp(EVENTS, shape)(*(variables[name] for name in parameters), data["event"], data["event_coverage"])


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the arrays that the model reads."""
    dims = (names.TIME, names.EVENT_SERIES)
    return {name: (dims, panel[name].to_numpy()) for name in ("event", "event_coverage")}


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return acts drawn under a scenario path; dims of the panel's ``event``."""
    mean = monthly_mean(truth, setting.panel)[0]
    return {"event": rng.poisson(np.take_along_axis(mean, path[:, None, None], axis=-1)[..., 0])}


FAMILY = Family("event", data, places, log_emission_graph, simulate)
