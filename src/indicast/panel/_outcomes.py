"""Milestones month by month: open, done, or not known.

Invariant: a month is open only if evidence known by then says that it ended so, and what is
unclear is in neither array (``tests/unit/test_panel_families.py``); of a milestone's rows the
latest known one is used (``tests/unit/test_outcome_history.py``). How each milestone stands
on the day of knowledge goes beside them (``tests/unit/test_milestone_states.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from indicast import names
from indicast.ledger import standing_outcomes

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger import Ledger
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]
State = Literal["occurred", "open", "unclear", "not known"]
"""How a milestone stands."""
STATES: Final[dict[str, State]] = {"occurred": "occurred", "not_yet": "open", "unclear": "unclear"}
"""State by the word of ``outcomes.csv``; without a row nothing is known."""


def milestone_variables(framework: Framework, ledger: Ledger, months: int, padded: int) -> Variables:
    """Return milestones by month and how each stands, as the known ledger has it.

    ``milestone_open`` and ``milestone_done``, 0 or 1; dims (time, milestone): a milestone is
    open from the judged month until the month before it occurred, or to the last month that
    had ended by the day of the latest evidence that it has not; it is done in the month it
    occurred.
    ``milestone_state``, a :data:`State`, and ``milestone_day``, the day it occurred or else that
    of the latest evidence; dims (milestone).
    """
    labels = list(dict.fromkeys(judgement.milestone for judgement in framework.judgements))
    opened, done = np.zeros((padded, len(labels))), np.zeros((padded, len(labels)))
    first = framework.judged_index - framework.start_index
    standing = standing_outcomes(ledger)
    rows = standing[standing["milestone"].isin(labels)]
    for milestone, outcome, date, as_of in rows[["milestone", "outcome", "date", "as_of"]].itertuples(index=False):
        place = labels.index(milestone)
        if outcome == "not_yet":
            until = max(_months_ended(framework, as_of), 0)
            opened[first : min(until, months), place] = 1.0
        elif outcome == "occurred":
            when = _month(framework, date)
            opened[first : min(when, months), place] = 1.0
            done[when : when + 1, place] = float(when < months)
    dims = (names.TIME, names.MILESTONE)
    return {"milestone_open": (dims, opened), "milestone_done": (dims, done)} | _states(labels, rows)


def _states(labels: list[str], rows: pd.DataFrame) -> Variables:
    states, days = np.full(len(labels), "not known"), np.full(len(labels), "NaT", dtype="datetime64[ns]")
    for milestone, outcome, date, as_of in rows[["milestone", "outcome", "date", "as_of"]].itertuples(index=False):
        place = labels.index(milestone)
        states[place], days[place] = STATES[outcome], date if outcome == "occurred" else as_of
    return {"milestone_state": ((names.MILESTONE,), states), "milestone_day": ((names.MILESTONE,), days)}


def _month(framework: Framework, day: pd.Timestamp) -> int:
    return int(day.year * 12 + day.month - 1 - framework.start_index)


def _months_ended(framework: Framework, day: pd.Timestamp) -> int:
    """Return how many months from the start had ended at the end of a day."""
    import pandas as pd

    return _month(framework, day + pd.Timedelta(days=1))
