"""What the month ahead may show, and how likely under each scenario: one channel for each thing to look at.

Shocks of the month ahead go on from the last ones and are averaged over; parameters are those of each draw.
Silence is an outcome where somebody looks: a count or a number of acts may be 0, a step may not be taken, a
publication that is due may not come. That no report comes is as likely in every scenario and says nothing.

Invariant: the outcomes of every channel have chances that sum to one, under each scenario of each draw, and a report
that comes has the chances that family ``direction`` gives it (``tests/unit/test_channels.py``). Not valid beyond one
observation of each kind: reports of one month share their reading and their shocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit, ndtr, stdtr

from indicast import names
from indicast.explain._channel import Ahead, Channel
from indicast.explain._typical import typical_report
from indicast.forecast import latest_watch, standings
from indicast.generative import count, direction, emission, event, level, milestone, shocks
from indicast.generative.families import CLIMATE
from indicast.panel import NOT_LOOKED, reference_rate, reference_window, scheduled_peaks
from indicast.workspace import month_index

if TYPE_CHECKING:
    from indicast.forecast import Standing
    from indicast.workspace import Framework

TAIL = 1e-3
"""Chance of the numbers that are taken together as the last outcome of a count."""
EDGES = np.sinh(np.linspace(-10.0, 10.0, 81) / 2.0)
"""Where a continuous outcome is cut, in scales from its centre."""
EVENLY = np.array([1.0, 2.0]) / 3.0
"""Where the classes of a continuous outcome that are shown end."""


def channels(ahead: Ahead) -> Iterator[Channel]:
    """Yield everything that may be looked at, family by family.

    Parameters
    ----------
    ahead
        What is known of the month ahead.
    """
    for family in ahead.setting.framework.families:
        yield from STREAMS[family](ahead)


def _felt(ahead: Ahead) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of the climate ahead, probit units and their square; dims (draw, indicator)."""
    draws, group = ahead.draws, emission.group_of(ahead.setting.framework)
    tilt, fade = shocks.tilt(draws), draws[names.PERSISTENCE][:, None] ** ahead.months
    size = draws[names.GLOBAL_SCALE][:, None] ** 2 + draws[names.GROUP_SCALE][:, group] ** 2
    return tilt + fade * (draws[CLIMATE][:, -1] - tilt), (1.0 - fade**2) * size


def _readings(ahead: Ahead, indicator: int) -> np.ndarray:
    """Return P(reading | scenario); dims (draw, scenario, direction)."""
    (mean, variance), framework = (one[:, indicator, None] for one in _felt(ahead)), ahead.setting.framework
    scale = np.sqrt(1.0 + variance)
    eta = ahead.draws[names.STRENGTH][:, indicator, None] * framework.expected[indicator] + mean
    reading = direction.reading_probability(eta / scale, ahead.draws[names.THRESHOLD][:, None] / scale)
    return direction.flat_where_residual(reading, framework.residual)


def _reports(ahead: Ahead) -> Iterator[Channel]:
    framework, panel, draws = ahead.setting.framework, ahead.setting.panel, ahead.draws
    news, used = direction.flat_news(draws), panel["cell_used"].to_numpy()
    for one in framework.directed:
        place = framework.indicators.index(one.id)
        seen = np.zeros(panel.sizes[names.TIME], dtype=bool)
        seen[panel["cell_time"].to_numpy()[used & (panel["cell_indicator"].to_numpy() == place)]] = True
        source = typical_report(panel, ahead.setting.hyperparameters, place, ahead.window)
        weight = _readings(ahead, place)
        weight[..., 1] *= news[:, place, None]
        reading = weight / weight.sum(axis=-1, keepdims=True)
        rho = (draws[names.RELIABILITY][:, source.grade] * source.factor)[:, None, None]
        said = rho * reading + (1.0 - rho) * draws[names.SLANT_SHARES][:, source.slant][:, None]
        yield Channel(
            "direction", one.id, source.words, seen, framework.declaration.directions, said, grade=source.letter
        )


