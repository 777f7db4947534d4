"""Statements that are evidence by their number or their act, and so by no direction as well.

Invariant: no origin is both in a tally, a share or a change of an indicator and in a direction
report of it in one month; a number that says nothing, such as the base of a series, silences
nobody (``tests/unit/test_streams.py``, by hypothesis).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast.panel._readings import reading_rows
from indicast.panel._streams import NOT_LOOKED, coverage_of, fed_rows

if TYPE_CHECKING:
    import pandas as pd

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

STATEMENT = ["time", "indicator", "origin_id"]


def told_by_number(
    rows: pd.DataFrame, framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, months: int
) -> np.ndarray:
    """Return which rows repeat a statement that a number or an act already brings in.

    Parameters
    ----------
    rows
        Rows that would be direction reports, with columns of :data:`STATEMENT`.
    framework, hyperparameters
        Which rows feed what, and which coverage words say that somebody looked.
    ledger
        Already restricted to what was known.
    months
        Number of months from the start.

    Returns
    -------
    told
        True where the origin is evidence of the same indicator and month in another family; dims (row).
    """
    import pandas as pd

    tallied = [_watched(framework, hyperparameters, ledger, family, months) for family in ("count", "event")]
    parts = [*tallied, *(reading_rows(framework, ledger, family, months) for family in ("share", "level"))]
    said = pd.MultiIndex.from_frame(pd.concat([part[STATEMENT] for part in parts]))
    return np.asarray(pd.MultiIndex.from_frame(rows[STATEMENT]).isin(said))


def _watched(
    framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, family: str, months: int
) -> pd.DataFrame:
    """Return the rows of a tally that count: those of months in which somebody looked."""
    rows = fed_rows(framework, ledger, family, months)
    coverage = {
        name: coverage_of(framework, hyperparameters, ledger, name, months) for name in rows["fed_label"].unique()
    }
    places = zip(rows["fed_label"], rows["time"], strict=True)
    looked = [bool(coverage[name][time] != NOT_LOOKED) for name, time in places]
    return rows[np.array(looked, dtype=bool)]
