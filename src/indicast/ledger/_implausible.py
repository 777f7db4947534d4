"""Cells of an observation that are allowed one by one and do not fit each other.

Invariant: every rule has a code, and one planted fault per code is found at its line
(``tests/unit/test_ledger_lint.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.ledger._feeding import ABOVE, fed_by
from indicast.workspace import Finding, Framework

if TYPE_CHECKING:
    import pandas as pd

    Rule = tuple[str, pd.Series, str, str]

FILE = "observations.csv"
OF_ITS_DAY = ("event", "count", "level", "share")
"""Kinds that say how it was on the day, where claims and denials may speak of what is to come."""
SAYINGS = ("claim", "denial")
NUMBERS = ("count", "share")
CONFIRMED = ("A", "1")


def cell_findings(framework: Framework, rows: pd.DataFrame) -> list[Finding]:
    """Return warnings about dates, numbers and grades of observations.

    Parameters
    ----------
    framework
        Says which month the experts judged, and which rows enter a series.
    rows
        Cells as text; the label of a row is its line.
    """
    rules = [*_dates(framework, rows), *_numbers(framework, rows), *_grades(rows)]
    return [
        Finding(f"{FILE}:{line}", code, "warning", message, remedy)
        for code, broken, message, remedy in rules
        for line in rows.index[broken]
    ]


def _dates(framework: Framework, rows: pd.DataFrame) -> list[Rule]:
    factual, event = rows["kind"].isin(OF_ITS_DAY), rows["event_date"]
    early = factual & (rows["known_date"] < event)
    printed = factual & (rows["published_date"] != "") & (rows["published_date"] < event) & ~early
    judged, years = framework.declaration.start.month, framework.declaration.lint.years_before
    announced = "right only for a measure announced beforehand; otherwise it is a claim, or a date is wrong"
    return [
        ("L101", early, "known before the day it tells of, and neither claim nor denial", announced),
        ("L102", printed, "published before the day it tells of, and neither claim nor denial", announced),
        (
            "L103",
            event.str.slice(0, 7) < _years_before(judged, years),
            f"the event lies more than {years} years before {judged}, the month the experts judged",
            "correct the year, or leave the row out: it feeds nothing",
        ),
    ]


def _years_before(month: str, years: int) -> str:
    return f"{max(int(month[:4]) - years, 0):04d}{month[4:]}"


def _numbers(framework: Framework, rows: pd.DataFrame) -> list[Rule]:
    value, unit = rows["value"] != "", rows["unit"].str.strip() != ""
    serial = fed_by(framework, rows)["family"].isin(tuple(ABOVE))
    return [
        ("L104", value & ~unit, "a value without a unit", "say what the number counts"),
        (
            "L105",
            rows["kind"].isin(NUMBERS) & ~value & ~serial,
            "a count or share without a value",
            "enter the number, or call it a level if none was given",
        ),
    ]


def _grades(rows: pd.DataFrame) -> list[Rule]:
    reliability, credibility = CONFIRMED
    confirmed = (rows["reliability"] == reliability) & (rows["credibility"] == credibility)
    remedy = "that something was claimed may be certain and what was claimed is not; grade what was claimed"
    return [("L107", rows["kind"].isin(SAYINGS) & confirmed, "a claim or denial graded A1, confirmed", remedy)]
