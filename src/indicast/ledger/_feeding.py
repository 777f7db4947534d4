"""Rules about what each observation feeds: nothing, an unusable number, or two directions at once.

Invariant: every rule has a code, and one planted fault per code is found
(``tests/unit/test_ledger.py``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from indicast.workspace import Finding, Framework

if TYPE_CHECKING:
    import pandas as pd

FILE = "observations.csv"
ABOVE = {"share": 100.0, "level": math.inf}
"""Numbers of a series lie between 0 and this, both left out."""
DECIDING = ["indicator", "kind", "unit", "direction"]
"""Cells that say which stream takes a row."""


def feeding_findings(framework: Framework, rows: pd.DataFrame) -> list[Finding]:
    """Return warnings about rows that feed nothing, or whose origin feeds two directions."""
    family = fed_by(framework, rows)["family"]
    return [
        *_undeclared_kinds(framework, rows, family),
        *_unusable_readings(rows, family),
        *_conflicting_origins(rows, family),
    ]


def fed_by(framework: Framework, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each row feeds.

    Parameters
    ----------
    framework
        Declares the streams of each indicator.
    rows
        Observations as text.

    Returns
    -------
    fed
        Columns ``family`` and ``label`` as in :class:`~indicast.workspace.Fed`, both blank where a row feeds
        nothing; the index is that of the rows.
    """
    indicators = {indicator.id: indicator for indicator in framework.declaration.indicators}
    kinds = rows[DECIDING].drop_duplicates()
    fed = [
        indicators[name].stream(*cells) if name in indicators else None
        for name, *cells in kinds.itertuples(index=False, name=None)
    ]
    taken = kinds.assign(
        family=[one.family if one else "" for one in fed], label=[one.label if one else "" for one in fed]
    )
    return rows[DECIDING].merge(taken, on=DECIDING, how="left").set_axis(rows.index)[["family", "label"]]


def _undeclared_kinds(framework: Framework, rows: pd.DataFrame, family: pd.Series) -> list[Finding]:
    declared = framework.declaration.indicators
    unfed = {(one.id, kind) for one in declared if one.unfed for kind in one.unfed.kinds}
    idle = rows.loc[(family == "") & rows["indicator"].isin(framework.indicators), ["indicator", "kind"]]
    return [
        Finding(
            f"{FILE}:{line}",
            "L014",
            "warning",
            f"kind {kind} of {name} feeds nothing",
            "name it under feeds or unfed in model.toml",
        )
        for line, name, kind in idle.itertuples(name=None)
        if (name, kind) not in unfed
    ]


def _unusable_readings(rows: pd.DataFrame, family: pd.Series) -> list[Finding]:
    """Return numbers of a series of which no logarithm or log-odds can be taken."""
    import pandas as pd

    value = pd.to_numeric(rows["value"], errors="coerce")
    usable = (value > 0.0) & (value < family.map(ABOVE))
    message = "the number cannot enter its series, so the row feeds nothing"
    remedy = "a share lies between 0 and 100 per cent and a level above 0; otherwise give it a unit of its own"
    return [
        Finding(f"{FILE}:{line}", "L016", "warning", message, remedy)
        for line in rows.index[family.isin(tuple(ABOVE)) & ~usable]
    ]


def _conflicting_origins(rows: pd.DataFrame, family: pd.Series) -> list[Finding]:
    directed = rows[family == "direction"]
    month = directed["event_date"].str.slice(0, 7).rename("month")
    spread = directed.groupby(["origin_id", "indicator", month])["direction"].transform("nunique")
    remedy = "the most reliable row counts, a tie takes the sign of the sum; give them two origins if they are two"
    return [
        Finding(f"{FILE}:{line}", "L015", "warning", "rows of one origin disagree in direction", remedy)
        for line in directed.index[spread > 1]
    ]
