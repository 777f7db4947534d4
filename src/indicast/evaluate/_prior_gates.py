"""What the priors imply before any data: gates that no fit can talk itself out of.

Worlds are drawn from the priors and seen through the holes of the real panel. Four questions
are asked of them: how many counted events a well watched year would bring, how often the scenario changes
within a year, how often one month says more than ten to one, and how often one indicator moves
the probabilities far within a month. A month's evidence is taken as a forecaster has it who
knows the priors only: averaged over parameters, ``log E[p(month | scenario, theta)]``, from the
priors' own scenario probabilities.

Each value carries its Monte Carlo standard error: worlds are independent of each other, months
of one world are not, so it is the scatter of the worlds' own shares. A gate fails if the value
itself is beyond the limit: adding errors to the limit would let few worlds pass what many refuse.

Invariant: priors that shout fail, errors shrink with the root of the number of worlds
(``tests/reference/test_prior_gates.py`` plants one fault a gate). Milestones are no indicator, so no
jump of theirs is judged; what they would say is shown by ``milestone_says``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from indicast import names
from indicast.evaluate._prior_worlds import PriorWorlds, draw_worlds
from indicast.generative import chain
from indicast.infer import Gate

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework, PriorGates

MONTHS_PER_YEAR = 12
LOG_TEN = np.log(10.0)


def prior_gates(framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset) -> tuple[Gate, ...]:
    """Return the verdicts of the declared prior gates; none if none are declared.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors; the limits stand in ``[prior_gates]`` of ``model.toml``.
    panel
        Gives months, cells, sources and coverage, not what was seen in them.
    """
    limits = framework.declaration.prior_gates
    if limits is None:
        return ()
    worlds = draw_worlds(framework, hyperparameters, panel, limits)
    return (
        *_annual_gates(framework, worlds, limits),
        *_change_gates(hyperparameters, limits),
        _loud_gate(worlds, limits),
        _jump_gate(framework, hyperparameters, worlds, limits),
    )


def share_with_error(by_world: np.ndarray) -> tuple[float, float]:
    """Return the mean of independent worlds' shares and its standard error.

    Parameters
    ----------
    by_world
        Dims (world).

    Examples
    --------
    >>> share_with_error(np.array([0.0, 1.0, 0.0, 1.0]))
    (0.5, 0.28867513459481287)
    """
    return float(by_world.mean()), float(by_world.std(ddof=1) / np.sqrt(len(by_world)))


def _change_gates(hyperparameters: Hyperparameters, limits: PriorGates) -> list[Gate]:
    changed, error = share_with_error(_changes_within_a_year(hyperparameters, limits))
    least, most = limits.switch_within_year
    name = "scenario changes within a year (prior)"
    return [
        Gate(f"{name}, least", changed, least, at_most=False, where="dwell", error=error),
        Gate(f"{name}, most", changed, most, at_most=True, where="dwell", error=error),
    ]


def _loud_gate(worlds: PriorWorlds, limits: PriorGates) -> Gate:
    loud, error = share_with_error((_spread(worlds.evidence) > LOG_TEN).mean(axis=1))
    name = "months that say more than ten to one (prior)"
    return Gate(name, loud, limits.loud_months_max, at_most=True, where="all indicators", error=error)


def _spread(evidence: np.ndarray) -> np.ndarray:
    """Return the largest log-ratio between two scenarios; dims (world, time)."""
    return np.asarray(evidence.max(axis=-1) - evidence.min(axis=-1))


def _changes_within_a_year(hyperparameters: Hyperparameters, limits: PriorGates) -> np.ndarray:
    """Return P(scenario after a year differs | parameters); dims (draw)."""
    rng = np.random.default_rng(limits.seed)
    draws = {name: hyperparameters.priors[name].sample(rng, limits.chains) for name in (names.INITIAL, names.DWELL)}
    exits = hyperparameters.priors[names.EXIT].sample(rng, limits.chains)
    power = np.linalg.matrix_power(chain.transition_matrix(draws[names.DWELL], exits), MONTHS_PER_YEAR)
    return np.asarray(1.0 - np.einsum("sk,skk->s", draws[names.INITIAL], power))


def _annual_gates(framework: Framework, worlds: PriorWorlds, limits: PriorGates) -> list[Gate]:
    gates = []
    for place, counted in enumerate(framework.counts):
        if counted.id not in limits.annual:
            continue
        low, high = limits.annual[counted.id]
        years = worlds.count.shape[1] // MONTHS_PER_YEAR
        yearly = worlds.count[:, : years * MONTHS_PER_YEAR, place].reshape(len(worlds.count), years, MONTHS_PER_YEAR)
        total = yearly.sum(axis=2)
        inside, error = share_with_error(((total >= low) & (total <= high)).mean(axis=1))
        name = f"years with {low:g} to {high:g} found (prior)"
        gates.append(Gate(name, inside, limits.annual_mass_min, at_most=False, where=counted.id, error=error))
    return gates


def jumps(hyperparameters: Hyperparameters, worlds: PriorWorlds) -> np.ndarray:
    """Return how far each indicator alone moves the prior's probabilities in a month.

    Returns
    -------
    jumps
        Largest change of a scenario's probability, in [0, 1]; dims (world, indicator, time).
    """
    start = hyperparameters.priors[names.INITIAL].mean()
    joint = np.log(start) + worlds.by_indicator
    moved = np.exp(joint - logsumexp(joint, axis=-1, keepdims=True)) - start
    return np.asarray(np.abs(moved).max(axis=-1))


def _jump_gate(framework: Framework, hyperparameters: Hyperparameters, worlds: PriorWorlds, limits: PriorGates) -> Gate:
    shares = (jumps(hyperparameters, worlds) > limits.jump).mean(axis=2)
    worst = int(shares.mean(axis=0).argmax())
    share, error = share_with_error(shares[:, worst])
    name = f"months in which one indicator moves more than {limits.jump:.0%} (prior)"
    where = framework.indicators[worst]
    return Gate(name, share, limits.jump_share_max, at_most=True, where=where, error=error)
