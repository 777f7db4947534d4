"""The evidence of a panel as it might have been, for all draws at once.

The same months, cells, sources and watches; only what was said and found is drawn again. Family by family it is
what ``simulate`` of that family draws for one draw, written a second time over all draws, because a posterior has
thousands.

Invariant: what is drawn follows the family's own likelihood: exact chances on a small case, and the same
distribution as the family's ``simulate`` (``tests/reference/test_replicated.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, logit

from indicast import names
from indicast.generative import count, direction, event, level, milestone, share, withheld
from indicast.generative.families import CLIMATE
from indicast.generative.ratings import chosen
from indicast.panel import NOT_LOOKED, reference_rate, reference_window, trailing_exposure

if TYPE_CHECKING:
    import xarray as xr

    from indicast.generative.families import Setting

Draws = Mapping[str, np.ndarray]
LARGEST: Final = 2**31 - 1
"""Larger numbers, which only absurd priors make, are drawn and kept as this one."""


def replicate(
    felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator, *, one_step: bool
) -> dict[str, np.ndarray]:
    """Return what every family in use shows under a scenario path of each draw.

    Parameters
    ----------
    felt
        Free parameters by name and strengths with the climate that is felt, leading axis draw.
    setting
        Its panel gives months, cells, sources and coverage; no padded months.
    path
        Index of the scenario; dims (draw, time).
    rng
        Source of randomness.
    one_step
        Whether each month follows what was really seen before it (a count's reference, which milestones
        were still open), rather than what was drawn for the months before.

    Returns
    -------
    shown
        The panel's variables with a leading axis of draws and without padded cells and reports: ``cell_direction``
        (the sign of the sum of a cell's reports) beside them; dims (draw, place) or (draw, time, series).
    """
    shown, panel = replicate_reports(felt, setting, path, rng), setting.panel
    if setting.framework.counts:
        shown["count"] = _counts(felt, setting, path, rng, one_step=one_step)
    if setting.framework.events:
        shown["event"] = rng.poisson(under(event.monthly_mean(felt, panel), path[:, :, None]))
    shown |= _shares(felt, setting, path, rng) | _levels(felt, setting, path, rng)
    if setting.framework.judgements:
        shown["milestone_done"] = _milestones(felt, setting, path, rng, one_step=one_step)
    return shown


def replicate_reports(
    felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return publications and the reports given what became of them; arguments as in :func:`replicate`."""
    shown: dict[str, np.ndarray] = {}
    if "withheld" in setting.framework.families and bool(setting.panel["silence_used"].any()):
        shown["silence_published"] = _publications(felt, setting, path, rng)
    if bool(setting.panel["report_used"].any()):
        shown["report_direction"] = _reports(felt, setting, path, shown.get("silence_published"), rng)
        shown["cell_direction"] = np.sign(by_cell(setting.panel, shown["report_direction"]))
    return shown


def under(values: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Return values under the scenario of each draw.

    Parameters
    ----------
    values
        Dims (draw, ..., scenario).
    state
        Index of the scenario; broadcast against all dims of ``values`` but the last.
    """
    index = np.broadcast_to(state, values.shape[:-1])[..., None]
    return np.asarray(np.take_along_axis(values, index, axis=-1)[..., 0])


def by_cell(panel: xr.Dataset, said: np.ndarray) -> np.ndarray:
    """Return reports added up in their cells; dims (draw, cell), no padded ones."""
    cell = np.nonzero(panel["report_used"].to_numpy()[panel["cell_used"].to_numpy()])[0]
    return np.asarray(np.add.reduceat(said, np.flatnonzero(np.diff(cell, prepend=-1)), axis=1))


def by_month(panel: xr.Dataset, said: np.ndarray) -> np.ndarray:
    """Return reports added up in their months; dims (draw, time)."""
    time = panel["cell_time"].to_numpy()[np.nonzero(panel["report_used"].to_numpy())[0]]
    member = time[:, None] == np.arange(panel.sizes[names.TIME])
    return np.asarray(said @ member.astype(np.int64))


def _publications(felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which publications come; dims (draw, silence)."""
    places = withheld.places(felt, replace(setting, panel=_all_published(setting.panel, came=True)))
    chance = np.exp(under(places.terms, path[:, places.time]))
    return rng.random(chance.shape) < chance


def _all_published(panel: xr.Dataset, *, came: bool) -> xr.Dataset:
    return panel.assign(silence_published=(panel["silence_published"].dims, np.full(panel.sizes[names.SILENCE], came)))


def _reports(
    felt: Draws, setting: Setting, path: np.ndarray, published: np.ndarray | None, rng: np.random.Generator
) -> np.ndarray:
    """Return what reports say, in {-1, 0, 1}; dims (draw, report)."""
    panel, used = setting.panel, setting.panel["cell_used"].to_numpy()
    reading = chosen(_reported_reading(felt, setting, path) * _shown(felt, panel, published)[:, used], rng)
    cell, slot = np.nonzero(panel["report_used"].to_numpy()[used])
    grade, factor, slant = (panel[f"report_{name}"].to_numpy()[used][cell, slot] for name in REPORTS)
    reliable = rng.random((len(path), cell.size)) < felt[names.RELIABILITY][:, grade] * factor
    guess = chosen(felt[names.SLANT_SHARES][:, slant], rng)
    return direction.READINGS.astype(np.int8)[np.where(reliable, reading[:, cell], guess)]


REPORTS: Final = ("grade", "factor", "slant")


def _reported_reading(felt: Draws, setting: Setting, path: np.ndarray) -> np.ndarray:
    """Return how readily each reading of a cell is there and is news; dims (draw, cell, direction)."""
    framework, (time, indicator) = setting.framework, direction.cells(setting.panel)
    state = path[:, time]
    eta = felt[names.STRENGTH][:, indicator] * framework.expected[indicator, state] + felt[CLIMATE][:, time, indicator]
    weight = direction.reading_probability(eta, felt[names.THRESHOLD][:, None])
    weight = np.where(framework.residual[state][..., None], 1.0 / direction.READINGS.size, weight)
    weight[..., 1] *= direction.flat_news(felt)[:, indicator]
    return weight


def _shown(felt: Draws, panel: xr.Dataset, published: np.ndarray | None) -> np.ndarray:
    """Return w of each cell given what was drawn of its publication; dims (draw or 1, cell, direction)."""
    if published is None:
        return np.ones((1, panel.sizes[names.CELL], direction.READINGS.size))
    came, kept = (direction.cell_shown(felt, _all_published(panel, came=one)) for one in (True, False))
    due = panel["silence_used"].to_numpy()
    same = [panel[f"cell_{name}"].to_numpy()[:, None] == panel[f"silence_{name}"].to_numpy()[due] for name in PLACED]
    cell, place = np.nonzero(same[0] & same[1])
    seen = kept.copy()
    seen[:, cell] = np.where(published[:, place, None], came[:, cell], kept[:, cell])
    return seen


PLACED: Final = ("time", "indicator")


def _counts(felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator, *, one_step: bool) -> np.ndarray:
    """Return counts, 0 where nobody looked; dims (draw, time, counted)."""
    panel, hyperparameters = setting.panel, setting.hyperparameters
    coverage, given = panel["count_coverage"].to_numpy(), panel["count_reference"].to_numpy()
    detection = np.where(coverage == NOT_LOOKED, 0.0, felt[names.DETECTION][:, np.maximum(coverage, 0)])
    level_found = under(count.log_mean(felt, panel, hyperparameters.number("growth_years")), path[:, :, None])
    mean, alpha = np.exp(level_found) * detection, felt[names.OVERDISPERSION] ** -2.0
    if one_step:
        return _overdispersed(mean, alpha[:, None], rng)
    found, exposure = np.zeros(mean.shape, np.int64), trailing_exposure(hyperparameters, coverage)
    for t in range(mean.shape[1]):
        before = found[:, max(0, t - reference_window(hyperparameters)) : t].sum(axis=1)
        follows = reference_rate(hyperparameters, before, exposure[t]) / given[t]
        found[:, t] = _overdispersed(mean[:, t] * follows, alpha, rng)
    return found


def _overdispersed(mean: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return negative-binomial numbers of a mean, with variance mean + mean^2 / alpha."""
    rate = rng.gamma(np.broadcast_to(alpha, mean.shape), mean / alpha)
    return np.minimum(rng.poisson(np.minimum(rate, LARGEST)), LARGEST)


def _shares(felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return shares in (0, 1); dims (draw, share_reading)."""
    if "share" not in setting.framework.families or not bool(setting.panel["share_used"].any()):
        return {}
    time, series, _ = (values for _, values in share.data(setting.panel).values())
    centre = logit(under(felt[names.SHARE_CENTRE][:, series], path[:, time])) + felt[names.HOUSE_EFFECT][:, series]
    return {"share_value": expit(rng.normal(centre, felt[names.SHARE_SCALE][:, series]))}


def _levels(felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return log-changes of levels; dims (draw, level_reading)."""
    if "level" not in setting.framework.families or not bool(setting.panel["level_used"].any()):
        return {}
    time, series, _, gap = (values for _, values in level.data(setting.panel).values())
    centre = under(felt[names.DRIFT][:, series], path[:, time]) * gap / level.MONTHS_PER_YEAR
    tail = setting.hyperparameters.number("level_tail")
    return {"level_change": centre + felt[names.LEVEL_SCALE][:, series] * rng.standard_t(tail, centre.shape)}


def _milestones(
    felt: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator, *, one_step: bool
) -> np.ndarray:
    """Return in which months steps are taken; dims (draw, time, milestone)."""
    rate = np.swapaxes(milestone.milestone_rate(felt, setting.framework), 1, 2)
    hazard = -np.expm1(-np.take_along_axis(rate, path[:, :, None], axis=1))
    taken = rng.random(hazard.shape) < hazard
    if one_step:
        return taken & asked(setting.panel)
    taken &= watched(setting.panel)
    return taken & (np.cumsum(taken, axis=1) == 1)


def asked(panel: xr.Dataset) -> np.ndarray:
    """Return in which months a milestone was open or was reached; dims (time, milestone)."""
    return np.asarray((panel["milestone_open"].to_numpy() > 0) | (panel["milestone_done"].to_numpy() > 0))


def watched(panel: xr.Dataset) -> np.ndarray:
    """Return in which months a milestone's state would be known, had it not been reached; dims (time, milestone)."""
    seen, reached = asked(panel), (panel["milestone_done"].to_numpy() > 0).any(axis=0)
    later = np.cumsum(seen[::-1], axis=0)[::-1] > 0
    return np.asarray((np.cumsum(seen, axis=0) > 0) & (later | reached))
