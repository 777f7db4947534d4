"""Part: what the priors put in, what the data changed, and how much the forecast hangs on each.

Invariant: every number of every declared prior of the model is in the table, whatever became of it
(``tests/unit/test_dossier_speaking_parts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from indicast.evaluate import Lesson, Scaled, lessons, scaled
from indicast.publish._wording import PERCENT, listed, points
from indicast.publish.dossier._row_chart import QUIET, Axis, Bar, Dot, Row, row_chart
from indicast.publish.dossier._section import Figure, Json, Section, Table

if TYPE_CHECKING:
    from indicast.publish.dossier._case import Case

ID: Final = "priors"
TITLE: Final = "What the priors put in"
QUESTION: Final = (
    "Which numbers are the authors' opinion, which did the data teach, and what if the opinions were weaker?"
)
MOST_ROWS: Final = 26
"""Rows of the picture of priors and posteriors; the table has all."""
INFORMATIVE: Final = 0.05
"""ArviZ's customary threshold of sensitivity."""
DATA, ALL_PRIORS = "data", "all priors"


def part(case: Case) -> Section:
    """Return prior against posterior of every number, and the power-scaling of the forecast.

    Raises
    ------
    RunError
        If draws, predictions or log-likelihood are missing or not finite.
    """
    case.draws()
    declared = case.framework.declaration
    found = lessons(case.run.tree, case.hyperparameters, declared.forecast.interval)
    moved = scaled(case.run.tree, case.framework, case.hyperparameters)
    now = tuple(f"{one.short} now" for one in declared.scenarios)
    conflicts = [one.place for one in found if one.verdict == "conflict"]
    return Section(
        ID,
        TITLE,
        QUESTION,
        "note" if conflicts or _both(moved) or _alone(moved) else "pass",
        f"{_learned(found)} {_hangs(moved, now)}",
        (_ranges(found), _bars(moved, now)),
        (_table(found), _sensitivities(moved)),
        _data(found, moved),
    )


def _learned(found: Sequence[Lesson]) -> str:
    """Say how many numbers the data left alone."""
    counts = {kind: sum(one.verdict == kind for one in found) for kind in ("prior-only", "moved", "conflict")}
    said = f"Of {len(found)} numbers with a prior the data left {counts['prior-only']} where they were (prior-only)"
    said += f" and moved {counts['moved'] + counts['conflict']}"
    if not counts["conflict"]:
        return f"{said}; none of them left the central 95 % of its prior."
    named = ", ".join(one.place for one in found if one.verdict == "conflict")
    return f"{said}, of which {counts['conflict']} out of the central 95 % of the prior: {named}."


def _hangs(moved: Sequence[Scaled], now: Sequence[str]) -> str:
    """Say which block of priors matters most for the probabilities now."""
    blocks = [one for one in moved if one.quantity in now and one.component not in {DATA, ALL_PRIORS}]
    most = max(blocks, key=lambda one: abs(one.per_doubling))
    both, asked = _both(moved), {one.quantity for one in moved}
    return (
        f"The probabilities now hang most on the priors of {most.component}: counted twice, they would move "
        f"{most.quantity} by {points(most.per_doubling)} \u00b1 {PERCENT * most.error:.1f} points (first order). "
        f"Priors and data both pull (sensitivity of at least {INFORMATIVE:g} each) on {len(both)} of {len(asked)} "
        f"quantities{_silent(_alone(moved))}."
    )


def _silent(alone: Sequence[str]) -> str:
    return f"; the priors alone, with data that hardly count, on {len(alone)}: {listed(alone)}" if alone else ""


def _alone(moved: Sequence[Scaled]) -> list[str]:
    """Return the quantities on which all priors together are informative and the data are not."""
    by = {(one.component, one.quantity): one.sensitivity for one in moved}
    asked = dict.fromkeys(one.quantity for one in moved)
    return [name for name in asked if by[DATA, name] < INFORMATIVE <= by[ALL_PRIORS, name]]


def _both(moved: Sequence[Scaled]) -> list[str]:
    """Return the quantities on which all priors together and the data are both informative."""
    by = {(one.component, one.quantity): one.sensitivity for one in moved}
    asked = dict.fromkeys(one.quantity for one in moved)
    return [name for name in asked if min(by[ALL_PRIORS, name], by[DATA, name]) >= INFORMATIVE]


