"""Milestones whose judgements are the same under every scenario, so that they say nothing.

One judgement for all is a row with scenario ``all``; the model then shares one hazard. The same
word and horizon written once for each scenario means the same and is modelled otherwise.

Invariant: one planted fault per code is found at its line (``tests/unit/test_milestone_findings.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.workspace import Finding, Framework, Judgement, lines_by

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "milestones.csv"


def milestone_findings(framework: Framework) -> list[Finding]:
    """Return warnings about milestones, and horizons, that cannot tell any scenario from another."""
    residual = {scenario.id for scenario in framework.declaration.scenarios if scenario.residual}
    judged = [one for one in framework.judgements if one.scenario not in residual]
    by_milestone = {name: [one for one in judged if one.milestone == name] for name in _names(judged)}
    repeated = {name for name, rows in by_milestone.items() if len(rows) > 1 and len({_said(one) for one in rows}) == 1}
    lines = lines_by(framework.priors_folder / FILE, ("milestone", "scenario"))
    return [*_repeated(judged, repeated, lines), *_silent_horizons(judged, repeated, lines)]


def _names(judged: Sequence[Judgement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.milestone for one in judged))


def _said(one: Judgement) -> tuple[float, str]:
    return one.horizon_years, one.word


def _warning(code: str, message: str, remedy: str, lines: dict[tuple[str, ...], int], one: Judgement) -> Finding:
    line = lines.get((one.milestone, one.scenario))
    return Finding(FILE if line is None else f"{FILE}:{line}", code, "warning", message, remedy)


def _repeated(judged: Sequence[Judgement], names: set[str], lines: dict[tuple[str, ...], int]) -> list[Finding]:
    remedy = "write one row with 'all': the scenarios then share one hazard, and chance cannot tell them apart"
    firsts = {one.milestone: one for one in reversed(judged) if one.milestone in names}
    return [
        _warning("M101", f"{name}: the same word and horizon under every scenario", remedy, lines, one)
        for name, one in firsts.items()
    ]


def _silent_horizons(judged: Sequence[Judgement], names: set[str], lines: dict[tuple[str, ...], int]) -> list[Finding]:
    remedy = "what becomes of these steps is no evidence; ask for one that the scenarios do not share"
    found = []
    for years in dict.fromkeys(one.horizon_years for one in judged):
        rows = [one for one in judged if one.horizon_years == years]
        if all(one.shared or one.milestone in names for one in rows):
            count = len(_names(rows))
            message = f"horizon_years {years:g}: every milestone ({count}) is judged the same under every scenario"
            found.append(_warning("M102", message, remedy, lines, rows[0]))
    return found
