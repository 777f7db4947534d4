"""What the probabilities now would be under another declaration, without a fit where that can be believed.

Each draw s is weighed by ``p'(s) p'(y | s) / (p(s) p(y | s))``, the declaration's priors and evidence being primed, the
scenario path summed out in both, and its filtered probabilities are computed again. The weights are Pareto smoothed;
their k-hat says whether they can be believed. An alternative that starts in another month has other shocks, and is
left to a fit.

Invariant: an alternative that changes nothing in fact moves nothing, exactly; where weights are trusted they agree with
a fit within Monte Carlo error (``tests/unit/test_alternatives.py``, ``tests/recovery/test_alternatives.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.elicit import GRADES, log_density
from indicast.errors import RunError, WorkspaceError, one_of
from indicast.explain._reweighting import Weights, error_of_mean, weights
from indicast.generative import emission, marks
from indicast.generative.families import CLIMATE
from indicast.infer import flat_draws
from indicast.panel import NOT_LOOKED, build_panel, used_months
from indicast.workspace import Mode, Route

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Alternative, Framework

STARTS: Mapping[str, tuple[Mode, Route]] = {
    "marks": ("marks", "A"),
    "labels": ("marks", "B"),
    "history": ("history", "A"),
}
JUDGED = GRADES[:-1]
"""Letters that rank sources; the last one says that a source cannot be judged."""
SAMPLE = (names.CHAIN, names.DRAW)
DERIVED = (names.FILTERED, names.SMOOTHED, names.TRANSITION, names.STRENGTH)


class Declared(NamedTuple):
    """Everything that a posterior depends on.

    Attributes
    ----------
    framework, hyperparameters
        Structure and priors.
    panel
        What was seen, padded as a fit wants it.
    silent
        Places of indicators whose marks are left out.
    """

    framework: Framework
    hyperparameters: Hyperparameters
    panel: xr.Dataset
    silent: tuple[int, ...] = ()


class Told(NamedTuple):
    """What draws make of a declaration: log p(evidence | draw), nats, and P(scenario now | draw)."""

    log_density: np.ndarray
    now: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The probabilities now under another declaration, from weighed draws.

    Attributes
    ----------
    now, error
        Mean and Monte Carlo standard error; dims (scenario).
    k_hat
        Minus infinity where all weights are equal.
    trusted
        Whether k-hat is below its limit.
    effective
        Draws that count alike and are worth as much.
    """

    now: np.ndarray
    error: np.ndarray
    k_hat: float
    trusted: bool
    effective: float


def declared_otherwise(
    one: Alternative, framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, when: Vintage
) -> Declared:
    """Return what a fit of an alternative would be made from.

    Parameters
    ----------
    one
        What is changed.
    framework, hyperparameters, ledger, when
        As used for the run.

    Raises
    ------
    WorkspaceError
        If the alternative names what is not declared.
    """
    require_declared(one, framework, hyperparameters)
    changed = framework.starting(*STARTS[one.start]) if one.start else framework
    other = _hyperparameters(one, hyperparameters)
    if one.without_milestones:
        kept = ~ledger.outcomes["milestone"].isin(one.without_milestones)
        ledger = replace(ledger, outcomes=ledger.outcomes[kept])
    panel = build_panel(changed, other, ledger, when)
    silent = tuple(framework.indicators.index(name) for name in one.without_indicators)
    return Declared(changed, other, _without(_lowered(panel, one.grades_lower), changed, silent), silent)


def require_declared(one: Alternative, framework: Framework, hyperparameters: Hyperparameters) -> None:
    """Raise unless all that an alternative names is declared.

    Raises
    ------
    WorkspaceError
        With the name, and those that there are.
    """
    place = f"alternatives.toml: alternative {one.id}"
    milestones = tuple(milestone.id for milestone in framework.declaration.milestones)
    asked = (
        ("prior", one.priors, tuple(hyperparameters.priors)),
        ("constant", one.constants, tuple(hyperparameters.constants)),
        ("indicator", one.without_indicators, framework.indicators),
        ("milestone", one.without_milestones, milestones),
    )
    for what, named, known in asked:
        if unknown := set(named) - set(known):
            message = f"{place}: {what} {one_of(unknown)} is not declared; there are {one_of(known)}"
            raise WorkspaceError(message)
    for name, arguments in one.priors.items():
        if unknown := set(arguments) - set(hyperparameters.priors[name].arguments):
            has = one_of(hyperparameters.priors[name].arguments)
            message = f"{place}: prior {name} has no argument {one_of(unknown)}; it has {has}"
            raise WorkspaceError(message)


def _hyperparameters(one: Alternative, hyperparameters: Hyperparameters) -> Hyperparameters:
    priors = dict(hyperparameters.priors)
    for name, arguments in one.priors.items():
        old = priors[name].arguments
        new = {key: np.full_like(value, arguments.get(key, value)) for key, value in old.items()}
        priors[name] = replace(priors[name], arguments=new)
    constants = dict(hyperparameters.constants)
    constants |= {name: replace(constants[name], value=value) for name, value in one.constants.items()}
    return replace(hyperparameters, priors=priors, constants=constants)


def _lowered(panel: xr.Dataset, steps: int) -> xr.Dataset:
    """Return a panel whose judged sources have letters so many steps lower, the last of them at most."""
    grade = panel["report_grade"]
    return panel.assign(report_grade=grade.where(grade >= len(JUDGED), (grade + steps).clip(max=len(JUDGED) - 1)))