def _numbers(density: Callable[[np.ndarray], np.ndarray], size: int = 8) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the numbers that may be found, the last ones taken together, and their chances."""
    chance = np.exp(density(np.arange(size)))
    beyond = 1.0 - chance.mean(axis=0).cumsum(axis=-1).min(axis=0)
    if beyond[-1] > TAIL:
        return _numbers(density, 2 * size)
    last = max(int((beyond <= TAIL).argmax()), 1) + 1
    rest = np.maximum(1.0 - chance[..., :last].sum(axis=-1, keepdims=True), 0.0)
    return (*map(str, range(last)), f"{last} or more"), np.concatenate([chance[..., :last], rest], axis=-1)


def _watch(ahead: Ahead, family: str, parameter: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return when each series was watched, how it was when last watched, and that as words."""
    coverage = ahead.setting.panel[f"{family}_coverage"].to_numpy()
    latest = latest_watch(coverage, ahead.setting.hyperparameters.priors[parameter].mean())
    words = ahead.setting.hyperparameters.coords[names.COVERAGE]
    return coverage != NOT_LOOKED, latest, [str(words[place]) for place in latest]


def _counts(ahead: Ahead) -> Iterator[Channel]:
    framework, hyperparameters, draws = ahead.setting.framework, ahead.setting.hyperparameters, ahead.draws
    looked, latest, words = _watch(ahead, "count", names.DETECTION)
    month = (framework.start_index + ahead.place) % 12
    peak = scheduled_peaks(framework, ahead.place + 1)[-1]
    level_ = np.log(_reference(ahead, looked)) + np.log(draws[names.DETECTION][:, latest])
    level_ = level_ + draws[names.SEASON][:, :, month] + peak * draws[names.PEAK]
    mean = np.exp(level_[..., None] + hyperparameters.number("growth_years") * draws[names.GROWTH])
    for place, one in enumerate(framework.counts):
        spread, here = draws[names.OVERDISPERSION][:, place, None, None], mean[:, place, :, None]
        outcomes, chance = _numbers(partial(count.negative_binomial, mean=here, overdispersion=spread))
        yield Channel("count", one.id, f"the month's count, watch {words[place]}", looked[:, place], outcomes, chance)


def _reference(ahead: Ahead, looked: np.ndarray) -> np.ndarray:
    """Return the trailing rate of the month ahead; months in between are months that nobody watched."""
    hyperparameters, panel = ahead.setting.hyperparameters, ahead.setting.panel
    first = max(ahead.place - reference_window(hyperparameters), 0)
    detected = hyperparameters.priors[names.DETECTION].mean()
    exposure = np.where(looked, detected[np.maximum(panel["count_coverage"].to_numpy(), 0)], 0.0)
    seen = np.where(looked, panel["count"].to_numpy(), 0)
    return reference_rate(hyperparameters, seen[first:].sum(axis=0), exposure[first:].sum(axis=0))


def _acts(ahead: Ahead) -> Iterator[Channel]:
    looked, latest, words = _watch(ahead, "event", names.EVENT_DETECTION)
    mean = event.row_rate(ahead.draws) * ahead.draws[names.EVENT_DETECTION][:, latest, None]
    for place, one in enumerate(ahead.setting.framework.events):
        outcomes, chance = _numbers(partial(event.log_poisson, mean=mean[:, place, :, None]))
        yield Channel("event", one.id, f"the month's acts, watch {words[place]}", looked[:, place], outcomes, chance)


