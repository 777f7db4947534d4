"""What the model foresaw of each thing seen, one month ahead, and what it might as well have seen.

A thing seen is a cell of reports, a count, a number of acts, a reading, or whether a step was taken in a month. Its
chances are exact: those of each scenario, weighed by what each draw predicted before the month, averaged over draws.
So that no draw has learned from what it foresees, draws are weighed for each month by ``p(all but the month | draw) /
p(all | draw)``, smoothed (PSIS). What joins things of one month (shocks, scenario, parameters) is in the replicates:
each takes a draw by these weights, a scenario and new shocks given the month before. Months are drawn apart.

The score of an outcome v is the mean of ``qnorm(U)``, U being uniform between ``P(below v)`` and ``P(up to v)``: the
randomised quantile residual with its randomness averaged out. Its expected value is exactly 0.

Invariant: chances sum to one, scores have mean 0 under them, and replicates follow them
(``tests/reference/test_foreseen.py``). Not valid as a prequential test: parameters have learned from later months, and
sums over months are nearer to what was seen than replicates are, so that sums decide little. Sources: Dunn and Smyth
1996, doi:10.2307/1390802; leaving out by weighing, Vehtari, Gelman and Gabry 2017, doi:10.1007/s11222-016-9696-4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import logsumexp, ndtri

from indicast import names
from indicast.errors import RunError
from indicast.forecast import SEEN_BY, Sighting, directions_felt, expected_climate, predicted
from indicast.generative import chain, emission, milestone
from indicast.generative.families import Setting, active
from indicast.infer import fit_again, flat_draws, group_of_fit, panel_of
from indicast.panel import used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

MOST_DRAWS = 1000
"""Draws that are used at most, evenly spaced; each gives one replicate, so a p-value of .05 has an error of .007."""
CONTINUOUS = ("share", "level")
"""Families whose outcomes are places on a grid."""
WORST_SHAPE = 0.7
"""Shape of the tail of weights beyond which no practical number of draws makes up for the bias."""
ROUNDING = 1e-9
"""Nats within which ratios differ by rounding only."""
Draws = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """One thing seen, with its chances.

    Attributes
    ----------
    family, label
        Of the thing; the label is the id of its indicator or milestone.
    time
        Index of its month.
    value
        Every outcome, ascending; dims (outcome).
    chance
        Sum to one; dims (outcome).
    score
        Of every outcome, in standard normal units; dims (outcome).
    found
        What was seen; of readings a place between those of ``value``.
    seen_score
        Its score.
    below, up_to
        P(an outcome below what was seen), and the same with it; equal for readings.
    again
        Place in ``value`` of what each replicate saw; dims (replicate).
    k_hat
        Shape of the tail of the weights that leave its month out; minus infinity where all draws count alike.
    """

    family: str
    label: str
    time: int
    value: np.ndarray
    chance: np.ndarray
    score: np.ndarray
    found: float
    seen_score: float
    below: float
    up_to: float
    again: np.ndarray
    k_hat: float = -np.inf

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its limit; if not, draws have learned too much from the month to leave it out."""
        return self.k_hat < min(1.0 - 1.0 / np.log10(max(self.again.size, 2)), WORST_SHAPE)


class Ahead(NamedTuple):
    """Draws of a fit and what they predict.

    Attributes
    ----------
    draws
        Free parameters by name, leading axis draw.
    setting
        Structure, priors and a panel without padded months.
    weight
        P(scenario at t | data before t) among the listed ones; dims (draw, time, scenario).
    standing
        What each draw counts when month t is left out, sums to one over draws; dims (draw, time).
    k_hat
        Shape of the tail of these weights; dims (time).
    """

    draws: Draws
    setting: Setting
    weight: np.ndarray
    standing: np.ndarray
    k_hat: np.ndarray


def foreseen(
    tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, seed: int
) -> tuple[Foreseen, ...]:
    """Return everything seen, with its chances one month ahead.

    Parameters
    ----------
    tree
        A fit, with its panel.
    framework, hyperparameters
        As used for it.
    seed
        Of the replicates.

    Raises
    ------
    RunError
        If the fit lacks a group or holds draws that are no numbers.
    """
    _refuse_incomplete(tree)
    panel = panel_of(tree).assign_attrs(tree.attrs)
    posterior = tree["posterior"].to_dataset()
    size = posterior.sizes[names.CHAIN] * posterior.sizes[names.DRAW]
    chosen = np.unique(np.linspace(0, size - 1, min(size, MOST_DRAWS)).round().astype(np.int64))
    draws = {name: values[chosen] for name, values in flat_draws(posterior, framework, hyperparameters).items()}
    return foreseen_by(draws, Setting(framework, hyperparameters, used_months(panel)), np.random.default_rng(seed))


