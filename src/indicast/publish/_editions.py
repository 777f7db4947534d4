"""The record of what was published: one row for each edition of each month, and rows are only ever added.

A month whose forecast has the recorded hash may be published again, with other words or by other code. Other numbers
are another edition: it is published only for a reason that is given, the reason is recorded, and the numbers of the
edition before stay in the folder. A publication from before there was a record is recorded as it lies.

Invariant: each row's hash is that of a file in the month's folder, and no row changes
(``tests/contract/test_editions.py``, ``tests/content/test_published_history.py``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

from indicast.errors import PublishedError, RunError
from indicast.infer import replace_text
from indicast.ledger import neutral_cell
from indicast.publish._difference import difference
from indicast.publish._published import MANIFEST, TABLE, published_months

RECORD: Final = "published.csv"
"""Beside the months of a model."""
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Edition:
    """One row of the record.

    Attributes
    ----------
    month
        ISO month.
    number
        1 for what was published first.
    known_at
        Last day whose news was used.
    manifest
        Hash of the manifest under which these numbers were first published.
    forecast_sha256
        Of ``forecast.csv``.
    reason
        Why there is another edition; blank for the first.
    """

    month: str
    number: int
    known_at: str
    manifest: str
    forecast_sha256: str
    reason: str

    @property
    def file(self) -> str:
        """Name of its numbers once there is a later edition."""
        return f"forecast-{self.number}.csv"


COLUMNS: Final = ("month", "edition", *(field.name for field in fields(Edition)[2:]))


def editions(folder: Path) -> tuple[Edition, ...]:
    """Return the record of ``reports/<model>``, and what was published before there was one.

    Raises
    ------
    RunError
        If the record cannot be read.
    """
    kept = recorded(folder)
    there = {one.month for one in kept}
    return (*kept, *(_as_it_lies(folder / month) for month in published_months(folder) if month not in there))


def recorded(folder: Path) -> tuple[Edition, ...]:
    """Return the record of ``reports/<model>`` as it is kept.

    Raises
    ------
    RunError
        If it cannot be read.
    """
    path = folder / RECORD
    if not path.is_file():
        return ()
    try:
        with path.open(encoding="utf-8", newline="") as opened:
            head, *rows = csv.reader(opened)
        if tuple(head) != COLUMNS:
            message = f"its columns are {', '.join(head)}, not {', '.join(COLUMNS)}"
            raise ValueError(message)  # noqa: TRY301  # told below with the name of the file
        return tuple(_entry(row) for row in rows)
    except (OSError, ValueError, csv.Error) as error:
        message = f"{path} is no record of publications ({' '.join(str(error).split())[:120]}); restore it"
        raise RunError(message) from None


def latest(record: Sequence[Edition], month: str) -> Edition | None:
    """Return the last edition of a month."""
    return max((one for one in record if one.month == month), key=lambda one: one.number, default=None)


def with_edition(
    record: tuple[Edition, ...], manifest: Mapping[str, Any], table: str, target: Path, reason: str
) -> tuple[Edition, ...]:
    """Return the record with the numbers that are to be published in it.

    Parameters
    ----------
    record
        From :func:`editions`.
    manifest
        Of the run.
    table
        The text of its ``forecast.csv``.
    target
        The month's folder.
    reason
        Why other numbers may take the place of those published; if blank, they may not.

    Raises
    ------
    PublishedError
        If the month is published with other numbers and no reason is given.
    RunError
        If the reason is too long to be one.
    """
    month, sha256 = str(manifest["as_of"]), hashlib.sha256(table.encode()).hexdigest()
    before = latest(record, month)
    if before is not None and before.forecast_sha256 == sha256:
        return record
    if before is not None and not reason.strip():
        message = (
            f"{target} is published with other numbers ({difference(target / TABLE, table)}) and stays as it is; "
            f'--replace "reason" publishes edition {before.number + 1} and keeps the numbers of this one'
        )
        raise PublishedError(message)
    told = _one_line(reason) if before is not None else ""
    number = before.number + 1 if before else 1
    return (*record, Edition(month, number, str(manifest["known_at"]), str(manifest["hash"]), sha256, told))


def keep_record(folder: Path, record: Sequence[Edition]) -> None:
    """Write the record, whole or not at all."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(astuple(one) for one in record)
    replace_text(folder / RECORD, written.getvalue())


def keep_numbers(record: Sequence[Edition], month: str, old: Path, new: Path) -> None:
    """Carry the numbers of a month's earlier editions over from its old folder to the new one."""
    last = latest(record, month)
    for one in record:
        if one.month == month and one is not last and (there := _numbers_of(one, old)) is not None:
            shutil.copy2(there, new / one.file)


def _numbers_of(one: Edition, folder: Path) -> Path | None:
    """Return where the numbers of an edition lie, known by their hash."""
    places = (folder / one.file, folder / TABLE)
    return next((path for path in places if path.is_file() and _sha256(path) == one.forecast_sha256), None)


def _one_line(reason: str) -> str:
    line = " ".join(reason.split())
    if len(line) > LONGEST_REASON or not line.isprintable():
        message = f"--replace: a reason is one line of at most {LONGEST_REASON} letters; give a shorter one"
        raise RunError(message)
    return neutral_cell(line)


def _as_it_lies(folder: Path) -> Edition:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    sha256 = manifest.get("published", {}).get("sha256", {}).get(TABLE, "")
    return Edition(folder.name, 1, str(manifest.get("known_at", "")), str(manifest.get("hash", "")), str(sha256), "")


def _entry(row: list[str]) -> Edition:
    month, number, known_at, manifest, sha256, reason = row
    return Edition(month, int(number), known_at, manifest, sha256, reason)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
