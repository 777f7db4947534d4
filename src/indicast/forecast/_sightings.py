"""What was seen of an indicator in a month, and everything that could have been seen instead.

Each family gives, for every scenario of the list, the chance of all outcomes that the same
reports, watch or reading could have had. Shocks are those of the month before, faded and blurred as
they fade and blur: what is predicted does not know the month itself.

Invariant: the chances of all outcomes sum (or integrate) to one, and that of the outcome
seen is the family's own likelihood when shocks are known (``tests/reference/test_surprise.py``). A residual
scenario has no place here: the question is what the listed ones explain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import expit, logit

from indicast import names
from indicast.generative import count, direction, emission, event, level, share, shocks
from indicast.panel import NOT_LOOKED

if TYPE_CHECKING:
    from indicast.generative.families import Setting

Draws = Mapping[str, np.ndarray]
MOST_REPORTS = 5
"""Reports of one cell whose joint outcomes are listed; of more, the first five count."""
FAR = 12.0
"""Standard deviations beyond the mean to which outcomes are listed."""
GRID = np.linspace(-FAR, FAR, 481)
"""Places of a continuous outcome, in scales from the centre (sinh of half of it where tails are heavy)."""


class Sighting(NamedTuple):
    """One outcome and its alternatives.

    Attributes
    ----------
    time, indicator
        Indices.
    chance
        Density of every possible outcome; dims (draw, scenario, outcome).
    measure
        How much each outcome stands for: 1, or a width; dims (outcome).
    seen
        Density of what was seen; dims (draw, scenario).
    value
        Where each outcome stands on a line: a number, a reading's place, or the sum of what the reports of a cell
        say, which several outcomes may share; dims (outcome).
    found
        Where what was seen stands on it.
    """

    time: int
    indicator: int
    chance: np.ndarray
    measure: np.ndarray
    seen: np.ndarray
    value: np.ndarray
    found: float


def sightings(draws: Draws, setting: Setting, first: int) -> Iterator[Sighting]:
    """Yield all sightings from a month on.

    Parameters
    ----------
    draws
        Free parameters by name and strengths, leading axis draw.
    setting
        Its panel says what was seen, without padded months.
    first
        Index of the first month.

    Yields
    ------
    sighting
        Of every family that speaks of indicators, in declared order of families.
    """
    for family in setting.framework.families:
        if family in SEEN_BY:
            yield from SEEN_BY[family](draws, setting, first)


def _listed(setting: Setting) -> np.ndarray:
    """Return what the listed scenarios expect; dims (indicator, scenario)."""
    return setting.framework.table.expected


def expected_climate(draws: Draws, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of each month's climate given the month before's.

    Returns
    -------
    mean, variance
        Probit units and their square; dims (draw, time, indicator) both.
    """
    group = emission.group_of(setting.framework)
    tilt, fade = shocks.tilt(draws)[:, None], draws[names.PERSISTENCE][:, None, None]
    shock = shocks.climate(draws, group) - tilt
    mean = np.concatenate([np.zeros_like(shock[:, :1]), fade * shock[:, :-1]], axis=1) + tilt
    size = draws[names.GLOBAL_SCALE][:, None] ** 2 + draws[names.GROUP_SCALE][:, group] ** 2
    new = np.concatenate([np.ones_like(fade), np.repeat(1.0 - fade**2, shock.shape[1] - 1, axis=1)], axis=1)
    return mean, size[:, None] * new


def _directions(draws: Draws, setting: Setting, first: int) -> Iterator[Sighting]:
    return directions_felt(draws, setting, first, *expected_climate(draws, setting))


def directions_felt(
    draws: Draws, setting: Setting, first: int, mean: np.ndarray, variance: np.ndarray
) -> Iterator[Sighting]:
    """Yield what cells of reports might have said under a climate that is known up to a variance.

    Parameters
    ----------
    draws, setting, first
        As in :func:`sightings`.
    mean, variance
        Of each month's climate, probit units and their square; dims (draw, time, indicator) both.

    Yields
    ------
    sighting
        Of each cell.
    """
    news, panel = direction.flat_news(draws), setting.panel
    shown = direction.cell_shown(draws, panel)
    places = {name: panel[f"cell_{name}"].to_numpy() for name in ("time", "indicator", "used")}
    for cell in np.flatnonzero(places["used"] & (places["time"] >= first)).tolist():
        time, indicator = int(places["time"][cell]), int(places["indicator"][cell])
        scale = np.sqrt(1.0 + variance[:, time, indicator])[:, None]
        eta = draws[names.STRENGTH][:, indicator, None] * _listed(setting)[indicator] + mean[:, time, indicator, None]
        reading = direction.reading_probability(eta / scale, draws[names.THRESHOLD][:, None] / scale)
        outcomes, message, place = _messages(draws, setting, cell)
        likelihood = direction.cell_log_emission(
            reading[:, None], message, news[:, indicator, None], shown[:, cell, None]
        )
        chance = np.exp(likelihood)
        chance = np.moveaxis(chance, 1, -1)
        leaning = outcomes.sum(axis=1)
        yield Sighting(
            time, indicator, chance, np.ones(len(outcomes)), chance[..., place], leaning, float(leaning[place])
        )


