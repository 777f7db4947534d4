"""What moved a scenario since the month before, and where the bars of that picture stand.

Invariant: the parts add up to the change, what is left being a part of its own, and every bar begins where the one
before it ended (``tests/contract/test_report_words.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from indicast.errors import RunError
from indicast.explain import Fitted, Read, main_reasons, waterfall
from indicast.panel import Vintage
from indicast.publish._caveats import changed_inputs
from indicast.publish._text import plain
from indicast.publish._watching import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicast.explain import Bar, Waterfall
    from indicast.infer import Run
    from indicast.publish._content import Content
    from indicast.workspace import Framework

MAIN = 3
"""Reasons that the first screen names."""
WIDTH = 200.0
"""Of a bar's picture."""
LEAST = 0.0005
"""Parts that would print as no tenth of a point are added up."""
MOST_ROWS = 14
"""Parts that have a row of their own; the others are added up."""
NOISE = "monte carlo"


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of a change.

    Attributes
    ----------
    name
        What it comes from.
    points, error
        How far it moved the probability, and its standard error, as fractions of 1.
    redundant
        Whether other news of the month say the same.
    """

    name: str
    points: float
    error: float
    redundant: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Why one scenario's probability changed.

    Attributes
    ----------
    month
        ISO month of the run before.
    scenario, before, after
        Its name and both probabilities.
    main
        The largest causes, largest first.
    steps
        All causes, the largest first.
    without
        Probabilities of all scenarios, in declared order, had the largest cause been left out; empty if it is no news.
    shape, limit
        The worst k-hat behind them, and what it must stay below.
    refused
        Why it cannot be told at all, or blank.
    """

    month: str
    scenario: str
    before: float
    after: float
    main: tuple[Cause, ...]
    steps: tuple[Cause, ...]
    without: tuple[float, ...] = ()
    shape: float = 0.0
    limit: float = 1.0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: its ends from left to right, and whether it raises the probability."""

    left: float
    right: float
    rises: bool


def why(by: Read, run: Run, previous: Run | None) -> Moved | None:
    """Return what moved the scenario that moved most, or None if there is nothing to compare.

    Parameters
    ----------
    by
        As used for the later run.
    run, previous
        The month's run, and that of the month before or None.
    """
    if previous is None or not all(EVIDENCE in one.tree.children for one in (run, previous)):
        return None
    altered = changed_inputs(run.manifest, previous.manifest)
    try:
        found = waterfall(by, _fitted(previous), _fitted(run), seed=run.manifest["sampler"]["seed"], altered=altered)
    except RunError as fault:
        return Moved(previous.manifest["as_of"], "", 0.0, 0.0, (), (), refused=plain(fault))
    return moved_by(by.framework, found)


def _fitted(run: Run) -> Fitted:
    when = Vintage(run.tree.attrs["as_of"], date.fromisoformat(run.tree.attrs["known_at"]))
    return Fitted(run.tree, when)


def moved_by(framework: Framework, found: Waterfall) -> Moved:
    """Return the parts of the widest change of a scenario."""
    names = {one.id: one.name for one in framework.declaration.scenarios}
    place = int(np.argmax(np.abs(found.difference[: len(found.scenarios)])))
    scenario = found.scenarios[place]
    reasons = main_reasons(found, scenario, MAIN)
    return Moved(
        found.months[0],
        names[scenario],
        float(found.before[place]),
        float(found.after[place]),
        tuple(_cause(bar, place) for bar in reasons),
        _told([_cause(bar, place) for bar in found.bars]),
        _without(found, reasons[0]) if reasons else (),
        found.k_hat,
        found.limit,
    )


def _without(found: Waterfall, bar: Bar) -> tuple[float, ...]:
    """Return the later month's probabilities had a bar been left out."""
    size = len(found.scenarios)
    return () if bar.alone is None else tuple((found.after[:size] - bar.alone[:size]).tolist())


def _cause(bar: Bar, place: int) -> Cause:
    name = "sampling noise of the two fits" if bar.kind == NOISE else plain(bar.label)
    return Cause(name, float(bar.value[place]), float(bar.mcse[place]), bar.redundant_of(place))


def _told(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """Return causes worth telling, and the sum of the others."""
    least = max(LEAST, sorted((abs(one.points) for one in causes), reverse=True)[:MOST_ROWS][-1])
    ranked = sorted(causes, key=lambda one: -abs(one.points))
    large = [one for one in ranked if abs(one.points) >= least]
    small = [one for one in causes if abs(one.points) < least]
    if not small:
        return tuple(large)
    error = float(np.hypot.reduce([one.error for one in small]))
    rest = Cause(f"{len(small)} others together", sum(one.points for one in small), error, redundant=False)
    return (*large, rest)


def steps(content: Content) -> tuple[Step, ...]:
    """Return a bar for each cause, on one scale from the lowest to the highest place that is reached."""
    if content.moved is None:
        return ()
    places = list(accumulate((one.points for one in content.moved.steps), initial=content.moved.before))
    low, wide = min(places), max(max(places) - min(places), 1e-9)
    at = [round(WIDTH * (place - low) / wide, 1) for place in places]
    pairs = zip(at, at[1:], content.moved.steps, strict=False)
    return tuple(Step(min(a, b), max(a, b), one.points >= 0.0) for a, b, one in pairs)
