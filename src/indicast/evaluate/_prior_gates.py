"""What the priors imply before any data: gates that no fit can talk itself out of.

Worlds are drawn from the priors and seen through the holes of the real panel. Four questions
are asked of them: how many counted events a well watched year would bring, how often the scenario changes
within a year, how often one month says more than ten to one, and how often one indicator moves
the probabilities far within a month. A month's evidence is taken as a forecaster has it who
knows the priors only: averaged over parameters, ``log E[p(month | scenario, theta)]``, from the
priors' own scenario probabilities.

Invariant: priors that shout fail (``tests/reference/test_prior_gates.py`` plants one fault a
gate). Milestones are not indicators: what they would move is shown, and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.special import logsumexp

from indicast import names
from indicast.evaluate._simulate import draw_truth, simulate_panel
from indicast.generative import chain
from indicast.generative.emission import with_climate
from indicast.generative.families import CLIMATE, EMISSIONS, Draws, Setting, active
from indicast.infer import Gate

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework, PriorGates

MONTHS_PER_YEAR = 12
LOG_TEN = np.log(10.0)


@dataclass(frozen=True, slots=True, eq=False)
class PriorWorlds:
    """Worlds drawn from the priors.

    Attributes
    ----------
    path
        Index of the scenario; dims (world, time).
    count
        Counted events found if every month were watched as well as any; dims (world, time, counted).
    evidence
        log E[p(month | scenario)] of everything, nats; dims (world, time, scenario).
    by_indicator
        The same for each indicator alone; dims (world, indicator, time, scenario).
    """

    path: np.ndarray
    count: np.ndarray
    evidence: np.ndarray
    by_indicator: np.ndarray


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
    changed = float((_changes_within_a_year(hyperparameters, limits)).mean())
    loud = float((_spread(worlds.evidence) > LOG_TEN).mean())
    return (
        *_annual_gates(framework, worlds, limits),
        Gate(
            "scenario changes within a year (prior), least",
            changed,
            limits.switch_within_year[0],
            at_most=False,
            where="dwell",
        ),
        Gate(
            "scenario changes within a year (prior), most",
            changed,
            limits.switch_within_year[1],
            at_most=True,
            where="dwell",
        ),
        Gate(
            "months that say more than ten to one (prior)",
            loud,
            limits.loud_months_max,
            at_most=True,
            where="all indicators",
        ),
        _jump_gate(framework, hyperparameters, worlds, limits),
    )


def draw_worlds(
    framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, limits: PriorGates
) -> PriorWorlds:
    """Return worlds drawn from the priors, and what each month of them would say."""
    rng = np.random.default_rng(limits.seed)
    months = panel.sizes[names.TIME]
    believed = with_climate(draw_truth(framework, hyperparameters, months, rng, size=limits.believed), framework)
    seen = []
    for _ in range(limits.worlds):
        truth = draw_truth(framework, hyperparameters, months, rng)
        path = draw_path(truth, months, rng)
        world = simulate_panel(framework, hyperparameters, panel, truth, path, rng)
        evidence = expected_evidence(believed, Setting(framework, hyperparameters, world))
        seen.append((path, _watched_counts(truth, Setting(framework, hyperparameters, panel), path, rng), *evidence))
    return PriorWorlds(*(np.stack(one) for one in zip(*seen, strict=True)))


def _watched_counts(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return counts as the best watch would find them, so that gaps of the ledger do not look like quiet years."""
    if not setting.framework.counts:
        return np.zeros((path.size, 0))
    best = int(setting.hyperparameters.priors[names.DETECTION].mean().argmax())
    watched = setting.panel.assign(count_coverage=xr.full_like(setting.panel["count_coverage"], best))
    full = Setting(setting.framework, setting.hyperparameters, watched)
    return EMISSIONS["count"].simulate(truth, full, path, rng)["count"]


def draw_path(truth: dict[str, np.ndarray], months: int, rng: np.random.Generator) -> np.ndarray:
    """Return a scenario path drawn from a world's own chain; dims (time)."""
    transition = chain.transition_matrix(truth[names.DWELL], truth[names.EXIT])[0]
    path = [rng.choice(len(transition), p=truth[names.INITIAL][0])]
    for _ in range(months - 1):
        path.append(rng.choice(len(transition), p=transition[path[-1]]))
    return np.array(path)


def expected_evidence(believed: Draws, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return log E[p(month | scenario)] of everything, and of each indicator alone.

    Parameters
    ----------
    believed
        Draws from the priors, with their climate.
    setting
        Its panel is what was seen; the experts' table is left out.

    Returns
    -------
    evidence, by_indicator
        Nats; dims (time, scenario) and (indicator, time, scenario).
    """
    months, indicators = setting.panel.sizes[names.TIME], len(setting.framework.indicators)
    size = len(believed[CLIMATE])
    terms = np.zeros((size, indicators + 1, months, len(setting.framework.scenarios)))
    for family in active(setting):
        places = family.places(believed, setting)
        for place, (month, indicator) in enumerate(zip(places.time, places.indicator, strict=True)):
            terms[:, indicator, month] += places.terms[:, place]
    whole, alone = (logsumexp(one, axis=0) - np.log(size) for one in (terms.sum(axis=1), terms[:, :indicators]))
    return np.asarray(whole), np.asarray(alone)


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
        inside = float(((yearly.sum(axis=2) >= low) & (yearly.sum(axis=2) <= high)).mean())
        name = f"years with {low:g} to {high:g} found (prior)"
        gates.append(Gate(name, inside, limits.annual_mass_min, at_most=False, where=counted.id))
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
    shares = (jumps(hyperparameters, worlds) > limits.jump).mean(axis=(0, 2))
    worst = int(shares.argmax())
    name = f"months in which one indicator moves more than {limits.jump:.0%} (prior)"
    return Gate(name, float(shares[worst]), limits.jump_share_max, at_most=True, where=framework.indicators[worst])
