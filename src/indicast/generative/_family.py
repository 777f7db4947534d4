"""What every emission family offers, so that model, twin and simulator treat all alike.

Invariant: all families keep one contract: shapes, exactly 0 where nothing was seen,
densities that sum or integrate to one, a twin equal to the graph, a simulator that follows
its own likelihood (``tests/contract/test_families.py``, one test over all of them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

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
    log_emission
        Draws -> log p(what was seen | scenario), nats; dims (draw, time, scenario).
    log_emission_graph
        The same as a PyTensor matrix of variables and data; dims (time, scenario).
    simulate
        One draw and a scenario path -> the panel's variables as they might have been.
    """

    name: str
    data: Callable[[xr.Dataset], dict[str, Labelled]]
    log_emission: Callable[[Draws, Setting], np.ndarray]
    log_emission_graph: Callable[[Variables, Variables, Setting], Any]
    simulate: Callable[[Draws, Setting, np.ndarray, np.random.Generator], dict[str, np.ndarray]]


def unpadded(panel: xr.Dataset, used: str, names: tuple[str, ...]) -> dict[str, Labelled]:
    """Return variables of a panel without the places that ``used`` calls padding."""
    kept = panel[used].to_numpy()
    return {name: ((str(panel[name].dims[0]),), panel[name].to_numpy()[kept]) for name in names}


def by_month(terms: np.ndarray, time: np.ndarray, months: int) -> np.ndarray:
    """Add up terms of places into their months; dims (draw, place, scenario) to (draw, time, scenario)."""
    total = np.zeros((terms.shape[0], months, terms.shape[-1]))
    for place, month in enumerate(time):
        total[:, month] += terms[:, place]
    return total
