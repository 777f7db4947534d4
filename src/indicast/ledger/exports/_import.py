"""An export becomes records of the ledger, ready to be added, and what cannot be used is set aside with its reason.

Invariant: read = loaded + already there + not selected + quarantined, and each row read is exactly one of these;
importing what was imported adds nothing (``tests/unit/test_import.py``, by hypothesis).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from indicast.errors import DataError
from indicast.ledger._history import CORRECTION
from indicast.ledger._records import REPEATED
from indicast.ledger.exports._faults import faults
from indicast.ledger.exports._rows import Export, Row, opened_export
from indicast.ledger.exports._translation import Translated, Translator
from indicast.ledger.exports._versions import Versions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from indicast.ledger.exports._mapping import Mapping
    from indicast.workspace import Framework

CHUNK: Final = 5_000
"""Selected rows that are held at a time, apart from those that are loaded."""
MOST_HELD: Final = 20_000_000
"""Characters of rows that are held at a time."""
LOADED, THERE, NOT_SELECTED, QUARANTINED = "loaded", "already there", "not selected", "quarantined"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used.

    Attributes
    ----------
    line
        Where it begins in the export.
    reason
        Why.
    text
        As it stands there.
    """

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an export adds to a ledger, and what became of each of its rows.

    Attributes
    ----------
    records, sources
        Rows for observations.csv and sources.csv, as text by column.
    read, loaded, there, not_selected, quarantined
        Numbers of rows; the first is the sum of the others.
    corrections
        How many of the loaded ones change an older record.
    """

    records: tuple[dict[str, str], ...]
    sources: tuple[dict[str, str], ...]
    read: int
    loaded: int
    there: int
    not_selected: int
    quarantined: int
    corrections: int


@dataclass(frozen=True, slots=True)
class Import:
    """The circumstances of one import.

    Attributes
    ----------
    framework, mapping
        What a row may say, and how the export says it.
    frames
        Tables of the ledger as text, from :func:`read_ledger`.
    today
        Nothing may be known later.
    day
        From when a row may be used whose export does not say it.
    """

    framework: Framework
    mapping: Mapping
    frames: dict[str, pd.DataFrame]
    today: date
    day: date


def import_day(now: datetime, asked: date | None) -> tuple[date, date]:
    """Return today and the day from which imported rows may be used.

    Raises
    ------
    DataError
        If the day asked for is in the future.
    """
    today = now.astimezone(UTC).date()
    if asked is not None and asked > today:
        message = f"--known-date {asked} is after today ({today}); a row enters the ledger when it is known"
        raise DataError(message)
    return today, asked or today


def import_export(one: Import, path: Path, refuse: Callable[[Refused], None]) -> Imported:
    """Return what an export adds to a ledger; nothing is written.

    Parameters
    ----------
    one
        What is imported into what, and when.
    path
        The export; it is read once, in chunks.
    refuse
        Called with each row that cannot be used, in the order of the lines.

    Raises
    ------
    MissingError
        If the export, or a column that the mapping names, is not there.
    DataError
        If it is no export of rows.
    """
    with opened_export(path, one.mapping.format) as export:
        return _Tally(one, export, refuse).whole()


class _Tally:
    def __init__(self, one: Import, export: Export, refuse: Callable[[Refused], None]) -> None:
        self._one, self._export, self._refuse = one, export, refuse
        self._translate = Translator(one.mapping, export.columns)
        self._versions = Versions(one.frames["observations"], one.mapping.name, one.day)
        self._listed = set(one.frames["sources"]["source_id"])
        self._records: list[dict[str, str]] = []
        self._sources: dict[str, dict[str, str]] = {}
        self._counts: Counter[str] = Counter()
        self._read = 0
        self._said: list[tuple[Row, Translated]] = []
        self._refused: list[Refused] = []
        self._held = 0

    def whole(self) -> Imported:
        for row in self._export:
            self._take(row)
            if len(self._said) >= CHUNK or self._held > MOST_HELD:
                self._settle()
        self._settle()
        counts = self._counts
        return Imported(
            tuple(self._records),
            tuple(self._sources.values()),
            self._read,
            counts[LOADED],
            counts[THERE],
            counts[NOT_SELECTED],
            counts[QUARANTINED],
            sum(record["change"] == CORRECTION for record in self._records),
        )

    def _take(self, row: Row) -> None:
        """Count a row that is not selected; hold any other."""
        self._read += 1
        try:
            translated = self._translated(row)
        except DataError as error:
            self._refused.append(Refused(row.line, str(error), row.text))
        else:
            if translated is None:
                self._counts[NOT_SELECTED] += 1
                return
            self._said.append((row, translated))
        self._held += len(row.text)

    def _translated(self, row: Row) -> Translated | None:
        if row.reason:
            raise DataError(row.reason)
        translated = self._translate(row.cells)
        return None if translated is None else _dated(translated, self._one.today)

    def _settle(self) -> None:
        """Let each row that is held be loaded, already there or quarantined."""
        one = self._one
        amiss = faults([translated for _, translated in self._said], one.framework, one.day, one.today)
        for place, (row, translated) in enumerate(self._said):
            try:
                self._keep(translated, amiss.get(place, ""))
            except DataError as error:
                self._refused.append(Refused(row.line, str(error), row.text))
        self._counts[QUARANTINED] += len(self._refused)
        for refused in sorted(self._refused, key=lambda refused: refused.line):
            self._refuse(refused)
        self._said, self._refused, self._held = [], [], 0

    def _keep(self, translated: Translated, amiss: str) -> None:
        if amiss:
            raise DataError(amiss)
        record = self._versions.take(translated.record_id, translated.cells)
        if record is None:
            self._counts[THERE] += 1
            return
        self._counts[LOADED] += 1
        self._records.append(record)
        if translated.source["source_id"] not in self._listed:
            self._sources.setdefault(translated.source["source_id"], translated.source)


def _dated(translated: Translated, today: date) -> Translated:
    """Return a row with all columns, known no earlier than its event, or refuse what lies ahead."""
    cells = dict.fromkeys((*REPEATED, "known_date"), "") | translated.cells
    cells["source_id"] = translated.source["source_id"]
    for name in ("event_date", "known_date"):
        if cells[name] > today.isoformat():
            message = f"{name} is {cells[name]}, after today ({today})"
            raise DataError(message)
    if cells["known_date"]:
        cells["known_date"] = max(cells["known_date"], cells["event_date"])
    return Translated(translated.record_id, cells, translated.source)
