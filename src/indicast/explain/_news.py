"""What became known between two days: a comparison of ledgers, nothing else.

Invariant: where nothing is corrected or taken back, the news of two days that follow each other add
up to the news of both (``tests/unit/test_change.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from indicast.ledger import changed_records

if TYPE_CHECKING:
    import pandas as pd

    from indicast.ledger import Ledger


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """Rows known now that were not known before.

    Attributes
    ----------
    observations, corroboration, coverage, outcomes
        Parts of the ledger's tables, with their own row labels (lines of the file).
    changed
        Rows known before that were corrected or taken back, from ``indicast.ledger.changed_records``.
    """

    observations: pd.DataFrame
    corroboration: pd.DataFrame
    coverage: pd.DataFrame
    outcomes: pd.DataFrame
    changed: pd.DataFrame


def news(ledger: Ledger, before: date, now: date) -> News:
    """Return the rows that became known after one day and by another.

    Parameters
    ----------
    ledger
        The whole ledger.
    before
        The last day of the earlier knowledge.
    now
        The last day of the present knowledge.
    """
    then, present = ledger.known(before), ledger.known(now)
    return News(
        present.observations.drop(index=then.observations.index, errors="ignore"),
        present.corroboration.drop(index=then.corroboration.index, errors="ignore"),
        present.coverage.drop(index=then.coverage.index, errors="ignore"),
        present.outcomes.drop(index=then.outcomes.index, errors="ignore"),
        changed_records(ledger, before, now),
    )
