"""What each draw of a fit makes of a panel, given what it makes of another one.

Months before the first one in which the panels differ are not computed again: filtered probabilities and the
evidence of each month are kept. For months after the fit's last one the shocks' innovations are drawn from their
prior, which is exactly what the posterior says of them.

Invariant: it is what the full twin says of the whole panel, draw by draw (``tests/reference/test_what_if.py``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.explain._departure import departure, since
from indicast.generative import chain, emission
from indicast.generative.families import Setting, active
from indicast.infer import flat_draws, panel_of

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

SAMPLE = (names.CHAIN, names.DRAW)
DERIVED = (names.FILTERED, names.SMOOTHED, names.TRANSITION, names.STRENGTH)
"""What a posterior holds besides free parameters."""


class Seen(NamedTuple):
    """What each draw makes of a panel; leading axis draw, chains one after another.

    Attributes
    ----------
    draws
        Free parameters by name, with the shocks and tilts that they imply as far as months are asked about.
    transition
        Dims (draw, scenario, next_scenario).
    panel
        What was seen, without padded months.
    filtered
        P(scenario at t | seen up to t); dims (draw, time, scenario).
    one_step
        log p(month t | months before), nats; dims (draw, time).
    """

    draws: dict[str, np.ndarray]
    transition: np.ndarray
    panel: xr.Dataset
    filtered: np.ndarray
    one_step: np.ndarray

    @property
    def log_marginal(self) -> np.ndarray:
        """Return log p(panel | draw), nats; dims (draw)."""
        return np.asarray(self.one_step.sum(axis=-1))


def as_fitted(
    tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, later: int, rng: np.random.Generator
) -> Seen:
    """Return what the draws of a fit make of its own panel.

    Parameters
    ----------
    tree
        A fit, with its panel.
    framework, hyperparameters
        As used for it.
    later
        How many months after its last one will be asked about.
    rng
        Of the shocks of those months.
    """
    posterior = tree["posterior"].to_dataset()
    stacked = posterior.stack(sample=SAMPLE).transpose("sample", ...)
    one_step = tree["log_likelihood"].to_dataset()[names.ONE_STEP].stack(sample=SAMPLE).transpose("sample", ...)
    drawn = flat_draws(posterior.drop_vars(DERIVED, errors="ignore"), framework, hyperparameters)
    return Seen(
        emission.with_climate(_with_later_shocks(drawn, later, rng), framework),
        stacked[names.TRANSITION].transpose("sample", names.SCENARIO, names.NEXT_SCENARIO).to_numpy(),
        panel_of(tree),
        stacked[names.FILTERED].transpose("sample", names.TIME, names.SCENARIO).to_numpy(),
        one_step.to_numpy(),
    )


def _with_later_shocks(draws: dict[str, np.ndarray], months: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return parameters with innovations of later months, of which no evidence has spoken yet."""
    longer = dict(draws)
    for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION):
        size, _, *rest = draws[name].shape
        longer[name] = np.concatenate([draws[name], rng.standard_normal((size, months, *rest))], axis=1)
    return longer


def seeing(known: Seen, setting: Setting) -> Seen:
    """Return what the draws make of a panel.

    Parameters
    ----------
    known
        What they make of another one.
    setting
        Its panel has no padded months, and as many as were asked about.
    """
    month = departure(known.panel, setting.panel)
    if month == setting.panel.sizes[names.TIME]:
        return known
    state = chain.step(known.filtered[:, month - 1], known.transition) if month else known.draws[names.INITIAL]
    found = chain.forward_backward(evidence_since(known.draws, setting, month), known.transition, state)
    return known._replace(
        panel=setting.panel,
        filtered=np.concatenate([known.filtered[:, :month], found.filtered], axis=1),
        one_step=np.concatenate([known.one_step[:, :month], found.one_step], axis=1),
    )


def evidence_since(draws: dict[str, np.ndarray], setting: Setting, month: int) -> np.ndarray:
    """Return log p(evidence | scenario) from a month on; the marks speak of the first one only.

    Parameters
    ----------
    draws
        Free parameters with the shocks that they imply.
    setting
        Its panel has no padded months.
    month
        The first one, an index.

    Returns
    -------
    evidence
        Nats; dims (draw, time, scenario).
    """
    if month == 0:
        return emission.log_emission(draws, setting.framework, setting.hyperparameters, setting.panel)
    later = replace(setting, panel=since(setting.panel, month))
    parts = [family.log_emission(draws, later)[:, month:] for family in active(later)]
    return np.sum(parts, axis=0)
