"""The model without a sampler: one value per parameter, no shocks, and a fixed exponent.

Every parameter stands at its point value (``Prior.point``); shocks are off. Instead, the evidence
that shocks would have touched (marks, reports of a direction, publications that were due) counts less:
that of month t is raised to the power

``eta_t = n_t / sum_c d_c``,  ``d_c = 1 + rho sum_(c' != c) w_cc'``

over its n_t cells c, with c' running over all cells up to month t. ``rho`` is the declared
correlation; ``w = 1`` between cells of one indicator, whose standing tilt stays, and ``w =
phi^(months apart)`` between different ones, whose common shocks fade. In a single month this is the
design effect ``1 / (1 + (n - 1) rho)``. It looks back only, so what is known of a month never
depends on later cells.

Why this rule. (a) One month of fourteen like indicators: its log score is within .01 of the exact
answer, which integrates the shock, where naive Bayes falls behind a uniform forecast at rho = .2.
(b) Two years of a shared AR(1) shock, scenarios switching or not: within .06 of the exact answer, where a
design effect that looks at one month only falls behind a uniform forecast at rho = .5. (c) Worlds
drawn from a full model's own prior, whose indicators also have standing tilts: fading for all
pairs scores worse than w = 1 within an indicator. ``tests/reference/test_exponent.py`` has all three.

Invariant: with rho = 0 this is the full model's twin at the same parameters, exactly
(``tests/reference/test_lite.py``). Weak where indicators expect different things of the scenarios:
what tells these apart survives a common shock, and the exponent throws it away. Not valid where much
must be learned first: tilts, slants and reliabilities stay where they were put. Sources: a likelihood
raised to a power, Holmes and Walker 2017, doi:10.1093/biomet/asx010; the design effect of clustered
samples, Kish 1965, Survey Sampling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.errors import WorkspaceError
from indicast.generative import chain, emission, labels, marks, ratings
from indicast.generative.families import Setting, active
from indicast.panel import used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

Draws = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Lite:
    """What the sampler-free model says.

    Attributes
    ----------
    posterior
        Filtered, smoothed and one-step terms, without an axis of draws.
    transition
        Monthly transition probabilities; dims (scenario, next_scenario).
    exponent
        How far each month's shocked evidence counts, in (0, 1]; dims (time).
    """

    posterior: chain.ChainPosterior
    transition: np.ndarray
    exponent: np.ndarray

    @property
    def now(self) -> np.ndarray:
        """P(scenario at the last month); dims (scenario)."""
        return np.asarray(self.posterior.filtered[-1])

    def ahead(self, longest: int) -> np.ndarray:
        """Return P(scenario in 0, 1, ... ``longest`` months); dims (horizon, scenario)."""
        path = [self.now]
        for _ in range(longest):
            path.append(chain.step(path[-1], self.transition))
        return np.stack(path)


class Cells(NamedTuple):
    """Cells that shocks touch: month and indicator of each, as indices; dims (cell)."""

    time: np.ndarray
    indicator: np.ndarray


def readable(framework: Framework) -> bool:
    """Whether lite can read this start: labels (route B) move parameters, which it holds fixed."""
    return not labels.used(framework)


def lite(framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset) -> Lite:
    """Return the sampler-free posterior of a panel.

    Parameters
    ----------
    framework, hyperparameters, panel
        As given to the full model; padded months are left out.

    Raises
    ------
    WorkspaceError
        If the table enters by its labels.
    """
    if not readable(framework):
        message = f"{framework.model_file}: start.route 'B' moves parameters, which lite holds fixed; use route 'A'"
        raise WorkspaceError(message)
    setting = Setting(framework, hyperparameters, used_months(panel))
    draws, exponent = point_draws(setting), exponents(setting)
    transition = chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])
    found = chain.forward_backward(evidence(draws, setting, exponent), transition, draws[names.INITIAL])
    return Lite(chain.ChainPosterior(*(part[0] for part in found)), transition[0], exponent)


def point_draws(setting: Setting) -> dict[str, np.ndarray]:
    """Return every free parameter at its point value, without shocks; leading axis of length one."""
    framework, months = setting.framework, setting.panel.sizes[names.TIME]
    draws = {name: prior.point()[None] for name, prior in setting.hyperparameters.priors.items()}
    draws |= {name: np.zeros_like(draws[name]) for name in (names.GLOBAL_SCALE, names.GROUP_SCALE)}
    for name in (names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z):
        draws[name] = np.zeros((1, len(framework.indicators)))
    draws[names.GLOBAL_INNOVATION] = np.zeros((1, months))
    draws[names.GROUP_INNOVATION] = np.zeros((1, months, len(framework.groups)))
    if len(framework.table.ratings):
        coords = setting.hyperparameters.coords
        for name, dims in ratings.STANDARD_NORMAL.items():
            draws[name] = np.zeros((1, *(len(coords[dim]) for dim in dims)))
    draws[names.STRENGTH] = emission.strengths(draws, framework, setting.hyperparameters)
    return draws


def evidence(draws: Draws, setting: Setting, exponent: np.ndarray) -> np.ndarray:
    """Return log p(evidence | scenario) with the shocked part raised to a power.

    Parameters
    ----------
    draws
        Free parameters by name, leading axis draw.
    setting
        Structure, priors and panel.
    exponent
        Dims (time).

    Returns
    -------
    log_emission
        Nats; dims (draw, time, scenario).
    """
    shocked, other = emission.evidence_parts(draws, setting)
    return other + exponent[:, None] * shocked


def exponents(setting: Setting) -> np.ndarray:
    """Return the declared exponent of every month, in (0, 1]; dims (time)."""
    correlation = setting.hyperparameters.number("lite_correlation")
    persistence = float(setting.hyperparameters.priors[names.PERSISTENCE].point())
    cells = shocked_cells(setting)
    effect = design_effect(cells, correlation, persistence)
    return month_exponents(cells.time, effect, setting.panel.sizes[names.TIME])


def shocked_cells(setting: Setting) -> Cells:
    """Return the cells that shocks touch: of every mark, report of a direction and publication that was due."""
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    if marks.used(setting.framework):
        indicators = np.arange(len(setting.framework.indicators))
        found.append((np.zeros_like(indicators), indicators))
    found += [family.cells(setting.panel) for family in active(setting) if family.cells is not None]
    return Cells(*(np.concatenate(column) for column in zip(*found, strict=True)))


def design_effect(cells: Cells, correlation: float, persistence: float) -> np.ndarray:
    """Return d of each cell: how many cells up to its month say what it says, >= 1; dims (cell).

    Parameters
    ----------
    cells
        Month and indicator of each.
    correlation
        rho in [0, 1).
    persistence
        phi in [0, 1): what is left of a shock after a month.

    Examples
    --------
    >>> both = Cells(np.array([0, 0, 1]), np.array([0, 1, 0]))
    >>> design_effect(both, 0.2, 0.5).round(2).tolist()
    [1.2, 1.2, 1.3]
    """
    lag = cells.time[:, None] - cells.time
    same = cells.indicator[:, None] == cells.indicator
    weight = np.where(same, 1.0, persistence ** np.maximum(lag, 0))
    return np.asarray(1.0 + correlation * (np.where(lag >= 0, weight, 0.0).sum(axis=1) - 1.0))


def month_exponents(time: np.ndarray, effect: np.ndarray, months: int) -> np.ndarray:
    """Return n_t over the summed design effects of month t, 1 where it has no cell; dims (time)."""
    number, total = np.bincount(time, minlength=months), np.bincount(time, weights=effect, minlength=months)
    return np.asarray(np.divide(number, total, out=np.ones(months), where=number > 0))
