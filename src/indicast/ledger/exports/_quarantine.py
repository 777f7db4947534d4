"""Rows of an export that cannot be used wait in a file for a person.

Each is one line: the export, the row's line in it, why it was refused, and the row as it stands there in one
cell. That cell holds the original bytes, also those that are no text; if it begins as a formula does, an
apostrophe stands before it.

Invariant: a quarantine only grows, is whole at any moment, and holds no row twice for one line
(``tests/unit/test_import_quarantine.py``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from indicast.errors import DataError
from indicast.ledger._export import neutral_cell
from indicast.ledger.exports._import import Refused
from indicast.ledger.exports._rows import ESCAPED, LONGEST_LINE

HEADER: Final = ("export", "line", "reason", "row")


class Quarantine:
    """Rows to be set aside; they wait in an unnamed file until :meth:`keep`.

    Parameters
    ----------
    export
        Name of the export.
    spool
        Where rows wait.
    """

    def __init__(self, export: str, spool: TextIO) -> None:
        self._export, self._spool = export, spool
        self.first: list[Refused] = []

    def add(self, one: Refused) -> None:
        """Set one row aside."""
        if len(self.first) < SHOWN:
            self.first.append(one)
        cells = (self._export, str(one.line), one.reason, one.text.rstrip("\r\n"))
        csv.writer(self._spool, lineterminator="\n").writerow([neutral_cell(cell) for cell in cells])

    def keep(self, path: Path) -> int:
        """Add the rows to a quarantine file, leaving out those that stand there, and return how many were new.

        Raises
        ------
        DataError
            If the file is something else, or cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._grown(path)
        except OSError as error:
            message = f"cannot write {path}: {error.strerror or error}; name another file with --quarantine"
            raise DataError(message) from None

    def _grown(self, path: Path) -> int:
        there: set[bytes] = set()
        added = 0
        made = tempfile.NamedTemporaryFile(  # noqa: SIM115  # closed before it gets its name
            "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", errors=ESCAPED, newline="", delete=False
        )
        try:
            with made:
                for text in _records(path) if path.is_file() else iter([_line(HEADER)]):
                    there.add(_mark(text))
                    made.write(text)
                self._spool.seek(0)
                for text in _lines(self._spool):
                    if _mark(text) not in there:
                        added += 1
                        made.write(text)
                made.flush()
                os.fsync(made.fileno())
            if added:
                Path(made.name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
                Path(made.name).replace(path)
        finally:
            Path(made.name).unlink(missing_ok=True)
        return added


SHOWN: Final = 5
"""Refused rows that are told one by one."""


@contextmanager
def quarantining(export: Path) -> Iterator[Quarantine]:
    """Give a quarantine for the rows of one export; what is not kept is forgotten."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors=ESCAPED, newline="") as spool:
        yield Quarantine(export.name, spool)


def _records(path: Path) -> Iterator[str]:
    """Yield the lines of a quarantine file as they would be written."""
    with path.open(encoding="utf-8", errors=ESCAPED, newline="") as opened:
        lines = _lines(opened)
        header = next(lines, "")
        if header != _line(HEADER):
            message = f"{path} is no quarantine file; its first line is not {','.join(HEADER)}; name another one"
            raise DataError(message)
        yield header
        yield from lines


def _lines(opened: TextIO) -> Iterator[str]:
    limit = csv.field_size_limit(LONGEST_LINE * 4)
    try:
        for cells in csv.reader(opened):
            yield _line(cells)
    finally:
        csv.field_size_limit(limit)


def _line(cells: tuple[str, ...] | list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def _mark(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors=ESCAPED), digest_size=16).digest()
