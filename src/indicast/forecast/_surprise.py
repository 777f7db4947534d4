"""How surprising an indicator's last months are to the set of listed scenarios.

The surprise of a sighting is ``-log p``, p being its predictive chance under the mixture of the
listed scenarios, each weighted by what was predicted before the month. Its expected value is the
entropy of that prediction. Over an indicator's sightings of the window,

``standardised = (sum surprise - sum entropy) / sqrt(sum variance)``,

and ``chance`` is the probability of a sum at least as large, by simulation: few readings of three
outcomes are far from normal, and a standardised value above 2 may come about one time in ten.

Invariant: in worlds of the set, with parameters and past shocks known, a chance of at most c comes
about with probability at most c (``tests/reference/test_surprise.py``). Not valid as a test of the
whole model: parameters were learned from the same months, and a tilt that was learned counts
as an explanation. Source: prequential standardisation, Seillier-Moiseiwitsch and Dawid 1993, Journal
of the American Statistical Association 88, 355-359.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.forecast._sightings import Sighting, sightings
from indicast.generative.chain import step
from indicast.generative.families import Setting
from indicast.infer import flat_draws
from indicast.panel import used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

Draws = Mapping[str, np.ndarray]
MOST_DRAWS = 200
"""Posterior draws that are used at most, evenly spaced."""
SIMULATIONS = 4000
"""Simulated sums behind a chance; its Monte Carlo error at .05 is .003."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """How the last months of one indicator fit the listed scenarios.

    Attributes
    ----------
    indicator
        Its id.
    sightings
        Cells, counted months and readings.
    seen, expected, spread
        Surprise, its expected value and its standard deviation, nats.
    chance
        Probability of at least as much surprise if the set holds.
    """

    indicator: str
    sightings: int
    seen: float
    expected: float
    spread: float
    chance: float

    @property
    def standardised(self) -> float:
        """Surprise beyond what was expected, in standard deviations; 0 if none was possible."""
        return (self.seen - self.expected) / self.spread if self.spread > 0.0 else 0.0


def surprises(
    tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, seed: int
) -> tuple[Surprise, ...]:
    """Return the surprise of every indicator seen in the declared window, in declared order.

    Parameters
    ----------
    tree
        A fit.
    framework, hyperparameters, panel
        As used for the fit.
    seed
        Of the simulated sums.
    """
    declared = framework.declaration.surprise
    if declared is None:
        return ()
    setting = Setting(framework, hyperparameters, used_months(panel))
    posterior = tree["posterior"].to_dataset()
    size = posterior.sizes[names.CHAIN] * posterior.sizes[names.DRAW]
    chosen = np.unique(np.linspace(0, size - 1, min(size, MOST_DRAWS)).round().astype(np.int64))
    draws = {name: values[chosen] for name, values in flat_draws(posterior, framework, hyperparameters).items()}
    ahead = predicted(draws[names.FILTERED], draws[names.TRANSITION], draws[names.INITIAL])
    return surprises_of(draws, setting, ahead, declared.window_months, np.random.default_rng(seed))


def predicted(filtered: np.ndarray, transition: np.ndarray, initial: np.ndarray) -> np.ndarray:
    """Return P(scenario at t | data before t); dims (draw, time, scenario)."""
    after = [step(filtered[:, t], transition)[:, None] for t in range(filtered.shape[1] - 1)]
    return np.concatenate([initial[:, None], *after], axis=1)


def surprises_of(
    draws: Draws, setting: Setting, ahead: np.ndarray, window: int, rng: np.random.Generator
) -> tuple[Surprise, ...]:
    """Return the surprise of every indicator seen in the last months, in declared order.

    Parameters
    ----------
    draws
        Free parameters by name and strengths, leading axis draw.
    setting
        Structure, priors and a panel without padded months.
    ahead
        From :func:`predicted`.
    window
        Months, counted back from the last.
    rng
        Source of the simulated sums.
    """
    listed = ahead[..., ~setting.framework.residual]
    weight = listed / listed.sum(axis=-1, keepdims=True)
    months, found = ahead.shape[1], dict[int, list[Sighting]]()
    for one in sightings(draws, setting, max(months - window, 0)):
        found.setdefault(one.indicator, []).append(one)
    labels = setting.framework.indicators
    return tuple(_surprise(labels[place], found[place], weight, rng) for place in sorted(found))


def _surprise(label: str, seen: Iterable[Sighting], weight: np.ndarray, rng: np.random.Generator) -> Surprise:
    total, simulated = np.zeros(3), np.zeros(SIMULATIONS)
    number = 0
    for one in seen:
        chance, surprise, said = _mixed(one, weight[:, one.time])
        mean = float(chance @ surprise)
        total += (said, mean, float(chance @ (surprise - mean) ** 2))
        simulated += surprise[rng.choice(chance.size, SIMULATIONS, p=chance)]
        number += 1
    as_much = int((simulated >= total[0] - ROUNDING).sum())
    chance_of = (1 + as_much) / (1 + SIMULATIONS)
    return Surprise(label, number, float(total[0]), float(total[1]), float(np.sqrt(total[2])), chance_of)


ROUNDING = 1e-9
"""Sums of the same terms in another order count as equal."""


def _mixed(one: Sighting, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return probability and surprise of each outcome, and the surprise of the one seen, under the mixture."""
    density = np.einsum("sk,sko->o", weight, one.chance) / len(weight)
    seen = np.einsum("sk,sk->", weight, one.seen) / len(weight)
    whole = float(density @ one.measure)
    density = np.maximum(density / whole, np.finfo(float).tiny)
    chance = density * one.measure
    return chance / chance.sum(), -np.log(density), float(-np.log(max(seen / whole, np.finfo(float).tiny)))
