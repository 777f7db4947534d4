"""Numbers that may be compared: shares, and changes of a level between two readings.

Invariant: a change joins two days of one series, the earlier of which was known as well;
levels of one day are one reading, whoever gave them, and shares of one day and origin are
(``tests/unit/test_panel_families.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast.panel._streams import fed_rows

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger import Ledger
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]
DAYS_PER_MONTH = 365.25 / 12.0
PER_CENT = 100.0
DAY = ["fed_label", "event_date"]
"""A day of a series."""


def share_variables(framework: Framework, ledger: Ledger, months: int, slots: int) -> Variables:
    """Return month, series and value in (0, 1) of each share reading; dims (share_reading)."""
    rows = _shares(framework, ledger, months)
    return _variables("share", framework, rows, {"value": rows["value"].to_numpy() / PER_CENT}, slots)


def level_variables(framework: Framework, ledger: Ledger, months: int, slots: int) -> Variables:
    """Return month, series, log-change and gap in months of each level reading; dims (level_reading)."""
    rows = _changes(_levels(framework, ledger, months))
    columns = {name: rows[name].to_numpy() for name in ("change", "gap")}
    return _variables("level", framework, rows, columns, slots)


def reading_rows(framework: Framework, ledger: Ledger, family: str, months: int) -> pd.DataFrame:
    """Return the rows behind the readings of a family that are evidence; bases of levels are none."""
    if family == "share":
        return _shares(framework, ledger, months)
    rows = _levels(framework, ledger, months)
    changes = _changes(rows)
    return rows[rows.set_index(DAY).index.isin(changes.set_index(DAY).index)]


def number_of_readings(framework: Framework, ledger: Ledger, months: int) -> int:
    """Return how many slots the larger of the two families needs."""
    found = (fed_rows(framework, ledger, family, months) for family in ("share", "level"))
    return max(len(rows) for rows in found)


def _shares(framework: Framework, ledger: Ledger, months: int) -> pd.DataFrame:
    """Return the shares between none and all, one a day and origin."""
    rows = _numbers(framework, ledger, "share", months).drop_duplicates([*DAY, "origin_id"])
    return rows[(rows["value"] > 0.0) & (rows["value"] < PER_CENT)]


def _levels(framework: Framework, ledger: Ledger, months: int) -> pd.DataFrame:
    """Return the rows of levels above 0, with their logarithm."""
    rows = _numbers(framework, ledger, "level", months)
    rows = rows[rows["value"] > 0.0]
    return rows.assign(logarithm=np.log(rows["value"]))


def _changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the log-change and the gap in months of every day of a series but its first."""
    days = _averaged(rows)
    series = days.groupby("fed_label", sort=False)
    gap = series["event_date"].diff().dt.days / DAYS_PER_MONTH
    changes = days.assign(change=series["logarithm"].diff(), gap=gap)
    return changes[changes["change"].notna()]


def _averaged(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a series and day: the mean logarithm over origins, each with the mean of its rows."""
    of_origin = rows.groupby([*DAY, "origin_id"])["logarithm"].mean()
    mean = of_origin.groupby(level=DAY).mean()
    first = rows.sort_values([*DAY, "line"]).drop_duplicates(DAY)
    return first.assign(logarithm=mean.reindex(first.set_index(DAY).index).to_numpy())


def _numbers(framework: Framework, ledger: Ledger, family: str, months: int) -> pd.DataFrame:
    """Return the rows of a family that have a value, as a number, by series, day, origin and line."""
    rows = fed_rows(framework, ledger, family, months)
    rows = rows[rows["value"] != ""]
    return rows.assign(value=rows["value"].astype(float)).sort_values([*DAY, "origin_id", "line"])


def _variables(
    family: str, framework: Framework, rows: pd.DataFrame, columns: dict[str, np.ndarray], slots: int
) -> Variables:
    labels, dims = framework.series(family), (f"{family}_reading",)
    places = {
        "time": rows["time"].to_numpy(dtype=np.int64),
        "place": np.array([labels.index(label) for label in rows["fed_label"]], dtype=np.int64),
        "line": rows["line"].to_numpy(dtype=np.int64),
        "used": np.ones(len(rows), dtype=bool),
    }
    more = (0, slots - len(rows))
    blank = {"line": -1.0, "value": 0.5, "gap": 1.0}
    return {
        f"{family}_{name}": (dims, np.pad(values, more, constant_values=values.dtype.type(blank.get(name, 0))))
        for name, values in {**places, **columns}.items()
    }
