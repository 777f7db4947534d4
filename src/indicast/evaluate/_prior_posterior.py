"""What the data taught about each parameter that has a prior.

Of each number the posterior's draws are put through the prior's own distribution function, ``u = F(x)``:
without any learning u is uniform, whatever the unit. ``overlap`` is the common area of prior and
posterior, here of their histograms over :data:`BINS` equal parts of the prior's mass; ``contraction`` is ``1 -
var(posterior) / var(prior)`` (Schad, Betancourt and Vasishth 2021, doi:10.1037/met0000275).

Invariant: draws of the prior itself are prior-only, a shift by two prior standard deviations is a conflict
(``tests/unit/test_prior_posterior.py``). Not valid as a test of the model: a number may stay at its prior because data
say little, or because prior and data happen to agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from indicast import names
from indicast.elicit import marginal
from indicast.errors import RunError

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters, Prior

Learned = Literal["prior-only", "conflict", "moved"]

BINS: Final = 20
"""Equal parts of the prior's mass over which the common area is counted."""
SMALL_CONTRACTION: Final = 0.1
"""A variance that changed by less than a tenth of the prior's has hardly changed."""
LARGE_OVERLAP: Final = 0.9
"""Histograms that share nine tenths of their area are hardly told apart by a few hundred draws."""
CENTRAL: Final = 0.95
"""A posterior mean outside the prior's central 95 % was not expected there."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One number before and after the data.

    Attributes
    ----------
    name
        The prior's name.
    label
        The number's place in its dims, empty for a single number.
    prior_mean, prior_sd, posterior_mean, posterior_sd
        In the unit of the parameter.
    contraction
        At most 1; below 0 where the posterior is wider than the prior.
    overlap
        Common area, in [0, 1].
    position
        Prior probability of less than the posterior mean, in [0, 1].
    low, high
        Prior probability of less than the ends of the posterior's central interval, in [0, 1].
    """

    name: str
    label: str
    prior_mean: float
    prior_sd: float
    posterior_mean: float
    posterior_sd: float
    contraction: float
    overlap: float
    position: float
    low: float
    high: float

    @property
    def place(self) -> str:
        """Name and label together."""
        return f"{self.name}[{self.label}]" if self.label else self.name

    @property
    def verdict(self) -> Learned:
        """``prior-only``: hardly contracted, overlap nearly whole; ``conflict``: mean in a tail of the prior."""
        if abs(self.contraction) < SMALL_CONTRACTION and self.overlap > LARGE_OVERLAP:
            return "prior-only"
        tail = (1.0 - CENTRAL) / 2.0
        return "moved" if tail <= self.position <= 1.0 - tail else "conflict"


def lessons(tree: xr.DataTree, hyperparameters: Hyperparameters, interval: float) -> tuple[Lesson, ...]:
    """Return prior and posterior of every number that a fit has, in declared order.

    Parameters
    ----------
    tree
        A fit.
    hyperparameters
        As used for it.
    interval
        Mass of the posterior's central interval, in (0, 1).

    Raises
    ------
    RunError
        If the posterior is missing, empty or holds a draw that is no number.
    """
    posterior = drawn(tree)
    found: list[Lesson] = []
    for prior in hyperparameters.priors.values():
        if prior.name in posterior:
            values = posterior[prior.name].transpose(names.CHAIN, names.DRAW, *prior.dims).to_numpy()
            found += _lessons(prior, values.reshape(-1, *prior.shape), _labels(prior, hyperparameters), interval)
    return tuple(found)


def drawn(tree: xr.DataTree) -> xr.Dataset:
    """Return the posterior of a fit that has one.

    Raises
    ------
    RunError
        If the group is missing, has no draws, or a draw is no finite number.
    """
    if "posterior" not in tree.children:
        message = "the run has no group 'posterior'; fit the month again"
        raise RunError(message)
    posterior = tree["posterior"].to_dataset()
    if not posterior.sizes.get(names.CHAIN, 0) * posterior.sizes.get(names.DRAW, 0):
        message = "the posterior has no draws; fit the month again with at least one chain and one draw"
        raise RunError(message)
    broken = [str(name) for name, values in posterior.data_vars.items() if not np.isfinite(values.to_numpy()).all()]
    if broken:
        message = f"the posterior of {broken[0]} holds draws that are not finite; fit the month again"
        raise RunError(message)
    return posterior


def _labels(prior: Prior, hyperparameters: Hyperparameters) -> list[str]:
    """Return the label of each number of a prior; destinations are told by the scenario that they stand for."""
    parts = [hyperparameters.coords.get(dim, ()) for dim in prior.dims]
    found = [tuple(map(str, labels)) for labels in product(*parts)]
    if names.DESTINATION in prior.dims:
        scenarios = hyperparameters.coords[names.SCENARIO]
        found = [(left, to) for left in scenarios for to in scenarios if to != left]
    return [", ".join(labels) for labels in found]


def _lessons(prior: Prior, values: np.ndarray, labels: list[str], interval: float) -> list[Lesson]:
    frozen = marginal(prior)
    mean, spread = (np.broadcast_to(one, prior.shape).ravel() for one in (frozen.mean(), frozen.std()))
    # Rounding may put shares of a simplex a hair outside [0, 1].
    place = np.clip(frozen.cdf(values), 0.0, 1.0).reshape(len(values), -1)
    flat = values.reshape(len(values), -1)
    centre = np.broadcast_to(frozen.cdf(values.mean(axis=0)), prior.shape).ravel()
    ends = np.quantile(place, [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0], axis=0)
    return [
        Lesson(
            prior.name,
            labels[at] if prior.dims else "",
            float(mean[at]),
            float(spread[at]),
            float(flat[:, at].mean()),
            float(flat[:, at].std()),
            float(1.0 - flat[:, at].var() / spread[at] ** 2),
            overlap(place[:, at]),
            float(centre[at]),
            float(ends[0, at]),
            float(ends[1, at]),
        )
        for at in range(flat.shape[1])
        if spread[at] > 0.0  # the one share of a scenario that can only go to one other is no parameter
    ]


def overlap(place: np.ndarray) -> float:
    """Return the common area of a uniform distribution and draws in [0, 1].

    Examples
    --------
    >>> overlap((np.arange(1000) + 0.5) / 1000), overlap(np.full(10, 0.99))
    (1.0, 0.05)
    """
    shares = np.histogram(place, BINS, (0.0, 1.0))[0] / place.size
    return float(np.round(np.minimum(shares, 1.0 / BINS).sum(), 12))
