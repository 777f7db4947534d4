"""Rules about records: ids, moments, and what supersedes what.

Invariant: every rule has a code, and one planted fault per code is found
(``tests/unit/test_records.py``). A ledger that passes is a set of lines, each from a new row
through its corrections to at most one end, along which known and recorded dates never go back.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from indicast.ledger._history import CORRECTION, RETRACTION
from indicast.workspace import Finding, Severity

if TYPE_CHECKING:
    import pandas as pd

    Rule = tuple[str, Severity, pd.Series, str, str]

FILE = "observations.csv"
REPEATED = (
    "event_date",
    "end_date",
    "published_date",
    "indicator",
    "kind",
    "value",
    "unit",
    "direction",
    "summary",
    "source_id",
    "reliability",
    "credibility",
    "origin_id",
)
"""Cells that a retraction has in common with the row it takes back."""


def record_findings(rows: pd.DataFrame, today: date) -> list[Finding]:
    """Return what is wrong with the records of ``observations.csv``.

    Parameters
    ----------
    rows
        Cells as text, with the columns of a record; the label of a row is its line.
    today
        Nothing was recorded later than this, a day of time zones aside.
    """
    rules = [*_single(rows, today), *_pairs(rows)]
    return [
        Finding(f"{FILE}:{line}", code, severity, message, remedy)
        for code, severity, broken, message, remedy in rules
        for line in rows.index[broken]
    ]


def _single(rows: pd.DataFrame, today: date) -> list[Rule]:
    """Return rules about one row alone, and about ids."""
    changing, named = rows["change"] != "", rows["supersedes"] != ""
    reasoned, moment = rows["reason"].str.strip() != "", rows["recorded_at"]
    day = moment.str.slice(0, 10)
    early = (moment != "") & (day < _day_before(rows["known_date"], moment != ""))
    repeated = rows["record_id"].duplicated() & ~(rows.duplicated() & _stands(rows))
    future = day > (today + timedelta(days=1)).isoformat()
    return [
        (
            "H001",
            "error",
            repeated,
            "the record_id stands already further up",
            "give it another",
        ),
        ("H002", "error", early, "recorded before it was known", "correct recorded_at or known_date"),
        ("H003", "error", future, f"recorded after today ({today})", "recorded_at is the moment of writing, in UTC"),
        (
            "H004",
            "error",
            changing != named,
            "change and supersedes belong together",
            "give both, with the record_id of the row that is changed, or neither",
        ),
        (
            "H005",
            "error",
            changing != reasoned,
            "a change has a reason, and a new row has none",
            "say in reason why the row is corrected or taken back",
        ),
    ]


def _stands(rows: pd.DataFrame) -> pd.Series:
    """Return which rows stand; of those, a whole row that is there twice is told as such (L010)."""
    return ~rows["record_id"].isin(rows.loc[rows["supersedes"] != "", "supersedes"]) & (rows["change"] != RETRACTION)


def _day_before(days: pd.Series, wanted: pd.Series) -> pd.Series:
    """Return the day before each wanted day, as text: a row may be known first where it is already tomorrow."""
    import pandas as pd

    before = pd.Series("", index=days.index, dtype=days.dtype)
    if wanted.any():
        dates = pd.to_datetime(days[wanted], format="%Y-%m-%d", errors="coerce") - pd.Timedelta(days=1)
        before[wanted] = dates.dt.strftime("%Y-%m-%d").fillna("")
    return before


def _pairs(rows: pd.DataFrame) -> list[Rule]:
    """Return rules about a row and the one that it supersedes."""
    changing = rows[rows["supersedes"] != ""]
    if changing.empty:
        return []
    known = rows.drop_duplicates("record_id").set_index("record_id")
    missing = ~changing["supersedes"].isin(known.index)
    before = known.reindex(changing["supersedes"]).set_index(changing.index)
    back = ~missing & (
        (changing["known_date"] < before["known_date"]) | (changing["recorded_at"] < before["recorded_at"])
    )
    differs = (changing[list(REPEATED)] != before[list(REPEATED)]).any(axis=1)
    takes_back, taken_back = changing["change"] == RETRACTION, before["change"] == RETRACTION
    rules: list[Rule] = [
        ("H006", "error", _forked(changing), *_TWICE),
        ("H007", "error", _unrooted(rows, changing), *_CIRCLE),
        ("H008", "error", missing, "no row has the record_id that it supersedes", "correct supersedes"),
        ("H009", "error", back, *_BACK),
        ("H010", "error", takes_back & ~missing & ~taken_back & differs, *_DIFFERS),
        ("H011", "error", takes_back & taken_back, *_AGAIN),
    ]
    return [
        (code, severity, broken.reindex(rows.index, fill_value=False), message, remedy)
        for code, severity, broken, message, remedy in rules
    ]


_TWICE = ("another row supersedes the same record", "supersede that other row instead, so that one line remains")
_CIRCLE = ("it supersedes itself, directly or in a circle", "a change names an older row")
_BACK = (
    "known or recorded before the row that it supersedes",
    "what was known then must stay what it was; give the day on which the change became known",
)
_DIFFERS = ("a retraction differs from the row it takes back", f"repeat its cells, or make it a {CORRECTION}")
_AGAIN = (
    "a retraction cannot be retracted",
    f"add the row again, or supersede the retraction by a {CORRECTION} with the row's cells",
)


def _forked(changing: pd.DataFrame) -> pd.Series:
    """Return which changes supersede what an earlier one did, by their dates: merged files have any order."""
    ordered = changing.sort_values(["known_date", "recorded_at", "record_id"])
    return ordered["supersedes"].duplicated(keep="first").reindex(changing.index)


def _unrooted(rows: pd.DataFrame, changing: pd.DataFrame) -> pd.Series:
    """Return which changes do not go back to a new row, or to one that supersedes a missing record."""
    after: dict[str, list[str]] = {}
    for one, older in zip(changing["record_id"], changing["supersedes"], strict=True):
        after.setdefault(older, []).append(one)
    waiting = [*rows.loc[rows["supersedes"] == "", "record_id"], *(set(after) - set(rows["record_id"]))]
    rooted: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here not in rooted:
            rooted.add(here)
            waiting += after.get(here, [])
    return ~changing["record_id"].isin(rooted)
