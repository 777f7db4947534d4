"""Where the rows of a CSV file begin and how many cells each has, told from its bytes.

Invariant: a file that passes has on every row the cells of its header, every quote encloses a
whole cell, and nothing is guessed; a file that does not is refused with the line on which
it goes wrong (``tests/unit/test_rows.py``, ``tests/unit/test_hostile_files.py``).

A byte lies within quotes if an odd number of quotes stands before it. That needs no parser, so
whole blocks are looked at together: a million rows take a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indicast.errors import DataError

LONGEST_HEADER = 10_000
"""Bytes in which another separator is looked for."""
BLOCK_BYTES = 1 << 22
LONGEST_ROW_BYTES = 1_000_000
NUL, LINE_FEED, RETURN, QUOTE, COMMA = b'\0\n\r",'
BEFORE_OPENING = np.frombuffer(b',\n\r"', dtype=np.uint8)
AFTER_CLOSING = BEFORE_OPENING
SHOWN_LINES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The rows of a file, the header being the first.

    Attributes
    ----------
    ends
        Index of the byte that ends each row; dims (row).
    lines
        Line on which each row begins, from 1; a quoted cell may hold line breaks; dims (row).
    cells
        Number of cells of each row; dims (row).
    """

    ends: np.ndarray
    lines: np.ndarray
    cells: np.ndarray


@dataclass(slots=True)
class _Seen:
    """What was seen up to the end of a block."""

    quotes: int = 0
    breaks: int = 0
    commas: int = 0
    opened: int = 1
    ends: list[np.ndarray] = field(default_factory=list)
    lines: list[np.ndarray] = field(default_factory=list)
    cells: list[np.ndarray] = field(default_factory=list)


def layout(path: Path, content: np.ndarray) -> Layout:
    """Return the rows of a file; blank lines at its end are none.

    Parameters
    ----------
    path
        For the message.
    content
        The file's bytes without a byte order mark; dims (byte).

    Raises
    ------
    DataError
        If a quote has no end or stands inside a cell, a row is too long, or there is a zero byte. Where the
        header shows that commas separate nothing, that is said instead.
    """
    try:
        return _found(path, content)
    except DataError as error:
        header = bytes(content[:LONGEST_HEADER]).decode("utf-8", "replace").split("\n", 1)[0]
        remedy = "" if "," in header else other_separator([header])
        if not remedy:
            raise
        message = f"{path}: {remedy}"
        raise DataError(message) from error


def other_separator(header: list[str]) -> str:
    """Return what to do about a header whose names are not separated by commas, or nothing."""
    used = [name for name, sign in (("semicolons", ";"), ("tabs", "\t")) if len(header) == 1 and sign in header[0]]
    return f"its cells seem to be separated by {used[0]}: save it as CSV with commas" if used else ""


def _found(path: Path, content: np.ndarray) -> Layout:
    seen = _Seen()
    for start in range(0, len(content), BLOCK_BYTES):
        _look(path, content, start, seen)
    if seen.quotes % 2:
        message = f"{path}, line {seen.opened}: a cell begins with a quote and never ends; close the quote"
        raise DataError(message)
    found = _joined(content, seen)
    _refuse_long_rows(path, found)
    return found


def _look(path: Path, content: np.ndarray, start: int, seen: _Seen) -> None:
    block = content[start : start + BLOCK_BYTES]
    quotes = np.flatnonzero(block == QUOTE) + start
    breaks = _breaks(content, np.flatnonzero((block == LINE_FEED) | (block == RETURN)) + start)
    commas = np.flatnonzero(block == COMMA) + start
    _refuse_zero_byte(path, block, breaks - start, seen)
    _follow_quotes(path, content, quotes, breaks, seen)
    outside = _outside(breaks, quotes, seen)
    ends = breaks[outside]
    row_of_comma = np.searchsorted(ends, commas[_outside(commas, quotes, seen)])
    counted = np.bincount(row_of_comma, minlength=len(ends) + 1)
    counted[0] += seen.commas
    seen.ends.append(ends)
    seen.cells.append(counted[:-1] + 1)
    seen.lines.append(np.flatnonzero(outside) + seen.breaks + 2)
    seen.commas = int(counted[-1])
    seen.quotes += len(quotes)
    seen.breaks += len(breaks)


