"""The ledger as a whole, and the part of it that was known on a day.

Invariant: nothing that became known after ``at`` is in ``ledger.known(at)``, in any
table and any field (``tests/unit/test_known_at.py``, ``tests/unit/test_history.py``, by hypothesis).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import MissingError
from indicast.ledger import _schemas
from indicast.ledger._consistency import consistency_findings
from indicast.ledger._corroboration import STATED, TIES, dated_corroboration, following
from indicast.ledger._history import (
    KEYS,
    OPTIONAL,
    TABLES,
    WITHDRAWN,
    latest_of_key,
    standing_records,
    with_records,
)
from indicast.workspace import Finding, Framework, read_rows, refuse_errors

if TYPE_CHECKING:
    import pandas as pd

INCOMPARABLE = frozenset({"L001", "L017", "V001", "O004", "C002", "S002", "H013"})
"""Findings with which rows cannot be compared with each other: dates that do not exist, or no rows."""
DATE_COLUMNS = ("event_date", "end_date", "known_date", "date", "as_of")


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The five tables with all their history; dates are datetimes, everything else is text.

    The label of each row is its line in the file. Every table has ``known_date`` (NaT for a source that was
    always known, and for a corroboration that was as soon as its row and its source were) and ``recorded_at``
    (blank for rows from before such moments were kept). ``outcomes`` holds every row of a milestone's history;
    :func:`~indicast.ledger.standing_outcomes` says which one stands.
    """

    observations: pd.DataFrame
    sources: pd.DataFrame
    corroboration: pd.DataFrame
    coverage: pd.DataFrame
    outcomes: pd.DataFrame

    def recorded(self, by: datetime) -> Ledger:
        """Return the ledger as it had been written down by a moment, all history kept.

        Parameters
        ----------
        by
            With its time zone. Rows without ``recorded_at`` count as older than any moment.
        """
        moment = by.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tables = {name: getattr(self, name) for name in TABLES}
        return replace(self, **{name: frame[frame["recorded_at"] <= moment] for name, frame in tables.items()})

    def known(self, at: date) -> Ledger:
        """Return the ledger as a forecaster had it at the end of a day: what stood then, of what was known then.

        Superseded rows, retractions and sources that no row names are left out. A view is not the whole
        history, so ask the ledger again, not its view, for an earlier day.

        Parameters
        ----------
        at
            The last day whose news may be used.
        """
        import pandas as pd

        limit = pd.Timestamp(at)
        seen = {name: _until(getattr(self, name), limit) for name in TABLES if name != "corroboration"}
        standing = standing_records(seen["observations"])
        sources, coverage = (latest_of_key(seen[name], KEYS[name]) for name in ("sources", "coverage"))
        dated = _until(dated_corroboration(self.corroboration, seen["observations"], sources), limit)
        corroboration = _counted(following(dated, seen["observations"], standing))
        sources = sources[sources["source_id"].isin(_named_sources(standing, corroboration, seen["outcomes"]))]
        return Ledger(standing, sources, corroboration, coverage, seen["outcomes"])

    def latest_known(self) -> date:
        """Return the latest known date of an observation."""
        latest: date = self.observations["known_date"].max().date()
        return latest


def _until(frame: pd.DataFrame, limit: pd.Timestamp) -> pd.DataFrame:
    known = frame["known_date"].isna() | (frame["known_date"] <= limit)
    return frame if known.all() else frame[known]


def _counted(corroboration: pd.DataFrame) -> pd.DataFrame:
    """Return the latest row of each key, under the key that it has now, without what was withdrawn."""
    latest = latest_of_key(corroboration, KEYS["corroboration"], ("known_date", *TIES))
    return latest[latest["withdrawn"] != WITHDRAWN].drop(columns=STATED)


def _named_sources(observations: pd.DataFrame, corroboration: pd.DataFrame, outcomes: pd.DataFrame) -> set[str]:
    """Return the sources on which a view rests; one that is added to the list later changes no older view."""
    named = (observations["source_id"], corroboration["corroborating_source_id"], outcomes["source_id"])
    return {str(source) for column in named for source in column.unique()}


def standing_outcomes(ledger: Ledger) -> pd.DataFrame:
    """Return the latest known row of each milestone, by milestone.

    Parameters
    ----------
    ledger
        Restricted to what was known; two rows of a milestone never have one known date (O005).
    """
    return ledger.outcomes.sort_values(["milestone", "known_date"]).drop_duplicates("milestone", keep="last")


def load_ledger(framework: Framework, today: date | None = None) -> tuple[Ledger, list[Finding]]:
    """Return the ledger of a model and what deserves a look in it.

    Parameters
    ----------
    framework
        Declares indicators, directions, coverage words and milestones.
    today
        No row may be known later than this; the current day by default.

    Raises
    ------
    MissingError
        If a file is not there.
    DataError
        If a cell cannot be used, or there are no observations.
    """
    frames, findings = read_ledger(framework, today)
    refuse_errors(findings)
    return typed_ledger(frames), [finding for finding in findings if finding.severity == "warning"]


def read_ledger(framework: Framework, today: date | None = None) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Return the ledger's tables as text, and every finding in them."""
    folder = framework.data_folder
    _require_files(folder, with_coverage=bool(framework.counts or framework.events))
    sources, findings = read_rows(folder / "sources.csv", _schemas.sources_schema())
    ids = tuple(sources["source_id"])
    schemas = {
        "observations": _schemas.observations_schema(framework, ids),
        "corroboration": _schemas.corroboration_schema(framework, ids),
        "coverage": _schemas.coverage_schema(framework),
        "outcomes": _schemas.outcomes_schema(framework, ids),
    }
    frames = {"sources": sources}
    for name, schema in schemas.items():
        path = folder / f"{name}.csv"
        frames[name], found = read_rows(path, schema) if path.is_file() else (_empty(list(schema.columns)), [])
        findings += found
    if frames["observations"].empty:
        remedy = f"add at least one: 'indicast observe add {framework.id}' asks for it"
        findings.append(Finding("observations.csv", "L017", "error", "there are no observations", remedy))
    frames["observations"] = with_records(frames["observations"])
    incomparable = any(finding.code in INCOMPARABLE for finding in findings)
    return frames, findings if incomparable else findings + consistency_findings(
        framework, frames, today or datetime.now(tz=UTC).date()
    )


def _require_files(folder: Path, *, with_coverage: bool) -> None:
    required = ["observations.csv", "sources.csv"] + ["coverage.csv"] * with_coverage
    missing = [name for name in required if not (folder / name).is_file()]
    if missing:
        message = f"{folder} has no {missing[0]}; create it (its columns are described in docs/data.md)"
        raise MissingError(message)


def _empty(columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({column: pd.Series(dtype=str) for column in columns})


def typed_ledger(frames: dict[str, pd.DataFrame]) -> Ledger:
    """Return the tables of :func:`read_ledger` as a ledger; they must hold no error."""
    import pandas as pd

    typed = {name: _filled(name, frame) for name, frame in frames.items()}
    for frame in typed.values():
        for column in set(DATE_COLUMNS) & set(frame.columns):
            frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d", errors="coerce")
    return Ledger(**typed)


def _filled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table with every column that a file may leave out."""
    left_out = [column for column in OPTIONAL[name] if column not in frame.columns]
    return frame.assign(**dict.fromkeys(left_out, ""))
