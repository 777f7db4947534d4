"""Part of the dossier: which months, rows, sources and publishers the forecast rests on.

Invariant: whatever has a k-hat beyond its limit, or decides which scenario leads, is named and keeps the part from a
pass, and the first row named is the one that moves most (``tests/unit/test_dossier_influence.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from indicast.explain import (
    Influence,
    LeaveOneOut,
    LeftOut,
    Refits,
    foretold,
    influence,
    leave_one_out,
    scored,
)
from indicast.infer import Sampler
from indicast.publish.dossier._plotted import DOUBTED, FORESEEN, SEEN, plot
from indicast.publish.dossier._scores import foretold_sentence, scored_data, scores_figure
from indicast.publish.dossier._section import Figure, Json, Section, Table
from indicast.publish.dossier._short_fits import known, short, vintage_of

if TYPE_CHECKING:
    from indicast.publish.dossier._case import Case

SHOWN = 10
"""Things of each kind that are shown."""
TITLE = "Influence: what the forecast rests on"
QUESTION = (
    "Which months, rows, sources, publishers and milestones does the forecast rest on, and how well was each month "
    "foretold?"
)
Labels = dict[int, str]
"""A readable name of each row by its line."""


def part(case: Case, *, refits: int = 0) -> Section:
    """Return what the forecast rests on.

    Parameters
    ----------
    case
        A run, with what it was made from.
    refits
        How many short fits may be made to score months from the months before them.

    Raises
    ------
    RunError
        If the run cannot be judged.
    """
    case.draws()
    tree, when = case.run.tree, vintage_of(case)
    found = influence(case.framework, case.hyperparameters, tree, case.ledger, when)
    one_out, ahead = leave_one_out(tree), foretold(tree)
    scores = scored(ahead, _refits(case, refits))
    labels = _labels(case)
    data = _data(found, one_out, labels) | scored_data(ahead, scores)
    found = found._replace(scenarios=tuple(one.short for one in case.framework.declaration.scenarios))
    doubted = [one for kind in _kinds(found).values() for one in _bad(kind)]
    leads, _ = _flips(found)
    sure = not doubted and not leads and not one_out.doubtful and not scores.wanting
    return Section(
        id="influence",
        title=TITLE,
        question=QUESTION,
        verdict="pass" if sure else "note",
        conclusion=f"{_conclusion(found, labels, doubted)} {foretold_sentence(ahead, scores, case.framework.id)}",
        figures=(_bars(found, labels), scores_figure(one_out, ahead, scores)),
        tables=tuple(_tables(found, labels)),
        data=data,
    )


def _refits(case: Case, most: int) -> Refits | None:
    if not most:
        return None
    return Refits(Sampler(case.framework, case.hyperparameters), known(case).panel, short(case), most)


def _labels(case: Case) -> Labels:
    rows = case.ledger.observations[["event_date", "indicator", "source_id"]]
    return {line: f"{day:%Y-%m-%d} {name} ({source})" for line, day, name, source in rows.itertuples(name=None)}


def _kinds(found: Influence) -> dict[str, tuple[LeftOut, ...]]:
    kinds = ("rows", "months", "sources", "publishers", "milestones")
    return {kind: getattr(found, kind) for kind in kinds}


def _bad(found: Sequence[LeftOut]) -> list[LeftOut]:
    return [one for one in found if not one.trusted]


def _named(one: LeftOut, labels: Labels) -> str:
    return labels.get(one.rows[0], one.label) if one.kind == "row" else one.label


def _most(one: LeftOut, scenarios: Sequence[str]) -> str:
    """Return how far a thing moves the scenario that it moves most."""
    place = int(np.abs(one.difference).argmax())
    return f"{scenarios[place]} {100.0 * one.difference[place]:+.1f} points ({one.decibans[place]:+.1f} decibans)"


def _conclusion(found: Influence, labels: Labels, doubted: Sequence[LeftOut]) -> str:
    lead = int(found.probability.argmax())
    text = [f"{found.scenarios[lead]} leads with {100.0 * found.probability[lead]:.0f} %."]
    if found.rows:
        first = found.rows[0]
        text.append(f"The observation that moves most is {_named(first, labels)}: {_most(first, found.scenarios)}.")
        text.append(
            f"The first {min(SHOWN, len(found.rows))} of {len(found.rows)} rows that move anything make up "
            f"{100.0 * _share(found.rows):.0f} % of all movement."
        )
    if found.milestones:
        first = found.milestones[0]
        text.append(f"The milestone whose word moves most is {first.label}: {_most(first, found.scenarios)}.")
    flips, close = (
        "; ".join(f"{one.kind} {_named(one, labels)} ({_race(one, found.scenarios)})" for one in kind)
        for kind in _flips(found)
    )
    text += [f"Another scenario would lead without {flips}."] if flips else []
    text += [f"Which would lead is closer than the Monte Carlo error can tell without {close}."] if close else []
    if not flips and not close:
        text.append("No single month, row, source, publisher or milestone decides which scenario leads.")
    named = "; ".join(f"{one.kind} {_named(one, labels)}, k-hat {one.k_hat:.2f}" for one in doubted)
    text.append(
        f"Only a fit can tell what these are worth: {named}."
        if doubted
        else "For all of these k-hat is below its limit."
    )
    return " ".join(text)


def _flips(found: Influence) -> tuple[list[LeftOut], list[LeftOut]]:
    """Return what another scenario would lead without, beyond two Monte Carlo errors, and what is too close to tell.

    The error of a lead is at most the sum of the errors of both scenarios.
    """
    lead = int(found.probability.argmax())
    flips, close = list[LeftOut](), list[LeftOut]()
    for one in (one for kind in _kinds(found).values() for one in kind):
        others = np.delete(np.arange(len(one.without)), lead)
        rival = int(others[one.without[others].argmax()])
        ahead, error = float(one.without[rival] - one.without[lead]), float(one.mcse[rival] + one.mcse[lead])
        if ahead > 2.0 * error:
            flips.append(one)
        elif abs(ahead) <= 2.0 * error:
            close.append(one)
    return flips, close


def _race(one: LeftOut, scenarios: Sequence[str]) -> str:
    """Return the two likeliest scenarios without something."""
    second, first = np.argsort(one.without, kind="stable")[-2:].tolist()
    percent = 100.0 * one.without
    return f"{scenarios[first]} {percent[first]:.1f}, {scenarios[second]} {percent[second]:.1f} %"


def _share(rows: Sequence[LeftOut]) -> float:
    """Return how much of all movement the first rows make up, fractions of 1."""
    sizes = [one.size for one in rows]
    return sum(sizes[:SHOWN]) / sum(sizes) if any(sizes) else 0.0


def _bars(found: Influence, labels: Labels) -> Figure:
    rows, lead = found.rows[:SHOWN], int(found.probability.argmax())
    places = np.arange(len(rows))
    points = 100.0 * np.array([one.difference[lead] for one in rows])
    error = 200.0 * np.array([one.mcse[lead] for one in rows])
    ink = [
        (FORESEEN if point > 0.0 else SEEN) if one.trusted else DOUBTED for point, one in zip(points, rows, strict=True)
    ]
    with plot(1, 7.6, 0.9 + 0.27 * max(len(rows), 1)) as drawn:
        axes = drawn.axes[0]
        axes.barh(places, points, xerr=error, color=ink, alpha=0.75, error_kw={"linewidth": 1.0, "ecolor": "0.3"})
        axes.set_yticks(places, [_named(one, labels) for one in rows], fontsize=8)
        axes.axvline(0.0, color="0.4", linewidth=0.8)
        axes.invert_yaxis()
        axes.set_xlabel(f"points that the row adds to {found.scenarios[lead]} (whiskers: two Monte Carlo errors)")
    against = sum(point < 0.0 for point in points)
    text = (
        f"Of the {len(rows)} most influential rows {len(rows) - against} speak for {found.scenarios[lead]} and "
        f"{against} against it, by at most {np.abs(points).max(initial=0.0):.1f} points each."
    )
    alt = f"What each of the most influential rows adds to the probability of {found.scenarios[lead]}."
    return Figure("influence-rows", drawn.svg, alt, text)


def _tables(found: Influence, labels: Labels) -> list[Table]:
    units = (*(f"{one}, points" for one in found.scenarios), "decibans, in this order", "k-hat")
    return [
        Table(
            f"The most influential {kind}, of {len(each)}: what they add to the last month's probabilities",
            (kind.removesuffix("s"), *(("rows",) if each[0].rows else ()), *units),
            tuple(_line(one, labels) for one in each[:SHOWN]),
        )
        for kind, each in _kinds(found).items()
        if each
    ]


def _line(one: LeftOut, labels: Labels) -> tuple[str, ...]:
    return (
        _named(one, labels),
        *((str(len(one.rows)),) if one.rows else ()),
        *(f"{100.0 * value:+.1f}" for value in one.difference),
        " ".join(f"{value:+.1f}" for value in one.decibans),
        f"{one.k_hat:.2f}" if one.trusted else f"{one.k_hat:.2f}, beyond {one.limit:.2f}",
    )


def _data(found: Influence, one_out: LeaveOneOut, labels: Labels) -> dict[str, Json]:
    kinds = _kinds(found)
    return {
        "scenarios": list(found.scenarios),
        "probability": found.probability.tolist(),
        **{kind: [_json(one, labels) for one in each[:SHOWN]] for kind, each in kinds.items()},
        "moving": {kind: len(each) for kind, each in kinds.items()},
        "standing_rows": found.standing,
        "loo": {
            "elpd": one_out.elpd,
            "se": one_out.se,
            "p": one_out.p,
            "limit": one_out.limit,
            "k_hat": dict(zip(one_out.months, one_out.k_hat.tolist(), strict=True)),
            "elpd_i": dict(zip(one_out.months, one_out.score.tolist(), strict=True)),
        },
    }


def _json(one: LeftOut, labels: Labels) -> Json:
    return {
        "label": one.label,
        "name": _named(one, labels),
        "lines": list(one.rows),
        "difference": one.difference.tolist(),
        "decibans": one.decibans.tolist(),
        "mcse": one.mcse.tolist(),
        "k_hat": float(one.k_hat) if np.isfinite(one.k_hat) else None,
        "trusted": one.trusted,
    }
