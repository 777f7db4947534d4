"""Where the lines, bands and dots of the charts on the page of all reports stand.

Invariant: a line joins months that follow each other and none that do not; every place lies inside its picture
(``tests/contract/test_site.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from indicast.publish._charts import Frame, Mark, joined, levels, years
from indicast.publish._shelf import Point, Shelf, Step
from indicast.publish._wording import PERCENT, month_name, percent
from indicast.workspace import month_index

FRAME = Frame(340, 210, 30, 14, 12, 24)
SPARK = Frame(96, 22, 1, 1, 2, 2)
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One scenario: what was published month by month, and the forecast from the last of them."""

    name: str
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[Mark, ...]
    fan: str
    ahead: str
    levels: tuple[Mark, ...]
    years: tuple[Mark, ...]
    now: Mark
    end: Mark
    told: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Months as places on the charts of one model."""

    first: int
    length: int

    def x(self, index: int) -> float:
        """Return where a month stands."""
        return FRAME.across((index - self.first) / self.length)


def scale(shelf: Shelf) -> Scale:
    """Return the months from the first published to the last that is forecast."""
    first, last = month_index(shelf.months[0].month), month_index(shelf.latest.month)
    return Scale(first, max(last + len(shelf.latest.points) - 1 - first, 1))


def up(value: float) -> float:
    """Return where a probability stands."""
    return FRAME.up(value)


def drawn(shelf: Shelf, scenario: str) -> Drawn:
    """Return the chart of one scenario."""
    place = scale(shelf)
    past = {month_index(one.month): one.now for one in shelf.months if scenario in one.now.values}
    last = month_index(shelf.latest.month)
    ahead = {last + step: point for step, point in enumerate(shelf.latest.points)}
    banded = {index: point for index, point in past.items() if scenario in point.intervals}
    dots = [Mark(place.x(one), up(past[one].values[scenario])) for one in past]
    end = max(ahead)
    return Drawn(
        name=shelf.scenarios[scenario],
        lines=tuple(_line(place, past, run, scenario) for run in _runs(past)),
        bands=tuple(band for run in _runs(banded) if (band := _band(place, banded, run, scenario))),
        dots=tuple(dots),
        fan=_band(place, ahead, [one for one in ahead if scenario in ahead[one].intervals], scenario),
        ahead=_line(place, ahead, list(ahead), scenario),
        levels=_levels(shelf),
        years=years(place.first, place.length, FRAME),
        now=_mark(place, last, ahead[last].values[scenario]),
        end=_mark(place, end, ahead[end].values[scenario]),
        told=_told(shelf, scenario, past),
    )


def _levels(shelf: Shelf) -> tuple[Mark, ...]:
    if shelf.lexicon is not None:
        return levels(shelf.lexicon, FRAME)
    return tuple(Mark(FRAME.left, up(edge), f"{PERCENT * edge:g}") for edge in QUARTERS)


def _mark(place: Scale, index: int, value: float) -> Mark:
    return Mark(place.x(index), up(value), percent(value))


def _runs(months: Iterable[int]) -> Iterable[list[int]]:
    """Return months that follow each other as runs.

    Examples
    --------
    >>> list(_runs([3, 4, 6]))
    [[3, 4], [6]]
    """
    run: list[int] = []
    for month in sorted(months):
        if run and month != run[-1] + 1:
            yield run
            run = []
        run.append(month)
    if run:
        yield run


def _line(place: Scale, points: dict[int, Point], run: list[int], scenario: str) -> str:
    return joined([(place.x(one), up(points[one].values[scenario])) for one in run])


def _band(place: Scale, points: dict[int, Point], run: list[int], scenario: str) -> str:
    """Return the outline of the intervals of a run of months; blank unless there are two."""
    if len(run) < 2:  # noqa: PLR2004  # a band needs two ends
        return ""
    low, high = ([(place.x(one), up(points[one].intervals[scenario][side])) for one in run] for side in (0, 1))
    return joined([*high, *reversed(low)])


def _told(shelf: Shelf, scenario: str, past: dict[int, Point]) -> str:
    values = {one.month: one.now.values[scenario] for one in shelf.months if scenario in one.now.values}
    low, high = min(values, key=lambda one: values[one]), max(values, key=lambda one: values[one])
    first, last, end = min(values), max(values), shelf.latest.points[-1].values[scenario]
    parts = [f"Published for {month_name(last)}: {percent(values[last])}"]
    if len(past) > 1:
        parts += [f"for {month_name(first)}, the first month: {percent(values[first])}"]
        parts += [f"lowest {percent(values[low])} in {month_name(low)}"]
        parts += [f"highest {percent(values[high])} in {month_name(high)}"]
    return f"{'; '.join(parts)}. Forecast {len(shelf.latest.points) - 1} months later: {percent(end)}."


def spark(step: Step) -> str:
    """Return a milestone's chances by horizon as a small line from 0 months on; blank if it has none."""
    length = max(len(step.curve), 1)
    values = enumerate((0.0, *step.curve))
    return joined([(SPARK.across(ahead / length), SPARK.up(value)) for ahead, value in values]) if step.curve else ""
