"""Acts that happened, month by month, with how well somebody watched.

Invariant: rows of one origin in one month are one act, and silence is no zero unless
somebody looked (``tests/unit/test_panel_families.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.panel._streams import NOT_LOOKED, coverage_of, fed_rows

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


def event_variables(
    framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, months: int, padded: int
) -> Variables:
    """Return ``event`` and ``event_coverage``, dims (time, event_series), padded in time."""
    shape, rows = (padded, len(framework.events)), fed_rows(framework, ledger, "event", months)
    rows = rows.drop_duplicates(["time", "fed_label", "origin_id"])
    number, coverage = np.zeros(shape, dtype=np.int64), np.full(shape, NOT_LOOKED, dtype=np.int64)
    for place, indicator in enumerate(framework.events):
        time = rows.loc[rows["fed_label"] == indicator.id, "time"].to_numpy(dtype=np.int64)
        number[:, place] = np.bincount(time, minlength=padded)
        coverage[:months, place] = coverage_of(framework, hyperparameters, ledger, indicator.id, months)
    dims = (names.TIME, names.EVENT_SERIES)
    return {"event": (dims, number), "event_coverage": (dims, coverage)}
