"""Monthly counts with their coverage and a trailing reference rate.

Invariant: the reference of month t uses months before t only, and silence is no
zero unless somebody looked (``tests/unit/test_panel.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.panel._streams import NOT_LOOKED, coverage_of, fed_rows

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.panel._sizes import Sizes
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Arrays with dims (time, counted).

    Attributes
    ----------
    count
        Events known to have begun in the month, >= 0.
    coverage
        Index of the coverage word, or :data:`NOT_LOOKED`.
    reference
        Expected events in a fully covered month, from the months before; > 0.
    """

    count: np.ndarray
    coverage: np.ndarray
    reference: np.ndarray


def monthly_counts(framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, months: int) -> Counts:
    """Return what was counted in each month from the start."""
    shape, rows = (months, len(framework.counts)), fed_rows(framework, ledger, "count", months)
    count, coverage = np.zeros(shape, dtype=np.int64), np.full(shape, NOT_LOOKED, dtype=np.int64)
    for place, indicator in enumerate(framework.counts):
        time = rows.loc[rows["fed_label"] == indicator.id, "time"].to_numpy(dtype=np.int64)
        count[:, place] = np.bincount(time, minlength=months)
        coverage[:, place] = coverage_of(framework, hyperparameters, ledger, indicator.id, months)
    return Counts(count, coverage, trailing_reference(hyperparameters, count, coverage))


def trailing_reference(hyperparameters: Hyperparameters, count: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Trailing rate: (weight rate + events) / (weight + expected exposure), past months only."""
    if not count.shape[1]:
        return np.zeros(count.shape)
    events = _trailing_sum(np.where(coverage == NOT_LOOKED, 0, count), reference_window(hyperparameters))
    return reference_rate(hyperparameters, events, trailing_exposure(hyperparameters, coverage))


def trailing_exposure(hyperparameters: Hyperparameters, coverage: np.ndarray) -> np.ndarray:
    """Return the fully covered months that the reference of each month rests on; dims (time, counted)."""
    detection = hyperparameters.priors[names.DETECTION].mean()
    exposure = np.where(coverage == NOT_LOOKED, 0.0, detection[coverage])
    return _trailing_sum(exposure, reference_window(hyperparameters))


def reference_window(hyperparameters: Hyperparameters) -> int:
    """Return how many months before a month its reference looks at."""
    return int(hyperparameters.number("reference_window_months"))


def reference_rate(hyperparameters: Hyperparameters, events: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Return events per fully covered month, shrunk to the declared rate; dims (..., counted)."""
    rates = hyperparameters.mapping("reference_rate")
    rate = np.array([rates[name] for name in hyperparameters.coords[names.COUNTED]])
    weight = hyperparameters.number("reference_weight_months")
    return np.asarray((weight * rate + events) / (weight + exposure))


def _trailing_sum(values: np.ndarray, window: int) -> np.ndarray:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    end = np.arange(values.shape[0])
    return np.asarray(total[end] - total[np.maximum(end - window, 0)])


def scheduled_peaks(framework: Framework, months: int) -> np.ndarray:
    """Return 1.0 in the months of a scheduled peak, else 0.0; dims (time, counted)."""
    peaks = np.zeros((months, len(framework.counts)))
    for place, indicator in enumerate(framework.counts):
        if indicator.major is None:
            continue
        for time in range(months):
            year, month = divmod(framework.start_index + time, 12)
            since = year - indicator.major.first_year
            scheduled = since >= 0 and since % indicator.major.every_years == 0
            peaks[time, place] = float(month + 1 == indicator.major.month and scheduled)
    return peaks


def count_variables(
    framework: Framework, counts: Counts, sizes: Sizes
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Return counts, coverage, reference and peaks padded in time; dims (time, counted)."""
    dims, more = (names.TIME, names.COUNTED), ((0, sizes.months - counts.count.shape[0]), (0, 0))
    return {
        "count": (dims, np.pad(counts.count, more)),
        "count_coverage": (dims, np.pad(counts.coverage, more, constant_values=NOT_LOOKED)),
        "count_reference": (dims, np.pad(counts.reference, more, mode="edge")),
        "count_peak": (dims, scheduled_peaks(framework, sizes.months)),
    }
