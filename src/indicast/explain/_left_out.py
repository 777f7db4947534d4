"""What the last month's probabilities rest on: months, rows, sources, milestones left out one at a time.

Each draw of a saved posterior is weighed by ``p(what is left | draw) / p(all | draw)``, the scenario path summed out in
both, and its last probabilities are computed again: with all draws, and for everything. What makes it cheap is that
evidence is a sum over places (``_dropped``): only the places that change are computed, and the chain runs from the
first of their months on.

Invariant: it is what :func:`indicast.explain.what_if` says of the same rows, and a planted influential row comes
first (``tests/reference/test_left_out.py``). Not valid where k-hat exceeds its limit: then only a fit can tell.
Source: Vehtari, Simpson, Gelman, Yao and Gabry 2024, Journal of Machine Learning Research 25(72).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import logit

from indicast import names
from indicast.explain._dropped import Changes, Fit, dropped
from indicast.explain._reweighting import error_of_mean, largest_shape, weights
from indicast.explain._seen import SAMPLE, as_fitted
from indicast.generative import chain, emission
from indicast.generative.families import active

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Framework

DECIBANS_PER_NAT = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What the last month's probabilities would be without something.

    Attributes
    ----------
    kind
        ``month``, ``row``, ``source``, ``publisher`` or ``milestone``.
    label
        Month as YYYY-MM, record id, source id, publisher or id of a milestone.
    rows
        Lines (index) of the rows left out; of a month none are named.
    without
        P(scenario at the last month) without it; dims (scenario).
    difference
        With it less without it, fractions of 1; dims (scenario).
    decibans
        What it says for each scenario against the rest; dims (scenario).
    mcse
        Monte Carlo standard error of the difference; dims (scenario).
    k_hat
        Shape of the tail of the weights.
    limit
        What k-hat must stay below.
    """

    kind: str
    label: str
    rows: tuple[int, ...]
    without: np.ndarray
    difference: np.ndarray
    decibans: np.ndarray
    mcse: np.ndarray
    k_hat: float
    limit: float

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its limit; if not, only a fit can tell."""
        return self.k_hat < self.limit

    @property
    def size(self) -> float:
        """The largest difference of any scenario, fractions of 1."""
        return float(np.abs(self.difference).max())


class Influence(NamedTuple):
    """What the last month's probabilities rest on; most influential first in each kind.

    Attributes
    ----------
    scenarios
        Their ids.
    probability
        As they are; dims (scenario).
    months, rows, sources, publishers
        All that move anything.
    standing
        Rows that stood.
    milestones
        What is known of each milestone, all its months at once; rows of observations say nothing of them.
    """

    scenarios: tuple[str, ...]
    probability: np.ndarray
    months: tuple[LeftOut, ...]
    rows: tuple[LeftOut, ...]
    sources: tuple[LeftOut, ...]
    publishers: tuple[LeftOut, ...]
    standing: int
    milestones: tuple[LeftOut, ...] = ()


def influence(
    framework: Framework, hyperparameters: Hyperparameters, tree: xr.DataTree, ledger: Ledger, when: Vintage
) -> Influence:
    """Return what the last month's probabilities rest on.

    Parameters
    ----------
    framework, hyperparameters
        As used for the fit.
    tree
        A fit, with its panel.
    ledger
        The whole ledger of the fit.
    when
        Month and day of knowledge of the fit.
    """
    seen = as_fitted(tree, framework, hyperparameters, 0, np.random.default_rng(0))
    shape = tuple(tree["posterior"].sizes[dim] for dim in SAMPLE)
    fit = Fit(framework, hyperparameters, ledger.known(when.known_at), when, seen, shape)
    evidence = emission.log_emission(seen.draws, framework, hyperparameters, seen.panel)
    kinds = _kinds(fit.ledger)
    units = list(dict.fromkeys(lines for groups in kinds.values() for lines in groups.values()))
    told = {lines: _moved(fit, evidence, lines, changes) for lines, changes in dropped(fit, units).items() if changes}
    rows, sources, publishers = (
        _ordered(told[lines].named(kind, label) for label, lines in groups.items() if lines in told)
        for kind, groups in kinds.items()
    )
    now = seen.filtered[:, -1].mean(axis=0)
    months = months_left_out(fit, evidence)
    standing, milestones = len(fit.ledger.observations), milestones_left_out(fit, evidence)
    return Influence(framework.scenarios, now, months, rows, sources, publishers, standing, milestones)


def _kinds(ledger: Ledger) -> dict[str, dict[str, tuple[int, ...]]]:
    """Return the lines of each row, source and publisher (its text before " (", as the ledger's lint has it)."""
    rows = ledger.observations
    published = dict(zip(ledger.sources["source_id"], ledger.sources["publisher"], strict=True))
    return {
        "row": _groups(rows["record_id"]),
        "source": _groups(rows["source_id"]),
        "publisher": _groups(rows["source_id"].map(published).str.split(" (", regex=False).str[0].str.strip()),
    }


def _groups(key: pd.Series) -> dict[str, tuple[int, ...]]:
    return {str(label): tuple(lines.index.tolist()) for label, lines in key.groupby(key, sort=True)}


class Weighed(NamedTuple):
    """A :class:`LeftOut` without a name."""

    rows: tuple[int, ...]
    without: np.ndarray
    difference: np.ndarray
    decibans: np.ndarray
    mcse: np.ndarray
    k_hat: float
    limit: float

    def named(self, kind: str, label: str) -> LeftOut:
        """Return it with a name."""
        return LeftOut(kind, label, *self)


def _ordered(found: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    return tuple(sorted(found, key=lambda one: (-one.size, one.label)))


def months_left_out(fit: Fit, evidence: np.ndarray) -> tuple[LeftOut, ...]:
    """Return every month left out (its data, not its marks), most influential first.

    Parameters
    ----------
    fit
        As it is.
    evidence
        Of everything, nats; dims (draw, time, scenario).
    """
    data = np.sum([family.log_emission(fit.seen.draws, fit.setting) for family in active(fit.setting)], axis=0)
    labels = fit.seen.panel[names.TIME].to_numpy().astype("datetime64[M]").astype(str).tolist()
    found = []
    for time, label in enumerate(labels):
        if data[:, time].any():
            later = evidence[:, time:].copy()
            later[:, 0] -= data[:, time]
            found.append(weighed(fit, (), time, later).named("month", str(label)))
    return _ordered(found)


def milestones_left_out(fit: Fit, evidence: np.ndarray) -> tuple[LeftOut, ...]:
    """Return every milestone left out, as if no word on it had been known, most influential first.

    Parameters
    ----------
    fit
        As it is.
    evidence
        Of everything, nats; dims (draw, time, scenario).
    """
    found, panel = [], fit.seen.panel
    for family in (one for one in active(fit.setting) if one.name == "milestone"):
        now = family.log_emission(fit.seen.draws, fit.setting)
        for label in panel[names.MILESTONE].to_numpy().tolist():
            others = panel[names.MILESTONE] != label
            unknown = {name: panel[name].where(others, 0.0) for name in ("milestone_open", "milestone_done")}
            change = family.log_emission(fit.seen.draws, replace(fit.setting, panel=panel.assign(unknown))) - now
            if change.any():
                found.append(weighed(fit, (), 0, evidence + change).named("milestone", str(label)))
    return _ordered(found)


def _moved(fit: Fit, evidence: np.ndarray, lines: tuple[int, ...], changes: Changes) -> Weighed:
    first = min(time for _, time in changes)
    later = evidence[:, first:].copy()
    for (_, time), change in changes.items():
        later[:, time - first] += change
    return weighed(fit, lines, first, later)


def weighed(fit: Fit, lines: tuple[int, ...], first: int, evidence: np.ndarray) -> Weighed:
    """Return what changes under other evidence from a month on.

    Parameters
    ----------
    fit
        As it is.
    lines
        Rows that are left out.
    first
        Index of the first month in which anything changes.
    evidence
        From that month on, nats; dims (draw, later time, scenario).
    """
    log_marginal, last = _run_on(fit, first, evidence)
    ratio = log_marginal - fit.seen.one_step[:, first:].sum(axis=-1)
    other, even = weights(ratio.reshape(fit.shape)), weights(np.zeros(fit.shape))
    now, then = (one.reshape(*fit.shape, -1) for one in (fit.seen.filtered[:, -1], last))
    before, without = even.mean(now), other.mean(then)
    error = error_of_mean(even.pull(now) - other.pull(then))
    decibans = DECIBANS_PER_NAT * (logit(before) - logit(without))
    limit = largest_shape(ratio.size)
    return Weighed(lines, without, before - without, decibans, error, other.k_hat, limit)


def _run_on(fit: Fit, first: int, evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log p(months from the first on | months before) and the last month's probabilities, forwards only."""
    seen, total = fit.seen, np.zeros(len(evidence))
    state = chain.step(seen.filtered[:, first - 1], seen.transition) if first else seen.draws[names.INITIAL]
    for time in range(evidence.shape[1]):
        peak = evidence[:, time].max(axis=-1, keepdims=True)
        joint = state * np.exp(evidence[:, time] - peak)
        mass = joint.sum(axis=-1, keepdims=True)
        total += (peak + np.log(mass))[:, 0]
        filtered = joint / mass
        state = chain.step(filtered, seen.transition)
    return total, filtered
