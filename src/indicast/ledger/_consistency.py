"""Rules that join cells or files: order of dates, duplicates, dangling keys.

Invariant: every rule has a code, and one planted fault per code is found
(``tests/unit/test_ledger.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from indicast.ledger._feeding import feeding_findings
from indicast.ledger._history import KEYS, RECORD, standing_records
from indicast.ledger._outcomes import outcome_findings
from indicast.ledger._records import record_findings
from indicast.workspace import Finding, Framework, Severity, shown

if TYPE_CHECKING:
    import pandas as pd


def consistency_findings(framework: Framework, frames: dict[str, pd.DataFrame], today: date) -> list[Finding]:
    """Return findings about rows and files that do not agree with each other."""
    observations = standing_records(frames["observations"])
    frames = frames | {name: _dated(frames[name]) for name in ("sources", "corroboration")}
    standing = frames | {"observations": observations}
    return [
        *record_findings(frames["observations"], today),
        *date_findings(observations, today),
        *_future(frames["observations"].drop(index=observations.index), today),
        *_duplicates("observations.csv", observations, _described(observations), "L010", "row"),
        *_repeated_keys(frames),
        *feeding_findings(framework, observations),
        *_dangling_corroborations(frames),
        *_ambiguous_corroborations(standing),
        *_early_coverage(frames["coverage"]),
        *_misplaced_silence(framework, frames["coverage"]),
        *outcome_findings(framework, frames["outcomes"]),
        *_missing_declared_sources(framework, frames["sources"]),
        *_late_sources(frames),
        *_future_companions(frames, today),
    ]


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if "known_date" in frame else frame.assign(known_date="")


def _described(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows.columns if name not in RECORD]


def _repeated_keys(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return rows of a companion file whose key stands twice with one known date, so that neither is the later."""
    codes = {"sources": "S004", "corroboration": "C007", "coverage": "V004", "outcomes": "O005"}
    found = []
    for name, code in codes.items():
        key = [*KEYS[name], "known_date"]
        found += _duplicates(f"{name}.csv", frames[name], key, code, f"{', '.join(key[:-1])} and known_date")
    return found


def _findings(
    file: str, lines: Iterable[object], code: str, severity: Severity, message: str, remedy: str
) -> list[Finding]:
    return [Finding(f"{file}:{line}", code, severity, message, remedy) for line in lines]


def date_findings(rows: pd.DataFrame, today: date) -> list[Finding]:
    """Return rows whose days are in the wrong order, or known only in the future."""
    ends_early = rows.index[(rows["end_date"] != "") & (rows["end_date"] < rows["event_date"])]
    too_early = rows.index[(rows["published_date"] != "") & (rows["known_date"] < rows["published_date"])]
    return [
        *_findings(
            "observations.csv", ends_early, "L008", "error", "end_date is before event_date", "correct one of them"
        ),
        *_future(rows, today),
        *_findings(
            "observations.csv",
            too_early,
            "L013",
            "error",
            "known_date is before published_date",
            "a row cannot be known before it is published",
        ),
    ]


def _future(rows: pd.DataFrame, today: date) -> list[Finding]:
    """Return rows known in the future only: a retraction is one as well, though no such row stands."""
    future = rows.index[rows["known_date"] > today.isoformat()]
    remedy = "a row enters the ledger when it is known"
    return _findings("observations.csv", future, "L009", "error", f"known_date is after today ({today})", remedy)


def _duplicates(file: str, rows: pd.DataFrame, key: list[str], code: str, what: str) -> list[Finding]:
    repeated = rows.index[rows.duplicated(key, keep="first")]
    return _findings(file, repeated, code, "error", f"this {what} stands already further up", "remove one of them")


