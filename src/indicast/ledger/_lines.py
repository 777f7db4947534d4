"""Further lines of a CSV file, as bytes: what stood there stays as it was.

Invariant: the old content is a prefix of the new one; where the header has to grow, each old line is a prefix of its
new self and each row keeps its id (``tests/unit/test_ledger_lines.py``).
"""

from __future__ import annotations

import csv
import io
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from indicast.errors import DataError, one_of
from indicast.workspace import shown

Cells = Mapping[str, str]
Fill = Callable[[Cells], Cells]


def lengthened(path: Path, content: bytes, rows: Sequence[Cells], optional: Sequence[str], fill: Fill) -> bytes:
    """Return a file's content with further rows.

    Parameters
    ----------
    path
        Names the file in errors.
    content
        UTF-8, perhaps with a byte order mark, with any line ends, the last of which may be missing.
    rows
        Cells by column; what is left out is blank.
    optional
        Columns that the header gets if a row fills one of them and it lacks it.
    fill
        What to write into those columns of an old row.

    Raises
    ------
    DataError
        If the file is no CSV with a header line, or a cell has no column or cannot stand in one line.
    """
    mark, body = (BOM_UTF8, content[len(BOM_UTF8) :]) if content.startswith(BOM_UTF8) else (b"", content)
    header, end = _header(path, body)
    _refuse_unknown(path, rows, {*header, *optional})
    missing = [name for name in optional if name not in header]
    if any(row.get(name) for row in rows for name in missing):
        body = "".join(_widened(path, _text(path, body), header, missing, fill)).encode()
        header = [*header, *missing]
    joined = b"" if body.endswith((b"\n", b"\r")) else end.encode()
    return mark + body + joined + "".join(_line([row.get(name, "") for name in header], end) for row in rows).encode()


def _text(path: Path, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        message = f"{path} is no UTF-8 text (line {line}); save it again as UTF-8"
        raise DataError(message) from None


def _header(path: Path, body: bytes) -> tuple[list[str], str]:
    """Return the names of the columns and the line end."""
    first, newline, _ = body.partition(b"\n")
    text = _text(path, first)
    names = next(csv.reader([text.rstrip("\r")]), [])
    if not names:
        message = f"{path} has no header line; write one (its columns are described in docs/data.md)"
        raise DataError(message)
    return names, "\r\n" if newline and text.endswith("\r") else "\n"


def _refuse_unknown(path: Path, rows: Sequence[Cells], allowed: set[str]) -> None:
    for row in rows:
        unknown = set(row) - allowed
        if unknown:
            message = f"{path} has no column {one_of(map(shown, unknown))}; allowed columns are {one_of(allowed)}"
            raise DataError(message)
        for name, cell in row.items():
            if any(unicodedata.category(one) in {"Cc", "Cs"} for one in cell):
                message = f"{name} is {shown(cell)}; write it without line breaks and control characters"
                raise DataError(message)


def _line(cells: Sequence[str], end: str) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator=end).writerow(cells)
    return written.getvalue()


def _widened(path: Path, text: str, header: list[str], missing: list[str], fill: Fill) -> Iterator[str]:
    """Yield each line with the missing columns added at its end."""
    for place, (cells, raw) in enumerate(_records(path, text)):
        if len(cells) != len(header):
            message = f"{path}: row {place} has {len(cells)} cells and the header {len(header)}; repair that line first"
            raise DataError(message)
        added = fill(dict(zip(header, cells, strict=True))) if place else dict(zip(missing, missing, strict=True))
        line = raw.rstrip("\r\n")
        yield f"{line},{_line([added.get(name, '') for name in missing], '')}{raw[len(line) :]}"


def _records(path: Path, text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the cells of each row, and the lines they came from."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    try:
        for cells in reader:
            yield cells, "".join(taken)
            taken.clear()
    except csv.Error as error:
        message = f"{path}: line {reader.line_num} is no CSV ({error}); repair it first"
        raise DataError(message) from None
