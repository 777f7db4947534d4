"""Family ``count``: how many events of a kind began in a month.

``y_t ~ NegBinomial(mu_tk, alpha)`` with ``log mu_tk = log ref_t + c gamma_k + log
detect_t + season_month + peak_t zeta``: the trailing reference makes the count speak of
growth, as the experts' descriptor does. Invariant: the density equals
``scipy.stats.nbinom``; a month nobody looked at is exactly 0
(``tests/reference/test_count.py``). Not valid for a level that stays shifted: after the
reference window it is the new normal. Source: negative binomial regression, Hilbe 2011,
doi:10.1017/CBO9780511973420; under-reporting by a detection chance, Stoner et al. 2019,
doi:10.1080/01621459.2019.1573732.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln, xlogy

from indicast import names
from indicast.generative._family import Draws, Family, Labelled, Places, Setting, grid_places
from indicast.panel import NOT_LOOKED, reference_rate, reference_window, trailing_exposure, trailing_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr


def negative_binomial(count: np.ndarray, mean: np.ndarray, overdispersion: np.ndarray) -> np.ndarray:
    """Return the log-probability of counts, nats.

    Parameters
    ----------
    count
        Non-negative integers; dims (...).
    mean
        mu > 0; broadcast.
    overdispersion
        alpha^(-1/2) > 0: variance is ``mu + mu^2 overdispersion^2``; broadcast. Written
        in 1/alpha, because a difference of gamma functions loses all digits near Poisson.

    Examples
    --------
    >>> float(np.exp(negative_binomial(np.array(0), np.array(1.0), np.array(1.0))).round(3))
    0.5
    """
    spread, number = np.asarray(overdispersion) ** 2, np.asarray(count)
    rising = np.zeros(np.broadcast_shapes(number.shape, spread.shape))
    for below in range(int(number.max(initial=0))):
        rising = rising + np.where(below < number, np.log1p(below * spread), 0.0)
    crowding = (number + 1.0 / spread) * np.log1p(mean * spread)
    return np.asarray(rising + xlogy(number, mean) - crowding - gammaln(number + 1.0))


def log_mean(draws: Mapping[str, np.ndarray], panel: xr.Dataset, growth_years: float) -> np.ndarray:
    """Return log mu before detection, nats; dims (draw, time, counted, scenario)."""
    month = calendar_month(panel)
    season = draws[names.SEASON][:, :, month].transpose(0, 2, 1)
    peak = panel["count_peak"].to_numpy() * draws[names.PEAK][:, None, :]
    level = np.log(panel["count_reference"].to_numpy()) + season + peak
    return np.asarray(level[..., None] + growth_years * draws[names.GROWTH][:, None])


def calendar_month(panel: xr.Dataset) -> np.ndarray:
    """Return the calendar month of each t, January being 0; dims (time)."""
    return np.asarray(panel[names.TIME].to_numpy().astype("datetime64[M]").astype(np.int64) % 12)


def log_emission(draws: Mapping[str, np.ndarray], panel: xr.Dataset, growth_years: float) -> np.ndarray:
    """Return the evidence of all counts, arguments as in :func:`count_terms`; dims (draw, time, scenario)."""
    return count_terms(draws, panel, growth_years).sum(axis=2)


def count_terms(draws: Mapping[str, np.ndarray], panel: xr.Dataset, growth_years: float) -> np.ndarray:
    """Return the evidence of each month and count, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    panel
        From ``indicast.panel.build_panel``.
    growth_years
        c: what turns yearly growth into growth over the reference.

    Returns
    -------
    terms
        Nats, exactly 0 where nobody looked; dims (draw, time, counted, scenario).
    """
    coverage = panel["count_coverage"].to_numpy()
    looked = coverage != NOT_LOOKED
    detection = np.where(looked, draws[names.DETECTION][:, np.maximum(coverage, 0)], 1.0)
    mean = np.exp(log_mean(draws, panel, growth_years)) * detection[..., None]
    count = panel["count"].to_numpy()[..., None]
    terms = negative_binomial(count, mean, draws[names.OVERDISPERSION][:, None, :, None])
    return np.asarray(np.where(looked[..., None], terms, 0.0))


def log_emission_graph(variables: Mapping[str, Any], data: Mapping[str, Any], growth_years: float) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    from indicast.generative._count_kernel import COUNTS
    from indicast.generative._kernel_op import KernelOp

    parameters = (names.OVERDISPERSION, names.SEASON, names.PEAK, names.DETECTION, names.GROWTH)
    observed = ("count", "count_coverage", "count_reference", "count_peak", "month_of_year")
    smooth, given = [variables[name] for name in parameters], [data[name] for name in observed]
    return KernelOp(COUNTS, (None, smooth[-1].type.shape[-1]))(*smooth, np.asarray(growth_years), *given)


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the arrays that the model reads."""
    found: dict[str, Labelled] = {
        name: ((names.TIME, names.COUNTED), panel[name].to_numpy())
        for name in ("count", "count_coverage", "count_reference", "count_peak")
    }
    return found | {"month_of_year": ((names.TIME,), calendar_month(panel).astype(np.int64))}


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return counts drawn month after month under a scenario path, and the reference they make."""
    panel, hyperparameters = setting.panel, setting.hyperparameters
    coverage, peak = panel["count_coverage"].to_numpy(), panel["count_peak"].to_numpy()
    count, month = np.zeros_like(panel["count"].to_numpy()), calendar_month(panel)
    alpha, window = truth[names.OVERDISPERSION][0] ** -2.0, reference_window(hyperparameters)
    exposure = trailing_exposure(hyperparameters, coverage)
    for t in range(coverage.shape[0]):
        before = count[max(0, t - window) : t].sum(axis=0)  # months nobody watched hold 0
        level = np.log(reference_rate(hyperparameters, before, exposure[t])) + truth[names.SEASON][0][:, month[t]]
        level += peak[t] * truth[names.PEAK][0]
        level += hyperparameters.number("growth_years") * truth[names.GROWTH][0][:, path[t]]
        looked = coverage[t] != NOT_LOOKED
        mean = np.exp(level) * np.where(looked, truth[names.DETECTION][0][np.maximum(coverage[t], 0)], 0.0)
        count[t] = rng.poisson(rng.gamma(alpha, mean / alpha))
    return {"count": count, "count_reference": trailing_reference(hyperparameters, count, coverage)}


def _places(draws: Draws, setting: Setting) -> Places:
    framework, seen = setting.framework, setting.panel["count_coverage"].to_numpy() != NOT_LOOKED
    indicator = np.array([framework.indicators.index(counted.id) for counted in framework.counts], dtype=np.int64)
    return grid_places(
        count_terms(draws, setting.panel, setting.hyperparameters.number("growth_years")), seen, indicator
    )


def _log_emission_graph(variables: Mapping[str, Any], data: Mapping[str, Any], setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    return log_emission_graph(variables, data, setting.hyperparameters.number("growth_years"))


FAMILY = Family("count", data, _places, _log_emission_graph, simulate)
