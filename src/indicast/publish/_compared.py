"""A published month beside what was made again from its manifest.

Invariant: whatever differs is named, and where the versions of code and libraries differ it is said
whether the numbers differ by more than Monte Carlo error (``tests/contract/test_replay.py``,
``tests/recovery/test_replayed_month.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from indicast.forecast import beyond, forecast_table, monte_carlo_distances
from indicast.infer import Knowledge
from indicast.publish._editions import RECORD, latest, recorded
from indicast.publish._published import TABLE, Published
from indicast.publish._report import write_table
from indicast.publish._wording import listed

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from indicast.workspace import Framework

Verdict = Literal["same", "differs", "not compared"]
OLDER_FORM = "the manifest is of an older form, which does not hold it"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared.

    Attributes
    ----------
    what
        Its name.
    verdict
        The answer.
    how
        By how much, or why not; may be blank.
    of_version
        Whether another version of code or libraries is enough of a reason.
    """

    what: str
    verdict: Verdict
    how: str = ""
    of_version: bool = False

    @property
    def differs(self) -> bool:
        """Whether it is not the same."""
        return self.verdict == "differs"


def _check(what: str, how: str, *, of_version: bool = False) -> Check:
    """Return a check that differs if there is anything to say."""
    return Check(what, "differs" if how else "same", how, of_version)


def file_checks(published: Published) -> list[Check]:
    """Return whether each published file is still what was published, and whether the record says so too."""
    files = [_check(name, published.altered.get(name, "")) for name in published.files]
    return [*files, record_check(published)]


def record_check(published: Published) -> Check:
    """Return whether the record of publications has the numbers that the manifest says were published."""
    folder = published.folder
    entry = latest(recorded(folder.parent), folder.name)
    if entry is None:
        return Check("record", "not compared", f"{RECORD} does not have this month")
    same = entry.forecast_sha256 == published.manifest["published"]["sha256"][TABLE]
    return _check("record", "" if same else f"{RECORD} has other numbers as edition {entry.number}")


