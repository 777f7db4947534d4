"""What was known, as one dataset of months, cells and reports.

Invariant: arrays are padded to a size that grows in declared steps, so that a new
month seldom changes a shape; padded places are masked and carry no evidence
(``tests/unit/test_panel.py``). The panel holds nothing from after ``known_at``.
"""

from __future__ import annotations

import calendar
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from indicast import names
from indicast.errors import DataError
from indicast.panel._counts import NOT_LOOKED, Counts, monthly_counts, scheduled_peaks
from indicast.panel._reports import direction_reports
from indicast.workspace import Framework, month_index

if TYPE_CHECKING:
    import pandas as pd

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Vintage:
    """Which month is described, and with whose knowledge.

    Attributes
    ----------
    as_of
        The last month, as YYYY-MM.
    known_at
        The last day whose news may be used.
    """

    as_of: str
    known_at: date


@dataclass(frozen=True, slots=True)
class Sizes:
    """Padded sizes of the dims time, cell and report, and the largest count."""

    months: int
    cells: int
    reports: int
    count: int

    def at_least(self, other: Sizes) -> Sizes:
        """Return the larger of both in each dim."""
        return Sizes(*(max(pair) for pair in zip(astuple(self), astuple(other), strict=True)))


def vintage(ledger: Ledger, as_of: str | None = None, known_at: date | None = None) -> Vintage:
    """Return a vintage with the defaults filled in.

    Parameters
    ----------
    ledger
        Its latest known date gives the default month.
    as_of
        YYYY-MM, or None.
    known_at
        Last usable day; the month's last day by default.

    Raises
    ------
    DataError
        If ``as_of`` is no month.
    """
    month = as_of or ledger.latest_known().strftime("%Y-%m")
    try:
        index = month_index(month)
    except ValueError as error:
        message = f"--as-of: {error}"
        raise DataError(message) from None
    return Vintage(month, known_at or last_day(index))


def last_day(index: int) -> date:
    """Return the last day of a month given in months since year 0.

    Examples
    --------
    >>> last_day(2024 * 12 + 1)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(index, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def build_panel(
    framework: Framework,
    hyperparameters: Hyperparameters,
    ledger: Ledger,
    when: Vintage,
    sizes: Sizes | None = None,
    today: date | None = None,
) -> xr.Dataset:
    """Return the months from the start to ``when.as_of`` as then known.

    Parameters
    ----------
    framework, hyperparameters, ledger
        The whole ledger may be passed; it is restricted here.
    when
        Month and day of knowledge.
    sizes
        Smallest padded sizes, so that several panels share one shape.
    today
        A later month is refused; the current day by default.

    Returns
    -------
    panel
        Dims (time, cell, report, counted); see ``docs/panel.md`` for its variables.

    Raises
    ------
    DataError
        If the month lies before the start or in the future.
    """
    months = _months(framework, when, today or datetime.now(tz=UTC).date())
    known = ledger.known(when.known_at)
    reports = direction_reports(framework, hyperparameters, known, months)
    counts = monthly_counts(framework, hyperparameters, known, months)
    padded = _padded_sizes(framework, _needed(reports, counts, months), sizes)
    variables = _cell_variables(reports, padded) | _count_variables(framework, counts, padded)
    variables["month_used"] = ((names.TIME,), np.arange(padded.months) < months)
    panel = xr.Dataset(variables, coords=_coords(framework, padded))
    return panel.assign_attrs(
        as_of=when.as_of,
        known_at=when.known_at.isoformat(),
        months=months,
        reports=len(reports),
        largest_count=padded.count,
    )


def _months(framework: Framework, when: Vintage, today: date) -> int:
    months = month_index(when.as_of) - framework.start_index + 1
    start = framework.declaration.start.month
    if months < 1:
        message = f"--as-of {when.as_of} is before the framework starts; ask for {start} or later"
        raise DataError(message)
    if month_index(when.as_of) > today.year * 12 + today.month - 1:
        message = f"--as-of {when.as_of} is in the future; ask for {today:%Y-%m} or earlier"
        raise DataError(message)
    return months


def _needed(reports: pd.DataFrame, counts: Counts, months: int) -> Sizes:
    per_cell = reports.groupby(["time", "indicator_index"]).size()
    return Sizes(months, len(per_cell), int(per_cell.max()) if len(per_cell) else 0, int(counts.count.max(initial=0)))


def _padded_sizes(framework: Framework, needed: Sizes, least: Sizes | None) -> Sizes:
    step = framework.declaration.padding
    wanted = needed.at_least(least) if least else needed
    steps = (step.months, step.cells, step.reports, step.count)
    return Sizes(*(_round_up(size, by) for size, by in zip(astuple(wanted), steps, strict=True)))


def _round_up(size: int, step: int) -> int:
    return step * max(1, -(-size // step))


def _cell_variables(reports: pd.DataFrame, sizes: Sizes) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    cell_of = reports.groupby(["time", "indicator_index"], sort=True).ngroup().to_numpy(dtype=np.int64)
    slot = reports.groupby(["time", "indicator_index"]).cumcount().to_numpy(dtype=np.int64)
    cells, shape = (sizes.cells,), (sizes.cells, sizes.reports)
    time, indicator, used = np.zeros(cells, np.int64), np.zeros(cells, np.int64), np.zeros(cells, bool)
    time[cell_of], indicator[cell_of], used[cell_of] = reports["time"], reports["indicator_index"], True
    variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "cell_time": ((names.CELL,), time),
        "cell_indicator": ((names.CELL,), indicator),
        "cell_used": ((names.CELL,), used),
    }
    columns = {
        "direction": (0, np.int64),
        "grade": (0, np.int64),
        "factor": (0.0, np.float64),
        "slant": (0, np.int64),
        "line": (-1, np.int64),
    }
    for column, (blank, kind) in columns.items():
        values = np.full(shape, blank, dtype=kind)
        values[cell_of, slot] = reports[column].to_numpy(dtype=kind)
        variables[f"report_{column}"] = ((names.CELL, names.REPORT), values)
    used_reports = np.zeros(shape, bool)
    used_reports[cell_of, slot] = True
    variables["report_used"] = ((names.CELL, names.REPORT), used_reports)
    return variables


def _count_variables(
    framework: Framework, counts: Counts, sizes: Sizes
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    dims, more = (names.TIME, names.COUNTED), ((0, sizes.months - counts.count.shape[0]), (0, 0))
    return {
        "count": (dims, np.pad(counts.count, more)),
        "count_coverage": (dims, np.pad(counts.coverage, more, constant_values=NOT_LOOKED)),
        "count_reference": (dims, np.pad(counts.reference, more, mode="edge")),
        "count_peak": (dims, scheduled_peaks(framework, sizes.months)),
    }


def _coords(framework: Framework, sizes: Sizes) -> dict[str, np.ndarray]:
    start = np.datetime64(framework.declaration.start.month, "M")
    time = (start + np.arange(sizes.months)).astype("datetime64[ns]")
    return {
        names.TIME: time,
        names.CELL: np.arange(sizes.cells),
        names.REPORT: np.arange(sizes.reports),
        names.COUNTED: np.array([indicator.id for indicator in framework.counts], dtype=object),
    }
