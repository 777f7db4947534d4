"""Versions of the events that one mapping has brought into the ledger.

The first version of an event has the record_id ``name:event``, the next ones ``name:event:v2`` and so on, each
superseding the one before. The latest date that the export gives wins; where it gives none, the latest import
does. What a person has corrected or taken back is never superseded by an import.

Invariant: an event that says what its latest version says, or what another standing row says, adds nothing, so
importing a file twice is importing it once (``tests/unit/test_import.py``, by hypothesis).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from indicast.errors import DataError
from indicast.ledger._history import CORRECTION, standing_records
from indicast.ledger._records import REPEATED

if TYPE_CHECKING:
    import pandas as pd

DATED_REASON: Final = "changed in the export"
REASON: Final = "changed in the export or in its mapping"
"""Why an event has a further version: the first if the export gives it a later date, the second if it does not."""
NUMBERED: Final = re.compile(r"(.+):v[0-9]+")


@dataclass(frozen=True, slots=True)
class Version:
    """What one record of an event says, in short.

    Attributes
    ----------
    said
        Digest of its cells without the known date.
    known
        Its known date, in ISO form.
    dated
        Whether the export itself gives that date, as far as one can tell.
    here
        Whether this import brought it.
    """

    said: bytes
    known: str
    dated: bool
    here: bool = False


class Versions:
    """What the ledger holds of one mapping's events; grows as events are taken in.

    Parameters
    ----------
    rows
        Observations as text with the columns of a record.
    name
        The mapping's name.
    import_day
        From when a row may be used whose export does not say it.
    """

    def __init__(self, rows: pd.DataFrame, name: str, import_day: date) -> None:
        self._day = import_day.isoformat()
        self._standing = {_digest(cells) for cells in _described(standing_records(rows))}
        own = rows[rows["record_id"].str.startswith(f"{name}:")]
        columns = (_described(own), own["known_date"], own["reason"])
        versions = [
            Version(_digest(cells), known, reason != REASON) for cells, known, reason in zip(*columns, strict=True)
        ]
        by_id = dict(zip(own["record_id"], versions, strict=True))
        self._of = {first: _line(first, by_id) for first in by_id if not NUMBERED.fullmatch(first)}
        changed = rows[rows["supersedes"].isin(own["record_id"]) & ~rows["record_id"].isin(own["record_id"])]
        self._by_hand = dict(zip(changed["supersedes"], changed["record_id"], strict=True))

    def take(self, record_id: str, cells: dict[str, str]) -> dict[str, str] | None:
        """Return the record that an event adds to the ledger, or None if it says nothing new.

        Parameters
        ----------
        record_id
            Of the event's first version.
        cells
            Cells of observations.csv; a blank ``known_date`` becomes the day of the import.

        Raises
        ------
        DataError
            If the change cannot be made without a person.
        """
        said = _digest(tuple(cells[name] for name in REPEATED))
        versions = self._of.get(record_id, [])
        if not versions:
            return None if said in self._standing else self._first(record_id, cells, said)
        latest, own_day = versions[-1], cells["known_date"]
        older = latest.dated and "" < own_day < latest.known
        if latest.said == said or older:
            return None
        self._refuse_conflicts(record_id, versions, own_day, said)
        dated = own_day > latest.known
        known = own_day if dated else max(latest.known, self._day, cells["event_date"])
        before = len(versions)
        record = self._record(_name(record_id, before + 1), cells, known)
        self._standing.discard(latest.said)
        self._keep(record_id, Version(said, known, dated, here=True))
        reason = DATED_REASON if dated else REASON
        return record | {"change": CORRECTION, "supersedes": _name(record_id, before), "reason": reason}

    def _first(self, record_id: str, cells: dict[str, str], said: bytes) -> dict[str, str]:
        known = cells["known_date"] or max(self._day, cells["event_date"])
        self._keep(record_id, Version(said, known, bool(cells["known_date"]), here=True))
        return self._record(record_id, cells, known)

    def _record(self, record_id: str, cells: dict[str, str], known: str) -> dict[str, str]:
        return {**cells, "record_id": record_id, "known_date": known, "change": "", "supersedes": "", "reason": ""}

    def _keep(self, record_id: str, version: Version) -> None:
        self._of.setdefault(record_id, []).append(version)
        self._standing.add(version.said)

    def _refuse_conflicts(self, record_id: str, versions: list[Version], own_day: str, said: bytes) -> None:
        end = _name(record_id, len(versions))
        if end in self._by_hand:
            message = (
                f"changed in the export, and record {end} was changed by hand ({self._by_hand[end]}); decide by hand"
            )
            raise DataError(message)
        if versions[-1].here and own_day <= versions[-1].known:
            message = "the event stands further up in the file with other cells"
            raise DataError(message)
        if said in self._standing:
            message = f"changed in the export to what another row says; take record {end} back by hand"
            raise DataError(message)


def _name(record_id: str, version: int) -> str:
    return record_id if version == 1 else f"{record_id}:v{version}"


def _line(first: str, by_id: dict[str, Version]) -> list[Version]:
    """Return an event's versions, in order."""
    line = [by_id[first]]
    while (following := by_id.get(_name(first, len(line) + 1))) is not None:
        line.append(following)
    return line


def _described(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(rows[list(REPEATED)].itertuples(index=False, name=None))


def _digest(cells: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("\x1f".join(cells).encode(errors="surrogatepass"), digest_size=12).digest()
