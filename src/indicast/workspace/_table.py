"""The experts' table: one descriptor, expected state and mark per cell.

Invariant: a :class:`Table` has exactly one consensus row for every indicator and
scenario of the declaration (``tests/unit/test_workspace.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indicast.errors import WorkspaceError, one_of
from indicast.workspace._findings import Finding, refuse_errors
from indicast.workspace._rows import read_rows, rule, text_schema

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

    from indicast.workspace._declaration import Declaration

MARKS = ("+", "=", "-")
"""The three marks, in the order used for every mark axis."""
MARK_VALUE = {"+": 1, "=": 0, "-": -1}
CONSENSUS = "consensus"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The table as read-only arrays with dims (indicator, scenario).

    Attributes
    ----------
    expected
        What the scenario predicts for the indicator, in {-1, 0, +1}.
    marks
        The experts' marks: -1 for ``-``, 0 for ``=``, +1 for ``+``.
    descriptors
        The words of each cell.
    """

    expected: np.ndarray
    marks: np.ndarray
    descriptors: tuple[tuple[str, ...], ...]

    @property
    def diagnosticity(self) -> np.ndarray:
        """How far the marks of a row differ: (max - min) / 2, in [0, 1], dims (indicator)."""
        return (self.marks.max(axis=1) - self.marks.min(axis=1)) / 2.0


def read_table(path: Path, declaration: Declaration) -> Table:
    """Return the table of a model, complete and consistent with its declaration.

    Raises
    ------
    MissingError
        If the file does not exist.
    DataError
        If a cell is not allowed.
    WorkspaceError
        If a combination of indicator and scenario is missing or stands twice.
    """
    frame, findings = read_rows(path, _schema(declaration))
    refuse_errors(findings)
    cells = _cells(path, frame, declaration)
    listed = [scenario for scenario in declaration.scenarios if not scenario.residual]
    pick = {
        column: [[cells[i.id, s.id][column] for s in listed] for i in declaration.indicators]
        for column in ("expected", "mark", "descriptor")
    }
    expected = np.array(pick["expected"], dtype=np.int64)
    marks = np.array([[MARK_VALUE[mark] for mark in row] for row in pick["mark"]], dtype=np.int64)
    expected.setflags(write=False)
    marks.setflags(write=False)
    return Table(expected, marks, tuple(tuple(row) for row in pick["descriptor"]))


def _schema(declaration: Declaration) -> pa.DataFrameSchema:
    indicators = [indicator.id for indicator in declaration.indicators]
    scenarios = [scenario.id for scenario in declaration.scenarios if not scenario.residual]
    filled = rule("T006", lambda column: column.str.strip() != "", "it may not be blank")
    return text_schema(
        {
            "indicator": [rule("T001", lambda column: column.isin(indicators), f"allowed are {one_of(indicators)}")],
            "scenario": [rule("T002", lambda column: column.isin(scenarios), f"allowed are {one_of(scenarios)}")],
            "descriptor": [filled],
            "expected": [rule("T003", lambda column: column.isin(["-1", "0", "1", "+1"]), "allowed are -1, 0, 1")],
            "mark": [rule("T004", lambda column: column.isin(MARKS), "allowed are + = -")],
            "rater": [
                rule("T005", lambda column: column == CONSENSUS, f"only the rater {CONSENSUS} is read by this version")
            ],
            "source": [filled],
        }
    )


def _cells(path: Path, frame: pd.DataFrame, declaration: Declaration) -> dict[tuple[str, str], dict[str, str]]:
    keys = list(zip(frame["indicator"], frame["scenario"], strict=True))
    twice = [
        Finding(
            f"{path.name}:{line}",
            "T007",
            "error",
            f"{key[0]} under {key[1]} stands twice",
            "keep one row per indicator and scenario",
        )
        for line, key in zip(frame.index, keys, strict=True)
        if keys.count(key) > 1
    ]
    refuse_errors(twice)
    listed = [scenario for scenario in declaration.scenarios if not scenario.residual]
    wanted = [(i.id, s.id) for i in declaration.indicators for s in listed]
    missing = [
        f"{indicator} under {scenario}" for indicator, scenario in wanted if (indicator, scenario) not in set(keys)
    ]
    if missing:
        message = (
            f"{path}: no row for {missing[0]}"
            + (f" and {len(missing) - 1} more cells" if len(missing) > 1 else "")
            + "; every declared indicator needs a row per scenario"
        )
        raise WorkspaceError(message)
    return {
        key: {str(name): str(value) for name, value in row.items()}
        for key, (_, row) in zip(keys, frame.iterrows(), strict=True)
    }
