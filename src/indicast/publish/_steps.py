"""Milestones whose outcome became known in the month, and what that does to the model.

Invariant: every new row of ``outcomes.csv`` is told, also where it feeds nothing
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from indicast import names
from indicast.publish._text import plain
from indicast.workspace import Framework, month_index

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, slots=True)
class Step:
    """A newly known outcome of one milestone.

    Attributes
    ----------
    name, outcome, day
        Name, word of ``outcomes.csv``, and ISO day it occurred or else of the latest evidence.
    note
        The compiler's note, without markup.
    judged
        Whether the experts judged it, so that it is evidence.
    months
        Months that the model now counts as open for it.
    before
        Months that it counted as open already, by the row that stood before.
    """

    name: str
    outcome: str
    day: str
    note: str
    judged: bool
    months: int
    before: int = 0


def new_steps(framework: Framework, rows: pd.DataFrame, panel: xr.Dataset, standing: pd.DataFrame) -> tuple[Step, ...]:
    """Return newly known outcomes, oldest knowledge first.

    Parameters
    ----------
    framework
        Names milestones and says which were judged.
    rows
        New rows of ``outcomes.csv``.
    panel
        What the model was given.
    standing
        The row of each milestone that stood before.
    """
    earlier = _open_before(framework, standing)
    titles = {one.id: one.name for one in framework.declaration.milestones}
    judged = {one.milestone for one in framework.judgements}
    columns = ["milestone", "outcome", "date", "as_of", "note"]
    return tuple(
        Step(
            titles[milestone],
            outcome,
            (date if outcome == "occurred" else as_of).date().isoformat(),
            plain(note),
            milestone in judged,
            int(panel["milestone_open"].sel({names.MILESTONE: milestone}).sum()) if milestone in judged else 0,
            earlier.get(milestone, 0),
        )
        for milestone, outcome, date, as_of, note in rows.sort_values(["known_date", "milestone"])[columns].itertuples(
            index=False
        )
    )


def _open_before(framework: Framework, standing: pd.DataFrame) -> dict[str, int]:
    """Return the months that a standing ``not_yet`` leaves open, by milestone."""
    rows = standing[standing["outcome"] == "not_yet"]
    after = rows["as_of"] + timedelta(days=1)
    months = [max(month_index(day.strftime("%Y-%m")) - framework.judged_index, 0) for day in after]
    return dict(zip(rows["milestone"], months, strict=True))
