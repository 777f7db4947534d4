"""Why the full model says something else than lite: its simplifications, switched off one at a time.

Each simplification is a player of a cooperative game. Its worth in a set of switched-off ones is
the mean of P(scenario at the last month) over posterior draws, with the parameters of the set as the
posterior has them and the others at lite's point values; one player puts draws in the place of
their mean. The Shapley value of a player is its mean effect over all orders of switching.

Invariant: the parts add up exactly to the full model's probability less lite's, over the draws used
(``tests/reference/test_lite_reasons.py``). Not a cause: parameters were learned together, and
what one of them does alone depends on where the others stand. Source: Shapley 1953,
doi:10.1515/9781400881970-018.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final

import numpy as np

from indicast import names
from indicast.generative import chain, emission
from indicast.generative.families import Setting
from indicast.generative.lite import evidence, exponents, point_draws
from indicast.panel import used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

UNCERTAINTY, SHOCKS, OTHERS = "uncertainty", "shocks", "others"
"""Players that are more than a set of parameters, and the one that has all remaining parameters."""
LEARNED: Final[Mapping[str, tuple[str, ...]]] = {
    "chain": (names.INITIAL, names.DWELL, names.EXIT),
    "reporting": (
        names.TILT_MEAN,
        names.TILT_SCALE,
        names.TILT_Z,
        names.FLAT_NEWS_MEAN,
        names.FLAT_NEWS_SCALE,
        names.FLAT_NEWS_Z,
    ),
    "sources": (names.RELIABILITY, names.SLANT_SHARES),
    "strengths": (names.STRENGTH_BASE, names.STRENGTH_Z, names.THRESHOLD, names.MARKS_OF_PRESENT),
    SHOCKS: (
        names.PERSISTENCE,
        names.GLOBAL_SCALE,
        names.GROUP_SCALE,
        names.GLOBAL_INNOVATION,
        names.GROUP_INNOVATION,
    ),
}
"""What lite holds fixed, by player."""
SIMPLIFICATIONS: Final = (*LEARNED, OTHERS, UNCERTAINTY)
"""All players."""
MOST_DRAWS = 100
"""Posterior draws that are used at most, evenly spaced: their noise is common to all parts."""

Draws = dict[str, np.ndarray]
Coalition = frozenset[str]


def lite_reasons(
    tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset
) -> dict[str, np.ndarray]:
    """Return how much each of lite's simplifications moves the last month's probabilities.

    Parameters
    ----------
    tree
        A fit. Parameters that its posterior does not hold stay at their point values.
    framework, hyperparameters, panel
        As used for the fit.

    Returns
    -------
    reasons
        By simplification: full less lite, fractions of 1; dims (scenario).
    """
    setting = Setting(framework, hyperparameters, used_months(panel))
    point, learned = point_draws(setting), _learned(tree, setting)
    worth = {
        coalition: _worth(coalition, point, learned, setting) for coalition in _coalitions(frozenset(SIMPLIFICATIONS))
    }
    return {player: _shapley(player, worth) for player in SIMPLIFICATIONS}


def _learned(tree: xr.DataTree, setting: Setting) -> Draws:
    """Return the posterior's free parameters for some of its draws; leading axis draw."""
    wanted = [name for name in point_draws(setting) if name in tree["posterior"] and name != names.STRENGTH]
    posterior = tree["posterior"].to_dataset()[wanted]
    stacked = posterior.stack(sample=(names.CHAIN, names.DRAW)).transpose("sample", ...)
    size = stacked.sizes["sample"]
    chosen = np.unique(np.linspace(0, size - 1, min(size, MOST_DRAWS)).round().astype(np.int64))
    return {name: stacked[name].to_numpy()[chosen] for name in wanted}


def _coalitions(players: Coalition) -> Iterator[Coalition]:
    for size in range(len(players) + 1):
        yield from map(frozenset, combinations(sorted(players), size))


def _worth(coalition: Coalition, point: Draws, learned: Draws, setting: Setting) -> np.ndarray:
    """Return the mean probability of each scenario with a set of simplifications switched off; dims (scenario)."""
    draws = _blended(coalition, point, learned)
    draws[names.STRENGTH] = emission.strengths(draws, setting.framework, setting.hyperparameters)
    exponent = exponents(setting)
    used = np.ones_like(exponent) if SHOCKS in coalition else exponent
    transition = chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])
    found = chain.forward_backward(evidence(draws, setting, used), transition, draws[names.INITIAL])
    return np.asarray(found.filtered[:, -1].mean(axis=0))


def _blended(coalition: Coalition, point: Draws, learned: Draws) -> Draws:
    """Return parameters from the posterior where they are in the coalition, else point values."""
    taken = {name for name in learned if player_of(name) in coalition}
    if UNCERTAINTY not in coalition:
        return {name: learned[name].mean(axis=0, keepdims=True) if name in taken else point[name] for name in point}
    size = len(next(iter(learned.values()))) if learned else 1
    return {name: learned[name] if name in taken else np.repeat(point[name], size, axis=0) for name in point}


def player_of(name: str) -> str:
    """Return the simplification that holds a parameter fixed."""
    return next((player for player, members in LEARNED.items() if name in members), OTHERS)


def _shapley(player: str, worth: Mapping[Coalition, np.ndarray]) -> np.ndarray:
    """Return the mean over all orders of what a player adds when it joins; dims (scenario)."""
    players = max(worth, key=len)
    total = np.zeros_like(worth[players])
    for coalition in _coalitions(players - {player}):
        weight = 1.0 / (len(players) * comb(len(players) - 1, len(coalition)))
        total += weight * (worth[coalition | {player}] - worth[coalition])
    return total