def _cut(centre: np.ndarray, scale: np.ndarray, tail: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return chances of a continuous outcome between edges, and its class of three that are about as likely."""
    edges = centre.mean() + np.median(scale) * EDGES
    distance = (edges - centre[..., None]) / scale[:, None, None]
    below = ndtr(distance) if tail is None else stdtr(tail, distance)
    ends = np.zeros_like(below[..., :1])
    chance = np.diff(np.concatenate([ends, below, ends + 1.0], axis=-1), axis=-1)
    cumulated = chance.mean(axis=(0, 1)).cumsum()
    return chance, np.searchsorted(EVENLY, cumulated - chance.mean(axis=(0, 1)) / 2.0)


def _series(ahead: Ahead, family: str) -> Iterator[tuple[str, int, np.ndarray]]:
    """Yield the series of a family that had readings: label, place, and the months of them."""
    panel = ahead.setting.panel
    used, where = panel[f"{family}_used"].to_numpy(), panel[f"{family}_place"].to_numpy()
    for place, label in enumerate(ahead.setting.framework.series(family)):
        seen = np.zeros(panel.sizes[names.TIME], dtype=bool)
        seen[panel[f"{family}_time"].to_numpy()[used & (where == place)]] = True
        yield label, place, seen


LOW_TO_HIGH = ("low third", "middle third", "high third")


def _levels(ahead: Ahead) -> Iterator[Channel]:
    tail = ahead.setting.hyperparameters.number("level_tail")
    for label, place, seen in _series(ahead, "level"):
        gap = ahead.place - (int(np.flatnonzero(seen)[-1]) if seen.any() else ahead.place - 1)
        centre = ahead.draws[names.DRIFT][:, place] * gap / level.MONTHS_PER_YEAR
        chance, shown = _cut(centre, ahead.draws[names.LEVEL_SCALE][:, place], tail)
        yield Channel("level", label, f"a number of {label}", seen, LOW_TO_HIGH, chance, shown)


def _shares(ahead: Ahead) -> Iterator[Channel]:
    for label, place, seen in _series(ahead, "share"):
        centre = logit(ahead.draws[names.SHARE_CENTRE][:, place]) + ahead.draws[names.HOUSE_EFFECT][:, place, None]
        chance, shown = _cut(centre, ahead.draws[names.SHARE_SCALE][:, place])
        yield Channel("share", label, f"a share of {label}", seen, LOW_TO_HIGH, chance, shown)


def _steps(ahead: Ahead) -> Iterator[Channel]:
    months = ahead.setting.panel.sizes[names.TIME]
    rate = milestone.milestone_rate(ahead.draws, ahead.setting.framework)
    for place, one in enumerate(standings(ahead.tree)):
        if one.open:
            chance = np.stack([np.exp(-rate[:, place]), -np.expm1(-rate[:, place])], axis=-1)
            seen = np.arange(months) == _month_of_word(one, ahead.setting.framework)
            yield Channel("milestone", one.milestone, "whether it is taken", seen, ("not taken", "taken"), chance)


def _month_of_word(one: Standing, framework: Framework) -> int:
    """Return the month of the latest clear word on a milestone, which may speak of many months; -1 if there is none."""
    if one.day is None or one.state != "open":
        return -1
    return month_index(f"{one.day:%Y-%m}") - framework.start_index


def _publications(ahead: Ahead) -> Iterator[Channel]:
    framework, panel = ahead.setting.framework, ahead.setting.panel
    used, where = panel["silence_used"].to_numpy(), panel["silence_indicator"].to_numpy()
    for one in framework.declaration.indicators:
        if one.embarrassing is None:
            continue
        place, due = framework.indicators.index(one.id), np.zeros(panel.sizes[names.TIME], dtype=bool)
        due[panel["silence_time"].to_numpy()[used & (where == place)]] = True
        shown = _shown(ahead, place, framework.declaration.directions.index(one.embarrassing))
        came = (_readings(ahead, place) * shown[:, None]).sum(axis=-1)
        chance = np.stack([1.0 - came, came], axis=-1)
        yield Channel("withheld", one.id, "whether what is due comes", due, ("withheld", "came"), chance)


def _shown(ahead: Ahead, place: int, reading: int) -> np.ndarray:
    """Return how readily each reading of an indicator is published; dims (draw, direction)."""
    import xarray as xr

    due = {"time": 0, "indicator": place, "reading": reading, "published": True, "used": True}
    silence = {f"silence_{name}": ((names.SILENCE,), [value]) for name, value in due.items()}
    cell = {f"cell_{name}": ((names.CELL,), [due[name]]) for name in ("time", "indicator")}
    return direction.cell_shown(ahead.draws, xr.Dataset(silence | cell))[:, 0]


STREAMS: dict[str, Callable[[Ahead], Iterator[Channel]]] = {
    "direction": _reports,
    "count": _counts,
    "event": _acts,
    "share": _shares,
    "level": _levels,
    "milestone": _steps,
    "withheld": _publications,
}
