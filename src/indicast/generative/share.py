"""Family ``share``: polls and other parts of a whole, as logit-normal readings.

``logit x ~ Normal(logit p_k + h, sigma)`` for a reading x of a series, with p_k the share
that scenario k leads to, h the standing error of the house that asks (common to all
scenarios, so that ten waves of one house never make a scenario certain) and sigma the scatter
of a wave. The density is that of x itself, so it holds the Jacobian 1/(x (1 - x)).

Invariant: the density integrates to one over (0, 1); a common house effect leaves the
evidence of a series bounded (``tests/reference/test_share.py``,
``tests/contract/test_families.py``). Not valid for shares near 0 or 1 of small samples, nor
for waves whose question changed: those are different series. Source: Aitchison and Shen
1980, doi:10.1093/biomet/67.2.261; house effects, Jackman 2005,
doi:10.1080/10361140500302472.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit

from indicast import names
from indicast.generative._family import Draws, Family, Labelled, Places, Setting, Variables, series_indicator, unpadded

if TYPE_CHECKING:
    import xarray as xr

LOG_ROOT_TWO_PI = 0.5 * np.log(2.0 * np.pi)
READINGS = ("share_time", "share_place", "share_value")


def log_logit_normal(value: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the log-density of a share, per unit of share.

    Parameters
    ----------
    value
        In (0, 1); broadcast.
    centre
        Median, in (0, 1); broadcast.
    scale
        Standard deviation on the logit scale, > 0; broadcast.

    Examples
    --------
    >>> float(log_logit_normal(np.array(0.5), np.array(0.5), np.array(1.0)).round(4))
    0.4674
    """
    distance = (logit(value) - logit(centre)) / scale
    return np.asarray(-0.5 * distance**2 - np.log(scale) - LOG_ROOT_TWO_PI - np.log(value) - np.log1p(-value))


def places(draws: Draws, setting: Setting) -> Places:
    """Return the evidence of each reading, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    setting
        Its panel gives the readings.
    """
    arrays = {name: values for name, (_, values) in data(setting.panel).items()}
    series = arrays["share_place"]
    centre = expit(logit(draws[names.SHARE_CENTRE]) + draws[names.HOUSE_EFFECT][:, :, None])[:, series]
    scale = draws[names.SHARE_SCALE][:, series, None]
    terms = log_logit_normal(arrays["share_value"][:, None], centre, scale)
    return Places(arrays["share_time"], series_indicator(setting.framework, "share")[series], terms)


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    import pytensor.tensor as pt

    series, value = data["share_place"], data["share_value"]
    centre = pt.log(variables[names.SHARE_CENTRE]) - pt.log1p(-variables[names.SHARE_CENTRE])
    centre = centre + variables[names.HOUSE_EFFECT][:, None]
    scale = variables[names.SHARE_SCALE][series][:, None]
    distance = ((pt.log(value) - pt.log1p(-value))[:, None] - centre[series]) / scale
    jacobian = (pt.log(value) + pt.log1p(-value))[:, None]
    terms = -0.5 * distance**2 - pt.log(scale) - LOG_ROOT_TWO_PI - jacobian
    shape = (setting.panel.sizes[names.TIME], len(setting.framework.scenarios))
    return pt.zeros(shape)[data["share_time"]].inc(terms)


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the readings that the model reads, without padding."""
    return unpadded(panel, "share_used", READINGS)


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return shares drawn under a scenario path, in the panel's slots."""
    panel = setting.panel
    time, series = panel["share_time"].to_numpy(), panel["share_place"].to_numpy()
    if not len(truth[names.HOUSE_EFFECT][0]):
        return {}
    centre = logit(truth[names.SHARE_CENTRE][0][series, path[time]]) + truth[names.HOUSE_EFFECT][0][series]
    value = expit(rng.normal(centre, truth[names.SHARE_SCALE][0][series]))
    return {"share_value": np.where(panel["share_used"].to_numpy(), value, 0.5)}


FAMILY = Family("share", data, places, log_emission_graph, simulate)