def version_checks(manifest: Mapping[str, Any], again: Mapping[str, Any]) -> list[Check]:
    """Return whether code and libraries are those of a manifest, and which are not."""
    before, now = manifest["libraries"], again["libraries"]
    moved = [
        f"{name} {before.get(name, 'none')} -> {now.get(name, 'none')}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    code = [manifest["code_sha256"][:12], again["code_sha256"][:12]]
    numbers = [str(one.get("package_version", "unknown")) for one in (manifest, again)]
    told = [f"{old} -> {new}" for old, new in (numbers, code) if old != new]
    return [
        _check("code", ", ".join(told), of_version=True),
        _check("libraries", ", ".join(moved), of_version=True),
    ]


def ledger_check(manifest: Mapping[str, Any], known: Knowledge, same_second: Mapping[str, set[str]]) -> Check:
    """Return whether the ledger still says what was known, and if not, where it changed.

    Parameters
    ----------
    manifest
        Of the published month.
    known
        Of the ledger of today, restricted to what had been recorded.
    same_second
        By table, the months that have rows recorded in the very second up to which it is restricted.
    """
    if "ledger" not in manifest:
        return Check("ledger", "not compared", OLDER_FORM)
    if manifest["ledger_sha256"] == known.sha256:
        return Check("ledger", "same")
    places = [
        _place(table, months, tie=bool(set(months) & same_second.get(table, set())))
        for table, months in moved_months(manifest, known).items()
    ]
    day, told = manifest["known_at"], "; ".join(places) or "nowhere that its months tell"
    return Check("ledger", "differs", f"the ledger as known on {day} has changed since: {told}")


def moved_months(manifest: Mapping[str, Any], known: Knowledge) -> dict[str, list[str]]:
    """Return, by table, the months of ``known_date`` whose rows are others than a manifest says."""
    before = manifest.get("ledger", {}).get("months", known.months)
    months = {
        table: [one for one in sorted({*before.get(table, {}), *now}) if before.get(table, {}).get(one) != now.get(one)]
        for table, now in known.months.items()
    }
    return {table: moved for table, moved in months.items() if moved}


def _place(table: str, months: list[str], *, tie: bool) -> str:
    dated = [month for month in months if month[:1].isdigit()]
    told = [f"rows known in {listed(dated)}"] if dated else []
    told += ["rows without a known date"] if len(dated) < len(months) else []
    told += ["some recorded in the same second as the last row that was read, so perhaps after it"] if tie else []
    return f"{table}.csv, {', '.join(told)}"


def hash_check(manifest: Mapping[str, Any], again: Mapping[str, Any]) -> Check:
    """Return whether the manifest made again has the published hash."""
    if set(again) - {*manifest, "git_commit"}:
        return Check("manifest hash", "not compared", OLDER_FORM)
    pair = [manifest["hash"][:12], again["hash"][:12]]
    return _check("manifest hash", "" if pair[0] == pair[1] else " -> ".join(pair), of_version=True)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A published forecast against the one made again.

    Attributes
    ----------
    rows
        Of the published one.
    unlike
        How many rows have another value.
    unmatched
        How many rows only one of the two has.
    points
        Largest difference of a probability, in percentage points.
    place
        Where that is.
    distance
        Largest difference, in Monte Carlo standard errors of itself.
    limit
        More than that is no Monte Carlo error.
    """

    rows: int
    unlike: int
    unmatched: int
    points: float
    place: str
    distance: float
    limit: float

    @property
    def within(self) -> bool:
        """Whether Monte Carlo error explains every difference."""
        return not self.unmatched and self.distance <= self.limit

    def line(self) -> str:
        """Return what differs and by how much; blank if nothing does."""
        if not (self.unlike or self.unmatched):
            return ""
        far = f"up to {self.distance:.2g} standard errors, {self.limit:.2g} are allowed"
        parts = [f"{self.unlike} of {self.rows} rows"] if self.unlike else []
        parts += [f"{self.unmatched} rows stand in one of the two only"] if self.unmatched else []
        parts += [f"probabilities by up to {self.points:.3g} points ({self.place})"] if self.place else []
        verdict = f"{'within' if self.within else 'NOT within'} Monte Carlo error"
        return "; ".join([*parts, f"{verdict} ({far})"])


def compared_numbers(path: Path, tree: xr.DataTree, framework: Framework, folder: Path) -> Numbers:
    """Return a published table beside that of a fit made again.

    Parameters
    ----------
    path
        ``forecast.csv``; if it cannot be read, none of its rows is matched.
    tree
        The fit, with its predictions.
    framework
        As used for the fit.
    folder
        Where the new table may be written, for a file rounds and quotes in its own way.
    """
    own = forecast_table(tree, framework)
    write_table(folder / TABLE, own)
    texts, columns = _read(folder / TABLE), [name for name in own.columns if name != "value"]
    before, unusable = _published_rows(path, list(own.columns))
    both = texts.merge(before, on=columns, how="outer", suffixes=("", "_before"), indicator=True)
    shared = texts.merge(before, on=columns, how="left", suffixes=("", "_before"))["value_before"]
    other = shared.where(shared.notna(), texts["value"]).to_numpy(dtype=np.float64)
    own = own.assign(value=texts["value"].to_numpy(dtype=np.float64))
    distances, gaps = monte_carlo_distances(tree, own, other), np.abs(own["value"].to_numpy() - other)
    chances = np.where(own["target"].to_numpy() == "count", 0.0, gaps)
    widest = int(chances.argmax())
    return Numbers(
        rows=len(before) + unusable,
        unlike=int((gaps > 0.0).sum()),
        unmatched=int((both["_merge"] != "both").sum()) + unusable,
        points=100.0 * float(chances[widest]),
        place=_row_name(own.iloc[widest]) if chances[widest] else "",
        distance=float(distances.max()),
        limit=beyond(len(own)),
    )


def _row_name(row: pd.Series) -> str:
    label = "" if row["target"] == "milestone" else f" {row['output_type_id']}"
    return " ".join(f"{row['target']} {row['item']}{label}, horizon {row['horizon']}".split())


def _read(file: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(file, dtype=str, keep_default_na=False)


def _published_rows(path: Path, columns: list[str]) -> tuple[pd.DataFrame, int]:
    """Return the rows of a published table that can be compared, each once and with a number, and how many cannot."""
    import pandas as pd

    try:
        rows = _read(path)[columns]
    except (OSError, ValueError, KeyError):
        return pd.DataFrame({name: pd.Series(dtype=str) for name in columns}), 0
    numbers = pd.to_numeric(rows["value"], errors="coerce")
    usable = rows[np.isfinite(numbers)].drop_duplicates([name for name in columns if name != "value"])
    return usable, len(rows) - len(usable)


def numbers_check(numbers: Numbers) -> Check:
    """Return whether the numbers are the same."""
    return _check("numbers", numbers.line(), of_version=numbers.within)


def failing(checks: list[Check], *, numbers_only: bool) -> list[str]:
    """Return the names of the checks that fail.

    Parameters
    ----------
    checks
        Everything that was compared.
    numbers_only
        Forgive other versions of code and libraries, and numbers that differ by Monte Carlo error if there are any.
    """
    others = any(check.differs for check in checks if check.what in {"code", "libraries"})
    forgiving = numbers_only and others
    return [check.what for check in checks if check.differs and not (forgiving and check.of_version)]
