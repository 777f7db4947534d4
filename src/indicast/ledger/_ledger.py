"""The ledger as a whole, and the part of it that was known on a day.

Invariant: nothing that became known after ``at`` is in ``ledger.known(at)``, in any
table and any field (``tests/unit/test_known_at.py``, by hypothesis).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import DataError, MissingError
from indicast.ledger import _schemas
from indicast.ledger._consistency import consistency_findings
from indicast.workspace import Finding, Framework, read_rows, refuse_errors

if TYPE_CHECKING:
    import pandas as pd

DATE_COLUMNS = ("event_date", "end_date", "known_date", "date", "as_of")


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The five tables; dates are datetimes, everything else is text.

    The label of each row is its line in the file. ``observations``, ``coverage``,
    ``outcomes`` and ``corroboration`` carry ``known_date``. ``outcomes`` holds every row of
    a milestone's history; :func:`~indicast.ledger.standing_outcomes` says which one stands.
    """

    observations: pd.DataFrame
    sources: pd.DataFrame
    corroboration: pd.DataFrame
    coverage: pd.DataFrame
    outcomes: pd.DataFrame

    def known(self, at: date) -> Ledger:
        """Return the ledger as a forecaster had it at the end of a day.

        Parameters
        ----------
        at
            The last day whose news may be used.
        """
        import pandas as pd

        limit = pd.Timestamp(at)
        tables = ("observations", "corroboration", "coverage", "outcomes")
        views = {name: getattr(self, name) for name in tables}
        return replace(self, **{name: frame[frame["known_date"] <= limit] for name, frame in views.items()})

    def latest_known(self) -> date:
        """Return the latest known date of an observation."""
        latest: date = self.observations["known_date"].max().date()
        return latest


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
        message = f"{folder / 'observations.csv'} has no rows; add at least one observation"
        raise DataError(message)
    broken_dates = any(finding.code in {"L001", "V001", "O004", "C002"} for finding in findings)
    return frames, findings if broken_dates else findings + consistency_findings(
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

    typed = {name: frame.copy() for name, frame in frames.items()}
    typed["corroboration"] = _dated_corroboration(frames)
    for frame in typed.values():
        for column in set(DATE_COLUMNS) & set(frame.columns):
            frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d", errors="coerce")
    return Ledger(**typed)


def _dated_corroboration(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give each corroboration the day from which it was known: never before its row."""
    key = ["event_date", "indicator", "source_id"]
    rows = frames["observations"].groupby(key)["known_date"].max()
    frame = frames["corroboration"].copy()
    for column in ("origin_id", "reliability", "credibility"):
        if column not in frame:
            frame[column] = ""
    published = frames["sources"].set_index("source_id")["published_date"]
    row_known = [rows.get(tuple(values), "") for values in frame[key].itertuples(index=False)]
    source_known = [_last_day(published[source]) for source in frame["corroborating_source_id"]]
    frame["known_date"] = [max(pair) for pair in zip(row_known, source_known, strict=True)]
    return frame


def _last_day(partial: str) -> str:
    import pandas as pd

    if len(partial) == len("2021-07"):
        return str((pd.Timestamp(partial) + pd.offsets.MonthEnd(0)).date())
    return f"{partial}-12-31" if len(partial) == len("2021") else partial
