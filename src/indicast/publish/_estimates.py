"""Probabilities of the scenarios now and later, as the report states them.

Invariant: the probabilities of one horizon are those of ``forecast.csv``, so that page
and table never disagree (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.elicit import band_for, band_probabilities
from indicast.forecast import floored, headlines

if TYPE_CHECKING:
    import xarray as xr

    from indicast.workspace import Band, Framework, Lexicon

SURE_OF_BAND = 0.8
"""Share of draws in one band from which on the neighbouring band is not mentioned."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One scenario at one horizon.

    Attributes
    ----------
    scenario, name, short
        Its id, name and abbreviation.
    probability
        As published, not below the floor.
    low, high
        Ends of the central interval over draws.
    band_share
        Share of draws in the band of the published probability.
    neighbour, neighbour_share
        The likelier of the neighbouring bands and its share of draws.
    """

    scenario: str
    name: str
    short: str
    probability: float
    low: float
    high: float
    band_share: float
    neighbour: Band
    neighbour_share: float

    @property
    def sure_of_band(self) -> bool:
        """Whether the draws agree on the verbal band."""
        return max(self.band_share, self.neighbour_share) >= SURE_OF_BAND


@dataclass(frozen=True, slots=True)
class Horizon:
    """All scenarios at one distance, in declared order."""

    months: int
    estimates: tuple[Estimate, ...]


def lexicon_of(framework: Framework) -> Lexicon:
    """Return the lexicon in which the framework publishes."""
    return framework.declaration.published_lexicon


def horizons(tree: xr.DataTree, framework: Framework) -> tuple[Horizon, ...]:
    """Return the scenarios now and at each declared horizon."""
    ahead = tree["predictions"].to_dataset()["scenario_probability"]
    wanted = (0, *framework.declaration.forecast.horizons)
    return tuple(Horizon(months, estimates(ahead.sel({names.HORIZON: months}), framework)) for months in wanted)


def estimates(probability: xr.DataArray, framework: Framework) -> tuple[Estimate, ...]:
    """Return every scenario's estimate, in declared order.

    Parameters
    ----------
    probability
        Dims (chain, draw, scenario).
    framework
        Names, floor, interval and lexicon.
    """
    ordered = probability.sel({names.SCENARIO: list(framework.scenarios)})
    settings = framework.declaration.forecast
    ends = np.array([(one.mean, one.low, one.high) for one in headlines(ordered, settings.interval)])
    means = floored(ends[:, 0], settings.floor)
    low, high = np.clip(ends[:, 1:], settings.floor, 1.0 - settings.floor).T
    draws = ordered.transpose(names.SCENARIO, ...).to_numpy().reshape(len(means), -1)
    return tuple(
        _estimate(framework, place, (float(means[place]), float(low[place]), float(high[place])), draws[place])
        for place in range(len(means))
    )


def _estimate(framework: Framework, place: int, numbers: tuple[float, float, float], draws: np.ndarray) -> Estimate:
    scenario, lexicon = framework.declaration.scenarios[place], lexicon_of(framework)
    shares = band_probabilities(lexicon, np.clip(draws, 0.0, 1.0))
    own = lexicon.bands.index(band_for(lexicon, numbers[0]))
    beside = [other for other in (own - 1, own + 1) if 0 <= other < len(lexicon.bands)]
    nearest = max(beside, key=lambda other: shares[other])
    return Estimate(
        scenario.id,
        scenario.name,
        scenario.short,
        *numbers,
        float(shares[own]),
        lexicon.bands[nearest],
        float(shares[nearest]),
    )


def share_leading(probability: xr.DataArray, scenario: str) -> float:
    """Return the share of draws in which a scenario is the most probable one."""
    stacked = probability.stack(sample=(names.CHAIN, names.DRAW)).transpose("sample", names.SCENARIO)
    labels = [str(label) for label in stacked[names.SCENARIO].to_numpy()]
    return float((stacked.to_numpy().argmax(axis=1) == labels.index(scenario)).mean())
