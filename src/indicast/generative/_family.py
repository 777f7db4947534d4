"""What every emission family offers, so that model, twin and simulator treat all alike.

Invariant: all families keep one contract: shapes, exactly 0 where nothing was seen,
densities that sum or integrate to one, a twin equal to the graph, a simulator that follows
its own likelihood (``tests/contract/test_families.py``, one test over all of them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from indicast import names

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

CLIMATE = "climate"
"""Name under which shocks and tilts of all indicators travel with the parameters."""
Draws = Mapping[str, np.ndarray]
"""Parameters by name with a leading axis of draws, and the shared ``climate``."""
Variables = Mapping[str, Any]
"""PyTensor variables by name."""
Labelled = tuple[tuple[str, ...], np.ndarray]
"""Dims and values of an array."""


class Places(NamedTuple):
    """Evidence place by place: a cell, a month of a count, a reading.

    Attributes
    ----------
    time
        Month of each place; dims (place).
    indicator
        Index of its indicator, -1 where it belongs to none; dims (place).
    terms
        log p(what was seen there | scenario), nats; dims (draw, place, scenario).
    """

    time: np.ndarray
    indicator: np.ndarray
    terms: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What stays the same while parameters vary: structure, priors, and what was seen."""

    framework: Framework
    hyperparameters: Hyperparameters
    panel: xr.Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """One emission family.

    Attributes
    ----------
    name
        Its name in the registry of ``workspace`` and of its module.
    data
        Panel -> arrays that the compiled model reads, without padded places where the
        number of places may vary.
    places
        Draws -> log p(what was seen | scenario) of every place where something was seen.
    log_emission_graph
        The same as a PyTensor matrix of variables and data; dims (time, scenario).
    simulate
        One draw and a scenario path -> the panel's variables as they might have been.
    cells
        Panel -> month and indicator (indices) of each piece of its evidence, if shocks and
        tilts touch it, so that its cells are no independent witnesses; None if they do not.
    leads
        Whether another family is read given what this one saw, so that it is drawn first.
    """

    name: str
    data: Callable[[xr.Dataset], dict[str, Labelled]]
    places: Callable[[Draws, Setting], Places]
    log_emission_graph: Callable[[Variables, Variables, Setting], Any]
    simulate: Callable[[Draws, Setting, np.ndarray, np.random.Generator], dict[str, np.ndarray]]
    cells: Callable[[xr.Dataset], tuple[np.ndarray, np.ndarray]] | None = None
    leads: bool = False

    def log_emission(self, draws: Draws, setting: Setting) -> np.ndarray:
        """Return the family's evidence, nats, exactly 0 where nothing was seen; dims (draw, time, scenario)."""
        return by_month(self.places(draws, setting), setting.panel.sizes[names.TIME])


def unpadded(panel: xr.Dataset, used: str, variables: tuple[str, ...]) -> dict[str, Labelled]:
    """Return variables of a panel without the places that ``used`` calls padding."""
    kept = panel[used].to_numpy()
    return {name: ((str(panel[name].dims[0]),), panel[name].to_numpy()[kept]) for name in variables}


def by_month(places: Places, months: int) -> np.ndarray:
    """Return the evidence of places added up in their months; dims (draw, time, scenario)."""
    total = np.zeros((places.terms.shape[0], months, places.terms.shape[-1]))
    for place, month in enumerate(places.time):
        total[:, month] += places.terms[:, place]
    return total


def grid_places(terms: np.ndarray, seen: np.ndarray, indicator: np.ndarray) -> Places:
    """Return the places of a grid where something was seen.

    Parameters
    ----------
    terms
        Nats; dims (draw, time, series, scenario).
    seen
        Dims (time, series).
    indicator
        Index of each series' indicator; dims (series).
    """
    time, series = np.nonzero(seen)
    return Places(time, indicator[series], terms[:, time, series])


def series_indicator(framework: Framework, family: str) -> np.ndarray:
    """Return the index of the indicator that each series of readings belongs to; dims (series)."""
    declared = enumerate(framework.declaration.indicators)
    return np.array([place for place, one in declared for series in one.series if series.family == family], np.int64)