def _dangling_corroborations(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    key = ["event_date", "indicator", "source_id"]
    given = frames["corroboration"]
    rows = set(_of_named_sources(frames)[key].itertuples(index=False, name=None))
    lines = [
        line
        for line, values in zip(given.index, given[key].itertuples(index=False, name=None), strict=True)
        if values not in rows
    ]
    return _findings(
        "corroboration.csv",
        lines,
        "C004",
        "error",
        "no observation has this event_date, indicator and source_id",
        "correct the key or remove the line",
    )


def _of_named_sources(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the observations that a corroboration could mean: those of a source that some line names."""
    rows = frames["observations"]
    return rows[rows["source_id"].isin(frames["corroboration"]["source_id"])]


def _ambiguous_corroborations(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    key = ["event_date", "indicator", "source_id"]
    rows = _of_named_sources(frames)
    twins = set(rows.loc[rows.duplicated(key), key].itertuples(index=False, name=None))
    given = frames["corroboration"]
    lines = [
        line
        for line, values in zip(given.index, given[key].itertuples(index=False, name=None), strict=True)
        if values in twins
    ]
    remedy = "with an origin of its own it is taken for the first of them; tell them apart by date or source"
    return _findings("corroboration.csv", lines, "C005", "warning", "two observations have this key", remedy)


def _early_coverage(rows: pd.DataFrame) -> list[Finding]:
    month = rows["known_date"].str.slice(0, 7)
    early = rows.index[(month < rows["month"]) | ((month == rows["month"]) & ~_is_month_end(rows["known_date"]))]
    remedy = "a month can be judged when it has ended; give its last day or later"
    return _findings("coverage.csv", early, "V005", "error", "known_date is before the end of the month", remedy)


def _is_month_end(dates: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce").dt.is_month_end


def _misplaced_silence(framework: Framework, rows: pd.DataFrame) -> list[Finding]:
    """Return withheld months of indicators that nothing embarrasses, idle coverage, and one-sided silence."""
    shy = rows["indicator"].isin([one.id for one in framework.declaration.indicators if one.embarrassing])
    tallied = rows["indicator"].isin([one.id for one in (*framework.counts, *framework.events)])
    meaning = rows["coverage"].map(framework.declaration.coverage)
    withheld, came = meaning == "withheld", shy & (meaning == "looked") & ("withheld" in framework.families)
    onesided = withheld & shy & ~rows["indicator"].isin(rows["indicator"][came])
    return [
        *_findings(
            "coverage.csv",
            rows.index[withheld & ~shy],
            "V006",
            "error",
            "withheld, but nothing embarrasses the indicator",
            "name the direction it would rather not show as 'embarrassing' in model.toml",
        ),
        *_findings(
            "coverage.csv",
            rows.index[~withheld & ~came & ~tallied],
            "V007",
            "warning",
            "the indicator is not tallied, so this says no more than a month without a line",
            "keep only the months in which a publication was due: it came, or it was withheld",
        ),
        *_findings(
            "coverage.csv",
            rows.index[onesided & ~rows["indicator"].where(onesided).duplicated()],
            "V008",
            "warning",
            "the indicator has withheld months, and none in which the publication came",
            "what came is evidence too: give those months a word that means 'looked'",
        ),
    ]


def _missing_declared_sources(framework: Framework, sources: pd.DataFrame) -> list[Finding]:
    declaration = framework.declaration
    named = {declaration.model.table_source, *declaration.start.carried_by_marks}
    named |= {source for slant in declaration.slants for source in slant.source_ids}
    missing = sorted(named - set(sources["source_id"]))
    return [
        Finding(
            "model.toml", "S005", "error", f"source {shown(source)} is named but not in sources.csv", "add it there"
        )
        for source in missing
    ]


def _late_sources(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return rows that were known before there was any row of their source, so that a view would lack it."""
    first = frames["sources"].groupby("source_id")["known_date"].min()
    first = first[first != ""]
    remedy = "leave known_date blank in the first row of the source, or correct one of them"
    found = []
    for name in ("observations", "outcomes"):
        rows = frames[name][frames[name]["source_id"].isin(first.index)]
        late = rows.index[rows["known_date"] < rows["source_id"].map(first)]
        found += _findings(f"{name}.csv", late, "S006", "error", "known before its source is", remedy)
    return found


def _future_companions(frames: dict[str, pd.DataFrame], today: date) -> list[Finding]:
    """Return rows of companion files that count only from a day to come, as a slip of the pen makes them."""
    remedy = "until then it counts for nothing; correct known_date if it is known already"
    found = []
    for name in KEYS:
        future = frames[name].index[frames[name]["known_date"] > today.isoformat()]
        found += _findings(f"{name}.csv", future, "H015", "warning", f"known_date is after today ({today})", remedy)
    return found
