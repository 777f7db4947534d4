"""What moved between two months, and whether the draws can tell.

Invariant: a difference is called real only if it exceeds twice the Monte Carlo standard
error of itself; two runs of the same posterior therefore show no change
(``tests/unit/test_change.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.errors import RunError, one_of
from indicast.forecast import floored, headlines

if TYPE_CHECKING:
    import xarray as xr

CLEAR = 2.0
"""Monte Carlo standard errors beyond which a difference is more than sampling noise."""


@dataclass(frozen=True, slots=True)
class Change:
    """One scenario's probability in two months.

    Attributes
    ----------
    scenario
        Its id.
    before, after
        Published probabilities.
    mcse
        Monte Carlo standard error of the difference.
    """

    scenario: str
    before: float
    after: float
    mcse: float

    @property
    def difference(self) -> float:
        """After less before, a fraction of 1."""
        return self.after - self.before

    @property
    def beyond_noise(self) -> bool:
        """Whether the difference exceeds twice its Monte Carlo standard error."""
        return abs(self.difference) > CLEAR * self.mcse


def change(previous: xr.DataTree, current: xr.DataTree, floor: float = 0.0) -> tuple[Change, ...]:
    """Return how each scenario's probability differs between the last months of two runs.

    The error of the difference is ``sqrt(e1^2 + e2^2)`` with the Monte Carlo standard
    errors of both means, which takes the two runs as independent. It says nothing of
    how far the parameters are known: that is the interval.

    Parameters
    ----------
    previous, current
        Fits with ``filtered`` in their posterior.
    floor
        Smallest published probability.

    Raises
    ------
    RunError
        If the runs do not have the same scenarios.
    """
    before, after = _published(previous, floor), _published(current, floor)
    if set(before) != set(after):
        message = (
            f"the runs differ in their scenarios ({one_of(before)} against {one_of(after)}); "
            "fit the earlier month again with the present model.toml"
        )
        raise RunError(message)
    return tuple(
        Change(scenario, before[scenario][0], mean, math.hypot(before[scenario][1], error))
        for scenario, (mean, error) in after.items()
    )


def _published(tree: xr.DataTree, floor: float) -> dict[str, tuple[float, float]]:
    """Return each scenario's mean and its Monte Carlo standard error; the interval is not needed."""
    last = tree["posterior"].to_dataset()[names.FILTERED].isel({names.TIME: -1})
    found = headlines(last, 0.5)
    means = floored(np.array([one.mean for one in found]), floor)
    return {one.scenario: (float(mean), one.mcse) for one, mean in zip(found, means, strict=True)}
