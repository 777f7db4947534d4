"""TOML files as plain values that any reader can hold and print.

Invariant: what is returned is at most :data:`DEEPEST` levels deep, its whole numbers fit into 64 bits,
and reading it takes time in proportion to its size (``tests/unit/test_hostile_files.py``).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from indicast.errors import DataError, WorkspaceError
from indicast.workspace._bytes import read_text_bytes

LARGEST_BYTES = 1_000_000
DEEPEST = 16
LARGEST_WHOLE = 2**63 - 1
# One part of a dotted key, from its own beginning; a key of very many parts would take time by their square.
PART = r"""(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
LONG_KEY = re.compile(rf"(?:{PART}\.[ \t]*+){{{DEEPEST}}}")


def read_toml(path: Path) -> dict[str, object]:
    """Return a TOML file's content.

    Raises
    ------
    MissingError
        If it does not exist.
    DataError
        If it is too large, or no UTF-8.
    WorkspaceError
        If it is no TOML, nested too deep, or holds a number too large for 64 bits.
    """
    missing, large = "create it or name another workspace with --workspace", "shorten its reasons"
    try:
        text = read_text_bytes(path, LARGEST_BYTES, missing, large).getvalue().decode("utf-8-sig")
    except DataError as error:
        raise WorkspaceError(*error.args) from None
    _refuse_long_keys(path, text)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{path} is no TOML: {error}; correct that place"
        raise WorkspaceError(message) from None
    _refuse_extremes(path, content)
    return content


def _refuse_long_keys(path: Path, text: str) -> None:
    for place in LONG_KEY.finditer(text):
        line = text.count("\n", 0, place.start()) + 1
        message = f"{path}, line {line}: {DEEPEST} names with dots between them; a key has fewer, and so has a text"
        raise WorkspaceError(message)


def _refuse_extremes(path: Path, content: dict[str, object]) -> None:
    """Refuse what is nested too deep or too large a number, wherever it stands."""
    waiting: list[tuple[object, int, str]] = [(content, 0, "")]
    while waiting:
        value, depth, key = waiting.pop()
        if depth > DEEPEST:
            message = f"{path}: {key} is nested more than {DEEPEST} levels deep; nothing declared here is"
            raise WorkspaceError(message)
        if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
            message = f"{path}: a number under {key} is too large for 64 bits; write a smaller one"
            raise WorkspaceError(message)
        if isinstance(value, dict):
            waiting += [(one, depth + 1, key or str(name)) for name, one in value.items()]
        elif isinstance(value, list):
            waiting += [(one, depth + 1, key) for one in value]
