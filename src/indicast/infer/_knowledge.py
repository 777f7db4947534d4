"""What a run knew of the ledger: a hash that later news leaves as it is, and where to look if it has changed.

A view rests on the rows known by a day, among those written down when the ledger was read. The moment of
reading is not kept, for it would make the hash depend on the clock. Kept is the latest ``recorded_at`` among
the rows that could have a say: all those known by that day, superseded ones and retractions included, and the
sources that the view names. Restricted to that moment, the ledger gives the same view for ever: whatever is
appended later is either known later or recorded later.

Invariant: rows and sources that become known or are recorded later change nothing here
(``tests/unit/test_knowledge.py``, by hypothesis). Not covered: a row recorded in the very second of that
moment cannot be told from one that had been read, and one without ``recorded_at`` counts as always there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from indicast.ledger import Ledger

TABLES: Final = ("observations", "sources", "corroboration", "coverage", "outcomes")
SHORT: Final = 12
UNDATED: Final = "undated"
"""Stands for the month of rows that were always known."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known of a ledger.

    Attributes
    ----------
    sha256
        Of all rows.
    rows
        Number of rows by table.
    recorded_by
        UTC, as ``2024-12-03T14:05:09Z``; blank if no row says when it was recorded.
    months
        By table and month of ``known_date``: the first :data:`SHORT` digits of the hash of those rows.
    """

    sha256: str
    rows: Mapping[str, int]
    recorded_by: str
    months: Mapping[str, Mapping[str, str]]

    def located(self) -> dict[str, object]:
        """Return what a manifest keeps beside the hash."""
        months = {table: dict(by_month) for table, by_month in self.months.items()}
        return {"rows": dict(self.rows), "recorded_by": self.recorded_by, "months": months}


def knowledge(ledger: Ledger, at: date) -> Knowledge:
    """Return what a ledger said of the news up to a day.

    Parameters
    ----------
    ledger
        The whole history, not a view.
    at
        The last day whose news was used.
    """
    view = ledger.known(at)
    lines = {name: _dated_lines(getattr(view, name)) for name in TABLES}
    months = {name: _by_month(dated) for name, dated in lines.items()}
    rows = {name: len(dated) for name, dated in lines.items()}
    return Knowledge(_sha256(lines), rows, _recorded_by(ledger, view, at), months)


def _sha256(lines: Mapping[str, list[tuple[str, str]]]) -> str:
    """Return the SHA-256 of rows, whatever their order in the files."""
    digest = hashlib.sha256()
    for name, dated in lines.items():
        digest.update(name.encode())
        for line, _ in dated:
            digest.update(line.encode())
    return digest.hexdigest()


def _dated_lines(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return each row as text with the month from which it was known, sorted.

    A blank cell counts as no cell, so that a column which files may leave out changes no hash.
    """
    columns = sorted(frame.columns)
    cells = frame[columns].astype(str).mask(frame[columns].isna(), "").itertuples(index=False, name=None)
    filled = ({name: cell for name, cell in zip(columns, row, strict=True) if cell} for row in cells)
    return sorted((json.dumps(row), row.get("known_date", UNDATED)[:7]) for row in filled)


def _by_month(dated: list[tuple[str, str]]) -> dict[str, str]:
    digests: dict[str, hashlib._Hash] = {}
    for line, month in dated:
        digests.setdefault(month, hashlib.sha256()).update(line.encode())
    return {month: digests[month].hexdigest()[:SHORT] for month in sorted(digests)}


def _recorded_by(ledger: Ledger, view: Ledger, at: date) -> str:
    """Return the latest moment at which a row was recorded that had a say in a view."""
    import pandas as pd

    limit, moments, whole = pd.Timestamp(at), [""], _with_withdrawals(ledger, view, at)
    for name in TABLES:
        frame = getattr(ledger, name)
        undated = frame["known_date"].isna() & frame.index.isin(getattr(whole, name).index)
        known = undated | (frame["known_date"] <= limit)
        if name == "sources":
            known &= frame["source_id"].isin(view.sources["source_id"])
        moments += frame.loc[known, "recorded_at"].tolist()
    return max(moments)


def _with_withdrawals(ledger: Ledger, view: Ledger, at: date) -> Ledger:
    """Return a view that still has the rows by which corroborations were withdrawn: they had a say in it."""
    if not (ledger.corroboration["withdrawn"] != "").any():
        return view
    return replace(ledger, corroboration=ledger.corroboration.assign(withdrawn="")).known(at)


def frames_recorded_by(frames: Mapping[str, pd.DataFrame], moment: str) -> dict[str, pd.DataFrame]:
    """Return a ledger's tables as they had been written down by a moment.

    Rows are left out before anything is derived from them: the day from which a corroboration was
    known follows from the observations, and a row recorded later must not move it.

    Parameters
    ----------
    frames
        From :func:`indicast.ledger.read_ledger`, cells as text.
    moment
        From :class:`Knowledge`; if blank, only rows that do not say when they were recorded are kept.
    """
    return {
        name: frame[frame["recorded_at"] <= moment] if "recorded_at" in frame.columns else frame
        for name, frame in frames.items()
    }