def _refuse_incomplete(tree: xr.DataTree) -> None:
    for name in ("constant_data", "observed_data"):
        group_of_fit(tree, name, drawn=False)
    if not np.isfinite(group_of_fit(tree, "posterior")[names.FILTERED].to_numpy()).all():
        message = f"group posterior of the fit holds draws that are no numbers; {fit_again(tree)}"
        raise RunError(message)


def foreseen_by(draws: Draws, setting: Setting, rng: np.random.Generator) -> tuple[Foreseen, ...]:
    """Return everything seen, with its chances one month ahead.

    Parameters
    ----------
    draws
        Free parameters by name, strengths, transition and filtered probabilities; leading axis draw.
    setting
        Structure, priors and a panel without padded months.
    rng
        Source of the replicates.
    """
    ahead = predicted(draws[names.FILTERED], draws[names.TRANSITION], draws[names.INITIAL])
    listed = ahead[..., ~setting.framework.residual]
    count, shape = without_month(draws, setting)
    given = Ahead(draws, setting, listed / listed.sum(axis=-1, keepdims=True), count, shape)
    taken = np.stack([rng.choice(len(own), len(own), p=own) for own in given.standing.T])
    scenario = np.stack([drawn_places(given.weight[own, time], rng) for time, own in enumerate(taken)])
    felt = directions_felt(draws, setting, 0, *_drawn_climate(draws, setting, rng))
    return tuple(
        one
        for family, sighted in _sighted(given)
        for one in _of_family(given, family, sighted, felt if family == "direction" else None, (scenario, taken), rng)
    )


