"""Rules about what each observation feeds: nothing, an unusable number, or two directions at once.

Invariant: every rule has a code, and one planted fault per code is found
(``tests/unit/test_ledger.py``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from indicast.workspace import Fed, Finding, Framework

if TYPE_CHECKING:
    import pandas as pd

FILE = "observations.csv"
ABOVE = {"share": 100.0, "level": math.inf}
"""Numbers of a series lie between 0 and this, both left out."""


def feeding_findings(framework: Framework, rows: pd.DataFrame) -> list[Finding]:
    """Return warnings about rows that feed nothing, or whose origin feeds two directions."""
    fed = _fed(framework, rows)
    return [
        *_undeclared_kinds(framework, rows, fed),
        *_unusable_readings(rows, fed),
        *_conflicting_origins(rows, fed),
    ]


def _fed(framework: Framework, rows: pd.DataFrame) -> list[Fed | None]:
    indicators = {indicator.id: indicator for indicator in framework.declaration.indicators}
    columns = [rows[name] for name in ("indicator", "kind", "unit", "direction")]
    return [
        indicators[name].stream(*cells) if name in indicators else None for name, *cells in zip(*columns, strict=True)
    ]


def _undeclared_kinds(framework: Framework, rows: pd.DataFrame, fed: list[Fed | None]) -> list[Finding]:
    declared = framework.declaration.indicators
    unfed = {(one.id, kind) for one in declared if one.unfed for kind in one.unfed.kinds}
    return [
        Finding(
            f"{FILE}:{line}",
            "L014",
            "warning",
            f"kind {kind} of {name} feeds nothing",
            "name it under feeds or unfed in model.toml",
        )
        for line, name, kind, one in zip(rows.index, rows["indicator"], rows["kind"], fed, strict=True)
        if one is None and name in framework.indicators and (name, kind) not in unfed
    ]


def _unusable_readings(rows: pd.DataFrame, fed: list[Fed | None]) -> list[Finding]:
    """Return numbers of a series of which no logarithm or log-odds can be taken."""
    import pandas as pd

    value = pd.to_numeric(rows["value"], errors="coerce")
    message = "the number cannot enter its series, so the row feeds nothing"
    remedy = "a share lies between 0 and 100 per cent and a level above 0; otherwise give it a unit of its own"
    return [
        Finding(f"{FILE}:{line}", "L016", "warning", message, remedy)
        for line, number, one in zip(rows.index, value, fed, strict=True)
        if one and one.family in ABOVE and not 0.0 < number < ABOVE[one.family]
    ]


def _conflicting_origins(rows: pd.DataFrame, fed: list[Fed | None]) -> list[Finding]:
    directed = rows.loc[np.array([one is not None and one.family == "direction" for one in fed], dtype=bool)]
    month = directed["event_date"].str.slice(0, 7).rename("month")
    spread = directed.groupby(["origin_id", "indicator", month])["direction"].transform("nunique")
    remedy = "the most reliable row counts, a tie takes the sign of the sum; give them two origins if they are two"
    return [
        Finding(f"{FILE}:{line}", "L015", "warning", "rows of one origin disagree in direction", remedy)
        for line in directed.index[spread > 1]
    ]
