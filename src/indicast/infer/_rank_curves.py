"""Whether each chain visits high and low values as often as all chains together.

Invariant: sound chains stay within the band about as often as it says, and a chain that is shifted leaves it
(``tests/reference/test_sampling.py``). Source: Säilynoja et al. 2022, doi:10.1007/s11222-022-10090-6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.infer._sampling import Mixing, element

if TYPE_CHECKING:
    import xarray as xr

BAND = 0.99
"""Chance that the whole curve of a sound chain stays within the band."""
SIMULATIONS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class RankCurves:
    """The ranks of one number, chain by chain.

    Attributes
    ----------
    label
        What was ranked.
    places
        Where the curves are evaluated, in [0, 1]; dims (place).
    curves
        Share of a chain's ranks below each place, less that share if chains agree; dims (chain, place).
    low, high
        The band; dims (place).
    """

    label: str
    places: np.ndarray
    curves: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def leaving(self) -> int:
        """Number of chains whose curve leaves the band."""
        return int(((self.curves < self.low) | (self.curves > self.high)).any(axis=1).sum())


def rank_curves(draws: xr.Dataset, one: Mixing) -> RankCurves:
    """Return the rank curves of a number, from draws thinned until they are about independent.

    Parameters
    ----------
    draws
        Dims (chain, draw, ...).
    one
        Which number.
    """
    from arviz_stats.ecdf_utils import ecdf_pit
    from scipy.stats import rankdata

    values = element(draws, one)
    kept = values[:, :: max(1, math.ceil(values.size / _within(values)))]
    ranks = ((rankdata(kept) - 0.5) / kept.size).reshape(kept.shape)
    places, _, low, high = ecdf_pit(
        np.linspace(0.0, 1.0, kept.shape[1]), BAND, SIMULATIONS, rng=np.random.default_rng(kept.shape[1])
    )
    curves = np.stack([np.searchsorted(np.sort(chain), places, side="right") / chain.size for chain in ranks])
    return RankCurves(one.label, places, curves - places, low - places, high - places)


def _within(values: np.ndarray) -> float:
    """Return the effective number of draws, each chain by itself: chains that disagree must not hide it by that.

    The smaller one of middle and tails counts, because ranks show both.
    """
    import arviz as az
    import xarray as xr

    chains = [xr.DataArray(chain[None], dims=(names.CHAIN, names.DRAW)) for chain in values]
    effective = [sum(float(az.ess(chain, method=method)) for chain in chains) for method in ("bulk", "tail")]
    return max(1.0, min(effective)) if np.isfinite(effective).all() else 1.0