def _ranges(found: Sequence[Lesson]) -> Figure:
    ranked = sorted(found, key=lambda one: one.overlap)[:MOST_ROWS]
    shades = {"moved": 0, "conflict": 1, "prior-only": QUIET}
    rows = [
        Row(
            one.place,
            (Bar(one.low, one.high, shades[one.verdict]),),
            (Dot(one.position, shades[one.verdict]),),
            f"{one.contraction:+.2f}",
        )
        for one in ranked
    ]
    ticks = tuple((at, f"{PERCENT * at:g} %") for at in (0.0, 0.25, 0.5, 0.75, 1.0))
    axis = Axis(
        0.0,
        1.0,
        ticks,
        "prior probability of a smaller value (without learning, a bar spans nearly all)",
        "contraction",
    )
    legend = ((0, "moved"), (1, "mean outside the prior's central 95 %"), (QUIET, "prior-only"))
    most = ranked[0]
    return Figure(
        "priors-ranges",
        row_chart("Posterior on the scale of its prior", rows, axis, legend, label_width=300.0),
        f"One bar for each of the {len(rows)} numbers that moved most: where the posterior's central interval lies "
        "on the scale of the prior's own quantiles; a dot at its mean, the contraction of the variance at the end.",
        f"{most.place} moved most: its mean went from {most.prior_mean:.3g} to {most.posterior_mean:.3g}, and prior "
        f"and posterior share {PERCENT * most.overlap:.0f} % of their area.",
    )


def _bars(moved: Sequence[Scaled], now: Sequence[str]) -> Figure:
    blocks, rows = dict.fromkeys(one.component for one in moved), []
    by = {(one.component, one.quantity): one for one in moved}
    for block in blocks:
        shown = [by[block, name] for name in now]
        for place, one in enumerate(shown):
            low, high = (PERCENT * (one.per_doubling + sign * 2 * one.error) for sign in (-1, 1))
            shade = place % QUIET
            dots = (Dot(PERCENT * one.per_doubling, shade),)
            note = f"{points(one.per_doubling)}"
            rows.append(Row(block if place == 0 else "", (Bar(low, high, shade),), dots, note))
    reach = max(
        5.0, *(abs(bar.low) for row in rows for bar in row.bars), *(bar.high for row in rows for bar in row.bars)
    )
    whole = float(round(reach / 2))
    ticks = tuple((at, f"{at:+g}" if at else "0") for at in (-2 * whole, -whole, 0.0, whole, 2 * whole))
    axis = Axis(
        -reach * 1.05, reach * 1.05, ticks, "points, if this block of priors (or the data) counted twice", "points"
    )
    legend = tuple((place % QUIET, name) for place, name in enumerate(now))
    data = max((by[DATA, name] for name in now), key=lambda one: abs(one.per_doubling))
    return Figure(
        "priors-scaled",
        row_chart("Power scaling of the probabilities now", rows, axis, legend, label_width=110.0),
        "For each block of priors and each scenario: change of its probability to first order if the block counted "
        "twice, with twice its Monte Carlo error.",
        f"Draws weighed once more by how likely they make the data would move {data.quantity} by "
        f"{points(data.per_doubling)} \u00b1 {PERCENT * data.error:.1f} points (first order): what the data say of "
        "parameters, with scenarios not inferred anew.",
    )


def _table(found: Sequence[Lesson]) -> Table:
    rows = tuple(
        (
            one.place,
            f"{one.prior_mean:.3g} \u00b1 {one.prior_sd:.2g}",
            f"{one.posterior_mean:.3g} \u00b1 {one.posterior_sd:.2g}",
            f"{one.contraction:+.2f}",
            f"{one.overlap:.2f}",
            one.verdict,
        )
        for one in found
    )
    caption = (
        "Every number with a prior: mean and standard deviation before and after. Contraction is 1 less the ratio of "
        "variances; prior-only means a contraction within a tenth of 0 and a common area above nine tenths; conflict "
        "means a posterior mean outside the prior's central 95 %."
    )
    return Table(caption, ("number", "prior", "posterior", "contraction", "common area", "reading"), rows)


def _sensitivities(moved: Sequence[Scaled]) -> Table:
    blocks, asked = (dict.fromkeys(getattr(one, name) for one in moved) for name in ("component", "quantity"))
    by = {(one.component, one.quantity): one for one in moved}
    rows = tuple(
        (
            name,
            *(f"{by[block, name].sensitivity:.2f} ({points(by[block, name].per_doubling)})" for block in blocks),
        )
        for name in asked
    )
    caption = (
        f"Power-scaling sensitivity (ArviZ; {INFORMATIVE:g} and more is informative) and, in brackets, the first-order "
        "change of the mean in points if the block counted twice. Draws are weighed: what data counted twice would say "
        "of parameters is in it, what they would say of the scenario given parameters is not."
    )
    return Table(caption, ("quantity", *blocks), rows)


def _data(found: Sequence[Lesson], moved: Sequence[Scaled]) -> dict[str, Json]:
    numbers = ("prior_mean", "prior_sd", "posterior_mean", "posterior_sd", "contraction", "overlap", "position")
    return {
        "numbers": {
            one.place: {name: getattr(one, name) for name in numbers} | {"reading": one.verdict} for one in found
        },
        "scaled": [
            {
                "component": one.component,
                "quantity": one.quantity,
                "sensitivity": one.sensitivity,
                "per_doubling": one.per_doubling,
                "error": one.error,
            }
            for one in moved
        ],
    }
