"""Where lines, bands and labels of the page's charts stand, in the units of their SVG.

Invariant: a chart is a function of the content only, so that the same run draws the same
page; every coordinate lies inside its picture (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.publish._wording import MONTHS_OF_YEAR, PERCENT, duration, percent

if TYPE_CHECKING:
    from indicast.publish._content import Content
    from indicast.publish._estimates import Estimate
    from indicast.publish._history import Trace
    from indicast.workspace import Lexicon

CLOSEST_TICKS = 22.0
"""Least distance of two labelled ticks beside each other."""
CLOSEST_LEVELS = 12.0
"""The same, one above the other."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's size and the margins around its data."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float

    def across(self, fraction: float) -> float:
        """Return x of a fraction of the width of the data."""
        return round(self.left + min(max(fraction, 0.0), 1.0) * (self.width - self.left - self.right), 1)

    def up(self, fraction: float) -> float:
        """Return y of a fraction of the height of the data, 0 at the bottom."""
        return round(self.height - self.bottom - min(max(fraction, 0.0), 1.0) * self.inner, 1)

    @property
    def inner(self) -> float:
        """Height of the data."""
        return self.height - self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Mark:
    """A place with a text: a tick, a label or a dot."""

    x: float
    y: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One scenario's history and fan."""

    frame: Frame
    title: str
    fan: str
    filtered: str
    smoothed: str
    ahead: str
    dots: tuple[Mark, ...]
    levels: tuple[Mark, ...]
    years: tuple[Mark, ...]
    now: Mark
    end: Mark


@dataclass(frozen=True, slots=True)
class Strip:
    """One probability with its interval on a line from 0 to 100 percent."""

    y: float
    name: str
    number: str
    low: float
    high: float
    dot: float


@dataclass(frozen=True, slots=True)
class Strips:
    """Strips under each other, in groups."""

    frame: Frame
    levels: tuple[Mark, ...]
    groups: tuple[tuple[Mark, tuple[Strip, ...]], ...]


def panels(content: Content) -> tuple[Panel, ...]:
    """Return a chart of the past and the fan for each scenario."""
    return tuple(_panel(content, trace) for trace in content.history.traces)


def _panel(content: Content, trace: Trace) -> Panel:
    frame, past = Frame(340, 200, 30, 14, 12, 24), content.history
    length = max(past.last - past.first + len(trace.ahead) - 1, 1)

    def line(start: int, values: Iterable[float]) -> list[tuple[float, float]]:
        return [
            (frame.across((start + step - past.first) / length), frame.up(value)) for step, value in enumerate(values)
        ]

    high, low = line(past.last, trace.high), line(past.last, trace.low)
    ahead = line(past.last, trace.ahead)
    return Panel(
        frame=frame,
        title=trace.name,
        fan=joined([*high, *reversed(low)]),
        filtered=joined(line(past.first, trace.filtered)),
        smoothed=joined(line(past.first, trace.smoothed)),
        ahead=joined(ahead),
        dots=tuple(Mark(*line(month, [value])[0], percent(value)) for month, value in trace.published),
        levels=levels(content.lexicon, frame),
        years=years(past.first, length, frame),
        now=Mark(*ahead[0], percent(trace.ahead[0])),
        end=Mark(*ahead[-1], percent(trace.ahead[-1])),
    )


def joined(places: Sequence[tuple[float, float]]) -> str:
    """Return places as the points of a line."""
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def levels(lexicon: Lexicon, frame: Frame) -> tuple[Mark, ...]:
    """Return the edges of the bands from bottom to top; those too close to label have no text."""
    marks, last = [], frame.height + CLOSEST_LEVELS
    for edge in sorted({0.0, 1.0, *lexicon.edges}):
        y = frame.up(edge)
        near = last - y < CLOSEST_LEVELS
        last = last if near else y
        marks.append(Mark(frame.left, y, "" if near else f"{PERCENT * edge:g}"))
    return tuple(marks)


def years(first: int, length: int, frame: Frame) -> tuple[Mark, ...]:
    """Return the years that begin within a number of months from the first, as many as can be labelled."""
    januaries = [month for month in range(first, first + length + 1) if month % MONTHS_OF_YEAR == 0]
    step = next(by for by in (1, 2, 5, 10, 25, 50, 100) if len(januaries) / by <= 6 or by == 100)  # noqa: PLR2004  # labels that fit
    return tuple(
        Mark(frame.across((month - first) / length), frame.height - frame.bottom, f"{month // MONTHS_OF_YEAR}")
        for month in januaries
        if month // MONTHS_OF_YEAR % step == 0
    )


def strip(content: Content, estimate: Estimate) -> Strips:
    """Return the headline's line for one scenario."""
    frame = Frame(320, 34, 8, 8, 2, 14)
    return Strips(frame, _edges(content.lexicon, frame), ((Mark(0, 0), (_strip(frame, estimate, 11.0),)),))


def horizon_strips(content: Content) -> Strips:
    """Return the chart of all horizons: a group for each, a strip for each scenario."""
    row, head, top = 20.0, 26.0, 4.0
    size = len(content.now)
    height = top + len(content.horizons) * (head + row * size) + 24
    frame = Frame(340, height, 52, 46, top, 20)
    groups, y = [], top
    for horizon in content.horizons:
        label = Mark(0, y + 17, "Now" if not horizon.months else f"In {duration(horizon.months)}")
        places = [y + head + row * (place + 0.5) for place in range(size)]
        groups.append((label, tuple(_strip(frame, one, at) for one, at in zip(horizon.estimates, places, strict=True))))
        y += head + row * size
    return Strips(frame, _edges(content.lexicon, frame), tuple(groups))


def _strip(frame: Frame, one: Estimate, y: float) -> Strip:
    low, high, dot = (frame.across(value) for value in (one.low, one.high, one.probability))
    return Strip(y, one.short, percent(one.probability), low, high, dot)


def _edges(lexicon: Lexicon, frame: Frame) -> tuple[Mark, ...]:
    """Return the edges of the bands from left to right; those too close to label have no text."""
    marks, last = [], -CLOSEST_TICKS
    for edge in sorted({0.0, 1.0, *lexicon.edges}):
        x = frame.across(edge)
        near = x - last < CLOSEST_TICKS
        last = last if near else x
        marks.append(Mark(x, frame.height - frame.bottom, "" if near else f"{PERCENT * edge:g}"))
    return tuple(marks)
