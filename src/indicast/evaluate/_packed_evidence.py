"""What the months of many simulated worlds say to somebody who knows the priors only.

A month's evidence is averaged over parameters, ``log E[p(month | scenario, theta)]``. Most
places of a month can turn out in a few ways only, so worlds are packed: what each month and
indicator showed is evaluated once for each distinct outcome, however many worlds share it.

Invariant: packed evidence equals that of each world alone
(``tests/reference/test_prior_gates.py``). Relies on a family's evidence about a month and an
indicator depending on nothing that is simulated elsewhere, save there by families that lead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from indicast import names
from indicast.generative.families import CLIMATE, Draws, Setting, active, series_indicator

if TYPE_CHECKING:
    import xarray as xr

    from indicast.generative.families import Family

Outcomes = Mapping[str, np.ndarray]
"""Simulated variables of one family; dims (world, *dims of the panel's variable)."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one family may say about one month and indicator.

    Attributes
    ----------
    time, indicator
        Indices; the indicator is -1 where the evidence belongs to none.
    code
        Which distinct outcome each world shows; dims (world).
    terms
        log p(outcome | scenario), nats; dims (outcome, draw, scenario).
    """

    time: int
    indicator: int
    code: np.ndarray
    terms: np.ndarray


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


def packed_evidence(
    believed: Draws, setting: Setting, found: Mapping[str, Outcomes], worlds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what :func:`expected_evidence` returns, of many worlds at once.

    Parameters
    ----------
    believed
        Draws from the priors, with their climate.
    setting
        Its panel gives what is the same in all worlds.
    found
        What was simulated, by family.
    worlds
        Number of worlds.

    Returns
    -------
    evidence, by_indicator
        Nats; dims (world, time, scenario) and (world, indicator, time, scenario).
    """
    leading = {name: values for one in active(setting) if one.leads for name, values in found[one.name].items()}
    outcomes = [
        one
        for family in active(setting)
        for one in family_outcomes(believed, setting, family, {**found[family.name], **leading})
    ]
    months, indicators = setting.panel.sizes[names.TIME], len(setting.framework.indicators)
    whole = np.zeros((worlds, months, len(setting.framework.scenarios)))
    alone = np.zeros((worlds, indicators, *whole.shape[1:]))
    for month in range(months):
        here = [one for one in outcomes if one.time == month]
        whole[:, month] = joint_evidence(here, worlds, whole.shape[-1])
        for indicator in {one.indicator for one in here} - {-1}:
            own = [one for one in here if one.indicator == indicator]
            alone[:, indicator, month] = joint_evidence(own, worlds, whole.shape[-1])
    return whole, alone


def joint_evidence(outcomes: Sequence[Outcome], worlds: int, scenarios: int) -> np.ndarray:
    """Return log E[product of outcomes | scenario], nats; dims (world, scenario)."""
    if not outcomes:
        return np.zeros((worlds, scenarios))
    codes, back = np.unique(np.stack([one.code for one in outcomes], axis=1), axis=0, return_inverse=True)
    total = outcomes[0].terms[codes[:, 0]]
    for place, one in enumerate(outcomes[1:], start=1):
        total += one.terms[codes[:, place]]
    top = total.max(axis=1, keepdims=True)
    total -= top
    mean = np.log(np.exp(total, out=total).mean(axis=1)) + top[:, 0]
    return np.asarray(mean[back.reshape(-1)])


def family_outcomes(believed: Draws, setting: Setting, family: Family, seen: Outcomes) -> list[Outcome]:
    """Return the distinct outcomes of each month and indicator that a family speaks of.

    Parameters
    ----------
    believed, setting
        As in :func:`packed_evidence`.
    family
        Whose evidence.
    seen
        What it and the families that lead showed.
    """
    groups = {name: _groups(setting, family.name, name) for name in seen}
    if not groups:
        return []
    everyone = np.unique(np.concatenate([one.ravel() for one in groups.values()]))
    shown = {int(group): _distinct(seen, groups, group) for group in everyone}
    shape = (len(believed[CLIMATE]), len(setting.framework.scenarios))
    terms: dict[int, np.ndarray] = {}
    canvas = setting.panel.assign({name: setting.panel[name].astype(seen[name].dtype) for name in seen}).copy(deep=True)
    for turn in range(max(len(first) for first, _ in shown.values())):
        _paint(canvas, seen, groups, {group: first[min(turn, len(first) - 1)] for group, (first, _) in shown.items()})
        places = family.places(believed, Setting(setting.framework, setting.hyperparameters, canvas))
        for place, group in enumerate(_group(setting, places.time, places.indicator).tolist()):
            if turn < (size := len(shown[group][0])):
                terms.setdefault(group, np.zeros((size, *shape)))[turn] += places.terms[:, place]
    return [Outcome(*_named(setting, group), shown[group][1], table) for group, table in terms.items()]


def _paint(canvas: xr.Dataset, seen: Outcomes, groups: Mapping[str, np.ndarray], worlds: Mapping[int, int]) -> None:
    """Let each group of a panel show what it shows in a world of its own; in place, which is quick."""
    for name, values in seen.items():
        world = np.array([worlds[group] for group in groups[name].ravel().tolist()])
        slots = values.reshape(len(values), world.size, *values.shape[1 + groups[name].ndim :])
        canvas[name].to_numpy()[...] = slots[world, np.arange(world.size)].reshape(values.shape[1:])


def _distinct(seen: Outcomes, groups: Mapping[str, np.ndarray], group: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a world that shows each distinct outcome of a group, and the outcome of each world."""
    parts = [values[:, groups[name] == group].reshape(len(values), -1) for name, values in seen.items()]
    _, first, code = np.unique(np.concatenate(parts, axis=1), axis=0, return_index=True, return_inverse=True)
    return first, code.reshape(-1)


def _groups(setting: Setting, family: str, name: str) -> np.ndarray:
    """Return the group, month and indicator in one number, of each slot of a simulated variable."""
    panel, framework = setting.panel, setting.framework
    leading, *rest = (str(dim) for dim in panel[name].dims)
    if leading == names.TIME:
        fixed = {names.COUNTED: framework.counts, names.EVENT_SERIES: framework.events}
        ids = [framework.indicators.index(one.id) for one in fixed.get(rest[0], ())]
        column = np.array(ids if rest[0] in fixed else [-1] * panel.sizes[rest[0]], dtype=np.int64)
        return _group(setting, np.arange(panel.sizes[names.TIME])[:, None], column)
    kind = name.partition("_")[0].replace("report", "cell")
    if kind in {"cell", "silence"}:
        return _group(setting, panel[f"{kind}_time"].to_numpy(), panel[f"{kind}_indicator"].to_numpy())
    of_series = series_indicator(framework, family)
    return _group(setting, panel[f"{kind}_time"].to_numpy(), of_series[panel[f"{kind}_place"].to_numpy()])


def _group(setting: Setting, time: np.ndarray, indicator: np.ndarray) -> np.ndarray:
    columns = len(setting.framework.indicators) + 1
    return np.asarray(time * columns + indicator + 1)


def _named(setting: Setting, group: int) -> tuple[int, int]:
    """Return month and indicator of a group."""
    time, column = divmod(group, len(setting.framework.indicators) + 1)
    return time, column - 1