def without_month(draws: Draws, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return what each draw counts when a month's data (not its marks) are left out, and k-hat of each month.

    Returns
    -------
    count, k_hat
        Dims (draw, time), (time).
    """
    from arviz_stats.base.array import array_stats

    felt = emission.with_climate(draws, setting.framework)
    whole = emission.log_emission(draws, setting.framework, setting.hyperparameters, setting.panel)
    data = np.sum([family.log_emission(felt, setting) for family in active(setting)], axis=0)
    marginal = chain.forward_backward(whole, draws[names.TRANSITION], draws[names.INITIAL]).log_marginal
    count, shape = np.full(whole.shape[:2], 1.0 / len(whole)), np.full(whole.shape[1], -np.inf)
    for time in range(whole.shape[1]):
        less = whole.copy()
        less[:, time] -= data[:, time]
        ratio = chain.forward_backward(less, draws[names.TRANSITION], draws[names.INITIAL]).log_marginal - marginal
        if np.ptp(ratio) > ROUNDING:
            smoothed, shape[time] = array_stats.psislw(ratio.max() - ratio)  # type: ignore[no-untyped-call]  # ArviZ is untyped
            count[:, time] = np.exp(smoothed - logsumexp(smoothed))
    return count, shape


def _sighted(given: Ahead) -> Iterator[tuple[str, Iterator[Sighting]]]:
    for family in given.setting.framework.families:
        if family in SEEN_BY:
            yield family, SEEN_BY[family](given.draws, given.setting, 0)
        elif family == "milestone":
            yield family, _steps(given)


def _steps(given: Ahead) -> Iterator[Sighting]:
    """Yield whether each milestone was reached, in each month in which that is known; its indicator is its place."""
    opened, done = (given.setting.panel[f"milestone_{name}"].to_numpy() > 0 for name in ("open", "done"))
    rate = milestone.milestone_rate(given.draws, given.setting.framework)[..., ~given.setting.framework.residual]
    for time, place in np.argwhere(opened | done).tolist():
        reached = -np.expm1(-rate[:, place])
        chance = np.stack([1.0 - reached, reached], axis=-1)
        found = int(done[time, place])
        yield Sighting(time, place, chance, np.ones(2), chance[..., found], np.arange(2), float(found))


def _drawn_climate(draws: Draws, setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a climate with new shocks in every month, given the month before's; it is known without variance."""
    mean, variance = expected_climate(draws, setting)
    group = emission.group_of(setting.framework)
    own, shared = draws[names.GROUP_SCALE][:, None, group], draws[names.GLOBAL_SCALE][:, None, None]
    fresh = np.sqrt(variance / (own**2 + shared**2))
    size, months, _ = mean.shape
    shock = shared * rng.standard_normal((size, months, 1))
    shock = shock + own * rng.standard_normal((size, months, draws[names.GROUP_SCALE].shape[1]))[..., group]
    return mean + fresh * shock, np.zeros_like(variance)


def _of_family(
    given: Ahead,
    family: str,
    sighted: Iterator[Sighting],
    felt: Iterator[Sighting] | None,
    drawn: tuple[np.ndarray, np.ndarray],
    rng: np.random.Generator,
) -> Iterator[Foreseen]:
    framework = given.setting.framework
    labels = framework.indicators if family != "milestone" else given.setting.panel[names.MILESTONE].to_numpy()
    scenario, taken = drawn
    for one in sighted:
        again = one if felt is None else next(felt)
        own = _chances(again)
        places = drawn_places(own[taken[one.time], np.minimum(scenario[one.time], own.shape[1] - 1)], rng)
        weight = given.weight[:, one.time] * given.standing[:, one.time, None]
        found = _one(family, str(labels[one.indicator]), one, weight, places)
        yield replace(found, k_hat=float(given.k_hat[one.time]))


def _chances(one: Sighting) -> np.ndarray:
    """Return the chances of all outcomes; dims (draw, scenario, outcome).

    Each sums to one by itself: a grid that is too coarse for a draw's narrow density gives it its nearest place.
    """
    own = np.maximum(one.chance * one.measure, np.finfo(float).tiny)
    return np.asarray(own / own.sum(axis=-1, keepdims=True))


def _one(family: str, label: str, one: Sighting, weight: np.ndarray, places: np.ndarray) -> Foreseen:
    own = _chances(one)
    mixed = np.einsum("sk,sko->o", weight, np.broadcast_to(own, (*weight.shape, own.shape[-1])))
    value, rank = np.unique(one.value, return_inverse=True)
    chance = np.bincount(rank, weights=mixed)
    chance = chance / chance.sum()
    edges = np.concatenate([[0.0], np.cumsum(chance)])
    score = mean_scores(edges)
    below, up_to, seen = _placed(family, value, edges, score, one.found)
    return Foreseen(family, label, one.time, value, chance, score, one.found, seen, below, up_to, rank[places])


def _placed(
    family: str, value: np.ndarray, edges: np.ndarray, score: np.ndarray, found: float
) -> tuple[float, float, float]:
    """Return P(below), P(up to) and the score of what was seen."""
    if family in CONTINUOUS:
        share = float(np.interp(found, value, 0.5 * (edges[1:] + edges[:-1])))
        return share, share, float(ndtri(np.clip(share, *SURE)))
    place = int(np.searchsorted(value, found))
    return float(edges[place]), float(edges[place + 1]), float(score[place])


SURE = (1e-12, 1.0 - 1e-12)
"""Beyond these a chance is 0 or 1 for all that a double says of a quantile."""


def mean_scores(edges: np.ndarray) -> np.ndarray:
    """Return the mean of ``qnorm(U)``, U uniform between neighbouring edges; dims (outcome).

    It is ``(dnorm(qnorm a) - dnorm(qnorm b)) / (b - a)``; where an outcome has no chance, the quantile itself.

    Parameters
    ----------
    edges
        Cumulative chances from 0 to 1; dims (outcome + 1).

    Examples
    --------
    >>> mean_scores(np.array([0.0, 0.5, 1.0])).round(3)
    array([-0.798,  0.798])
    """
    bend = np.exp(-0.5 * np.square(ndtri(np.clip(edges, 0.0, 1.0)))) / np.sqrt(2.0 * np.pi)
    width = np.diff(edges)
    middle = ndtri(np.clip(0.5 * (edges[1:] + edges[:-1]), *SURE))
    wide = width > SURE[0]
    return np.asarray(np.divide(bend[:-1] - bend[1:], width, out=middle, where=wide))


def drawn_places(chance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a place on the last axis drawn with its chance; dims are those before it."""
    edges = chance.cumsum(axis=-1)
    found = (rng.random((*chance.shape[:-1], 1)) * edges[..., -1:] >= edges).sum(axis=-1)
    return np.asarray(np.minimum(found, chance.shape[-1] - 1))
