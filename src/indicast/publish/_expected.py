"""What the next months should show if the model is right.

Invariant: quantiles of counts and acts are counts: whole numbers that some draw took
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.publish._wording import listed, month_at
from indicast.workspace import Framework, Indicator, month_index

if TYPE_CHECKING:
    import xarray as xr

SAMPLE = (names.CHAIN, names.DRAW)


@dataclass(frozen=True, slots=True)
class CountAhead:
    """Events of one tallied indicator that one coming month would show.

    Attributes
    ----------
    indicator, month
        Name, with the directions that are tallied if not all are, and ISO month.
    likeliest, low, high
        The most frequent number and the central interval over draws.
    none
        Probability that there is none.
    """

    indicator: str
    month: str
    likeliest: int
    low: int
    high: int
    none: float


@dataclass(frozen=True, slots=True)
class ReportAhead:
    """What a report on one indicator would say next month, if there is one.

    Attributes
    ----------
    indicator
        Its name.
    shares
        Probability of each direction, in declared order.
    """

    indicator: str
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """Predictions of observations; ``month`` is the one the reports are about."""

    counts: tuple[CountAhead, ...]
    month: str
    directions: tuple[str, ...]
    reports: tuple[ReportAhead, ...]


def expected(tree: xr.DataTree, framework: Framework) -> Expected:
    """Return predicted counts, acts and directions of a run."""
    predictions, last = tree["predictions"].to_dataset(), month_index(tree.attrs["as_of"])
    directed = framework.directed
    shares = predictions["direction_ahead"].isel({names.AHEAD: 0}).mean(SAMPLE)
    reports = tuple(
        ReportAhead(one.name, tuple(float(p) for p in shares.sel({names.INDICATOR: one.id}).to_numpy()))
        for one in directed
    )
    draws = [(one.name, predictions["count_ahead"].sel({names.COUNTED: one.id})) for one in framework.counts]
    draws += [
        (_acts(one), predictions[names.EVENT_AHEAD].sel({names.EVENT_SERIES: one.id})) for one in framework.events
    ]
    counts = tuple(
        _count(found.sel({names.AHEAD: ahead}), framework, name, last)
        for name, found in draws
        for ahead in predictions[names.AHEAD].to_numpy()
    )
    return Expected(counts, month_at(last + 1), framework.declaration.directions, reports)


def _acts(indicator: Indicator) -> str:
    return f"{indicator.name} (acts that point to {listed(indicator.event_directions)})"


def _count(draws: xr.DataArray, framework: Framework, name: str, last: int) -> CountAhead:
    values, mass = draws.to_numpy().ravel().astype(np.int64), framework.declaration.forecast.interval
    low, high = np.quantile(values, [(1 - mass) / 2, (1 + mass) / 2], method="inverted_cdf")
    month = month_at(last + int(draws[names.AHEAD]))
    floor = framework.declaration.forecast.floor
    none = float(np.clip((values == 0).mean(), floor, 1 - floor))
    return CountAhead(name, month, int(np.bincount(values).argmax()), int(low), int(high), none)
