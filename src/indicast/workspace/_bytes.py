"""Files are read up to a limit, and what cannot be read says so in one line.

Invariant: no file takes more memory than its limit, whatever its size says and however it grows
(``tests/unit/test_hostile_files.py``).
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from indicast.errors import DataError, MissingError

BLOCK_BYTES = 1 << 20


def read_text_bytes(path: Path, most: int, missing: str, large: str, lines: int | None = None) -> io.BytesIO:
    """Return the bytes of a UTF-8 file, which may begin with a byte order mark.

    Parameters
    ----------
    path
        A regular file, or a link to one.
    most
        Bytes that are read at most.
    missing, large
        What to do if there is no such file, and if it is too large.
    lines
        Lines that are read at most; any number if left out.

    Raises
    ------
    MissingError
        If the file does not exist.
    DataError
        If it is too large, no UTF-8, or the system refuses.
    """
    try:
        if not path.is_file():
            message = f"{path} does not exist; {missing}"
            raise MissingError(message)
        if path.stat().st_size > most:
            message = f"{path} has {path.stat().st_size:,} bytes; at most {most:,} are read, {large}"
            raise DataError(message)
        content = _collected(path, most, large, lines)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        message = f"{path} cannot be read ({error}); look at its name and its permissions"
        raise DataError(message) from None
    return content


def _collected(path: Path, most: int, large: str, lines: int | None) -> io.BytesIO:
    content, decoder, found = io.BytesIO(), codecs.getincrementaldecoder("utf-8")(), 0
    for block in _blocks(path):
        _refuse_other_encoding(path, decoder, block, found)
        found += max(block.count(b"\n"), block.count(b"\r"))
        content.write(block)
        if content.tell() > most:
            message = f"{path} has more than {most:,} bytes, which is the most that are read; {large}"
            raise DataError(message)
        if lines is not None and found > lines:
            message = f"{path} has more than {lines:,} lines, which is the most that are read; {large}"
            raise DataError(message)
    return content


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the blocks of a file one after another, and an empty one at its end.

    Yields
    ------
    block
        At most :data:`BLOCK_BYTES` long.
    """
    with path.open("rb") as opened:
        while block := opened.read(BLOCK_BYTES):
            yield block
    yield b""


def _refuse_other_encoding(path: Path, decoder: codecs.IncrementalDecoder, block: bytes, lines: int) -> None:
    if block.isascii() and block and not decoder.getstate()[0]:
        return
    try:
        decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n") + 1
        message = f"{path} is no UTF-8 text (line {line}: {error.reason}); save it again as UTF-8"
        raise DataError(message) from None
