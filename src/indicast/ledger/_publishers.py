"""One publisher from whom most of what the model hears of an indicator comes.

Only reports of a direction are looked at: a count may rest on one register, and a series on one service. What one
publisher writes of one origin in a month is one report. No column says which publishers belong together, so a family
is the publisher's text before " (", without regard to case.

Invariant: a family of at most the declared share is never reported (``tests/unit/test_ledger_lint.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.ledger._feeding import fed_by
from indicast.workspace import Finding, Framework, shown

if TYPE_CHECKING:
    import pandas as pd

FILE = "observations.csv"


def publisher_findings(framework: Framework, rows: pd.DataFrame, sources: pd.DataFrame) -> list[Finding]:
    """Return months of an indicator, and indicators, that one publisher feeds beyond the declared share.

    Parameters
    ----------
    framework
        ``lint`` holds the share, and from how many reports on it is told.
    rows
        Observations as text; the label of a row is its line.
    sources
        Say who published each source.
    """
    lint = framework.declaration.lint
    named = sources["publisher"].str.split(" (", regex=False).str[0].str.strip().str.casefold()
    family = dict(zip(sources["source_id"], named, strict=True))
    directed = rows.loc[fed_by(framework, rows)["family"] == "direction", ["indicator", "source_id", "origin_id"]]
    directed = directed.assign(
        month=rows.loc[directed.index, "event_date"].str.slice(0, 7),
        family=directed["source_id"].map(family),
    )
    reports = directed.drop_duplicates(["indicator", "month", "origin_id", "family"])
    return [
        *_dominated(reports, ["indicator", "month"], lint.month_reports, lint.publisher_share, "L108"),
        *_dominated(reports, ["indicator"], lint.indicator_reports, lint.publisher_share, "L109"),
    ]


def _dominated(reports: pd.DataFrame, cell: list[str], least: int, share: float, code: str) -> list[Finding]:
    """Return a finding for each cell, at the first of its rows by the publisher in question."""
    total = reports.groupby(cell)["family"].transform("size")
    own = reports.groupby([*cell, "family"])["family"].transform("size")
    counted = reports.assign(own=own, total=total)
    found = counted[(total >= least) & (own > share * total)].drop_duplicates(cell)
    remedy = (
        "look for another voice; who belongs together is told by the publisher's text before ' (' alone, so spell "
        "copies of one publisher alike"
    )
    return [
        Finding(
            f"{FILE}:{line}",
            code,
            "warning",
            f"{' in '.join(str(row[name]) for name in cell)}: {row['own']:.0f} of {row['total']:.0f} reports come from "
            f"{shown(row['family'])}",
            remedy,
        )
        for line, row in found.iterrows()
    ]
