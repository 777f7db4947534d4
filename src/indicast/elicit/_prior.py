"""One prior distribution over a labelled array of parameters.

Invariant: every argument has the shape of the dims, so that nothing is broadcast by
accident (``tests/unit/test_priors.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indicast.elicit._distributions import DISTRIBUTIONS, POINTS


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """One prior distribution over an array of parameters.

    Attributes
    ----------
    name, dims
        The variable and its dims, outermost first.
    distribution
        Name of the distribution, for instance ``Beta``.
    arguments
        Canonical arguments, each broadcast to the shape of the dims.
    source, reason
        Where the numbers come from and why they are defensible.
    """

    name: str
    dims: tuple[str, ...]
    distribution: str
    arguments: Mapping[str, np.ndarray]
    source: str
    reason: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the dims."""
        return next(iter(self.arguments.values())).shape

    def mean(self) -> np.ndarray:
        """Return the prior mean, dims as :attr:`dims`."""
        return DISTRIBUTIONS[self.distribution].mean(self.arguments)

    def point(self) -> np.ndarray:
        """Return the value that stands for the prior where only one may: a mean or a median, see ``POINTS``."""
        return np.asarray(POINTS[self.distribution](self.arguments))

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return independent draws, dims (draw, *dims)."""
        return DISTRIBUTIONS[self.distribution].sample(self.arguments, rng, (size, *self.shape))
