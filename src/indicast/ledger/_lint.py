"""What is possible in a ledger and yet seldom meant: warnings, looked for by ``check`` and by nothing else.

Each rule takes the rows it judges as a frame of text cells whose label is the line in the file. Rows that a
correction or retraction has replaced are not judged: nobody can mend them, and nothing rests on them.

Invariant: every rule has a code, and one planted fault per code is found at its line
(``tests/unit/test_ledger_lint.py``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indicast.ledger._history import KEYS, latest_of_key, standing_records
from indicast.ledger._implausible import cell_findings
from indicast.ledger._near_units import near_unit_findings
from indicast.ledger._publishers import publisher_findings
from indicast.workspace import Finding, Framework, month_index, shown

if TYPE_CHECKING:
    import pandas as pd


def lint_findings(framework: Framework, frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return warnings about a ledger that has no error.

    Parameters
    ----------
    framework
        Its ``lint`` section says from where on something is worth a warning.
    frames
        The five tables as :func:`~indicast.ledger.read_ledger` returns them.
    """
    rows, sources = standing_records(frames["observations"]), latest_of_key(frames["sources"], KEYS["sources"])
    return [
        *cell_findings(framework, rows),
        *near_unit_findings(framework, rows),
        *publisher_findings(framework, rows, sources),
        *orphan_findings(framework, frames),
        *stale_coverage(framework, rows, frames["coverage"]),
    ]


def orphan_findings(framework: Framework, frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return sources that nothing names: no row of any table, no note, not ``model.toml``.

    A row that no longer stands still names its source, so all rows count here.

    Parameters
    ----------
    framework
        Names the table's source and those of slants.
    frames
        The five tables as text.
    """
    declaration, sources = framework.declaration, frames["sources"]
    named = {declaration.model.table_source, *declaration.start.carried_by_marks}
    named |= {source for slant in declaration.slants for source in slant.source_ids}
    for table, column in (
        ("observations", "source_id"),
        ("corroboration", "source_id"),
        ("corroboration", "corroborating_source_id"),
        ("outcomes", "source_id"),
    ):
        named.update(frames[table][column].unique())
    for table in ("coverage", "outcomes"):
        named.update(word for note in frames[table]["note"].unique() for word in re.findall(r"[^\s,;:()]+", note))
    orphans = sources.loc[~sources["source_id"].isin(named), "source_id"]
    remedy = "enter what it says, or remove it if no published month has used it"
    return [
        Finding(f"sources.csv:{line}", "S101", "warning", f"no row names source {shown(source)}", remedy)
        for line, source in orphans.items()
    ]


def stale_coverage(framework: Framework, rows: pd.DataFrame, coverage: pd.DataFrame) -> list[Finding]:
    """Return counted or tallied indicators whose latest judged month lies far behind the ledger.

    Parameters
    ----------
    framework
        Says what is counted and tallied, and after how many ended months a warning is due. An indicator that is
        only embarrassing has lines for the months in which it publishes, so nothing can be overdue there.
    rows
        Observations; the latest ``known_date`` says which months have ended.
    coverage
        Judged months.
    """
    if rows.empty:
        return []
    ended, last = _ended_month(str(rows["known_date"].max())), coverage.groupby("indicator")["month"].idxmax()
    months = coverage["month"].to_dict()
    remedy = "months without a word count as not looked at, and what happened in them does not count; judge them"
    found = []
    for one in dict.fromkeys(indicator.id for indicator in (*framework.counts, *framework.events)):
        line = last.get(one)
        behind = None if line is None else ended - month_index(months[line])
        if behind is None:
            found.append(Finding("coverage.csv", "V101", "warning", f"{one}: no month was judged", remedy))
        elif behind > framework.declaration.lint.stale_months:
            message = f"{one}: {behind} months have ended since the last one that was judged, {months[line]}"
            found.append(Finding(f"coverage.csv:{line}", "V101", "warning", message, remedy))
    return found


def _ended_month(day: str) -> int:
    """Return the latest month that has ended on a day, in months since year 0."""
    import pandas as pd

    return month_index(day[:7]) - (not pd.Timestamp(day).is_month_end)
