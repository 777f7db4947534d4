"""What the next report of each indicator is expected to say, and who says so.

The balance of an indicator is P(report of the highest direction) - P(of the lowest) for the month after the last, given
that a report is made, the month's new shock averaged over. It is built up in four steps that add up: from the
priors alone; with parameters and shocks as the posterior has them; with the scenario as the marks see it; with
the scenario as the ledger sees it.

Invariant: the steps add up to the last balance; without a ledger its step is exactly 0
(``tests/unit/test_speaking.py``). The order of the steps is fixed, and the second holds all that the whole
posterior taught about reporting. Not valid as what will be reported: whether a report is made is not predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.evaluate._prior_posterior import drawn
from indicast.evaluate._simulate import draw_truth
from indicast.evaluate._speaking import MARKS, STRENGTHS, Evidence, Speaking, evidence_of, spoken
from indicast.generative import chain, direction, emission, shocks
from indicast.generative.families import Draws, Setting
from indicast.infer import flat_draws
from indicast.panel import used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

PRIOR_DRAWS = 4000
"""Draws of the priors; the error of a balance is below .01."""


@dataclass(frozen=True, slots=True)
class NextReport:
    """The balance of one indicator and its steps, all in [-2, 2].

    Attributes
    ----------
    indicator
        Its id.
    prior
        Balance by the priors alone.
    reporting, marks, ledger
        What each later step adds.
    between
        Largest difference of the balance between two scenarios, at the posterior's parameters: what is left for the
        scenario to decide.
    """

    indicator: str
    prior: float
    reporting: float
    marks: float
    ledger: float
    between: float

    @property
    def balance(self) -> float:
        """With everything that was seen, in [-1, 1]."""
        return self.prior + self.reporting + self.marks + self.ledger


def who_speaks(
    tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, seed: int
) -> tuple[Speaking, tuple[NextReport, ...]]:
    """Return whose the last month's probabilities are, and the expected next report of every directed indicator.

    Parameters
    ----------
    tree
        A fit.
    framework, hyperparameters, panel
        As used for the fit.
    seed
        Of the draws of the priors.

    Raises
    ------
    RunError
        If the fit has no draws, or some are no numbers.
    """
    draws = flat_draws(drawn(tree), framework, hyperparameters)
    found = evidence_of(draws, Setting(framework, hyperparameters, used_months(panel)))
    return spoken(found, framework), reported(found, draws, framework, hyperparameters, seed)


def reported(
    found: Evidence, draws: Draws, framework: Framework, hyperparameters: Hyperparameters, seed: int
) -> tuple[NextReport, ...]:
    """Return the expected next report of every indicator whose rows say a direction, in declared order.

    Parameters
    ----------
    found, draws
        What every voice says, and the draws that it is said of.
    framework, hyperparameters
        As used for the fit.
    seed
        Of the draws of the priors.
    """
    everyone = ((STRENGTHS,), (MARKS, STRENGTHS), found.players)
    states = [chain.step(found.state(speakers), draws[names.TRANSITION]) for speakers in everyone]
    given = balances(draws, framework, _climate(draws, framework))
    steps = [_from_priors(framework, hyperparameters, draws[names.FILTERED].shape[1], seed)]
    steps += [np.einsum("sik,sk->i", given, state) / len(state) for state in states]
    added = np.stack([steps[0], *(after - before for before, after in pairwise(steps)), np.ptp(given.mean(axis=0), -1)])
    directed = {one.id for one in framework.directed}
    return tuple(
        NextReport(indicator, *added[:, place].tolist())
        for place, indicator in enumerate(framework.indicators)
        if indicator in directed
    )


def _climate(draws: Draws, framework: Framework) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of the month after the last; probit units, their square; dims (draw, indicator)."""
    group, tilt = emission.group_of(framework), shocks.tilt(draws)
    fade = draws[names.PERSISTENCE][:, None]
    size = draws[names.GLOBAL_SCALE][:, None] ** 2 + draws[names.GROUP_SCALE][:, group] ** 2
    last = shocks.climate(draws, group)[:, -1] - tilt
    return tilt + fade * last, (1.0 - fade**2) * size


def _from_priors(framework: Framework, hyperparameters: Hyperparameters, months: int, seed: int) -> np.ndarray:
    """Return the balance by the priors alone; dims (indicator)."""
    truth = draw_truth(framework, hyperparameters, 1, np.random.default_rng(seed), size=PRIOR_DRAWS)
    transition = chain.transition_matrix(truth[names.DWELL], truth[names.EXIT])
    state = truth[names.INITIAL]
    for _ in range(months):
        state = chain.step(state, transition)
    group = emission.group_of(framework)
    size = truth[names.GLOBAL_SCALE][:, None] ** 2 + truth[names.GROUP_SCALE][:, group] ** 2
    given = balances(truth, framework, (shocks.tilt(truth), size))
    return np.asarray(np.einsum("sik,sk->i", given, state) / PRIOR_DRAWS)


def balances(draws: Draws, framework: Framework, climate: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return P(highest) - P(lowest) of a report that is made, under each scenario.

    Parameters
    ----------
    draws
        Parameters by name and strengths, leading axis draw.
    framework
        Says what scenarios expect.
    climate
        Mean and variance of tilt and shocks; dims (draw, indicator) each.

    Returns
    -------
    balance
        In [-1, 1]; dims (draw, indicator, scenario).
    """
    mean, variance = climate
    scale = np.sqrt(1.0 + variance)[..., None]
    eta = draws[names.STRENGTH][..., None] * framework.expected + mean[..., None]
    reading = direction.reading_probability(eta / scale, draws[names.THRESHOLD][:, None, None] / scale)
    reading = direction.flat_where_residual(reading, framework.residual)
    reading[..., 1] *= direction.flat_news(draws)[..., None]
    return np.asarray((reading[..., 2] - reading[..., 0]) / reading.sum(axis=-1))
