"""Ledger rows as independent reports: one per month, indicator and origin.

Invariant: however many rows repeat one origin inside a month and indicator, they
leave exactly one report (``tests/unit/test_panel.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.elicit import GRADES, Hyperparameters
from indicast.panel._statements import told_by_number
from indicast.panel._streams import fed_rows

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger import Ledger
    from indicast.panel._sizes import Sizes
    from indicast.workspace import Framework

LOWERED = GRADES[:-1]
"""Letters that a doubtful credibility lowers; the last letter means 'cannot be judged'."""
CELL = ["time", "indicator_index"]


def direction_reports(
    framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, months: int
) -> pd.DataFrame:
    """Return the reports that feed direction indicators, copies merged and none told twice.

    Parameters
    ----------
    framework, hyperparameters
        Which rows feed what, and how grades are read.
    ledger
        Already restricted to what was known.
    months
        Number of months from the start; later rows are left out.

    Returns
    -------
    reports
        One row per report, sorted by time, indicator and origin, with columns
        time, indicator_index, direction (-1, 0, 1), grade, factor, slant (indices
        and a multiplier in (0, 1]), origin_id and line (the row's place in
        ``observations.csv``).
    """
    rows = fed_rows(framework, ledger, "direction", months)
    rows = _with_corroborations(framework, rows, ledger)
    rows = rows[~told_by_number(rows, framework, hyperparameters, ledger, months)]
    described = _described(framework, hyperparameters, rows, ledger)
    return _merged(described)


def _with_corroborations(framework: Framework, rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Add reports of corroborating sources that have an origin of their own."""
    import pandas as pd

    given = ledger.corroboration
    carried = given["corroborating_source_id"].isin(framework.carried)
    own = given[(given["origin_id"] != "") & ~carried]
    if own.empty:
        return rows
    key = ["event_date", "indicator", "source_id"]
    first = rows.sort_values([*key, "origin_id", "direction", "kind", "reliability"]).drop_duplicates(key)
    extra = first.merge(own, on=key, suffixes=("", "_own"))
    graded = {
        name: extra[f"{name}_own"].where(extra[f"{name}_own"] != "", extra[name])
        for name in ("reliability", "credibility")
    }
    extra = extra.assign(source_id=extra["corroborating_source_id"], origin_id=extra["origin_id_own"], **graded)
    return pd.concat([rows, extra[list(rows.columns)]], ignore_index=True)


def _described(
    framework: Framework, hyperparameters: Hyperparameters, rows: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    factors = hyperparameters.mapping("claim_factor")
    steps = hyperparameters.mapping("credibility_steps")
    words = {word: value for value, word in zip((-1, 0, 1), framework.declaration.directions, strict=True)}
    slant_of = slants(framework, ledger)
    grades = [
        effective_grade(letter, int(steps.get(digit, 0)))
        for letter, digit in zip(rows["reliability"], rows["credibility"], strict=True)
    ]
    columns: dict[str, Any] = {
        "indicator_index": rows["indicator"].map({name: index for index, name in enumerate(framework.indicators)}),
        "direction_value": rows["direction"].map(words),
        "grade": np.array([GRADES.index(grade) for grade in grades], dtype=np.int64),
        "factor": [factors.get(kind, 1.0) for kind in rows["kind"]],
        "slant": [slant_of[source] for source in rows["source_id"]],
    }
    described = rows.assign(**columns)
    weight = hyperparameters.priors[names.RELIABILITY].mean()
    return described.assign(
        weight=weight[described["grade"].to_numpy(dtype=np.int64)] * described["factor"].astype(float)
    )


def effective_grade(letter: str, steps: int) -> str:
    """Return the reliability letter after lowering it for doubtful credibility.

    Examples
    --------
    >>> effective_grade("B", 1), effective_grade("E", 1), effective_grade("F", 1)
    ('C', 'E', 'F')
    """
    if letter not in LOWERED:
        return letter
    return LOWERED[min(LOWERED.index(letter) + steps, len(LOWERED) - 1)]


def slants(framework: Framework, ledger: Ledger) -> dict[str, int]:
    """Return the slant class (index) of every source: the first rule that fits."""
    rules = framework.declaration.slants
    found = {}
    for source, kind, country in ledger.sources[["source_id", "kind", "country"]].itertuples(index=False):
        fits = [
            source in rule.source_ids
            or (kind in rule.kinds and country in rule.countries)
            or not (rule.kinds or rule.countries or rule.source_ids)
            for rule in rules
        ]
        found[source] = fits.index(True)
    return found


def _merged(rows: pd.DataFrame) -> pd.DataFrame:
    key = [*CELL, "origin_id"]
    best = rows[rows["weight"] >= rows.groupby(key)["weight"].transform("max")]
    total = best.groupby(key)["direction_value"].transform("sum")
    chosen = best.assign(direction=np.sign(total)).sort_values([*key, "grade", "slant", "line"]).drop_duplicates(key)
    return chosen[[*CELL, "direction", "grade", "factor", "slant", "origin_id", "line"]].reset_index(drop=True)


def cell_variables(reports: pd.DataFrame, sizes: Sizes) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Return reports in padded cells, dims (cell) and (cell, report)."""
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
