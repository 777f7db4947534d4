"""Where the curve, the past and the experts' dates of each milestone stand, one small picture each.

Invariant: a curve is that of ``forecast.csv`` and never falls, what occurred is drawn as done and has no curve, and
nothing lies outside its picture (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.publish._charts import Frame, Mark, joined, levels, years
from indicast.publish._wording import percent
from indicast.workspace import month_index

if TYPE_CHECKING:
    from indicast.publish._content import Content
    from indicast.publish._milestones import Clock

FRAME = Frame(320, 132, 26, 40, 10, 22)


@dataclass(frozen=True, slots=True)
class Bar:
    """A chance's interval at one date."""

    x: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Dial:
    """One milestone: what was, and by when it will be.

    Attributes
    ----------
    past, ahead
        Points of the line up to the last month and of the curve from there; either may be blank.
    blind
        Left and right end of the months in which nobody can say whether it was reached, or None.
    bars
        Intervals at the declared horizons.
    dates
        The experts' dates.
    done
        The month it occurred, or None.
    now, end
        The last month described, and the end of the picture with what holds there.
    """

    frame: Frame
    past: str
    ahead: str
    blind: tuple[float, float] | None
    bars: tuple[Bar, ...]
    dates: tuple[Mark, ...]
    done: Mark | None
    now: float
    end: Mark
    levels: tuple[Mark, ...]
    years: tuple[Mark, ...]


def dials(content: Content) -> tuple[Dial, ...]:
    """Return the picture of every judged milestone, in declared order."""
    time = _Time(content)
    return tuple(time.dial(content, one) for one in content.milestones.clocks)


class _Time:
    """The months that all pictures of a report show: from the first described to the last forecast."""

    def __init__(self, content: Content) -> None:
        past = content.history
        self.first, self.last = past.first, past.last
        self.length = max(past.last - past.first + len(past.traces[0].ahead) - 1, 1)

    def at(self, month: int, value: float) -> tuple[float, float]:
        return FRAME.across((month - self.first) / self.length), FRAME.up(value)

    def line(self, places: Iterable[tuple[int, float]]) -> str:
        return joined([self.at(month, value) for month, value in places])

    def dial(self, content: Content, one: Clock) -> Dial:
        since, end = self._since(one), self.first + self.length
        lasting = 1.0 if one.state == "occurred" else one.curve[-1]
        return Dial(
            frame=FRAME,
            past=self._past(one, since),
            ahead=self.line(enumerate(one.curve, start=self.last)),
            blind=(self.at(self.first, 0)[0], self.at(self.last, 0)[0]) if self._unseen(one) else None,
            bars=tuple(
                Bar(self.at(self.last + due.ahead, 0)[0], FRAME.up(due.low), FRAME.up(due.high))
                for due in one.dues
                if due.declared
            ),
            dates=self._dates(one, since),
            done=Mark(*self.at(since, 1.0)) if since is not None else None,
            now=self.at(self.last, 0)[0],
            end=Mark(*self.at(end, lasting), "done" if one.state == "occurred" else percent(lasting)),
            levels=levels(content.lexicon, FRAME),
            years=years(self.first, self.length, FRAME),
        )

    @staticmethod
    def _since(one: Clock) -> int | None:
        """Return the month in which it occurred, as far as known."""
        return month_index(one.day[:7]) if one.state == "occurred" and one.day else None

    @staticmethod
    def _unseen(one: Clock) -> bool:
        return one.state not in {"occurred", "open"} or (one.state == "occurred" and not one.day)

    def _past(self, one: Clock, since: int | None) -> str:
        end = self.first + self.length
        if since is not None:
            return self.line([(self.first, 0.0), (since, 0.0), (since, 1.0), (end, 1.0)])
        if one.state == "occurred":
            return self.line([(self.last, 1.0), (end, 1.0)])
        return self.line([(self.first, 0.0), (self.last, 0.0)]) if one.state == "open" else ""

    def _dates(self, one: Clock, since: int | None) -> tuple[Mark, ...]:
        months = [month_index(text) for text in one.dates]
        shown = [month for month in months if self.first <= month <= self.first + self.length]
        return tuple(Mark(*self.at(month, self._level(one, month, since))) for month in shown)

    def _level(self, one: Clock, month: int, since: int | None) -> float:
        """Return how high the line or the curve stands in a month."""
        if one.state == "occurred":
            return 1.0 if since is None or month >= since else 0.0
        return one.curve[month - self.last] if month > self.last else 0.0
