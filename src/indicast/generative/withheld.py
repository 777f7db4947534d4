"""Family ``withheld``: whether a publication that was due came.

An embarrassing reading is published less readily: ``P(published | y) = logit^-1(alpha + beta
1[y embarrasses])``. A month in which a publication was due therefore says ``log sum_y P(y | k)
P(published | y)`` if it came and ``log sum_y P(y | k) (1 - P(published | y))`` if it was withheld, with y
the same latent reading as in family ``direction``. Reports of that month and indicator are read given
what became of the publication, so that both families together are one exact likelihood:
``p(came, reports | k) = p(came | k) p(reports | came, k)``.

Invariant: published and withheld add up to one; with beta = 0 neither is evidence; over
worlds the likelihood ratio of two scenarios has mean one, which it had not if months in which the
publication came said nothing (``tests/reference/test_withheld.py``, ``tests/contract/test_families.py``). Not
valid for a source that never publishes, where nothing was due, or when what is due in a month hangs on the
reading. Source: selection on the outcome, Heckman 1979, doi:10.2307/1912352.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.generative._family import CLIMATE, Draws, Family, Labelled, Places, Setting, Variables, unpadded
from indicast.generative._publication import row, silence_rows, table, table_graph
from indicast.generative.direction import READINGS, flat_where_residual, reading_probability

if TYPE_CHECKING:
    import xarray as xr


def places(draws: Draws, setting: Setting) -> Places:
    """Return the evidence of each month in which a publication was due, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name with the shared climate, leading axis draw.
    setting
        Its panel names the months.
    """
    time, indicator, rows = (values for _, values in data(setting.panel).values())
    return Places(time, indicator, np.log(probability(draws, setting, time, indicator, rows)))


def probability(
    draws: Draws, setting: Setting, time: np.ndarray, indicator: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Return P(what became of the publication | scenario).

    Parameters
    ----------
    draws, setting
        As in :func:`places`.
    time, indicator
        Month and indicator (indices) of each publication that was due; dims (silence).
    rows
        What became of it, from ``silence_rows``; dims (silence).

    Returns
    -------
    probability
        Dims (draw, silence, scenario).
    """
    expected = setting.framework.expected[indicator]
    eta = draws[names.STRENGTH][:, indicator, None] * expected + draws[CLIMATE][:, time, indicator, None]
    reading = reading_probability(eta, draws[names.THRESHOLD][:, None, None])
    reading = flat_where_residual(reading, setting.framework.residual)
    return np.asarray((reading * table(draws)[:, rows, None]).sum(axis=-1))


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    import pytensor.tensor as pt

    time, indicator, framework = data["silence_time"], data["silence_indicator"], setting.framework
    predicted = variables[names.STRENGTH][:, None] * framework.expected.astype(float)
    eta = predicted[indicator] + variables[CLIMATE][time, indicator][:, None]
    threshold = variables[names.THRESHOLD]
    low, high = (0.5 * pt.erfc((threshold + sign * eta) / np.sqrt(2.0)) for sign in (1.0, -1.0))
    readings = [pt.where(framework.residual, 1.0 / READINGS.size, one) for one in (low, 1.0 - low - high, high)]
    shown = table_graph(variables)[data["silence_row"]]
    terms = pt.log(sum(one * shown[:, place][:, None] for place, one in enumerate(readings)))
    shape = (setting.panel.sizes[names.TIME], len(framework.scenarios))
    return pt.zeros(shape)[time].inc(terms)


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return month, indicator and row of what was due, without padding."""
    found = unpadded(panel, "silence_used", ("silence_time", "silence_indicator"))
    return found | {"silence_row": ((names.SILENCE,), silence_rows(panel)[panel["silence_used"].to_numpy()])}


def cells(panel: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return month and indicator of each publication that was due, without padding."""
    used = panel["silence_used"].to_numpy()
    return panel["silence_time"].to_numpy()[used], panel["silence_indicator"].to_numpy()[used]


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return which of the publications that were due would have come under a path."""
    panel = setting.panel
    time, indicator, used = (panel[f"silence_{name}"].to_numpy() for name in ("time", "indicator", "used"))
    came = row(panel["silence_reading"].to_numpy(), np.ones_like(used))
    chance = probability(truth, setting, time, indicator, came)[0]
    published = rng.random(time.size) < np.take_along_axis(chance, path[time][:, None], axis=1)[:, 0]
    return {"silence_published": used & published}


FAMILY = Family("withheld", data, places, log_emission_graph, simulate, cells, leads=True)
