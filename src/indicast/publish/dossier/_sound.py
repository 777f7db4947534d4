"""What holds of every section, so that the page and its JSON need not doubt it.

Invariant: no number that is none, no ragged table and no picture that runs or loads anything reaches a
dossier (``tests/unit/test_dossier_sound.py``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from indicast.errors import RunError
from indicast.publish.dossier._section import Section

ANCHOR = re.compile(r"[a-z][a-z0-9-]*")
HEAVIEST = 150_000
"""Bytes of a picture; a page of twenty still opens on a phone."""
LOADS = re.compile(
    r"<\s*(script|image|foreignObject|iframe|a)\b|\bon[a-z]+\s*=|href\s*=\s*[\"'](?!#)|url\(\s*[\"']?(?!#)"
)


def require_sound(section: Section) -> None:
    """Raise unless a section keeps its contract.

    Raises
    ------
    RunError
        If a number is not finite, a table ragged, an anchor no anchor, or a picture too heavy or not self-contained.
    """
    amiss = [*_anchors(section), *_tables(section), *_pictures(section)]
    amiss += [f"{place} is no finite number" for place in not_finite(dict(section.data), "data")]
    if amiss:
        message = f"part {section.id}: {'; '.join(amiss)}; this is a fault of the package, please report it"
        raise RunError(message)


def _anchors(section: Section) -> list[str]:
    ids = [section.id, *(figure.id for figure in section.figures)]
    wrong = [f"{one!r} is no anchor" for one in ids if not ANCHOR.fullmatch(one)]
    return wrong + [f"{one!r} stands twice" for one in sorted(set(ids)) if ids.count(one) > 1]


def _tables(section: Section) -> list[str]:
    return [
        f"table {table.caption!r} is ragged"
        for table in section.tables
        if any(len(row) != len(table.header) for row in table.rows)
    ]


def _pictures(section: Section) -> list[str]:
    found = []
    for figure in section.figures:
        size = len(figure.svg.encode())
        if size > HEAVIEST:
            found.append(f"picture {figure.id} has {size:,} bytes, at most {HEAVIEST:,}")
        if LOADS.search(figure.svg):
            found.append(f"picture {figure.id} runs or loads something")
        if not (figure.alt.strip() and figure.conclusion.strip()):
            found.append(f"picture {figure.id} has no alternative text or no conclusion")
    return found


def not_finite(value: object, place: str) -> list[str]:
    """Return the places of numbers that are infinite or none.

    Examples
    --------
    >>> not_finite({"a": [1.0, float("nan")]}, "data")
    ['data.a[1]']
    """
    if isinstance(value, float):
        return [] if math.isfinite(value) else [place]
    if isinstance(value, Mapping):
        return [one for key, entry in value.items() for one in not_finite(entry, f"{place}.{key}")]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [one for at, entry in enumerate(value) for one in not_finite(entry, f"{place}[{at}]")]
    return []
