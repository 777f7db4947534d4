"""Which lines of a ledger's file are others than in the commit that a manifest names.

Invariant: only what git has stored is read; no hook, filter or program of a repository runs, and no control
character of a cell reaches the terminal (``tests/contract/test_replay.py``). The commit is that of the day of
publication: changes that were not committed then are shown as if they had been made since.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from indicast.infer import recorded_by
from indicast.ledger import derived_id

MOST: Final = 6
LONGEST: Final = 160
Cell = tuple[str, str]
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
MARK: Final = "\ufeff"


def changed_rows(root: Path, manifest: Mapping[str, Any], moved: Mapping[str, list[str]]) -> list[str]:
    """Return the rows that stand in a ledger's file of then or of now only; nothing without a repository.

    Parameters
    ----------
    root
        The workspace.
    manifest
        Names model and commit.
    moved
        By table, the months of ``known_date`` in which something changed.
    """
    told = []
    for table, months in moved.items():
        path = f"data/{manifest['model']}/{table}.csv"
        then, now = committed_text(root, manifest.get("git_commit"), path), root / path
        if then is not None and now.is_file():
            told += _differing(table, then, now.read_text(encoding="utf-8"), months, recorded_by(manifest))
    return told[:MOST] + [f"and {len(told) - MOST} rows more"] * (len(told) > MOST)


def committed_text(root: Path, commit: object, path: str) -> str | None:
    """Return a file as it stands in a commit, or None if git does not have it."""
    if not (isinstance(commit, str) and COMMIT.fullmatch(commit)):
        return None
    command = ["git", "-C", str(root), "cat-file", "blob", f"{commit}:./{path}"]
    try:
        asked = subprocess.run(command, capture_output=True, check=True, timeout=30)  # noqa: S603  # fixed words and a checked id
        return asked.stdout.decode("utf-8")
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None


def _differing(table: str, then: str, now: str, months: list[str], moment: str) -> list[str]:
    old, new = (_rows(table, text, months, moment) for text in (then, now))
    gone = [f"{table}.csv, then: {_shown(old[row])}" for row in old if row not in new]
    return gone + [f"{table}.csv, now: {_shown(new[row])}" for row in new if row not in old]


def _rows(table: str, text: str, months: list[str], moment: str) -> dict[frozenset[Cell], list[Cell]]:
    """Return the rows of some months that had been recorded by a moment, without their blank cells."""
    rows = (_identified(table, row) for row in csv.DictReader(io.StringIO(text.removeprefix(MARK))))
    kept = (row for row in rows if (row.get("recorded_at") or "") <= moment and _of(row, months))
    filled = ([(str(key), str(cell)) for key, cell in row.items() if cell] for row in kept)
    return {frozenset(row): row for row in filled}


def _identified(table: str, row: dict[str, str]) -> dict[str, str]:
    """Return a row with the id that it has anyway: files get the column only when something is added to them."""
    named = table != "observations" or row.get("record_id")
    return row if named else row | {"record_id": derived_id(row)}


def _of(row: Mapping[str, str | None], months: list[str]) -> bool:
    known = row.get("known_date")
    return not known or known[:7] in months


def _shown(row: Iterable[Cell]) -> str:
    text = ", ".join(f"{key} {cell}" for key, cell in row)
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 3]}..."
