"""What was known, as one dataset of months, cells and reports.

Invariant: arrays are padded to a size that grows in declared steps, so that a new
month seldom changes a shape; padded places are masked and carry no evidence
(``tests/unit/test_panel.py``). The panel holds nothing from after ``known_at``.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from indicast import names
from indicast.errors import DataError
from indicast.panel._counts import count_variables, monthly_counts
from indicast.panel._events import event_variables
from indicast.panel._marks import mark_variables
from indicast.panel._outcomes import milestone_variables
from indicast.panel._readings import level_variables, number_of_readings, share_variables
from indicast.panel._reports import cell_variables, direction_reports
from indicast.panel._silences import due_months, silence_variables
from indicast.panel._sizes import Sizes, needed_sizes, padded_sizes
from indicast.workspace import Framework, month_index

if TYPE_CHECKING:
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
        Dims (time, cell, report) and those of the families; see ``docs/panel.md``.

    Raises
    ------
    DataError
        If the month lies before the start or in the future.
    """
    months = _months(framework, when, today or datetime.now(tz=UTC).date())
    known = ledger.known(when.known_at)
    reports = direction_reports(framework, hyperparameters, known, months)
    counts = monthly_counts(framework, hyperparameters, known, months)
    silences = due_months(framework, known, months)
    readings = number_of_readings(framework, known, months)
    needed = needed_sizes(reports, months, readings, len(silences))
    padded = padded_sizes(framework, needed, sizes)
    variables = (
        cell_variables(reports, padded)
        | count_variables(framework, counts, padded)
        | event_variables(framework, hyperparameters, known, months, padded.months)
        | share_variables(framework, known, months, padded.readings)
        | level_variables(framework, known, months, padded.readings)
        | milestone_variables(framework, known, months, padded.months)
        | silence_variables(silences, padded.silences)
    )
    variables |= mark_variables(framework)
    variables["month_used"] = ((names.TIME,), np.arange(padded.months) < months)
    panel = xr.Dataset(variables, coords=_coords(framework, hyperparameters, padded))
    return panel.assign_attrs(
        as_of=when.as_of,
        known_at=when.known_at.isoformat(),
        months=months,
        reports=len(reports),
    )


def used_months(panel: xr.Dataset) -> xr.Dataset:
    """Return a panel without padded months."""
    return panel.isel({names.TIME: slice(int(panel.attrs["months"]))})


def _months(framework: Framework, when: Vintage, today: date) -> int:
    months = month_index(when.as_of) - framework.start_index + 1
    start = framework.declaration.start.first_month
    if months < 1:
        message = f"--as-of {when.as_of} is before the framework starts; ask for {start} or later"
        raise DataError(message)
    if month_index(when.as_of) > today.year * 12 + today.month - 1:
        message = f"--as-of {when.as_of} is in the future; ask for {today:%Y-%m} or earlier"
        raise DataError(message)
    return months


def _coords(framework: Framework, hyperparameters: Hyperparameters, sizes: Sizes) -> dict[str, np.ndarray]:
    start = np.datetime64(framework.declaration.start.first_month, "M")
    time = (start + np.arange(sizes.months)).astype("datetime64[ns]")
    labelled = (names.COUNTED, names.EVENT_SERIES, names.MILESTONE)
    return {
        names.TIME: time,
        names.CELL: np.arange(sizes.cells),
        names.REPORT: np.arange(sizes.reports),
        **{dim: np.array(hyperparameters.coords[dim], dtype=object) for dim in labelled},
    }
