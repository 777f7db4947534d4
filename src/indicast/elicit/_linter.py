"""What the experts' table cannot say, found before anyone fits a model to it.

Invariant: a finding here is a warning, never an error: a table with these faults can be
fitted, but its readers should know (``tests/unit/test_linter.py``).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from indicast.workspace import Finding, Framework, Ratings, lines_by

FILE = "table.csv"


def table_findings(framework: Framework) -> list[Finding]:
    """Return warnings about rows and columns of the table that cannot discriminate, or contradict each other.

    A row's place is the first line of its indicator, that of a cell its own.
    """
    return [
        *_flat_marks(framework),
        *_equal_states(framework),
        *_opposite_marks(framework),
        *_equal_columns(framework),
        *_same_words_marked_apart(framework),
        *_unanimous_raters(framework.table.ratings),
    ]


def _warning(code: str, message: str, remedy: str, line: int | None = None) -> Finding:
    return Finding(FILE if line is None else f"{FILE}:{line}", code, "warning", message, remedy)


def _rows(framework: Framework, code: str, names: list[str], message: str, remedy: str) -> list[Finding]:
    lines = lines_by(framework.priors_folder / FILE, ("indicator",))
    return [_warning(code, f"{name}: {message}", remedy, lines.get((name,))) for name in names]


def _flat_marks(framework: Framework) -> list[Finding]:
    remedy = "the model gives the row the smallest strength (constants.strength_floor); ask the experts again"
    marks = framework.table.marks
    rows = [name for name, row in zip(framework.indicators, marks, strict=True) if row.max() == row.min()]
    return _rows(framework, "T101", rows, "the same mark under every scenario", remedy)


def _equal_states(framework: Framework) -> list[Finding]:
    remedy = "the row cannot tell any scenario from another; change its expected states or leave it out"
    rows = [
        name for name, row in zip(framework.indicators, framework.table.expected, strict=True) if row.max() == row.min()
    ]
    return _rows(framework, "T102", rows, "every scenario expects the same state", remedy)


def _opposite_marks(framework: Framework) -> list[Finding]:
    """Two opposite states both marked + cannot both be what is seen: the meaning of + is mixed."""
    remedy = "one + must mean 'would support it'; the model allows for both meanings (marks_of_present)"
    expected, marks = framework.table.expected, framework.table.marks
    rows = []
    for name, states, row in zip(framework.indicators, expected, marks, strict=True):
        plus = states[row == 1]
        if plus.size and plus.min() < 0 < plus.max():
            rows.append(name)
    return _rows(framework, "T103", rows, "opposite states are both marked +", remedy)


def _equal_columns(framework: Framework) -> list[Finding]:
    """Return pairs of scenarios that no expected state tells apart, or no mark."""
    table, names = framework.table, framework.judged
    faults = (
        (
            "T104",
            table.expected,
            "expect the same state everywhere",
            "nothing observed can tell them apart; merge them or add an indicator that differs",
        ),
        (
            "T105",
            table.marks,
            "bear the same mark everywhere",
            "the marks cannot tell them apart in the judged month; ask the experts what speaks for only one of them",
        ),
    )
    return [
        _warning(code, f"{names[a]} and {names[b]} {message}", remedy)
        for code, columns, message, remedy in faults
        for a, b in combinations(range(columns.shape[1]), 2)
        if np.array_equal(columns[:, a], columns[:, b])
    ]


def _same_words_marked_apart(framework: Framework) -> list[Finding]:
    """Return later cells of a row that repeat the words of an earlier one under another mark."""
    remedy = "what one sees fits these words or it does not, whatever the scenario; ask what each of the marks meant"
    lines = lines_by(framework.priors_folder / FILE, ("indicator", "scenario"))
    table, names, found = framework.table, framework.judged, []
    for name, words, marks in zip(framework.indicators, table.descriptors, table.marks, strict=True):
        said = [" ".join(text.casefold().split()) for text in words]
        for place, text in enumerate(said):
            first = said.index(text)
            if marks[place] != marks[first]:
                message = f"{name}: {names[first]} and {names[place]} have the same words and different marks"
                found.append(_warning("T106", message, remedy, lines.get((name, names[place]))))
    return found


def _unanimous_raters(ratings: Ratings) -> list[Finding]:
    """Return a warning if raters share two cells or more and never differ: one judgement, written several times."""
    marks: dict[tuple[int, int], list[int]] = {}
    for cell in zip(ratings.indicator, ratings.scenario, ratings.mark, strict=True):
        marks.setdefault((int(cell[0]), int(cell[1])), []).append(int(cell[2]))
    shared = [given for given in marks.values() if len(given) > 1]
    if len(shared) < 2 or any(len(set(given)) > 1 for given in shared):  # noqa: PLR2004  # one shared cell is chance
        return []
    message = f"raters never differ in any of the {len(shared)} cells that two or more of them marked"
    remedy = "a table that was discussed is one judgement: write one row of consensus for each cell"
    return [_warning("T107", message, remedy)]
