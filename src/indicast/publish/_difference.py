"""How a forecast that was published differs from one that is to take its place, in a few words.

Invariant: it never fails, whatever lies in the file (``tests/contract/test_editions.py``).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

Rows = dict[tuple[str, ...], str]
KEY = ("target", "item", "horizon", "output_type", "output_type_id")
NO_FILE = "the published file is gone"


def difference(path: Path, table: str) -> str:
    """Return what differs between a published ``forecast.csv`` and the text of another.

    Parameters
    ----------
    path
        The published file.
    table
        The text of the other.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return NO_FILE
    (before, known_before), (after, known_after) = _rows(text), _rows(table)
    parts = [f"known at {known_before} there, {known_after} here"] if known_before != known_after else []
    return "; ".join([*parts, *_values(before, after)]) or "the rows say the same, written in another way"


def _values(before: Rows, after: Rows) -> list[str]:
    alone, shared = set(before) ^ set(after), sorted(set(before) & set(after))
    parts = [f"{len(alone)} rows stand in one of the two only"] if alone else []
    unlike = [key for key in shared if before[key] != after[key]]
    if unlike:
        widest = max(unlike, key=lambda key: _gap(before[key], after[key]))
        place = " ".join(part for part in (widest[0], widest[1], widest[4], f"horizon {widest[2]}") if part)
        there, here = _short(before[widest]), _short(after[widest])
        parts.append(f"{len(unlike)} of {len(before)} rows, most {place}: {there} there, {here} here")
    return parts


def _short(value: str) -> str:
    """Return a number with four digits, or the text as it is."""
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return value


def _gap(before: str, after: str) -> float:
    try:
        return abs(float(before) - float(after))
    except ValueError:
        return float("inf")


def _rows(text: str) -> tuple[Rows, str]:
    """Return values by what they are values of, and the day of knowledge."""
    read = list(csv.DictReader(io.StringIO(text)))
    rows = {tuple(str(row.get(name) or "") for name in KEY): str(row.get("value") or "") for row in read}
    return rows, str(read[0].get("known_at") or "nothing") if read else "nothing"
