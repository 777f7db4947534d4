"""Which rows of the ledger feed which family, and in which month.

Invariant: a row feeds at most one family, and none if it lies outside the months or
rests on a source that the table already carries (``tests/unit/test_streams.py``). Which
directions are left out because their origin is evidence by a number: :mod:`indicast.panel._statements`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.elicit import Hyperparameters

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger import Ledger
    from indicast.workspace import Framework

NOT_LOOKED = -1
"""Coverage index of a month in which nobody looked."""


def fed_rows(framework: Framework, ledger: Ledger, family: str, months: int) -> pd.DataFrame:
    """Return the rows that feed a family, with their month, label and line.

    Parameters
    ----------
    framework
        Says what feeds what.
    ledger
        Already restricted to what was known.
    family
        A family that ledger rows feed.
    months
        Number of months from the start; later rows are left out.

    Returns
    -------
    rows
        Columns of the ledger, and ``time`` (months from the start), ``fed_label``
        (indicator or series) and ``line`` (the row's place in the file).
    """
    rows = ledger.observations
    time = months_since_start(framework, rows["event_date"])
    fed = streams(framework, rows)
    labels = [label if found == family else "" for found, label in fed]
    inside = (time >= 0) & (time < months) & ~rows["source_id"].isin(framework.carried)
    chosen = rows.assign(time=time, fed_label=labels, line=rows.index)
    return chosen[inside & (chosen["fed_label"] != "")]


def streams(framework: Framework, rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return family and label of each row, both empty where it feeds nothing."""
    indicators = {indicator.id: indicator for indicator in framework.declaration.indicators}
    columns = [rows[name] for name in ("indicator", "kind", "unit", "direction")]
    found = []
    for name, *cells in zip(*columns, strict=True):
        fed = indicators[name].stream(*cells)
        found.append((fed.family, fed.label) if fed else ("", ""))
    return found


def months_since_start(framework: Framework, dates: pd.Series) -> pd.Series:
    """Return the month index t of each date, 0 being the framework's start."""
    return dates.dt.year * 12 + dates.dt.month - 1 - framework.start_index


def coverage_of(
    framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, indicator: str, months: int
) -> np.ndarray:
    """Return the coverage index of each month, :data:`NOT_LOOKED` where nobody looked; dims (time).

    With ``watched_as`` every month that was judged has that word: where words follow what was found, so does
    not having looked. A withheld month stays one in which nothing could be seen.
    """
    looked, meaning = hyperparameters.coords[names.COVERAGE], framework.declaration.coverage
    common = next(one.watched_as for one in framework.declaration.indicators if one.id == indicator)
    found = np.full(months, NOT_LOOKED, dtype=np.int64)
    for time, word in judged_months(framework, ledger, indicator, months):
        read = word if common is None or meaning[word] == "withheld" else common
        found[time] = looked.index(read) if read in looked else NOT_LOOKED
    return found


def judged_months(framework: Framework, ledger: Ledger, indicator: str, months: int) -> list[tuple[int, str]]:
    """Return the months of an indicator whose coverage was judged, with the word."""
    rows = ledger.coverage[ledger.coverage["indicator"] == indicator]
    dated = [
        (int(month[:4]) * 12 + int(month[5:]) - 1 - framework.start_index, word)
        for month, word in rows[["month", "coverage"]].itertuples(index=False)
    ]
    return [(time, word) for time, word in dated if 0 <= time < months]
