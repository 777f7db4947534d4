"""Corroborations follow the row that they corroborate.

A line of ``corroboration.csv`` names its observation by day, indicator and source. It is known from
the first day on which such a row and the corroborating source were, and it goes with the row: to the
corrected one, or away with one that was taken back.

Invariant: a row that becomes known later changes the day of no corroboration, and every
corroboration of a view has a row in it (``tests/unit/test_history.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.ledger._history import RETRACTION, heirs

if TYPE_CHECKING:
    import pandas as pd

KEY = ["event_date", "indicator", "source_id"]
STATED = "stated"
"""Column with the known date as the file has it, which orders rows whose derived dates are the same."""
TIES = (STATED, "withdrawn", "origin_id", "reliability", "credibility")
"""What decides between rows of one key and one derived date: never their order in the file."""


def dated_corroboration(corroboration: pd.DataFrame, observations: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return corroborations with the day from which each was known: never before its row or its source.

    Parameters
    ----------
    corroboration, observations, sources
        Typed tables, with the observations and the row of each source known so far; a corroboration's own known
        date may be missing.

    Returns
    -------
    dated
        Without the corroborations of rows, or by sources, that are not known yet; with column :data:`STATED`.
    """
    rows = observations[observations["source_id"].isin(corroboration["source_id"])]
    first = rows.groupby(KEY)["known_date"].min().rename("row_known").reset_index()
    row_known = corroboration[KEY].merge(first, on=KEY, how="left")["row_known"]
    published = sources.set_index("source_id")["published_date"].map(_last_day)
    days = corroboration.assign(
        row_known=row_known.to_numpy(),
        source_known=_days(published.reindex(corroboration["corroborating_source_id"]).fillna("")).to_numpy(),
    )[["known_date", "row_known", "source_known"]]
    listed = corroboration["corroborating_source_id"].isin(published.index)
    dated = corroboration.assign(known_date=days.max(axis=1), stated=corroboration["known_date"])
    return dated[days["row_known"].notna() & listed]


def _days(text: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")


def _last_day(partial: str) -> str:
    import pandas as pd

    if len(partial) == len("2021-07"):
        return str((pd.Timestamp(partial) + pd.offsets.MonthEnd(0)).date())
    return f"{partial}-12-31" if len(partial) == len("2021") else partial


def following(corroboration: pd.DataFrame, rows: pd.DataFrame, standing: pd.DataFrame) -> pd.DataFrame:
    """Return the corroborations of rows that stand, under the key that their row has now.

    Parameters
    ----------
    corroboration, rows
        What was known.
    standing
        Those of the rows that nothing supersedes.
    """
    if len(standing) == len(rows) or corroboration.empty:
        return corroboration
    moved = _moved_keys(rows, standing, corroboration["source_id"])
    if moved.empty:
        return corroboration
    place = moved.index.get_indexer(_keys(corroboration))
    followed = corroboration[place < 0]
    changed = corroboration[place >= 0].copy()
    now = moved.iloc[place[place >= 0]]
    for name in KEY:
        changed[name] = now[name].to_numpy()
    return _in_order([followed, changed[now["source_id"].notna().to_numpy()]])


def _in_order(parts: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(parts).sort_index(kind="stable")


def _keys(rows: pd.DataFrame) -> pd.MultiIndex:
    import pandas as pd

    return pd.MultiIndex.from_frame(rows[KEY])


def _moved_keys(rows: pd.DataFrame, standing: pd.DataFrame, named: pd.Series) -> pd.DataFrame:
    """Return, by the key that a superseded row had and no standing row has, that of the row that stands for it.

    Blank where none does. Keys of sources that no corroboration names are left out.
    """
    ends = heirs(rows)
    lines = rows[rows["record_id"].isin({*ends, *ends.values()}) & (rows["change"] != RETRACTION)]
    key_of = lines.drop_duplicates("record_id").set_index("record_id")[KEY]
    old, new = key_of.reindex(list(ends)).reset_index(drop=True), key_of.reindex(list(ends.values()))
    new = new.reset_index(drop=True)
    left = old["source_id"].isin(named) & (old != new).any(axis=1)
    moved = new[left].set_index(_keys(old[left]))
    moved = moved[~moved.index.duplicated(keep="last")]
    near = standing[standing["source_id"].isin(moved.index.get_level_values("source_id"))]
    return moved[~moved.index.isin(_keys(near))]
