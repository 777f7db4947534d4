"""Part of the dossier on whether what was seen looks like what the model foresaw.

Invariant: the verdict is ``fail`` exactly if a check speaks after all p-values were raised for their number (Holm), and
no pass is given where nothing could be decided, nor where no misfit could show (``tests/unit/test_dossier_fit.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from indicast.evaluate import LEAST, Check, foreseen, holm, predictive_checks, residual_correlation
from indicast.explain import largest_shape
from indicast.publish._wording import counted, listed, month_at
from indicast.publish.dossier import _fit_pictures as pictures
from indicast.publish.dossier._fit_pictures import LEVEL
from indicast.publish.dossier._section import Figure, Json, Section, Table, Verdict

if TYPE_CHECKING:
    from indicast.evaluate import Correlations, Foreseen, Seen
    from indicast.publish.dossier._case import Case

WORDS = {
    "total": "sum",
    "frequencies": "misfit of frequencies",
    "calibration": "miscalibration",
    "spread": "mean square of scores",
    "uniformity": "distance of PIT",
    "pull": "mean product of two scores in a month",
    "size": "mean absolute correlation",
    "mode": "largest eigenvalue",
    "lag": "product of neighbouring months' scores",
}
PAIRS = 8
"""Pairs of indicators in the table."""
TITLE = "Fit: seen against foreseen"
QUESTION = (
    "Does what was seen look like what the model foresaw a month ahead, and do shared shocks explain what indicators "
    "share?"
)


def part(case: Case) -> Section:
    """Return the checks of what was seen against what was foreseen.

    Parameters
    ----------
    case
        A run, with what it was made from.

    Raises
    ------
    RunError
        If the run cannot be judged, or nothing was seen.
    """
    case.draws()
    things = foreseen(case.run.tree, case.framework, case.hyperparameters, case.seed)
    seen, shared = predictive_checks(things), residual_correlation(things)
    checks = [*seen.checks, *shared.checks]
    decided = [one for one in checks if one.decided]
    raised = dict(zip(decided, holm(np.array([one.p for one in decided])).tolist(), strict=True))
    finest = _finest(len(decided), things[0].again.size if things else 0)
    verdict, doubted = _verdict(raised, finest), _doubted(case, things)
    near = [one for one, p in raised.items() if one.p < LEVEL <= p]
    return Section(
        id="fit",
        title=TITLE,
        question=QUESTION,
        verdict="note" if (doubted or near) and verdict == "pass" else verdict,
        conclusion=_conclusion(checks, raised, finest, _directions(case))
        + _near(near, raised, _directions(case))
        + _shocks(shared)
        + _learned(doubted, things),
        figures=tuple(_figures(case, seen, shared)),
        tables=(_table(case, checks, raised), _pairs(shared)),
        data={
            "things": len(things),
            "doubted_months": list(doubted),
            "checks": [_json(one, raised) for one in checks],
            "pairs": [{**pair._asdict()} for pair in shared.pairs],
        },
    )


def _finest(checks: int, replicates: int) -> float:
    """Return the smallest p-value, once raised, that a two-sided check can come to with so many replicates."""
    return checks * 2.0 / (1 + replicates)


def _doubted(case: Case, things: Sequence[Foreseen]) -> dict[str, float]:
    """Return the months that weights cannot leave out, with their k-hat."""
    found = {one.time: one.k_hat for one in things if not one.trusted}
    start = case.framework.start_index
    return {month_at(start + time): found[time] for time in sorted(found)}


def _near(near: Sequence[Check], raised: dict[Check, float], words: dict[str, str]) -> str:
    """Name the checks that would speak if they stood alone; luck gives some of many."""
    if not near:
        return ""
    named = "; ".join(f"{_of(one, words)} ({WORDS.get(one.name, one.name)}, p = {one.p:.3f})" for one in near)
    return f" Below {LEVEL:g} before it was raised, where luck alone gives {LEVEL * len(raised):.1f}: {named}."


def _learned(doubted: dict[str, float], things: Sequence[Foreseen]) -> str:
    """Say in which months what was foreseen knows what came."""
    if not doubted:
        return ""
    named = listed(f"{month} (k-hat {shape:.2f})" for month, shape in doubted.items())
    draws = things[0].again.size
    return (
        f" With {draws:,} draws k-hat must stay below {largest_shape(draws):.2f}. Weights cannot leave out "
        f"{counted(len(doubted), 'month')}, {named}: there draws have learned from what they "
        "foresee, and look better than they were."
    )


def _verdict(raised: dict[Check, float], finest: float) -> Verdict:
    if raised and min(raised.values()) < LEVEL:
        return "fail"
    return "pass" if raised and finest < LEVEL else "note"


def _directions(case: Case) -> dict[str, str]:
    """Return the words of the directions by their labels in checks."""
    return dict(zip(("-1", "0", "+1"), case.framework.declaration.directions, strict=True))


def _conclusion(checks: Sequence[Check], raised: dict[Check, float], finest: float, words: dict[str, str]) -> str:
    few = sorted({_family(one) for one in checks if not one.decided})
    undecided = f" Too few things to decide: {', '.join(few)} (fewer than {LEAST})." if few else ""
    if not raised:
        return f"Nothing could be decided.{undecided}"
    if finest >= LEVEL:
        undecided += (
            f" There are too few draws for so many checks: however large a misfit, no two-sided one could be raised to "
            f"less than {finest:.2f}, so that this is no pass."
        )
    bad = [one for one, p in raised.items() if p < LEVEL]
    least = min(raised, key=lambda one: one.p)
    named = "; ".join(f"{_of(one, words)}: {pictures.told(one, WORDS)}" for one in bad or [least])
    if bad:
        return f"{len(bad)} of {len(raised)} checks find a misfit beyond chance: {named}.{undecided}"
    return (
        f"None of {len(raised)} checks finds a misfit once p-values are raised for their number; the smallest before "
        f"that is of {named}.{undecided}"
    )


def _shocks(shared: Correlations) -> str:
    """Return the sentence on whether shared shocks are enough; empty where no two indicators were seen together."""
    if not any(one.decided for one in shared.checks):
        return ""
    least = pictures.worst(shared.checks)
    where = f" {least.label}" if least.label else ""
    return f" Of what indicators share, the most telling is the {pictures.told(least, WORDS, where)}."


def _family(one: Check) -> str:
    return "shared shocks" if one.family == "shocks" else one.family


def _of(one: Check, words: dict[str, str]) -> str:
    family = _family(one)
    label = words.get(one.label, one.label) if one.family == "direction" else one.label
    return family if label in ("", one.family) else f"{family} {label}"


def _figures(case: Case, seen: Seen, shared: Correlations) -> list[Figure]:
    found = []
    if seen.rootograms:
        found.append(pictures.rootograms(seen.rootograms, seen.checks))
    if seen.reliabilities:
        words = case.framework.declaration.directions
        found.append(pictures.reliabilities(seen.reliabilities, words, seen.checks))
    if seen.places:
        found.append(pictures.readings(seen.places, LEAST, seen.checks))
    if any(one.name == "size" for one in shared.checks):
        found.append(pictures.correlations(shared))
    return found


def _table(case: Case, checks: Sequence[Check], raised: dict[Check, float]) -> Table:
    words = _directions(case)
    rows = tuple(
        (
            _of(one, words),
            WORDS[one.name],
            str(one.number),
            f"{one.seen:.3g}",
            f"{one.expected:.3g}",
            f"{one.low:.3g} to {one.high:.3g}",
            f"{one.p:.3f}" if one.decided else "too few",
            f"{raised[one]:.3f}" if one.decided else "",
        )
        for one in checks
    )
    header = ("of", "number", "things", "seen", "expected", "90 % of replicates", "p", "p, raised for their number")
    return Table("What was seen beside replicates of the model", header, rows)


def _pairs(shared: Correlations) -> Table:
    rows = tuple(
        (
            f"{one.first}, {one.second}",
            str(one.months),
            f"{one.correlation:+.2f}",
            f"{one.expected:+.2f}",
            f"{one.p:.3f}",
        )
        for one in shared.pairs[:PAIRS]
    )
    caption = (
        f"Pairs of indicators whose surprises are most telling, of {len(shared.pairs)} (p not raised for their number)"
    )
    return Table(caption, ("pair", "common months", "correlation", "expected", "p"), rows)


def _json(one: Check, raised: dict[Check, float]) -> Json:
    return {
        "family": one.family,
        "label": one.label,
        "name": one.name,
        "number": one.number,
        "seen": one.seen,
        "expected": one.expected,
        "low": one.low,
        "high": one.high,
        "p": None if math.isnan(one.p) else one.p,
        "p_raised": raised.get(one),
    }
