"""The next observations, ranked by what they are expected to say of the scenario.

For each thing that may be looked at in a coming month: the mutual information between it and the scenario at the end of
that month, times the chance to see it at all, which is the share of recent months in which it could be seen (Jeffreys'
prior: half a month seen and half a month not). What has never been seen is worth 0, and so is a series of numbers
without a number in these months.

Invariant: the values are those of a table written out by hand, whatever the order of draws; silence counts; what
cannot be seen comes last with 0 (``tests/unit/test_watch.py``). One month and one observation at a time: two reports
of one month are worth less than the sum, and what an observation teaches for later months is not in it. Sources: value
of information as mutual information, Lindley 1956, doi:10.1214/aoms/1177728069; Jeffreys 1946,
doi:10.1098/rspa.1946.0056.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.errors import RunError, WorkspaceError, one_of
from indicast.explain._channel import Ahead, Channel
from indicast.explain._channels import channels
from indicast.explain._information import expected_information, once_known
from indicast.explain._seen import SAMPLE, as_fitted
from indicast.explain._watched import Outcome, Watched
from indicast.generative import chain
from indicast.generative.families import Setting
from indicast.workspace import month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

HALF = 0.5
"""Months seen, and months not seen, that Jeffreys' prior of a chance is worth."""
SERIES = ("share", "level")
"""Families whose series are one source's: if it is silent for the whole window, it has ended."""


def watch_list(
    framework: Framework,
    hyperparameters: Hyperparameters,
    tree: xr.DataTree,
    *,
    month: str | None = None,
    pair: tuple[str, str] | None = None,
) -> tuple[Watched, ...]:
    """Return what is worth looking at in a month after the last one, most informative first.

    Parameters
    ----------
    framework, hyperparameters
        As used for the fit.
    tree
        A fit, with its panel.
    month
        YYYY-MM, after the fit's last one; the next one by default. Months in between bring no news.
    pair
        Ids of two scenarios; the two most probable ones by default.

    Raises
    ------
    RunError
        If the month is not after the last one of the fit.
    WorkspaceError
        If the pair is no pair of declared scenarios.
    """
    later = months_ahead(framework, tree, month)
    window = framework.declaration.watch.window_months
    seen = as_fitted(tree, framework, hyperparameters, 0, np.random.default_rng(0))
    ahead = Ahead(tree, Setting(framework, hyperparameters, seen.panel), seen, later, window)
    state = seen.filtered[:, -1]
    for _ in range(later):
        state = chain.step(state, seen.transition)
    places = pair_of(framework, state.mean(axis=0), pair)
    shape = tuple(tree["posterior"].sizes[dim] for dim in SAMPLE)
    found = [_watched(ahead, one, state, places, shape) for one in channels(ahead)]
    return tuple(sorted(found, key=lambda one: (-one.nats, -one.chance)))


def months_ahead(framework: Framework, tree: xr.DataTree, month: str | None) -> int:
    """Return how many months after the last one of a fit a month lies.

    Raises
    ------
    RunError
        If it is no later month.
    """
    last = framework.start_index + tree["posterior"].sizes[names.TIME] - 1
    if month is None:
        return 1
    try:
        months = month_index(month) - last
    except ValueError as error:
        message = f"--month: {error}"
        raise RunError(message) from None
    if months < 1:
        earlier = named_month(last + months - 1)
        message = (
            f"--month {month} is not after {named_month(last)}, the last month of the run; ask for "
            f"{named_month(last + 1)} or later, or use a run of the month before: "
            f"'indicast fit {framework.id} --as-of {earlier}'"
        )
        raise RunError(message)
    return months


def named_month(index: int) -> str:
    """Return a month given in months since year 0.

    Examples
    --------
    >>> named_month(2024 * 12)
    '2024-01'
    """
    year, month = divmod(index, 12)
    return f"{year:04d}-{month + 1:02d}"


def pair_of(framework: Framework, state: np.ndarray, pair: tuple[str, str] | None) -> tuple[int, int]:
    """Return the places of two scenarios, the more probable one first unless they were asked for.

    Raises
    ------
    WorkspaceError
        If they are not two declared scenarios.
    """
    if pair is None:
        first, second = np.argsort(-state, kind="stable")[:2].tolist()
        return first, second
    if set(pair) - set(framework.scenarios) or pair[0] == pair[1]:
        message = (
            f"the pair {', '.join(pair)} is no two scenarios of {framework.id}; there are {one_of(framework.scenarios)}"
        )
        raise WorkspaceError(message)
    return framework.scenarios.index(pair[0]), framework.scenarios.index(pair[1])


def _watched(
    ahead: Ahead, channel: Channel, state: np.ndarray, pair: tuple[int, int], shape: tuple[int, ...]
) -> Watched:
    framework, recent = ahead.setting.framework, channel.seen[-ahead.window :]
    chance = chance_to_see(channel.seen, ahead.window, ends=channel.stream in SERIES)
    worth = expected_information(state, channel.chance, shape)
    between = expected_information(state, channel.chance, shape, pair)
    indicator, name, driver = _belonging(framework, channel)
    last = np.flatnonzero(channel.seen)
    return Watched(
        month=named_month(framework.start_index + ahead.place),
        stream=channel.stream,
        label=channel.label,
        indicator=indicator,
        name=name,
        looked_for=channel.looked_for,
        grade=channel.grade,
        driver=driver,
        chance=chance,
        seen=int(recent.sum()),
        months=int(recent.size),
        last_seen=named_month(framework.start_index + int(last[-1])) if last.size else "",
        if_seen=worth.nats,
        nats=float(chance * worth.nats),
        mcse=float(chance * worth.mcse),
        pair=(framework.scenarios[pair[0]], framework.scenarios[pair[1]]),
        pair_nats=float(chance * between.nats),
        pair_mcse=float(chance * between.mcse),
        before=tuple(state.mean(axis=0).tolist()),
        outcomes=_outcomes(channel, state),
    )


def chance_to_see(seen: np.ndarray, window: int, *, ends: bool = False) -> float:
    """Return the chance that something can be seen in a month, by the record of the last months.

    Parameters
    ----------
    seen
        In which months it could be; dims (time).
    window
        Last months that count.
    ends
        Whether a silence of the whole window means that it is no longer there.

    Returns
    -------
    chance
        The mean under Jeffreys' prior; exactly 0 for what has never been seen or has ended.

    Examples
    --------
    >>> chance_to_see(np.array([True, True, False, True]), 3), chance_to_see(np.zeros(3, dtype=bool), 3)
    (0.625, 0.0)
    """
    recent = seen[-window:]
    if not (recent if ends else seen).any():
        return 0.0
    return float((recent.sum() + HALF) / (recent.size + 2 * HALF))


def _outcomes(channel: Channel, state: np.ndarray) -> tuple[Outcome, ...]:
    probability, scenario = once_known(state, channel.told)
    rows = zip(channel.outcomes, probability.tolist(), scenario.tolist(), strict=True)
    return tuple(Outcome(name, chance, tuple(after)) for name, chance, after in rows)


def _belonging(framework: Framework, channel: Channel) -> tuple[str, str, bool]:
    """Return id and name of what a channel is about, and whether it drives the scenarios."""
    if channel.stream == "milestone":
        return "", next(one.name for one in framework.declaration.milestones if one.id == channel.label), False
    for one in framework.declaration.indicators:
        if channel.label == one.id or channel.label in {series.id for series in one.series}:
            return one.id, one.name, one.driver
    message = f"{channel.label} belongs to no indicator of {framework.id}; run 'indicast check {framework.id}'"
    raise WorkspaceError(message)
