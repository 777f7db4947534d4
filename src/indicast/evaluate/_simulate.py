"""A world with known truth, seen through the holes of a real panel.

Invariant: simulated reports, counts and marks follow the densities that the model uses,
given the same months, cells, sources and coverage (``tests/recovery/test_recovery.py``,
``tests/recovery/test_calibration.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative import marks, ratings
from indicast.generative.emission import strengths, with_climate
from indicast.generative.families import Draws, Setting, active

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

Truth = Mapping[str, np.ndarray]


def draw_truth(
    framework: Framework, hyperparameters: Hyperparameters, months: int, rng: np.random.Generator, size: int = 1
) -> dict[str, np.ndarray]:
    """Return draws of every free parameter from its prior.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    months
        Number of months that need shocks.
    rng
        Source of randomness.
    size
        Number of draws.

    Returns
    -------
    truth
        Arrays by variable name with a leading axis of draws.
    """
    truth = {name: prior.sample(rng, size) for name, prior in hyperparameters.priors.items()}
    indicators, groups = len(framework.indicators), len(framework.groups)
    for name in (names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z):
        truth[name] = rng.standard_normal((size, indicators))
    if len(framework.table.ratings):
        shapes = {
            name: [len(hyperparameters.coords[dim]) for dim in dims] for name, dims in ratings.STANDARD_NORMAL.items()
        }
        truth |= {name: rng.standard_normal((size, *shape)) for name, shape in shapes.items()}
    truth[names.GLOBAL_INNOVATION] = rng.standard_normal((size, months))
    truth[names.GROUP_INNOVATION] = rng.standard_normal((size, months, groups))
    truth[names.STRENGTH] = strengths(truth, framework, hyperparameters)
    return truth


def simulate_panel(
    framework: Framework,
    hyperparameters: Hyperparameters,
    panel: xr.Dataset,
    truth: Truth,
    path: np.ndarray,
    rng: np.random.Generator,
    *,
    with_table: bool = False,
) -> xr.Dataset:
    """Return the panel with its reports and counts replaced by simulated ones.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    panel
        Gives months, cells, sources and coverage.
    truth
        From :func:`draw_truth`.
    path
        Index of the true scenario in each month; dims (time).
    rng
        Source of randomness.
    with_table
        Whether the experts' marks are simulated too; otherwise they stay as they are.
    """
    setting = Setting(framework, hyperparameters, panel)
    felt = with_climate(truth, framework)
    found = {
        name: values for one in simulate_families(felt, setting, path, rng).values() for name, values in one.items()
    }
    if with_table and marks.used(framework):
        found |= marks.simulate_seen(felt, setting, int(path[0]), rng)
    return _as_drawn(panel, found)


def simulate_families(
    felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator
) -> dict[str, dict[str, np.ndarray]]:
    """Return what each family shows under a path, by family: reports given what became of a publication.

    Parameters
    ----------
    felt
        One draw of the parameters, with its climate.
    setting
        Its panel gives months, cells, sources and coverage.
    path
        Index of the true scenario in each month; dims (time).
    rng
        Source of randomness.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for family in sorted(active(setting), key=lambda one: not one.leads):
        found[family.name] = family.simulate(felt, setting, path, rng)
        if family.leads:
            setting = replace(setting, panel=_as_drawn(setting.panel, found[family.name]))
    return found


def _as_drawn(panel: xr.Dataset, found: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Return the panel with what was drawn."""
    return panel.assign({name: (panel[name].dims, values) for name, values in found.items()})
