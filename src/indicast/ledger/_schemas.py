"""What each of the five ledger files may hold, cell by cell.

Invariant: a row that passes has dates that exist, words that are declared and
sources that are listed. One broken cell gives one finding with its line
(``tests/unit/test_ledger.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indicast.errors import one_of
from indicast.ledger._history import CHANGES, WITHDRAWN
from indicast.workspace import Framework, rule, text_schema

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

KINDS = ("event", "count", "level", "share", "claim", "denial")
RELIABILITIES = ("A", "B", "C", "D", "E", "F")
CREDIBILITIES = ("1", "2", "3", "4", "5", "6")
OUTCOMES = ("occurred", "not_yet", "unclear")
DATE = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
MONTH = r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])"
MOMENT = rf"{DATE}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z"
RECORD_ID = r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}"


def is_date(column: pd.Series) -> pd.Series:
    """Return where a text column holds an ISO date that exists."""
    import pandas as pd

    parsed = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
    return column.str.fullmatch(DATE) & parsed.notna()


def is_partial_date(column: pd.Series) -> pd.Series:
    """Return where a text column holds YYYY, YYYY-MM or an ISO date."""
    return (column.str.len() < len("2021-07-01")) & column.str.fullmatch(rf"[1-9][0-9]{{3}}|{MONTH}") | is_date(column)


def is_number(column: pd.Series) -> pd.Series:
    """Return where a text column holds a finite decimal number."""
    return column.str.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")


def _blank(column: pd.Series) -> pd.Series:
    return column == ""


def _filled(code: str) -> pa.Check:
    return rule(code, lambda column: column.str.strip() != "", "it may not be blank")


def _among(code: str, allowed: Iterable[str]) -> pa.Check:
    names = tuple(allowed)
    return rule(code, lambda column: column.isin(names), f"allowed are {one_of(name or 'blank' for name in names)}")


def _date(code: str) -> pa.Check:
    return rule(code, is_date, "write an existing date as YYYY-MM-DD")


def _optional_date(code: str) -> pa.Check:
    return rule(
        code, lambda column: _blank(column) | is_date(column), "write an existing date as YYYY-MM-DD or leave it blank"
    )


def is_moment(column: pd.Series) -> pd.Series:
    """Return where a text column holds a moment in UTC that exists, such as 2024-12-03T14:05:09Z."""
    import pandas as pd

    parsed = pd.to_datetime(column, format="%Y-%m-%dT%H:%M:%SZ", errors="coerce")
    return column.str.fullmatch(MOMENT) & parsed.notna()


def _moment(code: str) -> pa.Check:
    remedy = "write an existing moment in UTC as 2024-12-03T14:05:09Z or leave it blank"
    return rule(code, lambda column: _blank(column) | is_moment(column), remedy)


def _record_columns() -> dict[str, list[pa.Check]]:
    """Return the columns by which a row is corrected or taken back; files without them are new rows only."""
    named = rule(
        "H012",
        lambda column: _blank(column) | column.str.fullmatch(RECORD_ID),
        "use up to 64 letters, digits and _ . : -, beginning with a letter or digit, or leave it blank",
    )
    return {
        "record_id": [named],
        "recorded_at": [_moment("H013")],
        "change": [_among("H014", CHANGES)],
        "supersedes": [named],
        "reason": [],
    }


def observations_schema(framework: Framework, source_ids: tuple[str, ...]) -> pa.DataFrameSchema:
    """Return the schema of ``observations.csv``."""
    known = rule(
        "L005", lambda column: column.isin(source_ids), "add the source to sources.csv or correct the spelling"
    )
    number = rule("L011", lambda column: _blank(column) | is_number(column), "write a plain number or leave it blank")
    return text_schema(
        {
            "event_date": [_date("L001")],
            "end_date": [_optional_date("L001")],
            "published_date": [_optional_date("L001")],
            "indicator": [_among("L002", framework.indicators)],
            "kind": [_among("L003", KINDS)],
            "value": [number],
            "unit": [],
            "direction": [_among("L004", framework.declaration.directions)],
            "summary": [_filled("L012")],
            "source_id": [known],
            "reliability": [_among("L006", RELIABILITIES)],
            "credibility": [_among("L007", CREDIBILITIES)],
            "known_date": [_date("L001")],
            "origin_id": [_filled("L012")],
        },
        _record_columns(),
    )


def sources_schema() -> pa.DataFrameSchema:
    """Return the schema of ``sources.csv``."""
    dated = rule(
        "S002",
        lambda column: _blank(column) | is_partial_date(column),
        "write YYYY, YYYY-MM, YYYY-MM-DD or leave it blank",
    )
    country = rule(
        "S003",
        lambda column: _blank(column) | column.str.fullmatch(r"[A-Z]{2}"),
        "write the two-letter ISO code or leave it blank",
    )
    return text_schema(
        {
            "source_id": [_filled("S001")],
            "publisher": [_filled("S001")],
            "title": [_filled("S001")],
            "url": [],
            "published_date": [dated],
            "country": [country],
            "kind": [_filled("S001")],
        },
        {"known_date": [_optional_date("S002")], "recorded_at": [_moment("H013")]},
    )


def corroboration_schema(framework: Framework, source_ids: tuple[str, ...]) -> pa.DataFrameSchema:
    """Return the schema of ``corroboration.csv``."""
    known = rule(
        "C001", lambda column: column.isin(source_ids), "add the source to sources.csv or correct the spelling"
    )
    return text_schema(
        {
            "event_date": [_date("C002")],
            "indicator": [_among("C002", framework.indicators)],
            "source_id": [known],
            "corroborating_source_id": [known],
        },
        {
            "known_date": [_optional_date("C002")],
            "recorded_at": [_moment("H013")],
            "withdrawn": [_among("C006", ("", WITHDRAWN))],
            "origin_id": [],
            "reliability": [
                rule(
                    "C003",
                    lambda column: column.isin(("", *RELIABILITIES)),
                    f"allowed are {one_of(RELIABILITIES)} or blank",
                )
            ],
            "credibility": [
                rule(
                    "C003",
                    lambda column: column.isin(("", *CREDIBILITIES)),
                    f"allowed are {one_of(CREDIBILITIES)} or blank",
                )
            ],
        },
    )


def coverage_schema(framework: Framework) -> pa.DataFrameSchema:
    """Return the schema of ``coverage.csv``."""
    month = rule("V001", lambda column: column.str.fullmatch(MONTH), "write a month as YYYY-MM")
    return text_schema(
        {
            "indicator": [_among("V002", [indicator.id for indicator in framework.watched])],
            "month": [month],
            "coverage": [_among("V003", framework.declaration.coverage)],
            "known_date": [_date("V001")],
            "note": [],
        },
        {"recorded_at": [_moment("H013")]},
    )


def outcomes_schema(framework: Framework, source_ids: tuple[str, ...]) -> pa.DataFrameSchema:
    """Return the schema of ``outcomes.csv``."""
    milestones = [milestone.id for milestone in framework.declaration.milestones]
    known = rule(
        "O002",
        lambda column: _blank(column) | column.isin(source_ids),
        "add the source to sources.csv or correct the spelling",
    )
    return text_schema(
        {
            "milestone": [_among("O001", milestones)],
            "outcome": [_among("O003", OUTCOMES)],
            "date": [_optional_date("O004")],
            "known_date": [_date("O004")],
            "as_of": [_date("O004")],
            "source_id": [known],
            "note": [],
        },
        {"recorded_at": [_moment("H013")]},
    )
