"""An export cut into rows, one at a time, each with its line and its text as it stands in the file.

A row is whole when its quotes are even. If it then has a wrong number of cells, the first of its lines
is given back as unreadable and the others are read afresh, so that one stray quote costs one line.

Invariant: the texts of all rows, put together, are the file without blank lines, byte for byte, and
no more than one row is held in memory (``tests/unit/test_import_rows.py``, by hypothesis).
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from indicast.errors import DataError, MissingError, one_of
from indicast.workspace import shown

if TYPE_CHECKING:
    from indicast.ledger.exports._mapping import Format

LONGEST_LINE: Final = 20_000_000
"""Characters; a longer line is no row of an export."""
MOST_LINES: Final = 200
"""Lines that one row may run over, where a quoted cell holds line breaks."""
DELIMITERS: Final = {";": ";", "\t": "\\t", "|": "|", ",": ","}
"""What may separate cells, and how a mapping writes it."""
ESCAPED: Final = "surrogateescape"
"""Bytes that are no text are kept as lone surrogates, and are the same bytes again when written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an export.

    Attributes
    ----------
    line
        Where it begins; the first line of the file is 1.
    text
        As it stands in the file, with its line break.
    cells
        One for each column; empty if the row cannot be used.
    reason
        Why it cannot be used, or blank.
    """

    line: int
    text: str
    cells: list[str]
    reason: str = ""


@contextmanager
def opened_export(path: Path, form: Format) -> Iterator[Export]:
    """Give an export that is open for reading once, its header read.

    Raises
    ------
    MissingError
        If the file does not exist.
    DataError
        If it has no header where it should.
    """
    if not path.is_file():
        message = f"{path} does not exist or is no file; name the export to import"
        raise MissingError(message)
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    try:
        stream = path.open(encoding=encoding, errors=ESCAPED, newline="\n")
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}; look at its permissions"
        raise DataError(message) from None
    with stream:
        yield Export(path, form, stream)


class Export:
    """The rows of an open export.

    Attributes
    ----------
    columns
        Their names, from the mapping or the header.
    """

    def __init__(self, path: Path, form: Format, stream: TextIO) -> None:
        self._path, self._form = path, form
        self._lines = _numbered(path, stream)
        self._waiting: deque[tuple[int, str]] = deque()
        self.columns: tuple[str, ...] = form.names or self._header()

    def __iter__(self) -> Iterator[Row]:
        """Yield every row after the header, blank lines left out.

        Raises
        ------
        DataError
            If a line does not end.
        """
        while (first := self._next_line()) is not None:
            yield self._row(first)

    def _next_line(self) -> tuple[int, str] | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def _header(self) -> tuple[str, ...]:
        _, text = self._next_line() or (0, "")
        names = tuple(cell.strip() for cell in self._cut(text) or [])
        twice = {name for name in names if names.count(name) > 1}
        if not any(names) or twice:
            what = f"names {one_of(twice)} twice" if twice else "is missing"
            message = f"{self._path}: the header {what}; export again with one name for each column"
            raise DataError(message)
        self._refuse_other_delimiter(names)
        return names

    def _refuse_other_delimiter(self, names: tuple[str, ...]) -> None:
        signs = [sign for sign in DELIMITERS if len(names) == 1 and sign in names[0]]
        if signs:
            remedy = f'write delimiter = "{DELIMITERS[signs[0]]}" under [format] of the mapping'
            message = (
                f"{self._path}: the header is one name, {shown(names[0])}; its cells seem separated otherwise: {remedy}"
            )
            raise DataError(message)

    def _row(self, first: tuple[int, str]) -> Row:
        line, text = first
        taken = [first]
        quotes = text.count('"') if self._form.quotes else 0
        while quotes % 2 and len(taken) < MOST_LINES and len(text) <= LONGEST_LINE:
            more = self._next_line()
            if more is None:
                break
            taken.append(more)
            text += more[1]
            quotes += more[1].count('"')
        cells = self._cut(text)
        if cells is not None and len(cells) == len(self.columns):
            return Row(line, text, cells, _undecodable(text))
        self._waiting.extendleft(reversed(taken[1:]))
        return Row(line, taken[0][1], [], self._amiss(cells, len(taken)))

    def _cut(self, text: str) -> list[str] | None:
        """Return the cells of a row, or None if its quotes do not close."""
        row = text.rstrip("\r\n")
        if not self._form.quotes or '"' not in row:
            return row.split(self._form.delimiter)
        limit = csv.field_size_limit(LONGEST_LINE * 2)
        try:
            return next(csv.reader([row], delimiter=self._form.delimiter, strict=True), None)
        except csv.Error:
            return None
        finally:
            csv.field_size_limit(limit)

    def _amiss(self, cells: list[str] | None, lines: int) -> str:
        if cells is None or lines > 1:
            return "a quote does not close, or stands inside a cell that is not quoted"
        return f"{len(cells)} cells instead of {len(self.columns)}"


def _numbered(path: Path, stream: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while text := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(text) > LONGEST_LINE:
            message = f"{path}:{number} has more than {LONGEST_LINE:,} characters; this is no export of rows"
            raise DataError(message)
        if text.strip("\r\n"):
            yield number, text


def _undecodable(text: str) -> str:
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = shown(text[max(error.start - 20, 0) : error.end + 20])
        return f"bytes that are no text at {place}"
    return ""