def _breaks(content: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the last byte of each line break: a line feed, a return, or both."""
    following = content[np.minimum(places + 1, len(content) - 1)]
    return places[~((content[places] == RETURN) & (following == LINE_FEED) & (places + 1 < len(content)))]


def _outside(places: np.ndarray, quotes: np.ndarray, seen: _Seen) -> np.ndarray:
    return np.asarray((np.searchsorted(quotes, places) + seen.quotes) % 2 == 0)


def _refuse_zero_byte(path: Path, block: np.ndarray, breaks: np.ndarray, seen: _Seen) -> None:
    if not (block == NUL).any():
        return
    line = seen.breaks + int(np.searchsorted(breaks, int(np.argmax(block == NUL)))) + 1
    message = f"{path}, line {line}: there is a zero byte, so this is no text file; save it as a UTF-8 CSV file"
    raise DataError(message)


def _follow_quotes(path: Path, content: np.ndarray, quotes: np.ndarray, breaks: np.ndarray, seen: _Seen) -> None:
    """Refuse a quote that does not begin or end a cell; remember where the last quoted cell began."""
    opening = (np.arange(len(quotes)) + seen.quotes) % 2 == 0
    before = np.where(quotes > 0, content[np.maximum(quotes - 1, 0)], COMMA)
    after = np.where(quotes + 1 < len(content), content[np.minimum(quotes + 1, len(content) - 1)], COMMA)
    stray = np.where(opening, ~np.isin(before, BEFORE_OPENING), ~np.isin(after, AFTER_CLOSING))
    begins = opening & (before != QUOTE)
    line = np.searchsorted(breaks, quotes) + seen.breaks + 1
    if stray.any():
        first = int(np.argmax(stray))
        opened = line[: first + 1][begins[: first + 1]]
        _refuse_stray(path, int(line[first]), int(opened[-1]) if len(opened) else seen.opened, bool(opening[first]))
    if begins.any():
        seen.opened = int(line[begins][-1])


def _refuse_stray(path: Path, line: int, opened: int, inside: bool) -> None:  # noqa: FBT001  # which of two messages
    remedy = "put the whole cell into quotes, without a space before them, and double each quote inside it"
    if inside:
        message = f"{path}, line {line}: a quote stands inside a cell that has none around it; {remedy}"
        raise DataError(message)
    message = f"{path}, line {line}: text follows the closing quote of the cell that began on line {opened}; {remedy}"
    raise DataError(message)


def _joined(content: np.ndarray, seen: _Seen) -> Layout:
    ends, cells = np.concatenate([[], *seen.ends]), np.concatenate([[], *seen.cells])
    lines = np.concatenate([[1], *seen.lines])
    ends, cells, lines = (one.astype(np.int64) for one in (ends, cells, lines))
    if len(content) and (not len(ends) or ends[-1] != len(content) - 1):
        ends, cells = np.append(ends, len(content)), np.append(cells, seen.commas + 1)
    lines, filled = lines[: len(ends)], _last_filled(content, ends)
    return Layout(ends[:filled], lines[:filled], cells[:filled])


def _last_filled(content: np.ndarray, ends: np.ndarray) -> int:
    """Return the number of rows up to the last one that holds anything."""
    last = len(content)
    while last and content[last - 1] in {LINE_FEED, RETURN}:
        last -= 1
    return int(np.searchsorted(ends, last)) + 1 if last else 0


def _refuse_long_rows(path: Path, found: Layout) -> None:
    long = np.flatnonzero(np.diff(found.ends, prepend=-1) > LONGEST_ROW_BYTES)
    if len(long):
        message = (
            f"{path}, line {found.lines[long[0]]}: the row has more than {LONGEST_ROW_BYTES:,} bytes; shorten it, "
            "or close a quote that has no end"
        )
        raise DataError(message)


def refuse_ragged(path: Path, found: Layout) -> None:
    """Refuse rows that have more or fewer cells than the header: nobody can tell which cell is which.

    Raises
    ------
    DataError
        With the first line, what to do there, and how many other lines have the same fault.
    """
    wanted = int(found.cells[0])
    wrong = np.flatnonzero(found.cells != wanted)
    if not len(wrong):
        return
    line, cells = int(found.lines[wrong[0]]), int(found.cells[wrong[0]])
    others = ", ".join(str(one) for one in found.lines[wrong[1 : SHOWN_LINES + 1]])
    more = " and more" if len(wrong) > SHOWN_LINES + 1 else ""
    also = f" (the same on {len(wrong) - 1:,} other lines: {others}{more})" if others else ""
    remedy = (
        "put quotes around a cell that holds a comma"
        if cells > wanted
        else "write every comma, also around cells that are blank, and remove blank lines"
    )
    message = f"{path}, line {line}: {cells:,} cells, but the header has {wanted:,}; {remedy}{also}"
    raise DataError(message)