def _without(panel: xr.Dataset, framework: Framework, silent: tuple[int, ...]) -> xr.Dataset:
    """Return a panel in which nothing was seen of some indicators, nor looked for."""
    if not silent:
        return panel
    ids = {framework.indicators[place] for place in silent}
    changed = {"cell_used": panel["cell_used"] & ~panel["cell_indicator"].isin(silent)}
    changed["report_used"] = panel["report_used"] & changed["cell_used"]
    for coverage, dim in (("count_coverage", names.COUNTED), ("event_coverage", names.EVENT_SERIES)):
        gone = np.isin([str(label) for label in panel[dim].to_numpy()], list(ids))
        changed[coverage] = panel[coverage].where(~gone, NOT_LOOKED)
    for family in ("share", "level"):
        owner = [one.id for one in framework.declaration.indicators for series in one.series if series.family == family]
        places = [place for place, name in enumerate(owner) if name in ids]
        changed[f"{family}_used"] = panel[f"{family}_used"] & ~panel[f"{family}_place"].isin(places)
    changed["silence_used"] = panel["silence_used"] & ~panel["silence_indicator"].isin(silent)
    return panel.assign(changed)


def told(tree: xr.DataTree, one: Declared) -> Told:
    """Return what the draws of a fit make of a declaration.

    Parameters
    ----------
    tree
        A fit of the same months.
    one
        Of which only the priors of parameters do not count here.
    """
    return _told(tree["posterior"].to_dataset().drop_vars(DERIVED, errors="ignore"), one)


def reweighed(tree: xr.DataTree, before: Declared, after: Declared, known: Told | None = None) -> Weighed:
    """Return the probabilities now under another declaration.

    Parameters
    ----------
    tree
        A fit of ``before``.
    before, after
        Both declarations; their months must be the same.
    known
        What its draws make of ``before``, if that was asked already.

    Raises
    ------
    RunError
        If the other declaration starts in another month, so that draws have no shocks for it.
    """
    if before.framework.start_index != after.framework.start_index:
        message = "another first month has other shocks, which no draw of this run has; only a fit can tell"
        raise RunError(message)
    first = known or told(tree, before)
    second = first if same_evidence(before, after) else told(tree, after)
    posterior = tree["posterior"].to_dataset()
    ratio = second.log_density - first.log_density + _prior_ratio(posterior, before, after)
    shape = tuple(posterior.sizes[dim] for dim in SAMPLE)
    return _weighed(weights(ratio.reshape(shape)), second.now.reshape(*shape, -1))


def same_evidence(before: Declared, after: Declared) -> bool:
    """Whether two declarations make the same of any draw: they differ in priors at most."""
    constants = all(
        before.hyperparameters.constants[name].value == one.value
        for name, one in after.hyperparameters.constants.items()
    )
    same = before.framework.variant == after.framework.variant and before.silent == after.silent
    return same and constants and before.panel.equals(after.panel)


def _weighed(counted: Weights, values: np.ndarray) -> Weighed:
    error = error_of_mean(counted.pull(values))
    return Weighed(counted.mean(values), error, counted.k_hat, counted.trusted, counted.effective)


def _told(free: xr.Dataset, one: Declared) -> Told:
    draws = flat_draws(free, one.framework, one.hyperparameters)
    evidence = emission.log_emission(draws, one.framework, one.hyperparameters, used_months(one.panel))
    if one.silent and marks.used(one.framework):
        panel = used_months(one.panel)
        evidence[:, 0] -= marks_of(draws, one.framework, one.hyperparameters, panel, one.silent)
    found = emission.run_chain(draws, evidence)
    return Told(found.log_marginal + emission.log_labels(draws, one.framework), found.filtered[:, -1])


def marks_of(
    draws: Mapping[str, np.ndarray],
    framework: Framework,
    hyperparameters: Hyperparameters,
    panel: xr.Dataset,
    places: tuple[int, ...],
) -> np.ndarray:
    """Return the evidence of the marks of some indicators, which adds to that of the others; dims (draw, scenario).

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    framework, hyperparameters
        The experts' table and how marks are read.
    panel
        With the marks, without padded months.
    places
        Of the indicators.

    Raises
    ------
    RunError
        If raters marked one by one.
    """
    table = marks.as_seen(framework.table, panel)
    if len(table.ratings):
        message = "marks of single raters share their raters, so that no row can be left out; only a fit can tell"
        raise RunError(message)
    chosen = list(places)
    rows = replace(
        table,
        expected=table.expected[chosen],
        marks=table.marks[chosen],
        descriptors=tuple(table.descriptors[place] for place in chosen),
    )
    climate = emission.with_climate(draws, framework)[CLIMATE][:, 0, chosen]
    part = {**draws, names.STRENGTH: draws[names.STRENGTH][:, chosen]}
    return marks.log_emission(part, rows, hyperparameters, climate, framework.residual)


def _prior_ratio(free: xr.Dataset, before: Declared, after: Declared) -> np.ndarray:
    """Return what the priors that differ say of each draw, nats; dims (draw)."""
    total = np.zeros(free.sizes[names.CHAIN] * free.sizes[names.DRAW])
    for name, new in after.hyperparameters.priors.items():
        old = before.hyperparameters.priors[name]
        same = all(np.array_equal(old.arguments[key], value) for key, value in new.arguments.items())
        if name in free and not same:
            values = free[name].transpose(*SAMPLE, *new.dims).to_numpy()
            flat = values.reshape(-1, *new.shape)
            total += log_density(new, flat) - log_density(old, flat)
    return total
