"""What was taken back or corrected between two days, with the reason that was given.

Invariant: a row that stood on the first day and does not on the second is named here once, whichever
changes came between (``tests/unit/test_changes.py``).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from indicast.ledger._history import RETRACTION, heirs

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger._ledger import Ledger


def changed_records(ledger: Ledger, before: date, now: date) -> pd.DataFrame:
    """Return the rows that stood at the end of one day and, by another, no more.

    Parameters
    ----------
    ledger
        With its history.
    before, now
        The last days of the earlier and of the present knowledge.

    Returns
    -------
    rows
        As they stood before, by line, with ``successor`` (the record that stands instead, blank if
        the row was taken back), ``change_reason`` (of the last change) and ``change_known`` (its day).
    """
    import pandas as pd

    history = ledger.observations[ledger.observations["known_date"] <= pd.Timestamp(now)]
    then = ledger.known(before).observations
    ends = heirs(history)
    rows = then[then["record_id"].isin(ends)]
    last = history.drop_duplicates("record_id").set_index("record_id").reindex(rows["record_id"].map(ends))
    gone = (last["change"] == RETRACTION).to_numpy()
    return rows.assign(
        successor=last.index.where(~gone, "").to_numpy(),
        change_reason=last["reason"].to_numpy(),
        change_known=last["known_date"].to_numpy(),
    )
