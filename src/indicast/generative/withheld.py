"""Family ``withheld``: a publication that was due and did not come.

An embarrassing reading is published less readily: ``P(published | y) = logit^-1(alpha + beta
1[y embarrasses])``. A month in which the publication was withheld therefore says ``log sum_y P(y | k)
(1 - P(published | y))``, with y the same latent reading as in family ``direction``. That it was
published is not counted as evidence by itself: the reports speak then.

Invariant: published and withheld add up to one; with beta = 0 withholding is no evidence
(``tests/reference/test_withheld.py``, ``tests/contract/test_families.py``). Not valid for a
source that never publishes: that is not having looked. Source: selection on the outcome,
Heckman 1979, doi:10.2307/1912352.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from indicast import names
from indicast.generative._family import CLIMATE, Draws, Family, Labelled, Places, Setting, Variables, unpadded
from indicast.generative.direction import READINGS, flat_where_residual, reading_probability

if TYPE_CHECKING:
    import xarray as xr


def embarrasses(setting: Setting) -> np.ndarray:
    """Return which reading embarrasses each indicator; dims (indicator, direction)."""
    declaration = setting.framework.declaration
    return np.array([[word == one.embarrassing for word in declaration.directions] for one in declaration.indicators])


def publication(draws: Draws, embarrassing: np.ndarray) -> np.ndarray:
    """Return P(published | reading); dims (draw, *dims of embarrassing)."""
    shape = (-1, *[1] * embarrassing.ndim)
    log_odds = draws[names.PUBLISH_BASE].reshape(shape)
    return np.asarray(expit(log_odds + draws[names.PUBLISH_EMBARRASSED].reshape(shape) * embarrassing))


def places(draws: Draws, setting: Setting) -> Places:
    """Return the evidence of each withheld month, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name with the shared climate, leading axis draw.
    setting
        Its panel names the months.
    """
    arrays = {name: values for name, (_, values) in data(setting.panel).items()}
    time, indicator = arrays["silence_time"], arrays["silence_indicator"]
    return Places(time, indicator, np.log(withheld_probability(draws, setting, time, indicator)))


def withheld_probability(draws: Draws, setting: Setting, time: np.ndarray, indicator: np.ndarray) -> np.ndarray:
    """Return P(withheld | scenario) of given months and indicators; dims (draw, silence, scenario)."""
    expected = setting.framework.expected[indicator]
    eta = draws[names.STRENGTH][:, indicator, None] * expected + draws[CLIMATE][:, time, indicator, None]
    probability = reading_probability(eta, draws[names.THRESHOLD][:, None, None])
    probability = flat_where_residual(probability, setting.framework.residual)
    silent = 1.0 - publication(draws, embarrasses(setting)[indicator])
    return np.asarray((probability * silent[:, :, None]).sum(axis=-1))


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    import pytensor.tensor as pt

    time, indicator, framework = data["silence_time"], data["silence_indicator"], setting.framework
    predicted = variables[names.STRENGTH][:, None] * framework.expected.astype(float)
    eta = predicted[indicator] + variables[CLIMATE][time, indicator][:, None]
    threshold = variables[names.THRESHOLD]
    low, high = (0.5 * pt.erfc((threshold + sign * eta) / np.sqrt(2.0)) for sign in (1.0, -1.0))
    readings = [pt.where(framework.residual, 1.0 / READINGS.size, one) for one in (low, 1.0 - low - high, high)]
    shy = variables[names.PUBLISH_BASE] + variables[names.PUBLISH_EMBARRASSED] * embarrasses(setting).astype(float)
    silent = pt.sigmoid(-shy)[indicator]
    terms = pt.log(sum(one * silent[:, place][:, None] for place, one in enumerate(readings)))
    shape = (setting.panel.sizes[names.TIME], len(framework.scenarios))
    return pt.zeros(shape)[time].inc(terms)


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the months that the model reads, without padding."""
    return unpadded(panel, "silence_used", ("silence_time", "silence_indicator"))


def cells(panel: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return month and indicator of each withheld publication, without padding."""
    used = panel["silence_used"].to_numpy()
    return panel["silence_time"].to_numpy()[used], panel["silence_indicator"].to_numpy()[used]


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return which of the panel's withheld months would have been withheld under a path."""
    panel = setting.panel
    time, indicator = panel["silence_time"].to_numpy(), panel["silence_indicator"].to_numpy()
    chance = withheld_probability(truth, setting, time, indicator)[0]
    withheld = rng.random(time.size) < np.take_along_axis(chance, path[time][:, None], axis=1)[:, 0]
    return {"silence_used": panel["silence_used"].to_numpy() & withheld}


FAMILY = Family("withheld", data, places, log_emission_graph, simulate, cells)
