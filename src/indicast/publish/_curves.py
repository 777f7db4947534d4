"""Where the curves of the milestones' chart and their labels stand.

Invariant: every curve and label lies inside the picture, and no two labels cover each other
as long as there is room (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.publish._charts import CLOSEST_LEVELS, Frame, Mark, joined, levels, years
from indicast.publish._wording import percent
from indicast.workspace import month_index

if TYPE_CHECKING:
    from indicast.publish._content import Content
    from indicast.publish._milestones import Clock

LEADER = 9.0
"""Width between a curve's end and its label."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One milestone's curve, its end, its label and the experts' dates on it."""

    points: str
    end: Mark
    label: Mark
    dates: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """The chart of all open milestones."""

    frame: Frame
    levels: tuple[Mark, ...]
    years: tuple[Mark, ...]
    curves: tuple[Curve, ...]


def curves(content: Content) -> Curves:
    """Return the chart of a report with at least one open milestone."""
    frame, found = Frame(340, 200, 30, 56, 12, 24), content.milestones.open
    length, start = len(found[0].curve) - 1, month_index(content.month)
    places = spread([frame.up(one.curve[-1]) for one in found], CLOSEST_LEVELS, (frame.up(1), frame.up(0)))
    drawn = tuple(_curve(frame, one, length, place) for one, place in zip(found, places, strict=True))
    return Curves(frame, levels(content.lexicon, frame), years(start, length, frame), drawn)


def _curve(frame: Frame, one: Clock, length: int, place: float) -> Curve:
    def at(ahead: int) -> tuple[float, float]:
        return frame.across(ahead / length), frame.up(one.curve[ahead])

    end = Mark(*at(length))
    label = Mark(end.x + LEADER, round(place, 1), f"{one.key} {percent(one.curve[-1])}")
    dates = tuple(Mark(*at(due.ahead)) for due in one.dues if due.named)
    return Curve(joined([at(ahead) for ahead in range(length + 1)]), end, label, dates)


def spread(wanted: Sequence[float], closest: float, ends: tuple[float, float]) -> list[float]:
    """Return places near those wanted that keep their order and a distance, between two ends.

    Parameters
    ----------
    wanted
        Between the ends, in any order.
    closest
        Wanted distance; less if there is no room for it.
    ends
        Smallest and largest place.

    Examples
    --------
    >>> spread([50.0, 10.0, 52.0, 99.0, 100.0], 12.0, (0.0, 100.0))
    [50.0, 10.0, 62.0, 88.0, 100.0]
    """
    gap = min(closest, (ends[1] - ends[0]) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    found, least = list(wanted), ends[0]
    for place in order:
        found[place] = max(wanted[place], least)
        least = found[place] + gap
    most = ends[1]
    for place in reversed(order):
        found[place] = min(found[place], most)
        most = found[place] - gap
    return found
