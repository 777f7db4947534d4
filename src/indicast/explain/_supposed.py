"""Observations that nobody made, put into a panel.

Invariant: a supposed observation changes a panel as a row of the ledger with the same words would, from a source of the
same grade and slant that says nothing else (``tests/unit/test_supposed.py``). A month in which nobody looked counts as
looked at once something is supposed to have been found, or not found, there; nothing else is assumed about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from indicast import names
from indicast.elicit import GRADES
from indicast.panel import NOT_LOOKED, trailing_reference

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.infer import PlainPanel
    from indicast.workspace import Framework

What = Literal["report", "count", "act", "outcome", "share", "level"]
JUDGED = GRADES[:-1]
"""Letters that rank sources, and that a doubtful credibility lowers."""
CELL, REPORTS = ("cell_time", "cell_indicator"), ("direction", "grade", "factor", "slant")


@dataclass(frozen=True, slots=True)
class Supposed:
    """An observation that nobody made.

    Attributes
    ----------
    what
        What it is to the model.
    label
        Id of its indicator, or of its milestone.
    time
        Its month, counted from the first.
    value
        -1, 0 or 1 of a report; how many of a count or of acts; the number of a share or level.
    reliability, credibility
        Letter and digit of the source that would say so.
    kind
        The ledger's word for what is said.
    slant
        Id of the source's slant.
    unit
        Of a share or level.
    day
        YYYY-MM-DD; of a month alone its last day.
    outcome
        Of a milestone: ``occurred``, ``not_yet`` or ``unclear``.
    """

    what: What
    label: str
    time: int
    value: float = 0.0
    reliability: str = "B"
    credibility: str = "2"
    kind: str = "event"
    slant: str = ""
    unit: str = ""
    day: str = ""
    outcome: str = ""


def suppose(
    panel: PlainPanel, framework: Framework, hyperparameters: Hyperparameters, observations: Sequence[Supposed]
) -> PlainPanel:
    """Return a panel with further observations; shares and levels need the ledger and are left out.

    Parameters
    ----------
    panel
        With all months that are asked about.
    framework, hyperparameters
        What the words mean, and how grades and counts are read.
    observations
        In any order.
    """
    for one in observations:
        if one.what in PUTS:
            panel = PUTS[one.what](panel, framework, hyperparameters, one)
    return panel


def grade_index(letter: str, steps: int) -> int:
    """Return the place of a letter among the grades after lowering it for doubtful credibility.

    Examples
    --------
    >>> grade_index("B", 1), grade_index("E", 1), grade_index("F", 1)
    (2, 4, 5)
    """
    return GRADES.index(letter) if letter not in JUDGED else min(JUDGED.index(letter) + steps, len(JUDGED) - 1)


def _with_report(
    panel: PlainPanel, framework: Framework, hyperparameters: Hyperparameters, one: Supposed
) -> PlainPanel:
    steps = int(hyperparameters.mapping("credibility_steps").get(one.credibility, 0))
    told = {
        "direction": one.value,
        "grade": grade_index(one.reliability, steps),
        "factor": hyperparameters.mapping("claim_factor").get(one.kind, 1.0),
        "slant": [rule.id for rule in framework.declaration.slants].index(one.slant),
    }
    place = (one.time, framework.indicators.index(one.label))
    panel, cell = _with_cell(panel, place)
    panel, slot = _with_slot(panel, cell)
    changed = {f"report_{name}": panel.values(f"report_{name}").copy() for name in (*REPORTS, "used")}
    for name in REPORTS:
        changed[f"report_{name}"][cell, slot] = told[name]
    changed["report_used"][cell, slot] = True
    return panel.assign(changed)


def _with_cell(panel: PlainPanel, place: tuple[int, int]) -> tuple[PlainPanel, int]:
    """Return a panel that has a cell of a month and an indicator, and the place of that cell."""
    used, (time, indicator) = panel.values("cell_used"), (panel.values(name) for name in CELL)
    found = np.flatnonzero(used & (time == place[0]) & (indicator == place[1]))
    if found.size:
        return panel, int(found[0])
    if used.all():
        panel = _wider(panel, names.CELL)
    cell = int(np.flatnonzero(~panel.values("cell_used"))[0])
    changed = {name: panel.values(name).copy() for name in (*CELL, "cell_used")}
    changed["cell_time"][cell], changed["cell_indicator"][cell], changed["cell_used"][cell] = *place, True
    return panel.assign(changed), cell


def _with_slot(panel: PlainPanel, cell: int) -> tuple[PlainPanel, int]:
    """Return a panel with room for a further report in a cell, and where it is."""
    if panel.values("report_used")[cell].all():
        panel = _wider(panel, names.REPORT)
    return panel, int(np.flatnonzero(~panel.values("report_used")[cell])[0])


def _wider(panel: PlainPanel, dim: str) -> PlainPanel:
    """Return a panel with one more empty place at the end of a dim."""
    changed = {}
    for name, one in (*panel.data_vars.items(), *panel.coords.items()):
        if dim in one.dims:
            more = [(0, int(own == dim)) for own in one.dims]
            changed[name] = np.pad(one.values, more, constant_values=-1 if name.endswith("_line") else 0)
    return panel.assign(changed)


def _with_count(panel: PlainPanel, framework: Framework, hyperparameters: Hyperparameters, one: Supposed) -> PlainPanel:
    place = [counted.id for counted in framework.counts].index(one.label)
    count, coverage = panel.values("count").copy(), panel.values("count_coverage").copy()
    count[one.time, place] = int(one.value)
    _look(coverage, (one.time, place), framework, hyperparameters, one.label)
    expected = trailing_reference(hyperparameters, count, coverage)
    return panel.assign({"count": count, "count_coverage": coverage, "count_reference": expected})


def _with_act(panel: PlainPanel, framework: Framework, hyperparameters: Hyperparameters, one: Supposed) -> PlainPanel:
    place = [acting.id for acting in framework.events].index(one.label)
    number, coverage = panel.values("event").copy(), panel.values("event_coverage").copy()
    number[one.time, place] += int(one.value)
    _look(coverage, (one.time, place), framework, hyperparameters, one.label)
    return panel.assign({"event": number, "event_coverage": coverage})


def _look(
    coverage: np.ndarray,
    place: tuple[int, int],
    framework: Framework,
    hyperparameters: Hyperparameters,
    indicator: str,
) -> None:
    """Let somebody have looked where nobody did."""
    if coverage[place] == NOT_LOOKED:
        words = hyperparameters.coords[names.COVERAGE]
        coverage[place] = words.index(watched_as(framework, hyperparameters, indicator))


def watched_as(framework: Framework, hyperparameters: Hyperparameters, indicator: str) -> str:
    """Return the coverage word of a month in which something is supposed: the declared one, or the first of all."""
    declared = next(one.watched_as for one in framework.declaration.indicators if one.id == indicator)
    words = hyperparameters.coords[names.COVERAGE]
    return declared if declared in words else words[0]


def _with_outcome(
    panel: PlainPanel, framework: Framework, hyperparameters: Hyperparameters, one: Supposed
) -> PlainPanel:
    del hyperparameters
    place = milestones_judged(framework).index(one.label)
    opened, done = panel.values("milestone_open").copy(), panel.values("milestone_done").copy()
    first = framework.judged_index - framework.start_index
    opened[:, place], done[:, place] = 0.0, 0.0
    if one.outcome != "unclear":
        opened[first : one.time + (one.outcome == "not_yet"), place] = 1.0
    done[one.time, place] = float(one.outcome == "occurred")
    return panel.assign({"milestone_open": opened, "milestone_done": done})


def milestones_judged(framework: Framework) -> list[str]:
    """Return the milestones that experts judged, so that they are evidence, in the order of the panel."""
    return list(dict.fromkeys(judgement.milestone for judgement in framework.judgements))


PUTS: Mapping[What, Callable[[PlainPanel, Framework, Hyperparameters, Supposed], PlainPanel]] = {
    "report": _with_report,
    "count": _with_count,
    "act": _with_act,
    "outcome": _with_outcome,
}
