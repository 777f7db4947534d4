"""The evidence of every family, written plainly for any array library that looks like NumPy.

A new family is one more function in :data:`FAMILIES`. Sums over the cells of a month, or the reports of a cell, are
products with a matrix of ones and zeros, which every library differentiates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln

from indicast import names
from indicast.generative.emission import group_of, strength_weight
from indicast.generative.marks import mark_tables
from indicast.generative.milestone import owners, shared
from indicast.panel import NOT_LOOKED


@dataclass(frozen=True)
class Library:
    """The functions of an array library that the families use."""

    exp: Callable[..., Any]
    log: Callable[..., Any]
    log1p: Callable[..., Any]
    expm1: Callable[..., Any]
    erfc: Callable[..., Any]
    dot: Callable[..., Any]


def log_emission(xp: Library, p: Mapping[str, Any], job: Any) -> Any:
    """Return log p(evidence of the month | scenario); dims (time, scenario)."""
    q = {**p, **derived(xp, p, job)}
    months = len(job.panel[names.TIME])
    total = np.eye(months)[:, :1] * marks(xp, q, job)
    for family in job.framework.families:
        total = total + FAMILIES[family](xp, q, job)
    return total


def derived(xp: Library, p: Mapping[str, Any], job: Any) -> dict[str, Any]:
    """Return strengths, newsworthiness and climate."""
    weight = strength_weight(job.framework, job.hyperparameters)
    spread = job.hyperparameters.number("strength_sd")
    strength = p[names.STRENGTH_BASE] * weight * xp.exp(spread * p[names.STRENGTH_Z])
    odds = p[names.FLAT_NEWS_MEAN] + p[names.FLAT_NEWS_SCALE] * p[names.FLAT_NEWS_Z]
    return {"strength": strength, "flat_news": 1.0 / (1.0 + xp.exp(-odds)), "climate": climate(xp, p, job)}


def climate(xp: Library, p: Mapping[str, Any], job: Any) -> Any:
    """Return shocks and tilts; dims (time, indicator)."""
    months = np.arange(len(job.panel[names.TIME]))
    lag = months[:, None] - months
    phi = p[names.PERSISTENCE]
    matrix = xp.exp(xp.log(phi) * np.maximum(lag, 0)) * (lag >= 0)
    matrix = matrix * ((months == 0) + (months > 0) * (1.0 - phi**2) ** 0.5)
    common = p[names.GLOBAL_SCALE] * xp.dot(matrix, p[names.GLOBAL_INNOVATION])
    grouped = (p[names.GROUP_SCALE] * xp.dot(matrix, p[names.GROUP_INNOVATION]))[:, group_of(job.framework)]
    return p[names.TILT_MEAN] + p[names.TILT_SCALE] * p[names.TILT_Z] + common[:, None] + grouped


def probit(xp: Library, eta: Any, threshold: Any) -> tuple[Any, Any, Any]:
    """Return P(-1), P(0), P(+1)."""
    low, high = (0.5 * xp.erfc((threshold + sign * eta) / np.sqrt(2.0)) for sign in (1.0, -1.0))
    return low, 1.0 - low - high, high


def marks(xp: Library, q: Mapping[str, Any], job: Any) -> Any:
    """Return the evidence of the experts' marks; dims (scenario)."""
    present, support = mark_tables(job.framework.table, job.hyperparameters)
    omega = q[names.MARKS_OF_PRESENT]
    told = (omega * present + (1.0 - omega) * support[:, None, :]).prod(axis=2)
    eta = q["strength"][:, None] * job.framework.expected.astype(float) + q["climate"][0][:, None]
    low, flat, high = probit(xp, eta, q[names.THRESHOLD])
    return xp.log(low * told[:, 0:1] + flat * told[:, 1:2] + high * told[:, 2:3]).sum(axis=0)


def direction(xp: Library, q: Mapping[str, Any], job: Any) -> Any:
    data, expected = job.data, job.framework.expected.astype(float)
    time, indicator = data["cell_time"], data["cell_indicator"]
    eta = q["strength"][indicator][:, None] * expected[indicator] + q["climate"][time, indicator][:, None]
    low, flat, high = probit(xp, eta, q[names.THRESHOLD])
    flat = flat * q["flat_news"][indicator][:, None]
    said = xp.exp(_log_message(xp, q, data))
    joint = low * said[:, 0:1] + flat * said[:, 1:2] + high * said[:, 2:3]
    return xp.dot(_ones(time, len(job.panel[names.TIME])), xp.log(joint / (low + flat + high)))


