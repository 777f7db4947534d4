"""Whether a scenario given 30 % holds in 30 % of the worlds in which it is given 30 %.

Scenarios are no continuous parameters, so they are not ranked: over simulations, true scenarios
are compared with their probabilities in five bins. Given the probabilities, the number of times
a scenario held in a bin is Poisson-binomial, exactly.

Invariant: over-confident probabilities are found, calibrated ones are not
(``tests/unit/test_state_calibration.py``). Sources: Murphy 1973,
doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; Hong 2013, doi:10.1016/j.csda.2012.10.006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EDGES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
"""Edges of the bins; the last bin holds its upper end."""


@dataclass(frozen=True, slots=True)
class StateBin:
    """The simulations in which a scenario had a probability of one bin.

    Attributes
    ----------
    when, scenario
        The month asked about, and the scenario's id.
    low, high
        Edges of the bin.
    number
        Simulations in it.
    expected, observed
        Mean probability, and share in which the scenario held; 0 if there is no simulation.
    band
        Central 95 % of that share if probabilities are right.
    p
        Two-sided p-value; 1 if there is no simulation.
    """

    when: str
    scenario: str
    low: float
    high: float
    number: int
    expected: float
    observed: float
    band: tuple[float, float]
    p: float


@dataclass(frozen=True, slots=True)
class Brier:
    """The mean squared error of a scenario's probability, and what it is made of, by the bins.

    ``reliability`` (0 is best) less ``resolution`` plus ``uncertainty`` is ``score``, up to how far
    probabilities differ within a bin.
    """

    when: str
    scenario: str
    score: float
    reliability: float
    resolution: float
    uncertainty: float


def state_bins(when: str, scenario: str, probability: np.ndarray, held: np.ndarray) -> list[StateBin]:
    """Return a scenario's simulations bin by bin.

    Parameters
    ----------
    when, scenario
        What is asked about.
    probability
        Of the scenario; dims (simulation).
    held
        Whether it was the true one; dims (simulation).
    """
    places = bin_of(probability)
    return [
        _bin(when, scenario, place, probability[places == place], held[places == place])
        for place in range(EDGES.size - 1)
    ]


def bin_of(probability: np.ndarray) -> np.ndarray:
    """Return the bin of each probability.

    Examples
    --------
    >>> bin_of(np.array([0.0, 0.2, 0.99, 1.0])).tolist()
    [0, 1, 4, 4]
    """
    return np.minimum(np.searchsorted(EDGES, probability, side="right") - 1, EDGES.size - 2)


def _bin(when: str, scenario: str, place: int, probability: np.ndarray, held: np.ndarray) -> StateBin:
    edges = (float(EDGES[place]), float(EDGES[place + 1]))
    number = int(held.size)
    if not number:
        return StateBin(when, scenario, *edges, 0, 0.0, 0.0, (0.0, 1.0), 1.0)
    chance = poisson_binomial(probability)
    below, times = np.cumsum(chance), int(held.sum())
    two_sided = 2.0 * min(below[times], 1.0 - below[times] + chance[times])
    low, high = (int(np.searchsorted(below, tail)) / number for tail in (0.025, 0.975))
    return StateBin(
        when,
        scenario,
        *edges,
        number,
        float(probability.mean()),
        times / number,
        (low, high),
        float(min(two_sided, 1.0)),
    )


def poisson_binomial(probability: np.ndarray) -> np.ndarray:
    """Return the distribution of the number of successes of unequal coins.

    Examples
    --------
    >>> poisson_binomial(np.array([0.5, 0.2]))
    array([0.4, 0.5, 0.1])
    """
    chance = np.ones(1)
    for one in np.asarray(probability, dtype=float):
        chance = np.concatenate([chance * (1.0 - one), [0.0]]) + np.concatenate([[0.0], chance * one])
    return chance


def brier(when: str, scenario: str, probability: np.ndarray, held: np.ndarray) -> Brier:
    """Return the Brier score of a scenario's probability and its parts."""
    bins: Sequence[StateBin] = [one for one in state_bins(when, scenario, probability, held) if one.number]
    weight = np.array([one.number for one in bins]) / held.size
    observed, expected, base = (
        np.array([one.observed for one in bins]),
        np.array([one.expected for one in bins]),
        held.mean(),
    )
    return Brier(
        when,
        scenario,
        float(((probability - held) ** 2).mean()),
        float((weight * (expected - observed) ** 2).sum()),
        float((weight * (observed - base) ** 2).sum()),
        float(base * (1.0 - base)),
    )
