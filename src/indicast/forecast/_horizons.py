"""Scenario probabilities ahead, and what they look like as a headline.

``pi_{T+h} = E[pi_T P^h]``: the average over draws of the product, not the product of
averages. Invariant: equals many simulated paths within Monte Carlo error, and with no
data tends to the stationary distribution (``tests/reference/test_horizons.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.generative.chain import step

SAMPLE = (names.CHAIN, names.DRAW)


def scenario_ahead(tree: xr.DataTree, longest: int) -> xr.DataArray:
    """Return P(scenario in h months | data so far) for every draw.

    Parameters
    ----------
    tree
        A fit, with ``filtered`` and ``transition`` in its posterior.
    longest
        Largest horizon, months.

    Returns
    -------
    probability
        Horizon 0 is the last month; dims (chain, draw, horizon, scenario).
    """
    posterior = tree["posterior"]
    state = posterior[names.FILTERED].isel({names.TIME: -1}).transpose(*SAMPLE, names.SCENARIO)
    transition = posterior[names.TRANSITION].transpose(*SAMPLE, names.SCENARIO, names.NEXT_SCENARIO).to_numpy()
    path = [state.to_numpy()]
    for _ in range(longest):
        path.append(step(path[-1], transition))
    coords = {names.HORIZON: np.arange(longest + 1), names.SCENARIO: state[names.SCENARIO].to_numpy()}
    dims = (*SAMPLE, names.HORIZON, names.SCENARIO)
    return xr.DataArray(np.stack(path, axis=-2), dims=dims, coords=coords, name="scenario_probability")


@dataclass(frozen=True, slots=True)
class Headline:
    """One scenario's probability at one horizon.

    Attributes
    ----------
    scenario
        Its id.
    mean
        The published probability.
    low, high
        Ends of the central interval over draws: how much the parameters leave open.
    mcse
        Monte Carlo standard error of the mean.
    """

    scenario: str
    mean: float
    low: float
    high: float
    mcse: float


def headlines(probability: xr.DataArray, interval: float) -> tuple[Headline, ...]:
    """Return mean, interval and Monte Carlo error for each scenario.

    Parameters
    ----------
    probability
        Dims (chain, draw, scenario).
    interval
        Mass of the central interval, in (0, 1).
    """
    import arviz as az

    edges = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    ends = probability.quantile(edges, dim=SAMPLE).to_numpy()
    error = az.mcse(probability.to_dataset(name="p"))["p"].to_numpy()
    means = probability.mean(SAMPLE).to_numpy()
    labels = [str(label) for label in probability[names.SCENARIO].to_numpy()]
    return tuple(Headline(*row) for row in zip(labels, means.tolist(), *ends.tolist(), error.tolist(), strict=True))


def floored(probability: np.ndarray, floor: float) -> np.ndarray:
    """Return a pmf with no entry below a floor, the rest scaled to keep the sum.

    Parameters
    ----------
    probability
        Sums to one over the last axis.
    floor
        Smallest published probability, below one over the number of entries.

    Raises
    ------
    RunError
        If a probability is not finite or the floor is too high.

    Examples
    --------
    >>> floored(np.array([1.0, 0.0]), 0.001)
    array([0.999, 0.001])
    """
    if not (np.isfinite(probability).all() and floor * probability.shape[-1] < 1.0):
        message = (
            f"a probability is not finite, or a floor of {floor} leaves no room; fit again or lower forecast.floor"
        )
        raise RunError(message)
    low = probability < floor
    kept = np.where(low, 0.0, probability)
    room = 1.0 - floor * low.sum(axis=-1, keepdims=True)
    scaled = kept * room / kept.sum(axis=-1, keepdims=True)
    lifted = np.where(low, floor, scaled)
    return lifted if (lifted >= floor).all() else floored(lifted, floor)
