"""The experts' table: one descriptor, expected state and judgement per cell.

Invariant: a :class:`Table` has for every indicator and scenario of the declaration
either one mark that was agreed on or marks of individual raters, never both
(``tests/unit/test_workspace.py``, ``tests/unit/test_raters.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indicast.errors import WorkspaceError, one_of
from indicast.workspace._findings import Finding, refuse_errors
from indicast.workspace._ratings import (
    CONSENSUS,
    NO_RATINGS,
    Rating,
    Ratings,
    collect_ratings,
    median_mark,
    read_raters,
)
from indicast.workspace._rows import read_rows, rule, text_schema

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

    from indicast.workspace._declaration import Declaration

MARKS = ("+", "=", "-")
"""The three marks, in the order used for every mark axis."""
MARK_VALUE = {"+": 1, "=": 0, "-": -1}
Cell = tuple[str, str]
"""Ids of an indicator and a scenario."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The table as read-only arrays with dims (indicator, scenario).

    Attributes
    ----------
    expected
        What the scenario predicts for the indicator, in {-1, 0, +1}.
    marks
        The experts' marks: -1 for ``-``, 0 for ``=``, +1 for ``+``; the median where raters judged one by one.
    descriptors
        The words of each cell.
    ratings
        The individual marks; empty if every mark was agreed on.
    """

    expected: np.ndarray
    marks: np.ndarray
    descriptors: tuple[tuple[str, ...], ...]
    ratings: Ratings = NO_RATINGS

    @property
    def diagnosticity(self) -> np.ndarray:
        """How far the marks of a row differ: (max - min) / 2, in [0, 1], dims (indicator)."""
        return (self.marks.max(axis=1) - self.marks.min(axis=1)) / 2.0

    @property
    def rated(self) -> np.ndarray:
        """Whether a cell has individual ratings instead of an agreed mark, dims (indicator, scenario)."""
        rated = np.zeros(self.marks.shape, dtype=bool)
        rated[self.ratings.indicator, self.ratings.scenario] = True
        return rated


def read_table(path: Path, declaration: Declaration) -> Table:
    """Return the table of a model, complete and consistent with its declaration.

    Raises
    ------
    MissingError
        If the file does not exist.
    DataError
        If a cell is not allowed, in ``table.csv`` or in ``raters.csv`` beside it.
    WorkspaceError
        If a combination of indicator and scenario has no row.
    """
    country_of = read_raters(path.with_name("raters.csv"))
    frame, findings = read_rows(path, _schema(declaration, country_of))
    refuse_errors(findings)
    listed = [scenario.id for scenario in declaration.scenarios if not scenario.residual]
    keys = [[(indicator.id, scenario) for scenario in listed] for indicator in declaration.indicators]
    cells = _cells(path, frame, [key for row in keys for key in row])
    expected = np.array([[int(cells[key]["expected"].iloc[0]) for key in row] for row in keys], dtype=np.int64)
    marks = np.array([[median_mark(_values(cells[key])) for key in row] for row in keys], dtype=np.int64)
    expected.setflags(write=False)
    marks.setflags(write=False)
    descriptors = tuple(tuple(str(cells[key]["descriptor"].iloc[0]) for key in row) for row in keys)
    return Table(expected, marks, descriptors, _individual(cells, keys, country_of))


def _values(cell: pd.DataFrame) -> list[int]:
    return [MARK_VALUE[mark] for mark in cell["mark"]]


def _individual(cells: Mapping[Cell, pd.DataFrame], keys: list[list[Cell]], country_of: Mapping[str, str]) -> Ratings:
    given = [
        Rating(str(rater), i, k, mark)
        for i, row in enumerate(keys)
        for k, key in enumerate(row)
        for rater, mark in zip(cells[key]["rater"], _values(cells[key]), strict=True)
        if rater != CONSENSUS
    ]
    return collect_ratings(given, country_of)


def _schema(declaration: Declaration, raters: Mapping[str, str]) -> pa.DataFrameSchema:
    indicators = [indicator.id for indicator in declaration.indicators]
    scenarios = [scenario.id for scenario in declaration.scenarios if not scenario.residual]
    filled = rule("T006", lambda column: column.str.strip() != "", "it may not be blank")
    known = [CONSENSUS, *raters]
    others = f"allowed are {one_of(known)}; any other rater needs a row in raters.csv beside the table"
    return text_schema(
        {
            "indicator": [rule("T001", lambda column: column.isin(indicators), f"allowed are {one_of(indicators)}")],
            "scenario": [rule("T002", lambda column: column.isin(scenarios), f"allowed are {one_of(scenarios)}")],
            "descriptor": [filled],
            "expected": [rule("T003", lambda column: column.isin(["-1", "0", "1", "+1"]), "allowed are -1, 0, 1")],
            "mark": [rule("T004", lambda column: column.isin(MARKS), "allowed are + = -")],
            "rater": [rule("T005", lambda column: column.isin(known), others)],
            "source": [filled],
        }
    )


def _cells(path: Path, frame: pd.DataFrame, wanted: list[Cell]) -> dict[Cell, pd.DataFrame]:
    """Return the rows of each cell, which agree in all but rater, mark and source."""
    cells = {(str(key[0]), str(key[1])): rows for key, rows in frame.groupby(["indicator", "scenario"], sort=False)}
    refuse_errors([finding for key, rows in cells.items() for finding in _cell_findings(path, key, rows)])
    missing = [f"{indicator} under {scenario}" for indicator, scenario in wanted if (indicator, scenario) not in cells]
    if missing:
        message = (
            f"{path}: no row for {missing[0]}"
            + (f" and {len(missing) - 1} more cells" if len(missing) > 1 else "")
            + "; every declared indicator needs a row per scenario"
        )
        raise WorkspaceError(message)
    return cells


def _cell_findings(path: Path, key: Cell, rows: pd.DataFrame) -> list[Finding]:
    """Return what is wrong between the rows of one cell."""
    name, rater = f"{key[0]} under {key[1]}", rows["rater"]
    both = (rater != CONSENSUS) & (CONSENSUS in set(rater))
    words, states = rows["descriptor"], rows["expected"].str.removeprefix("+")
    faults = (
        ("T007", rater.duplicated(keep=False), "stands twice", "keep one row per indicator, scenario and rater"),
        ("T008", both, f"has a row of {CONSENSUS} as well", "keep the agreed mark or the raters' own, not both"),
        ("T009", words != words.iloc[0], "has another descriptor above", "give all rows of a cell the same words"),
        ("T009", states != states.iloc[0], "has another expected state above", "give all rows of a cell the same"),
    )
    return [
        Finding(f"{path.name}:{line}", code, "error", f"{name} {what}", remedy)
        for code, wrong, what, remedy in faults
        for line in rows.index[wrong]
    ]
