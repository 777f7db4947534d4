"""What lies published in a workspace, read from its folders alone: every month's table and manifest.

Names are those that the latest month of a model was published with. Nothing is computed here but what is looked up.

Invariant: every value is one of ``forecast.csv`` or of the published part of ``manifest.json``; drafts are left out
(``tests/contract/test_site.py``).
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from indicast.errors import DataError
from indicast.publish._published import MANIFEST, MOST_BYTES, TABLE, published_months
from indicast.workspace import Lexicon

Interval = tuple[float, float]
REPORTS: Final = "reports"
PAGES: Final = ("report.html", "report.md")
DOSSIER: Final = "dossier.html"
SCORECARDS: Final = ("scorecard.html", "scorecard.md")
UNSEEN: Final = "not recorded"
"""State of a milestone where the month was published without one."""
ZERO = "0"


@dataclass(frozen=True, slots=True)
class Point:
    """Scenario probabilities, and intervals where they were published, by the id of the scenario."""

    values: Mapping[str, float]
    intervals: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Month:
    """A published month.

    Attributes
    ----------
    month, known_at
        ISO month, and last day whose news was used.
    points
        Now and 1, 2, ... months ahead.
    page, dossier
        Names of its report and of its dossier; blank if there is none.
    edition, reason
        1 unless its numbers were replaced, and why they were.
    """

    month: str
    known_at: str
    points: tuple[Point, ...]
    page: str
    dossier: str
    edition: int
    reason: str

    @property
    def now(self) -> Point:
        """At the end of the month."""
        return self.points[0]


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone as the latest month published it: chances 1, 2, ... months ahead, none if it occurred."""

    name: str
    state: str
    day: str
    curve: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that is published of one model, oldest month first."""

    model: str
    title: str
    question: str
    scenarios: Mapping[str, str]
    mass: float | None
    horizons: tuple[int, ...]
    lexicon: Lexicon | None
    months: tuple[Month, ...]
    milestones: tuple[Step, ...]
    scorecard: str

    @property
    def latest(self) -> Month:
        """The last month."""
        return self.months[-1]


def shelves(root: Path) -> tuple[Shelf, ...]:
    """Return what a workspace has published, by the name of the model.

    Raises
    ------
    DataError
        If a published file cannot be read.
    """
    folders = sorted(path for path in (root / REPORTS).glob("[!.]*") if path.is_dir())
    return tuple(_shelf(folder, months) for folder in folders if (months := published_months(folder)))


def _shelf(folder: Path, labels: tuple[str, ...]) -> Shelf:
    months = tuple(_month(folder / label) for label in labels)
    manifest, last = _manifest(folder / labels[-1]), months[-1]
    said = _said(manifest)
    model, forecast = _table(said, "model"), _table(said, "forecast")
    names = _names(said, "scenarios")
    mass = _table(_table(manifest, "published"), "intervals").get("mass")
    return Shelf(
        model=folder.name,
        title=str(model.get("title") or folder.name),
        question=str(model.get("question") or ""),
        scenarios={one: names.get(one, one) for one in last.now.values},
        mass=mass if isinstance(mass, float) and 0.0 < mass < 1.0 else None,
        horizons=_horizons(forecast.get("horizons"), len(last.points) - 1),
        lexicon=_lexicon(said),
        months=months,
        milestones=_milestones(folder / labels[-1], manifest, _names(said, "milestones")),
        scorecard=next((name for name in SCORECARDS if (folder / name).is_file()), ""),
    )


def _horizons(declared: object, longest: int) -> tuple[int, ...]:
    """Return the declared horizons that were forecast, or the longest one."""
    wanted = declared if isinstance(declared, list) else []
    return tuple(one for one in wanted if isinstance(one, int) and 1 <= one <= longest) or (longest,)


def _month(folder: Path) -> Month:
    manifest, rows = _manifest(folder), _rows(folder / TABLE)
    published = _table(manifest, "published")
    edition = published.get("edition")
    try:
        points = _points(rows, _table(_table(published, "intervals"), "scenario"))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise _unusable(folder / TABLE, error) from None
    return Month(
        month=folder.name,
        known_at=str(manifest.get("known_at", "")),
        points=points,
        page=next((name for name in PAGES if (folder / name).is_file()), ""),
        dossier=DOSSIER if (folder / DOSSIER).is_file() else "",
        edition=edition if isinstance(edition, int) else 1,
        reason=str(published.get("reason", "")),
    )


def _points(rows: list[dict[str, str]], intervals: Mapping[str, Any]) -> tuple[Point, ...]:
    by_horizon: dict[int, dict[str, float]] = {}
    for row in rows:
        if row["target"] == "scenario":
            by_horizon.setdefault(int(row["horizon"]), {})[row["output_type_id"]] = _probability(row["value"])
    if sorted(by_horizon) != list(range(len(by_horizon))) or not by_horizon:
        message = "its scenarios do not stand at 0, 1, 2, ... months"
        raise ValueError(message)
    return tuple(Point(by_horizon[ahead], _at(intervals, ahead)) for ahead in range(len(by_horizon)))


def _at(intervals: Mapping[str, Any], ahead: int) -> dict[str, Interval]:
    return {name: (float(ends[ahead][0]), float(ends[ahead][1])) for name, ends in intervals.items()}


def _milestones(folder: Path, manifest: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Step, ...]:
    curves: dict[str, list[float]] = {}
    for row in _rows(folder / TABLE):
        if row["target"] == "milestone":
            curves.setdefault(row["item"], []).append(_probability(row["value"]))
    states = _table(_table(manifest, "published"), "milestones")
    wanted = [*(one for one in names if one in curves or one in states), *(one for one in curves if one not in names)]
    return tuple(
        Step(
            names.get(one, one),
            str(_table(states, one).get("state", UNSEEN)),
            _day(_table(states, one).get("day")),
            tuple(curves.get(one, ())),
        )
        for one in wanted
    )


def _probability(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        message = f"{text} is no probability"
        raise ValueError(message)
    return value


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened))
    except (OSError, ValueError, csv.Error) as error:
        raise _unusable(path, error) from None


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        read = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(path, error) from None
    return read if isinstance(read, dict) else {}


def _unusable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be shown ({' '.join(str(error).split())[:120]}); restore the published file")


def _day(told: object) -> str:
    """Return an ISO day, or nothing for what is none."""
    try:
        return date.fromisoformat(str(told)).isoformat()
    except ValueError:
        return ""


def _said(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what ``model.toml`` said when a month was published; nothing if the manifest does not hold it."""
    try:
        return tomllib.loads(manifest["declarations"]["model.toml"]["content"])
    except (KeyError, TypeError, AttributeError, tomllib.TOMLDecodeError):
        return {}


def _table(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a table within a table; an empty one where there is none."""
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _list(said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else []


def _names(said: Mapping[str, Any], name: str) -> dict[str, str]:
    entries = [one for one in _list(said, name) if isinstance(one, dict)]
    return {str(one["id"]): str(one.get("name") or one["id"]) for one in entries if "id" in one}


def _lexicon(said: Mapping[str, Any]) -> Lexicon | None:
    for one in _list(said, "lexicons"):
        if isinstance(one, dict) and one.get("id") == said.get("lexicon"):
            try:
                return Lexicon.model_validate(one)
            except ValidationError:
                return None
    return None