def _log_message(xp: Library, q: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Any:
    reading = data["report_direction"] + 1
    rho = q[names.RELIABILITY][data["report_grade"]] * data["report_factor"]
    guessed = (1.0 - rho) * q[names.SLANT_SHARES][data["report_slant"], reading]
    terms = xp.log(guessed)[:, None] + xp.log1p(rho / guessed)[:, None] * np.eye(3)[reading]
    return xp.dot(_ones(data["report_cell"], len(data["cell_time"])), terms)


def count(xp: Library, q: Mapping[str, Any], job: Any) -> Any:
    data, years = job.data, job.hyperparameters.number("growth_years")
    spread = (q[names.OVERDISPERSION] ** 2)[None, :, None]
    level = np.log(data["count_reference"]) + q[names.SEASON][:, data["month_of_year"]].T
    level = level + data["count_peak"] * q[names.PEAK]
    level = level + xp.log(q[names.DETECTION])[np.maximum(data["count_coverage"], 0)]
    log_mu = level[:, :, None] + years * q[names.GROWTH][None]
    number = data["count"][:, :, None].astype(float)
    below = np.arange(max(int(number.max()), 1)).astype(float)
    rising = (xp.log1p(below * spread) * (below < number)).sum(axis=2)[:, :, None]
    crowding = (number + 1.0 / spread) * xp.log1p(xp.exp(log_mu) * spread)
    terms = rising + number * log_mu - crowding - gammaln(number + 1.0)
    return (terms * (data["count_coverage"] != NOT_LOOKED)[:, :, None]).sum(axis=1)


def event(xp: Library, q: Mapping[str, Any], job: Any) -> Any:
    coverage, number = job.data["event_coverage"], job.data["event"][:, :, None].astype(float)
    rate = (q[names.EVENT_RATE] + q[names.EVENT_BACKGROUND][:, None]) * q[names.LEDGER_DENSITY][:, None]
    mean = q[names.EVENT_DETECTION][np.maximum(coverage, 0)][:, :, None] * rate[None]
    terms = number * xp.log(mean) - mean - gammaln(number + 1.0)
    return (terms * (coverage != NOT_LOOKED)[:, :, None]).sum(axis=1)


def level(xp: Library, q: Mapping[str, Any], job: Any) -> Any:
    data, tail = job.data, job.hyperparameters.number("level_tail")
    series, scale = data["level_place"], q[names.LEVEL_SCALE][data["level_place"]][:, None]
    centre = q[names.DRIFT][series] * (data["level_gap"] / 12.0)[:, None]
    distance = (data["level_change"][:, None] - centre) / scale
    constant = gammaln((tail + 1.0) / 2.0) - gammaln(tail / 2.0) - 0.5 * np.log(tail * np.pi)
    terms = constant - xp.log(scale) - (tail + 1.0) / 2.0 * xp.log1p(distance**2 / tail)
    return xp.dot(_ones(data["level_time"], len(job.panel[names.TIME])), terms)


def milestone(xp: Library, q: Mapping[str, Any], job: Any) -> Any:
    framework, data = job.framework, job.data
    months = 12.0 * np.array([judgement.horizon_years for judgement in framework.judgements])
    rate = (-xp.log1p(-q[names.MILESTONE_CHANCE]) / months)[owners(framework)]
    if names.MILESTONE_SHIFT in q:
        rate = rate * xp.exp(xp.dot(_ones(shared(framework), len(owners(framework))), q[names.MILESTONE_SHIFT]))
    rate = rate * q[names.MILESTONE_CLARITY][:, None]
    reached = xp.log(-xp.expm1(-rate))
    return xp.dot(data["milestone_done"], reached) - xp.dot(data["milestone_open"], rate)


def _ones(place: Any, size: int) -> np.ndarray:
    """Return the matrix that adds up rows by their place; dims (place, row)."""
    return (np.arange(size)[:, None] == np.asarray(place)).astype(float)


FAMILIES: dict[str, Callable[..., Any]] = {
    "direction": direction,
    "count": count,
    "event": event,
    "level": level,
    "milestone": milestone,
}
