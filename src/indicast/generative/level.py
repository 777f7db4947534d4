"""Family ``level``: how a stock such as troops or orders changed between two readings.

``log L_t - log L_{t-c} ~ StudentT(nu, delta_k c / 12, sigma)``: scenario k makes the level
grow by delta_k a year; c is the gap in months between two readings of one series, that is
of the same unit and the same family of sources. The first reading of a series is a base and
says nothing. The tail index nu is declared: a single wild estimate must not decide.

Invariant: the density equals ``scipy.stats.t`` and integrates to one
(``tests/reference/test_level.py``, ``tests/contract/test_families.py``). Not valid for gaps
as long as a scenario lasts (the scenario of the later reading stands for the whole gap), nor
for readings with large independent errors, whose successive changes undo each other.
Source: robust regression with t errors, Lange, Little and Taylor 1989,
doi:10.1080/01621459.1989.10478852.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln

from indicast import names
from indicast.generative._family import Draws, Family, Labelled, Places, Setting, Variables, series_indicator, unpadded

if TYPE_CHECKING:
    import xarray as xr

READINGS = ("level_time", "level_place", "level_change", "level_gap")
MONTHS_PER_YEAR = 12.0


def log_student(value: np.ndarray, centre: np.ndarray, scale: np.ndarray, tail: float) -> np.ndarray:
    """Return the log-density of Student's t, per unit of value.

    Parameters
    ----------
    value, centre
        Log-changes; broadcast.
    scale
        > 0; broadcast.
    tail
        Degrees of freedom, > 0.

    Examples
    --------
    >>> float(np.exp(log_student(np.array(0.0), np.array(0.0), np.array(1.0), 4.0)))
    0.375
    """
    distance = (np.asarray(value) - centre) / scale
    constant = gammaln((tail + 1.0) / 2.0) - gammaln(tail / 2.0) - 0.5 * np.log(tail * np.pi)
    return np.asarray(constant - np.log(scale) - (tail + 1.0) / 2.0 * np.log1p(distance**2 / tail))


def places(draws: Draws, setting: Setting) -> Places:
    """Return the evidence of each reading, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    setting
        Its panel gives the changes.
    """
    arrays = {name: values for name, (_, values) in data(setting.panel).items()}
    series = arrays["level_place"]
    centre = draws[names.DRIFT][:, series] * arrays["level_gap"][:, None] / MONTHS_PER_YEAR
    scale = draws[names.LEVEL_SCALE][:, series, None]
    tail = setting.hyperparameters.number("level_tail")
    terms = log_student(arrays["level_change"][:, None], centre, scale, tail)
    return Places(arrays["level_time"], series_indicator(setting.framework, "level")[series], terms)


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    from indicast.generative._kernel_op import KernelOp
    from indicast.generative._level_kernel import LEVELS

    months, tail = setting.panel.sizes[names.TIME], setting.hyperparameters.number("level_tail")
    years = data["level_gap"] / MONTHS_PER_YEAR
    readings = (data["level_time"], data["level_place"], data["level_change"], years)
    smooth, constants = (variables[names.DRIFT], variables[names.LEVEL_SCALE]), (np.asarray(tail), np.asarray(months))
    return KernelOp(LEVELS, (months, len(setting.framework.scenarios)))(*smooth, *constants, *readings)


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the changes that the model reads, without padding."""
    return unpadded(panel, "level_used", READINGS)


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return log-changes drawn under a scenario path, in the panel's slots."""
    panel, tail = setting.panel, setting.hyperparameters.number("level_tail")
    time, series = panel["level_time"].to_numpy(), panel["level_place"].to_numpy()
    if not len(truth[names.LEVEL_SCALE][0]):
        return {}
    centre = truth[names.DRIFT][0][series, path[time]] * panel["level_gap"].to_numpy() / MONTHS_PER_YEAR
    change = centre + truth[names.LEVEL_SCALE][0][series] * rng.standard_t(tail, time.size)
    return {"level_change": np.where(panel["level_used"].to_numpy(), change, 0.0)}


FAMILY = Family("level", data, places, log_emission_graph, simulate)
