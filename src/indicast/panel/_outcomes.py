"""Milestones month by month: open, done, or not known.

Invariant: a month is open only if evidence known by then says so, and what is unclear
is in neither array (``tests/unit/test_panel_families.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger import Ledger
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


def milestone_variables(framework: Framework, ledger: Ledger, months: int, padded: int) -> Variables:
    """Return ``milestone_open`` and ``milestone_done``, 0 or 1; dims (time, milestone).

    A milestone is open from the judged month until the month before it occurred, or to
    the month of the latest evidence that it has not; it is done in the month it occurred.
    """
    labels = list(dict.fromkeys(judgement.milestone for judgement in framework.judgements))
    opened, done = np.zeros((padded, len(labels))), np.zeros((padded, len(labels)))
    first = framework.judged_index - framework.start_index
    rows = ledger.outcomes[ledger.outcomes["milestone"].isin(labels)]
    for milestone, outcome, date, as_of in rows[["milestone", "outcome", "date", "as_of"]].itertuples(index=False):
        place = labels.index(milestone)
        if outcome == "not_yet":
            until = max(_month(framework, as_of) + 1, 0)
            opened[first : min(until, months), place] = 1.0
        elif outcome == "occurred":
            when = _month(framework, date)
            opened[first : min(when, months), place] = 1.0
            done[when : when + 1, place] = float(when < months)
    dims = (names.TIME, names.MILESTONE)
    return {"milestone_open": (dims, opened), "milestone_done": (dims, done)}


def _month(framework: Framework, day: pd.Timestamp) -> int:
    return int(day.year * 12 + day.month - 1 - framework.start_index)
