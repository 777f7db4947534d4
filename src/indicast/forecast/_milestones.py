"""Milestone clocks: by when each step that has not been taken will be.

In scenario k a milestone is reached each month with chance ``lambda_k``, and the scenario
may change on the way, so ``P(by H) = 1 - pi_T' (P diag(1 - lambda))^H 1``: each month the
scenario moves first and then decides how likely the step is. The time to it is discrete
phase-type (Bladt and Nielsen 2017, doi:10.1007/978-1-4899-7049-7). What is published is the
average over draws of this product, not the product of averages.

Invariant: equals simulated paths within Monte Carlo error; equal hazards give
``1 - (1 - lambda)^H`` whatever the chain (``tests/reference/test_clocks.py``). Not valid when
the chance bunches before a date: hazards are constant. Reached means: in a form that a ledger can date
(see ``generative.milestone``). For a milestone whose state is not
known the clock is conditional: if it has not been reached by the last month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.forecast._horizons import SAMPLE
from indicast.generative import milestone

if TYPE_CHECKING:
    from indicast.panel import State
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Standing:
    """How a judged milestone stands, as known on the run's day of knowledge.

    Attributes
    ----------
    milestone
        Its id.
    state
        ``occurred`` closes it; ``unclear`` and ``not known`` are no evidence either way.
    day
        The day it occurred, else that of the latest evidence; None if nothing is known.
    """

    milestone: str
    state: State
    day: date | None

    @property
    def open(self) -> bool:
        """Whether there is anything left to forecast."""
        return self.state != "occurred"


def standings(tree: xr.DataTree) -> tuple[Standing, ...]:
    """Return how every judged milestone stands, in declared order.

    Parameters
    ----------
    tree
        A fit; its ``constant_data`` holds what was known.

    Raises
    ------
    RunError
        If the fit was made before milestones had states.
    """
    known = tree["constant_data"].to_dataset()
    if "milestone_state" not in known:
        message = "the run does not say how its milestones stand, so an older version made it; fit the month again"
        raise RunError(message)
    columns = [known[name].to_numpy() for name in (names.MILESTONE, "milestone_state")]
    days = known["milestone_day"].to_numpy().astype("datetime64[D]").tolist()
    return tuple(
        Standing(str(label), str(state), day)  # type: ignore[arg-type]  # the panel writes nothing but states
        for label, state, day in zip(*columns, days, strict=True)
    )


def milestone_by(tree: xr.DataTree, framework: Framework, longest: int) -> xr.DataArray:
    """Return P(milestone reached within h months | data so far) for every draw.

    Parameters
    ----------
    tree
        A fit of a framework with judged milestones.
    framework
        Says which judgement belongs to which scenario.
    longest
        Largest horizon, months.

    Returns
    -------
    by
        In [0, 1], 0 at horizon 0, never falling; milestones that occurred are left out;
        dims (chain, draw, milestone, horizon).
    """
    posterior = tree["posterior"].to_dataset()
    hazards = [
        name for name in (names.MILESTONE_CHANCE, names.MILESTONE_CLARITY, names.MILESTONE_SHIFT) if name in posterior
    ]
    kept = posterior[[names.FILTERED, names.TRANSITION, *hazards]].isel({names.TIME: -1})
    stacked = kept.stack(sample=SAMPLE).transpose("sample", ...)
    draws = {str(name): stacked[name].to_numpy() for name in stacked.data_vars}
    places = [place for place, one in enumerate(standings(tree)) if one.open]
    rate = milestone.milestone_rate(draws, framework)[:, places]
    by = reached_by(draws[names.FILTERED], draws[names.TRANSITION], rate, longest)
    labels = [one.milestone for one in standings(tree) if one.open]
    return xr.DataArray(
        by.reshape(posterior.sizes[names.CHAIN], posterior.sizes[names.DRAW], *by.shape[1:]),
        dims=(*SAMPLE, names.MILESTONE, names.HORIZON),
        coords={names.MILESTONE: labels, names.HORIZON: np.arange(longest + 1)},
        name=names.MILESTONE_BY,
    )


def reached_by(state: np.ndarray, transition: np.ndarray, rate: np.ndarray, longest: int) -> np.ndarray:
    """Return the chance that something is reached within 0, 1, ... months.

    Adds up the chance of each month, ``sum_k (v_h P)_k lambda_k`` with v_h the scenario probabilities on
    which it is still open, so that the result cannot fall and small hazards keep their digits.

    Parameters
    ----------
    state
        Scenario probabilities now; dims (draw, scenario).
    transition
        Rows sum to one; dims (draw, scenario, next_scenario).
    rate
        ``-log(1 - lambda)``, per month, >= 0; dims (draw, milestone, scenario).
    longest
        Largest horizon, months.

    Returns
    -------
    by
        In [0, 1]; dims (draw, milestone, horizon).

    Examples
    --------
    >>> still, halving = np.eye(2)[None], np.full((1, 1, 2), np.log(2.0))
    >>> reached_by(np.array([[0.3, 0.7]]), still, halving, 3).round(3)
    array([[[0.   , 0.5  , 0.75 , 0.875]]])
    """
    hazard, stay = -np.expm1(-rate), np.exp(-rate)
    waiting = np.repeat(state[:, None], rate.shape[1], axis=1)
    by = np.zeros((*rate.shape[:2], longest + 1))
    for h in range(1, longest + 1):
        moved = waiting @ transition
        by[..., h] = by[..., h - 1] + (moved * hazard).sum(axis=-1)
        waiting = moved * stay
    return np.minimum(by, 1.0)


def published_clocks(predictions: xr.Dataset, floor: float) -> xr.DataArray:
    """Return the published chance of every open milestone, none of them 0 or 1.

    Parameters
    ----------
    predictions
        Group of a run; without open milestones the result has none.
    floor
        Smallest published probability; the largest is its complement.

    Returns
    -------
    clocks
        Mean over draws, from horizon 1 on; dims (milestone, horizon).
    """
    if names.MILESTONE_BY not in predictions:
        return xr.DataArray(np.zeros((0, 0)), dims=(names.MILESTONE, names.HORIZON))
    mean = predictions[names.MILESTONE_BY].mean(SAMPLE).transpose(names.MILESTONE, names.HORIZON)
    return mean.isel({names.HORIZON: slice(1, None)}).clip(floor, 1.0 - floor)
