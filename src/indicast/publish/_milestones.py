"""How the judged milestones stand, and by when those that are open will be reached.

Invariant: a chance on the page is that of ``forecast.csv`` at the same horizon, and a
milestone that occurred has none (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.forecast import Standing, published_clocks, standings
from indicast.publish._judgement import PRIOR_ONLY
from indicast.publish._wording import month_at
from indicast.workspace import Framework, month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.panel import State

SAMPLE = (names.CHAIN, names.DRAW)


@dataclass(frozen=True, slots=True)
class Due:
    """The chance that a milestone is reached by the end of a month.

    Attributes
    ----------
    month, ahead
        ISO month, and months from the last one described.
    named, declared
        Whether the experts named this date, and whether it is a declared horizon.
    probability
        As published, not below the floor.
    low, high
        Ends of the central interval over draws.
    """

    month: str
    ahead: int
    named: bool
    declared: bool
    probability: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Clock:
    """One judged milestone.

    Attributes
    ----------
    name
        As declared.
    state, day
        How it stands, and the ISO day it occurred or of the latest evidence, or "".
    dates
        ISO months by which the experts judged it.
    dues
        Its chances, by date; empty if it occurred.
    curve
        Published chance 0, 1, ... months ahead; empty if it occurred.
    """

    name: str
    state: State
    day: str
    dates: tuple[str, ...]
    dues: tuple[Due, ...]
    curve: tuple[float, ...]

    @property
    def declared(self) -> tuple[Due, ...]:
        """The chances at the declared horizons; none if it occurred."""
        return tuple(due for due in self.dues if due.declared)

    @property
    def named(self) -> tuple[Due, ...]:
        """The chances at those of the experts' dates that lie ahead."""
        return tuple(due for due in self.dues if due.named)


@dataclass(frozen=True, slots=True)
class Milestones:
    """All judged milestones in declared order.

    Attributes
    ----------
    clocks
        One per milestone.
    elicited, prior_only
        Chances that the experts' words gave for the open ones, and how many of these the
        data left as they were.
    """

    clocks: tuple[Clock, ...]
    elicited: int
    prior_only: int

    @property
    def open(self) -> tuple[Clock, ...]:
        """Those that have a clock."""
        return tuple(clock for clock in self.clocks if clock.dues)

    @property
    def closed(self) -> tuple[Clock, ...]:
        """Those that occurred."""
        return tuple(clock for clock in self.clocks if not clock.dues)


def milestones(tree: xr.DataTree, framework: Framework) -> Milestones:
    """Return states and clocks of a run; nothing if no milestone was judged.

    Raises
    ------
    RunError
        If the run does not say how its milestones stand.
    """
    if not framework.judgements:
        return Milestones((), 0, 0)
    stand, reader = standings(tree), _Reader(tree, framework)
    open_ones = {one.milestone for one in stand if one.open}
    clocks = tuple(reader.clock(one) for one in stand)
    behind = [one.label for one in framework.judgements if one.milestone in open_ones]
    return Milestones(clocks, len(behind), _prior_only(tree, behind))


def _prior_only(tree: xr.DataTree, judgements: list[str]) -> int:
    at = {names.JUDGEMENT: judgements}
    spread = [tree[group].to_dataset()[names.MILESTONE_CHANCE].sel(at).std(SAMPLE) for group in ("posterior", "prior")]
    return int((spread[0] > PRIOR_ONLY * spread[1]).sum())


class _Reader:
    """Reads one run's clocks, published means and intervals once for all milestones."""

    def __init__(self, tree: xr.DataTree, framework: Framework) -> None:
        self.framework, self.settings = framework, framework.declaration.forecast
        self.last = month_index(tree.attrs["as_of"])
        self.names = {one.id: one.name for one in framework.declaration.milestones}
        self.predictions = tree["predictions"].to_dataset()
        self.published = published_clocks(self.predictions, self.settings.floor)

    def clock(self, one: Standing) -> Clock:
        judged = [judgement for judgement in self.framework.judgements if judgement.milestone == one.milestone]
        named = sorted({self.framework.judged_index + judgement.horizon_months for judgement in judged})
        return Clock(
            name=self.names[one.milestone],
            state=one.state,
            day=one.day.isoformat() if one.day else "",
            dates=tuple(month_at(index) for index in named),
            dues=self._dues(one.milestone, [index - self.last for index in named]) if one.open else (),
            curve=(0.0, *self._means(one.milestone).tolist()) if one.open else (),
        )

    def _means(self, milestone: str) -> np.ndarray:
        return self.published.sel({names.MILESTONE: milestone}).to_numpy()

    def _dues(self, milestone: str, named: list[int]) -> tuple[Due, ...]:
        wanted = {*self.settings.horizons, *(ahead for ahead in named if 0 < ahead <= self.settings.longest)}
        return tuple(self._due(milestone, ahead, named=ahead in named) for ahead in sorted(wanted))

    def _due(self, milestone: str, ahead: int, *, named: bool) -> Due:
        draws = self.predictions[names.MILESTONE_BY].sel({names.MILESTONE: milestone, names.HORIZON: ahead})
        tail, floor = (1.0 - self.settings.interval) / 2.0, self.settings.floor
        low, high = np.clip(np.quantile(draws.to_numpy(), [tail, 1.0 - tail]), floor, 1.0 - floor)
        probability = float(self._means(milestone)[ahead - 1])
        declared = ahead in self.settings.horizons
        return Due(month_at(self.last + ahead), ahead, named, declared, probability, float(low), float(high))
