"""Outcomes as a history: which rows of a milestone cannot be, or are odd after those known before.

Invariant: every rule has a code, and one planted fault per code is found (``tests/unit/test_ledger.py``). Which
row stands: ``standing_outcomes``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.workspace import Finding, Framework, Severity

if TYPE_CHECKING:
    import pandas as pd

    Rule = tuple[str, Severity, pd.Series, str, str]

FILE = "outcomes.csv"


def outcome_findings(framework: Framework, rows: pd.DataFrame) -> list[Finding]:
    """Return what is wrong with a row of ``outcomes.csv``, or odd about a milestone's history.

    Parameters
    ----------
    framework
        Says which month the experts judged.
    rows
        Cells as text, with dates that exist; the label of a row is its line.
    """
    rules = [*_dates(rows), *_ranges(framework, rows), *_histories(rows)]
    return [
        Finding(f"{FILE}:{line}", code, severity, message, remedy)
        for code, severity, broken, message, remedy in rules
        for line in rows.index[broken]
    ]


def _dates(rows: pd.DataFrame) -> list[Rule]:
    occurred, dated = rows["outcome"] == "occurred", rows["date"] != ""
    early = occurred & dated & (rows["known_date"] < rows["date"])
    undated = "an outcome that occurred has no date"
    return [
        ("O006", "error", occurred & ~dated, undated, "give the day it occurred"),
        ("O007", "error", early, "known_date is before the date of the outcome", "correct one of them"),
    ]


def _ranges(framework: Framework, rows: pd.DataFrame) -> list[Rule]:
    """Return outcomes before the judged month or after their evidence, and evidence from after its own day."""
    occurred, judged = rows["outcome"] == "occurred", framework.declaration.start.month
    before = occurred & (rows["date"] != "") & (rows["date"].str.slice(0, 7) < judged)
    after = occurred & (rows["date"] > rows["as_of"])
    ahead = (rows["outcome"] == "not_yet") & (rows["as_of"] > rows["known_date"])
    return [
        (
            "O008",
            "error",
            before,
            f"the milestone occurred before {judged}, the month the experts judged",
            "nothing was left to forecast; remove the row or correct its date",
        ),
        (
            "O009",
            "error",
            after,
            "the outcome is dated after its as_of date",
            "as_of is the day of the latest evidence; correct one of them",
        ),
        (
            "O010",
            "error",
            ahead,
            "not_yet as of a day after it was known",
            "nothing is known of a later day; correct one of them",
        ),
    ]


def _histories(rows: pd.DataFrame) -> list[Rule]:
    """Return rows that do not follow from the row of their milestone known before: each may be a correction."""
    ordered = rows.sort_values(["milestone", "known_date"])
    before = ordered.groupby("milestone")[["outcome", "date", "as_of"]].shift(fill_value="").reindex(rows.index)
    occurred, dated = rows["outcome"] == "occurred", rows["date"] != ""
    retracted = (before["outcome"] == "occurred") & ~(occurred & (rows["date"] == before["date"]))
    overdue = (before["outcome"] == "not_yet") & occurred & dated & (rows["date"] <= before["as_of"])
    return [
        (
            "O011",
            "warning",
            rows["as_of"] < before["as_of"],
            "as_of is earlier than in the row known before",
            "later knowledge seldom rests on older evidence; correct as_of, or say in the note why it does",
        ),
        (
            "O012",
            "warning",
            retracted,
            "takes back that the milestone occurred, or its day, as the row known before has it",
            "right for a correction: say so in the note; otherwise correct it",
        ),
        (
            "O013",
            "warning",
            overdue,
            "occurred on or before a day for which the row known before says not_yet",
            "right if it surfaced later: say so in the note; otherwise correct one of them",
        ),
    ]
