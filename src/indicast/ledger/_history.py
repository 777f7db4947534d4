"""A ledger that only grows: rows are corrected and taken back by further rows.

A *record* is one row of ``observations.csv``; it has an id, the day from which it may be used
(``known_date``) and the moment at which it was written down (``recorded_at``). A correction or a
retraction is a record that ``supersedes`` another one, with a reason. In the companion files the
latest known row of a key stands.

Invariant: a view of any day rests on the records known by then and on nothing else, not even their order;
a correction leaves every older view as it was, and a retraction followed by the same row again leaves
nothing behind (``tests/unit/test_history.py``, by hypothesis).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

CORRECTION, RETRACTION = "correction", "retraction"
CHANGES: Final = ("", CORRECTION, RETRACTION)
RECORD: Final = ("record_id", "recorded_at", "change", "supersedes", "reason")
"""Columns that make a row a record; a file may leave them out."""
KEYS: Final = {
    "sources": ("source_id",),
    "corroboration": ("event_date", "indicator", "source_id", "corroborating_source_id"),
    "coverage": ("indicator", "month"),
    "outcomes": ("milestone",),
}
"""What a row of each companion file is about: of one key, the latest known row stands."""
WITHDRAWN: Final = "yes"
"""In column ``withdrawn`` of a corroboration: it no longer counts."""
OPTIONAL: Final = {
    "observations": RECORD,
    "sources": ("known_date", "recorded_at"),
    "corroboration": ("known_date", "recorded_at", "withdrawn", "origin_id", "reliability", "credibility"),
    "coverage": ("recorded_at",),
    "outcomes": ("recorded_at",),
}
"""Columns that a file may leave out, as if they were blank."""
TABLES: Final = tuple(OPTIONAL)
ID_LENGTH: Final = 16


def with_records(rows: pd.DataFrame) -> pd.DataFrame:
    """Return observations with the columns of :data:`RECORD`, an id in every row.

    A row without an id gets one from its own cells, so that it is the same in every copy of
    the ledger and wherever the row stands in it.

    Parameters
    ----------
    rows
        Cells as text.
    """
    described = [name for name in rows.columns if name not in RECORD]
    full = rows.assign(**{name: "" for name in RECORD if name not in rows.columns})
    blank = full["record_id"] == ""
    if not blank.any():
        return full
    columns = [*sorted(described), "change", "supersedes", "reason"]
    unnamed = full[blank]
    cells = zip(*(unnamed[name].tolist() for name in columns), strict=True)
    full.loc[blank, "record_id"] = [record_id(row) for row in cells]
    return full


def record_id(cells: tuple[object, ...]) -> str:
    """Return an id that follows from a row's cells.

    Examples
    --------
    >>> record_id(("2024-03-02", "visits"))
    'rc29c3c28932b4abd'
    """
    return "r" + hashlib.sha256("\x1f".join(map(str, cells)).encode()).hexdigest()[:ID_LENGTH]


def derived_id(cells: Mapping[str, str]) -> str:
    """Return the id that :func:`with_records` gives a row without one.

    Parameters
    ----------
    cells
        The row's cells by column; those of :data:`RECORD` may be missing.
    """
    described = sorted(name for name in cells if name not in RECORD)
    ending = (cells.get(name, "") for name in ("change", "supersedes", "reason"))
    return record_id((*(cells[name] for name in described), *ending))


def standing_records(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that nothing among them supersedes, retractions left out.

    Parameters
    ----------
    rows
        Observations with the columns of :data:`RECORD`, restricted to what was known.
    """
    changing = rows["supersedes"] != ""
    if not changing.any():
        return rows
    gone = rows["record_id"].isin(rows.loc[changing, "supersedes"]) | (rows["change"] == RETRACTION)
    return rows[~gone]


def heirs(rows: pd.DataFrame) -> dict[str, str]:
    """Return, for each superseded record, the record at the end of its line.

    Parameters
    ----------
    rows
        Observations restricted to what was known; no record is superseded twice (H006), none by itself (H007).
    """
    changing = rows["supersedes"] != ""
    after = dict(zip(rows.loc[changing, "supersedes"], rows.loc[changing, "record_id"], strict=True))
    ends: dict[str, str] = {}
    for start in list(after):
        line, here = [], start
        while here in after and here not in ends:
            line.append(here)
            here = after[here]
        ends |= dict.fromkeys(line, ends.get(here, here))
    return ends


def latest_of_key(rows: pd.DataFrame, key: tuple[str, ...], order: tuple[str, ...] = ("known_date",)) -> pd.DataFrame:
    """Return the latest known row of each key, in the order of the lines.

    Parameters
    ----------
    rows
        One companion file restricted to what was known; no key has two rows of one known date.
    key
        From :data:`KEYS`.
    order
        Columns by which rows are earlier or later.
    """
    if not rows.duplicated(list(key)).any():
        return rows
    ordered = rows.sort_values(list(order), kind="stable", na_position="first")
    return ordered.drop_duplicates(list(key), keep="last").sort_index()
