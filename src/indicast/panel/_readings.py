"""Numbers that may be compared: shares, and changes of a level between two readings.

Invariant: a change joins two readings of one series, the earlier of which was known as
well, and rows of one origin on one day are one reading
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


def share_variables(framework: Framework, ledger: Ledger, months: int, slots: int) -> Variables:
    """Return month, series and value in (0, 1) of each share reading; dims (share_reading)."""
    rows = _readings(framework, ledger, "share", months)
    rows = rows[(rows["value"] > 0.0) & (rows["value"] < PER_CENT)]
    return _variables("share", framework, rows, {"value": rows["value"].to_numpy() / PER_CENT}, slots)


def level_variables(framework: Framework, ledger: Ledger, months: int, slots: int) -> Variables:
    """Return month, series, log-change and gap in months of each level reading; dims (level_reading)."""
    rows = _readings(framework, ledger, "level", months)
    rows = rows[rows["value"] > 0.0]
    series = rows.groupby("fed_label", sort=False)
    change = np.log(rows["value"]) - np.log(series["value"].shift())
    gap = series["event_date"].diff().dt.days / DAYS_PER_MONTH
    joined = (change.notna() & (gap > 0.0)).to_numpy(dtype=bool)
    columns = {"change": change[joined].to_numpy(), "gap": gap[joined].to_numpy()}
    return _variables("level", framework, rows[joined], columns, slots)


def number_of_readings(framework: Framework, ledger: Ledger, months: int) -> int:
    """Return how many slots the larger of the two families needs."""
    found = (fed_rows(framework, ledger, family, months) for family in ("share", "level"))
    return max(len(rows) for rows in found)


def _readings(framework: Framework, ledger: Ledger, family: str, months: int) -> pd.DataFrame:
    """Return the rows of a family by series and day, one a day and origin, values as numbers."""
    rows = fed_rows(framework, ledger, family, months)
    rows = rows[rows["value"] != ""]
    rows = rows.assign(value=rows["value"].astype(float)).sort_values(["fed_label", "event_date", "origin_id", "line"])
    return rows.drop_duplicates(["fed_label", "event_date", "origin_id"])


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
