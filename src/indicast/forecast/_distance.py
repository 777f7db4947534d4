"""How far two forecasts of one month lie apart, in Monte Carlo standard errors.

A published probability is a mean over draws with Monte Carlo standard error e. Two runs with the same
settings and independent draws differ by about ``sqrt(2) e``, so that a difference d lies
``|d| / (sqrt(2) e)`` standard errors out. A published quantile x at level q is asked whether the draws could
have given it: ``P(X <= x) >= q`` and ``P(X < x) <= q``, each within the error of that probability, which
is right for counts too, where quantiles jump. e is that of ArviZ, by effective sample size (Vehtari
et al. 2021, doi:10.1214/20-BA1221).

Invariant: a run lies 0 from itself, and two chains of one posterior rarely lie beyond :func:`beyond`
(``tests/unit/test_distance.py``). Not valid for a run that failed its gates: its e is too small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from indicast import names
from indicast.forecast._horizons import SAMPLE

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FALSE_ALARM: Final = 0.01
"""Chance that a forecast with nothing wrong has a row called too far out, by Bonferroni at most."""
KEY: Final = ("target", "item", "horizon", "output_type", "output_type_id")
MEANS: Final[Mapping[str, tuple[str, Callable[[str, int, str], dict[str, object]]]]] = {
    "scenario": ("scenario_probability", lambda _, h, label: {names.HORIZON: h, names.SCENARIO: label}),
    "milestone": (names.MILESTONE_BY, lambda item, h, _: {names.HORIZON: h, names.MILESTONE: item}),
    "direction": (
        "direction_ahead",
        lambda item, h, word: {names.AHEAD: h, names.INDICATOR: item, names.DIRECTION: word},
    ),
}
"""By target: the variable whose mean is published, and where in it a row stands."""
TALLIES: Final = (("count_ahead", names.COUNTED), (names.EVENT_AHEAD, names.EVENT_SERIES))


def beyond(rows: int) -> float:
    """Return how many standard errors are too many for the farthest of some rows.

    Examples
    --------
    >>> round(beyond(1), 2), round(beyond(1000), 2)
    (2.58, 4.42)
    """
    return NormalDist().inv_cdf(1.0 - FALSE_ALARM / (2 * max(1, rows)))


def monte_carlo_distances(tree: xr.DataTree, own: pd.DataFrame, other: np.ndarray) -> np.ndarray:
    """Return how far another run's forecast lies from this one's, in standard errors of the difference.

    Parameters
    ----------
    tree
        A fit with its ``predictions``.
    own
        Its :func:`~indicast.forecast.forecast_table`.
    other
        The other run's values of the same rows, made with the same settings.

    Returns
    -------
    distances
        >= 0; infinite where values differ of which the draws leave no doubt; dims (row).
    """
    predictions = tree["predictions"].to_dataset()
    distances = np.zeros(len(own))
    for target in MEANS:
        here = ((own["target"] == target) & (own["value"] != other)).to_numpy()
        if here.any():
            distances[here] = _of_means(predictions, own[here], other[here], target)
    for place in np.flatnonzero(((own["target"] == "count") & (own["value"] != other)).to_numpy()):
        distances[place] = _of_quantile(predictions, own.iloc[place], float(other[place]))
    return distances


def _of_means(predictions: xr.Dataset, rows: pd.DataFrame, other: np.ndarray, target: str) -> np.ndarray:
    import arviz as az

    variable, place = MEANS[target]
    items = rows["item"].unique()
    named = {"milestone": names.MILESTONE, "direction": names.INDICATOR}
    draws = predictions[variable].sel({named[target]: items}) if target in named else predictions[variable]
    errors = az.mcse(draws.to_dataset(name="p"))["p"]
    found = zip(rows["item"], rows["horizon"], rows["output_type_id"], strict=True)
    each = [float(errors.sel(place(str(item), int(h), str(label)))) for item, h, label in found]
    pairs = zip(np.abs(rows["value"].to_numpy() - other).tolist(), each, strict=True)
    return np.array([_ratio(gap, error) for gap, error in pairs])


def _of_quantile(predictions: xr.Dataset, row: pd.Series, published: float) -> float:
    level, item = float(row["output_type_id"]), str(row["item"])
    name, dim = next((name, dim) for name, dim in TALLIES if name in predictions and item in predictions[dim].values)  # noqa: PD011  # an xarray array
    draws = predictions[name].sel({dim: item, names.AHEAD: int(row["horizon"])})
    missing, excess = draws <= published, draws < published
    short, over = level - float(missing.mean(SAMPLE)), float(excess.mean(SAMPLE)) - level
    return max(_ratio(max(short, 0.0), _error(missing)), _ratio(max(over, 0.0), _error(excess)))


def _error(condition: xr.DataArray) -> float:
    import arviz as az

    return float(az.mcse(condition.astype(float).to_dataset(name="p"))["p"])


def _ratio(gap: float, error: float) -> float:
    """Return a difference of two equally long runs in standard errors of the difference."""
    if not gap:
        return 0.0
    return gap / (math.sqrt(2.0) * error) if error > 0.0 else math.inf
