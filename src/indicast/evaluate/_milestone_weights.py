"""What a single known milestone would say: shown beside the prior gates, decides nothing.

Of each judged milestone two outcomes are weighed before any data: that it is reached in a given
month while still open, ``E[lambda]``, and that it stays open for its whole horizon,
``E[(1 - lambda)^(12 h)]``, between the scenarios that make the outcome likeliest and least likely.

Invariant: where scenarios were judged apart, an open horizon has the ratio of Beta moments averaged
over the clarity, with clarity 1 that of the Beta means, and equal hazards say nothing
(``tests/reference/test_milestone_weights.py``). A later month of the same milestone says something
else, because the months before have then been learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.generative.milestone import MONTHS_PER_YEAR, milestone_rate, owners

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

DECIBANS = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True)
class Contrast:
    """How far one outcome tells two scenarios apart.

    Attributes
    ----------
    decibans
        ``10 log10`` of the ratio of its chances, >= 0.
    likeliest, least
        Scenarios in which the outcome has the largest and the smallest chance.
    """

    decibans: float
    likeliest: str
    least: str


@dataclass(frozen=True, slots=True)
class MilestoneSays:
    """What the two outcomes of one milestone would say before any data.

    Attributes
    ----------
    milestone
        Its id.
    occurred
        That it is reached in a given month, having been open before.
    stayed_open
        That it is known to be open for the whole horizon.
    """

    milestone: str
    occurred: Contrast
    stayed_open: Contrast


def milestone_says(
    framework: Framework, hyperparameters: Hyperparameters, *, size: int, seed: int
) -> tuple[MilestoneSays, ...]:
    """Return what each judged milestone would say; none if none are judged.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    size
        Number of draws from the priors, > 0.
    seed
        Everything random follows from it.
    """
    if not framework.judgements:
        return ()
    rng = np.random.default_rng(seed)
    rate = milestone_rate({name: one.sample(rng, size) for name, one in hyperparameters.priors.items()}, framework)
    years = np.array([judgement.horizon_years for judgement in framework.judgements])[owners(framework)]
    occurred = -np.expm1(-rate).mean(axis=0)
    stayed_open = np.exp(-MONTHS_PER_YEAR * years * rate).mean(axis=0)
    return tuple(
        MilestoneSays(milestone, _contrast(framework, occurred[place]), _contrast(framework, stayed_open[place]))
        for place, milestone in enumerate(hyperparameters.coords[names.MILESTONE])
    )


def _contrast(framework: Framework, chance: np.ndarray) -> Contrast:
    """Return the two scenarios that are furthest apart; chances have dims (scenario)."""
    most, least = int(chance.argmax()), int(chance.argmin())
    decibans = float(DECIBANS * (np.log(chance[most]) - np.log(chance[least])))
    return Contrast(decibans, framework.scenarios[most], framework.scenarios[least])
