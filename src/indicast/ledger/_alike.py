"""Rows that may be about the same thing as a new one, so that a person says whether it is one report or two.

Invariant: nothing here decides anything; it only says what to look at (``tests/unit/test_alike.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NEAR_DAYS = 7
"""A news item is repeated for about a week."""
SIMILAR_TEXT = 0.6
"""From this share of matching characters on, difflib's own documentation calls two texts close."""
SHARED_WORDS = 0.5
"""Half of all words of two summaries stand in both."""


def alike(observations: pd.DataFrame, sources: pd.DataFrame, row: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of the same indicator and week with the origin, the source's page or nearly the words of a row.

    Parameters
    ----------
    observations
        Text cells of the rows that stand.
    sources
        Text cells of the sources, the new row's among them.
    row
        Text cells of the new row, whose event date exists.
    """
    import pandas as pd

    days = pd.to_datetime(observations["event_date"], format="%Y-%m-%d", errors="coerce")
    apart = days - pd.Timestamp(row["event_date"])
    near = observations[(apart.abs() <= pd.Timedelta(days=NEAR_DAYS)).to_numpy()]
    near = near[near["indicator"] == row["indicator"]]
    pages = dict(zip(sources["source_id"], sources["url"], strict=True))
    page = pages.get(row["source_id"], "")
    same = (near["origin_id"] == row["origin_id"]) | ((near["source_id"].map(pages) == page) & (page != ""))
    told = [similar(text, row["summary"]) for text in near["summary"]]
    return near[(same | pd.Series(told, index=near.index, dtype=bool)).to_numpy()]


def similar(one: str, other: str) -> bool:
    """Return whether two summaries have nearly the same letters, or share half of their words.

    Examples
    --------
    >>> similar("Three ships left together", "Three ships left together again")
    True
    >>> similar("Three ships left together", "The council rose without a vote")
    False
    """
    first, second = one.casefold(), other.casefold()
    words, others = set(first.split()), set(second.split())
    shared = len(words & others) / max(1, len(words | others))
    return shared >= SHARED_WORDS or SequenceMatcher(None, first, second, autojunk=False).ratio() >= SIMILAR_TEXT
