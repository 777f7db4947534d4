"""The path so far, the path with hindsight, the fan ahead and what was published.

Invariant: points of earlier months come from their own published files and are never
recomputed; drafts are no publications (``tests/contract/test_report.py``).
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indicast import names
from indicast.errors import DataError
from indicast.forecast import floored
from indicast.workspace import month_index

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from indicast.workspace import Framework

SAMPLE = (names.CHAIN, names.DRAW)
Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One scenario over time.

    Attributes
    ----------
    scenario, name
        Its id and name.
    filtered, smoothed
        One value per month of the past: as the current parameters see it with what
        happened up to that month, and with hindsight.
    ahead, low, high
        Mean and interval for 0, 1, ... months after the last.
    published
        Probability by months since year 0, as published in that month.
    """

    scenario: str
    name: str
    filtered: Values
    smoothed: Values
    ahead: Values
    low: Values
    high: Values
    published: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class History:
    """All scenarios over time; ``first`` and ``last`` are months since year 0."""

    first: int
    last: int
    traces: tuple[Trace, ...]


def history(tree: xr.DataTree, framework: Framework) -> History:
    """Return the past and the fan ahead of a run, with the points of earlier reports."""
    last = month_index(tree.attrs["as_of"])
    months = int(tree["posterior"].sizes[names.TIME])
    earlier = published_points(framework, last)
    series = _series(tree, framework)
    traces = []
    for place, scenario in enumerate(framework.declaration.scenarios):
        filtered, smoothed, ahead, low, high = (tuple(line[:, place].tolist()) for line in series)
        points = tuple((month, values[scenario.id]) for month, values in earlier if scenario.id in values)
        traces.append(Trace(scenario.id, scenario.name, filtered, smoothed, ahead, low, high, points))
    return History(last - months + 1, last, tuple(traces))


def _series(tree: xr.DataTree, framework: Framework) -> tuple[np.ndarray, ...]:
    """Return filtered, smoothed, mean ahead, low and high; dims (time or horizon, scenario)."""
    settings, scenarios = framework.declaration.forecast, {names.SCENARIO: list(framework.scenarios)}
    posterior, predictions = tree["posterior"], tree["predictions"]
    past = [posterior[name].sel(scenarios).mean(SAMPLE).to_numpy() for name in (names.FILTERED, names.SMOOTHED)]
    draws = predictions["scenario_probability"].sel(scenarios)
    edges = [(1.0 - settings.interval) / 2.0, (1.0 + settings.interval) / 2.0]
    low, high = draws.quantile(edges, dim=SAMPLE).transpose("quantile", names.HORIZON, names.SCENARIO).to_numpy()
    mean = draws.mean(SAMPLE).transpose(names.HORIZON, names.SCENARIO).to_numpy()
    return (*(floored(one, settings.floor) for one in (*past, mean)), low, high)


def published_points(framework: Framework, before: int) -> list[tuple[int, dict[str, float]]]:
    """Return what earlier months published about themselves, oldest first.

    Parameters
    ----------
    framework
        Whose reports folder is read.
    before
        Months since year 0; this month and later ones are left out.

    Raises
    ------
    DataError
        If a published table cannot be read.
    """
    found = []
    for path in sorted(framework.reports_folder.glob("[0-9]*-[0-9]*/forecast.csv")):
        try:
            month = month_index(path.parent.name)
        except ValueError:
            continue
        if month < before and not was_draft(path.parent):
            found.append((month, _published_now(path)))
    return found


def was_draft(folder: Path) -> bool:
    """Return whether a report folder says of itself that it is a draft."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return bool(manifest["published"]["draft"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _published_now(path: Path) -> dict[str, float]:
    try:
        with path.open(encoding="utf-8", newline="") as opened:
            rows = [row for row in csv.DictReader(opened) if (row["target"], row["horizon"]) == ("scenario", "0")]
        return {row["output_type_id"]: _probability(row["value"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} is no published forecast ({' '.join(str(error).split())[:120]}); restore it"
        raise DataError(message) from None


def _probability(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        message = f"{text} is no probability"
        raise ValueError(message)
    return value
