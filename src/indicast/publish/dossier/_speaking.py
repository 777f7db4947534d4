"""Part: whose the probabilities are, and where priors and ledger disagree.

Invariant: the parts that are printed add up to the published probability
(``tests/unit/test_dossier_speaking_parts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from indicast.evaluate import Expected, NextReport, Speaking, expected_by_priors, who_speaks
from indicast.infer import panel_of
from indicast.publish._wording import PERCENT, percent, points
from indicast.publish.dossier._row_chart import QUIET, Axis, Bar, Dot, Row, row_chart
from indicast.publish.dossier._section import Figure, Json, Section, Table

if TYPE_CHECKING:
    import xarray as xr

    from indicast.publish.dossier._case import Case

ID: Final = "speaking"
TITLE: Final = "Who is speaking"
QUESTION: Final = (
    "How much of the forecast is assumption, how much is the experts' table, and how much is what happened since?"
)
VOICES: Final = {
    "chain": "the chain's prior",
    "marks": "the experts' marks",
    "strengths": "the table's ranking of rows",
    "direction": "ledger: directions",
    "count": "ledger: counts",
    "event": "ledger: acts",
    "share": "ledger: shares",
    "level": "ledger: levels",
    "milestone": "ledger: milestones",
    "withheld": "ledger: withheld publications",
}
STEPS: Final = ("priors", "what reporting taught", "marks", "ledger")


def part(case: Case) -> Section:
    """Return the decomposition of the probabilities now and of the next reports, and the conflicts.

    Raises
    ------
    RunError
        If draws or the panel are missing or not finite.
    """
    case.draws()
    panel = _panel(case)
    found, coming = who_speaks(case.run.tree, case.framework, case.hyperparameters, panel, case.seed)
    expected = expected_by_priors(case.framework, case.hyperparameters, panel, case.seed)
    flagged = [one for one in expected if one.flagged]
    shorts = tuple(one.short for one in case.framework.declaration.scenarios)
    return Section(
        ID,
        TITLE,
        QUESTION,
        "note" if flagged else "pass",
        f"{_speakers(found, shorts)} {_conflicts(expected)}",
        (_parts(found, shorts), *((_reports(coming),) if coming else ()), *((_seen(expected),) if expected else ())),
        (_voices(found, shorts), _steps(coming), _expectations(expected)),
        _data(found, coming, expected),
    )


def _panel(case: Case) -> xr.Dataset:
    """Return what the fit has seen, as its run keeps it."""
    for name in ("constant_data", "observed_data"):
        case.group(name)
    return panel_of(case.run.tree).assign_attrs(case.run.tree.attrs)


def _speakers(found: Speaking, shorts: Sequence[str]) -> str:
    """Say who accounts for the likeliest scenario."""
    most = int(found.now.argmax())
    chain = next(one for one in found.voices if one.name == "chain").points[most]
    table = sum(float(one.points[most]) for one in found.voices if one.name in {"marks", "strengths"})
    ledger = float(found.part(of_ledger=True)[most])
    loudest = max(found.voices, key=lambda one: float(np.abs(one.points).max()))
    place = int(np.abs(loudest.points).argmax())
    return (
        f"Of {shorts[most]} at {percent(float(found.now[most]))}, an even start gives {percent(found.even)}, the "
        f"chain's prior {points(float(chain))}, the experts' table {points(table)} and the ledger {points(ledger)} "
        f"points, with parameters as learned. The loudest voice is {VOICES.get(loudest.name, loudest.name)}: "
        f"{points(float(loudest.points[place]))} points for {shorts[place]}."
    )


def _conflicts(expected: Sequence[Expected]) -> str:
    flagged = [one for one in expected if one.flagged]
    if not flagged:
        return f"None of {len(expected)} series of evidence is one that its priors would call unlikely."
    named = ", ".join(f"{one.indicator} ({one.family}, p = {one.p_value:.2g})" for one in flagged)
    chance = max(one.limit for one in flagged)
    return (
        f"Priors and ledger are in conflict on {len(flagged)} of {len(expected)} series of evidence, where luck alone "
        f"would flag up to {chance * len(expected):.1f} (p below {chance:g}, not raised for their number): {named}."
    )


def _parts(found: Speaking, shorts: Sequence[str]) -> Figure:
    rows = [
        Row(
            VOICES.get(one.name, one.name) if place == 0 else "",
            (Bar(0.0, PERCENT * float(one.points[place]), place % QUIET),),
            (),
            points(float(one.points[place])),
        )
        for one in found.voices
        for place in range(len(shorts))
    ]
    reach = max(5.0, *(PERCENT * float(np.abs(one.points).max()) for one in found.voices)) * 1.05
    axis = Axis(-reach, reach, _ticks(reach), "points added to an even start", "points")
    ledger = found.part(of_ledger=True)
    total = ", ".join(f"{short} {points(float(value))}" for short, value in zip(shorts, ledger, strict=True))
    return Figure(
        "speaking-parts",
        row_chart("Parts of the probabilities now", rows, axis, tuple(enumerate(shorts)), label_width=190.0),
        "For each voice and scenario a bar from 0: the points it adds to an even start.",
        f"The whole ledger adds {total} points.",
    )


def _ticks(reach: float) -> tuple[tuple[float, str], ...]:
    step = next(one for one in (1, 2, 5, 10, 20, 25, 50) if reach / one <= 3.0 or one == 50)  # noqa: PLR2004  # a whole axis
    places = range(-int(reach // step), int(reach // step) + 1)
    return tuple((float(step * place), f"{step * place:+d}" if place else "0") for place in places)


def _reports(coming: Sequence[NextReport]) -> Figure:
    rows = []
    for one in coming:
        edges = np.cumsum([0.0, one.prior, one.reporting, one.marks, one.ledger]).tolist()
        bars = tuple(Bar(low, high, place) for place, (low, high) in enumerate(pairwise(edges)))
        rows.append(Row(one.indicator, bars, (Dot(one.balance, QUIET),), f"{one.balance:+.2f}"))
    axis = Axis(
        -1.0, 1.0, tuple((at, f"{at:+g}" if at else "0") for at in (-1.0, -0.5, 0.0, 0.5, 1.0)), BALANCE, "balance"
    )
    taught = float(np.mean([abs(one.reporting) for one in coming]))
    scenario = float(np.mean([abs(one.marks) + abs(one.ledger) for one in coming]))
    return Figure(
        "speaking-reports",
        row_chart("Expected next report by indicator", rows, axis, tuple(enumerate(STEPS)), label_width=170.0),
        "For each indicator four stretches that add up to the expected balance of its next report, marked by a dot.",
        f"What was learned about reporting moves the expected next report by {taught:.2f} on average, what was learned "
        f"about the scenario by {scenario:.2f}.",
    )


BALANCE: Final = "P(highest direction) less P(lowest) of the next report"


def _seen(expected: Sequence[Expected]) -> Figure:
    """Draw what was seen on the scale of its worlds, so that sums and means share an axis."""
    rows = []
    for one in expected:
        width = max(one.high - one.low, 1e-9)
        place = (one.seen - one.low) / width
        shade = 1 if one.flagged else 0
        rows.append(
            Row(f"{one.indicator}: {one.family}", (Bar(0.0, 1.0, QUIET),), (Dot(place, shade),), f"{one.p_value:.2g}")
        )
    ticks = ((0.0, "5.5 %"), (1.0, "94.5 %"))
    axis = Axis(-0.6, 1.6, ticks, "worlds of the priors with a smaller value (scale linear in the value)", "p")
    least = min(expected, key=lambda one: one.p_value)
    return Figure(
        "speaking-conflicts",
        row_chart("What was seen beside what the priors expected", rows, axis, SEEN, label_width=220.0),
        "For each indicator and family: the central 89 % of worlds of the priors as a bar, what was seen as a dot.",
        f"Furthest from its priors is {least.indicator} ({least.family}): seen {least.seen:.3g}, expected "
        f"{least.low:.3g} to {least.high:.3g}, p = {least.p_value:.2g}.",
    )


SEEN: Final = ((0, "seen"), (1, "seen, in conflict"), (QUIET, "central 89 % of the priors' worlds"))


def _voices(found: Speaking, shorts: Sequence[str]) -> Table:
    def row(label: str, shares: np.ndarray, odds: np.ndarray) -> tuple[str, ...]:
        return (label, *(points(float(one)) for one in shares), *(f"{one:+.1f}" for one in odds))

    rows = [row(VOICES.get(one.name, one.name), one.points, one.decibans) for one in found.voices]
    ledger = [one for one in found.voices if one.of_ledger]
    total = (np.sum([getattr(one, name) for one in ledger], axis=0) for name in ("points", "decibans"))
    rows.append(row("the whole ledger", *total) if ledger else row("the whole ledger", *np.zeros((2, len(shorts)))))
    now = ("probability now", *(percent(float(one)) for one in found.now), *("" for _ in shorts))
    caption = (
        f"Parts of the probabilities now, starting from {percent(found.even)} each. With parameters as the posterior "
        "has them, the filter is run with some voices silent, averaged over draws. The chain's part is what it says "
        "alone, each other part a mean over all orders in which voices may begin (Shapley). A fit without a voice "
        "would also learn other parameters: see the alternatives."
    )
    units = (*(f"{one}, points" for one in shorts), *(f"{one}, decibans" for one in shorts))
    return Table(caption, ("voice", *units), (*rows, now))


def _steps(coming: Sequence[NextReport]) -> Table:
    rows = tuple(
        (
            one.indicator,
            *(f"{getattr(one, name):+.2f}" for name in NUMBERS),
            f"{one.balance:+.2f}",
            f"{one.between:.2f}",
        )
        for one in coming
    )
    caption = (
        f"{BALANCE}, given that one is made, in steps that add up: by the priors alone; with parameters and shocks as "
        "learned; with the scenario as the marks see it; as the ledger sees it. The last column is the largest "
        "difference between two scenarios: what is left for the scenario to decide."
    )
    return Table(caption, ("indicator", *STEPS, "sum", "between scenarios"), rows)


NUMBERS: Final = ("prior", "reporting", "marks", "ledger")


def _expectations(expected: Sequence[Expected]) -> Table:
    rows = tuple(
        (
            one.indicator,
            one.family,
            str(one.pieces),
            f"{one.seen:.3g}",
            f"{one.middle:.3g} ({one.low:.3g} to {one.high:.3g})",
            f"{one.p_value:.2g}",
            "conflict" if one.flagged else "",
        )
        for one in expected
    )
    caption = (
        "What was seen of each indicator beside worlds drawn from the priors (median and central 89 %): the sum of "
        "reported directions, the number of counted events or acts, the mean reading. Two-sided prior predictive p."
    )
    return Table(caption, ("indicator", "evidence", "pieces", "seen", "expected", "p", "flag"), rows)


def _data(found: Speaking, coming: Sequence[NextReport], expected: Sequence[Expected]) -> dict[str, Json]:
    told = ("family", "pieces", "seen", "low", "middle", "high", "p_value", "flagged")
    return {
        "even": found.even,
        "now": dict(zip(found.scenarios, found.now.tolist(), strict=True)),
        "parts": {
            one.name: {
                "points": dict(zip(found.scenarios, one.points.tolist(), strict=True)),
                "decibans": dict(zip(found.scenarios, one.decibans.tolist(), strict=True)),
            }
            for one in found.voices
        },
        "next_reports": {one.indicator: {name: getattr(one, name) for name in (*NUMBERS, "between")} for one in coming},
        "expected_by_priors": [
            {"indicator": one.indicator} | {name: getattr(one, name) for name in told} for one in expected
        ],
    }
