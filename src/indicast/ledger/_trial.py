"""A ledger is read as it would be with further rows, before any of them is written.

Invariant: rows that would give the ledger a further error are never written (``tests/unit/test_append.py``).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import DataError, IndicastError, LedgerError
from indicast.ledger._history import TABLES
from indicast.ledger._ledger import INCOMPARABLE, read_ledger
from indicast.workspace import Finding, Framework, shown

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5
"""Faults of new rows that are told one by one."""


def read_sound(
    framework: Framework, grown: Mapping[str, bytes], rows: list[dict[str, str]], now: datetime
) -> dict[str, pd.DataFrame]:
    """Return the tables with the new content; refuse an error that the ledger did not have before."""
    frames, findings = _read_with(framework, grown, now)
    observations = frames["observations"]
    _refuse_lost(observations, rows)
    _refuse_superseded(observations, rows)
    errors = {finding for finding in findings if finding.severity == "error"}
    if errors:
        _refuse_new(framework, errors, list(observations.index[len(observations) - len(rows) :]), now)
    return frames


def _refuse_new(framework: Framework, errors: set[Finding], added: list[int], now: datetime) -> None:
    _, before = _read_with(framework, {}, now)
    old = {finding for finding in before if finding.severity == "error"}
    _refuse_rows(_told_by_row(sorted(errors - old), added))
    broken = [finding for finding in sorted(old) if finding.code in INCOMPARABLE]
    if broken:
        message = f"{broken[0].line()}; until then no row can be checked against the others, so none was added"
        raise DataError(message)


def _read_with(
    framework: Framework, grown: Mapping[str, bytes], now: datetime
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Read the ledger as if some of its files had other content."""
    today = now.astimezone(UTC).date()
    if not grown:
        return read_ledger(framework, today)
    try:
        with tempfile.TemporaryDirectory(prefix="indicast.") as name:
            trial = replace(framework, root=Path(name))
            trial.data_folder.mkdir(parents=True)
            _lay_out(framework.data_folder, trial.data_folder, grown)
            try:
                return read_ledger(trial, today)
            except IndicastError as error:
                message = str(error).replace(str(trial.root), str(framework.root))
                raise type(error)(message) from None
    except OSError as error:
        message = (
            f"cannot check the new rows in {tempfile.gettempdir()}: {error.strerror or error}; nothing was changed"
        )
        raise LedgerError(message) from None


def _lay_out(folder: Path, trial: Path, grown: Mapping[str, bytes]) -> None:
    for name in TABLES:
        own, copy = folder / f"{name}.csv", trial / f"{name}.csv"
        if name in grown:
            copy.write_bytes(grown[name])
        elif own.is_file():
            shutil.copyfile(own, copy)


def _refuse_lost(observations: pd.DataFrame, rows: list[dict[str, str]]) -> None:
    """Refuse a file in which the new rows cannot be read back, such as one whose last quote is open."""
    back = list(observations["record_id"].iloc[len(observations) - len(rows) :])
    if back != [row["record_id"] for row in rows]:
        message = "observations.csv ends in the middle of a row, so nothing can be added; repair its last line first"
        raise DataError(message)


def _refuse_superseded(observations: pd.DataFrame, rows: list[dict[str, str]]) -> None:
    old = observations.iloc[: len(observations) - len(rows)]
    newer = old[old["supersedes"].isin({row["supersedes"] for row in rows if row.get("supersedes")})]
    for one in newer.itertuples():
        message = (
            f"record {shown(one.supersedes)} was superseded already, by the {one.change} {shown(one.record_id)} "
            f"(observations.csv:{one.Index}); change that one instead"
        )
        raise DataError(message)


def _refuse_rows(errors: list[Finding]) -> None:
    rest = len(errors) - SHOWN
    more = [f"... and {rest:,} more; nothing was written, correct these first"] if rest > 0 else []
    if errors:
        raise DataError("\n".join([finding.line() for finding in errors[:SHOWN]] + more))


def _told_by_row(errors: list[Finding], added: list[int]) -> list[Finding]:
    """Return findings that say 'new row' where the file has no such line yet."""
    places = {f"observations.csv:{line}": f"new row {number}" for number, line in enumerate(added, start=1)}
    if len(added) == 1:
        places = dict.fromkeys(places, "the new row")
    return [replace(finding, place=places.get(finding.place, finding.place)) for finding in errors]