def _messages(draws: Draws, setting: Setting, cell: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return all that a cell's reports might say, their messages (draw, outcome, direction), and which was said."""
    used = np.flatnonzero(setting.panel["report_used"].to_numpy()[cell])[:MOST_REPORTS]
    columns = ("grade", "factor", "slant", "direction")
    grade, factor, slant, said = (setting.panel[f"report_{name}"].to_numpy()[cell, used] for name in columns)
    outcomes = np.array(list(product(direction.READINGS, repeat=used.size)))
    reliability = (draws[names.RELIABILITY][:, grade] * factor)[:, None]
    guess = draws[names.SLANT_SHARES][:, slant][:, None]
    message = direction.message(reliability, guess, outcomes, np.ones(outcomes.shape, dtype=bool))
    return outcomes, message, int((outcomes == said).all(axis=1).argmax())


def _numbers(
    time: int, indicator: int, mean: np.ndarray, number: int, log_chance: Callable[[np.ndarray], np.ndarray]
) -> Sighting:
    """Return a count's sighting; ``mean`` of the outcome has dims (draw, scenario)."""
    largest = max(number, int(np.ceil(mean.max() + FAR * (1.0 + np.sqrt(mean.max()) + mean.std()))))
    values = np.arange(largest + 1)
    chance = np.exp(log_chance(values))
    return Sighting(time, indicator, chance, np.ones(largest + 1), chance[..., number], values, float(number))


def _watched(coverage: np.ndarray, first: int) -> list[tuple[int, int]]:
    """Return month and place of what somebody looked at, from a month on."""
    return [(time, place) for time, place in np.argwhere(coverage != NOT_LOOKED).tolist() if time >= first]


def _counts(draws: Draws, setting: Setting, first: int) -> Iterator[Sighting]:
    panel, listed = setting.panel, ~setting.framework.residual
    coverage = panel["count_coverage"].to_numpy()
    detection = draws[names.DETECTION][:, np.maximum(coverage, 0)]
    log_mean = count.log_mean(draws, panel, setting.hyperparameters.number("growth_years"))
    mean = (np.exp(log_mean) * detection[..., None])[..., listed]
    for time, place in _watched(coverage, first):
        here, spread = mean[:, time, place], draws[names.OVERDISPERSION][:, place, None, None]
        indicator = setting.framework.indicators.index(setting.framework.counts[place].id)
        yield _numbers(
            time,
            indicator,
            here,
            int(panel["count"][time, place]),
            partial(count.negative_binomial, mean=here[..., None], overdispersion=spread),
        )


def _events(draws: Draws, setting: Setting, first: int) -> Iterator[Sighting]:
    panel, coverage = setting.panel, setting.panel["event_coverage"].to_numpy()
    mean = event.monthly_mean(draws, panel)[..., ~setting.framework.residual]
    for time, place in _watched(coverage, first):
        indicator = setting.framework.indicators.index(setting.framework.events[place].id)
        here = mean[:, time, place]
        yield _numbers(
            time,
            indicator,
            here,
            int(panel["event"][time, place]),
            partial(event.log_poisson, mean=here[..., None]),
        )


def _continuous(
    place: tuple[int, int], grid: np.ndarray, value: float, log_density: Callable[[np.ndarray], np.ndarray]
) -> Sighting:
    seen = np.exp(log_density(np.array([value])))[..., 0]
    return Sighting(*place, np.exp(log_density(grid)), np.gradient(grid), seen, grid, value)


def _levels(draws: Draws, setting: Setting, first: int) -> Iterator[Sighting]:
    arrays = {name: values for name, (_, values) in level.data(setting.panel).items()}
    owner, tail = _owners(setting, "level"), setting.hyperparameters.number("level_tail")
    rows = zip(*(arrays[name].tolist() for name in level.READINGS), strict=True)
    for time, series, change, gap in (row for row in rows if row[0] >= first):
        centre = draws[names.DRIFT][:, series][:, ~setting.framework.residual, None] * gap / level.MONTHS_PER_YEAR
        scale = draws[names.LEVEL_SCALE][:, series, None, None]
        grid = centre.mean() + np.median(scale) * np.sinh(GRID / 2.0)
        yield _continuous(
            (time, owner[series]),
            grid,
            change,
            partial(level.log_student, centre=centre, scale=scale, tail=tail),
        )


def _shares(draws: Draws, setting: Setting, first: int) -> Iterator[Sighting]:
    """Yield shares on the logit scale, where a step means the same everywhere."""
    arrays = {name: values for name, (_, values) in share.data(setting.panel).items()}
    owner = _owners(setting, "share")
    rows = zip(*(arrays[name].tolist() for name in share.READINGS), strict=True)
    for time, series, value in (row for row in rows if row[0] >= first):
        middle = logit(draws[names.SHARE_CENTRE][:, series][:, ~setting.framework.residual, None])
        centre = middle + draws[names.HOUSE_EFFECT][:, series, None, None]
        scale = draws[names.SHARE_SCALE][:, series, None, None]
        grid = centre.mean() + (np.median(scale) + centre.std()) * GRID
        yield _continuous(
            (time, owner[series]),
            grid,
            float(logit(value)),
            partial(_log_normal, centre=centre, scale=scale),
        )


def _log_normal(place: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the log-density of a share per unit of logit: that per unit of share less the Jacobian."""
    value = expit(place)
    jacobian = np.log(value) + np.log1p(-value)
    return np.asarray(share.log_logit_normal(value, expit(centre), scale) + jacobian)


def _owners(setting: Setting, family: str) -> list[int]:
    """Return the indicator of each series of a family."""
    declared = setting.framework.declaration.indicators
    owner = {series.id: place for place, one in enumerate(declared) for series in one.series}
    return [owner[series] for series in setting.framework.series(family)]


SEEN_BY: Final[Mapping[str, Callable[[Draws, Setting, int], Iterator[Sighting]]]] = {
    "direction": _directions,
    "count": _counts,
    "event": _events,
    "share": _shares,
    "level": _levels,
}
"""Families that speak of indicators. Milestones are no indicators, and of a publication only its reports are seen."""
