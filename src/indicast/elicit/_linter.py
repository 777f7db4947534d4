"""What the experts' table cannot say, found before anyone fits a model to it.

Invariant: a finding here is a warning, never an error: a table with these faults can be
fitted, but its readers should know (``tests/unit/test_linter.py``).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from indicast.workspace import Finding, Framework

PLACE = "table.csv"


def table_findings(framework: Framework) -> list[Finding]:
    """Return warnings about rows and columns of the table that cannot discriminate."""
    return [*_flat_marks(framework), *_equal_states(framework), *_opposite_marks(framework), *_equal_columns(framework)]


def _warning(code: str, message: str, remedy: str) -> Finding:
    return Finding(PLACE, code, "warning", message, remedy)


def _flat_marks(framework: Framework) -> list[Finding]:
    remedy = "the model gives the row the smallest strength (constants.strength_floor); ask the experts again"
    marks = framework.table.marks
    rows = [name for name, row in zip(framework.indicators, marks, strict=True) if row.max() == row.min()]
    return [_warning("T101", f"{name}: the same mark under every scenario", remedy) for name in rows]


def _equal_states(framework: Framework) -> list[Finding]:
    remedy = "the row cannot tell any scenario from another; change its expected states or leave it out"
    rows = [
        name for name, row in zip(framework.indicators, framework.table.expected, strict=True) if row.max() == row.min()
    ]
    return [_warning("T102", f"{name}: every scenario expects the same state", remedy) for name in rows]


def _opposite_marks(framework: Framework) -> list[Finding]:
    """Two opposite states both marked + cannot both be what is seen: the meaning of + is mixed."""
    remedy = "one + must mean 'would support it'; the model allows for both meanings (marks_of_present)"
    expected, marks = framework.table.expected, framework.table.marks
    rows = []
    for name, states, row in zip(framework.indicators, expected, marks, strict=True):
        plus = states[row == 1]
        if plus.size and plus.min() < 0 < plus.max():
            rows.append(name)
    return [_warning("T103", f"{name}: opposite states are both marked +", remedy) for name in rows]


def _equal_columns(framework: Framework) -> list[Finding]:
    remedy = "nothing observed can tell them apart; merge them or add an indicator that differs"
    expected = framework.table.expected
    pairs = combinations(range(expected.shape[1]), 2)
    equal = [pair for pair in pairs if np.array_equal(expected[:, pair[0]], expected[:, pair[1]])]
    names = framework.scenarios
    return [_warning("T104", f"{names[a]} and {names[b]} expect the same state everywhere", remedy) for a, b in equal]
