"""What the priors imply before any data: gates that no fit can talk itself out of.

Worlds are drawn from the priors and seen through the holes of the real panel. Four questions
are asked of them: how many counted events a year would bring, how often the scenario changes
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
from scipy.special import logsumexp

from indicast import names
from indicast.evaluate._simulate import draw_truth, simulate_panel
from indicast.generative import chain, emission
from indicast.infer import Gate
from indicast.panel import NOT_LOOKED

if TYPE_CHECKING:
    import xarray as xr

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
        Counted events found; dims (world, time, counted).
    evidence
        log E[p(month | scenario)] of everything, nats; dims (world, time, scenario).
    by_indicator
        The same for each indicator alone; dims (world, time, scenario).
    """

    path: np.ndarray
    count: np.ndarray
    evidence: np.ndarray
    by_indicator: dict[str, np.ndarray]


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
    changed = float((_changes_within_a_year(framework, hyperparameters, limits)).mean())
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
        _jump_gate(hyperparameters, worlds, limits),
    )


def draw_worlds(
    framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, limits: PriorGates
) -> PriorWorlds:
    """Return worlds drawn from the priors, and what each month of them would say."""
    rng = np.random.default_rng(limits.seed)
    months = panel.sizes[names.TIME]
    believed = draw_truth(framework, hyperparameters, months, rng, size=limits.believed)
    seen = []
    for _ in range(limits.worlds):
        truth = draw_truth(framework, hyperparameters, months, rng)
        path = draw_path(truth, months, rng)
        world = simulate_panel(framework, hyperparameters, panel, truth, path, rng)
        parts = {
            name: _expected_evidence(believed, framework, hyperparameters, part)
            for name, part in _parts(framework, world)
        }
        whole = _expected_evidence(believed, framework, hyperparameters, world)
        seen.append((path, world["count"].to_numpy(), whole, parts))
    paths, counts, evidence, alone = zip(*seen, strict=True)
    by_indicator = {name: np.stack([parts[name] for parts in alone]) for name in alone[0]}
    return PriorWorlds(np.stack(paths), np.stack(counts), np.stack(evidence), by_indicator)


def draw_path(truth: dict[str, np.ndarray], months: int, rng: np.random.Generator) -> np.ndarray:
    """Return a scenario path drawn from a world's own chain; dims (time)."""
    transition = chain.transition_matrix(truth[names.DWELL], truth[names.EXIT])[0]
    path = [rng.choice(len(transition), p=truth[names.INITIAL][0])]
    for _ in range(months - 1):
        path.append(rng.choice(len(transition), p=transition[path[-1]]))
    return np.array(path)


def _expected_evidence(
    believed: dict[str, np.ndarray], framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset
) -> np.ndarray:
    """Return log E[p(month | scenario)], without the marks; dims (time, scenario)."""
    terms = emission.log_emission(believed, framework, hyperparameters, panel, with_table=False)
    return np.asarray(logsumexp(terms, axis=0) - np.log(len(terms)))


def _parts(framework: Framework, panel: xr.Dataset) -> list[tuple[str, xr.Dataset]]:
    """Return the panel as each indicator alone would leave it."""
    return [(name, only(framework, panel, place)) for place, name in enumerate(framework.indicators)]


def only(framework: Framework, panel: xr.Dataset, place: int) -> xr.Dataset:
    """Return a panel in which nothing but one indicator was seen."""
    indicator = framework.declaration.indicators[place]
    own_series = {series.id for series in indicator.series}
    cells = panel["cell_used"] & (panel["cell_indicator"] == place)
    kept = {"cell_used": cells, "report_used": panel["report_used"] & cells}
    for family, dim in (("count", names.COUNTED), ("event", names.EVENT_SERIES)):
        kept[f"{family}_coverage"] = panel[f"{family}_coverage"].where(panel[dim] == indicator.id, NOT_LOOKED)
    for family in ("share", "level"):
        own = np.array([label in own_series for label in framework.series(family)] or [False])
        kept[f"{family}_used"] = panel[f"{family}_used"] & own[panel[f"{family}_place"]]
    kept["silence_used"] = panel["silence_used"] & (panel["silence_indicator"] == place)
    kept |= {name: panel[name] * 0.0 for name in ("milestone_open", "milestone_done")}
    return panel.assign(kept)


def _spread(evidence: np.ndarray) -> np.ndarray:
    """Return the largest log-ratio between two scenarios; dims (world, time)."""
    return np.asarray(evidence.max(axis=-1) - evidence.min(axis=-1))


def _changes_within_a_year(framework: Framework, hyperparameters: Hyperparameters, limits: PriorGates) -> np.ndarray:
    """Return P(scenario after a year differs | parameters); dims (draw)."""
    rng = np.random.default_rng(limits.seed)
    draws = {name: hyperparameters.priors[name].sample(rng, limits.chains) for name in (names.INITIAL, names.DWELL)}
    size = len(framework.scenarios)
    exits = (
        hyperparameters.priors[names.EXIT].sample(rng, limits.chains) if size > 2 else np.ones((limits.chains, 2, 1))
    )  # noqa: PLR2004  # with two scenarios there is one exit
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


def jumps(hyperparameters: Hyperparameters, worlds: PriorWorlds) -> dict[str, np.ndarray]:
    """Return how far each indicator alone moves the prior's probabilities in a month.

    Returns
    -------
    jumps
        Largest change of a scenario's probability, in [0, 1]; dims (world, time).
    """
    start = hyperparameters.priors[names.INITIAL].mean()
    found = {}
    for name, evidence in worlds.by_indicator.items():
        joint = np.log(start) + evidence
        moved = np.exp(joint - logsumexp(joint, axis=-1, keepdims=True)) - start
        found[name] = np.abs(moved).max(axis=-1)
    return found


def _jump_gate(hyperparameters: Hyperparameters, worlds: PriorWorlds, limits: PriorGates) -> Gate:
    shares = {name: float((moved > limits.jump).mean()) for name, moved in jumps(hyperparameters, worlds).items()}
    worst = max(shares, key=lambda name: shares[name])
    name = f"months in which one indicator moves more than {limits.jump:.0%} (prior)"
    return Gate(name, shares[worst], limits.jump_share_max, at_most=True, where=worst)
