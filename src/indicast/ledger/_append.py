"""Records are added to a ledger, and nothing else is ever done to it.

Invariant: what was there stays, byte for byte or as the beginning of its line; a row whose id was given back is on
the disk; no row supersedes what another one has superseded (``tests/unit/test_append.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.ledger._history import CORRECTION, OPTIONAL, RECORD, RETRACTION, derived_id, record_id
from indicast.ledger._lines import Cells, lengthened
from indicast.ledger._lock import WAIT_SECONDS, locked
from indicast.ledger._records import REPEATED
from indicast.ledger._trial import read_sound
from indicast.ledger._whole_file import read_whole, replace_whole
from indicast.workspace import Framework

if TYPE_CHECKING:
    import pandas as pd

New = dict[str, list[dict[str, str]]]
OBSERVATIONS, SOURCES = "observations", "sources"


def append_records(
    framework: Framework,
    rows: Sequence[Cells],
    now: datetime,
    sources: Sequence[Cells] = (),
    wait: float = WAIT_SECONDS,
) -> tuple[dict[str, str], ...]:
    """Add rows to ``observations.csv``, and sources that they name to ``sources.csv``: all of them or none.

    The whole ledger is checked as it would be then. Errors that it has already do not stop this, unless they are
    dates that do not exist, with which nothing can be compared.

    Parameters
    ----------
    framework
        Declares what a row may say, and where the files stand.
    rows
        Cells as text by column, from :func:`correction_of` and :func:`retraction_of` for changes. A blank
        ``known_date`` becomes today, a blank ``record_id`` an id that follows from the cells and the moment;
        ``recorded_at`` is always set.
    now
        The moment of writing, with its time zone.
    sources
        Cells of sources that are not listed yet.
    wait
        Seconds to wait for another writer.

    Returns
    -------
    rows
        As they stand in the file now, with their ids.

    Raises
    ------
    DataError
        If the ledger would have a further error, with its reason and remedy.
    LedgerError
        If another writer is at work, the file was changed in the meantime, or the system refuses.
    """
    folder, new = framework.data_folder, _completed(rows, sources, now)
    with locked(folder, wait):
        seen, grown = _with_rows(folder, new)
        read_sound(framework, grown, new[OBSERVATIONS], now)
        for name, content in grown.items():
            replace_whole(folder / f"{name}.csv", content, seen[name])
    return tuple(new[OBSERVATIONS])


def try_records(
    framework: Framework, rows: Sequence[Cells], now: datetime, sources: Sequence[Cells] = ()
) -> dict[str, pd.DataFrame]:
    """Return the tables as :func:`append_records` would leave them, as text; nothing is written or locked.

    Parameters
    ----------
    framework, rows, now, sources
        As there.

    Raises
    ------
    DataError
        If the ledger would have a further error, with its reason and remedy.
    """
    new = _completed(rows, sources, now)
    _, grown = _with_rows(framework.data_folder, new)
    return read_sound(framework, grown, new[OBSERVATIONS], now)


def append_lines(path: Path, rows: Sequence[Cells], wait: float = WAIT_SECONDS) -> None:
    """Add rows to a file of a ledger as they are, unchecked; :func:`append_records` is what checks.

    Parameters
    ----------
    path
        ``observations.csv`` or a companion file.
    rows
        Cells as text by column.
    wait
        Seconds to wait for another writer.

    Raises
    ------
    DataError
        If a row has a cell for which there is no column.
    LedgerError
        If another writer is at work, the file was changed in the meantime, or the system refuses.
    """
    with locked(path.parent, wait):
        seen = read_whole(path)
        replace_whole(path, _grown(path.parent, path.stem, seen, rows), seen)


def correction_of(row: Cells, cells: Cells, reason: str, known_date: str = "") -> dict[str, str]:
    """Return the row that corrects another.

    Parameters
    ----------
    row
        Text cells of the row to correct, as :func:`read_ledger` gives them; a retraction's gives its row again.
    cells
        What is different.
    reason
        Why.
    known_date
        From when the correction may be used; the day of writing if blank.
    """
    return _change(row, CORRECTION, reason, known_date) | dict(cells)


def retraction_of(row: Cells, reason: str, known_date: str = "") -> dict[str, str]:
    """Return the row that takes another one back.

    Parameters
    ----------
    row
        Text cells of the row to take back, as :func:`read_ledger` gives them.
    reason
        Why.
    known_date
        From when it is known; the day of writing if blank.
    """
    return _change(row, RETRACTION, reason, known_date)


def _change(row: Cells, change: str, reason: str, known_date: str) -> dict[str, str]:
    kept = {name: cell for name, cell in row.items() if name not in RECORD}
    return kept | {"known_date": known_date, "change": change, "supersedes": row["record_id"], "reason": reason}


def _completed(rows: Sequence[Cells], sources: Sequence[Cells], now: datetime) -> New:
    """Return the new lines of each file with what only the moment of writing can say; the sources come first."""
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = [dict(source) | {"recorded_at": moment} for source in sources]
    return {SOURCES: listed, OBSERVATIONS: [_record(row, moment) for row in rows]}


def _record(row: Cells, moment: str) -> dict[str, str]:
    blank = dict.fromkeys((*REPEATED, "known_date", *RECORD), "")
    cells = blank | dict(row) | {"known_date": row.get("known_date") or moment[:10], "recorded_at": moment}
    return cells | {"record_id": row.get("record_id") or record_id((derived_id(cells), moment))}


def _with_rows(folder: Path, new: New) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the content of the files that grow, as it is and as it would be."""
    seen = {name: read_whole(folder / f"{name}.csv") for name, rows in new.items() if rows}
    return seen, {name: _grown(folder, name, content, new[name]) for name, content in seen.items()}


def _grown(folder: Path, name: str, content: bytes, rows: Sequence[Cells]) -> bytes:
    fill = _derived if name == OBSERVATIONS else _blank
    return lengthened(folder / f"{name}.csv", content, rows, OPTIONAL.get(name, ()), fill)


def _derived(cells: Cells) -> Cells:
    return {"record_id": derived_id(cells)}


def _blank(_: Cells) -> Cells:
    return {}
