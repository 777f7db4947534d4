"""Months in which a publication was due, and whether it came.

Invariant: only months that ``coverage.csv`` calls withheld or looked at are in it, of indicators
that something embarrasses; a month that nobody judged is not, and none is where no word
means withheld (``tests/unit/test_panel_families.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.panel._streams import judged_months

if TYPE_CHECKING:
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


class Due(NamedTuple):
    """A publication that was due.

    Attributes
    ----------
    time
        Its month, from the start.
    indicator
        Index of its indicator.
    reading
        Index of the reading that would embarrass.
    published
        Whether it came.
    """

    time: int
    indicator: int
    reading: int
    published: bool


def due_months(framework: Framework, ledger: Ledger, months: int) -> list[Due]:
    """Return the publications that were due, in order of month and indicator."""
    meaning, directions = framework.declaration.coverage, framework.declaration.directions
    if "withheld" not in framework.families:
        return []
    return sorted(
        Due(time, place, directions.index(indicator.embarrassing), meaning[word] == "looked")
        for place, indicator in enumerate(framework.declaration.indicators)
        if indicator.embarrassing
        for time, word in judged_months(framework, ledger, indicator.id, months)
        if meaning[word] != "not_looked"
    )


def silence_variables(found: list[Due], slots: int) -> Variables:
    """Return the columns of :class:`Due` and ``silence_used``; dims (silence)."""
    rows = [*found, *[Due(0, 0, 0, published=False)] * (slots - len(found))]
    columns = dict(zip(Due._fields, np.array(rows, dtype=np.int64).reshape(slots, len(Due._fields)).T, strict=True))
    variables = {f"silence_{name}": ((names.SILENCE,), values) for name, values in columns.items()}
    variables["silence_published"] = ((names.SILENCE,), columns["published"].astype(bool))
    return variables | {"silence_used": ((names.SILENCE,), np.arange(slots) < len(found))}
