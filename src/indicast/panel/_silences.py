"""Months in which a publication was due and withheld.

Invariant: only months that ``coverage.csv`` calls so are in it; a month that nobody
judged is not (``tests/unit/test_panel_families.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.panel._streams import judged_months

if TYPE_CHECKING:
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


def withheld_months(framework: Framework, ledger: Ledger, months: int) -> list[tuple[int, int]]:
    """Return month and indicator (indices) of each withheld publication, in order."""
    meaning = framework.declaration.coverage
    return sorted(
        (time, place)
        for place, indicator in enumerate(framework.declaration.indicators)
        if indicator.embarrassing
        for time, word in judged_months(framework, ledger, indicator.id, months)
        if meaning[word] == "withheld"
    )


def silence_variables(found: list[tuple[int, int]], slots: int) -> Variables:
    """Return ``silence_time``, ``silence_indicator`` and ``silence_used``; dims (silence)."""
    pairs = np.array([*found, *[(0, 0)] * (slots - len(found))], dtype=np.int64).reshape(slots, 2)
    dims = (names.SILENCE,)
    used = np.arange(slots) < len(found)
    return {"silence_time": (dims, pairs[:, 0]), "silence_indicator": (dims, pairs[:, 1]), "silence_used": (dims, used)}
